//! A file of a kind that starts or connects something and that nobody mails: settings, libraries, search connectors,
//! Explorer commands, installers from the web, consoles.

use super::program_behind_document_name::is_sent;
use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::kind::extension;

pub(super) const RULE: Heuristic = Heuristic {
    id: "unusual-shortcut-attachment",
    strength: Strength::Medium,
    title_en: "The file is of a kind that starts something and is never mailed",
    title_ja: "何かを起動したり接続したりする、メールでは使われない種類のファイルです",
    attack: &["T1204.002"],
    page: include_str!("../../../docs/rules/unusual-shortcut-attachment.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| artifact.size > 0 && is_sent(artifact)) {
        if KINDS.contains(&extension(&artifact.name).as_str()) {
            hit(artifact.id, artifact.name.clone());
        }
    }
}

const KINDS: &[&str] = &[
    "settingcontent-ms",
    "library-ms",
    "search-ms",
    "searchconnector-ms",
    "scf",
    "appref-ms",
    "application",
    "vsto",
    "appinstaller",
    "deploymentprovider",
    "msc",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn only_what_a_person_gets_counts() {
        let mut tree = Tree::new(Child::new("a.Library-MS", "file", b"<x/>".to_vec()));
        tree.add(Some(0), Child::new("b.msc", "part", b"<x/>".to_vec()));
        tree.add(Some(0), Child::new("c.url", "attachment", b"x".to_vec()));
        tree.add(Some(0), Child::new("d.scf", "zip", b"[Shell]".to_vec()));
        let mut found = Vec::new();
        check(&tree, &mut |artifact, _| found.push(artifact));
        assert_eq!(found, [0, 3]);
    }
}
