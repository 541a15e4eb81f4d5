//! Keys that are made of what stands around a script: its file name, the names of the computer and its user, the address
//! of the page. A value is followed from name to name through assignments, and looked for where something is decrypted.

use super::Tokens;
use crate::code::script::lexer::Token;
use std::collections::BTreeMap;

/// Words that say what stands around a script, and what they are, in lower case without `$`.
#[rustfmt::skip]
const AROUND: &[(&str, &str)] = &[
    ("scriptname", "the name of its file"), ("scriptfullname", "the name of its file"),
    ("myinvocation", "the name of its file"), ("pscommandpath", "the name of its file"),
    ("computername", "the name of the computer"), ("machinename", "the name of the computer"),
    ("gethostname", "the name of the computer"), ("win32_computersystem", "the name of the computer"),
    ("username", "the name of the user"), ("userdomain", "the name of the domain"),
    ("userdnsdomain", "the name of the domain"), ("dnsdomain", "the name of the domain"),
    ("volumeserialnumber", "the number of the disk"), ("win32_bios", "the number of the computer"),
];
/// Members of `location` that say where a page lies.
const ADDRESS: &[&str] = &["pathname", "href", "hash", "host", "hostname", "search", "origin"];

/// Tokens of one statement or call that are looked at, and those around an exclusive or.
const STATEMENT: usize = 60;
const NEAR: usize = 14;
/// How often values are followed from name to name.
const ROUNDS: usize = 4;

/// Methods that decrypt what they are given.
const DECRYPT: &[&str] = &["decrypt", "update", "createdecryptor", "transformfinalblock"];

/// Tokens of one script that are followed.
const MOST_TOKENS: usize = 200_000;

/// What each token is, and what is known of names.
struct Followed<'t, 'a> {
    tokens: &'t Tokens<'a>,
    /// For each token what it says of the surroundings, whether it is a cipher text, and the number of its name.
    around: Vec<Option<&'static str>>,
    cipher: Vec<bool>,
    name: Vec<Option<usize>>,
    /// For each name what its value is made of, and whether that is a cipher text.
    made_of: Vec<Option<&'static str>>,
    holds_cipher: Vec<bool>,
}

/// Whether a cipher text of the script is handed to a decryptor.
pub(super) fn decrypts_own(tokens: &Tokens, is_cipher: &dyn Fn(&str) -> bool) -> bool {
    let tokens = tokens.get(..MOST_TOKENS).unwrap_or(tokens);
    let around = tokens.iter().map(|_| None).collect();
    let mut followed = Followed::new(tokens, around, is_cipher);
    followed.follow();
    let decrypts = |at: usize| {
        let called = tokens.get(at).is_some_and(|(_, token)| DECRYPT.iter().any(|word| token.is(word)));
        called && (at + 1..followed.end(at + 1)).any(|at| followed.is_cipher(at))
    };
    (0..tokens.len()).any(decrypts)
}

/// What the key of a script is made of; none where it is not made of what stands around it.
pub(super) fn source(
    tokens: &Tokens,
    is_cipher: &dyn Fn(&str) -> bool,
    has_way: bool,
) -> Option<&'static str> {
    let tokens = tokens.get(..MOST_TOKENS).unwrap_or(tokens);
    let around: Vec<_> = (0..tokens.len()).map(|at| around(tokens, at)).collect();
    let decodes = has_way || tokens.iter().any(|(_, token)| is_xor(token));
    if !decodes || around.iter().all(Option::is_none) {
        return None;
    }
    let mut followed = Followed::new(tokens, around, is_cipher);
    followed.follow();
    (0..tokens.len()).find_map(|at| followed.used(at, has_way))
}

fn is_xor(token: &Token) -> bool {
    token.is_mark('^') || token.is("bxor") || token.is("xor")
}

/// What the token at a place says of the surroundings.
fn around(tokens: &Tokens, at: usize) -> Option<&'static str> {
    let word = match &tokens.get(at)?.1 {
        Token::Word(word) => word.trim_start_matches('$'),
        Token::Text(text) if text.len() <= 40 => text.trim_matches('%'),
        _ => return None,
    };
    if word == "location" {
        let is_member = tokens.get(at + 1).is_some_and(|(_, token)| token.is_mark('.'));
        let is_told = tokens.get(at + 2).is_some_and(|(_, token)| ADDRESS.iter().any(|word| token.is(word)));
        // What is given to a member leads away and says nothing.
        let is_given = tokens.get(at + 3).is_some_and(|(_, token)| token.is_mark('='));
        return (is_member && is_told && !is_given).then_some("the address of the page");
    }
    AROUND.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, what)| *what)
}

impl<'t, 'a> Followed<'t, 'a> {
    fn new(
        tokens: &'t Tokens<'a>,
        around: Vec<Option<&'static str>>,
        is_cipher: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut numbers = BTreeMap::new();
        let name = |token: &Token| match token {
            Token::Word(word) => {
                let next = numbers.len();
                Some(*numbers.entry(word.to_ascii_lowercase()).or_insert(next))
            }
            _ => None,
        };
        let name: Vec<_> = tokens.iter().map(|(_, token)| token).map(name).collect();
        let cipher = |(_, token): &(usize, Token)| matches!(token, Token::Text(text) if is_cipher(text));
        Self {
            tokens,
            around,
            cipher: tokens.iter().map(cipher).collect(),
            name,
            made_of: numbers.iter().map(|_| None).collect(),
            holds_cipher: numbers.iter().map(|_| false).collect(),
        }
    }

    fn is_mark(&self, at: usize, mark: char) -> bool {
        self.tokens.get(at).is_some_and(|(_, token)| token.is_mark(mark))
    }

    fn number(&self, at: usize) -> Option<usize> {
        self.name.get(at).copied().flatten()
    }

    /// Whether the token at a place is a cipher text or the name of one.
    fn is_cipher(&self, at: usize) -> bool {
        let named = || self.number(at).and_then(|name| self.holds_cipher.get(name)).copied();
        self.cipher.get(at) == Some(&true) || named() == Some(true)
    }

    /// What the token at a place is made of, of what stands around the script.
    fn key(&self, at: usize) -> Option<&'static str> {
        let named = || self.number(at).and_then(|name| self.made_of.get(name)).copied().flatten();
        self.around.get(at).copied().flatten().or_else(named)
    }

    /// Where a statement or a call ends.
    fn end(&self, from: usize) -> usize {
        let near = self.tokens.get(from..).unwrap_or_default().iter().take(STATEMENT);
        from + near.take_while(|(_, token)| !matches!(token, Token::Mark(';' | '\n'))).count()
    }

    /// Follows values through assignments.
    fn follow(&mut self) {
        for _ in 0..ROUNDS {
            let mut is_new = false;
            for at in 0..self.tokens.len() {
                let Some(name) = self.number(at) else { continue };
                if !self.is_mark(at + 1, '=') || self.is_mark(at + 2, '=') {
                    continue;
                }
                let given = at + 2..self.end(at + 2);
                let has_cipher = given.clone().any(|at| self.is_cipher(at));
                let key = given.into_iter().find_map(|at| self.key(at));
                if let Some(known) = self.holds_cipher.get_mut(name) {
                    is_new |= has_cipher && !*known;
                    *known |= has_cipher;
                }
                if let Some(known) = self.made_of.get_mut(name).filter(|known| known.is_none()) {
                    is_new |= key.is_some();
                    *known = key;
                }
            }
            if !is_new {
                break;
            }
        }
    }

    /// What the key is made of that is used to decrypt at a place.
    fn used(&self, at: usize, has_way: bool) -> Option<&'static str> {
        let (_, token) = self.tokens.get(at)?;
        let key_in = |from: usize, to: usize| (from..to).find_map(|at| self.key(at));
        if is_xor(token) {
            let near = at.saturating_sub(NEAR)..at + NEAR;
            let has_cipher = near.clone().any(|at| self.is_cipher(at));
            return if has_cipher { key_in(near.start, near.end) } else { None };
        }
        let Token::Word(word) = token else { return None };
        let is = |known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
        let is_given = self.is_mark(at + 1, '=') && is(&["key", "iv"]);
        if has_way && (is_given || is(&["decrypt", "createdecryptor"])) {
            return key_in(at + 1, self.end(at + 1));
        }
        if !self.is_mark(at + 1, '(') {
            return None;
        }
        // A function of the script's own takes both.
        let end = self.end(at + 1);
        let takes = (at + 1..end).any(|at| self.is_cipher(at));
        if takes { key_in(at + 1, end) } else { None }
    }
}
