//! Cargo behind a shortcut, which its command cuts out and starts.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;
use crate::kind::Class;

pub(super) const RULE: Heuristic = Heuristic {
    id: "lnk-appended-script",
    strength: Strength::Strong,
    title_en: "The shortcut carries a script or program behind it",
    title_ja: "ショートカットの後ろにスクリプトやプログラムが隠されています",
    attack: &["T1027.012", "T1204.002"],
    page: include_str!("../../../docs/rules/lnk-appended-script.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| artifact.via == "lnk-appended" && is_cargo(artifact)) {
        hit(artifact.id, format!("{} bytes ({})", artifact.size, artifact.kind.id));
    }
}

/// Whether something stands there that no program leaves by mistake.
fn is_cargo(artifact: &Artifact) -> bool {
    !matches!(artifact.kind.class, Class::Data | Class::Text)
        || artifact.size >= LARGE
        || holds_script(&artifact.bytes)
}

/// Shortcuts themselves are a few kilobytes.
const LARGE: u64 = 2 << 10;

/// Whether words of a script stand in what has other bytes before it.
fn holds_script(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

const WORDS: &[&str] = &[
    "createobject(",
    "activexobject",
    "wscript.",
    "<script",
    "<hta:",
    "$env:",
    "powershell",
    "cmd /c",
    "cmd.exe",
    "this program cannot be run",
    "execute(",
    "eval(",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn cargo_hits_and_leftovers_do_not() {
        let mut tree = Tree::new(Child::new("a.lnk", "file", b"\x4c\0\0\0\x01\x14\x02\0".to_vec()));
        let rows: [(&[u8], bool); 6] = [
            (b"PK\x03\x04 an archive", true),
            (b"%PDF-1.4", true),
            (b"junk\x01 WScript.Shell junk", true),
            (&[7; 4096], true),
            (b"\0\0\x10 leftover", false),
            (b"a line of text", false),
        ];
        for (bytes, _) in rows {
            tree.add(Some(0), Child::new("appended", "lnk-appended", bytes.to_vec()));
        }
        let mut found = Vec::new();
        check(&tree, &mut |artifact, _| found.push(artifact));
        let want: Vec<usize> =
            rows.iter().zip(1..).filter(|((_, hits), _)| *hits).map(|(_, id)| id).collect();
        assert_eq!(found, want);
    }
}
