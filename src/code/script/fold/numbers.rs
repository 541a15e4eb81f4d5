//! Character codes, and the arithmetic that makes them.

use super::{DEEPEST, Folder, Found};
use crate::code::script::dialect::Dialect;
use crate::code::script::lexer::Token;
use crate::code::script::values::Value;

/// How strongly operators bind: ECMA-262 section 13.15 and before, and MS-VBAL section 5.6.9.
const OF_OTHERS: &[(char, u8)] =
    &[('|', 1), ('^', 2), ('&', 3), ('+', 4), ('-', 4), ('*', 5), ('/', 5), ('%', 5)];
const OF_BASIC: &[(char, u8)] =
    &[('^', 1), ('+', 2), ('-', 2), ('%', 3), ('\\', 4), ('*', 5), ('/', 5), ('?', 6)];

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

    /// Arithmetic, by the order in which its language works it out.
    pub(super) fn number(&mut self, at: usize, depth: usize) -> Option<(i64, usize)> {
        if depth > DEEPEST {
            return None;
        }
        self.number_above(0, at, depth)
    }

    /// The same as far as operators bind as strongly as that.
    fn number_above(&mut self, least: u8, at: usize, depth: usize) -> Option<(i64, usize)> {
        let (mut sum, mut next) = self.factor(at, depth)?;
        while let Some((operator, level)) = self.operator(next).filter(|(_, level)| *level >= least) {
            let (right, after) = self.number_above(level + 1, next + 1, depth)?;
            sum = match operator {
                '+' => sum.wrapping_add(right),
                '-' => sum.wrapping_sub(right),
                '*' => sum.wrapping_mul(right),
                '/' | '\\' => sum.checked_div(right)?,
                '%' => sum.checked_rem(right)?,
                '^' => sum ^ right,
                '&' => sum & right,
                '|' => sum | right,
                _ => return None,
            };
            next = after;
        }
        Some((sum, next))
    }

    /// The operator of two numbers at a place, and how strongly it binds.
    fn operator(&self, at: usize) -> Option<(char, u8)> {
        let is_basic = self.dialect == Dialect::VisualBasic;
        let levels = if is_basic { OF_BASIC } else { OF_OTHERS };
        let operator = match self.token(at)? {
            // Two of them are another operator.
            Token::Mark('&' | '|') if self.dialect != Dialect::JavaScript => return None,
            Token::Mark(mark @ ('&' | '|')) if self.is_mark(at + 1, *mark) => return None,
            // Visual Basic's own is a power.
            Token::Mark('^') if is_basic => '?',
            Token::Mark(mark) => *mark,
            token if token.is("xor") => '^',
            token if token.is("mod") => '%',
            _ => return None,
        };
        levels.iter().find(|(known, _)| *known == operator).copied()
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
