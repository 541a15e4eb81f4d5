//! Texts that lie in pieces in many functions or in a list, in the orders in which programs put them together: as the
//! functions are called, as their names are numbered, as numbers beside the pieces say, from the end of a list to its
//! beginning.

use crate::code::script::dialect::Dialect;
use crate::code::script::lexer::Token;
use std::collections::{BTreeMap, HashMap};

/// Pieces of the shortest text, tokens of the longest function that holds one, pieces of a script.
const FEWEST: usize = 8;
const LONGEST_BODY: usize = 80;
const MOST: usize = 20_000;

/// Words that no program puts together by chance.
const TELLING: &[&str] = &[
    "activexobject",
    "wscript.shell",
    "wscript.createobject",
    "createobject(\"",
    "shell.application",
    "msxml2.xmlhttp",
    "scripting.filesystemobject",
    "powershell -",
    "powershell.exe",
    "window.location",
    "location.href",
    "document.write(",
    "createobjecturl",
];

/// The short texts of a script, one behind the other as they stand in it, where that says what none of them does.
pub(super) fn in_source(tokens: &[(usize, Token)]) -> Option<String> {
    let short = tokens.iter().filter_map(|(_, token)| text(token)).filter(|text| text.len() <= SHORT);
    let pieces: Vec<&str> = short.take(MOST).collect();
    let text = pieces.concat();
    let lower = text.to_ascii_lowercase();
    let apart = pieces.join("\n").to_ascii_lowercase();
    let says = TELLING.iter().any(|word| lower.contains(word) && !apart.contains(word));
    (pieces.len() >= FEWEST && says).then_some(text)
}

/// Characters of a piece that is one of many.
const SHORT: usize = 12;

/// Where each text begins, and its pieces in order.
pub(super) fn ordered(
    tokens: &[(usize, Token)],
    dialect: Dialect,
    lists: &BTreeMap<String, Vec<String>>,
) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    if dialect == Dialect::JavaScript {
        let functions = functions(tokens);
        found.push(called(tokens, &functions));
        found.extend(numbered(&functions));
        found.push(beside_numbers(tokens));
    }
    let texts = lists.values().filter(|list| list.iter().any(|text| text.parse::<u32>().is_err()));
    for list in texts.take(MOST / FEWEST) {
        found.push(list.clone());
        found.push(list.iter().rev().cloned().collect());
    }
    found.retain(|pieces| pieces.len() >= FEWEST);
    found.into_iter().map(|pieces| (0, pieces)).collect()
}

/// The functions that hold one piece.
fn functions<'a>(tokens: &'a [(usize, Token<'a>)]) -> HashMap<&'a str, &'a str> {
    let mut found = HashMap::new();
    for (at, near) in tokens.windows(3).enumerate() {
        let [(_, word), (_, Token::Word(name)), (_, open)] = near else { continue };
        if !word.is("function") || !open.is_mark('(') || found.len() >= MOST {
            continue;
        }
        let behind = tokens.get(at + 3..).unwrap_or_default();
        if let Some(piece) = body(behind).and_then(piece) {
            found.insert(&**name, piece);
        }
    }
    found
}

/// The tokens between the braces that open next.
fn body<'a>(tokens: &'a [(usize, Token<'a>)]) -> Option<&'a [(usize, Token<'a>)]> {
    let open = tokens.iter().take(8).position(|(_, token)| token.is_mark('{'))?;
    let inside = tokens.get(open + 1..)?;
    let mut depth = 0usize;
    for (at, (_, token)) in inside.iter().take(LONGEST_BODY).enumerate() {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') if depth == 0 => return inside.get(..at),
            Token::Mark('}') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The piece that a function holds: its only text, or that of a list which a number takes.
fn piece<'a>(body: &'a [(usize, Token<'a>)]) -> Option<&'a str> {
    let picked = body.windows(4).enumerate().find_map(|(at, near)| match near {
        [(_, Token::Mark(']')), (_, Token::Mark('[')), (_, Token::Number(place)), (_, Token::Mark(']'))] => {
            Some((at, usize::try_from(*place).ok()?))
        }
        _ => None,
    });
    if let Some((end, place)) = picked {
        let list = body.get(..end)?;
        let start = list.iter().position(|(_, token)| token.is_mark('['))?;
        let item = list.get(start + 1..)?.split(|(_, token)| token.is_mark(',')).nth(place)?;
        return item.iter().find_map(|(_, token)| text(token));
    }
    let mut texts = body.iter().filter_map(|(_, token)| text(token));
    let first = texts.next()?;
    texts.next().is_none().then_some(first)
}

fn text<'a>(token: &'a Token<'a>) -> Option<&'a str> {
    match token {
        Token::Text(text) => Some(text),
        _ => None,
    }
}

/// The pieces of functions, as they are called one after the other.
fn called(tokens: &[(usize, Token)], functions: &HashMap<&str, &str>) -> Vec<String> {
    let calls = tokens.windows(3).enumerate().filter_map(|(at, near)| match near {
        [(_, Token::Word(name)), (_, open), (_, close)] if open.is_mark('(') && close.is_mark(')') => {
            let before = at.checked_sub(1).and_then(|at| tokens.get(at));
            let is_call = !before.is_some_and(|(_, before)| before.is("function"));
            functions.get(&**name).filter(|_| is_call).map(|piece| (*piece).to_string())
        }
        _ => None,
    });
    calls.take(MOST).collect()
}

/// The pieces of functions whose names are one name with numbers behind, by number.
fn numbered(functions: &HashMap<&str, &str>) -> Vec<Vec<String>> {
    let mut families: BTreeMap<&str, BTreeMap<u32, &str>> = BTreeMap::new();
    for (name, piece) in functions.iter().collect::<BTreeMap<_, _>>() {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = name.get(stem.len()..).and_then(|number| number.parse().ok());
        if let Some(number) = number {
            families.entry(stem).or_default().insert(number, piece);
        }
    }
    families.into_values().map(|family| family.into_values().map(str::to_string).collect()).collect()
}

/// Texts that are handed over together with their place: `f('piece', 12)`, `f(g('piece'), 12)`.
fn beside_numbers(tokens: &[(usize, Token)]) -> Vec<String> {
    let mut found: BTreeMap<i64, &str> = BTreeMap::new();
    for (at, (_, token)) in tokens.iter().enumerate() {
        let Token::Text(piece) = token else { continue };
        let token = |by: usize| tokens.get(at + by).map(|(_, token)| token);
        let wrapped = usize::from(token(1).is_some_and(|token| token.is_mark(')')));
        let is_pair = token(1 + wrapped).is_some_and(|token| token.is_mark(','))
            && token(3 + wrapped).is_some_and(|token| token.is_mark(')'));
        if let Some(Token::Number(place)) = token(2 + wrapped)
            && is_pair
            && found.len() < MOST
        {
            found.insert(*place, piece);
        }
    }
    found.into_values().map(str::to_string).collect()
}
