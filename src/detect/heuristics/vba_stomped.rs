//! Compiled macro code that names what attackers use while the source does not: the source was removed or replaced.

use super::{Check, Heuristic, each_trick};
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-stomped",
    strength: Strength::Strong,
    title_en: "The compiled macro does what its source does not show",
    title_ja: "マクロの実行用コードが、ソースに書かれていない動作をします",
    attack: &["T1564.007"],
    page: include_str!("../../../docs/rules/vba-stomped.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    each_trick(tree, RULE.id, hit);
}
