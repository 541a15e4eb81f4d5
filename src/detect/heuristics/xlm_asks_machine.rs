//! An auto-run macro sheet that asks for the screen, a mouse or sound: tests of malware have none of them.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::xlm::workbooks;

pub(super) const RULE: Heuristic = Heuristic {
    id: "xlm-asks-machine",
    strength: Strength::Medium,
    title_en: "An Excel 4 macro that runs by itself looks whether it is being watched",
    title_ja: "自動で実行されるExcelの古い形式のマクロが、監視されていないかを調べます",
    attack: &["T1497.001"],
    page: include_str!("../../../docs/rules/xlm-asks-machine.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for workbook in workbooks(tree) {
        if let (Some(entry), Some((sheet, question))) = (&workbook.entry, workbook.question()) {
            hit(sheet.id, format!("{entry} → {question}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::xlm::tests::{hits, workbook};

    #[test]
    fn the_size_of_the_screen_and_not_the_version() {
        let auto = "' Auto_Open: =Macro1!$A$1\n";
        assert_eq!(
            hits(&RULE, &workbook(&format!("{auto}A1: =IF(GET.WORKSPACE(13)<770,CLOSE(FALSE),)\n"), false)),
            1
        );
        assert_eq!(
            hits(&RULE, &workbook(&format!("{auto}A1: =IF(GET.WORKSPACE(2)<\"5\",HALT(),)\n"), false)),
            0
        );
        assert_eq!(hits(&RULE, &workbook("A1: =GET.WORKSPACE(13)\n", false)), 0);
    }
}
