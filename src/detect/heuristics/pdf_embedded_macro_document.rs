//! An Office document with macros attached inside a PDF, which opens it with one click.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;
use std::collections::BTreeSet;

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-embedded-macro-document",
    strength: Strength::Medium,
    title_en: "An Office document with macros is attached inside a PDF",
    title_ja: "PDFの中に、マクロ付きのOffice文書が添付されています",
    attack: &["T1204.002", "T1027.009"],
    page: include_str!("../../../docs/rules/pdf-embedded-macro-document.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    let mut seen = BTreeSet::new();
    for artifact in tree.iter() {
        let has_project = artifact.facts.iter().any(|fact| matches!(fact, Fact::VbaProject { .. }));
        if !has_project && artifact.kind.id != "vba" {
            continue;
        }
        let above = std::iter::once(artifact).chain(tree.ancestors(artifact.id));
        if let Some(attached) = above.into_iter().find(|above| above.via == "pdf-attachment")
            && seen.insert(attached.id)
        {
            hit(attached.id, attached.name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn only_a_document_with_macros_hits() {
        let mut tree = Tree::new(Child::new("a.pdf", "attachment", b"%PDF-1.4".to_vec()));
        let plain = tree.add(Some(0), Child::new("a.docx", "pdf-attachment", b"PK\x03\x04".to_vec()));
        tree.add(Some(plain), Child::new("word/document.xml", "part", b"<?xml?>".to_vec()));
        let with = tree.add(Some(0), Child::new("b.docm", "pdf-attachment", b"PK\x03\x04".to_vec()));
        for name in ["Module1.bas", "Module2.bas"] {
            tree.add(Some(with), Child::new(name, "vba-module", b"Sub A()".to_vec()));
        }
        let mut found = Vec::new();
        check(&tree, &mut |id, evidence| found.push((id, evidence)));
        assert_eq!(found, [(with, "b.docm".to_string())]);
    }
}
