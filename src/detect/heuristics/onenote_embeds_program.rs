//! A program, script or shortcut embedded in a OneNote page, by its name or by its content.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;
use crate::kind::Kind;

pub(super) const RULE: Heuristic = Heuristic {
    id: "onenote-embeds-program",
    strength: Strength::Strong,
    title_en: "A OneNote page holds a script or program",
    title_ja: "OneNoteのページにスクリプトまたはプログラムが埋め込まれています",
    attack: &["T1204.002", "T1027.009"],
    page: include_str!("../../../docs/rules/onenote-embeds-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    let mut hits = Vec::new();
    for artifact in tree.iter().filter(|artifact| artifact.via == "onenote-file" && artifact.size > 0) {
        if runs(artifact.kind) || Kind::by_name(&artifact.name).is_some_and(runs) {
            hit(artifact.id, format!("{} ({})", artifact.name, artifact.kind.id));
            hits.push(artifact.name.clone());
        }
    }
    for section in tree.iter().filter(|artifact| artifact.kind.id == "onenote") {
        for name in names(section) {
            if Kind::by_name(name).is_some_and(runs) && !hits.iter().any(|known| known == name) {
                hit(section.id, name.to_string());
            }
        }
    }
}

/// The names of embedded files that the pages show; the file itself may be lost or elsewhere.
fn names(section: &Artifact) -> impl Iterator<Item = &str> {
    section.facts.iter().filter_map(|fact| match fact {
        Fact::External { relation, target } if relation == "onenote-file" => Some(target.as_str()),
        _ => None,
    })
}

fn runs(kind: &Kind) -> bool {
    kind.runs() && !matches!(kind.id, "shell" | "elf" | "macho")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn programs_hit_and_papers_do_not() {
        let header = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3";
        let name = Fact::External { relation: "onenote-file".into(), target: "lost.cmd".into() };
        let mut tree = Tree::new(Child::new("a.one", "file", header.to_vec()).with(name));
        for (name, bytes) in [
            ("a.pdf", &b"%PDF-1.4"[..]),
            ("view.hta", b"<html>"),
            ("a.chm", b"ITSF\x03\0\0\0"),
            ("song.mp3", b"ID3"),
            ("a.txt", b"cmd"),
        ] {
            tree.add(Some(0), Child::new(name, "onenote-file", bytes.to_vec()));
        }
        tree.add(Some(0), Child::new("file", "onenote-file", b"@echo off\r\ncalc".to_vec()).of_kind("bat"));
        let mut found = Vec::new();
        check(&tree, &mut |artifact, _| found.push(artifact));
        assert_eq!(found, [2, 3, 6, 0]);
    }
}
