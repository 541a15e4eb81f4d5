//! Auto-exec VBA that decodes program text and puts it into a document: the macro that acts is not in the file.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-writes-macro",
    strength: Strength::Strong,
    title_en: "A macro that runs by itself decodes further macros and adds them to a document",
    title_ja: "自動で実行されるマクロが、隠された別のマクロを取り出して、文書に追加します",
    attack: &["T1204.002", "T1059.005", "T1027.010"],
    page: include_str!("../../../docs/rules/vba-autoexec-writes-macro.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(act) = project.first(Sign::CopiesCode) else { continue };
        if !project.has(Sign::Decoding) {
            continue;
        }
        hit(act.artifact.id, format!("{} → {}", entry.text, act.evidence()));
    }
}
