//! Programs, installers and shortcuts inside archives. Vendors send installers, so this alone does not condemn a mail.

use super::script_in_archive::is_archived;
use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::kind::Class;

pub(super) const RULE: Heuristic = Heuristic {
    id: "program-in-archive",
    strength: Strength::Medium,
    title_en: "An archive holds a program or a shortcut",
    title_ja: "圧縮ファイルの中に、プログラムやショートカットがあります",
    attack: &["T1204.002"],
    page: include_str!("../../../docs/rules/program-in-archive.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| is_archived(tree, artifact)) {
        if matches!(artifact.kind.class, Class::Program | Class::Shortcut) && artifact.kind.id != "url" {
            hit(artifact.id, format!("{} ({})", artifact.name, artifact.kind.id));
        }
    }
}
