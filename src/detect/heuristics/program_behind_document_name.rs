//! The name promises paper, the content is machine code or a shortcut.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;
use crate::kind::{Class, Kind};

pub(super) const RULE: Heuristic = Heuristic {
    id: "program-behind-document-name",
    strength: Strength::Strong,
    title_en: "A program hides behind the name of a document or picture",
    title_ja: "文書や画像のような名前ですが、中身はプログラムです",
    attack: &["T1036.008"],
    page: include_str!("../../../docs/rules/program-behind-document-name.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| is_sent(artifact)) {
        let Some(shown) = Kind::by_name(&artifact.name) else { continue };
        let paper = matches!(shown.class, Class::Document | Class::Media | Class::Text | Class::Message);
        if paper && matches!(artifact.kind.id, "exe" | "lnk" | "msi" | "chm") {
            hit(artifact.id, format!("{} ({})", artifact.name, artifact.kind.id));
        }
    }
}

/// Whether an artifact comes under a name that the sender chose for a person.
pub(super) fn is_sent(artifact: &Artifact) -> bool {
    artifact.is_member() || SENT.contains(&artifact.via)
}

/// Ways to such a name beside membership in an archive.
const SENT: &[&str] =
    &["file", "attachment", "uuencode", "binhex", "yenc", "ole-package", "pdf-attachment", "onenote-file"];
