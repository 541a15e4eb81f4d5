//! A table of plain text whose formula adds what other cells hold to the address of a stranger: no program exports that.

use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::outside::Place;

pub(super) const RULE: Heuristic = Heuristic {
    id: "csv-formula-sends-cells",
    strength: Strength::Medium,
    title_en: "A formula in a table of plain text sends what other cells hold to a server",
    title_ja: "文字だけの表の中の数式が、ほかのセルの内容を外部のサーバーへ送ります",
    attack: &["T1204.002", "T1567"],
    page: include_str!("../../../docs/rules/csv-formula-sends-cells.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        let is_table = matches!(artifact.kind.id, "csv" | "text");
        if relation == "formula-sends" && is_table && Place::of(target).is_foreign() {
            hit(artifact.id, target.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact};

    #[test]
    fn strangers_hit_in_tables_only() {
        let hits = |name: &str, kind: &str, relation: &str, target: &str| {
            let fact = Fact::External { relation: relation.into(), target: target.into() };
            let child = Child::new(name, "attachment", b"a,b".to_vec()).of_kind(kind).with(fact);
            let mut count = 0;
            check(&Tree::new(child), &mut |_, _| count += 1);
            count
        };
        let stranger = "http://a.example/?x= (HYPERLINK)";
        assert_eq!(hits("a.csv", "csv", "formula-sends", stranger), 1);
        assert_eq!(hits("a.xlsx", "xlsx", "formula-sends", stranger), 0);
        let own = "https://a.sharepoint.com/?x= (HYPERLINK)";
        assert_eq!(
            hits("a.csv", "csv", "formula-sends", own) + hits("a.xlsx", "xlsx", "formula-sends", own),
            0
        );
        assert_eq!(hits("a.csv", "csv", "dde", stranger) + hits("a.xlsx", "xlsx", "dde", stranger), 0);
    }
}
