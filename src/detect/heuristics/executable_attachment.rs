//! Scripts and programs attached without a wrapping. Most mail systems refuse them.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::kind::{Class, Kind};

pub(super) const RULE: Heuristic = Heuristic {
    id: "executable-attachment",
    strength: Strength::Medium,
    title_en: "The attachment itself is a script, program or shortcut",
    title_ja: "添付ファイルそのものが、スクリプトやプログラム、ショートカットです",
    attack: &["T1204.002", "T1566.001"],
    page: include_str!("../../../docs/rules/executable-attachment.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| artifact.via == "attachment") {
        let shown = Kind::by_name(&artifact.name).unwrap_or(artifact.kind);
        let script = shown.class == Class::Script && shown.id != "shell";
        let runs = script || artifact.kind.class == Class::Program || artifact.kind.id == "lnk";
        if runs && artifact.size > 0 {
            hit(artifact.id, format!("{} ({})", artifact.name, artifact.kind.id));
        }
    }
}
