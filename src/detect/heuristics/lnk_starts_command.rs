//! A shortcut that gives an interpreter a command of its own, one that an administrator may have written.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::{Strength, shortcuts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "lnk-starts-command",
    strength: Strength::Medium,
    title_en: "The shortcut gives a command to an interpreter",
    title_ja: "ショートカットにコマンドが書かれています",
    attack: &["T1204.002", "T1059"],
    page: include_str!("../../../docs/rules/lnk-starts-command.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for command in shortcuts::commands(tree) {
        if command.sure_sign().is_none() {
            hit(command.artifact, command.evidence());
        }
    }
}
