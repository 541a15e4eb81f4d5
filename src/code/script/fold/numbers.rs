//! Character codes, and the arithmetic that makes them.

use super::{DEEPEST, Folder, Found};
use crate::code::script::dialect::Dialect;
use crate::code::script::lexer::Token;
use crate::code::script::values::Value;

impl Folder<'_> {
    /// Codes with commas between, up to the closing bracket.
    pub(super) fn codes(&mut self, at: usize, depth: usize) -> Found {
        let mut value = Value::default();
        let mut next = at;
        loop {
            let (code, after) = self.number(next, depth)?;
            value.push(&Value::code(code));
            next = after;
            if self.is_mark(next, ')') {
                return Some((Value { pieces: value.pieces.max(1), is_decoded: true, ..value }, next + 1));
            }
            if !self.is_mark(next, ',') {
                return None;
            }
            next += 1;
        }
    }

    /// Arithmetic from left to right.
    pub(super) fn number(&mut self, at: usize, depth: usize) -> Option<(i64, usize)> {
        if depth > DEEPEST {
            return None;
        }
        let (mut sum, mut next) = self.factor(at, depth)?;
        loop {
            let operator = match self.token(next)? {
                Token::Mark(mark @ ('+' | '-' | '*' | '/' | '^' | '\\')) => *mark,
                token if token.is("xor") => '^',
                token if token.is("mod") => '%',
                _ => return Some((sum, next)),
            };
            let operator =
                if operator == '^' && self.dialect == Dialect::VisualBasic && self.is_mark(next, '^') {
                    '?'
                } else {
                    operator
                };
            let (right, after) = self.factor(next + 1, depth)?;
            sum = match operator {
                '+' => sum.wrapping_add(right),
                '-' => sum.wrapping_sub(right),
                '*' => sum.wrapping_mul(right),
                '/' | '\\' => sum.checked_div(right)?,
                '%' => sum.checked_rem(right)?,
                '^' => sum ^ right,
                _ => return None,
            };
            next = after;
        }
    }

    pub(super) fn factor(&mut self, at: usize, depth: usize) -> Option<(i64, usize)> {
        match self.token(at)? {
            Token::Number(number) => Some((*number, at + 1)),
            Token::Mark('-') => self
                .factor(at + 1, depth + 1)
                .filter(|_| depth < DEEPEST)
                .map(|(number, next)| (number.wrapping_neg(), next)),
            Token::Mark('(') => {
                let (number, next) = self.number(at + 1, depth + 1)?;
                self.is_mark(next, ')').then_some((number, next + 1))
            }
            Token::Word(word)
                if ["clng", "cint", "cbyte", "cdbl", "parseint", "number", "round", "int"]
                    .iter()
                    .any(|name| word.eq_ignore_ascii_case(name))
                    && depth < DEEPEST =>
            {
                let (number, next) = self.number(at + 2, depth + 1)?;
                self.is_mark(next, ')').then_some((number, next + 1))
            }
            Token::Word(word) => Some((self.names.get(&self.key(word))?.text.parse().ok()?, at + 1)),
            Token::Text(text) => {
                let lower = text.to_ascii_lowercase();
                let code = lower
                    .strip_prefix("&h")
                    .map_or_else(|| lower.parse().ok(), |digits| i64::from_str_radix(digits, 16).ok());
                Some((code?, at + 1))
            }
            _ => None,
        }
    }
}
