//! A console of Windows whose strings hold program text: opening it runs that text without a warning.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "console-file-runs-script",
    strength: Strength::Strong,
    title_en: "A console file of Windows holds a script",
    title_ja: "Windowsの管理コンソールのファイルに、スクリプトが入っています",
    attack: &["T1204.002", "T1218.014"],
    page: include_str!("../../../docs/rules/console-file-runs-script.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        let script = artifact.facts.iter().find_map(|fact| match fact {
            Fact::External { relation, target } if relation == "console-script" => Some(target),
            _ => None,
        });
        if let Some(script) = script {
            hit(artifact.id, script.clone());
        }
    }
}
