//! Network access in VBA, whatever starts the macro.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-downloads",
    strength: Strength::Weak,
    title_en: "A macro fetches data from the network",
    title_ja: "マクロがネットワークからデータを取得します",
    attack: &["T1105", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-downloads.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        if let Some(fetch) = project.first(Sign::Download).or_else(|| project.first(Sign::WebRequest)) {
            hit(fetch.artifact.id, fetch.evidence());
        }
    }
}
