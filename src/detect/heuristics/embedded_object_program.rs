//! A program, script or shortcut embedded in a document as an object: a double click on its picture starts it.

use super::script_in_archive::runs_as_script;
use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::{Strength, shortcuts};
use crate::kind::{Class, Kind};

pub(super) const RULE: Heuristic = Heuristic {
    id: "embedded-object-program",
    strength: Strength::Strong,
    title_en: "A program, script or shortcut is embedded in the document",
    title_ja: "文書の中に、プログラムやスクリプト、ショートカットが埋め込まれています",
    attack: &["T1204.002", "T1027.009"],
    page: include_str!("../../../docs/rules/embedded-object-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| is_embedded(tree, artifact)) {
        let told = shortcuts::command(tree, artifact);
        if told.is_some_and(|command| command.only_starts_an_installed_program()) {
            continue;
        }
        if is_program(artifact) || artifact.via == "ole-package" && other_name_runs(artifact) {
            hit(artifact.id, format!("{} ({})", artifact.name, artifact.kind.id));
        }
    }
}

/// Whether it is a packaged file, or a part or stream of a document. Installers are made of programs.
fn is_embedded(tree: &Tree, artifact: &Artifact) -> bool {
    let holder = artifact.parent.and_then(|parent| tree.get(parent));
    match artifact.via {
        "ole-package" => true,
        "part" | "stream" => holder.is_some_and(|holder| {
            holder.kind.class == Class::Document
                && !matches!(holder.kind.id, "pdf" | "one" | "onenote" | "html")
        }),
        _ => false,
    }
}

fn is_program(artifact: &Artifact) -> bool {
    let is_start = matches!(artifact.kind.id, "lnk" | "pe" | "chm");
    // What is no file of its own bears a name that Windows never sees.
    let is_file = artifact.via == "ole-package";
    is_start
        || artifact.kind.class == Class::Program
        || (is_file
            && (runs_as_script(artifact)
                || is_telling_shortcut(&artifact.name)
                || is_started(&artifact.name)))
}

/// Whether Windows starts a file of that name, whatever is in it, or sets up what it says.
fn is_started(name: &str) -> bool {
    let is_program = Kind::by_name(name).is_some_and(|kind| kind.class == Class::Program);
    let lower = name.to_lowercase();
    is_program && !lower.ends_with(".com") || lower.ends_with(".inf")
}

/// Shortcuts other than those to web pages.
fn is_telling_shortcut(name: &str) -> bool {
    let lower = name.to_lowercase();
    let is_page = [".url", ".website", ".desktop"].iter().any(|end| lower.ends_with(end));
    !is_page && Kind::by_name(name).is_some_and(|kind| kind.class == Class::Shortcut)
}

/// Whether the other name of a packaged file is that of a program: Office starts it by the one, Windows by the other.
fn other_name_runs(artifact: &Artifact) -> bool {
    artifact.facts.iter().any(|fact| match fact {
        Fact::OtherName(name) => {
            Kind::by_name(name).is_some_and(|kind| {
                matches!(kind.class, Class::Program | Class::Script) && !matches!(kind.id, "reg" | "shell")
            }) && !name.to_lowercase().ends_with(".com")
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn programs_hit_and_papers_do_not() {
        let mut tree =
            Tree::new(Child::new("a.docx", "attachment", b"PK\x03\x04[Content_Types].xml".to_vec()));
        let link = b"\x4c\0\0\0\x01\x14\x02\0";
        for (name, bytes, via) in [
            ("factura.pdf", &b"%PDF-1.4"[..], "ole-package"),
            ("list.xlsx", b"PK\x03\x04", "ole-package"),
            ("site.url", b"[InternetShortcut]", "ole-package"),
            ("word/x.js", b"var a", "part"),
            ("run.JS", b"var a", "ole-package"),
            ("paper.pdf", link, "ole-package"),
            ("word/embeddings/oleObject1.bin", link, "part"),
            ("a.settingcontent-ms", b"<x/>", "ole-package"),
            ("notes.txt", b"text", "ole-package"),
            ("web.com", b"text", "attachment"),
            ("paint.exe", b"no header", "ole-package"),
            ("slides.inf", b"[Version]", "ole-package"),
            ("web.com", b"text", "ole-package"),
            ("slides.inf", b"[Version]", "part"),
        ] {
            tree.add(Some(0), Child::new(name, via, bytes.to_vec()));
        }
        tree.get_mut(9).unwrap().facts.push(Fact::OtherName("notes.vbs".into()));
        let mut found = Vec::new();
        check(&tree, &mut |id, _| found.push(id));
        assert_eq!(found, [5, 6, 7, 8, 9, 11, 12]);
    }

    #[test]
    fn a_shortcut_to_an_installed_program_does_nothing_that_others_do_not() {
        let hits = |target: &str, arguments: &str| {
            let mut tree = Tree::new(Child::new("a.doc", "attachment", Vec::new()).of_kind("doc"));
            let fact = Fact::Shortcut {
                target: target.into(),
                arguments: arguments.into(),
                icon: String::new(),
                is_minimized: false,
            };
            tree.add(Some(0), Child::new("a.lnk", "ole-package", Vec::new()).of_kind("lnk").with(fact));
            let mut count = 0;
            check(&tree, &mut |_, _| count += 1);
            count
        };
        assert_eq!(hits("C:\\Program Files\\Editor\\editor.exe", ""), 0);
        assert_eq!(hits("C:\\Program Files\\Editor\\editor.exe", "/run x"), 1);
        assert_eq!(hits("C:\\Program Files\\..\\Temp\\editor.exe", ""), 1);
        assert_eq!(hits("C:\\Users\\a\\x.exe", ""), 1);
        assert_eq!(hits("\\\\203.0.113.9\\s\\x.exe", ""), 1);
    }
}
