//! The bytes of an object (`\objdata`): hexadecimal, with whatever is strewn among the digits.
//!
//! Word takes digits wherever they stand and steps over the rest; `\'` costs it two characters and the half of a byte
//! that was pending. How its versions differ is nowhere written, so where noise was found and the bytes make no object,
//! the other readings that are known are tried.

use super::super::ole1::Object;
use crate::limits::{Budget, Stop};
use crate::rtf::{Token, token};

/// Digits joined to bytes.
#[derive(Debug, Default)]
pub(super) struct Hex {
    pub(super) bytes: Vec<u8>,
    pub(super) half: Option<u8>,
}

/// What stands among the digits of an object and is none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Noise {
    pub(super) words: u64,
    pub(super) groups: u64,
    pub(super) symbols: u64,
    pub(super) escapes: u64,
    pub(super) binaries: u64,
    pub(super) letters: u64,
    pub(super) blanks: u64,
    pub(super) digits: u64,
}

impl Hex {
    /// Takes a run of text.
    pub(super) fn text(&mut self, run: &[u8], noise: &mut Noise) {
        for byte in run {
            match digit(*byte) {
                Some(digit) => {
                    noise.digits += 1;
                    self.digit(digit);
                }
                None if byte.is_ascii_whitespace() || *byte == 0 => noise.blanks += 1,
                None => noise.letters += 1,
            }
        }
    }

    /// Takes raw bytes.
    pub(super) fn binary(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.digit(byte >> 4);
            self.digit(byte & 15);
        }
    }

    /// Forgets half a byte.
    pub(super) fn drop_half(&mut self) {
        self.half = None;
    }

    pub(super) fn digit(&mut self, digit: u8) {
        match self.half.take() {
            Some(high) => self.bytes.push(high << 4 | digit),
            None => self.half = Some(digit),
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

impl Noise {
    /// What no writer of documents puts there, in words.
    pub(super) fn tell(&self) -> Option<String> {
        let counts = [
            (self.words, FEW, "control words"),
            (self.groups, FEW, "groups"),
            (self.symbols, 0, "control symbols"),
            (self.escapes, 0, "escapes"),
            (self.binaries, 0, "pieces of binary data"),
            (self.letters, 15, "other characters"),
            (self.blanks, self.digits + 64, "blanks"),
        ];
        let told = counts.iter().filter(|(count, most, _)| count > most);
        let told: Vec<String> = told.map(|(count, _, what)| format!("{count} {what}")).collect();
        (!told.is_empty()).then(|| format!("{} among {} digits", told.join(", "), self.digits))
    }

    /// Whether anything at all stands among the digits.
    fn is_any(&self) -> bool {
        self.words + self.groups + self.symbols + self.escapes + self.binaries + self.letters > 0
    }
}

/// Words and groups that a clumsy writer may leave among the digits.
const FEW: u64 = 1;

/// A way to read what stands among the digits.
#[derive(Clone, Copy, Debug)]
struct Reading {
    escape: Escape,
    /// The first digit is not one of the data.
    shifted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    Drops,
    Nothing,
    Byte,
}

const READINGS: &[Reading] = &[
    Reading { escape: Escape::Drops, shifted: false },
    Reading { escape: Escape::Nothing, shifted: false },
    Reading { escape: Escape::Byte, shifted: false },
    Reading { escape: Escape::Drops, shifted: true },
    Reading { escape: Escape::Nothing, shifted: true },
];

/// The bytes of an object: those of Word's reading, or of the first other one that makes an object.
pub(super) fn settle(
    bytes: Vec<u8>,
    source: &[u8],
    noise: &Noise,
    budget: &mut Budget,
) -> Result<Vec<u8>, Stop> {
    let mut best = (Object::worth(&bytes), bytes);
    let readings = if noise.is_any() { READINGS } else { READINGS.get(3..).unwrap_or_default() };
    for reading in readings {
        if best.0 >= Object::BEST {
            break;
        }
        let again = read(source, *reading);
        budget.pay(again.len() as u64)?;
        let worth = Object::worth(&again);
        if worth > best.0 {
            best = (worth, again);
        }
    }
    Ok(best.1)
}

/// Reads a run with every group counted.
fn read(source: &[u8], reading: Reading) -> Vec<u8> {
    let (mut hex, mut none) = (Hex::default(), Noise::default());
    if reading.shifted {
        hex.digit(0);
    }
    let mut rest = source;
    while let Some((piece, after)) = token(rest) {
        rest = after;
        match piece {
            Token::Byte(byte) => hex.text(&[byte], &mut none),
            Token::Escape(value) => {
                match (reading.escape, value) {
                    (Escape::Drops, _) => hex.drop_half(),
                    (Escape::Byte, Some(byte)) => hex.binary(&[byte]),
                    _ => {}
                }
                if value.is_none() {
                    rest = rest.get(2..).unwrap_or_default();
                }
            }
            Token::Word(b"bin", count) => {
                let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
                if let Some((raw, after)) = rest.split_at_checked(count) {
                    hex.binary(raw);
                    rest = after;
                }
            }
            _ => {}
        }
    }
    let mut bytes = hex.bytes;
    if reading.shifted && !bytes.is_empty() {
        bytes.remove(0);
    }
    bytes
}
