//! Source that a generator wrote: two ways of hiding, or one and an act.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-obfuscated",
    strength: Strength::Medium,
    title_en: "A macro is written so that nobody can read what it does",
    title_ja: "マクロが、何をするか読めないように書かれています",
    attack: &["T1027.010", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-obfuscated.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let acts = usize::from(project.act().is_some());
        let shown = [Sign::RandomNames, Sign::ChoppedText, Sign::EncodedText]
            .into_iter()
            .find_map(|sign| project.first(sign));
        if let Some(shown) = shown.filter(|_| project.hiding() + acts >= 2) {
            hit(shown.artifact.id, shown.evidence());
        }
    }
}
