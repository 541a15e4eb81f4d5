//! A shortcut of any kind that runs a file on a computer outside the office.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::{Strength, hosts, shortcuts};
use crate::kind::{Class, Kind};

pub(super) const RULE: Heuristic = Heuristic {
    id: "shortcut-opens-remote-program",
    strength: Strength::Strong,
    title_en: "The shortcut starts a program on a foreign computer",
    title_ja: "ショートカットが、外部のコンピューターにあるプログラムを起動します",
    attack: &["T1204.002", "T1105", "T1218"],
    page: include_str!("../../../docs/rules/shortcut-opens-remote-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in shortcuts::leads(tree) {
        let opens = shortcuts::is_target(relation) && runs(target) && hosts::is_remote(target);
        // A program looks for its helpers in the folder it is started in.
        let lends = shortcuts::is_folder_of_work(relation) && hosts::is_foreign(target);
        if opens || lends {
            hit(artifact, target.to_string());
        }
    }
}

/// Whether a path names a file that runs or an archive that opens like a folder. A path into a ZIP names it in the
/// middle.
pub(super) fn runs(target: &str) -> bool {
    target.trim().trim_end_matches(['"', '\\', '/']).split(['\\', '/']).skip(3).any(|step| {
        Kind::by_name(step)
            .is_some_and(|kind| kind.runs() || kind.class == Class::Archive && kind.id != "tar")
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::artifact::{Child, Fact};

    /// How often a rule hits on a shortcut that leads there.
    pub(in crate::detect::heuristics) fn hits(rule: &Heuristic, relation: &str, target: &str) -> usize {
        let fact = Fact::External { relation: relation.into(), target: target.into() };
        let tree = Tree::new(Child::new("a.url", "file", b"x".to_vec()).of_kind("url").with(fact));
        let mut count = 0;
        (rule.check)(&tree, &mut |_, _| count += 1);
        count
    }

    #[test]
    fn programs_of_strangers_hit() {
        for yes in [
            "file://203.0.113.5/x/a.exe",
            "file://203.0.113.5@80/x/a.zip/b.vbs",
            "\\\\a.example@SSL\\DavWWWRoot\\x\\a.lnk",
            "file:\\\\a.example\\x\\a.url",
            "file://a.example/x/y.msi",
        ] {
            assert_eq!(hits(&RULE, "shortcut-url", yes), 1, "{yes}");
        }
        for no in [
            "https://a.example/a.html",
            "file://server/x/a.exe",
            "file:///C:/x/a.exe",
            "\\\\a.example\\x\\report.docx",
            "\\\\203.0.113.5\\share",
        ] {
            assert_eq!(hits(&RULE, "shortcut-url", no), 0, "{no}");
        }
        assert_eq!(hits(&RULE, "shortcut-folder", "\\\\a.example@ssl\\x"), 1);
        assert_eq!(hits(&RULE, "lnk-folder", "\\\\files.a.example\\x"), 0);
        assert_eq!(hits(&RULE, "shortcut-icon", "\\\\203.0.113.5\\x\\a.exe"), 0);
    }
}
