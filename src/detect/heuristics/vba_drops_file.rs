//! VBA that writes a file and names one that runs, whatever starts the macro.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-drops-file",
    strength: Strength::Weak,
    title_en: "A macro writes a file that can run as a program",
    title_ja: "マクロがプログラムとして動くファイルを書き出します",
    attack: &["T1105", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-drops-file.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        if let Some(name) = project.drop() {
            hit(name.artifact.id, name.evidence());
        }
    }
}
