//! A command of a macro sheet without the rest: behind a button, or a plain program from a sheet in sight; and a
//! function of a library whose name is computed.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::xlm::workbooks;

pub(super) const RULE: Heuristic = Heuristic {
    id: "xlm-starts-program",
    strength: Strength::Medium,
    title_en: "An Excel 4 macro starts another program",
    title_ja: "Excelの古い形式のマクロが、別のプログラムを起動します",
    attack: &["T1059"],
    page: include_str!("../../../docs/rules/xlm-starts-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for workbook in workbooks(tree) {
        if let Some(command) = workbook.act() {
            hit(command.artifact.id, command.evidence());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::xlm::tests::{hits, workbook};

    #[test]
    fn commands_and_not_words_about_them() {
        assert_eq!(hits(&RULE, &workbook("A1: =EXEC(\"payroll.exe\")\n", false)), 1);
        assert_eq!(hits(&RULE, &workbook("A1: =CALL(B1&B2,B3,B4)\n", false)), 1);
        assert_eq!(hits(&RULE, &workbook("A1: =ALERT(\"EXEC(x)\")\nA2: =RUN(\"Print\")\n", false)), 0);
    }
}
