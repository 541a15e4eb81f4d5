//! A launch action of a PDF that opens another file. Files of one folder refer to each other so; a mail has no folder.

use super::pdf_launch_program::{is_program, launches};
use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::kind::{Class, Kind};

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-launch",
    strength: Strength::Medium,
    title_en: "The PDF opens another file on the computer",
    title_ja: "PDFが、パソコンの別のファイルを開こうとします",
    attack: &["T1204.002"],
    page: include_str!("../../../docs/rules/pdf-launch.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, target) in launches(tree) {
        if !is_program(target) && !is_beside(target) {
            hit(artifact, target.to_string());
        }
    }
}

/// Whether the target is a PDF, a page or a picture that lies beside the file, or no file at all: the parts of a manual or
/// form name each other so, and the reader of the one shows the other.
fn is_beside(target: &str) -> bool {
    let is_remote = target.starts_with(['\\', '/']) || target.contains(':');
    let kind = Kind::by_name(target);
    let is_none = target.chars().all(|c| matches!(c, '.' | '/' | ' '));
    let is_shown = |kind: &Kind| matches!(kind.id, "pdf" | "html") || kind.class == Class::Media;
    !is_remote && (is_none || kind.is_some_and(is_shown))
}

#[cfg(test)]
mod tests {
    use super::super::pdf_launch_program::tests::hits;
    use super::*;

    #[test]
    fn files_hit_programs_and_addresses_do_not() {
        assert_eq!(hits(&RULE, "launch", "\\\\server\\share\\list.doc").len(), 1);
        for yes in ["\\\\server\\a.pdf", "//server/a.pdf", "file:///a.pdf", "table.xlsx", "readme"] {
            assert_eq!(hits(&RULE, "launch", yes).len(), 1, "{yes}");
        }
        for no in [
            "cmd.exe /c x",
            "toolkit.pdf",
            "./examples.html",
            "...",
            "../img/map.png",
            "https://a.example/",
            "mailto:a@b.example",
        ] {
            assert!(hits(&RULE, "launch", no).is_empty(), "{no}");
        }
        assert!(hits(&RULE, "remote-go-to", "b.pdf").is_empty());
    }
}
