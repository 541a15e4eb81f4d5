//! Predefined character maps whose codes are text already (ISO 32000-1 9.7.5.2).

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GBK, SHIFT_JIS, UTF_8, UTF_16BE};

/// What the codes of a font are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Codes {
    /// Two bytes that mean a glyph, and text only by a map.
    Glyphs,
    /// Text in an encoding.
    Text(&'static Encoding),
    /// JIS X 0208 by row and cell: EUC without the high bits.
    Jis,
}

/// Pieces of names, the more special first.
const NAMES: &[(&str, &Encoding)] = &[
    ("UTF16", UTF_16BE),
    ("UCS2", UTF_16BE),
    ("UTF8", UTF_8),
    ("RKSJ", SHIFT_JIS),
    ("GBK", GBK),
    ("GB-EUC", GBK),
    ("GBpc-EUC", GBK),
    ("ETen", BIG5),
    ("B5pc", BIG5),
    ("HKscs", BIG5),
    ("KSC", EUC_KR),
    ("EUC", EUC_JP),
];

impl Codes {
    /// By the name of a predefined map.
    pub(super) fn named(name: &str) -> Self {
        if matches!(name, "H" | "V") {
            return Self::Jis;
        }
        let known = NAMES.iter().find(|(piece, _)| name.contains(piece));
        known.map_or(Self::Glyphs, |(_, encoding)| Self::Text(encoding))
    }

    /// How many bytes the first code has.
    pub(super) fn length(self, bytes: &[u8]) -> usize {
        let first = bytes.first().copied().unwrap_or_default();
        match self {
            Self::Text(encoding) if encoding == SHIFT_JIS => {
                1 + usize::from(matches!(first, 0x81..=0x9f | 0xe0..=0xfc))
            }
            Self::Text(encoding) if encoding == UTF_16BE => {
                if matches!(first, 0xd8..=0xdb) {
                    4
                } else {
                    2
                }
            }
            Self::Text(encoding) if encoding == UTF_8 => match first {
                ..0xc0 => 1,
                0xc0..0xe0 => 2,
                0xe0..0xf0 => 3,
                0xf0.. => 4,
            },
            Self::Text(encoding) if encoding == EUC_JP && first == 0x8f => 3,
            Self::Text(_) => 1 + usize::from(first >= 0x81),
            Self::Glyphs | Self::Jis => 2,
        }
    }

    /// Adds the text of one code.
    pub(super) fn put(self, code: &[u8], out: &mut String) {
        match (self, code) {
            (Self::Glyphs, _) => {}
            (Self::Text(encoding), [high, low]) if encoding == UTF_16BE => {
                let letter = char::from_u32(u32::from(u16::from_be_bytes([*high, *low])));
                out.push(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            (Self::Text(encoding), _) => out.push_str(&encoding.decode_without_bom_handling(code).0),
            (Self::Jis, _) => {
                let euc: Vec<u8> = code.iter().map(|byte| byte | 0x80).collect();
                out.push_str(&EUC_JP.decode_without_bom_handling(&euc).0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_text() {
        let rows: &[(&str, &[u8], usize, &str)] = &[
            ("90ms-RKSJ-H", b"\x90\xbf1", 2, "請"),
            ("90msp-RKSJ-V", b"a\x90", 1, "a"),
            ("UniJIS-UTF16-H", b"\xd8\x3d\xde\x00", 4, "😀"),
            ("UniJIS-UCS2-HW-H", b"\x8a\xcb", 2, "請"),
            ("EUC-H", b"\xc0\xc1", 2, "請"),
            ("H", b"\x40\x41", 2, "請"),
            ("GBK-EUC-H", b"\xc7\xeb", 2, "请"),
        ];
        for (name, bytes, length, want) in rows {
            let codes = Codes::named(name);
            assert_eq!(codes.length(bytes), *length, "{name}");
            let mut text = String::new();
            codes.put(&bytes[..*length], &mut text);
            assert_eq!(text, *want, "{name}");
        }
        assert_eq!(Codes::named("Identity-H"), Codes::Glyphs);
    }
}
