//! A DDE field or link whose other program is a command or an interpreter. Links between office programs name the program, not its path.

use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "dde-command",
    strength: Strength::Strong,
    title_en: "The document starts a command through a link to another program (DDE)",
    title_ja: "文書が、ほかのプログラムとの連携機能(DDE)を使って命令を実行しようとします",
    attack: &["T1559.002"],
    page: include_str!("../../../docs/rules/dde-command.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        if is_dde(relation) && is_command(target) {
            hit(artifact.id, target.to_string());
        }
    }
}

pub(super) fn is_dde(relation: &str) -> bool {
    matches!(relation, "dde-field" | "dde-link")
}

/// Words that no link between office programs holds.
const TELLING: &[&str] = &[
    "powershell",
    "pwsh",
    "mshta",
    "rundll32",
    "regsvr32",
    "wscript",
    "cscript",
    "certutil",
    "bitsadmin",
    "msiexec",
    "downloadstring",
    "downloadfile",
    "system32",
    "syswow64",
    "\\..\\",
    "/../",
    "schtasks",
    "forfiles",
    "wmic",
    "calc.exe",
    "invoke-",
    "syncappvpublishingserver",
    "-enc",
];

pub(super) fn is_command(target: &str) -> bool {
    let target = target.to_lowercase().replace('^', "");
    let program = target.split_whitespace().next().unwrap_or_default();
    let name = program.rsplit(['\\', '/']).next().unwrap_or_default().trim_end_matches(".exe");
    let is_office = OFFICE.iter().any(|office| name.starts_with(office));
    names_interpreter(&target) || (!is_office && program.contains(['\\', '/']) && program.ends_with(".exe"))
}

/// Whether a command in lower case begins with the command line or names what attackers run.
pub(super) fn names_interpreter(target: &str) -> bool {
    let program = target.split_whitespace().next().unwrap_or_default();
    let name = program.rsplit(['\\', '/']).next().unwrap_or_default().trim_end_matches(".exe");
    name == "cmd" || TELLING.iter().any(|word| target.contains(word))
}

/// Programs of an office that documents are linked with.
pub(super) const OFFICE: &[&str] = &[
    "excel",
    "winword",
    "word",
    "msaccess",
    "powerpnt",
    "powerpoint",
    "soffice",
    "progman",
    "package",
    "outlook",
    "visio",
    "mspub",
    "paint",
    "pbrush",
    "acro",
    "winproj",
    "msproject",
    "mspaint",
    "equation",
    "msgraph",
    "lotus",
    "123w",
    "wpwin",
    "wpdoc",
    "ichitaro",
    "jsta",
    "photoshop",
    "corel",
    "autocad",
    "acad",
    "matlab",
    "access",
];

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;
    #[test]
    fn commands_hit_and_office_programs_do_not() {
        let commands = [
            "c:\\windows\\system32\\cmd.exe /k x",
            "cmd /c x",
            "C:\\Programs\\Microsoft\\Office\\MSWord.exe\\..\\..\\..\\Windows\\notepad.exe x",
            "MSEXCEL\\..\\..\\..\\Windows\\System32\\x x",
            "c^md.exe x",
            "excel powershell",
            "d:\\x\\y.exe z",
        ];
        assert_eq!(hits(check, "dde-field", &commands), commands.len());
        assert_eq!(hits(check, "include-text", &commands), 0);
        let office = [
            "Excel.Sheet.8 C:\\data\\sales.xls Sheet1!R1C1",
            "RSS 6758.T",
            "C:\\Office\\excel.exe x.xls",
            "soffice C:\\a.ods Sheet1.A1",
        ];
        assert_eq!(hits(check, "dde-field", &office) + hits(check, "dde-link", &office), 0);
    }
}
