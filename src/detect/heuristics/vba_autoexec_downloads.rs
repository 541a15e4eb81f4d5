//! Auto-exec entry point plus a file fetched from the network by a macro that hides or names a program.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-downloads",
    strength: Strength::Strong,
    title_en: "A macro that runs by itself downloads a file and hides it or makes it run",
    title_ja: "自動で実行されるマクロが、ファイルをダウンロードし、隠したり動かしたりします",
    attack: &["T1204.002", "T1105", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-autoexec-downloads.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(fetch) = project.download() else { continue };
        if project.goes_further() {
            hit(fetch.artifact.id, format!("{} → {}", entry.text, fetch.evidence()));
        }
    }
}
