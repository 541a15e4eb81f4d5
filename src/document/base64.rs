//! Base64 (RFC 4648) as it stands in XML: broken into lines, and read past whatever is none of its letters.

use crate::limits::{Budget, Decoded};
use std::io::Read;

/// Decodes `text`, paid from the budget. Foreign characters are passed over; the padding ends nothing.
pub(crate) fn decode(text: &str, budget: &mut Budget) -> Decoded {
    budget.read(&mut Letters { bytes: text.bytes(), bits: 0, held: 0 })
}

struct Letters<'a> {
    bytes: std::str::Bytes<'a>,
    /// The bits that were not given out yet, and how many they are.
    bits: u32,
    held: u32,
}

impl Read for Letters<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut made = 0;
        for place in out {
            let Some(byte) = self.byte() else { break };
            *place = byte;
            made += 1;
        }
        Ok(made)
    }
}

impl Letters<'_> {
    fn byte(&mut self) -> Option<u8> {
        while self.held < 8 {
            let letter = self.bytes.next()?;
            if letter == b'=' {
                (self.bits, self.held) = (0, 0);
            }
            if let Some(value) = value(letter) {
                self.bits = self.bits << 6 | value;
                self.held += 6;
            }
        }
        self.held -= 8;
        let byte = self.bits >> self.held;
        self.bits &= (1 << self.held) - 1;
        u8::try_from(byte).ok()
    }
}

fn value(letter: u8) -> Option<u32> {
    let (first, value) = match letter {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => (b'+', 62),
        b'/' => (b'/', 63),
        _ => return None,
    };
    Some(u32::from(letter - first) + value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn letters_become_bytes_whatever_stands_between() {
        let rows = [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm\r\n9v Ym*Fy", "foobar"),
            ("Zg==Zg==", "ff"),
        ];
        for (text, want) in rows {
            assert_eq!(decode(text, &mut Budget::new(&Limits::default())).bytes, want.as_bytes(), "{text}");
        }
    }
}
