//! Auto-exec entry point plus a function that fetches a file, without further disguise. Some workbooks fetch tables
//! and pictures this way.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-fetches-file",
    strength: Strength::Medium,
    title_en: "A macro that runs by itself fetches a file from the network",
    title_ja: "自動で実行されるマクロが、ネットワークからファイルを取得します",
    attack: &["T1204.002", "T1105", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-autoexec-fetches-file.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(fetch) = project.first(Sign::Download) else { continue };
        if !project.goes_further() {
            hit(fetch.artifact.id, format!("{} → {}", entry.text, fetch.evidence()));
        }
    }
}
