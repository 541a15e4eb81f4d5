//! Words that make the reader switch the protection of Office off, for a reason that is not true. People quote such
//! words to warn of them, so alone they raise nothing.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::lures::lures;

pub(super) const RULE: Heuristic = Heuristic {
    id: "lure-enable-content",
    strength: Strength::Weak,
    title_en: "A text asks the reader to switch a protection of Office off, and gives a false reason",
    title_ja: "もっともらしい理由をつけて、Officeの保護を解除させようとする文章があります",
    attack: &["T1204.002"],
    page: include_str!("../../../docs/rules/lure-enable-content.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, words) in lures(tree) {
        hit(artifact.id, words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn texts_are_searched_and_other_bytes_are_not() {
        let words = b"Created in an earlier version of Office. Click Enable Content.".to_vec();
        let mut tree = Tree::new(Child::new("a.doc", "file", b"x".to_vec()));
        tree.add(Some(0), Child::new("text", "text", words.clone()));
        tree.add(Some(0), Child::new("data", "stream", words));
        let mut found = Vec::new();
        check(&tree, &mut |artifact, evidence| found.push((artifact, evidence)));
        assert_eq!(found, [(1, "created in an earlier version of office. click enable content".into())]);
    }
}
