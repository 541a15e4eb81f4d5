//! Process starts in VBA, whatever starts the macro. Offices open folders and viewers this way.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-starts-process",
    strength: Strength::Weak,
    title_en: "A macro starts another program",
    title_ja: "マクロが別のプログラムを起動します",
    attack: &["T1059.005", "T1106"],
    page: include_str!("../../../docs/rules/vba-starts-process.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        if let Some(start) = project.first(Sign::ProcessStart).or_else(|| project.first(Sign::PlainStart)) {
            hit(start.artifact.id, start.evidence());
        }
    }
}
