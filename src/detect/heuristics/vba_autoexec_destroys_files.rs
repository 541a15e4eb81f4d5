//! Auto-exec VBA that deletes or overwrites what the system starts with, or all of a drive.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-destroys-files",
    strength: Strength::Strong,
    title_en: "A macro that runs by itself deletes or overwrites files that the computer needs",
    title_ja: "自動で実行されるマクロが、パソコンに必要なファイルを消したり書き換えたりします",
    attack: &["T1204.002", "T1059.005", "T1485"],
    page: include_str!("../../../docs/rules/vba-autoexec-destroys-files.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(act) = project.first(Sign::DestroysFiles) else { continue };
        hit(act.artifact.id, format!("{} → {}", entry.text, act.evidence()));
    }
}
