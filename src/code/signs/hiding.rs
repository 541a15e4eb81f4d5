//! How a module hides what it does: random names, chopped and encoded text, decoders.

use super::fold::{Folded, GAP};
use super::lexer::{Line, Token};
use super::{Collected, names, plain, words};
use crate::artifact::Sign;

/// A step of a loop that turns codes into text: `Chr(Asc(Mid(…)) - n)`, `Chr(x Xor n)`, `Chr("&H" & …)`.
fn is_decoding_step(line: &Line) -> bool {
    // `bytes(i) = bytes(i) Xor key`
    if let [Token::Word(array), Token::Mark('('), rest @ ..] = line.tokens.as_slice()
        && rest.iter().any(|token| token.is("xor"))
        && rest.iter().any(|token| token.is(array))
    {
        return true;
    }
    line.tokens.windows(2).enumerate().any(|(at, pair)| {
        let call =
            pair.first().is_some_and(|token| ["chr", "chrw", "chrb"].iter().any(|word| token.is(word)));
        if !call || !pair.last().is_some_and(|token| token.is_mark('(')) {
            return false;
        }
        let mut depth = 1i32;
        let argument = line.tokens.iter().skip(at + 2).take(40).take_while(|token| {
            depth += i32::from(token.is_mark('(')) - i32::from(token.is_mark(')'));
            depth > 0
        });
        decodes(&argument.collect::<Vec<_>>())
    })
}

/// `c = Asc(Mid(s, i, 1)) - 3`, and soon after it `t = t & Chr(c)`.
fn decoded_in_two_steps(lines: &[Line]) -> impl Iterator<Item = &Line> {
    lines
        .iter()
        .enumerate()
        .filter(|(at, line)| {
            let mut statements = lines
                .iter()
                .skip(*at)
                .take(NEAR)
                .flat_map(|line| line.tokens.split(|token| token.is_mark(':')));
            line.tokens.iter().any(|token| token.is("asc") || token.is("ascw"))
                && statements
                    .clone()
                    .find_map(shifted)
                    .is_some_and(|code| statements.any(|statement| gives_letter(statement, code)))
        })
        .map(|(_, line)| line)
}

/// Lines after which a code that was shifted is no longer looked for.
const NEAR: usize = 4;

/// The variable that takes the code of a letter, moved by a number or mixed with one.
fn shifted(statement: &[Token]) -> Option<&str> {
    let [Token::Word(code), Token::Mark('='), rest @ ..] = statement else { return None };
    let of_letter = rest.iter().any(|token| token.is("asc") || token.is("ascw"))
        && rest.iter().any(|token| token.is("mid"));
    let letters = rest.iter().any(|token| matches!(token, Token::Number(number) if LETTERS.contains(number)));
    let moved = rest.iter().any(|token| token.is("xor") || token.is_mark('-') || token.is_mark('+'));
    (of_letter && moved && !letters).then_some(code)
}

/// `… Chr(code) …`
fn gives_letter(statement: &[Token], code: &str) -> bool {
    statement.windows(4).any(|four| match four {
        [Token::Word(call), Token::Mark('('), name, Token::Mark(')')] => {
            ["chr", "chrw"].contains(&call.as_str()) && name.is(code)
        }
        _ => false,
    })
}

/// Whether the argument of `Chr` is computed, and not the letter of a column.
fn decodes(argument: &[&Token]) -> bool {
    let has = |word: &str| argument.iter().any(|token| token.is(word));
    let letters =
        argument.iter().any(|token| matches!(token, Token::Number(number) if LETTERS.contains(number)));
    let hex =
        argument.iter().any(|token| matches!(token, Token::Text(text) if text.eq_ignore_ascii_case("&h")));
    let names = argument.iter().any(|token| matches!(token, Token::Word(_)));
    let counts = argument.iter().any(|token| ['+', '-', '*', '/'].iter().any(|mark| token.is_mark(*mark)));
    names
        && !letters
        && (hex
            || has("xor")
            || has("asc")
            || has("ascw")
            || has("val")
            || has("cint")
            || has("clng")
            || counts)
}

/// Bases of the letters: `Chr(64 + column)`.
const LETTERS: &[f64] = &[55.0, 64.0, 65.0, 96.0, 97.0];

/// How the module hides what it does.
pub(super) fn hiding(source: &str, lines: &[Line], texts: &[Folded], signs: &mut Collected) {
    let names = names::names(source, lines);
    if names.all >= 6 && names.random * 2 >= names.all {
        let shown = format!("{} of {} names, as {}", names.random, names.all, names.examples.join(", "));
        signs.add(Sign::RandomNames, &shown, 1);
    }
    let chopped = texts.iter().filter(|folded| is_chopped(folded)).collect::<Vec<_>>();
    if let Some(first) = chopped.first().filter(|_| chopped.len() >= 3) {
        signs.add(Sign::ChoppedText, &first.text, first.line);
    }
    if let Some(joined) = joined_word(lines, texts) {
        signs.add(Sign::ChoppedText, &joined.text, joined.line);
    }
    for folded in texts.iter().filter(|folded| is_encoded(&folded.text)) {
        signs.add(Sign::EncodedText, &folded.text, folded.line);
    }
    let decodes =
        lines.iter().any(|line| line.tokens.iter().any(|token| DECODERS.iter().any(|word| token.is(word))));
    for line in lines.iter().filter(|line| decodes && is_code_list(line) || is_hex_step(line)) {
        signs.add_line(Sign::EncodedText, line);
    }
    for line in decoded_in_two_steps(lines) {
        signs.add_line(Sign::Decoding, line);
    }
    let listed =
        |line: &Line| decodes && line.tokens.iter().any(|token| token.is("array")) && lists_codes(line, 10);
    for line in lines.iter().filter(|line| is_decoding_step(line) || is_hex_step(line) || listed(line)) {
        signs.add_line(Sign::Decoding, line);
    }
}

/// A text that says a telling word which no literal of the module says: people write `powershell` in one piece.
fn joined_word<'a>(lines: &[Line], texts: &'a [Folded]) -> Option<&'a Folded> {
    let mut literals = String::new();
    for token in lines.iter().flat_map(|line| &line.tokens) {
        if let Token::Text(text) = token {
            literals.push_str(&plain(text));
            literals.push('\n');
        }
    }
    let joined: Vec<(&Folded, String)> =
        texts.iter().filter(|folded| folded.pieces > 1).map(|folded| (folded, plain(&folded.text))).collect();
    let whole = |word: &str| word.len() >= 5 && !word.contains([' ', '/']) && !literals.contains(word);
    let words: Vec<&str> = words::texts().map(|entry| entry.word).filter(|word| whole(word)).collect();
    joined.iter().find(|(_, text)| words.iter().any(|word| text.contains(word))).map(|(folded, _)| *folded)
}

/// What turns numbers into characters.
const DECODERS: &[&str] = &["chr", "chrw", "chrb", "xor", "strconv"];

/// A list of 24 or more numbers that are bytes: text or code written as numbers.
fn is_code_list(line: &Line) -> bool {
    lists_codes(line, 24)
}

fn lists_codes(line: &Line, least: usize) -> bool {
    let byte = |token: &&Token| matches!(token, Token::Number(number) if (0.0..256.0).contains(number) && number.fract() == 0.0);
    let bytes = line.tokens.iter().filter(byte).count();
    bytes >= least && bytes * 2 + 16 >= line.tokens.len()
}

/// `"&H" & Mid(…, i, 2)`: a step of a loop that reads hex digits. Parts of a colour stand at written places.
fn is_hex_step(line: &Line) -> bool {
    line.tokens.windows(3).enumerate().any(|(at, three)| match three {
        [Token::Text(prefix), Token::Mark('&' | '+'), Token::Word(word)] => {
            let place = line.tokens.iter().skip(at + 3).skip_while(|token| !token.is_mark(',')).nth(1);
            let written = matches!(place, Some(Token::Number(_)));
            prefix.eq_ignore_ascii_case("&h") && word.starts_with("mid") && !written
        }
        _ => false,
    })
}

/// Joined from at least four known pieces shorter than a word, the whole one word.
fn is_chopped(folded: &Folded) -> bool {
    let characters = folded.text.chars().filter(|c| *c != GAP).count();
    let gaps = folded.text.matches(GAP).count();
    let word = folded.text.chars().filter(char::is_ascii_alphanumeric).count() * 4 >= characters * 3;
    folded.pieces >= 4 && gaps * 3 <= folded.pieces && characters < folded.pieces * 4 && word
}

/// A run of 160 characters or more of the alphabets of Base64 or hex.
fn is_encoded(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c))).any(|run| {
        let mixed = run.bytes().any(|b| b.is_ascii_digit()) && run.bytes().any(|b| b.is_ascii_alphabetic());
        run.len() >= 160 && mixed
    })
}
