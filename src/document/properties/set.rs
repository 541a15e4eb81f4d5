//! One stream of property sets (MS-OLEPS 2.21): each has a code page, perhaps a dictionary of names, and values.

use crate::bytes::Reader;
use crate::text;

/// Property sets of a stream, and properties of a set, that are read.
const MOST_SETS: u32 = 4;
const MOST_PROPERTIES: u32 = 4096;
/// Bytes of values of one set; properties may lie over one another.
const MOST_TOLD: usize = 2 << 20;
/// Elements of one vector.
const MOST_ELEMENTS: u32 = 4096;

/// MS-OLEPS 2.25: the format identifiers by their first bytes, and the names of their properties.
const SUMMARY: u32 = 0xf29f_85e0;
const DOCUMENT: u32 = 0xd5cd_d502;
const CUSTOM: u32 = 0xd5cd_d505;

const SUMMARY_NAMES: &[(u32, &str)] = &[
    (2, "Title"),
    (3, "Subject"),
    (4, "Author"),
    (5, "Keywords"),
    (6, "Comments"),
    (7, "Template"),
    (8, "Last Author"),
    (9, "Revision Number"),
    (18, "Application Name"),
];

const DOCUMENT_NAMES: &[(u32, &str)] = &[
    (2, "Category"),
    (3, "Format"),
    (14, "Manager"),
    (15, "Company"),
    (26, "Content type"),
    (27, "Content status"),
    (28, "Language"),
    (29, "Document version"),
];

/// Reads every set of a stream and answers whether it is one.
pub(super) fn read(stream: &[u8], put: &mut dyn FnMut(&str, &str)) -> bool {
    sets(stream, put).is_some()
}

fn sets(stream: &[u8], put: &mut dyn FnMut(&str, &str)) -> Option<()> {
    let mut reader = Reader::new(stream);
    (reader.u16()? == 0xfffe).then_some(())?;
    reader.skip(22)?;
    for _ in 0..reader.u32()?.min(MOST_SETS) {
        let format = reader.u32()?;
        reader.skip(12)?;
        let offset = usize::try_from(reader.u32()?).ok()?;
        if let Some(set) = stream.get(offset..).and_then(Set::read) {
            set.tell(format, put);
        }
    }
    Some(())
}

/// A property set (2.20).
struct Set<'a> {
    bytes: &'a [u8],
    /// Identifier and offset of each property.
    properties: Vec<(u32, usize)>,
    code_page: u16,
}

/// Identifiers with a meaning of their own (2.18.1).
const DICTIONARY: u32 = 0;
const CODE_PAGE: u32 = 1;
/// The code page that says UTF-16 (2.1).
const UTF16: u16 = 1200;

impl<'a> Set<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.skip(4)?;
        let count = reader.u32()?.min(MOST_PROPERTIES);
        let mut properties = Vec::new();
        for _ in 0..count {
            let (Some(id), Some(offset)) = (reader.u32(), reader.u32()) else { break };
            properties.push((id, usize::try_from(offset).ok()?));
        }
        let mut set = Self { bytes, properties, code_page: 0 };
        let told = set.at(CODE_PAGE).and_then(|mut reader| {
            reader.skip(4)?;
            reader.u16()
        });
        set.code_page = told.unwrap_or(0);
        Some(set)
    }

    fn at(&self, id: u32) -> Option<Reader<'a>> {
        let (_, offset) = self.properties.iter().find(|(known, _)| *known == id)?;
        Reader::at(self.bytes, *offset)
    }

    /// Tells every value that has a name.
    fn tell(&self, format: u32, put: &mut dyn FnMut(&str, &str)) {
        let names = self.names();
        let fixed: &[(u32, &str)] = match format {
            SUMMARY => SUMMARY_NAMES,
            DOCUMENT => DOCUMENT_NAMES,
            _ => &[],
        };
        let mut told = 0;
        for (id, offset) in &self.properties {
            if *id == DICTIONARY || *id == CODE_PAGE {
                continue;
            }
            if told > MOST_TOLD {
                return;
            }
            let Some(mut reader) = Reader::at(self.bytes, *offset) else { continue };
            let named = names.iter().find(|(known, _)| known == id).map(|(_, name)| name.as_str());
            let name = match fixed.iter().find(|(known, _)| known == id) {
                Some((_, name)) => format!("BuiltInDocumentProperties(\"{name}\")"),
                None if format == CUSTOM || !fixed.is_empty() && named.is_some() => {
                    let name = named.map_or_else(|| format!("{id}"), str::to_string);
                    format!("CustomDocumentProperties(\"{name}\")")
                }
                None => continue,
            };
            for value in self.values(&mut reader).unwrap_or_default() {
                told += value.len();
                put(&name, &value);
            }
        }
    }

    /// The dictionary (2.17): names of properties.
    fn names(&self) -> Vec<(u32, String)> {
        let mut names = Vec::new();
        let Some(mut reader) = self.at(DICTIONARY) else { return names };
        let start = reader.position();
        let count = reader.u32().unwrap_or(0).min(MOST_PROPERTIES);
        for _ in 0..count {
            let (Some(id), Some(length)) = (reader.u32(), reader.u32()) else { break };
            let unit = if self.code_page == UTF16 { 2 } else { 1 };
            let bytes = reader.take_up_to(usize::try_from(length).unwrap_or(0).saturating_mul(unit));
            names.push((id, self.decode(bytes)));
            if unit == 2 {
                reader.take_up_to((reader.position() - start).wrapping_neg() % 4);
            }
        }
        names
    }

    /// A typed value (2.15) as texts: one, or those of a vector.
    fn values(&self, reader: &mut Reader) -> Option<Vec<String>> {
        let kind = reader.u16()?;
        reader.skip(2)?;
        if kind & VECTOR == 0 {
            return Some(self.value(kind, reader)?.into_iter().collect());
        }
        let mut values = Vec::new();
        for _ in 0..reader.u32()?.min(MOST_ELEMENTS) {
            let element = match kind & !VECTOR {
                VARIANT => {
                    let kind = reader.u16();
                    reader.skip(2);
                    kind
                }
                kind => Some(kind),
            };
            let Some(Some(value)) = element.and_then(|kind| self.value(kind, reader)) else { break };
            values.push(value);
        }
        Some(values)
    }

    /// A value of that type; `None` inside where it is no text and no number.
    #[expect(clippy::option_option, reason = "the outer one is the end of the bytes")]
    fn value(&self, kind: u16, reader: &mut Reader) -> Option<Option<String>> {
        match kind {
            0x02 => reader.u16().map(|number| Some(number.to_string())),
            0x03 | 0x13 | 0x16 | 0x17 => {
                reader.u32().map(|number| Some(i64::from(number.cast_signed()).to_string()))
            }
            0x05 => reader.u64().map(|bits| Some(f64::from_bits(bits).to_string())),
            0x0b => reader.u16().map(|flag| Some(if flag == 0 { "False" } else { "True" }.into())),
            0x08 | 0x1e => {
                let length = usize::try_from(reader.u32()?).ok()?;
                let bytes = reader.take_up_to(length);
                reader.take_up_to(length.wrapping_neg() % 4);
                Some(Some(self.decode(bytes)))
            }
            0x1f => {
                let length = usize::try_from(reader.u32()?).ok()?.saturating_mul(2);
                let bytes = reader.take_up_to(length);
                reader.take_up_to(length.wrapping_neg() % 4);
                Some(Some(text::decode("utf-16le", bytes).trim_end_matches('\0').to_string()))
            }
            _ => Some(None),
        }
    }

    fn decode(&self, bytes: &[u8]) -> String {
        let text = if self.code_page == UTF16 {
            text::decode("utf-16le", bytes)
        } else {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            text::code_page(self.code_page, bytes.get(..end).unwrap_or_default())
        };
        text.trim_end_matches('\0').to_string()
    }
}

/// 2.2: types.
const VECTOR: u16 = 0x1000;
const VARIANT: u16 = 0x000c;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn number(n: usize) -> [u8; 4] {
        u32::try_from(n).unwrap().to_le_bytes()
    }

    /// A set of these properties, each already with its type.
    fn set(properties: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let mut at = 8 + 8 * properties.len();
        let (mut heads, mut bodies) = (Vec::new(), Vec::new());
        for (id, value) in properties {
            heads.extend([id.to_le_bytes(), number(at)].concat());
            bodies.extend(value);
            at += value.len();
        }
        [&number(at)[..], &number(properties.len()), &heads, &bodies].concat()
    }

    fn stream(sets: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let mut out = [&[0xfe, 0xff, 0, 0][..], &[0; 20], &number(sets.len())].concat();
        let mut at = 28 + 20 * sets.len();
        for (format, set) in sets {
            out.extend([&format.to_le_bytes()[..], &[0; 12], &number(at)].concat());
            at += set.len();
        }
        out.extend(sets.iter().flat_map(|(_, set)| set.clone()));
        out
    }

    fn narrow(bytes: &[u8]) -> Vec<u8> {
        let mut out = [&[0x1e, 0, 0, 0][..], &number(bytes.len() + 1), bytes, &[0]].concat();
        while !out.len().is_multiple_of(4) {
            out.push(0);
        }
        out
    }

    fn page(page: u16) -> (u32, Vec<u8>) {
        (1, [&[2, 0, 0, 0][..], &page.to_le_bytes(), &[0, 0]].concat())
    }

    pub(in crate::document) fn summary() -> Vec<u8> {
        stream(&[(SUMMARY, set(&[page(932), (2, narrow(b"A title")), (4, narrow(b"\x8eR\x93c"))]))])
    }

    pub(in crate::document) fn document() -> Vec<u8> {
        let wide: Vec<u8> = "a value\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let value = [&[0x1f, 0, 0, 0][..], &number(8), &wide].concat();
        let dictionary =
            [&number(2)[..], &number(2), &number(7), b"a name\0", &number(3), &number(6), b"count\0"];
        let mut dictionary = dictionary.concat();
        dictionary.extend([0; 3]);
        let custom =
            set(&[(0, dictionary), page(932), (2, value), (3, [&[3, 0, 0, 0][..], &number(7)].concat())]);
        stream(&[(DOCUMENT, set(&[page(932), (15, narrow(b"A company"))])), (CUSTOM, custom)])
    }

    #[test]
    fn names_of_two_bytes_and_vectors_are_read() {
        let name: Vec<u8> = "表\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let dictionary = [&number(1)[..], &number(2), &number(2), &name].concat();
        let wide: Vec<u8> = "x\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let vector = [&[0x1f, 0x10, 0, 0][..], &number(2), &number(2), &wide, &number(2), &wide].concat();
        let mut told = Vec::new();
        let bytes = stream(&[(CUSTOM, set(&[(0, dictionary), page(1200), (2, vector)]))]);
        assert!(read(&bytes, &mut |name, value| told.push(format!("{name}={value}"))));
        assert_eq!(told, ["CustomDocumentProperties(\"表\")=x", "CustomDocumentProperties(\"表\")=x"]);
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics_or_grows() {
        for whole in [summary(), document()] {
            let told = |bytes: &[u8]| {
                let mut length = 0;
                read(bytes, &mut |_, value| length += value.len());
                assert!(length <= 4 * MOST_PROPERTIES as usize + 4 * bytes.len(), "{length}");
            };
            for length in 0..whole.len() {
                told(&whole[..length]);
            }
            for at in 0..whole.len() {
                for bit in 0..8 {
                    let mut bad = whole.clone();
                    bad[at] ^= 1 << bit;
                    told(&bad);
                }
            }
        }
    }
}
