//! Bidirectional overrides in the name of a file.

use super::{Check, Heuristic};
use crate::artifact::Fact;
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "name-rtlo",
    strength: Strength::Strong,
    title_en: "A file name is written backwards in part, so that its real extension cannot be seen",
    title_ja: "ファイル名の一部が逆向きに表示され、本当の拡張子が見えなくなっています",
    attack: &["T1036.002"],
    page: include_str!("../../../docs/rules/name-rtlo.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        let names = [artifact.name.as_str()].into_iter().chain(artifact.facts.iter().filter_map(other_name));
        if let Some(name) = names.into_iter().find(|name| name.contains(OVERRIDES)) {
            hit(artifact.id, name.to_string());
        }
    }
}

fn other_name(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::OtherName(name) | Fact::LockedName(name) => Some(name),
        _ => None,
    }
}

/// The override that turns Latin letters round; embeddings and marks stand in honest names too.
const OVERRIDES: [char; 1] = ['\u{202e}'];
