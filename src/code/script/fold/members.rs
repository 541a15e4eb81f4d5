//! What is done to a text behind a dot or a dash.

use super::{Folder, Found, MOST};
use crate::code::script::dialect::Dialect;
use crate::code::script::lexer::Token;
use crate::code::script::values::{Value, is_too_much, replaced};

/// Bytes of a text of which parts are taken.
const LONGEST_WHOLE: usize = 4096;

impl Folder<'_> {
    /// What is done to a text behind a dot or a dash.
    pub(super) fn members(&mut self, found: (Value, usize), depth: usize) -> (Value, usize) {
        let (mut value, mut next) = found;
        for _ in 0..64 {
            match self.member(&value, next, depth) {
                Some((changed, after)) => (value, next) = (changed, after),
                None => break,
            }
            self.made += value.text.len();
            if self.made > MOST {
                break;
            }
        }
        (value, next)
    }

    pub(super) fn member(&mut self, value: &Value, at: usize, depth: usize) -> Found {
        if self.is_mark(at, '[') && self.is_mark(at + 1, '-') && self.is_mark(at + 3, '.') {
            let end = (at + 4..at + 16).find(|at| self.is_mark(*at, ']'))?;
            let by = usize::from(self.is_mark(end + 1, '-')) * 3;
            return Some((value.reversed(), end + 1 + by));
        }
        let is_dash = self.is_mark(at, '-') && self.dialect == Dialect::PowerShell;
        let name = self.word(at + 1).filter(|_| is_dash || self.is_mark(at, '.'))?.to_ascii_lowercase();
        let open = usize::from(!is_dash);
        if open == 1 && !self.is_mark(at + 2, '(') {
            return None;
        }
        let first = at + 2 + open;
        match name.as_str() {
            "replace" | "creplace" | "ireplace" => {
                let (what, next) = self.pattern(first, depth)?;
                let (with, next) = match self.expression(next + 1, depth + 1) {
                    Some(found) if self.is_mark(next, ',') => found,
                    _ if is_dash => (Value::plain(""), next),
                    _ => return None,
                };
                let close = usize::from(open == 1 && self.is_mark(next, ')'));
                Some((replaced(value, &what, &with.text), next + close))
            }
            "split" if !is_dash => self.split(value, first, depth),
            "charat" | "substr" | "substring" if !is_dash => self.part(value, &name, first),
            "f" if is_dash => self.format(value, first, depth),
            "tostring" | "trim" | "valueof" | "tolowercase" | "tolower" | "trimend"
                if self.is_mark(first, ')') =>
            {
                Some((value.clone(), first + 1))
            }
            _ => None,
        }
    }

    /// A part of a text between written numbers. PowerShell counts its length, JavaScript where it ends.
    fn part(&self, value: &Value, name: &str, at: usize) -> Found {
        let number = |at: usize| match self.token(at) {
            Some(Token::Number(number)) => usize::try_from(*number).ok(),
            _ => None,
        };
        let start = number(at)?;
        let (second, close) = match self.is_mark(at + 1, ',') {
            true => (Some(number(at + 2)?), at + 3),
            false => (None, at + 1),
        };
        let length = match (name, second) {
            ("charat", _) => 1,
            ("substring", Some(end)) if self.dialect == Dialect::JavaScript => end.saturating_sub(start),
            (_, Some(length)) => length,
            (_, None) => usize::MAX,
        };
        let text: String = value.text.chars().skip(start).take(length).collect();
        let is_read = self.is_mark(close, ')') && value.text.len() <= LONGEST_WHOLE;
        is_read.then(|| (Value { text, pieces: value.pieces + 1, is_decoded: true }, close + 1))
    }

    /// `.split(a).reverse().join(b)`, with or without the middle.
    pub(super) fn split(&mut self, value: &Value, at: usize, depth: usize) -> Found {
        let (by, next) = self.pattern(at, depth)?;
        let mut list: Vec<String> = if by.is_empty() {
            value.text.chars().map(String::from).collect()
        } else {
            value.text.split(by.as_str()).map(String::from).collect()
        };
        let mut next = next + 1;
        if self.is_mark(next, '.') && self.token(next + 1).is_some_and(|token| token.is("reverse")) {
            list.reverse();
            next += 4;
        }
        if !(self.is_mark(next, '.') && self.token(next + 1).is_some_and(|token| token.is("join"))) {
            return None;
        }
        let (with, next) =
            self.expression(next + 3, depth + 1).filter(|(with, _)| !is_too_much(list.len(), &with.text))?;
        Some((Value { pieces: value.pieces + 1, text: list.join(&with.text), is_decoded: true }, next + 1))
    }

    pub(super) fn pattern(&mut self, at: usize, depth: usize) -> Option<(String, usize)> {
        match self.token(at)? {
            Token::Pattern(pattern) => Some(((*pattern).to_string(), at + 1)),
            _ => self.expression(at, depth + 1).map(|(value, next)| (value.text, next)),
        }
    }

    /// `"{1}{0}" -f 'a', 'b'`
    pub(super) fn format(&mut self, value: &Value, at: usize, depth: usize) -> Found {
        let mut pieces = Vec::new();
        let mut next = at;
        while let Some((piece, after)) = self.term(next, depth + 1) {
            pieces.push(piece.text);
            next = after;
            if !self.is_mark(next, ',') {
                break;
            }
            next += 1;
        }
        let mut text = String::new();
        let mut rest = value.text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (place, behind) = after.split_once('}')?;
            text.push_str(before);
            text.push_str(pieces.get(place.trim().parse::<usize>().ok()?).map_or("", String::as_str));
            rest = behind;
            if text.len() > MOST {
                return None;
            }
        }
        text.push_str(rest);
        (!pieces.is_empty())
            .then_some((Value { text, pieces: value.pieces + pieces.len(), is_decoded: true }, next))
    }
}
