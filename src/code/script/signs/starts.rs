//! What batch files and PowerShell start out of folders that are there for data: what was fetched or unpacked lies
//! there. And commands of batch files whose name is taken out of what Windows lists.

use super::{Script, Signs};
use crate::artifact::Sign;
use crate::code::script::dialect::Dialect;

/// Folders for data, as both languages name them. Lower case.
const FOLDERS: &[&str] = &[
    "%temp%",
    "%tmp%",
    "%appdata%",
    "%localappdata%",
    "%public%",
    "%programdata%",
    "$env:temp",
    "$env:tmp",
    "$env:appdata",
    "$env:localappdata",
    "$env:public",
    "$env:programdata",
    "c:\\users\\public",
    "c:\\programdata",
    "c:\\windows\\temp",
];

/// How PowerShell starts a file.
const STARTERS: &[&str] = &["start-process", "saps", "start", "invoke-item", "ii", "&", "."];

impl Script<'_> {
    /// Notes what is started.
    pub(super) fn starts(&self, signs: &mut Signs) {
        let texts = self.texts.iter().filter(|folded| folded.pieces > 1).map(|folded| folded.text.as_str());
        for text in [self.source].into_iter().chain(texts) {
            for line in text.lines() {
                match self.dialect {
                    Dialect::Batch => batch(line, signs),
                    Dialect::PowerShell => self.power_shell(line, signs),
                    Dialect::JavaScript | Dialect::VisualBasic => return,
                }
            }
        }
    }

    fn power_shell(&self, line: &str, signs: &mut Signs) {
        for command in line.split([';', '{', '|']) {
            let command = command.trim().to_ascii_lowercase();
            let (first, rest) = command.split_once([' ', '(']).unwrap_or((&command, ""));
            if STARTERS.contains(&first) {
                let rest = rest.trim_start_matches(['"', '\'', '(', ' ']);
                let rest =
                    rest.strip_prefix("-filepath ").unwrap_or(rest).trim_start_matches(['"', '\'', '(']);
                let name = rest.split(|c: char| !(c.is_alphanumeric() || c == '$' || c == '_')).next();
                let known = name.and_then(|name| self.names.get(name)).map(|value| value.text.to_lowercase());
                if lies_among_data(rest) || known.is_some_and(|known| lies_among_data(&known)) {
                    signs.add(Sign::PlainStart, line.trim(), 0);
                }
            }
        }
    }
}

fn batch(line: &str, signs: &mut Signs) {
    let lower = line.replace('^', "").to_ascii_lowercase();
    if borrows_name(&lower) {
        signs.add(Sign::ChoppedText, line.trim(), 0);
    }
    for command in lower.split(['&', '|', '(']) {
        let mut words = command.trim_start_matches(['@', ' ', '\t']);
        while let Some(rest) =
            ["start ", "call ", "\"\" ", "/b ", "/min ", "/wait ", "cmd /c ", "cmd.exe /c "]
                .iter()
                .find_map(|word| words.strip_prefix(word))
        {
            words = rest.trim_start();
        }
        if lies_among_data(words.trim_start_matches('"')) {
            signs.add(Sign::PlainStart, line.trim(), 0);
        }
    }
}

/// Whether a path is that of a file in a folder for data.
fn lies_among_data(path: &str) -> bool {
    FOLDERS.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(['\\', '/'])))
}

/// `for /f … %%i in ('set|findstr x') do %%i …`: the name of the command is cut out of a list of Windows.
fn borrows_name(line: &str) -> bool {
    let Some((_, lists)) = line.split_once("for /f").and_then(|(_, rest)| rest.split_once("in (")) else {
        return false;
    };
    let is_list = ["'set|", "'set |", "'assoc", "'ftype", "'set p", "'set c"]
        .iter()
        .any(|list| lists.starts_with(list));
    let body = lists.split_once(") do").map_or("", |(_, body)| body).trim_start_matches(['(', ' ', '@', '"']);
    is_list && body.starts_with('%') && !body.starts_with("%~dp")
}

#[cfg(test)]
mod tests {
    use crate::artifact::Sign;
    use crate::code::script::tests::signs;

    #[test]
    fn files_started_among_data_are_told() {
        for (name, source) in [
            ("a.bat", "start /b \"\" \"%TEMP%\\t.exe\""),
            ("a.bat", "cd x & C:\\Users\\Public\\d\\python.exe a.py"),
            ("a.cmd", "set d=%appdata%\r\n%d%\\x.exe"),
            ("a.ps1", "& $env:TEMP\\t.exe"),
            ("a.ps1", "$p = \"$env:APPDATA\\x.exe\"\nStart-Process -FilePath $p"),
        ] {
            assert!(signs(name, source).contains(&Sign::PlainStart), "{source}");
        }
        for (name, source) in [
            ("a.bat", "copy a.txt %TEMP%\\a.txt\r\ndel %TEMP%\\a.txt"),
            ("a.bat", "start \"\" \"%ProgramFiles%\\x.exe\""),
            ("a.ps1", "$out = \"$env:TEMP\\a.msi\"\nStart-Process msiexec.exe -ArgumentList $out"),
            ("a.ps1", "Get-Content $env:TEMP\\a.txt"),
        ] {
            assert!(!signs(name, source).contains(&Sign::PlainStart), "{source}");
        }
    }

    #[test]
    fn names_cut_out_of_lists_of_windows_are_told() {
        for (source, want) in [
            ("@for /f \"delims=s\\ tokens=4\" %%i in ('set^|findstr PSM') do %%i -c x", true),
            ("for /f %%i in ('assoc .cmd') do %%i", true),
            ("for /f %%i in ('set') do echo %%i", false),
            ("for /f %%i in ('where git') do %%i --version", false),
        ] {
            assert_eq!(signs("a.bat", source).contains(&Sign::ChoppedText), want, "{source}");
        }
    }
}
