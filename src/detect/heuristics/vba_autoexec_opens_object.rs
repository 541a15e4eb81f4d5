//! Auto-exec entry point plus the opening of an embedded object, or of a locked document whose password the macro
//! knows: what should run lies there, and the macro only pulls the trigger.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-opens-object",
    strength: Strength::Medium,
    title_en: "A macro that runs by itself opens a file that is hidden in the document",
    title_ja: "自動で実行されるマクロが、文書の中に隠されたファイルを開きます",
    attack: &["T1204.002", "T1059.005", "T1027.009"],
    page: include_str!("../../../docs/rules/vba-autoexec-opens-object.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(act) = project.first(Sign::OpensObject) else { continue };
        hit(act.artifact.id, format!("{} → {}", entry.text, act.evidence()));
    }
}
