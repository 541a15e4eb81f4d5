//! A worksheet whose formula adds what cells hold to the address of a stranger. Offices look places and prices up so.

use super::{Check, Heuristic, externals};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;
use crate::detect::outside::Place;

pub(super) const RULE: Heuristic = Heuristic {
    id: "formula-sends-cells",
    strength: Strength::Weak,
    title_en: "A formula of the workbook adds what cells hold to an address",
    title_ja: "ブックの数式が、セルの内容を付けたアドレスを開きます",
    attack: &["T1204.002", "T1567"],
    page: include_str!("../../../docs/rules/formula-sends-cells.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, target) in sent_to_strangers(tree) {
        if !is_plain_table(artifact) {
            hit(artifact.id, target.to_string());
        }
    }
}

/// The addresses of strangers to which formulas add what cells hold.
pub(super) fn sent_to_strangers(tree: &Tree) -> impl Iterator<Item = (&Artifact, &str)> {
    let sent = externals(tree).filter(|(_, relation, _)| *relation == "formula-sends");
    sent.filter(|(_, _, target)| Place::of(target).is_foreign())
        .map(|(artifact, _, target)| (artifact, target))
}

/// Whether it is a table of plain text, which no program writes formulas into.
pub(super) fn is_plain_table(artifact: &Artifact) -> bool {
    matches!(artifact.kind.id, "csv" | "text")
}

#[cfg(test)]
mod tests {
    use super::super::csv_formula_sends_cells;
    use super::*;
    use crate::artifact::{Child, Fact};

    #[test]
    fn strangers_hit_one_rule_and_the_own_house_none() {
        let hits = |kind: &str, relation: &str, target: &str| {
            let fact = Fact::External { relation: relation.into(), target: target.into() };
            let child = Child::new("a", "attachment", b"a,b".to_vec()).of_kind(kind).with(fact);
            let tree = Tree::new(child);
            [csv_formula_sends_cells::RULE.check, RULE.check].map(|check| {
                let mut count = 0;
                check(&tree, &mut |_, _| count += 1);
                count
            })
        };
        let stranger = "http://a.example/?x= (HYPERLINK)";
        assert_eq!(hits("csv", "formula-sends", stranger), [1, 0]);
        assert_eq!(hits("xlsx", "formula-sends", stranger), [0, 1]);
        for kind in ["csv", "xlsx"] {
            assert_eq!(hits(kind, "formula-sends", "https://a.sharepoint.com/?x= (HYPERLINK)"), [0, 0]);
            assert_eq!(hits(kind, "dde", stranger), [0, 0]);
        }
    }
}
