//! Auto-exec entry point, an act that is computed, and a long encoded text where programs keep settings: the usual
//! place of a dropper's command.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-autoexec-hidden-text",
    strength: Strength::Strong,
    title_en: "A document with a macro that runs by itself holds a long encoded text in a form, control or property",
    title_ja: "自動で実行されるマクロを含む文書の、フォームや部品などに、読めない形の長い文字列が隠されています",
    attack: &["T1204.002", "T1027.009", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-autoexec-hidden-text.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some((artifact, place, length)) = project.hidden_text() else { continue };
        if project.act().is_some() || project.hiding() > 0 {
            hit(artifact, format!("{}; {place}: {length} characters", entry.text));
        }
    }
}
