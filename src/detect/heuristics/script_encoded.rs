//! The Script Encoder of Windows hides a script from readers, and nobody who sends one for honest use needs that.

use super::{Check, Heuristic};
use crate::artifact::Fact;
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "script-encoded",
    strength: Strength::Strong,
    title_en: "A script was encoded so that nobody can read it",
    title_ja: "スクリプトが、読めない形に変換されています",
    attack: &["T1027.010", "T1059.005", "T1059.007"],
    page: include_str!("../../../docs/rules/script-encoded.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| artifact.via != "body" && artifact.via != "text") {
        let encoded = artifact.facts.iter().find_map(|fact| match fact {
            Fact::Trick { what: "script-encoded", detail } => Some(detail),
            _ => None,
        });
        if let Some(detail) = encoded {
            hit(artifact.id, format!("{}: {detail}", artifact.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn encoded_scripts_hit_once() {
        let script = b"#@~^BgAAAA==\\ko$K6CAAAAA==^#~@";
        assert_eq!(hits(&RULE, "a.vbe", script).len(), 1);
        assert_eq!(hits(&RULE, "a.jse", b"var a = 1;").len(), 0);
    }
}
