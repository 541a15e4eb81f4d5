//! A script in another language than Basic that an event of an `OpenDocument` file starts by itself.

use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "odf-event-runs-script",
    strength: Strength::Medium,
    title_en: "A script of the document runs by itself when it is opened",
    title_ja: "文書を開くと、その中のスクリプトが自動で実行されます",
    attack: &["T1204.002", "T1059.006"],
    page: include_str!("../../../docs/rules/odf-event-runs-script.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        if relation == "event-script" {
            hit(artifact.id, target.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;

    #[test]
    fn only_scripts_of_events_hit() {
        let script = ["vnd.sun.star.script:x.py$f?language=Python&location=document"];
        assert_eq!(hits(check, "event-script", &script), 1);
        assert_eq!(hits(check, "hyperlink", &script), 0);
    }
}
