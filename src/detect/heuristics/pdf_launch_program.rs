//! A launch action of a PDF that names a program, a script or a command interpreter.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;
use crate::kind::Kind;

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-launch-program",
    strength: Strength::Strong,
    title_en: "The PDF starts a program or a script",
    title_ja: "PDFがプログラムやスクリプトを起動しようとします",
    attack: &["T1204.002"],
    page: include_str!("../../../docs/rules/pdf-launch-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, target) in launches(tree) {
        if is_program(target) {
            hit(artifact, target.to_string());
        }
    }
}

/// What the launch actions of PDF files start, web addresses aside: old programs write their links so.
pub(super) fn launches(tree: &Tree) -> impl Iterator<Item = (usize, &str)> {
    tree.iter().filter(|artifact| artifact.kind.id == "pdf").flat_map(|artifact| {
        let targets = artifact.facts.iter().filter_map(|fact| match fact {
            Fact::External { relation, target } if relation == "launch" && !is_address(target) => {
                Some(target)
            }
            _ => None,
        });
        targets.map(|target| (artifact.id, target.as_str()))
    })
}

fn is_address(target: &str) -> bool {
    let target = target.trim().to_ascii_lowercase();
    ["http://", "https://", "ftp://", "mailto:", "www."].iter().any(|start| target.starts_with(start))
}

/// Whether one of the words of a command is a program, a script or a shortcut.
pub(super) fn is_program(target: &str) -> bool {
    let is_end = |c: char| c.is_whitespace() || "\"'/\\(),;|&<>".contains(c);
    target.split(is_end).any(|word| {
        let word = word.to_ascii_lowercase();
        INTERPRETERS.contains(&word.as_str()) || Kind::by_name(&word).is_some_and(Kind::runs)
    })
}

/// Programs that are named without their ending.
const INTERPRETERS: &[&str] = &[
    "cmd",
    "powershell",
    "pwsh",
    "mshta",
    "wscript",
    "cscript",
    "rundll32",
    "regsvr32",
    "certutil",
    "bitsadmin",
    "msiexec",
    "explorer",
    "bash",
    "sh",
    "osascript",
];

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::artifact::Child;

    /// The evidence of a rule's hits on a PDF with that fact.
    pub(in crate::detect::heuristics) fn hits(rule: &Heuristic, relation: &str, target: &str) -> Vec<String> {
        let fact = Fact::External { relation: relation.into(), target: target.into() };
        let tree = Tree::new(Child::new("a.pdf", "attachment", b"%PDF-1.4".to_vec()).with(fact));
        let mut found = Vec::new();
        (rule.check)(&tree, &mut |_, evidence| found.push(evidence));
        found
    }

    #[test]
    fn programs_hit_and_documents_do_not() {
        for yes in
            ["cmd.exe /c start x", "CMD /c x", "C:\\Windows\\System32\\mshta.exe x", "\"a b.js\"", "x.lnk"]
        {
            assert_eq!(hits(&RULE, "launch", yes), [yes], "{yes}");
        }
        for no in
            ["chapter2.pdf", "../data/table.xlsx", "http://a.example.com/x.exe", "www.example.com", "readme"]
        {
            assert!(hits(&RULE, "launch", no).is_empty(), "{no}");
        }
        assert!(hits(&RULE, "uri", "cmd.exe").is_empty());
    }
}
