//! Functions that make text of text, and names whose text is known.

use super::{Folder, Found, MOST};
use crate::code::script::lexer::Token;
use crate::code::script::values::{Value, base64, join, percent, replaced};

/// Bytes of a text whose characters are taken one by one.
const LONGEST_POOL: usize = 1024;

impl Folder<'_> {
    /// A function that makes text of text, or a name whose text is known.
    pub(super) fn named(&mut self, word: &str, at: usize, depth: usize) -> Found {
        let calls = self.is_mark(at + 1, '(');
        let lower = word.to_ascii_lowercase();
        let lower = lower.trim_end_matches('$');
        if !calls {
            if lower == "string"
                && self.is_mark(at + 1, '.')
                && self.token(at + 2).is_some_and(|token| token.is("fromcharcode"))
            {
                return self.codes(at + 4, depth);
            }
            if let Some(found) = self.list_named(word, at + 1, depth) {
                return Some(found);
            }
            if self.is_mark(at + 1, '[') {
                let Some(Token::Number(place)) = self.token(at + 2) else { return None };
                let place = usize::try_from(*place).ok()?;
                let key = self.key(word);
                let one = || {
                    self.names
                        .get(&key)
                        .filter(|value| value.text.len() <= LONGEST_POOL)?
                        .text
                        .chars()
                        .nth(place)
                        .map(String::from)
                };
                let text = self.lists.get(&key).map_or_else(one, |list| list.get(place).cloned())?;
                return self.is_mark(at + 3, ']').then(|| (Value::plain(&text), at + 4));
            }
            let value = self
                .names
                .get(&self.key(word))
                .filter(|value| value.text.len() < 1 << 16 || self.made < MOST / 2)?;
            let value = Value { pieces: 1, ..value.clone() };
            self.made += value.text.len();
            return Some((value, at + 1));
        }
        match lower {
            "chr" | "chrw" | "chrb" => self.codes(at + 2, depth),
            "unescape" | "decodeuricomponent" | "decodeuri" => self.call(at, depth, percent),
            "atob" => {
                let (value, next) = self.call(at, depth, Value::clone)?;
                Some((base64(&value, self.budget), next))
            }
            "strreverse" => self.call(at, depth, Value::reversed),
            "cstr" | "lcase" | "trim" | "string" | "ltrim" | "rtrim" => {
                self.call(at, depth, |value| value.clone())
            }
            "replace" => self.replace_call(at, depth),
            "mid" => self.middle(at, depth),
            "join" => self.join_call(at, depth),
            _ => None,
        }
    }

    pub(super) fn call(&mut self, at: usize, depth: usize, what: impl Fn(&Value) -> Value) -> Found {
        let (value, next) = self.expression(at + 2, depth + 1)?;
        self.is_mark(next, ')').then(|| (what(&value), next + 1))
    }

    /// `Join(list, by)`
    fn join_call(&mut self, at: usize, depth: usize) -> Found {
        let (list, next) = self.list(at + 2, depth)?;
        let (by, next) = if self.is_mark(next, ',') {
            self.expression(next + 1, depth + 1)?
        } else {
            (Value::plain(" "), next)
        };
        self.is_mark(next, ')').then(|| (join(&list, &by.text), next + 1))
    }

    /// `Mid(text, start, length)` between written numbers; the first character is the one of number one.
    fn middle(&mut self, at: usize, depth: usize) -> Found {
        let (value, next) =
            self.expression(at + 2, depth + 1).filter(|(value, _)| value.text.len() <= 4 * LONGEST_POOL)?;
        let number = |at: usize| match self.token(at) {
            Some(Token::Number(number)) if self.is_mark(at.saturating_sub(1), ',') => {
                usize::try_from(*number).ok()
            }
            _ => None,
        };
        let start = number(next + 1)?.checked_sub(1)?;
        let (length, close) = number(next + 3).map_or((usize::MAX, next + 2), |length| (length, next + 4));
        let text = value.text.chars().skip(start).take(length).collect();
        self.is_mark(close, ')')
            .then(|| (Value { text, pieces: value.pieces + 1, is_decoded: true }, close + 1))
    }

    /// `Replace(text, what, with)`
    pub(super) fn replace_call(&mut self, at: usize, depth: usize) -> Found {
        let (value, next) = self.expression(at + 2, depth + 1)?;
        let (what, next) = self.expression(next + 1, depth + 1).filter(|_| self.is_mark(next, ','))?;
        let (with, next) = self.expression(next + 1, depth + 1).filter(|_| self.is_mark(next, ','))?;
        let end = (next..next + 8).find(|at| self.is_mark(*at, ')'))?;
        self.made += value.text.len();
        Some((replaced(&value, &what.text, &with.text), end + 1))
    }
}
