//! A shortcut that shows a folder or opens a file on a computer outside the office: Windows signs in there by itself.

use super::shortcut_opens_remote_program::runs;
use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::{Strength, hosts, shortcuts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "shortcut-leads-to-remote-folder",
    strength: Strength::Medium,
    title_en: "The shortcut opens a shared folder on a foreign computer",
    title_ja: "ショートカットが、外部のコンピューターの共有フォルダーを開きます",
    attack: &["T1204.002", "T1187"],
    page: include_str!("../../../docs/rules/shortcut-leads-to-remote-folder.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in shortcuts::leads(tree) {
        // Offices name their own servers in full in shortcuts; nobody mails a library that leads elsewhere.
        let is_outside =
            if relation == "shortcut-library" { hosts::is_remote(target) } else { hosts::is_foreign(target) };
        if shortcuts::is_target(relation) && !runs(target) && is_outside {
            hit(artifact, target.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shortcut_opens_remote_program::tests::hits;
    use super::*;

    #[test]
    fn folders_of_strangers_hit() {
        for yes in ["\\\\203.0.113.5\\share", "file://203.0.113.5/x", "\\\\a.example@80\\x\\b.docx"] {
            assert_eq!(hits(&RULE, "shortcut-url", yes), 1, "{yes}");
        }
        assert_eq!(hits(&RULE, "shortcut-library", "\\\\a.example\\x"), 1);
        for no in [
            "\\\\server\\share",
            "\\\\files.a.example\\share\\b.docx",
            "\\\\t.sharepoint.com@SSL\\DavWWWRoot\\x",
            "https://a.example/",
            "C:\\x",
        ] {
            assert_eq!(hits(&RULE, "shortcut-url", no), 0, "{no}");
        }
        assert_eq!(hits(&RULE, "shortcut-url", "file://203.0.113.5/x/a.exe"), 0);
    }
}
