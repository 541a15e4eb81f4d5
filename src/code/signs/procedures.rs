//! The procedures of a module and the names that stand in each: from these `detect` tells what runs by itself from
//! what waits for a click.

use super::lexer::{Line, Token};
use crate::artifact::Fact;
use std::collections::BTreeSet;

/// Stands for a call whose target is computed.
const COMPUTED: &str = "*";

/// The procedures of a module in the order of the source.
pub(super) fn procedures(lines: &[Line]) -> Vec<Fact> {
    let mut found = Vec::new();
    let mut mentions: BTreeSet<String> = BTreeSet::new();
    for line in lines {
        if let Some(name) = opens(&line.tokens) {
            close(&mut found, &mut mentions);
            found.push(Fact::Procedure { name: name.into(), line: line.number, mentions: Vec::new() });
        }
        mention(&line.tokens, &mut mentions);
    }
    close(&mut found, &mut mentions);
    found
}

/// Gives what was mentioned to the procedure before; what stands above the first belongs to none.
fn close(found: &mut [Fact], mentions: &mut BTreeSet<String>) {
    let gathered = std::mem::take(mentions);
    if let Some(Fact::Procedure { mentions, .. }) = found.last_mut() {
        mentions.extend(gathered);
    }
}

/// The name of the procedure that begins on a line: `Private Static Function x(`, `Property Get x`, and an imported
/// function, which begins and ends there.
fn opens(tokens: &[Token]) -> Option<&str> {
    let mut words = tokens.iter();
    let mut kind = words.next()?;
    while MODIFIERS.iter().any(|word| kind.is(word)) {
        kind = words.next()?;
    }
    if kind.is("property") {
        words.next();
    } else if !kind.is("sub") && !kind.is("function") {
        return None;
    }
    match words.next()? {
        Token::Word(name) => Some(name),
        _ => None,
    }
}

/// The names that a procedure's first line gives to its parameters; `None` on other lines.
pub(super) fn parameters(tokens: &[Token]) -> Option<BTreeSet<&str>> {
    opens(tokens)?;
    let words = tokens.iter().skip_while(|token| !token.is_mark('(')).filter_map(|token| match token {
        Token::Word(word) => Some(word.as_str()),
        _ => None,
    });
    Some(words.collect())
}

const MODIFIERS: &[&str] = &["public", "private", "friend", "static", "global", "declare", "ptrsafe"];

/// The names on a line. Where Office calls by name, the names in literals count too.
fn mention(tokens: &[Token], mentions: &mut BTreeSet<String>) {
    let calls = tokens.iter().enumerate().position(|(at, token)| calls_by_name(tokens, at, token));
    for token in tokens {
        match token {
            Token::Word(word) if !mentions.contains(word) => {
                mentions.insert(word.clone());
            }
            Token::Text(text) if calls.is_some() => {
                let names = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                mentions.extend(names.filter(|name| !name.is_empty()).map(str::to_lowercase));
            }
            _ => {}
        }
    }
    let literal = || tokens.iter().any(|token| matches!(token, Token::Text(_)));
    if calls.is_some() && !literal() {
        mentions.insert(COMPUTED.into());
    }
}

/// Whether a word hands the name of a procedure to Office.
fn calls_by_name(tokens: &[Token], at: usize, token: &Token) -> bool {
    let Token::Word(word) = token else { return false };
    let member = at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.is_mark('.'));
    let owner = at.checked_sub(2).and_then(|at| tokens.get(at));
    let own = !member || owner.is_some_and(|owner| owner.is("application"));
    match word.as_str() {
        "run" => own && tokens.len() > at + 1,
        word => BY_NAME.contains(&word),
    }
}

/// Members of the object models that take the name of a procedure.
const BY_NAME: &[&str] = &[
    "ontime",
    "onkey",
    "onaction",
    "callbyname",
    "onsheetactivate",
    "onsheetdeactivate",
    "onentry",
    "onwindow",
    "oncalculate",
    "ondata",
    "onrepeat",
    "onundo",
    "macrooptions",
];

#[cfg(test)]
mod tests {
    use super::super::lexer::lines;
    use super::*;

    #[test]
    fn procedures_have_their_names_lines_and_mentions() {
        let source = "Dim a\nPrivate Declare PtrSafe Function z Lib \"k\" ()\nSub One()\nTwo 1\nEnd Sub\nProperty Get P()\nApplication.OnTime t, \"book!Three\"\nEnd Property\nFunction F()\nRun c\nEnd Function";
        let found: Vec<_> = procedures(&lines(source))
            .into_iter()
            .map(|fact| match fact {
                Fact::Procedure { name, line, mentions } => (name, line, mentions.join(" ")),
                other => panic!("{other:?}"),
            })
            .collect();
        let want = [
            ("z", 2, "declare function lib private ptrsafe z"),
            ("one", 3, "end one sub two"),
            ("p", 6, "application book end get ontime p property t three"),
            ("f", 9, "* c end f function run"),
        ]
        .map(|(name, line, mentions)| (name.to_string(), line, mentions.to_string()));
        assert_eq!(found, want);
    }
}
