//! Character maps (ISO 32000-1 9.7.5, 9.10.3): which bytes make a code, and which text a code is.

use super::super::object::Object;
use super::super::parser::{Item, Parser};
use std::collections::HashMap;

/// A character map.
#[derive(Debug, Default)]
pub(super) struct Cmap {
    /// How long codes are, by the ranges they lie in: length, first and last.
    spaces: Vec<(usize, u32, u32)>,
    texts: HashMap<u32, String>,
    /// First code, last code, text of the first in UTF-16.
    ranges: Vec<(u32, u32, Vec<u16>)>,
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

    /// The text of a code.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.texts.get(&code) {
            return Some(text.clone());
        }
        let place = self.ranges.partition_point(|range| range.0 <= code);
        let (first, last, text) = self.ranges.get(place.checked_sub(1)?)?;
        let offset = u16::try_from(code.checked_sub(*first).filter(|_| code <= *last)?).ok()?;
        let mut text = text.clone();
        let end = text.last_mut()?;
        *end = end.wrapping_add(offset);
        Some(String::from_utf16_lossy(&text))
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
                self.texts.insert(number(code), String::from_utf16_lossy(&units(text)));
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
                        self.texts.insert(code, String::from_utf16_lossy(&units(text)));
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
fn units(bytes: &[u8]) -> Vec<u16> {
    if let [single] = bytes {
        return vec![u16::from(*single)];
    }
    bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit)).collect()
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
            assert_eq!(map.text(code).as_deref(), want, "{code}");
        }
        assert_eq!(map.code(b"\x81\x40\x20", 1), (0x8140, 2));
        assert_eq!(map.code(b"\x20\x40", 2), (0x20, 1));
        assert_eq!(map.code(b"\xff", 2), (0xff, 1));
        assert_eq!(map.code(b"", 2).1, 1);
    }
}
