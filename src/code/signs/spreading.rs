//! Program text that is copied into other documents, and protections of Office that are switched off.

use super::Collected;
use super::lexer::{Line, Token};
use crate::artifact::Sign;

/// Copies of program text, and switches of Office's protection.
pub(super) fn spreading(lines: &[Line], signs: &mut Collected) {
    for line in lines {
        for (at, token) in line.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let after = line.tokens.get(at + 1..).unwrap_or_default();
            let off = || matches!(after, [Token::Mark('='), value, ..] if value.is("false") || matches!(value, Token::Number(number) if *number == 0.0));
            match word.as_str() {
                "insertlines" | "addfromstring" | "addfromfile" | "replaceline" => {
                    signs.add_line(Sign::CopiesCode, line);
                }
                "import" if line.tokens.iter().any(|token| token.is("vbcomponents")) => {
                    signs.add_line(Sign::CopiesCode, line);
                }
                "virusprotection" | "savenormalprompt" | "globaldotprompt" if off() => {
                    signs.add_line(Sign::WeakensOffice, line);
                }
                "privateprofilestring" if sets_security(&line.tokens) => {
                    signs.add_line(Sign::WeakensOffice, line);
                }
                _ => {}
            }
        }
    }
    let mentions = |word: &str| lines.iter().flat_map(|line| &line.tokens).any(|token| token.is(word));
    // Sheets that carry themselves into the folder of workbooks that every start of Excel opens.
    if mentions("startuppath") && mentions("onsheetactivate") && mentions("saveas") {
        let copying = |line: &&Line| line.tokens.iter().any(|token| token.is("saveas"));
        if let Some(line) = lines.iter().find(copying) {
            signs.add_line(Sign::CopiesCode, line);
            signs.add_line(Sign::WeakensOffice, line);
        }
    }
}

/// `System.PrivateProfileString("", "…\Security", …) = …`
fn sets_security(tokens: &[Token]) -> bool {
    let key = |token: &Token| matches!(token, Token::Text(text) if text.to_ascii_lowercase().contains("\\security"));
    tokens.iter().any(key) && tokens.iter().any(|token| token.is_mark('='))
}
