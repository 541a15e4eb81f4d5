//! Texts put together from pieces → the whole texts: concatenation, character codes, reversal, fillers taken out, lists
//! joined, escapes, formats. One pass in the order of the source; nothing loops and nothing is called, so what a
//! program would compute in its own functions stays unknown, marked by [`GAP`].

mod calls;
mod cleaners;
mod lists;
mod members;
mod numbers;

use super::dialect::Dialect;
use super::lexer::Token;
use super::values::Value;
use crate::limits::Budget;
use std::collections::{BTreeMap, BTreeSet};

/// Stands for what is not known.
pub(super) const GAP: char = '\u{1}';

/// A text of the program.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Folded {
    /// Where it stands in the source.
    pub(super) at: usize,
    pub(super) text: String,
    /// From how many pieces it was made.
    pub(super) pieces: usize,
    /// Whether something was decoded to make it.
    pub(super) is_decoded: bool,
}

/// Everything folded: the texts, and the fillers that the program takes out somewhere.
pub(super) struct Folding {
    pub(super) texts: Vec<Folded>,
    pub(super) names: BTreeMap<String, Value>,
    pub(super) lists: BTreeMap<String, Vec<String>>,
    pub(super) fillers: BTreeSet<(String, String)>,
}

/// Bytes of text that one script may grow to, and how deep its expressions are followed.
const MOST: usize = 8 << 20;
const DEEPEST: usize = 24;

/// Folds the texts of a script. What is decoded on the way is paid; a spent limit shows at the next payment.
pub(super) fn fold(tokens: &[(usize, Token)], dialect: Dialect, budget: &mut Budget) -> Folding {
    let mut folder = Folder {
        tokens,
        dialect,
        names: BTreeMap::new(),
        lists: BTreeMap::new(),
        texts: Vec::new(),
        fillers: BTreeSet::new(),
        made: 0,
        steps: 0,
        budget,
    };
    cleaners::note(tokens, &mut folder.fillers);
    let mut at = 0;
    while at < tokens.len() && folder.made < MOST {
        at = folder.statement(at).max(at + 1);
    }
    let grown = folder
        .names
        .values()
        .filter(|value| value.pieces > 1)
        .map(|value| (0, value.clone()))
        .collect::<Vec<_>>();
    grown.into_iter().for_each(|(at, value)| folder.keep(at, value));
    Folding { texts: folder.texts, names: folder.names, lists: folder.lists, fillers: folder.fillers }
}

struct Folder<'a> {
    tokens: &'a [(usize, Token<'a>)],
    dialect: Dialect,
    names: BTreeMap<String, Value>,
    lists: BTreeMap<String, Vec<String>>,
    texts: Vec<Folded>,
    fillers: BTreeSet<(String, String)>,
    made: usize,
    /// Terms looked at: a bound for sources that nest without end.
    steps: usize,
    budget: &'a mut Budget,
}

type Found = Option<(Value, usize)>;

impl<'a> Folder<'a> {
    fn token(&self, at: usize) -> Option<&'a Token<'a>> {
        self.tokens.get(at).map(|(_, token)| token)
    }

    fn is_mark(&self, at: usize, mark: char) -> bool {
        self.token(at).is_some_and(|token| token.is_mark(mark))
    }

    fn word(&self, at: usize) -> Option<&'a str> {
        match self.token(at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn key(&self, word: &str) -> String {
        if self.dialect.folds_case() { word.to_lowercase() } else { word.to_string() }
    }

    fn keep(&mut self, place: usize, value: Value) {
        let at = self.tokens.get(place).map_or(0, |(at, _)| *at);
        self.texts.push(Folded { at, text: value.text, pieces: value.pieces, is_decoded: value.is_decoded });
    }

    /// Reads what begins here; answers where the next thing may begin.
    fn statement(&mut self, at: usize) -> usize {
        if let Some(word) = self.word(at) {
            if self.is_mark(at + 1, '=') && !self.is_mark(at + 2, '=') {
                return self.assignment(word, at);
            }
            let grows = self.is_mark(at + 1, '+')
                || (self.dialect == Dialect::VisualBasic && self.is_mark(at + 1, '&'));
            if grows && self.is_mark(at + 2, '=') {
                return self.append(word, at + 3);
            }
            if let Some(next) = self.grows_list(word, at) {
                return next;
            }
            if word.eq_ignore_ascii_case("replace") {
                self.filler(at + 1);
            }
        }
        match self.expression(at, 0) {
            Some((value, next)) => {
                // What a function of the program is handed may have fillers in it that the function takes out.
                let is_handed = self.is_mark(at, '(') && self.dialect != Dialect::Batch;
                if value.pieces > 1 || is_handed || matches!(self.token(at), Some(Token::Text(_))) {
                    self.keep(at, value);
                }
                next
            }
            None => at + 1,
        }
    }

    fn assignment(&mut self, word: &str, at: usize) -> usize {
        let joins = self.is_mark(at + 3, '+') || self.is_mark(at + 3, '&');
        if joins && self.word(at + 2).is_some_and(|own| self.key(own) == self.key(word)) {
            return self.append(word, at + 4);
        }
        if let Some((list, next)) = self.list(at + 2, 0)
            && (list.len() > 1 || self.is_mark(at + 2, '['))
            && !['.', '[', '-'].iter().any(|mark| self.is_mark(next, *mark))
        {
            for text in list.iter().filter(|text| text.len() > 3) {
                self.keep(at, Value::plain(text));
            }
            self.lists.insert(self.key(word), list);
            return next;
        }
        let Some((value, next)) = self.expression(at + 2, 0) else { return at + 2 };
        if value.pieces == 1 || ["src", "href", "location"].contains(&word) {
            self.keep(at + 2, value.clone());
        }
        if let Some(old) = self.names.insert(self.key(word), value).filter(|old| old.pieces > 1) {
            self.keep(at, old);
        }
        next
    }

    /// `name += …`, without a copy of what is there.
    fn append(&mut self, word: &str, at: usize) -> usize {
        let Some((value, next)) = self.expression(at, 0) else { return at };
        self.made += value.text.len();
        let held = self.names.entry(self.key(word)).or_default();
        if held.text.len() < MOST {
            held.push(&value);
        }
        next
    }

    /// Notes what a `replace` takes out of a text that is not known.
    fn filler(&mut self, at: usize) {
        if !self.is_mark(at, '(') {
            return;
        }
        let near = self.tokens.get(at + 1..).unwrap_or_default().iter().take(24).map(|(_, token)| token);
        let inside = near.take_while(|token| !token.is_mark(')'));
        let texts: Vec<&str> = inside
            .filter_map(|token| match token {
                Token::Text(text) => Some(&**text),
                Token::Pattern(pattern) => Some(*pattern),
                _ => None,
            })
            .collect();
        if let [.., what, with] = texts.as_slice()
            && !what.is_empty()
            && self.fillers.len() < 64
        {
            self.fillers.insert(((*what).to_string(), (*with).to_string()));
        }
    }

    /// Terms joined by `+` and `&`.
    fn expression(&mut self, at: usize, depth: usize) -> Found {
        let (mut value, mut next) = self.term(at, depth)?;
        while self.is_mark(next, '+') || (self.dialect == Dialect::VisualBasic && self.is_mark(next, '&')) {
            let operand = self.skip_lines(next + 1);
            if let Some((more, after)) = self.term(operand, depth) {
                value.push(&more);
                next = after;
            } else if let Some(Token::Number(number)) = self.token(operand) {
                value.push(&Value::plain(&number.to_string()));
                next = operand + 1;
            } else if let Some(after) = self.unknown(operand) {
                value.push(&Value::plain(&GAP.to_string()));
                next = after;
            } else {
                break;
            }
            self.made += 16;
            if value.text.len() > MOST || self.made > MOST {
                break;
            }
        }
        self.made += value.text.len() * usize::from(value.pieces > 1);
        Some((value, next))
    }

    /// Behind an operator a line goes on.
    fn skip_lines(&self, mut at: usize) -> usize {
        while self.is_mark(at, '\n') || self.word(at) == Some("_") {
            at += 1;
        }
        at
    }

    /// The end of an operand that cannot be read: a name with its members, indices and arguments.
    fn unknown(&self, at: usize) -> Option<usize> {
        self.word(at)?;
        let mut next = at + 1;
        let mut depth = 0usize;
        for (_, token) in self.tokens.get(next..)?.iter().take(64) {
            match token {
                Token::Mark('(' | '[') => depth += 1,
                Token::Mark(')' | ']') if depth > 0 => depth -= 1,
                Token::Mark('.') => {}
                Token::Word(_) if depth > 0 || self.is_mark(next.saturating_sub(1), '.') => {}
                _ if depth > 0 => {}
                _ => return Some(next),
            }
            next += 1;
        }
        Some(next)
    }

    fn term(&mut self, at: usize, depth: usize) -> Found {
        self.steps += 1;
        if depth > DEEPEST || self.steps > 16 * self.tokens.len() + 10_000 {
            return None;
        }
        let found = match self.token(at)? {
            Token::Text(text) => Some((Value::plain(text), at + 1)),
            Token::Mark('(') => self.group(at, depth),
            Token::Mark('[' | '@') => self.bracket(at, depth),
            Token::Word(word) => self.named(word, at, depth),
            _ => None,
        };
        found.map(|found| self.members(found, depth))
    }

    fn group(&mut self, at: usize, depth: usize) -> Found {
        let (mut value, mut next) = self.expression(at + 1, depth + 1)?;
        let mut list = Vec::new();
        while self.is_mark(next, ',') {
            list.push(std::mem::take(&mut value.text));
            (value, next) = self.expression(next + 1, depth + 1)?;
        }
        if !list.is_empty() {
            list.push(std::mem::take(&mut value.text));
            value = Value::joined(&list);
        }
        self.is_mark(next, ')').then_some((value, next + 1))
    }
}
