//! A macro sheet in plain sight that runs by itself. Old workbooks set up their menus so.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::xlm::workbooks;

pub(super) const RULE: Heuristic = Heuristic {
    id: "xlm-autoexec",
    strength: Strength::Weak,
    title_en: "An Excel 4 macro runs by itself",
    title_ja: "Excelの古い形式のマクロが、自動で実行されます",
    attack: &["T1204.002"],
    page: include_str!("../../../docs/rules/xlm-autoexec.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for workbook in workbooks(tree) {
        if let Some(entry) = workbook.entry.as_ref().filter(|_| workbook.hidden.is_none()) {
            hit(workbook.holder.id, entry.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::xlm::tests::{hits, workbook};

    #[test]
    fn in_plain_sight_only() {
        let auto = "' Auto_Open: =Macro1!$A$1\nA1: =HALT()\n";
        assert_eq!(hits(&RULE, &workbook(auto, false)), 1);
        assert_eq!(hits(&RULE, &workbook(auto, true)), 0);
        assert_eq!(hits(&RULE, &workbook("A1: =HALT()\n", false)), 0);
    }
}
