//! Program text that is copied into other documents, protections of Office that are switched off, and mail that a
//! document sends to everyone.

use super::Collected;
use super::lexer::{Line, Token};
use crate::artifact::Sign;

/// Copies of program text, switches of Office's protection, mass mail.
pub(super) fn spreading(lines: &[Line], signs: &mut Collected) {
    for line in lines {
        for (at, token) in line.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let after = line.tokens.get(at + 1..).unwrap_or_default();
            for sign in of_word(word, after, line) {
                signs.add_line(sign, line);
            }
        }
    }
    sheets(lines, signs);
    mail(lines, signs);
    for line in lines.iter().filter(|line| sends_by_chat(line)) {
        signs.add_line(Sign::MailsOut, line);
    }
}

/// A line of a chat program's script that sends a file to whoever comes in (`/dcc send`).
fn sends_by_chat(line: &Line) -> bool {
    line.tokens
        .iter()
        .any(|token| matches!(token, Token::Text(text) if text.to_ascii_lowercase().contains("dcc send ")))
}

/// What a word shows with what stands on its line.
fn of_word<'a>(word: &'a str, after: &'a [Token], line: &'a Line) -> impl Iterator<Item = Sign> + 'a {
    let on_line = |wanted: &str| line.tokens.iter().any(|token| token.is(wanted));
    let off = || matches!(after, [Token::Mark('='), value, ..] if value.is("false") || matches!(value, Token::Number(number) if *number == 0.0));
    let copies = match word {
        "insertlines" | "addfromstring" | "addfromfile" | "replaceline" => true,
        "import" => on_line("vbcomponents"),
        "organizercopy" => copies_modules(after),
        _ => false,
    };
    let weakens = match word {
        "virusprotection" | "savenormalprompt" | "globaldotprompt" => off(),
        "privateprofilestring" => sets_security(&line.tokens),
        _ => false,
    };
    let reads = match word {
        "lines" => {
            after.first().is_some_and(|token| token.is_mark('('))
                && after.iter().any(|token| token.is_mark(','))
        }
        "export" => on_line("vbcomponents"),
        _ => false,
    };
    let every = match word {
        "normaltemplate" => on_line("vbproject"),
        "each" => {
            on_line("in")
                && ["workbooks", "documents", "presentations"]
                    .iter()
                    .any(|all| after.last().is_some_and(|last| last.is(all)))
        }
        "count" => counts_documents(&line.tokens),
        // Its own text is written on where it stands in another document.
        "insertlines" | "addfromstring" | "replaceline" => {
            on_line("lines") && on_line("vbproject") && (on_line("thisworkbook") || on_line("thisdocument"))
        }
        _ => false,
    };
    let found = [
        (copies, Sign::CopiesCode),
        (weakens, Sign::WeakensOffice),
        (reads, Sign::ReadsCode),
        (every, Sign::EveryDocument),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, sign)| sign)
}

/// `For i = 1 To Workbooks.Count`
fn counts_documents(tokens: &[Token]) -> bool {
    let all = |list: &Token| ["workbooks", "documents", "presentations"].iter().any(|all| list.is(all));
    let counted = |three: &[Token]| matches!(three, [list, dot, count] if all(list) && dot.is_mark('.') && count.is("count"));
    tokens.first().is_some_and(|token| token.is("for")) && tokens.windows(3).any(counted)
}

/// Whether `OrganizerCopy` copies modules (`wdOrganizerObjectProjectItems`, 3) and not styles.
fn copies_modules(after: &[Token]) -> bool {
    let last = after.iter().rev().find(|token| !token.is_mark(')'));
    matches!(last, Some(Token::Number(number)) if *number == 3.0)
}

/// Sheets with their macros that carry themselves into the folder of workbooks that every start of Excel opens.
fn sheets(lines: &[Line], signs: &mut Collected) {
    let mentions = |word: &str| lines.iter().flat_map(|line| &line.tokens).any(|token| token.is(word));
    let of_line = |line: &Line, words: &[&str]| {
        line.tokens.iter().any(|token| matches!(token, Token::Word(word) if words.contains(&word.as_str())))
    };
    let saves = |line: &&Line| of_line(line, &["saveas", "savecopyas"]);
    let Some(saving) = lines.iter().find(saves) else { return };
    if mentions("startuppath") && mentions("onsheetactivate") {
        signs.add_line(Sign::CopiesCode, saving);
        signs.add_line(Sign::WeakensOffice, saving);
    }
    // A sheet takes its macros along when it is copied into another workbook.
    let carries = mentions("copy") && mentions("sheets") && mentions("workbooks");
    if carries && lines.iter().any(|line| saves(&line) && of_line(line, &["startuppath", "altstartuppath"])) {
        signs.add_line(Sign::CopiesCode, saving);
        signs.add_line(Sign::ReadsCode, saving);
    }
    // Another folder is made the one that every start opens, and the workbook goes there.
    let moved = |line: &&Line| {
        line.tokens
            .windows(2)
            .any(|pair| matches!(pair, [word, mark] if word.is("altstartuppath") && mark.is_mark('=')))
    };
    if let Some(line) = lines.iter().find(moved) {
        signs.add_line(Sign::CopiesCode, saving);
        signs.add_line(Sign::WeakensOffice, line);
    }
}

/// Mail with an attachment to the people of an address book: what a worm does, and no form.
fn mail(lines: &[Line], signs: &mut Collected) {
    let mentions = |words: &[&str]| {
        lines
            .iter()
            .flat_map(|line| &line.tokens)
            .any(|token| matches!(token, Token::Word(word) if words.contains(&word.as_str())))
    };
    let attaching = |line: &&Line| {
        line.tokens.windows(3).any(|three| matches!(three, [list, dot, add] if list.is("attachments") && dot.is_mark('.') && add.is("add")))
    };
    if mentions(&["addressentries", "addresslists"])
        && mentions(&["send"])
        && let Some(line) = lines.iter().find(attaching)
    {
        signs.add_line(Sign::MailsOut, line);
    }
}

/// `System.PrivateProfileString("", "…\Security", …) = …`
fn sets_security(tokens: &[Token]) -> bool {
    let key = |token: &Token| matches!(token, Token::Text(text) if text.to_ascii_lowercase().contains("\\security"));
    tokens.iter().any(key) && tokens.iter().any(|token| token.is_mark('='))
}
