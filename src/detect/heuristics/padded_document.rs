//! Documents that end in tens of megabytes of one repeated byte. Logs and pictures may be large; papers are not padded.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::artifact::{Artifact, Fact};
use crate::detect::Strength;
use crate::kind::Class;

pub(super) const RULE: Heuristic = Heuristic {
    id: "padded-document",
    strength: Strength::Medium,
    title_en: "A document or program is blown up with empty bytes, a common way past scanners",
    title_ja: "文書やプログラムが、無意味なデータで大きくふくらませてあります。検査を避けるためによく使われる手口です",
    attack: &["T1027.001"],
    page: include_str!("../../../docs/rules/padded-document.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in
        tree.iter().filter(|artifact| matches!(artifact.kind.class, Class::Document | Class::Program))
    {
        if let Some((byte, length)) = padding(artifact) {
            hit(artifact.id, format!("{} of {} bytes are 0x{byte:02X}", length, artifact.size));
        }
    }
}

/// The padding of an artifact where it is most of it.
pub(super) fn padding(artifact: &Artifact) -> Option<(u8, u64)> {
    artifact.facts.iter().find_map(|fact| match fact {
        Fact::Padding { byte, length } if *length >= LONG && length.saturating_mul(2) >= artifact.size => {
            Some((*byte, *length))
        }
        _ => None,
    })
}

/// Compound files grow in steps of at most a few megabytes.
const LONG: u64 = 16 << 20;
