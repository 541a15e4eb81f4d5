//! Scripts inside archives: nobody sends office papers that way. Archives of many files are program sources.

use super::{Check, Heuristic};
use crate::artifact::Artifact;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::kind::{Class, Kind};

pub(super) const RULE: Heuristic = Heuristic {
    id: "script-in-archive",
    strength: Strength::Strong,
    title_en: "An archive holds a script that can run when double-clicked",
    title_ja: "圧縮ファイルの中に、ダブルクリックすると動くスクリプトがあります",
    attack: &["T1204.002", "T1059"],
    page: include_str!("../../../docs/rules/script-in-archive.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| is_archived(tree, artifact)) {
        let together = artifact.parent.map_or(0, |parent| tree.children(parent).take(FEW + 1).count());
        if runs_as_script(artifact) && together <= FEW {
            hit(artifact.id, artifact.name.clone());
        }
    }
}

/// Archives of attacks hold one file or a few; web pages and program sources hold many.
const FEW: usize = 6;

pub(super) fn runs_as_script(artifact: &Artifact) -> bool {
    shown(artifact).is_some_and(|kind| kind.class == Class::Script && !matches!(kind.id, "reg" | "shell"))
        && artifact.size > 0
}

/// The kind that a file is opened as: that of its name, else that which its content tells for sure.
pub(super) fn shown(artifact: &Artifact) -> Option<&'static Kind> {
    let told = || Some(artifact.kind).filter(|kind| kind.is_told(&artifact.bytes));
    Kind::by_name(&artifact.name).or_else(told)
}

/// Whether the artifact is a member that a person sees after unpacking, not a part of a document or program.
pub(super) fn is_archived(tree: &Tree, artifact: &Artifact) -> bool {
    let container = artifact.parent.and_then(|parent| tree.get(parent));
    artifact.is_member() && container.is_some_and(|container| container.kind.class == Class::Archive)
}
