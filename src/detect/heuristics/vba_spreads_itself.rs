//! Auto-exec VBA that copies program text into other documents and switches protection off, or copies it into the
//! template or folder that every start of Office opens: a macro virus.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-spreads-itself",
    strength: Strength::Strong,
    title_en: "A macro that runs by itself copies itself into other documents",
    title_ja: "自動で実行されるマクロが、自分自身をほかの文書へ複製します",
    attack: &["T1137.001", "T1080", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-spreads-itself.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(copy) = project.first(Sign::CopiesCode) else { continue };
        if project.has(Sign::WeakensOffice) {
            hit(copy.artifact.id, format!("{} → {}", entry.text, copy.evidence()));
        }
    }
}
