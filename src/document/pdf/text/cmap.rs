//! Character maps (ISO 32000-1 9.7.5, 9.10.3): which bytes make a code, and which text a code is.

use super::super::object::Object;
use super::super::parser::{Item, Parser};

/// A character map.
#[derive(Debug, Default)]
pub(super) struct Cmap {
    /// How long codes are, by the ranges they lie in: length, first and last.
    spaces: Vec<(usize, u32, u32)>,
    /// In the order of the codes.
    texts: Vec<(u32, Units)>,
    /// First code, last code, text of the first.
    ranges: Vec<(u32, u32, Units)>,
}

/// A text in UTF-16: most are one unit.
#[derive(Debug)]
enum Units {
    One(u16),
    Many(Box<[u16]>),
}

/// The most mappings of one map.
const MOST: usize = 100_000;

impl Cmap {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut parser = Parser::new(bytes, 0);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(item) = parser.item() {
            match item {
                Item::Object(object) => operands.push(object),
                Item::Word(word) => {
                    match word {
                        b"endcodespacerange" => map.spaces(&operands),
                        b"endbfchar" => map.chars(&operands),
                        b"endbfrange" => map.ranges(&operands),
                        _ => {}
                    }
                    operands.clear();
                }
            }
            if map.texts.len() + map.ranges.len() + map.spaces.len() > MOST {
                break;
            }
        }
        map.ranges.sort_by_key(|range| (range.0, range.1));
        map.texts.sort_by_key(|(code, _)| *code);
        map
    }

    /// The first code in `bytes` and its length: by the ranges if there are any, else `usual` bytes.
    pub(super) fn code(&self, bytes: &[u8], usual: usize) -> (u32, usize) {
        let fits = |length: usize| {
            let code = number(bytes.get(..length)?);
            let mut spaces = self.spaces.iter().take(64);
            spaces
                .any(|(of, first, last)| *of == length && (*first..=*last).contains(&code))
                .then_some((code, length))
        };
        let length = usual.min(bytes.len());
        (1..=4).find_map(fits).unwrap_or((number(bytes.get(..length).unwrap_or_default()), length.max(1)))
    }

    /// Whether the map says how long codes are.
    pub(super) fn has_spaces(&self) -> bool {
        !self.spaces.is_empty()
    }

    /// Adds the text of a code; answers whether there is any. Of several mappings of a code the last counts.
    pub(super) fn put(&self, code: u32, out: &mut String) -> bool {
        let place = self.texts.partition_point(|(known, _)| *known <= code);
        let text = place.checked_sub(1).and_then(|place| self.texts.get(place));
        if let Some((_, text)) = text.filter(|(known, _)| *known == code) {
            return text.put(0, out);
        }
        let place = self.ranges.partition_point(|range| range.0 <= code);
        let range = place.checked_sub(1).and_then(|place| self.ranges.get(place));
        let Some((first, _, text)) = range.filter(|(_, last, _)| code <= *last) else { return false };
        u16::try_from(code.saturating_sub(*first)).is_ok_and(|offset| text.put(offset, out))
    }

    fn spaces(&mut self, operands: &[Object]) {
        for pair in operands.chunks_exact(2) {
            if let [Object::Text(first), Object::Text(last)] = pair
                && (1..=4).contains(&first.len())
            {
                self.spaces.push((first.len(), number(first), number(last)));
            }
        }
    }

    fn chars(&mut self, operands: &[Object]) {
        for pair in operands.chunks_exact(2) {
            if let [Object::Text(code), Object::Text(text)] = pair {
                self.texts.push((number(code), units(text)));
            }
        }
    }

    fn ranges(&mut self, operands: &[Object]) {
        for triple in operands.chunks_exact(3) {
            match triple {
                [Object::Text(first), Object::Text(last), Object::Text(text)] => {
                    self.ranges.push((number(first), number(last), units(text)));
                }
                [Object::Text(first), Object::Text(_), Object::Array(texts)] => {
                    let codes = number(first)..=u32::MAX;
                    for (code, text) in codes.zip(texts.iter().take(MOST).filter_map(Object::text)) {
                        self.texts.push((code, units(text)));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Bytes as a number, the highest first.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Bytes as UTF-16; a single one is taken as its code.
fn units(bytes: &[u8]) -> Units {
    match bytes {
        [single] => Units::One(u16::from(*single)),
        [high, low] => Units::One(u16::from_be_bytes([*high, *low])),
        _ => Units::Many(bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit)).collect()),
    }
}

impl Units {
    /// Adds the text, its last unit moved on by `offset`; answers whether there is any.
    fn put(&self, offset: u16, out: &mut String) -> bool {
        match self {
            Self::One(unit) => {
                let letter = char::from_u32(u32::from(unit.wrapping_add(offset)));
                out.push(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
                true
            }
            Self::Many(units) => {
                let last = units.len().saturating_sub(1);
                let moved = units
                    .iter()
                    .enumerate()
                    .map(|(at, unit)| if at == last { unit.wrapping_add(offset) } else { *unit });
                let letters = char::decode_utf16(moved);
                out.extend(letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)));
                !units.is_empty()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_text() {
        let map = Cmap::read(
            b"1 begincodespacerange <00> <7f> <8140> <9ffc> endcodespacerange
            1 beginbfchar <01> <8acb> endbfchar
            2 beginbfrange <0010> <0012> <0041> <20> <21> [<0066006c> <d83dde00>] endbfrange",
        );
        let rows = [(1, Some("請")), (0x11, Some("B")), (0x13, None), (0x20, Some("fl")), (0x21, Some("😀"))];
        for (code, want) in rows {
            let mut text = String::new();
            assert_eq!(map.put(code, &mut text).then_some(&*text), want, "{code}");
        }
        let twice = Cmap::read(b"2 beginbfchar <01> <0041> <01> <0042> endbfchar");
        let mut text = String::new();
        assert!(twice.put(1, &mut text));
        assert_eq!(text, "B");
        assert_eq!(map.code(b"\x81\x40\x20", 1), (0x8140, 2));
        assert_eq!(map.code(b"\x20\x40", 2), (0x20, 1));
        assert_eq!(map.code(b"\xff", 2), (0xff, 1));
        assert_eq!(map.code(b"", 2).1, 1);
    }
}
