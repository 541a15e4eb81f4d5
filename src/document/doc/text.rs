//! The characters of a document, part by part (MS-DOC 2.4.1): what is seen, what is hidden, and the codes of fields.

use super::fib::Fib;
use super::look::{Hidden, Looks};
use super::pieces::Piece;
use crate::document::listing::Listing;

/// What the characters of a document say.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// What a reader sees.
    pub(super) seen: String,
    /// The rest.
    pub(super) unseen: Listing,
    /// How many fields are open, and in which of them the code is being read.
    fields: Vec<bool>,
    code: String,
    /// The hidden run being read.
    run: Option<(Hidden, String)>,
}

/// Bytes of text that are kept of one document.
const MOST: usize = 1 << 20;
/// Characters that are read of one document, seen or not.
const MOST_CHARACTERS: usize = 4 << 20;
/// Characters of the code of one field.
const LONGEST_CODE: usize = 8192;
/// Fields in fields.
const DEEPEST: usize = 64;
/// Fields whose code does something or names something outside.
const FIELDS: &[&str] = &["DDE", "INCLUDE", "IMPORT", "LINK", "MACROBUTTON", "DATABASE"];

impl Story {
    /// Reads the pieces, which may overlap, until enough characters were read.
    pub(super) fn read(fib: &Fib, pieces: &[Piece], looks: &Looks, stream: &[u8]) -> Self {
        let mut story = Self::default();
        let mut parts = fib.parts.iter().filter(|(_, length)| *length > 0).copied();
        let mut part = parts.next();
        let mut left = part.map_or(u32::MAX, |(_, length)| length);
        let mut count = 0usize;
        for piece in pieces {
            for (at, unit) in units(piece, stream) {
                count += 1;
                if story.seen.len() >= MOST || count > MOST_CHARACTERS {
                    return story.finish();
                }
                if left == 0 {
                    part = parts.next();
                    left = part.map_or(u32::MAX, |(_, length)| length);
                    story.end_part();
                }
                left = left.saturating_sub(1);
                let hidden = looks.at(at).0;
                story.take(unit, hidden);
            }
        }
        story.finish()
    }

    /// A story that is all seen.
    pub(super) fn plain(seen: String) -> Self {
        Self { seen, ..Self::default() }
    }

    fn finish(mut self) -> Self {
        self.end_part();
        self
    }

    fn take(&mut self, unit: char, hidden: Option<Hidden>) {
        match unit {
            '\u{13}' if self.fields.len() < DEEPEST => self.fields.push(true),
            '\u{14}' => {
                self.end_code();
                if let Some(open) = self.fields.last_mut() {
                    *open = false;
                }
            }
            '\u{15}' => {
                self.end_code();
                self.fields.pop();
            }
            _ if self.fields.contains(&true) => {
                if self.code.len() < LONGEST_CODE && unit >= ' ' {
                    self.code.push(unit);
                }
            }
            _ => self.show(unit, hidden),
        }
    }

    fn show(&mut self, unit: char, hidden: Option<Hidden>) {
        let shown = match unit {
            '\r' | '\u{b}' | '\u{c}' | '\u{e}' => '\n',
            '\u{7}' | '\t' => '\t',
            '\u{1e}' => '-',
            '\0'..='\u{1f}' => return,
            unit => unit,
        };
        let open = self.run.as_ref().map(|(hidden, _)| *hidden);
        if open != hidden && (shown != '\n' || hidden.is_some()) {
            self.end_run();
        }
        match hidden {
            None => self.seen.push(shown),
            Some(hidden) => self.run.get_or_insert((hidden, String::new())).1.push(shown),
        }
    }

    fn end_run(&mut self) {
        if let Some((hidden, text)) = self.run.take()
            && !text.trim().is_empty()
        {
            self.unseen.put(hidden.word(), text.trim());
        }
    }

    /// Notes the code of a field that does something.
    fn end_code(&mut self) {
        let code = std::mem::take(&mut self.code);
        let upper = code.trim_start().to_ascii_uppercase();
        if FIELDS.iter().any(|field| upper.starts_with(field)) {
            self.unseen.put("field", code.trim());
        }
    }

    fn end_part(&mut self) {
        self.end_run();
        self.end_code();
        self.fields.clear();
        if !self.seen.is_empty() && !self.seen.ends_with('\n') {
            self.seen.push('\n');
        }
    }
}

/// The characters of a piece with their places. Surrogates come in pairs; what is no character is left out.
fn units<'a>(piece: &Piece, stream: &'a [u8]) -> Box<dyn Iterator<Item = (u32, char)> + 'a> {
    let bytes = stream.get(piece.offset..).unwrap_or_default();
    let count = usize::try_from(piece.characters).unwrap_or(0);
    let start = u32::try_from(piece.offset).unwrap_or(u32::MAX);
    if piece.narrow {
        let bytes = bytes.get(..count).unwrap_or(bytes);
        return Box::new((start..).zip(bytes.iter().map(|byte| western(*byte))));
    }
    let (units, _) = bytes.as_chunks::<2>();
    let units = units.get(..count).unwrap_or(units);
    let decoded = char::decode_utf16(units.iter().copied().map(u16::from_le_bytes));
    let mut at = start;
    Box::new(decoded.map(move |unit| {
        let c = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
        let own = at;
        at = at.saturating_add(2 * u32::try_from(c.len_utf16()).unwrap_or(1));
        (own, c)
    }))
}

/// A character of code page 1252.
fn western(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let place = byte.checked_sub(0x80).map(usize::from);
    place.and_then(|place| HIGH.get(place)).copied().unwrap_or(char::from(byte))
}
