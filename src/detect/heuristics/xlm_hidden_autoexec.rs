//! A macro sheet that nobody sees and that runs by itself, whatever it does.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::xlm::workbooks;

pub(super) const RULE: Heuristic = Heuristic {
    id: "xlm-hidden-autoexec",
    strength: Strength::Medium,
    title_en: "A hidden Excel 4 macro runs by itself",
    title_ja: "隠されたExcelの古い形式のマクロが、自動で実行されます",
    attack: &["T1204.002", "T1564"],
    page: include_str!("../../../docs/rules/xlm-hidden-autoexec.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for workbook in workbooks(tree) {
        if let (Some(hidden), Some(entry)) = (workbook.hidden, &workbook.entry) {
            hit(workbook.holder.id, format!("{hidden}, {entry}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::xlm::tests::{hits, workbook};

    #[test]
    fn hidden_and_by_itself() {
        let auto = "' Auto_Open: =Macro1!$A$1\nA1: =HALT()\n";
        assert_eq!(hits(&RULE, &workbook(auto, true)), 1);
        assert_eq!(hits(&RULE, &workbook(auto, false)), 0);
        assert_eq!(hits(&RULE, &workbook("A1: =HALT()\n", true)), 0);
    }
}
