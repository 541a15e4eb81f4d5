//! An app package whose Package Support Framework starts a script. Packagers in companies use it for programs they
//! hand out by their own tools; by mail it comes from those who bought a signature to get a script past everybody.

use super::program_behind_document_name::is_sent;
use super::{Check, Heuristic, said};
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "msix-runs-script",
    strength: Strength::Strong,
    title_en: "An app package runs a script when the app starts",
    title_ja: "アプリのパッケージが、起動のときにスクリプトを動かします",
    attack: &["T1204.002", "T1059.001"],
    page: include_str!("../../../docs/rules/msix-runs-script.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| artifact.kind.id == "msix") {
        let holder = artifact.parent.and_then(|parent| tree.get(parent));
        let is_bundled = holder.is_some_and(|holder| holder.kind.id == "msix");
        for script in said(artifact, "msix-script").filter(|_| is_bundled || is_sent(artifact)) {
            hit(artifact.id, script.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact};

    #[test]
    fn only_a_script_hits() {
        let package = |name: &'static str| {
            let fact = Fact::Header { name, value: "run.ps1".into() };
            Tree::new(Child::new("a.msix", "attachment", b"PK".to_vec()).of_kind("msix").with(fact))
        };
        let hits = |tree: &Tree| {
            let mut found = Vec::new();
            check(tree, &mut |_, evidence| found.push(evidence));
            found
        };
        assert_eq!(hits(&package("msix-script")), ["run.ps1"]);
        assert_eq!(hits(&package("msix-entry")), [""; 0]);
    }
}
