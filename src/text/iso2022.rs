//! ISO-2022 with the escapes seen in mail: RFC 1468 (ISO-2022-JP), RFC 1554 (-JP-2), JIS X 0213 (-JP-3, -2004),
//! Microsoft's CP50220 to CP50222 (half-width katakana by escape, by SO and as 8-bit bytes), RFC 1557 (-KR).
//!
//! It is ours because real mail breaks the standard in ways a strict decoder answers with U+FFFD: Shift_JIS or EUC
//! bytes under this label, lines that end without the escape back to ASCII. Left out: the high half of ISO-8859-1
//! and -7 in ISO-2022-JP-2 (ESC N), which no mailer was seen to write.

use super::guess::guess_8bit;
use encoding_rs::{EUC_JP, EUC_KR, GBK};

/// Decodes; bytes no set explains become U+FFFD, 8-bit runs are guessed.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut decoder = Decoder::default();
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            0x1b => decoder.escape(rest, after),
            0x0e => decoder.shift(Some(decoder.shifted_set), after),
            0x0f => decoder.shift(None, after),
            _ => decoder.byte(byte, after),
        };
    }
    decoder.flush();
    decoder.text
}

/// Whether an escape of these sets stands in the bytes.
pub(super) fn has_escape(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0x1b, bytes).any(|at| {
        bytes.get(at..).is_some_and(|rest| ESCAPES.iter().any(|(escape, _)| rest.starts_with(escape)))
    })
}

/// A coded character set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Set {
    #[default]
    Ascii,
    Katakana,
    Jis0208,
    Jis0212,
    Gb2312,
    Ksc5601,
    /// Shifted in by SO (RFC 1557, ISO-2022-CN); the escape only says what SO will mean.
    ShiftedKsc,
    ShiftedGb,
}

/// Escapes and what they call in. The longer ones stand before their own beginnings.
const ESCAPES: &[(&[u8], Set)] = &[
    (b"\x1b$(@", Set::Jis0208),
    (b"\x1b$(B", Set::Jis0208),
    (b"\x1b$(O", Set::Jis0208),
    (b"\x1b$(Q", Set::Jis0208),
    (b"\x1b$(P", Set::Jis0212),
    (b"\x1b$(D", Set::Jis0212),
    (b"\x1b$(C", Set::Ksc5601),
    (b"\x1b$)C", Set::ShiftedKsc),
    (b"\x1b$)A", Set::ShiftedGb),
    (b"\x1b$@", Set::Jis0208),
    (b"\x1b$B", Set::Jis0208),
    (b"\x1b$A", Set::Gb2312),
    (b"\x1b(B", Set::Ascii),
    (b"\x1b(J", Set::Ascii),
    (b"\x1b(H", Set::Ascii),
    (b"\x1b(I", Set::Katakana),
];

#[derive(Debug)]
struct Decoder {
    text: String,
    set: Set,
    /// The set SO returns from, while shifted.
    before: Option<Set>,
    /// What SO means: katakana, as in CP50222, until an escape says otherwise.
    shifted_set: Set,
    /// Bytes of one run, in the 8-bit form that the decoder of its set reads.
    run: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            text: String::new(),
            set: Set::Ascii,
            before: None,
            shifted_set: Set::Katakana,
            run: Vec::new(),
        }
    }
}

impl Decoder {
    /// Takes an escape off the front; one that is unknown is dropped alone, its bytes stay as text.
    fn escape<'a>(&mut self, whole: &'a [u8], after: &'a [u8]) -> &'a [u8] {
        let known = ESCAPES.iter().find_map(|(escape, set)| Some((whole.strip_prefix(*escape)?, *set)));
        let Some((rest, set)) = known else {
            self.flush();
            self.text.push('\u{1b}');
            return after;
        };
        match set {
            Set::ShiftedKsc => self.shifted_set = Set::Ksc5601,
            Set::ShiftedGb => self.shifted_set = Set::Gb2312,
            set => self.enter(set),
        }
        rest
    }

    fn shift<'a>(&mut self, into: Option<Set>, after: &'a [u8]) -> &'a [u8] {
        match into {
            Some(set) => {
                let before = self.before.unwrap_or(self.set);
                self.enter(set);
                self.before = Some(before);
            }
            None => {
                let set = self.before.take().unwrap_or(self.set);
                self.enter(set);
            }
        }
        after
    }

    fn enter(&mut self, set: Set) {
        if set != self.set {
            self.flush();
        }
        self.set = set;
        self.before = None;
    }

    /// Takes one character off the front.
    fn byte<'a>(&mut self, byte: u8, after: &'a [u8]) -> &'a [u8] {
        if byte == b'\n' || byte == b'\r' {
            // RFC 1468: a line ends in ASCII. Mail whose escapes were cut relies on it.
            self.enter(Set::Ascii);
        }
        let graphic = (0x21..=0x7e).contains(&byte);
        match (self.set, after.split_first()) {
            (Set::Katakana, _) if (0x21..=0x5f).contains(&byte) => {
                self.run.extend([0x8e, byte | 0x80]);
                after
            }
            (Set::Jis0208 | Set::Jis0212 | Set::Gb2312 | Set::Ksc5601, Some((second, rest)))
                if graphic && (0x21..=0x7e).contains(second) =>
            {
                if self.set == Set::Jis0212 {
                    self.run.push(0x8f);
                }
                self.run.extend([byte | 0x80, second | 0x80]);
                rest
            }
            (Set::Ascii, _) => {
                self.run.push(byte);
                after
            }
            _ => {
                self.stray(byte);
                after
            }
        }
    }

    /// A byte that the present set does not have: a blank, a cut character, an 8-bit byte of another charset.
    fn stray(&mut self, byte: u8) {
        self.flush();
        if byte <= 0x20 {
            self.text.push(char::from(byte));
        } else if byte >= 0x80 {
            let set = std::mem::take(&mut self.set);
            self.run.push(byte);
            self.flush();
            self.set = set;
        } else {
            self.text.push('\u{fffd}');
        }
    }

    /// Decodes the run as what it is.
    fn flush(&mut self) {
        let decoded = match self.set {
            Set::Ascii => guess_8bit(&self.run),
            Set::Gb2312 | Set::ShiftedGb => GBK.decode_without_bom_handling(&self.run).0.into_owned(),
            Set::Ksc5601 | Set::ShiftedKsc => EUC_KR.decode_without_bom_handling(&self.run).0.into_owned(),
            Set::Katakana | Set::Jis0208 | Set::Jis0212 => {
                EUC_JP.decode_without_bom_handling(&self.run).0.into_owned()
            }
        };
        self.text.push_str(&decoded);
        self.run.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_japanese_set_is_read() {
        assert_eq!(decode(b"PW \x1b$B%Q%9\x1b(B!"), "PW パス!");
        assert_eq!(decode(b"\x1b(IJ_=\\0D^\x1b(B"), "ﾊﾟｽﾜｰﾄﾞ");
        assert_eq!(decode(b"\x1b$B-!-b\x1b(B"), "①№");
        assert_eq!(decode(b"\x1b$(D0!\x1b(J~"), "丂~");
        assert_eq!(decode(b"\x1b$@F|K\\\x1b(J"), "日本");
        assert_eq!(decode(b"\x0e1\x0f1"), "ｱ1");
    }

    #[test]
    fn eight_bit_bytes_under_this_label_are_guessed() {
        assert_eq!(decode(b"\x90\xbf\x8b\x81\x8f\x91"), "請求書");
        assert_eq!(decode("請求書".as_bytes()), "請求書");
        assert_eq!(decode(b"\x1b$B@A\x1b(B \x83p\x83X\x83\x8f\x81[\x83h"), "請 パスワード");
    }

    #[test]
    fn a_line_ends_in_ascii_even_when_the_escape_was_cut() {
        assert_eq!(decode(b"\x1b$B@A5a\r\nPassword: k7"), "請求\r\nPassword: k7");
        assert_eq!(decode(b"\x1b$B@A5"), "請\u{fffd}");
    }

    #[test]
    fn an_unknown_escape_is_kept() {
        assert_eq!(decode(b"a\x1b[2Jb"), "a\u{1b}[2Jb");
        assert!(!has_escape(b"a\x1b[2Jb"));
        assert!(has_escape(b"a\x1b$Bb"));
    }
}
