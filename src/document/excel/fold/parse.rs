//! The text of a formula into its parts (ECMA-376 Part 1, 18.17.2): as far as constants and references need it.
//!
//! Chains of operators are flat lists and nesting has an end, so that no formula is deeper than the stack.

use crate::document::excel::book::{Place, Value, place};

/// A part of a formula.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Value(Value),
    /// A reference to one cell, and the words of it.
    Cell {
        sheet: Option<String>,
        place: Place,
        words: String,
    },
    /// A defined name, and whatever else bears a name: ranges, links.
    Name(String),
    Call(String, Vec<Self>),
    /// Operands with the operators between them, all of the same rank.
    Chain(Box<Self>, Vec<(&'static str, Self)>),
    Signed(&'static str, Box<Self>),
    Percent(Box<Self>),
    Group(Box<Self>),
    /// An argument that was left out.
    Missing,
}

/// Parses a formula without its equals sign. `None` where it is no formula, or too deep.
pub(super) fn parse(text: &str, base: Place) -> Option<Part> {
    let mut parser = Parser { rest: text, base, depth: 0 };
    let part = parser.chain(0)?;
    parser.blanks();
    parser.rest.is_empty().then_some(part)
}

/// The operators by rank, the loosest first; of one rank the longest first.
const RANKS: [&[&str]; 5] = [&["<>", "<=", ">=", "=", "<", ">"], &["&"], &["+", "-"], &["*", "/"], &["^"]];
/// Nesting that is followed.
const DEEPEST: usize = 80;

struct Parser<'a> {
    rest: &'a str,
    base: Place,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
    }

    fn eat(&mut self, token: &str) -> bool {
        self.blanks();
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn chain(&mut self, rank: usize) -> Option<Part> {
        let Some(signs) = RANKS.get(rank) else { return self.signed() };
        let first = self.chain(rank + 1)?;
        let mut more = Vec::new();
        while let Some(sign) = signs.iter().find(|sign| self.eat(sign)) {
            more.push((*sign, self.chain(rank + 1)?));
        }
        Some(if more.is_empty() { first } else { Part::Chain(Box::new(first), more) })
    }

    fn signed(&mut self) -> Option<Part> {
        let mut signs = Vec::new();
        while let Some(sign) = ["-", "+", "@"].into_iter().find(|sign| self.eat(sign)) {
            signs.push(sign);
        }
        if signs.len() > DEEPEST {
            return None;
        }
        let mut part = self.primary()?;
        while self.eat("%") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return None;
            }
            part = Part::Percent(Box::new(part));
        }
        Some(signs.into_iter().rev().fold(part, |part, sign| Part::Signed(sign, Box::new(part))))
    }

    fn primary(&mut self) -> Option<Part> {
        self.blanks();
        match self.rest.chars().next()? {
            '"' => Some(Part::Value(Value::text(&self.string('"')?))),
            '(' => {
                self.eat("(");
                let inside = self.deeper(|parser| parser.chain(0))?;
                self.eat(")").then(|| Part::Group(Box::new(inside)))
            }
            '{' => {
                let end = self.rest.find('}')? + 1;
                Some(Part::Name(self.take(end)?.to_string()))
            }
            c if c.is_ascii_digit() || c == '.' => self.number(),
            _ => self.named(),
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        let read = if self.depth > DEEPEST { None } else { read(self) };
        self.depth = self.depth.saturating_sub(1);
        read
    }

    fn take(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// A quoted text, its quotes doubled within.
    fn string(&mut self, quote: char) -> Option<String> {
        let mut out = String::new();
        let mut letters = self.rest.char_indices().skip(1).peekable();
        while let Some((at, letter)) = letters.next() {
            if letter != quote {
                out.push(letter);
            } else if letters.next_if(|(_, next)| *next == quote).is_some() {
                out.push(quote);
            } else {
                self.take(at + 1)?;
                return Some(out);
            }
        }
        None
    }

    fn number(&mut self) -> Option<Part> {
        let bytes = self.rest.as_bytes();
        let mut length = 0;
        while let Some(byte) = bytes.get(length) {
            let is_exponent = matches!(byte, b'e' | b'E')
                && bytes.get(length + 1).is_some_and(|next| matches!(next, b'0'..=b'9' | b'-' | b'+'));
            if is_exponent {
                length += 2;
            } else if byte.is_ascii_digit() || *byte == b'.' {
                length += 1;
            } else {
                break;
            }
        }
        let number = self.take(length)?.parse().ok()?;
        Some(Part::Value(Value::Number(number)))
    }

    /// A name, a reference or a call.
    fn named(&mut self) -> Option<Part> {
        let begin = self.rest;
        let first = if self.rest.starts_with('\'') { self.string('\'')? } else { self.word()?.to_string() };
        if let Some(part) = self.link(begin) {
            return Some(part);
        }
        if self.rest.starts_with('!') {
            self.take(1)?;
            let inner = self.word().unwrap_or_default();
            let words = begin.get(..begin.len() - self.rest.len())?.to_string();
            return Some(self.cell(Some(first), inner, words).unwrap_or_else(Part::Name));
        }
        if begin.starts_with('\'') {
            return None;
        }
        if self.eat("(") {
            return self.arguments(first);
        }
        match first.to_ascii_uppercase().as_str() {
            "TRUE" => return Some(Part::Value(Value::Logical(true))),
            "FALSE" => return Some(Part::Value(Value::Logical(false))),
            _ => {}
        }
        Some(self.cell(None, &first, first.clone()).unwrap_or_else(Part::Name))
    }

    /// A DDE link: `program|topic!item`.
    fn link(&mut self, begin: &'a str) -> Option<Part> {
        self.rest.strip_prefix('|')?;
        self.take(1)?;
        if self.rest.starts_with('\'') {
            self.string('\'').map(drop)?
        } else {
            self.word().map(drop)?
        }
        if self.rest.starts_with('!') {
            self.take(1)?;
            if self.rest.starts_with('\'') { self.string('\'').map(drop)? } else { self.word().map(drop)? }
        }
        Some(Part::Name(begin.get(..begin.len() - self.rest.len())?.to_string()))
    }

    /// The letters of a name; brackets belong to it where they stand in a reference of rows and columns.
    fn word(&mut self) -> Option<&'a str> {
        let mut open = 0;
        let end = self.rest.find(|c: char| {
            match c {
                '[' => open += 1,
                ']' => open -= 1,
                _ => {}
            }
            let is_inside = open > 0 && c != '"' && c != '(';
            !(is_inside || c.is_alphanumeric() || "_.$\\?#[]:".contains(c) || c > '\u{7f}')
        });
        let end = end.unwrap_or(self.rest.len());
        (end > 0).then(|| self.take(end))?
    }

    /// A reference to one cell, if the word is one; else all its words.
    fn cell(&self, sheet: Option<String>, word: &str, words: String) -> Result<Part, String> {
        match place(word).or_else(|| self.row_column(word)) {
            Some(place) => Ok(Part::Cell { sheet, place, words }),
            None => Err(words),
        }
    }

    /// A reference like `R1C1` or `R[-1]C`.
    fn row_column(&self, word: &str) -> Option<Place> {
        let rest = word.strip_prefix(['R', 'r'])?;
        let at = rest.find(['C', 'c'])?;
        let (row, column) = (rest.get(..at)?, rest.get(at + 1..)?);
        let number = |text: &str, base: u32| -> Option<u32> {
            if let Some(distance) = text.strip_prefix('[') {
                let distance: i32 = distance.strip_suffix(']')?.parse().ok()?;
                base.checked_add_signed(distance)
            } else if text.is_empty() {
                Some(base)
            } else {
                text.parse::<u32>().ok()?.checked_sub(1)
            }
        };
        Some(Place { row: number(row, self.base.row)?, column: number(column, self.base.column)? })
    }

    fn arguments(&mut self, name: String) -> Option<Part> {
        let mut arguments = Vec::new();
        if self.eat(")") {
            return Some(Part::Call(name, arguments));
        }
        loop {
            self.blanks();
            let is_missing = self.rest.starts_with([',', ')']);
            arguments.push(if is_missing { Part::Missing } else { self.deeper(|parser| parser.chain(0))? });
            if self.eat(")") {
                return Some(Part::Call(name, arguments));
            }
            if !self.eat(",") {
                return None;
            }
        }
    }
}
