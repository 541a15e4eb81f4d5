//! A OneNote page that asks for a double click, or holds several copies of one file under its picture, with a file that
//! is neither paper nor picture.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;
use crate::kind::Class;
use crate::text::{guess, nfkc};

pub(super) const RULE: Heuristic = Heuristic {
    id: "onenote-lure",
    strength: Strength::Medium,
    title_en: "A OneNote page asks for a double click on an unusual file",
    title_ja: "OneNoteのページが、見慣れないファイルのダブルクリックを求めています",
    attack: &["T1204.002", "T1027.009"],
    page: include_str!("../../../docs/rules/onenote-lure.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for section in tree.iter().filter(|artifact| artifact.kind.id == "onenote") {
        let Some(lure) = lure(tree, section) else { continue };
        let cargo = tree.children(section.id).find(|child| child.via == "onenote-file" && !is_paper(child));
        if let Some(cargo) = cargo {
            hit(cargo.id, format!("{lure}: {}", cargo.name));
        }
    }
}

/// What makes a person open what is hidden.
fn lure(tree: &Tree, section: &Artifact) -> Option<String> {
    let is_repeated =
        section.facts.iter().any(|fact| matches!(fact, Fact::Trick { what: "onenote-repeated-file", .. }));
    let text = tree.children(section.id).find(|child| child.via == "text");
    let text = text.map(|text| nfkc(&guess(&text.bytes)).to_lowercase()).unwrap_or_default();
    let said = LURES.iter().find(|lure| text.contains(**lure)).map(|lure| (*lure).to_string());
    said.or_else(|| is_repeated.then(|| "several copies".to_string()))
}

const LURES: &[&str] = &[
    "double click",
    "double-click",
    "doubleclick",
    "click to view",
    "click view",
    "click to open",
    "click open",
    "click here to",
    "view document",
    "view file",
    "open document",
    "next page",
    "this document is protected",
    "this document is encrypted",
    "document was attached from the cloud",
    "ダブルクリック",
    "クリックして",
    "表示するには",
    "開くには",
    "保護されています",
    "閲覧するには",
];

/// Whether a file is one that notes hold every day.
fn is_paper(artifact: &Artifact) -> bool {
    let is_page = matches!(artifact.kind.id, "html" | "svg" | "xml");
    let is_data = artifact.kind.class == Class::Data && crate::kind::Kind::by_name(&artifact.name).is_none();
    let has_ending = artifact.name.contains('.');
    matches!(artifact.kind.class, Class::Document | Class::Media | Class::Text | Class::Message) && !is_page
        || is_data && has_ending
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    fn hits(text: &str, name: &str, bytes: &[u8]) -> usize {
        let header = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3";
        let mut tree = Tree::new(Child::new("a.one", "file", header.to_vec()));
        tree.add(Some(0), Child::new("text", "text", text.as_bytes().to_vec()).of_kind("text"));
        tree.add(Some(0), Child::new(name, "onenote-file", bytes.to_vec()));
        let mut count = 0;
        check(&tree, &mut |_, _| count += 1);
        count
    }

    #[test]
    fn a_lure_needs_cargo() {
        assert_eq!(hits("Double Click to view", "a.html", b"<html>"), 1);
        assert_eq!(hits("ここをダブルクリックしてください", "a.iso", b"\0\x01\x02"), 1);
        assert_eq!(hits("Double click to view", "a.pdf", b"%PDF-1.4"), 0);
        assert_eq!(hits("Double click to view", "a.mp3", b"\0\x01"), 0);
        assert_eq!(hits("Minutes", "a.html", b"<html>"), 0);
    }
}
