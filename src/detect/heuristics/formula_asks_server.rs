//! A worksheet whose formula fetches a fixed address by itself. Offices fetch exchange rates so.

use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::outside::Place;

pub(super) const RULE: Heuristic = Heuristic {
    id: "formula-asks-server",
    strength: Strength::Weak,
    title_en: "A formula of the workbook fetches data from a server",
    title_ja: "ブックの数式が、外部のサーバーからデータを読み込みます",
    attack: &["T1204.002"],
    page: include_str!("../../../docs/rules/formula-asks-server.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        if relation == "formula-asks" && Place::of(target).is_foreign() {
            hit(artifact.id, target.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;

    #[test]
    fn strangers_hit_and_the_own_house_does_not() {
        let strange = ["https://rates.example/jpy (WEBSERVICE)", "http://203.0.113.9/1.png (IMAGE)"];
        let own = ["https://a.sharepoint.com/x (WEBSERVICE)", "http://intranet/rates (WEBSERVICE)"];
        assert_eq!(hits(check, "formula-asks", &strange), strange.len());
        assert_eq!(hits(check, "formula-asks", &own) + hits(check, "formula-sends", &strange), 0);
    }
}
