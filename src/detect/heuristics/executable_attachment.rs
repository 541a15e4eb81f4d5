//! Scripts and programs attached without a wrapping. Most mail systems refuse them.

use super::script_in_archive::shown;
use super::{Check, Heuristic};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;
use crate::kind::Class;

pub(super) const RULE: Heuristic = Heuristic {
    id: "executable-attachment",
    strength: Strength::Medium,
    title_en: "The attachment itself is a script, program or shortcut",
    title_ja: "添付ファイルそのものが、スクリプトやプログラム、ショートカットです",
    attack: &["T1204.002", "T1566.001"],
    page: include_str!("../../../docs/rules/executable-attachment.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| is_attached(artifact)) {
        let script = shown(artifact).is_some_and(|kind| kind.class == Class::Script && kind.id != "shell");
        let is_shortcut = artifact.kind.id == "lnk" && artifact.via == "attachment";
        let runs = script || artifact.kind.class == Class::Program || is_shortcut;
        if runs && artifact.size > 0 {
            hit(artifact.id, format!("{} ({})", artifact.name, artifact.kind.id));
        }
    }
}

/// Whether the artifact is attached to a mail in any wrapping of text, or handed in as if it were. A shortcut handed in
/// is one that lay on somebody's desktop.
fn is_attached(artifact: &Artifact) -> bool {
    matches!(artifact.via, "attachment" | "uuencode" | "binhex" | "yenc")
        || (artifact.parent.is_none() && artifact.kind.class != Class::Message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    fn hits(name: &str, via: &'static str, bytes: &[u8]) -> usize {
        let mut tree = Tree::new(Child::new("a.eml", "file", b"Subject: x\r\nFrom: y\r\n\r\n".to_vec()));
        if via == "file" {
            tree = Tree::new(Child::new(name, via, bytes.to_vec()));
        } else {
            tree.add(Some(0), Child::new(name, via, bytes.to_vec()));
        }
        let mut count = 0;
        check(&tree, &mut |_, _| count += 1);
        count
    }

    #[test]
    fn scripts_count_attached_and_handed_in_and_shortcuts_only_attached() {
        let shortcut = b"\x4c\0\0\0\x01\x14\x02\0";
        assert_eq!((hits("a.js", "attachment", b"x"), hits("a.js", "file", b"x")), (1, 1));
        assert_eq!((hits("a.lnk", "attachment", shortcut), hits("a.lnk", "file", shortcut)), (1, 0));
        assert_eq!(
            (hits("a.js", "zip", b"x"), hits("a.txt", "file", b"x"), hits("a.js", "yenc", b"x")),
            (0, 0, 1)
        );
    }
}
