//! Padding and an auto-exec macro in one document have no harmless reading.

use super::padded_document::padding;
use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "padded-macro-document",
    strength: Strength::Strong,
    title_en: "A document with a macro that runs by itself is blown up with empty bytes",
    title_ja: "自動で実行されるマクロを含む文書が、無意味なデータで大きくふくらませてあります",
    attack: &["T1027.001", "T1204.002"],
    page: include_str!("../../../docs/rules/padded-macro-document.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some(entry) = project.first(Sign::EntryPoint) else { continue };
        let holders = std::iter::once(project.holder).chain(tree.ancestors(project.holder.id));
        if let Some((_, length)) = holders.into_iter().find_map(padding) {
            hit(project.holder.id, format!("{}; {length} bytes of padding", entry.text));
        }
    }
}
