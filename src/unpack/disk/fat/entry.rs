//! Entries of a FAT directory: the short one, and before it the pieces of its long name.

use crate::bytes::Reader;
use crate::zip::decode_name;

/// Attributes.
const HIDDEN: u8 = 2;
const LABEL: u8 = 8;
const DIRECTORY: u8 = 16;
const LONG_NAME: u8 = 15;

/// A file or directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) cluster: u32,
    pub(super) size: u32,
    attributes: u8,
}

impl Entry {
    pub(super) fn is_hidden(&self) -> bool {
        self.attributes & HIDDEN != 0
    }

    pub(super) fn is_directory(&self) -> bool {
        self.attributes & DIRECTORY != 0
    }
}

/// The entries of a directory up to the one that ends it; no deleted ones, no label, not itself and its parent.
pub(super) fn entries(bytes: &[u8]) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut long = LongName::default();
    let (records, _) = bytes.as_chunks::<32>();
    for record in records {
        match record {
            [0, ..] => break,
            [0xe5, ..] => long = LongName::default(),
            [_, .., _] if record[11] & 0x3f == LONG_NAME => long.add(record),
            _ => {
                let name = std::mem::take(&mut long).of(record);
                let is_own = matches!(record, [b'.', b' ', ..] | [b'.', b'.', b' ', ..]);
                if record[11] & LABEL == 0 && !is_own {
                    found.extend(short(record, name));
                }
            }
        }
    }
    found
}

fn short(record: &[u8; 32], long: Option<String>) -> Option<Entry> {
    let name = long.or_else(|| short_name(record))?;
    let mut reader = Reader::at(record, 20)?;
    let high = u32::from(reader.u16()?);
    reader.skip(4)?;
    let cluster = high << 16 | u32::from(reader.u16()?);
    Some(Entry { name, cluster, size: reader.u32()?, attributes: record[11] })
}

/// The name of eight and three, in the case that Windows NT notes beside it. A first byte of 5 stands for E5.
fn short_name(record: &[u8; 32]) -> Option<String> {
    let mut raw: [u8; 11] = Reader::new(record).array()?;
    if raw[0] == 5 {
        raw[0] = 0xe5;
    }
    let (base, extension) = raw.split_at_checked(8)?;
    let part = |bytes: &[u8], is_lower: bool| {
        let text = decode_name(bytes.trim_ascii_end());
        if is_lower { text.to_lowercase() } else { text }
    };
    let (base, extension) = (part(base, record[12] & 8 != 0), part(extension, record[12] & 16 != 0));
    Some(if extension.is_empty() { base } else { format!("{base}.{extension}") })
}

/// A long name while its pieces come in, the last one first.
#[derive(Default)]
struct LongName {
    /// Units of the pieces so far, in the order they came.
    pieces: Vec<[u16; 13]>,
    checksum: u8,
    /// Number of the last piece.
    number: u8,
}

impl LongName {
    fn add(&mut self, record: &[u8; 32]) {
        let (number, checksum) = (record[0] & 0x3f, record[13]);
        if record[0] & 0x40 != 0 {
            *self = Self { pieces: Vec::new(), checksum, number };
        } else if self.pieces.is_empty() || checksum != self.checksum || number + 1 != self.number {
            *self = Self::default();
            return;
        }
        self.number = number;
        let mut units = [0; 13];
        let places = (1..11).chain(14..26).chain(28..32).step_by(2);
        for (unit, place) in units.iter_mut().zip(places) {
            let low = record.get(place).copied().unwrap_or_default();
            let high = record.get(place + 1).copied().unwrap_or_default();
            *unit = u16::from_le_bytes([low, high]);
        }
        self.pieces.push(units);
    }

    /// The name, if it is whole and belongs to that short entry.
    fn of(self, short: &[u8; 32]) -> Option<String> {
        let sum = short.iter().take(11).fold(0u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte));
        if self.number != 1 || self.checksum != sum {
            return None;
        }
        let units = self.pieces.iter().rev().flatten().copied();
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        Some(String::from_utf16_lossy(&units))
    }
}
