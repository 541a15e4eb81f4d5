//! Encryption whose key travels along keeps scanners out, not thieves. Offices do it too (PPAP), so weak by itself.

use super::{Check, Heuristic};
use crate::artifact::Fact;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::keyring::{Origin, Source};

pub(super) const RULE: Heuristic = Heuristic {
    id: "encrypted-opened-with-mail-password",
    strength: Strength::Weak,
    title_en: "A locked archive opens with a password written in the mail",
    title_ja: "パスワード付きの圧縮ファイルが、メールに書かれたパスワードで開きました",
    attack: &["T1027.013", "T1566.001"],
    page: include_str!("../../../docs/rules/encrypted-opened-with-mail-password.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        let opened = artifact.facts.iter().find_map(|fact| match fact {
            Fact::OpenedWith { scheme, origin, .. } if MAIL.contains(&origin.source) => {
                Some((scheme, origin))
            }
            _ => None,
        });
        if let Some((scheme, origin)) = opened {
            hit(artifact.id, format!("{scheme}, {}", found(origin)));
        }
    }
}

/// The place in words; the name of a file or a subject would give the password away.
fn found(origin: &Origin) -> String {
    match origin.source {
        Source::Body => format!("body {}", origin.place),
        source => source.id().to_string(),
    }
}

const MAIL: &[Source] = &[Source::Body, Source::Subject, Source::FileName, Source::Attachment];
