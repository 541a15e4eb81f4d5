//! The names inside an encrypted archive are readable even where its content is not.

use super::{Check, Heuristic};
use crate::artifact::Fact;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::kind::Kind;

pub(super) const RULE: Heuristic = Heuristic {
    id: "locked-archive-names-program",
    strength: Strength::Medium,
    title_en: "A locked archive that could not be opened names a program, script, shortcut or disk image",
    title_ja: "開けなかったパスワード付き圧縮ファイルに、プログラムやスクリプトなどと思われる名前のファイルがあります",
    attack: &["T1027.013", "T1204.002"],
    page: include_str!("../../../docs/rules/locked-archive-names-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        let name = artifact.facts.iter().find_map(|fact| match fact {
            Fact::LockedName(name) if runs(name) => Some(name),
            _ => None,
        });
        if let Some(name) = name {
            hit(artifact.id, name.clone());
        }
    }
}

fn runs(name: &str) -> bool {
    Kind::by_name(name).is_some_and(|kind| kind.runs() || matches!(kind.id, "iso" | "vhd" | "vhdx"))
}
