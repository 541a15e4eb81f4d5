//! A Word document that shows a picture or nothing, and whose macro acts by itself: a letter is for reading.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Sign, Tree};
use crate::detect::Strength;
use crate::detect::lures::document;
use crate::detect::macros::{Project, projects};

pub(super) const RULE: Heuristic = Heuristic {
    id: "macro-document-without-text",
    strength: Strength::Medium,
    title_en: "A Word document shows hardly any text, and its macro acts by itself",
    title_ja: "文字のほとんどないWord文書で、マクロが自動で動き、何かを行います",
    attack: &["T1204.002", "T1059.005"],
    page: include_str!("../../../docs/rules/macro-document-without-text.md"),
    check,
};

/// Letters and signs below which a document says nothing: a lure of a few lines has two hundred.
const FEW: usize = 250;

/// What a macro of a letter has no need of.
const ACTS: &[Sign] = &[
    Sign::ProcessStart,
    Sign::PlainStart,
    Sign::ComputedObject,
    Sign::Download,
    Sign::WebRequest,
    Sign::Shellcode,
    Sign::Interpreter,
    Sign::Decoding,
    Sign::EncodedText,
    Sign::ChoppedText,
];

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let own = matches!(project.holder.kind.id, "doc" | "docx");
        let document = if own { project.holder } else { document(tree, project.holder) };
        if !matches!(document.kind.id, "doc" | "docx") || characters(tree, document) >= FEW {
            continue;
        }
        let Some((entry, project)) = project.by_itself() else { continue };
        if let Some(act) = act(&project) {
            hit(document.id, format!("{}; {act}", entry.text));
        }
    }
}

fn act(project: &Project) -> Option<String> {
    ACTS.iter().find_map(|sign| project.first(*sign)).map(|seen| seen.evidence())
}

/// Characters that are seen.
fn characters(tree: &Tree, document: &Artifact) -> usize {
    let texts = tree.children(document.id).filter(|child| child.via == "text");
    texts
        .map(|text| String::from_utf8_lossy(&text.bytes).chars().filter(|c| !c.is_whitespace()).count())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact};

    fn hits(kind: &str, text: &str, sign: Sign) -> Vec<(usize, String)> {
        let mut tree = Tree::new(Child::new("a", "file", b"x".to_vec()).of_kind(kind));
        let told = |sign, text: &str| Fact::Sign { sign, text: text.into(), line: 2 };
        let module = Child::new("m", "vba-module", b"x".to_vec())
            .of_kind("vba")
            .with(told(Sign::EntryPoint, "AutoOpen"))
            .with(told(sign, "Shell x"));
        tree.add(Some(0), module);
        tree.add(Some(0), Child::new("text", "text", text.as_bytes().to_vec()));
        let mut found = Vec::new();
        check(&tree, &mut |artifact, evidence| found.push((artifact, evidence)));
        found
    }

    #[test]
    fn an_empty_letter_that_acts_is_told() {
        let want = [(0, "AutoOpen; m:2 Shell x".to_string())];
        assert_eq!(hits("doc", "one line", Sign::PlainStart), want);
        assert_eq!(hits("doc", &"A letter of many words. ".repeat(20), Sign::PlainStart), []);
        assert_eq!(hits("doc", "one line", Sign::FileWrite), []);
        assert_eq!(hits("xls", "one line", Sign::PlainStart), []);
    }
}
