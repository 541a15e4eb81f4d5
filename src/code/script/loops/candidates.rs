//! What a loop may decode: long texts, as they stand and as the codes they write, lists of numbers, and the comments of
//! a script that reads itself.

use super::Shapes;
use crate::code::script::fold::{Folding, GAP};
use crate::code::script::lexer::Token;
use crate::document::base64;
use crate::limits::{Budget, Stop};
use std::collections::BTreeSet;

/// One run of codes.
pub(super) struct Candidate {
    pub(super) at: usize,
    pub(super) codes: Vec<u32>,
    /// How the source writes them.
    pub(super) written: Written,
}

/// How codes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// As characters.
    Text,
    /// As numbers, one a character.
    Numbers,
    /// In base64, which libraries use for what they do not hide.
    Base64,
}

/// Texts of one script that are tried: long ones, and short ones that may be a name.
const MOST_LONG: usize = 40;
const MOST_SHORT: usize = 120;
const LONG: usize = 20;
const SHORTEST: usize = 3;

/// Bytes of a word that no person wrote.
const LONGEST_WORD: usize = 128;

/// Numbers of the shortest list.
const SHORTEST_LIST: usize = 8;

/// The runs of a script, the longest first.
pub(super) fn candidates(
    tokens: &[(usize, Token)],
    source: &str,
    folding: &Folding,
    shapes: &Shapes,
    budget: &mut Budget,
) -> Result<Vec<Candidate>, Stop> {
    let mut texts: Vec<(usize, &str)> = tokens
        .iter()
        .filter_map(|(at, token)| match token {
            Token::Text(text) if text.len() >= SHORTEST => Some((*at, text.as_ref())),
            // A name of two characters that go on and on is written in bits.
            Token::Word(word) if word.len() >= LONGEST_WORD => Some((*at, word.as_ref())),
            _ => None,
        })
        .collect();
    let folded = folding.texts.iter().filter(|folded| folded.pieces > 1 && folded.text.len() >= SHORTEST);
    texts.extend(folded.map(|folded| (folded.at, folded.text.as_str())));
    let own = if shapes.reads_itself { comments(source) } else { String::new() };
    texts.push((0, own.as_str()));
    texts.sort_by_key(|(at, text)| (std::cmp::Reverse(text.len()), *at));
    texts.dedup_by(|(_, a), (_, b)| a == b);
    let long = texts.iter().filter(|(_, text)| text.len() >= LONG).take(MOST_LONG);
    let short =
        texts.iter().filter(|(_, text)| (SHORTEST..LONG * 5).contains(&text.len())).rev().take(MOST_SHORT);
    let mut found = lists(tokens, budget)?;
    for (at, text) in long {
        forms(*at, text, &mut found, budget)?;
        found.extend(shapes.bases.iter().filter_map(|base| in_base(*at, text, *base)));
    }
    for (at, text) in short {
        found.push(Candidate {
            at: *at,
            codes: text.chars().map(u32::from).collect(),
            written: Written::Text,
        });
        forms(*at, text, &mut found, budget)?;
    }
    Ok(found)
}

/// A text as what it writes: numbers, hexadecimal, base64; and as it stands.
fn forms(at: usize, text: &str, found: &mut Vec<Candidate>, budget: &mut Budget) -> Result<(), Stop> {
    let mut take = |codes: Vec<u32>, written| {
        if !codes.is_empty() {
            found.push(Candidate { at, codes, written });
        }
    };
    budget.pay(text.len() as u64)?;
    take(numbers(text), Written::Numbers);
    take(hexadecimals(text), Written::Numbers);
    take(bits(text), Written::Numbers);
    let head = text.as_bytes().get(..256).unwrap_or(text.as_bytes());
    let all = |test: fn(&u8) -> bool| head.iter().all(test);
    if all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b' ' | b'-' | b',' | b'%' | b':')) {
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
        take(
            digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |code, digit| code * 16 + digit)).collect(),
            Written::Numbers,
        );
    }
    if all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n' | b'-' | b'_')
    }) {
        let decoded = base64::decode(text, budget);
        decoded.stop.map_or(Ok(()), Err)?;
        take(decoded.bytes.into_iter().map(u32::from).collect(), Written::Base64);
    }
    if text.len() >= LONG {
        take(text.chars().filter(|c| *c != GAP).map(u32::from).collect(), Written::Text);
    }
    Ok(())
}

/// The numbers of two digits each in a base other than ten and sixteen.
fn in_base(at: usize, text: &str, base: u32) -> Option<Candidate> {
    let digits: Option<Vec<u32>> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(base)).collect();
    let digits = digits.filter(|digits| digits.len() >= 2 * SHORTEST_LIST)?;
    let codes =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |code, digit| code * base + digit)).collect();
    Some(Candidate { at, codes, written: Written::Numbers })
}

/// The numbers of a text that holds nothing but numbers with something between.
fn numbers(text: &str) -> Vec<u32> {
    let mut codes = Vec::new();
    let mut between = 0usize;
    for piece in text.split(|c: char| !c.is_ascii_digit()) {
        match piece.parse::<u32>() {
            Ok(code) => codes.push(code),
            Err(_) if !piece.is_empty() => return Vec::new(),
            Err(_) => between += 1,
        }
    }
    if codes.len() >= SHORTEST_LIST && between <= codes.len() * 3 { codes } else { Vec::new() }
}

/// The hexadecimal numbers of a text that holds nothing else but something between.
fn hexadecimals(text: &str) -> Vec<u32> {
    let mut codes = Vec::new();
    let mut between = BTreeSet::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let digits = piece.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        between.extend(piece.chars().last().filter(|_| digits.len() < piece.len()));
        if digits.len() > 4 || between.len() > 4 {
            return Vec::new();
        }
        codes.extend(u32::from_str_radix(digits, 16));
    }
    if codes.len() >= SHORTEST_LIST { codes } else { Vec::new() }
}

/// What the bits of a text stand for that has two characters only: the greater one is taken for a one, or a zero where
/// the first bit, which letters do not use, would be one.
fn bits(text: &str) -> Vec<u32> {
    let mut seen = text.chars().take(64).collect::<BTreeSet<char>>().into_iter();
    let (Some(low), Some(high), None) = (seen.next(), seen.next(), seen.next()) else { return Vec::new() };
    if !text.chars().all(|c| c == low || c == high) {
        return Vec::new();
    }
    let one = if text.starts_with(high) { low } else { high };
    let bits: Vec<u32> = text.chars().map(|c| u32::from(c == one)).collect();
    let codes: Vec<u32> =
        bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |code, bit| code << 1 | bit)).collect();
    if codes.len() >= SHORTEST_LIST { codes } else { Vec::new() }
}

/// Lists of numbers in the source. What stands between the numbers of one list is a comma, and a sign or a line end.
fn lists(tokens: &[(usize, Token)], budget: &mut Budget) -> Result<Vec<Candidate>, Stop> {
    let mut found: Vec<Candidate> = Vec::new();
    called(tokens, &mut found, budget)?;
    let mut codes: Vec<u32> = Vec::new();
    let mut at = 0;
    for (place, token) in tokens {
        match token {
            Token::Number(number) => {
                if codes.is_empty() {
                    at = *place;
                }
                codes.extend(u32::try_from(*number));
            }
            Token::Mark(',' | '\n') => {}
            _ => {
                take_list(&mut codes, at, &mut found, budget)?;
            }
        }
    }
    take_list(&mut codes, at, &mut found, budget)?;
    found.sort_by_key(|list| std::cmp::Reverse(list.codes.len()));
    found.truncate(MOST_LONG);
    Ok(found)
}

/// Numbers that are handed to one function, or have one method, one behind the other: `f(97) + f(98)`, `(97).f(), (98).f()`.
fn called(tokens: &[(usize, Token)], found: &mut Vec<Candidate>, budget: &mut Budget) -> Result<(), Stop> {
    let mut codes: Vec<u32> = Vec::new();
    let mut name: Option<&str> = None;
    let mut at = 0;
    for (place, token) in tokens {
        match token {
            Token::Number(number) => {
                if codes.is_empty() {
                    at = *place;
                }
                codes.extend(u32::try_from(*number));
            }
            Token::Mark(',' | '\n' | '(' | ')' | '.' | '+' | '&') => {}
            Token::Word(word) if name.is_none_or(|name| name == &**word) => name = Some(word),
            Token::Word(word) => {
                take_list(&mut codes, at, found, budget)?;
                name = Some(word);
            }
            _ => {
                name = None;
                take_list(&mut codes, at, found, budget)?;
            }
        }
    }
    take_list(&mut codes, at, found, budget)
}

fn take_list(
    codes: &mut Vec<u32>,
    at: usize,
    found: &mut Vec<Candidate>,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let codes = std::mem::take(codes);
    if codes.len() >= SHORTEST_LIST {
        budget.pay(codes.len() as u64)?;
        found.push(Candidate { at, codes, written: Written::Numbers });
    }
    Ok(())
}

/// The comments of a script that hold no sentences, joined without their marks.
fn comments(source: &str) -> String {
    let marks: &[&str] = &["'", "//", "::", "#", "rem ", "REM "];
    let mut out = String::new();
    let mut in_block = false;
    for line in source.lines().map(str::trim) {
        if let Some(rest) = line.find("/*").and_then(|at| line.get(at + 2..)) {
            in_block = !rest.contains("*/");
            continue;
        }
        in_block &= !line.contains("*/");
        let body = marks.iter().find_map(|mark| line.strip_prefix(mark)).or(in_block.then_some(line));
        let body = body.map(|body| body.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()));
        if let Some(body) = body.filter(|body| body.len() >= SHORTEST_LIST && !body.contains(' ')) {
            out.push_str(body);
        }
    }
    out
}
