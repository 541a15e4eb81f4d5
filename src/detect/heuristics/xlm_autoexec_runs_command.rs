//! Auto-run name plus a command that names an interpreter or a file that runs; from a hidden sheet any command or
//! library call; in a SYLK table, which has no other use for macros, any at all.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::xlm::workbooks;

pub(super) const RULE: Heuristic = Heuristic {
    id: "xlm-autoexec-runs-command",
    strength: Strength::Strong,
    title_en: "An Excel 4 macro that runs by itself runs a command",
    title_ja: "自動で実行されるExcelの古い形式のマクロが、コマンドを実行します",
    attack: &["T1204.002", "T1059"],
    page: include_str!("../../../docs/rules/xlm-autoexec-runs-command.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for workbook in workbooks(tree) {
        let act = workbook.act().map(|act| (act.artifact, act.evidence()));
        let library = || workbook.library_call().map(|(sheet, call)| (sheet, call.to_string()));
        let Some((sheet, act)) = act.or_else(library) else { continue };
        let is_sylk = workbook.holder.kind.id == "slk";
        let Some(entry) = workbook.entry.clone().or_else(|| is_sylk.then(|| "SYLK".into())) else { continue };
        let program = || workbook.first(Sign::Interpreter).or_else(|| workbook.first(Sign::ProgramName));
        let runs_program = workbook.command().is_some() && program().is_some();
        if workbook.hidden.is_some() || is_sylk || runs_program {
            hit(sheet.id, format!("{entry} → {act}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::xlm::tests::{hits, workbook};

    const AUTO: &str = "' Auto_Open: =Macro1!$A$1\n";

    #[test]
    fn a_command_needs_an_entry_and_an_interpreter_or_a_hidden_sheet() {
        for (listing, hidden, want) in [
            (format!("{AUTO}A1: =EXEC(\"regsvr32 -s ..\\x.ocx\")\n"), false, 1),
            (format!("{AUTO}A1: =EXEC(A5)\n"), true, 1),
            (format!("{AUTO}A1: =CALL(A1,A2,A3)\n"), true, 1),
            (format!("{AUTO}A1: =CALL(\"x.dll\",\"F\",\"J\")\n"), true, 1),
            (format!("{AUTO}A1: =CALL(\"x.dll\",\"F\",\"J\")\n"), false, 0),
            (format!("{AUTO}A1: =REGISTER(\"x.xll\",\"F\",\"J\")\n"), true, 0),
            (format!("{AUTO}A1: =EXEC(A5)\n"), false, 0),
            (format!("{AUTO}A1: =ALERT(\"hello\")\n"), true, 0),
            ("A1: =EXEC(\"cmd /c dir\")\n".into(), false, 0),
        ] {
            assert_eq!(hits(&RULE, &workbook(&listing, hidden)), want, "{listing}");
        }
    }
}
