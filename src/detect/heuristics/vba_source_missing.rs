//! Macro modules with compiled code and without source.

use super::{Check, Heuristic, each_trick};
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
    each_trick(tree, RULE.id, hit);
}
