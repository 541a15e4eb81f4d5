//! A page that writes or runs what it decodes: what the reader will see is not what the mail system saw.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Sign, Tree};
use crate::detect::Strength;
use crate::detect::scripts::pages;

pub(super) const RULE: Heuristic = Heuristic {
    id: "html-decodes-itself",
    strength: Strength::Medium,
    title_en: "The web page hides its real content and unpacks it when opened",
    title_ja: "Webページが本当の中身を隠し、開いたときに復元します",
    attack: &["T1027", "T1027.013", "T1566.001"],
    page: include_str!("../../../docs/rules/html-decodes-itself.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for page in pages(tree).into_iter().filter(|page| page.holder.kind.id == "html") {
        let is_tag = |layer: &Artifact| page.shown() >= MOST_SHOWN && is_tag(layer);
        let layer = page.decoded().find(|layer| matches!(layer.kind.id, "html" | "js") && !is_tag(layer));
        let hides = layer.is_some() || page.has(Sign::EncodedText) || page.has(Sign::ChoppedText);
        let made = page.has(Sign::RandomNames) && page.has(Sign::ChoppedText) && page.shown() < MOST_SHOWN;
        let shown = page.first(Sign::WritesPage).filter(|_| hides);
        let runs = || {
            page.first(Sign::Decoding).filter(|_| page.has(Sign::ChoppedText) && page.shown() < MOST_SHOWN)
        };
        let named = || page.first(Sign::RandomNames).filter(|_| made);
        let packed = || {
            Some(PACKER)
                .filter(|packer: &&str| page.shown() < MOST_SHOWN / 10 && page.code().contains(packer))
        };
        if let Some(shown) = shown.or_else(runs).or_else(named).or_else(packed) {
            hit(page.holder.id, shown.to_string());
        }
    }
}

/// Whether what was decoded is no more than what loads a script or shows a picture: how advertisements and counters
/// stand in pages that were saved from the web.
fn is_tag(layer: &Artifact) -> bool {
    let text = String::from_utf8_lossy(&layer.bytes).to_ascii_lowercase();
    let mut elements = text.split('<').skip(1).map(|rest| rest.trim_start_matches('/'));
    let begins_plainly = text.trim_start().starts_with('<');
    begins_plainly
        && text.len() < LONGEST_TAG
        && elements.all(|rest| TAGS.iter().any(|tag| rest.starts_with(tag)))
        && !["http-equiv", "javascript:", "onerror", "onload", "location"]
            .iter()
            .any(|word| text.contains(word))
}

const LONGEST_TAG: usize = 600;
const TAGS: &[&str] = &["script", "noscript", "img", "a ", "a>", "!--"];

/// How the scripts of a well-known packer begin. Libraries are packed too, but in pages that show something.
const PACKER: &str = "eval(function(p,a,c,k,e,";

/// Letters that a page shows which has nothing to show of its own.
const MOST_SHOWN: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn pages_that_unpack_themselves_hit() {
        let hidden = "%3Chtml%3E%3Cform%20action%3D%22https%3A//a.example/x.php%22%3E%3Cinput%3E".to_string();
        for page in [
            "<script>eval(function(p,a,c,k,e,d){return p}('0.1', 2, 2, 'window|location'.split('|')))</script>".into(),
            format!("<script>document.write(unescape('{hidden}'));</script>"),
            "<script>var h = atob('PGh0bWw+PGZvcm0gYWN0aW9uPSdodHRwczovL2EuZXhhbXBsZS94LnBocCc+PGlucHV0Pjwvc2NyaXB0PjwvaHRtbD4='); document.write(h);</script>".into(),
            "<script>eval(String.fromCharCode(100,111,99,117,109,101,110,116,46,119,114,105,116,101,40,39,60,98,62,39,41,59,47,47,32,111,107));</script>".into(),
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()).len(), 1, "{page}");
        }
    }

    #[test]
    fn counters_in_pages_with_much_to_read_do_not() {
        let counter = "<script>document.write(unescape(\"%3Cscript src='\" + h + \"stat.example/ga.js' type='text/javascript'%3E%3C/script%3E\"));</script>";
        let shown = "<p>Quarterly figures of the branch offices.</p>".repeat(80);
        assert_eq!(hits(&RULE, "a.html", format!("<html>{shown}{counter}").as_bytes()), [""; 0]);
        let form = counter.replace("%3Cscript src=", "%3Cform action=");
        assert_eq!(hits(&RULE, "a.html", format!("<html>{shown}{form}").as_bytes()).len(), 1);
        assert_eq!(hits(&RULE, "a.html", format!("<html><p>Wait</p>{counter}").as_bytes()).len(), 1);
    }

    #[test]
    fn pages_that_write_plainly_do_not() {
        for page in [
            "<html><script>document.write('<b>' + new Date().getFullYear() + '</b>');</script>",
            "<html><script>var q = decodeURIComponent(location.search); el.innerHTML = '<p>' + x;</script>",
            "<html><img src='data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ'>",
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()), [""; 0], "{page}");
        }
    }
}
