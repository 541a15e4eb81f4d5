//! Archives that show one content to a scanner and another to the reader. No archiver writes them; what a broken
//! copy looks like is damage, and told as that.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;
use crate::kind::Class;

pub(super) const RULE: Heuristic = Heuristic {
    id: "archive-contradicts-itself",
    strength: Strength::Medium,
    title_en: "An archive is built to show different content to different programs",
    title_ja: "開くソフトによって中身が変わるように、圧縮ファイルが細工されています",
    attack: &["T1036.008", "T1027"],
    page: include_str!("../../../docs/rules/archive-contradicts-itself.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| artifact.kind.class == Class::Archive && is_whole(artifact))
    {
        for fact in &artifact.facts {
            if let Fact::Trick { what, detail } = fact
                && TRICKS.contains(what)
            {
                hit(artifact.id, format!("{what}: {detail}"));
            }
        }
    }
}

/// Tricks that keep a member from some of the programs that open the archive.
const TRICKS: &[&str] = &[
    "zip-hidden-entry",
    "zip-several-directories",
    "zip-name-mismatch",
    "zip-encryption-mismatch",
    "zip-stored-size-mismatch",
    "zip-disguised-method",
    "zip-directory-with-data",
];

/// Whether the archive came whole: of one that was cut or lost its directory, everything contradicts everything.
fn is_whole(artifact: &Artifact) -> bool {
    !artifact.is_cut() && artifact.damage.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Damage};

    fn hits(what: &'static str, damage: &[&'static str], bytes: &[u8]) -> usize {
        let mut child = Child::new("a.zip", "attachment", bytes.to_vec())
            .with(Fact::Trick { what, detail: "a.js".into() });
        child.damage = damage.iter().map(|what| Damage { what, detail: String::new() }).collect();
        let mut count = 0;
        check(&Tree::new(child), &mut |_, _| count += 1);
        count
    }

    #[test]
    fn tricks_of_whole_archives_count() {
        let zip = b"PK\x03\x04";
        assert_eq!(hits("zip-hidden-entry", &[], zip), 1);
        assert_eq!(hits("zip-hidden-entry", &["zip-truncated"], zip), 0);
        assert_eq!(hits("zip-data-before", &[], zip), 0);
        assert_eq!(hits("zip-hidden-entry", &[], b"%PDF-1.7"), 0);
    }
}
