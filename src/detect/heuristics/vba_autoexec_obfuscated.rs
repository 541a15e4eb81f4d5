//! Auto-exec entry point plus objects of computed names in source that a generator wrote.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-obfuscated",
    strength: Strength::Strong,
    title_en: "A macro that runs by itself hides which system objects it uses",
    title_ja: "自動で実行されるマクロが、どのシステム機能を使うかを隠しています",
    attack: &["T1204.002", "T1027.010", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-autoexec-obfuscated.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(object) = project.first(Sign::ComputedObject) else { continue };
        if project.hiding() > 0 || project.has(Sign::Decoding) {
            hit(object.artifact.id, format!("{} → {}", entry.text, object.evidence()));
        }
    }
}
