//! A library that Excel or Word loads as an add-in on a double click. It is machine code that runs when it is opened,
//! and its name says office paper. Those that an installer brings along are the installer's matter.

use super::program_behind_document_name::is_sent;
use super::{Check, Heuristic, said};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;
use crate::kind::{Class, extension};

pub(super) const RULE: Heuristic = Heuristic {
    id: "excel-addin",
    strength: Strength::Strong,
    title_en: "An add-in of Excel or Word that is a program and runs when opened",
    title_ja: "開くとプログラムが動く、ExcelやWordのアドインです",
    attack: &["T1137.006", "T1204.002"],
    page: include_str!("../../../docs/rules/excel-addin.md"),
    check,
};

/// Extensions under which Office loads a library.
const NAMES: &[&str] = &["xll", "wll"];
/// What functions a library exports for Office.
const ROLES: &[&str] = &["excel-addin", "word-addin"];

fn check(tree: &Tree, hit: &mut Check) {
    let sent = |artifact: &&Artifact| artifact.kind.id == "exe" && is_sent(artifact);
    for artifact in tree.iter().filter(sent).filter(|artifact| !is_installed(tree, artifact)) {
        let role = role(artifact);
        if role.is_some() || NAMES.contains(&extension(&artifact.name).as_str()) {
            hit(artifact.id, format!("{} ({})", artifact.name, role.unwrap_or("exe")));
        }
    }
}

/// What the library is to Office by the functions it exports.
fn role(artifact: &Artifact) -> Option<&str> {
    said(artifact, "pe-role").find(|role| ROLES.contains(role))
}

/// Whether the artifact lies in a program: an installer, a self-extractor, a help file.
pub(super) fn is_installed(tree: &Tree, artifact: &Artifact) -> bool {
    let above = |artifact: &Artifact| artifact.parent.and_then(|parent| tree.get(parent));
    std::iter::successors(above(artifact), |holder| above(holder))
        .any(|holder| holder.kind.class == Class::Program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact};

    fn library(name: &str, via: &'static str, role: &str) -> Child {
        Child::new(name, via, b"MZ".to_vec())
            .of_kind("exe")
            .with(Fact::Header { name: "pe-role", value: role.into() })
    }

    fn hits(tree: &Tree) -> Vec<usize> {
        let mut found = Vec::new();
        check(tree, &mut |artifact, _| found.push(artifact));
        found
    }

    #[test]
    fn add_ins_hit_by_function_and_by_name() {
        let mut tree = Tree::new(Child::new("a.eml", "file", b"Subject: x\r\nFrom: y\r\n\r\n".to_vec()));
        tree.add(Some(0), library("a.dat", "attachment", "excel-addin"));
        tree.add(Some(0), library("a.XLL", "attachment", "com-server"));
        tree.add(Some(0), library("a.dll", "attachment", "com-server"));
        tree.add(Some(0), Child::new("a.xll", "attachment", b"text".to_vec()));
        let archive = tree.add(Some(0), Child::new("a.zip", "attachment", Vec::new()).of_kind("zip"));
        tree.add(Some(archive), library("a.wll", "zip", "word-addin"));
        assert_eq!(hits(&tree), [1, 2, 6]);
    }

    #[test]
    fn what_an_installer_brings_along_does_not() {
        let mut tree = Tree::new(Child::new("setup.msi", "attachment", Vec::new()).of_kind("msi"));
        let cabinet = tree.add(Some(0), Child::new("data.cab", "msi", Vec::new()).of_kind("cab"));
        tree.add(Some(cabinet), library("a.xll", "cab", "excel-addin"));
        assert_eq!(hits(&tree), [0; 0]);
    }
}
