//! Auto-exec entry point plus a process start that has no harmless reading: an interpreter, a hidden window, a dropped
//! or fetched file, or a command that is put together out of sight.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::{Project, projects};

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-runs-command",
    strength: Strength::Strong,
    title_en: "A macro that runs by itself starts a command that it hides or hands to a Windows program",
    title_ja: "自動で実行されるマクロが、命令を実行します。命令は隠されているか、Windowsのプログラムを使うものです",
    attack: &["T1204.002", "T1059.005", "T1106"],
    page: include_str!("../../../docs/rules/vba-autoexec-runs-command.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(start) = project.start() else { continue };
        if is_disguised(&project) {
            hit(start.artifact.id, format!("{} → {}", entry.text, start.evidence()));
        }
    }
}

/// What makes a computed command more than the start of an office program.
pub(super) fn is_disguised(project: &Project) -> bool {
    let telling = [
        Sign::Interpreter,
        Sign::HiddenWindow,
        Sign::ComputedObject,
        Sign::Download,
        Sign::Decoding,
        Sign::WeakensOffice,
    ];
    telling.into_iter().any(|sign| project.has(sign))
        || project.hiding() > 0
        || project.drop().is_some()
        || project.hidden_text().is_some()
}
