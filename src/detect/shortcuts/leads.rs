//! Where shortcuts lead, as the facts tell it.

use crate::artifact::{Fact, Tree};

/// Where shortcuts lead: artifact, relation, target.
pub(in crate::detect) fn leads(tree: &Tree) -> impl Iterator<Item = (usize, &str, &str)> {
    tree.iter().flat_map(|artifact| {
        artifact.facts.iter().filter_map(|fact| match fact {
            Fact::External { relation, target } if is_lead(relation) => {
                Some((artifact.id, relation.as_str(), target.as_str()))
            }
            _ => None,
        })
    })
}

fn is_lead(relation: &str) -> bool {
    relation.starts_with("shortcut-") || matches!(relation, "lnk-target" | "lnk-folder" | "lnk-icon")
}

/// Whether a reference is what a shortcut opens.
pub(in crate::detect) fn is_target(relation: &str) -> bool {
    matches!(relation, "lnk-target" | "shortcut-url" | "shortcut-library")
}

/// Whether a reference is the folder in which a shortcut starts its program.
pub(in crate::detect) fn is_folder_of_work(relation: &str) -> bool {
    matches!(relation, "lnk-folder" | "shortcut-folder")
}
