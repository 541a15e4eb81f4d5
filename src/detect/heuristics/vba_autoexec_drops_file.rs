//! Auto-exec entry point plus a program or script written to disk.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-drops-file",
    strength: Strength::Medium,
    title_en: "A macro that runs by itself writes a file that can run as a program",
    title_ja: "自動で実行されるマクロが、プログラムとして動くファイルを書き出します",
    attack: &["T1204.002", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-autoexec-drops-file.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(name) = project.drop() else { continue };
        hit(name.artifact.id, format!("{} → {}", entry.text, name.evidence()));
    }
}
