//! Auto-exec entry point plus a file fetched from the network.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-downloads",
    strength: Strength::Strong,
    title_en: "When opened, a macro downloads a file.",
    title_ja: "開くと、マクロが自動でファイルをダウンロードします。",
    attack: &["T1204.002", "T1105", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-autoexec-downloads.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some(entry) = project.first(Sign::EntryPoint) else { continue };
        let Some(fetch) = project.download() else { continue };
        hit(fetch.artifact.id, format!("{} → {}", entry.text, fetch.evidence()));
    }
}
