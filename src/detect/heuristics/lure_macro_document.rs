//! A document that asks, for a false reason, to switch a protection of Office off, and holds what then runs.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::lures::{document, lures, runs};

pub(super) const RULE: Heuristic = Heuristic {
    id: "lure-macro-document",
    strength: Strength::Medium,
    title_en: "A document with code that runs by itself asks, for a false reason, to switch a protection of Office off",
    title_ja: "自動で動くプログラムを含む文書が、もっともらしい理由をつけてOfficeの保護を解除させようとしています",
    attack: &["T1204.002", "T1059.005"],
    page: include_str!("../../../docs/rules/lure-macro-document.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, words) in lures(tree).filter(|(artifact, _)| artifact.via != "body") {
        let document = document(tree, artifact);
        if let Some((_, entry)) = runs(tree, document) {
            hit(document.id, format!("{entry}; {words}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact, Sign};

    fn hits(words: &str, fact: Option<Fact>) -> Vec<(usize, String)> {
        let mut tree = Tree::new(Child::new("a.docm", "file", b"x".to_vec()));
        let part = tree.add(Some(0), Child::new("vbaProject.bin", "part", b"x".to_vec()));
        let mut module = Child::new("m", "vba-module", b"x".to_vec());
        module.facts.extend(fact);
        tree.add(Some(part), module);
        tree.add(Some(0), Child::new("text", "text", words.as_bytes().to_vec()));
        let mut found = Vec::new();
        check(&tree, &mut |artifact, evidence| found.push((artifact, evidence)));
        found
    }

    #[test]
    fn words_and_code_in_one_document_are_told() {
        let words = "Created in an earlier version of Office. Click Enable Content.";
        let entry = || Some(Fact::Sign { sign: Sign::EntryPoint, text: "AutoOpen".into(), line: 1 });
        let template = |target: &str| {
            Some(Fact::External { relation: "attachedTemplate".into(), target: target.into() })
        };
        let said = "created in an earlier version of office. click enable content";
        assert_eq!(hits(words, entry()), [(0, format!("AutoOpen; {said}"))]);
        assert_eq!(hits(words, template("http://a.example/x")), [(0, format!("http://a.example/x; {said}"))]);
        assert_eq!(hits(words, template("C:\\Templates\\a.dotm")), []);
        assert_eq!(hits(words, None), []);
        assert_eq!(hits("Please click Enable Content.", entry()), []);
    }
}
