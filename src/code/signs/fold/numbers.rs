//! Numbers made of constants: character codes and the places of cuts.

use super::{Cursor, DEEPEST, Token};

impl Cursor<'_> {
    /// A number made of constants: `+ - * / Xor` from left to right, which is how junk arithmetic is written.
    pub(super) fn number(&mut self) -> Option<f64> {
        let mut value = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Mark(mark @ ('+' | '-' | '*' | '/' | '\\' | '^'))) => *mark,
                Some(Token::Word(word)) if word == "xor" => 'x',
                _ => return Some(value),
            };
            self.at += 1;
            let next = self.factor()?;
            value = arithmetic(operator, value, next);
        }
    }

    fn factor(&mut self) -> Option<f64> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        match token {
            Token::Number(number) => Some(*number),
            Token::Mark('-') => self.factor().map(|number| -number),
            Token::Mark('(') => self.bracketed_number(),
            Token::Word(word) if NUMBER_CALLS.contains(&word.as_str()) => {
                self.at += 1;
                self.bracketed_number()
            }
            Token::Word(word) => key_code(word).or_else(|| self.known.get(word)?.trim().parse().ok()),
            Token::Text(text) => text.trim().parse().ok(),
            Token::Mark(_) => None,
        }
    }

    fn bracketed_number(&mut self) -> Option<f64> {
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let value = self.number();
        self.depth -= 1;
        self.peek()?.is_mark(')').then(|| self.at += 1)?;
        value
    }
}

/// Functions that leave a number as it is.
const NUMBER_CALLS: &[&str] = &["clng", "cint", "cbyte", "val", "int", "fix", "abs", "cdbl", "round", "oct"];

/// Word's constants for keys, `wdKeyA` to `wdKeyZ` and `wdKey0` to `wdKey9`: their values are character codes.
fn key_code(word: &str) -> Option<f64> {
    match word.strip_prefix("wdkey")?.as_bytes() {
        [key] if key.is_ascii_alphanumeric() => Some(f64::from(key.to_ascii_uppercase())),
        _ => None,
    }
}

/// A number as a count of letters.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked before the cast"
)]
pub(super) fn count(number: f64) -> Option<usize> {
    (0.0..1e9).contains(&number).then_some(number as usize)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked before the cast"
)]
pub(super) fn character(code: f64) -> Option<char> {
    let code = code.round();
    (1.0..65536.0).contains(&code).then(|| char::from_u32(code as u32)).flatten()
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and the result is only a guess")]
fn arithmetic(operator: char, a: f64, b: f64) -> f64 {
    match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '^' => a.powf(b),
        'x' => (a as i64 ^ b as i64) as f64,
        _ => a / b,
    }
}
