//! Members whose names lead out of the folder into which they are unpacked.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "archive-path-traversal",
    strength: Strength::Medium,
    title_en: "A file in an archive has a name that leads out of the folder it is unpacked into",
    title_ja: "圧縮ファイルの中に、展開先のフォルダーの外へ書き込もうとする名前のファイルがあります",
    attack: &["T1036", "T1547.001"],
    page: include_str!("../../../docs/rules/archive-path-traversal.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        if artifact.is_member() && escapes(&artifact.name) {
            hit(artifact.id, artifact.name.clone());
        }
        for fact in &artifact.facts {
            if let Fact::LockedName(name) = fact
                && escapes(name)
            {
                hit(artifact.id, name.clone());
            }
        }
    }
}

/// Whether a path climbs above where it begins, or begins at a drive or a server. A slash at the start is what old
/// programs for Unix wrote, and unpackers drop it.
fn escapes(name: &str) -> bool {
    let name = name.replace('\\', "/");
    let drive =
        name.as_bytes().get(1) == Some(&b':') && name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let mut depth = 0i32;
    let climbs = name.split('/').any(|step| {
        depth += match step {
            ".." => -1,
            "" | "." => 0,
            _ => 1,
        };
        depth < 0
    });
    climbs || drive || name.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder() {
        for name in [
            "../a",
            "a/../../b",
            "..\\Startup\\a.lnk",
            "C:/Users/Public/a.js",
            "\\\\server\\a",
            "x/.././../y",
        ] {
            assert!(escapes(name), "{name}");
        }
        for name in ["a/b", "a/../b", "/usr/a", "...", "a..b/c", "./a", "見積:1.doc", ""] {
            assert!(!escapes(name), "{name}");
        }
    }
}
