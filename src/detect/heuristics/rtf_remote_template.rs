//! Templates and texts that rich text loads from outside the office when it opens. A template brings macros that the
//! document itself does not hold, and a server that is asked for a file learns who opens it.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;
use crate::detect::objects::is_remote;

pub(super) const RULE: Heuristic = Heuristic {
    id: "rtf-remote-template",
    strength: Strength::Medium,
    title_en: "The RTF document loads a template or a text from the network when it opens",
    title_ja: "RTF文書が、開くと同時にひな形や文章をネットワークから読み込みます",
    attack: &["T1221", "T1187"],
    page: include_str!("../../../docs/rules/rtf-remote-template.md"),
    check,
};

/// Where offices keep their templates on the web.
const OFFICES: &[&str] =
    &[".sharepoint.com/", ".sharepoint.us/", "templates.office.com/", "templates.services.office"];

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| artifact.kind.id == "rtf") {
        for fact in &artifact.facts {
            if let Fact::External { relation, target } = fact
                && loads(relation, target)
            {
                hit(artifact.id, format!("{relation}: {target}"));
            }
        }
    }
}

fn loads(relation: &str, target: &str) -> bool {
    let is_office = |target: &str| OFFICES.iter().any(|office| target.to_lowercase().contains(office));
    let addresses = || target.split('"').filter(|word| is_remote(word));
    match relation {
        "attached-template" => is_remote(target) && !is_office(target),
        "field INCLUDETEXT" | "field INCLUDE" | "field IMPORT" | "field RD" => {
            addresses().any(|word| !is_office(word))
        }
        // Pictures from the web stand in every saved newsletter; a server of files is asked with a password.
        "field INCLUDEPICTURE" => addresses().any(|word| word.trim().starts_with("\\\\")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_hit_and_the_office_does_not() {
        assert!(loads("attached-template", "http://a.example/t.dotm"));
        assert!(loads("attached-template", "\\\\203.0.113.7\\t\\a.dot"));
        assert!(loads("field INCLUDETEXT", "\"http://a.example/t\""));
        assert!(loads("field INCLUDEPICTURE", "\"\\\\\\\\203.0.113.7\\\\a.png\""));
        assert!(!loads("attached-template", "\\\\server\\templates\\letter.dot"));
        assert!(!loads("attached-template", "C:\\Users\\a\\Normal.dotm"));
        assert!(!loads("attached-template", "https://firm.sharepoint.com/t/a.dotx"));
        assert!(!loads("field INCLUDEPICTURE", "\"http://a.example/logo.png\" \\d"));
        assert!(!loads("field INCLUDETEXT", "\"C:\\\\a.doc\""));
    }
}
