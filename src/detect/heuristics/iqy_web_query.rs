//! A query that has Excel load rows, and with them formulas, from a web address.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "iqy-web-query",
    strength: Strength::Medium,
    title_en: "The file has Excel load data from a web address",
    title_ja: "Excelにインターネット上のデータを読み込ませるファイルです",
    attack: &["T1204.002", "T1105"],
    page: include_str!("../../../docs/rules/iqy-web-query.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        for fact in &artifact.facts {
            if let Fact::External { relation, target } = fact
                && relation == "web-query"
            {
                hit(artifact.id, target.clone());
            }
        }
    }
}
