//! Tables of texts that a program looks up by number, as obfuscators of JavaScript write them: a list of all texts,
//! turned around by some places before it is used, and a function that takes a number, subtracts a constant and answers
//! the text of that place, at times decoded. Look-ups with a written number become the texts they stand for.
//!
//! By how many places the list is turned is not computed as the program would; that turn is taken under which the
//! look-ups make most sense where they stand: names behind a bracket, numbers inside `parseInt`.

mod direct;
mod entries;

use super::fold::Folded;
use super::lexer::Token;
use crate::limits::{Budget, Stop};
use entries::Coding;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Tokens with where they begin.
type Tokens<'a> = Vec<(usize, Token<'a>)>;

/// Texts of the smallest table, of the largest, and tables of one script.
const SMALLEST: usize = 3;
const LARGEST: usize = 20_000;
const MOST_TABLES: usize = 8;

/// Look-ups that each turn is judged by, at least and at most, and look-ups that all turns together may cost.
const FEWEST_JUDGED: usize = 8;
const MOST_JUDGED: usize = 100;
const MOST_TRIED: usize = 1 << 16;

/// A list of texts under a name.
struct Table {
    name: String,
    texts: Vec<String>,
}

/// A function that answers texts of a table.
struct Accessor {
    table: usize,
    offset: i64,
    coding: Coding,
}

/// One look-up: where it stands, how many tokens it has, its number and its key.
struct Lookup<'a> {
    at: usize,
    length: usize,
    place: i64,
    key: &'a str,
}

/// The tokens with the look-ups exchanged for their texts, and these texts.
pub(super) fn resolved<'a>(
    tokens: Tokens<'a>,
    budget: &mut Budget,
) -> Result<(Tokens<'a>, Vec<Folded>), Stop> {
    let tables = tables(&tokens);
    if tables.is_empty() {
        return Ok((tokens, Vec::new()));
    }
    budget.tick()?;
    let accessors = accessors(&tokens, &tables);
    let mut found = direct::lookups(&tokens, &tables, budget)?;
    for (at, table) in tables.iter().enumerate() {
        for (names, accessor) in accessors.iter().filter(|(_, accessor)| accessor.table == at) {
            budget.tick()?;
            let lookups = lookups(&tokens, names);
            let Some(turn) = turn(&tokens, &lookups, table, accessor) else { continue };
            for lookup in &lookups {
                if let Some(text) = text(table, accessor, lookup, turn) {
                    budget.pay(text.len() as u64)?;
                    found.insert(lookup.at, (lookup.length, text));
                }
            }
        }
    }
    Ok(exchanged(tokens, found))
}

/// Puts the texts where the look-ups stand.
fn exchanged<'a>(tokens: Tokens<'a>, found: BTreeMap<usize, (usize, String)>) -> (Tokens<'a>, Vec<Folded>) {
    let mut texts = Vec::new();
    let mut found = found.into_iter().peekable();
    let mut skip = 0;
    let mut out = Vec::new();
    for (at, token) in tokens.into_iter().enumerate() {
        if let Some((_, (length, text))) = found.next_if(|(start, _)| *start == at && skip == 0) {
            texts.push(Folded { at: token.0, text: text.clone(), pieces: 2, is_decoded: true });
            out.push((token.0, Token::Text(Cow::Owned(text))));
            skip = length;
        }
        if skip > 0 {
            skip -= 1;
        } else {
            out.push(token);
        }
    }
    (out, texts)
}

/// `name = ['…', '…']`, and `function name() { var x = ['…', '…']`.
fn tables(tokens: &[(usize, Token)]) -> Vec<Table> {
    let mut found: Vec<Table> = Vec::new();
    let opens = tokens.windows(4).enumerate().filter(|(_, near)| {
        matches!(near, [(_, Token::Word(_)), (_, equals), (_, bracket), (_, Token::Text(_))]
            if equals.is_mark('=') && bracket.is_mark('['))
    });
    for (at, near) in opens {
        let Some((_, Token::Word(own))) = near.first() else { continue };
        let texts = texts(tokens.get(at + 3..).unwrap_or_default());
        if texts.len() < SMALLEST || found.len() >= MOST_TABLES {
            continue;
        }
        let function = tokens.get(at.saturating_sub(6)..at).unwrap_or_default();
        let function = function
            .iter()
            .rev()
            .skip(1)
            .skip_while(|(_, token)| matches!(token, Token::Mark('{' | ')' | '(')));
        let around = match function.take(2).map(|(_, token)| token).collect::<Vec<_>>().as_slice() {
            [Token::Word(name), before] if before.is("function") => Some(name.to_string()),
            _ => None,
        };
        found.push(Table { name: around.unwrap_or_else(|| own.to_string()), texts });
    }
    found
}

/// The texts of a list up to its closing bracket; none if it holds anything else.
fn texts(tokens: &[(usize, Token)]) -> Vec<String> {
    let mut found = Vec::new();
    for pair in tokens.chunks(2).take(LARGEST) {
        match pair {
            [(_, Token::Text(text)), (_, Token::Mark(mark @ (',' | ']')))] => {
                found.push(text.to_string());
                if *mark == ']' {
                    return found;
                }
            }
            _ => break,
        }
    }
    Vec::new()
}

/// Tokens of a function that are read for what it does.
const BODY: usize = 600;

/// The functions that answer texts of a table, each with all names it has.
fn accessors(tokens: &[(usize, Token)], tables: &[Table]) -> Vec<(Vec<String>, Accessor)> {
    let mut found: Vec<(Vec<String>, Accessor)> = Vec::new();
    for (at, (_, token)) in tokens.iter().enumerate() {
        if !token.is("function") || found.len() >= MOST_TABLES {
            continue;
        }
        let Some(name) = function_name(tokens, at) else { continue };
        let Some(body) = body(tokens, at) else { continue };
        let uses = |table: &Table| {
            body.iter().any(|(_, token)| matches!(token, Token::Word(word) if *word == table.name))
        };
        let Some(table) = tables.iter().position(|table| table.name != name && uses(table)) else { continue };
        if let Some(offset) = offset(body) {
            let accessor = Accessor { table, offset, coding: Coding::of(body) };
            let names = aliases(tokens, name);
            found.push((names, accessor));
        }
    }
    found
}

/// `function name(` and `name = function(`.
fn function_name<'a>(tokens: &'a [(usize, Token)], at: usize) -> Option<&'a str> {
    let word = |at: usize| match tokens.get(at) {
        Some((_, Token::Word(word))) => Some(&**word),
        _ => None,
    };
    let is_assigned = at >= 2 && tokens.get(at - 1).is_some_and(|(_, before)| before.is_mark('='));
    word(at + 1).or_else(|| is_assigned.then(|| word(at - 2)).flatten())
}

/// What stands between the braces of a function.
fn body<'a, 'b>(tokens: &'b [(usize, Token<'a>)], at: usize) -> Option<&'b [(usize, Token<'a>)]> {
    let rest = tokens.get(at..)?.get(..BODY).or(tokens.get(at..))?;
    let open = rest.iter().take(24).position(|(_, token)| token.is_mark('{'))?;
    let mut depth = 0usize;
    for (place, (_, token)) in rest.iter().enumerate().skip(open) {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') if depth == 1 => return rest.get(open..place),
            Token::Mark('}') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What an accessor takes off its number: `a = a - 0x1a3`, `t[a - 7]`, `a -= 5`; nothing where it indexes as it is.
fn offset(body: &[(usize, Token)]) -> Option<i64> {
    let less = body.windows(3).find_map(|near| match near {
        [(_, Token::Word(_)), (_, Token::Mark(mark @ ('-' | '+'))), (_, Token::Number(number))] => {
            Some(if *mark == '-' { *number } else { -*number })
        }
        [(_, Token::Mark('-')), (_, Token::Mark('=')), (_, Token::Number(number))] => Some(*number),
        _ => None,
    });
    let indexes = || {
        body.windows(3)
            .any(|near| matches!(near, [(_, Token::Mark('[')), (_, Token::Word(_)), (_, Token::Mark(']'))]))
    };
    less.filter(|offset| offset.abs() < 1 << 24).or_else(|| indexes().then_some(0))
}

/// A name and the names it is given to.
fn aliases(tokens: &[(usize, Token)], name: &str) -> Vec<String> {
    let mut names = vec![name.to_string()];
    for near in tokens.windows(4) {
        if let [(_, Token::Word(other)), (_, equals), (_, Token::Word(own)), (_, end)] = near
            && equals.is_mark('=')
            && matches!(end, Token::Mark(',' | ';' | '}' | ')'))
            && names.iter().any(|name| *name == **own)
            && names.len() < 64
            && !names.iter().any(|name| *name == **other)
        {
            names.push(other.to_string());
        }
    }
    names
}

/// The look-ups by a written number.
fn lookups<'a>(tokens: &'a [(usize, Token)], names: &[String]) -> Vec<Lookup<'a>> {
    let mut found = Vec::new();
    for (at, (_, token)) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let opens = tokens.get(at + 1).is_some_and(|(_, next)| next.is_mark('('));
        if !opens || !names.iter().any(|name| *name == **word) {
            continue;
        }
        let place = match tokens.get(at + 2) {
            Some((_, Token::Number(number))) => Some(*number),
            Some((_, Token::Text(text))) => written(text),
            _ => None,
        };
        let (key, length) = match (tokens.get(at + 3), tokens.get(at + 4), tokens.get(at + 5)) {
            (Some((_, Token::Mark(')'))), ..) => ("", 4),
            (Some((_, Token::Mark(','))), Some((_, Token::Text(key))), Some((_, Token::Mark(')')))) => {
                (&**key, 6)
            }
            _ => continue,
        };
        found.extend(place.map(|place| Lookup { at, length, place, key }));
    }
    found
}

/// A number written as a text.
fn written(text: &str) -> Option<i64> {
    let hexadecimal = text.strip_prefix("0x").and_then(|digits| i64::from_str_radix(digits, 16).ok());
    hexadecimal.or_else(|| text.parse().ok())
}

/// The text of a look-up where the list was turned by so many places.
fn text(table: &Table, accessor: &Accessor, lookup: &Lookup, turn: usize) -> Option<String> {
    let place = usize::try_from(lookup.place.checked_sub(accessor.offset)?).ok()?;
    if place >= table.texts.len() {
        return None;
    }
    let turned = (place + turn) % table.texts.len();
    table.texts.get(turned).map(|text| accessor.coding.decoded(text, lookup.key))
}

/// The turn under which most look-ups make sense.
fn turn(tokens: &[(usize, Token)], lookups: &[Lookup], table: &Table, accessor: &Accessor) -> Option<usize> {
    let most = (MOST_TRIED / table.texts.len().max(1)).clamp(FEWEST_JUDGED, MOST_JUDGED);
    let judged = lookups.get(..most).unwrap_or(lookups);
    let sense = |turn: usize| -> usize {
        judged
            .iter()
            .map(|lookup| text(table, accessor, lookup, turn).map_or(0, |text| sense(tokens, lookup, &text)))
            .sum()
    };
    // Of equals the smaller turn, since many lists are not turned at all.
    let best = (0..table.texts.len()).map(|turn| (sense(turn), std::cmp::Reverse(turn))).max()?;
    (!judged.is_empty()).then_some(best.1.0)
}

/// How much sense a text makes in the place of a look-up.
fn sense(tokens: &[(usize, Token)], lookup: &Lookup, text: &str) -> usize {
    let before =
        |back: usize| lookup.at.checked_sub(back).and_then(|at| tokens.get(at)).map(|(_, token)| token);
    let is_name = || {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    let is_member = before(1).is_some_and(|token| token.is_mark('['))
        && tokens.get(lookup.at + lookup.length).is_some_and(|(_, token)| token.is_mark(']'));
    let opener = || before(1).is_some_and(|token| token.is_mark('(')).then(|| before(2)).flatten();
    let is_of_owner = || {
        let owner = before(2);
        OWNERS
            .iter()
            .any(|(known, members)| owner.is_some_and(|owner| owner.is(known)) && members.contains(&text))
    };
    if is_member {
        usize::from(is_name()) * 2 + usize::from(MEMBERS.contains(&text)) * 3 + usize::from(is_of_owner()) * 4
    } else if opener().is_some_and(|word| word.is("parseint")) {
        usize::from(text.starts_with(|c: char| c.is_ascii_digit())) * 4
    } else if opener().is_some_and(|word| word.is("activexobject") || word.is("createobject")) {
        usize::from(text.contains('.') && !text.contains('/')) * 4
    } else {
        0
    }
}

/// Members that programs use most of what every page has.
const OWNERS: &[(&str, &[&str])] = &[
    ("window", WINDOW),
    ("self", WINDOW),
    ("top", WINDOW),
    (
        "document",
        &[
            "write",
            "getElementById",
            "createElement",
            "body",
            "head",
            "location",
            "cookie",
            "documentElement",
            "querySelector",
            "open",
            "close",
            "title",
        ],
    ),
    ("navigator", &["msSaveOrOpenBlob", "msSaveBlob", "userAgent", "clipboard", "language", "platform"]),
];

const WINDOW: &[&str] =
    &["location", "document", "atob", "navigator", "open", "URL", "onload", "addEventListener", "setTimeout"];

/// Members that programs use most.
const MEMBERS: &[&str] = &[
    "push",
    "shift",
    "length",
    "split",
    "join",
    "charAt",
    "charCodeAt",
    "fromCharCode",
    "replace",
    "substr",
    "slice",
    "open",
    "send",
    "Open",
    "Send",
    "responseText",
    "responseBody",
    "ResponseBody",
    "Write",
    "write",
    "SaveToFile",
    "Close",
    "close",
    "Type",
    "Run",
    "run",
    "Exec",
    "ShellExecute",
    "CreateObject",
    "Sleep",
    "Quit",
    "status",
    "location",
    "href",
    "hash",
    "assign",
    "createElement",
    "appendChild",
    "body",
    "click",
    "download",
    "prototype",
    "constructor",
    "apply",
    "call",
    "toString",
    "indexOf",
    "log",
    "src",
    "head",
    "value",
    "ExpandEnvironmentStrings",
];

#[cfg(test)]
mod tests;
