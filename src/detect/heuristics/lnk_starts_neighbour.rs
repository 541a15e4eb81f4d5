//! A shortcut in an archive or on a disc image that starts a script or library packed beside it, or a program under the
//! picture of a document.

use super::script_in_archive::{is_archived, runs_as_script};
use super::{Check, Heuristic};
use crate::artifact::{Artifact, Tree};
use crate::detect::{Strength, shortcuts};
use crate::kind::{Class, extension};

pub(super) const RULE: Heuristic = Heuristic {
    id: "lnk-starts-neighbour",
    strength: Strength::Strong,
    title_en: "A shortcut starts a program that is packed beside it",
    title_ja: "ショートカットが、一緒に入っているプログラムを起動します",
    attack: &["T1204.002", "T1553.005"],
    page: include_str!("../../../docs/rules/lnk-starts-neighbour.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    let archived = tree.iter().filter(|artifact| is_archived(tree, artifact));
    let links = archived.filter_map(|artifact| Some((artifact, shortcuts::command(tree, artifact)?)));
    for (artifact, command) in links.take(MOST_LINKS) {
        let beside = artifact.parent.map(|parent| tree.children(parent)).into_iter().flatten().take(MOST);
        let started = beside.into_iter().find(|other| {
            other.id != artifact.id && {
                let is_cargo = runs_as_script(other) || is_odd_program(other);
                let is_program = other.kind.class == Class::Program && command.document_icon().is_some();
                (is_cargo || is_program) && names(&command.text, other)
            }
        });
        if let Some(other) = started {
            hit(artifact.id, format!("{}: {}", artifact.name, other.name));
        }
    }
}

/// Shortcuts that are looked at.
const MOST_LINKS: usize = 200;

/// Members of one archive that are looked at.
const MOST: usize = 500;

/// A program that a double click would not run: a library, or one whose name hides it.
fn is_odd_program(artifact: &Artifact) -> bool {
    artifact.kind.class == Class::Program
        && !matches!(extension(&artifact.name).as_str(), "exe" | "msi" | "jar" | "")
}

fn names(command: &str, artifact: &Artifact) -> bool {
    let name = artifact.name.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    name.len() > 3 && command.contains(&name)
}
