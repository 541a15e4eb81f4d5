//! Auto-exec entry point plus the start of a program whose name is computed, without further disguise.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-starts-program",
    strength: Strength::Medium,
    title_en: "A macro that runs by itself starts another program",
    title_ja: "自動で実行されるマクロが、別のプログラムを起動します",
    attack: &["T1204.002", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-autoexec-starts-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(start) = project.first(Sign::ProcessStart) else { continue };
        if !super::vba_autoexec_runs_command::is_disguised(&project) {
            hit(start.artifact.id, format!("{} → {}", entry.text, start.evidence()));
        }
    }
}
