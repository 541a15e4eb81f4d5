//! A command of a shortcut that stands where its properties do not show it: behind blanks, or past the 260 characters
//! of the field.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::{Strength, shortcuts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "lnk-hides-arguments",
    strength: Strength::Medium,
    title_en: "The shortcut hides its command from view",
    title_ja: "ショートカットがコマンドを見えにくくしています",
    attack: &["T1204.002", "T1027"],
    page: include_str!("../../../docs/rules/lnk-hides-arguments.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for command in tree.iter().filter_map(|artifact| shortcuts::command(tree, artifact)) {
        let padding = command.padding;
        let length = command.arguments.chars().count();
        let is_long = length > SHOWN && command.is_interpreter();
        if padding >= PADDING || is_long {
            hit(command.artifact, format!("{length} characters, {padding} blanks in a row"));
        }
    }
}

/// What the field of the properties shows.
const SHOWN: usize = 260;

/// Blanks that push a command out of sight.
const PADDING: usize = 50;

#[cfg(test)]
mod tests {
    use super::super::lnk_runs_interpreter::tests::hits;
    use super::*;

    #[test]
    fn blanks_and_long_commands_hit() {
        assert_eq!(hits(&RULE, "a.exe", &format!("a{}b", " ".repeat(60)), ""), 1);
        assert_eq!(hits(&RULE, "a.exe", &format!("a{}b", "\n".repeat(60)), ""), 1);
        assert_eq!(hits(&RULE, "cmd.exe", &"x".repeat(300), ""), 1);
        assert_eq!(hits(&RULE, "chrome.exe", &"x".repeat(300), ""), 0);
        assert_eq!(hits(&RULE, "cmd.exe", "/c x", ""), 0);
    }
}
