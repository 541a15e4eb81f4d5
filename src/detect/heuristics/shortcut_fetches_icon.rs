//! A shortcut, theme or folder setting whose picture lies on a computer outside the office: showing the folder is
//! enough for Windows to sign in there.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::{Strength, hosts, shortcuts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "shortcut-fetches-icon",
    strength: Strength::Medium,
    title_en: "The icon of a shortcut lies on a foreign computer",
    title_ja: "ショートカットのアイコンが、外部のコンピューターにあります",
    attack: &["T1187"],
    page: include_str!("../../../docs/rules/shortcut-fetches-icon.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in shortcuts::leads(tree) {
        // A shortcut to a program on the server of the office has its picture there too.
        let is_outside = match relation {
            "shortcut-icon" => hosts::is_remote(target),
            "lnk-icon" => hosts::is_foreign(target),
            _ => false,
        };
        if is_outside {
            hit(artifact, target.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shortcut_opens_remote_program::tests::hits;
    use super::*;

    #[test]
    fn pictures_of_strangers_hit() {
        assert_eq!(hits(&RULE, "shortcut-icon", "\\\\203.0.113.5\\x\\a.ico"), 1);
        assert_eq!(hits(&RULE, "shortcut-icon", "file://a.example/x/a.ico"), 1);
        assert_eq!(hits(&RULE, "lnk-icon", "\\\\203.0.113.5\\x\\a.ico"), 1);
        assert_eq!(hits(&RULE, "lnk-icon", "\\\\files.a.example\\x\\a.exe"), 0);
        assert_eq!(hits(&RULE, "shortcut-icon", "https://a.example/favicon.ico"), 0);
        assert_eq!(hits(&RULE, "shortcut-icon", "\\\\server\\icons\\a.ico"), 0);
        assert_eq!(hits(&RULE, "shortcut-url", "\\\\203.0.113.5\\x\\a.ico"), 0);
    }
}
