//! A table of plain text whose formula adds what other cells hold to the address of a stranger: no program exports that.

use super::formula_sends_cells::{is_plain_table, sent_to_strangers};
use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "csv-formula-sends-cells",
    strength: Strength::Medium,
    title_en: "A formula in a table of plain text sends what other cells hold to a server",
    title_ja: "文字だけの表の中の数式が、ほかのセルの内容を外部のサーバーへ送ります",
    attack: &["T1204.002", "T1567"],
    page: include_str!("../../../docs/rules/csv-formula-sends-cells.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, target) in sent_to_strangers(tree) {
        if is_plain_table(artifact) {
            hit(artifact.id, target.to_string());
        }
    }
}
