//! A macro sheet that runs by itself and copies or saves into the folder that Excel opens at its start.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::xlm::workbooks;

pub(super) const RULE: Heuristic = Heuristic {
    id: "xlm-spreads-itself",
    strength: Strength::Strong,
    title_en: "An Excel 4 macro copies itself to where Excel starts it again",
    title_ja: "Excelの古い形式のマクロが、Excelの起動時に動く場所へ自分を複製します",
    attack: &["T1137", "T1080"],
    page: include_str!("../../../docs/rules/xlm-spreads-itself.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for workbook in workbooks(tree) {
        if let (Some(entry), Some(copy)) = (&workbook.entry, workbook.first(Sign::CopiesCode)) {
            hit(copy.artifact.id, format!("{entry} → {}", copy.evidence()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::xlm::tests::{hits, workbook};

    #[test]
    fn the_startup_folder_and_a_copy() {
        let auto = "' Auto_Open: =Macro1!$A$1\n";
        let save = "A1: =SAVE.AS(GET.WORKSPACE(23)&\"\\BOOK1.XLS\",1)\n";
        assert_eq!(hits(&RULE, &workbook(&format!("{auto}{save}"), false)), 1);
        assert_eq!(hits(&RULE, &workbook(save, false)), 0);
        let backup = "A1: =SAVE.AS(\"C:\\BACKUP\\BOOK1.XLS\",1)\nA2: =WORKBOOK.COPY(\"Data\")\n";
        assert_eq!(hits(&RULE, &workbook(&format!("{auto}{backup}"), false)), 0);
    }
}
