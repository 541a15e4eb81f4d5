//! Files that no macro of an office deletes or overwrites: those that the system starts with, or all of a drive.

use super::calls::opens_for_writing;
use super::fold::Folded;
use super::lexer::{Line, Token};
use super::{Collected, said_on};
use crate::artifact::Sign;

/// What is destroyed.
pub(super) fn wrecking(lines: &[Line], texts: &[Folded], signs: &mut Collected) {
    for line in lines {
        let deletes = |token: &Token| matches!(token, Token::Word(word) if DELETING.contains(&word.as_str()));
        let acts = line.tokens.iter().any(deletes) || opens_for_writing(&line.tokens);
        if acts && is_vital(&said_on(line.number, texts)) {
            signs.add_line(Sign::DestroysFiles, line);
        }
    }
    for folded in texts.iter().filter(|folded| wipes(&folded.text)) {
        signs.add(Sign::DestroysFiles, &folded.text, folded.line);
    }
}

/// Statements and methods that delete.
const DELETING: &[&str] = &["kill", "deletefile", "deletefolder", "rmdir"];

/// Commands that wipe a drive or a tree without asking.
const COMMANDS: &[&[&str]] = &[
    &["deltree", "/y"],
    &["format", "c:", "/"],
    &["rd", "/s", "/q", "c:\\"],
    &["rmdir", "/s", "/q", "c:\\"],
    &["del", "/f", "c:\\"],
    &["del", "/s", "c:\\"],
    &["vssadmin", "delete", "shadows"],
];

/// What the system starts with (of Windows 9x too: old viruses still travel).
const VITAL: &[&str] = &[
    "\\windows\\system",
    "\\winnt\\system",
    "\\autoexec.bat",
    "\\config.sys",
    "\\io.sys",
    "\\msdos.sys",
    "\\command.com",
    "\\ntldr",
    "\\boot.ini",
    "\\bootmgr",
    "\\win.com",
    "\\windows\\win.ini",
    "\\user.dat",
    "\\system.dat",
    "\\windows\\*.",
    // What protects from viruses.
    "antivirus",
    "anti-virus",
    "antiviral",
];

fn is_vital(said: &str) -> bool {
    // `C:\*.*`, `C:\*`: everything at the root of a drive.
    let root = said.split([' ', '"']).any(|word| {
        let rest = word.get(1..).unwrap_or_default();
        word.starts_with(|c: char| c.is_ascii_alphabetic()) && [":\\*", ":\\*.*", ":*.*"].contains(&rest)
    });
    root || VITAL.iter().any(|place| said.contains(place))
}

/// Whether a text holds a command that wipes: its first word, and behind it the others.
fn wipes(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words: Vec<&str> =
        text.split([' ', '\t', '@', '&', '|', '\r', '\n', '"']).filter(|word| !word.is_empty()).collect();
    COMMANDS.iter().any(|command| {
        let Some((first, others)) = command.split_first() else { return false };
        let at = words.iter().position(|word| word.trim_end_matches(".exe") == *first);
        let behind = at.and_then(|at| words.get(at + 1..)).unwrap_or_default();
        at.is_some() && others.iter().all(|other| behind.iter().any(|word| word.starts_with(other)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{fold, lexer};
    use super::*;

    fn destroys(source: &str) -> bool {
        let lines = lexer::lines(source);
        let mut signs = Collected { source: source.lines().collect(), ..Collected::default() };
        wrecking(&lines, &fold::texts(&lines), &mut signs);
        !signs.facts.is_empty()
    }

    #[test]
    fn what_the_system_needs_is_told_from_what_a_macro_made() {
        for source in [
            "Kill \"C:\\*.*\"",
            "Kill \"C:\\Windows\\*.ini\"",
            "Kill \"C:\\Program Files\\Some AntiVirus\\*.dat\"",
            "fso.DeleteFolder \"C:\\Windows\\System32\"",
            "Open \"c:\\autoexec.bat\" For Append As #1",
            "Print #1, \"@deltree /y c:\\windows\"",
            "s = \"cmd /c rd /s /q c:\\users\"",
            "s = \"vssadmin.exe delete shadows /all\"",
        ] {
            assert!(destroys(source), "{source}");
        }
        for source in [
            "Kill \"C:\\temp\\*.tmp\"",
            "Kill \"C:\\windows\\temp\\a.csv\"",
            "Kill Environ(\"TEMP\") & \"\\*.*\"",
            "Open \"c:\\data\\out.csv\" For Output As #1",
            "MsgBox \"format c: is not what you want\"",
            "f = Format(c, \"c:\")",
            "fso.DeleteFile \"D:\\work\\old.xls\"",
        ] {
            assert!(!destroys(source), "{source}");
        }
    }
}
