//! Fields that start a program by DDE. Offices link to workbooks by DDE; a command line is no workbook.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "rtf-dde-field",
    strength: Strength::Strong,
    title_en: "A field of the RTF document starts a command when it is updated",
    title_ja: "RTF文書のフィールドが、更新されるとコマンドを実行します",
    attack: &["T1559.002"],
    page: include_str!("../../../docs/rules/rtf-dde-field.md"),
    check,
};

/// What a command line has and a link to a workbook has not.
const COMMANDS: &[&str] = &[
    "cmd",
    "powershell",
    "pwsh",
    "mshta",
    "wscript",
    "cscript",
    "rundll32",
    "regsvr32",
    "certutil",
    "bitsadmin",
    "msiexec",
    "forfiles",
    "wmic",
    "schtasks",
    "system32",
    "..\\",
    "http:",
    "https:",
    "-enc",
    "/k ",
    "/c ",
];

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| artifact.kind.id == "rtf") {
        for fact in &artifact.facts {
            if let Fact::External { relation, target } = fact
                && matches!(relation.as_str(), "field DDE" | "field DDEAUTO")
                && is_command(target)
            {
                hit(artifact.id, format!("{relation} {target}"));
            }
        }
    }
}

fn is_command(target: &str) -> bool {
    let target = target.to_lowercase();
    COMMANDS.iter().any(|command| target.contains(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_hit_and_workbooks_do_not() {
        assert!(is_command("c:\\\\windows\\\\system32\\\\cmd.exe \"/k calc\""));
        assert!(is_command("\"C:\\\\Office\\\\MSWord.exe\\\\..\\\\..\\\\x.exe\" \"a\""));
        assert!(!is_command("Excel.Sheet.8 \"C:\\\\Documents\\\\plan.xls\" \"Sheet1!R1C1:R5C4\" \\a \\r"));
        assert!(!is_command("Excel \"\\\\\\\\server\\\\share\\\\plan.xls\" R1C1"));
    }
}
