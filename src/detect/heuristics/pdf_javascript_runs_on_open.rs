//! Program text in a PDF that runs when the file or a page is opened. Forms do so to set themselves up.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Sign, Tree};
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-javascript-runs-on-open",
    strength: Strength::Weak,
    title_en: "A PDF runs JavaScript when it is opened",
    title_ja: "PDFを開くと、JavaScriptが実行されます",
    attack: &["T1204.002", "T1059.007"],
    page: include_str!("../../../docs/rules/pdf-javascript-runs-on-open.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for script in scripts(tree) {
        if let Some(by) = runs_by(script) {
            let text = String::from_utf8_lossy(&script.bytes);
            hit(script.id, format!("{by}: {}", text.chars().take(120).collect::<String>()));
        }
    }
}

/// The program texts of PDF files.
pub(super) fn scripts(tree: &Tree) -> impl Iterator<Item = &Artifact> {
    tree.iter().filter(|artifact| {
        let holder = artifact.parent.and_then(|parent| tree.get(parent));
        let is_action = || artifact.via == "part" && holder.is_some_and(|holder| holder.kind.id == "pdf");
        let is_of_form = || {
            let pdf = holder.and_then(|form| form.parent).and_then(|parent| tree.get(parent));
            holder.is_some_and(|form| form.name == "xfa.xml") && pdf.is_some_and(|pdf| pdf.kind.id == "pdf")
        };
        artifact.kind.id == "js" && (is_action() || is_of_form())
    })
}

/// What makes a program text run without a click.
pub(super) fn runs_by(script: &Artifact) -> Option<&str> {
    script.facts.iter().find_map(|fact| match fact {
        Fact::Sign { sign: Sign::EntryPoint, text, .. } => Some(text.as_str()),
        _ => None,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::artifact::Child;

    /// The evidence of a rule's hits on a PDF with that program text.
    pub(in crate::detect::heuristics) fn hits(rule: &Heuristic, script: &str, runs: bool) -> Vec<String> {
        let mut tree = Tree::new(Child::new("a.pdf", "attachment", b"%PDF-1.4".to_vec()));
        let mut child = Child::new("javascript-1.js", "part", script.as_bytes().to_vec()).of_kind("js");
        if runs {
            child = child.with(Fact::Sign { sign: Sign::EntryPoint, text: "OpenAction".into(), line: 1 });
        }
        tree.add(Some(0), child);
        let mut found = Vec::new();
        (rule.check)(&tree, &mut |_, evidence| found.push(evidence));
        found
    }

    #[test]
    fn only_what_runs_by_itself_hits() {
        assert_eq!(hits(&RULE, "app.alert(1);", true), ["OpenAction: app.alert(1);"]);
        assert!(hits(&RULE, "AFNumber_Format(2, 0);", false).is_empty());
    }
}
