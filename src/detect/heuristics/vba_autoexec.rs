//! Auto-exec entry points in VBA. Common in office workbooks too, so weak by itself.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec",
    strength: Strength::Weak,
    title_en: "A macro runs by itself when the document is opened or closed",
    title_ja: "文書を開いたり閉じたりすると、マクロが自動で実行されます",
    attack: &["T1204.002", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-autoexec.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        if let Some(entry) = project.first(Sign::EntryPoint) {
            hit(entry.artifact.id, entry.evidence());
        }
    }
}
