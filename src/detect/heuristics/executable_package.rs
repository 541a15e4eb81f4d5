//! Programs that come as a package: Java archives that start by a double click, and apps of Windows. No office sends
//! them; archives of many files are software that somebody asked for.

use super::excel_addin::is_installed;
use super::program_behind_document_name::is_sent;
use super::{Check, Heuristic, said};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "executable-package",
    strength: Strength::Medium,
    title_en: "The file is a package of a program: a Java program or an app of Windows",
    title_ja: "プログラムのパッケージ（JavaのプログラムやWindowsのアプリ）です",
    attack: &["T1204.002"],
    page: include_str!("../../../docs/rules/executable-package.md"),
    check,
};

/// Archives of attacks hold one file or a few.
const FEW: usize = 6;

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| is_sent(artifact)) {
        let Some(what) = what(artifact) else { continue };
        let together = artifact.parent.map_or(0, |parent| tree.children(parent).take(FEW + 1).count());
        if (together <= FEW || !artifact.is_member()) && !is_installed(tree, artifact) {
            hit(artifact.id, format!("{} ({what})", artifact.name));
        }
    }
}

/// What the package starts or who made it, if a double click on it starts or installs something.
fn what(artifact: &Artifact) -> Option<&str> {
    match artifact.kind.id {
        "jar" => said(artifact, "jar-main-class").next(),
        "msix" => said(artifact, "msix-publisher").next().or(Some("msix")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact};

    fn package(name: &str, via: &'static str, kind: &str, fact: &'static str) -> Child {
        let child = Child::new(name, via, b"PK".to_vec()).of_kind(kind);
        if fact.is_empty() { child } else { child.with(Fact::Header { name: fact, value: "x".into() }) }
    }

    fn hits(tree: &Tree) -> Vec<usize> {
        let mut found = Vec::new();
        check(tree, &mut |artifact, _| found.push(artifact));
        found
    }

    #[test]
    fn programs_hit_and_libraries_do_not() {
        let mut tree = Tree::new(Child::new("a.eml", "file", b"Subject: x\r\nFrom: y\r\n\r\n".to_vec()));
        tree.add(Some(0), package("a.jar", "attachment", "jar", "jar-main-class"));
        tree.add(Some(0), package("lib.jar", "attachment", "jar", "jar-vendor"));
        tree.add(Some(0), package("a.appx", "attachment", "msix", ""));
        let zip = tree.add(Some(0), Child::new("a.zip", "attachment", Vec::new()).of_kind("zip"));
        tree.add(Some(zip), package("b.jar", "zip", "jar", "jar-main-class"));
        assert_eq!(hits(&tree), [1, 3, 5]);
    }

    #[test]
    fn what_lies_among_many_or_in_a_package_does_not() {
        let mut tree = Tree::new(Child::new("a.zip", "attachment", Vec::new()).of_kind("zip"));
        for number in 0..=FEW {
            tree.add(Some(0), package(&format!("{number}.jar"), "zip", "jar", "jar-main-class"));
        }
        assert_eq!(hits(&tree), [0; 0]);
        let mut tree = Tree::new(package("a.msixbundle", "attachment", "msix", ""));
        tree.add(Some(0), package("x64.msix", "zip", "msix", ""));
        assert_eq!(hits(&tree), [0]);
    }
}
