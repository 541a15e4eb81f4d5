//! Auto-exec VBA that imports the functions to allocate executable memory, fill it and call it.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-shellcode",
    strength: Strength::Strong,
    title_en: "A macro that runs by itself uses Windows functions that place machine code in memory and run it",
    title_ja: "自動で実行されるマクロが、機械語をメモリーに置いて動かすためのWindowsの機能を使います",
    attack: &["T1055", "T1106", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-shellcode.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        // Imports say enough; which of them are called in what order is left open.
        if !project.has(Sign::EntryPoint) {
            continue;
        }
        let imports: Vec<_> = project.all(Sign::Shellcode).collect();
        // Copying memory alone is an old trick of harmless add-ins.
        let telling = imports.iter().find(|import| import.text != "rtlmovememory");
        if let Some(telling) = telling.filter(|_| imports.len() >= 2) {
            hit(telling.artifact.id, telling.evidence());
        }
    }
}
