//! Functions of Windows that fetch, start or put code into memory: no office calls them from a macro sheet.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::xlm::workbooks;

pub(super) const RULE: Heuristic = Heuristic {
    id: "xlm-calls-windows",
    strength: Strength::Strong,
    title_en: "An Excel 4 macro calls Windows to fetch or start a program",
    title_ja: "Excelの古い形式のマクロが、プログラムの取得や起動のためにWindowsの機能を呼び出します",
    attack: &["T1059", "T1106", "T1105"],
    page: include_str!("../../../docs/rules/xlm-calls-windows.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for workbook in workbooks(tree) {
        if let Some(call) = workbook.windows_call() {
            hit(call.artifact.id, call.evidence());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::xlm::tests::{hits, workbook};

    #[test]
    fn windows_is_told_from_other_libraries() {
        for (listing, want) in [
            ("A1: =CALL(\"urlmon\",\"URLDownloadToFileA\",\"JJCCBB\",0,A2,A3,0,0)\n", 1),
            ("A1: =REGISTER(\"Kernel32\",\"VirtualAlloc\",\"JJJJJ\",\"Valloc\",,1,9)\n", 1),
            ("A1: =CALL(\"Shell32\",\"ShellExecuteA\",\"JJCCCJJ\",0,\"open\",A2,A3,0,5)\n", 1),
            ("A1: \"URLDownloadToFileA\"\n", 1),
            ("A1: =REGISTER(\"C:\\TOOLS\\PRICE.DLL\",\"Price\",\"BB\")\n", 0),
            ("A1: =EXEC(\"notepad.exe\")\nA2: =ALERT(\"https://supplier.example/\")\n", 0),
        ] {
            assert_eq!(hits(&RULE, &workbook(listing, false)), want, "{listing}");
        }
    }
}
