//! Addresses that Office hands to something that runs what they fetch: an exclamation mark at the end or `mhtml:` (CVE-2021-40444, CVE-2022-30190), script monikers, and objects that are pages, scripts or programs.

use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::outside::Place;
use crate::kind::Kind;

pub(super) const RULE: Heuristic = Heuristic {
    id: "remote-object-runs",
    strength: Strength::Strong,
    title_en: "The document fetches an object in a way that makes Windows run it",
    title_ja: "文書が、読み込んだものをWindowsに実行させる仕組みを使っています",
    attack: &["T1203", "T1221", "T1218"],
    page: include_str!("../../../docs/rules/remote-object-runs.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        // These are clicked, or name no address.
        if CLICKED.contains(&relation) {
            continue;
        }
        // A reader of PDF hands a link to the browser, for which a mark at its end says nothing.
        let is_link = matches!(relation, "uri" | "uri-over-page");
        let address = if is_link { target.trim_end_matches('!') } else { target };
        if is_link && address.to_ascii_lowercase().starts_with("javascript:") {
            continue;
        }
        if address.split_whitespace().any(|word| runs(relation, word)) {
            hit(artifact.id, format!("{relation}: {target}"));
        }
    }
}

const CLICKED: &[&str] =
    &["hyperlink", "slide-action-program", "ribbon-on-load", "dde-link", "dde-field", "protocol"];

fn runs(relation: &str, address: &str) -> bool {
    let is_object =
        ["oleObject", "package", "link-field", "control"].iter().any(|r| r.eq_ignore_ascii_case(relation));
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let is_program = || {
        Kind::by_name(path).is_some_and(|kind| kind.runs() || matches!(kind.id, "html" | "rtf"))
            && !path.to_ascii_lowercase().ends_with(".com")
    };
    match Place::of(address) {
        Place::Moniker => true,
        Place::Web | Place::Server => is_object && is_program(),
        Place::Home => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;
    #[test]
    fn monikers_and_programs_hit_and_documents_do_not() {
        let strange = [
            "http://a.example/x.html!",
            "mhtml:http://a.example/x.html!x-usc:http://a.example/x.html",
            "script:http://a.example/x",
            "http://a.example/x.hta",
            "https://a.example/x.rtf?a=1",
        ];
        assert_eq!(hits(check, "oleObject", &strange), strange.len());
        assert_eq!(hits(check, "attachedTemplate", &strange), 3);
        assert_eq!(hits(check, "hyperlink", &strange), 0);
        assert_eq!(hits(check, "uri", &strange), 2);
        let clicked = ["http://a.example/users.pl?nick=jay!", "mailto:Ask%20us!", "javascript:show()"];
        assert_eq!(hits(check, "uri", &clicked), 0);
        let plain = ["http://a.example/x.doc", "http://a.example.com", "file:///C:\\x.html", "server/x.hta"];
        assert_eq!(hits(check, "oleObject", &plain), 0);
    }
}
