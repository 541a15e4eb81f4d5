//! Auto-exec VBA that sends files, or the names of the machine and its user, to a server.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-sends-data",
    strength: Strength::Medium,
    title_en: "A macro that runs by itself sends data from the computer to a server",
    title_ja: "自動で実行されるマクロが、パソコンの情報をサーバーへ送ります",
    attack: &["T1204.002", "T1059.005", "T1041"],
    page: include_str!("../../../docs/rules/vba-autoexec-sends-data.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(act) = project.first(Sign::SendsOut) else { continue };
        hit(act.artifact.id, format!("{} → {}", entry.text, act.evidence()));
    }
}
