//! A document that loads a program of .NET (VSTO) from a foreign server, or one that came beside it.

use super::{Check, Heuristic, externals};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;
use crate::detect::outside::Place;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vsto-customization",
    strength: Strength::Medium,
    title_en: "A document loads a program (VSTO) from elsewhere when it is opened",
    title_ja: "文書を開くと、別の場所にあるプログラム（VSTO）を読み込みます",
    attack: &["T1137.006", "T1204.002"],
    page: include_str!("../../../docs/rules/vsto-customization.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        if relation == "vsto" && (Place::of(target).is_foreign() || lies_beside(tree, artifact, target)) {
            hit(artifact.id, target.to_string());
        }
    }
}

/// Whether a file of that name lies in the archive or folder beside the document.
fn lies_beside(tree: &Tree, document: &Artifact, target: &str) -> bool {
    let file = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    let Some(parent) = document.parent else { return false };
    tree.children(parent).any(|other| other.id != document.id && file(&other.name) == file(target))
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;
    use crate::artifact::{Child, Fact};

    #[test]
    fn foreign_places_hit_and_own_ones_do_not() {
        let foreign = ["http://a.example/a.vsto", "\\\\203.0.113.1\\x\\a.vsto"];
        assert_eq!(hits(check, "vsto", &foreign), 2);
        let own =
            ["file:///C:/Apps/a.vsto", "a.vsto", "\\\\server\\x\\a.vsto", "https://a.sharepoint.com/a.vsto"];
        assert_eq!(hits(check, "vsto", &own), 0);
    }

    #[test]
    fn a_program_beside_the_document_hits() {
        let fact = Fact::External { relation: "vsto".into(), target: "Sub/A.vsto".into() };
        let mut tree = Tree::new(Child::new("a.iso", "attachment", Vec::new()));
        let document = tree.add(Some(0), Child::new("a.docx", "iso", b"PK".to_vec()).with(fact));
        let mut found = Vec::new();
        check(&tree, &mut |artifact, _| found.push(artifact));
        assert_eq!(found, [0; 0]);
        tree.add(Some(0), Child::new("sub/a.vsto", "iso", b"<x/>".to_vec()));
        check(&tree, &mut |artifact, _| found.push(artifact));
        assert_eq!(found, [document]);
    }
}
