//! Macro modules with compiled code and without source.

use super::{Check, Heuristic, tricks};
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-source-missing",
    strength: Strength::Medium,
    title_en: "A macro has compiled code but no source",
    title_ja: "マクロに、実行用のコードだけがあり、ソースがありません",
    attack: &["T1564.007"],
    page: include_str!("../../../docs/rules/vba-source-missing.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, detail) in tricks(tree, "vba-source-missing") {
        hit(artifact.id, detail.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact};

    #[test]
    fn only_its_own_trick_hits() {
        let trick = |what| Fact::Trick { what, detail: "Module1".into() };
        let other = if RULE.id == "vba-stomped" { "vba-source-missing" } else { "vba-stomped" };
        for (facts, count) in
            [(vec![trick("vba-source-missing")], 1), (vec![trick(other), trick("vba-unlisted-module")], 0)]
        {
            let child = Child { facts, ..Child::new("vbaProject.bin", "part", vec![0]) };
            let mut found = 0;
            check(&Tree::new(child), &mut |_, _| found += 1);
            assert_eq!(found, count);
        }
    }
}
