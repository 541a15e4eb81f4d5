//! A macro sheet whose texts or formulas are put together from pieces, in plain sight or without an entry point.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::xlm::workbooks;

pub(super) const RULE: Heuristic = Heuristic {
    id: "xlm-obfuscated",
    strength: Strength::Medium,
    title_en: "An Excel 4 macro is written so that nobody can read what it does",
    title_ja: "Excelの古い形式のマクロが、何をするか読めないように書かれています",
    attack: &["T1027"],
    page: include_str!("../../../docs/rules/xlm-obfuscated.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for workbook in workbooks(tree) {
        let is_told = workbook.hidden.is_some() && workbook.entry.is_some();
        if let Some(seen) = workbook.hiding().filter(|_| !is_told) {
            hit(seen.artifact.id, seen.evidence());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::xlm::tests::{hits, workbook};

    #[test]
    fn pieces_need_to_be_many_and_recorded_macros_have_none() {
        let codes = format!("A1: =FORMULA({},B1)\n", ["CHAR(61)"].repeat(40).join("&"));
        assert_eq!(hits(&RULE, &workbook(&codes, false)), 1);
        let recorded =
            "A1: =FORMULA(\"=SUM(R[-3]C:R[-1]C)\")\nA2: =SELECT(\"R1C1\")\nA3: =ALERT(\"Row \"&B1)\n";
        assert_eq!(hits(&RULE, &workbook(&recorded.repeat(60), false)), 0);
    }
}
