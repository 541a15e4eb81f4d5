//! How the texts of a table are written: as they are, in base64 with the letters in one order or another, or enciphered
//! with RC4 under a key that each look-up gives.

use crate::cipher::Rc4;
use crate::code::script::lexer::Token;

/// How texts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    /// Base64; whether small letters come before great ones, as obfuscators have it.
    Base64 {
        is_swapped: bool,
    },
}

/// The letters of base64 as RFC 4648 has them, and with the small ones first.
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SWAPPED: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";

impl Coding {
    /// How a function that has such a body decodes.
    pub(super) fn of(body: &[(usize, Token)]) -> Self {
        let says = |letters: &str| {
            body.iter().any(|(_, token)| matches!(token, Token::Text(text) if text.starts_with(letters)))
        };
        let calls = || body.iter().any(|(_, token)| token.is("atob"));
        if says(SWAPPED) {
            Self::Base64 { is_swapped: true }
        } else if says(LETTERS) || calls() {
            Self::Base64 { is_swapped: false }
        } else {
            Self::Plain
        }
    }

    /// The text that is written so.
    pub(super) fn decoded(self, text: &str, key: &str) -> String {
        let Self::Base64 { is_swapped } = self else { return text.to_string() };
        let bytes = base64(text, if is_swapped { SWAPPED } else { LETTERS });
        let Ok(plain) = String::from_utf8(bytes) else { return text.to_string() };
        if key.is_empty() { plain } else { rc4(&plain, key) }
    }
}

/// Base64 with letters in any order; what is none of them is left out.
fn base64(text: &str, letters: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bits = 0u32;
    let mut held = 0u32;
    for byte in text.bytes() {
        let Some(value) = letters.bytes().position(|letter| letter == byte) else { continue };
        bits = (bits << 6 | u32::try_from(value).unwrap_or_default()) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.extend(u8::try_from(bits >> held & 0xff));
        }
    }
    out
}

/// RC4 over characters.
fn rc4(text: &str, key: &str) -> String {
    let mut codes: Vec<u8> =
        text.chars().map(|c| u8::try_from(u32::from(c) & 0xff).unwrap_or_default()).collect();
    Rc4::new(key.as_bytes()).apply(&mut codes);
    codes.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_any_order_are_read() {
        assert_eq!(base64("YWJj", LETTERS), b"abc");
        assert_eq!(base64("ywjJ", SWAPPED), b"abc");
        assert_eq!(base64("Y=W!J", LETTERS), b"ab");
    }
}
