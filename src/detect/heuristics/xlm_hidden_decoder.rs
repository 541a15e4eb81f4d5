//! A hidden macro sheet that runs by itself and puts its texts or its formulas together from pieces.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::xlm::workbooks;

pub(super) const RULE: Heuristic = Heuristic {
    id: "xlm-hidden-decoder",
    strength: Strength::Strong,
    title_en: "A hidden Excel 4 macro runs by itself and puts its commands together from pieces",
    title_ja: "隠されたExcelの古い形式のマクロが自動で実行され、命令を断片から組み立てます",
    attack: &["T1204.002", "T1027", "T1564"],
    page: include_str!("../../../docs/rules/xlm-hidden-decoder.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for workbook in workbooks(tree) {
        if let (Some(hidden), Some(entry), Some(seen)) = (workbook.hidden, &workbook.entry, workbook.hiding())
        {
            hit(seen.artifact.id, format!("{hidden}, {entry} → {}", seen.evidence()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::xlm::tests::{hits, workbook};

    #[test]
    fn all_three_are_needed() {
        let auto = "' Auto_Open: =Macro1!$A$1\n";
        let writes = "A1: =FORMULA(B1&C1,D1)\n".repeat(5);
        assert_eq!(hits(&RULE, &workbook(&format!("{auto}{writes}"), true)), 1);
        assert_eq!(hits(&RULE, &workbook(&format!("{auto}{writes}"), false)), 0);
        assert_eq!(hits(&RULE, &workbook(&writes, true)), 0);
        assert_eq!(hits(&RULE, &workbook(&format!("{auto}A1: =FORMULA(\"x\",D1)\n"), true)), 0);
    }
}
