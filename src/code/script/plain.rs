//! Members named by texts → members named by words: `window['loc' + 'ation']` is `window.location`.

use super::dialect::Dialect;
use super::fold::Folded;
use super::lexer::Token;
use std::borrow::Cow;

/// A name that is put in, no longer than names are.
const LONGEST: usize = 64;

/// The tokens with the members that texts name written as programs usually write them, and the names that were put
/// together from pieces.
pub(super) fn members<'a>(
    tokens: Vec<(usize, Token<'a>)>,
    dialect: Dialect,
) -> (Vec<(usize, Token<'a>)>, Vec<Folded>) {
    let mut chopped = Vec::new();
    if dialect != Dialect::JavaScript {
        return (tokens, chopped);
    }
    let mut out: Vec<(usize, Token)> = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    let mut held: Vec<(usize, Token)> = Vec::new();
    while let Some((at, token)) = rest.next() {
        let holds = || {
            matches!(out.last(), Some((_, Token::Word(word))) if !is_operator(word))
                || matches!(out.last(), Some((_, Token::Mark(')' | ']'))))
        };
        if !token.is_mark('[') || !holds() {
            out.push((at, token));
            continue;
        }
        held.clear();
        let mut name = String::new();
        let mut expects_text = true;
        while let Some(next) = rest.next_if(|(_, next)| {
            name.len() <= LONGEST
                && if expects_text { matches!(next, Token::Text(_)) } else { next.is_mark('+') }
        }) {
            if let Token::Text(text) = &next.1 {
                name.push_str(text);
            }
            expects_text = !expects_text;
            held.push(next);
        }
        let closes = !expects_text && rest.peek().is_some_and(|(_, next)| next.is_mark(']'));
        if closes && is_name(&name) {
            rest.next();
            let pieces = held.len().div_ceil(2);
            if pieces > 1 {
                chopped.push(Folded { at, text: name.clone(), pieces: pieces.max(3), is_decoded: false });
            }
            out.push((at, Token::Mark('.')));
            out.push((at, Token::Word(Cow::Owned(name))));
        } else {
            out.push((at, token));
            out.append(&mut held);
        }
    }
    (out, chopped)
}

/// Texts and names of which letters are written as escapes, where no program has a need for that.
pub(super) fn escaped(tokens: &[(usize, Token)], source: &str, dialect: Dialect) -> Vec<Folded> {
    let is_escaped = |at: usize, text: &str| {
        let end = source.floor_char_boundary(at.saturating_add(6 * text.len() + 2).min(source.len()));
        let written = source.get(at..end).unwrap_or_default();
        written.matches("\\x").count() + written.matches("\\u00").count() >= 2
    };
    let texts = tokens.iter().filter_map(|(at, token)| match token {
        Token::Text(Cow::Owned(text)) | Token::Word(Cow::Owned(text))
            if (3..MOST_ESCAPED).contains(&text.len()) && is_escaped(*at, text) =>
        {
            Some(Folded { at: *at, text: text.clone(), pieces: 2, is_decoded: true })
        }
        _ => None,
    });
    let texts = texts.filter(|_| dialect == Dialect::JavaScript);
    texts
        .filter(|folded| folded.text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '))
        .take(5000)
        .collect()
}

/// Bytes of an escaped text that is looked at here; longer ones are opened as files are.
const MOST_ESCAPED: usize = 2000;

/// Words that a list follows, not a member.
fn is_operator(word: &str) -> bool {
    matches!(
        word,
        "return"
            | "typeof"
            | "in"
            | "of"
            | "case"
            | "new"
            | "delete"
            | "void"
            | "else"
            | "instanceof"
            | "yield"
            | "await"
    )
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len())
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::script::lexer;

    fn written(source: &str) -> String {
        let (tokens, _) = members(lexer::tokens(source, Dialect::JavaScript), Dialect::JavaScript);
        let letters = tokens.into_iter().map(|(_, token)| match token {
            Token::Word(word) => word.into_owned(),
            Token::Text(text) => format!("'{text}'"),
            Token::Pattern(pattern) => format!("/{pattern}/"),
            Token::Number(number) => number.to_string(),
            Token::Mark(mark) => mark.to_string(),
        });
        letters.collect::<Vec<_>>().join("")
    }

    #[test]
    fn texts_that_name_members_become_words() {
        for (source, want) in [
            ("window['loc'+'ation']['href']='x'", "window.location.href='x'"),
            ("f()['a']", "f().a"),
            ("x['a b']", "x['a b']"),
            ("x['a'+b]", "x['a'+b]"),
            ("return['a']", "return['a']"),
            ("y=['a','b']", "y=['a','b']"),
            ("x['a", "x['a'"),
            ("x['a'+", "x['a'+"),
            ("x['0']", "x['0']"),
        ] {
            assert_eq!(written(source), want, "{source}");
        }
    }
}
