//! Functions of a program that take out of a text what they are told: `function f(a, b) { return a.split(b).join(""); }`,
//! and what their calls tell them.

use crate::code::script::lexer::Token;
use std::collections::{BTreeSet, HashMap};

/// Tokens of the longest such function, functions, arguments of one call and fillers of a script.
const LONGEST: usize = 40;
const MOST: usize = 64;
const LONGEST_ARGUMENT: usize = 200;

/// Adds what the calls of such functions have taken out, with what is put in its place.
pub(super) fn note(tokens: &[(usize, Token)], fillers: &mut BTreeSet<(String, String)>) {
    let cleaners = cleaners(tokens);
    if cleaners.is_empty() {
        return;
    }
    for (at, (_, token)) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let Some(place) = cleaners.get(&**word) else { continue };
        let opens = tokens.get(at + 1).is_some_and(|(_, token)| token.is_mark('('));
        let texts = if opens { texts(tokens.get(at + 2..).unwrap_or_default()) } else { Vec::new() };
        if let Some(Some(what)) = texts.get(*place)
            && fillers.len() < MOST
        {
            let with = texts.get(place + 1).copied().flatten().unwrap_or_default();
            fillers.insert((what.to_string(), with.to_string()));
        }
    }
}

/// The functions by name, each with the place of the argument that is taken out.
fn cleaners<'a>(tokens: &'a [(usize, Token<'a>)]) -> HashMap<&'a str, usize> {
    let mut found = HashMap::new();
    for (at, near) in tokens.windows(3).enumerate() {
        let [(_, function), (_, Token::Word(name)), (_, open)] = near else { continue };
        if function.is("function") && open.is_mark('(') && found.len() < MOST {
            let place = taken(tokens.get(at + 3..).unwrap_or_default());
            found.extend(place.map(|place| (&**name, place)));
        }
    }
    found
}

/// Which parameter the body of a function gives to `split` or `replace`.
fn taken(tokens: &[(usize, Token)]) -> Option<usize> {
    let near = tokens.get(..LONGEST.min(tokens.len()))?;
    let end = near.iter().position(|(_, token)| token.is_mark(')'))?;
    let parameters: Vec<&str> = near.get(..end)?.iter().filter_map(|(_, token)| word(token)).collect();
    let body = near.get(end..)?.iter().take_while(|(_, token)| !token.is_mark('}'));
    let body: Vec<&Token> = body.map(|(_, token)| token).collect();
    let given = body.windows(3).find_map(|near| match near {
        [by, open, what] if (by.is("split") || by.is("replace")) && open.is_mark('(') => word(what),
        _ => None,
    })?;
    parameters.iter().position(|name| *name == given)
}

fn word<'a>(token: &'a Token) -> Option<&'a str> {
    match token {
        Token::Word(word) => Some(word),
        _ => None,
    }
}

/// The arguments of a call, where they are texts.
fn texts<'a>(tokens: &'a [(usize, Token<'a>)]) -> Vec<Option<&'a str>> {
    let mut found = Vec::new();
    let mut depth = 0usize;
    let mut last = None;
    for (_, token) in tokens.iter().take(LONGEST_ARGUMENT) {
        match token {
            Token::Mark('(' | '[') => depth += 1,
            Token::Mark(')' | ']') if depth > 0 => depth -= 1,
            Token::Mark(')') => {
                found.push(last);
                return found;
            }
            Token::Mark(',') if depth == 0 => found.push(std::mem::take(&mut last)),
            Token::Text(text) if depth == 0 => last = Some(&**text),
            _ => {}
        }
    }
    found
}
