//! A program, script or shortcut attached inside a PDF: nobody wraps one so but to get it past a filter.

use super::script_in_archive::runs_as_script;
use super::{Check, Heuristic};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;
use crate::kind::Class;

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-embedded-program",
    strength: Strength::Strong,
    title_en: "A program, script or shortcut is attached inside a PDF",
    title_ja: "PDFの中に、プログラムやスクリプト、ショートカットが添付されています",
    attack: &["T1204.002", "T1027.009"],
    page: include_str!("../../../docs/rules/pdf-embedded-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| artifact.via == "pdf-attachment") {
        if is_program(artifact) {
            hit(artifact.id, format!("{} ({})", artifact.name, artifact.kind.id));
        }
    }
}

fn is_program(artifact: &Artifact) -> bool {
    let is_link = artifact.kind.class == Class::Shortcut && artifact.kind.id != "url";
    artifact.kind.class == Class::Program || is_link || runs_as_script(artifact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn programs_hit_and_papers_do_not() {
        let mut tree = Tree::new(Child::new("a.pdf", "attachment", b"%PDF-1.4".to_vec()));
        for (name, bytes, via) in [
            ("factur-x.xml", &b"<?xml version=\"1.0\"?>"[..], "pdf-attachment"),
            ("a.xlsx", b"PK\x03\x04", "pdf-attachment"),
            ("site.url", b"[InternetShortcut]", "pdf-attachment"),
            ("javascript-1.js", b"app.alert(1)", "part"),
            ("run.JS", b"var a", "pdf-attachment"),
            ("paper.pdf", b"\x4c\0\0\0\x01\x14\x02\0", "pdf-attachment"),
        ] {
            tree.add(Some(0), Child::new(name, via, bytes.to_vec()));
        }
        let mut found = Vec::new();
        check(&tree, &mut |id, _| found.push(id));
        assert_eq!(found, [5, 6]);
    }
}
