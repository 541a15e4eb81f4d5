//! The codes of a macro as the text of its source. Two bytes of version, then words, names and texts one after the other.

use super::words;
use crate::bytes::Reader;
use crate::text::{code_page, decode};

/// A macro put back into text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// The source.
    pub(super) text: String,
    /// Codes that nothing is known of.
    pub(super) unknown: usize,
    /// Whether the last code was all there.
    pub(super) whole: bool,
}

/// Texts after their length: code, and what stands before and after one.
const TEXTS: &[(u8, &str, &str)] = &[
    (0x65, "\r\n", ":"),
    (0x69, "", ""),
    (0x6a, "\"", "\""),
    (0x6b, "'", ""),
    (0x6d, "", ""),
    (0x70, "Rem", ""),
    (0x76, ".", ""),
    (0x77, "", ""),
];

/// The procedure that runs when the macro does.
const MAIN: &str = "MAIN";
/// Blanks kept of an indentation.
const MOST_BLANKS: usize = 16;

/// The source of the macro `name`, whose main procedure gets that name.
pub(super) fn listing(codes: &[u8], name: &str, page: u16) -> Listing {
    let mut writer = Writer { name, page, ..Writer::default() };
    let mut reader = Reader::new(codes);
    let whole = reader.skip(2).and_then(|()| writer.all(&mut reader)).is_some();
    Listing { text: writer.text, unknown: writer.unknown, whole }
}

#[derive(Default)]
struct Writer<'a> {
    name: &'a str,
    page: u16,
    text: String,
    unknown: usize,
}

impl Writer<'_> {
    fn all(&mut self, reader: &mut Reader) -> Option<()> {
        while let Some(code) = reader.u8() {
            self.code(code, reader)?;
        }
        Some(())
    }

    fn code(&mut self, code: u8, reader: &mut Reader) -> Option<()> {
        if let Some((_, before, after)) = TEXTS.iter().find(|(known, ..)| *known == code) {
            let length = usize::from(reader.u8()?);
            let text = code_page(self.page, reader.take(length)?);
            self.named(before, &text, after);
            return Some(());
        }
        match code {
            0x64 => self.text.push_str("\r\n"),
            0x66 | 0x6c => {
                let number = reader.u16()?;
                self.word(&number.to_string());
            }
            0x67 => {
                let number = reader.u16()?;
                self.numbered(words::command(number), "Command", number);
            }
            0x68 => {
                let number = f64::from_bits(reader.u64()?);
                self.word(&number.to_string());
            }
            0x6e | 0x6f => {
                let count = usize::from(reader.u8()?);
                self.text.extend(std::iter::repeat_n(' ', count.min(MOST_BLANKS)));
            }
            0x73 => {
                let number = reader.u16()?;
                self.numbered(
                    words::setting(number).map(|name| format!(".{name}")).as_deref(),
                    ".Setting",
                    number,
                );
            }
            0x79 => {
                let length = usize::from(reader.u16()?);
                let text = decode("utf-16le", reader.take(length.checked_mul(2)?)?);
                self.named("\"", &text, "\"");
            }
            0x7c => {
                let length = usize::from(reader.u8()?);
                let text = decode("utf-16le", reader.take(length * 2)?);
                self.named("'", &text, "");
            }
            other => match words::word(other) {
                Some(word) => self.word(word),
                None => self.unknown += 1,
            },
        }
        Some(())
    }

    /// A name or text between what marks it. A line never ends in it.
    fn named(&mut self, before: &str, text: &str, after: &str) {
        let is_main = before.is_empty() && text.eq_ignore_ascii_case(MAIN) && self.text.ends_with("Sub");
        let text = if is_main { self.name } else { text };
        let text: String = text.chars().map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }).collect();
        let text = if before == "\"" { text.replace('"', "\"\"") } else { text };
        self.word(&format!("{before}{text}{after}"));
    }

    fn numbered(&mut self, name: Option<&str>, other: &str, number: u16) {
        match name {
            Some(name) => self.word(name),
            None => self.word(&format!("{other}{number:04x}")),
        }
    }

    /// A word, apart from the one before it.
    fn word(&mut self, word: &str) {
        let joined = word.starts_with(['(', ')', ',', ' ', '\r']);
        if !joined && !self.text.is_empty() && !self.text.ends_with([' ', '\n', '(']) {
            self.text.push(' ');
        }
        self.text.push_str(word);
    }
}
