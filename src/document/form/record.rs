//! One record of MS-OFORMS (2.1.1.2): a mask that says which properties stand in it, the properties in the order of
//! their bits, each aligned to its own size, and behind them the strings and sizes. Tables say what each bit is.

use crate::bytes::Reader;
use crate::text;

/// The properties of one class of record.
pub(super) struct Layout {
    /// Bytes of the head in front of the size: its version.
    pub(super) version: [u8; 2],
    /// Bytes of the mask.
    pub(super) mask: usize,
    /// What stands in the data block, by bit.
    pub(super) data: &'static [(u32, Data)],
    /// What stands behind it, in order.
    pub(super) extra: &'static [Extra],
}

/// A property in the data block.
#[derive(Clone, Copy)]
pub(super) enum Data {
    /// A number of so many bytes.
    Number(usize),
    /// A number that is asked for.
    Named(&'static str, usize),
    /// The length of a string that stands behind the block.
    Length(&'static str),
}

/// What stands behind the data block.
#[derive(Clone, Copy)]
pub(super) enum Extra {
    /// Two numbers of four bytes, if the bit is set.
    Pair(u32),
    /// The string whose length has that name.
    Text(&'static str),
    /// Strings with their own lengths, in as many bytes as the length of that name says.
    List(&'static str),
}

/// What was read of a record.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Its mask.
    pub(super) mask: u64,
    /// Its strings by name.
    pub(super) texts: Vec<(&'static str, String)>,
    numbers: Vec<(&'static str, u32)>,
    /// Bytes it takes by its own account; 16 bits, so that a long one wraps.
    pub(super) length: usize,
    /// Whether everything the mask promises was there.
    pub(super) whole: bool,
}

/// MS-OFORMS 2.4.14.2: the highest bit says that a string has one byte a character.
const COMPRESSED: u32 = 0x8000_0000;

impl Record {
    /// Reads a record of that layout from the start of `bytes`.
    pub(super) fn read(bytes: &[u8], layout: &Layout) -> Option<Self> {
        let mut fields = Fields { reader: Reader::new(bytes) };
        if fields.reader.array::<2>()? != layout.version {
            return None;
        }
        let size = usize::from(fields.reader.u16()?);
        let low = u64::from(fields.reader.u32()?);
        let high = if layout.mask == 8 { u64::from(fields.reader.u32()?) } else { 0 };
        let mut record = Self { mask: low | high << 32, length: size + 4, ..Self::default() };
        record.whole = record.fill(&mut fields, layout).is_some();
        Some(record)
    }

    /// Whether a bit of the mask is set.
    pub(super) fn has(&self, bit: u32) -> bool {
        self.mask >> bit & 1 == 1
    }

    /// A number by its name.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// A string by its name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn fill(&mut self, fields: &mut Fields, layout: &Layout) -> Option<()> {
        let mut lengths: Vec<(&str, u32)> = Vec::new();
        let mask = self.mask;
        for (_, data) in layout.data.iter().filter(|(bit, _)| mask >> bit & 1 == 1) {
            match data {
                Data::Number(size) => {
                    fields.number(*size)?;
                }
                Data::Named(name, size) => self.numbers.push((name, fields.number(*size)?)),
                Data::Length(name) => lengths.push((name, fields.number(4)?)),
            }
        }
        fields.align(4)?;
        let length = |name: &str| lengths.iter().find(|(known, _)| *known == name).map(|(_, length)| *length);
        for extra in layout.extra {
            match extra {
                Extra::Pair(bit) if self.has(*bit) => fields.reader.skip(8)?,
                Extra::Pair(_) => {}
                Extra::Text(name) => {
                    let Some(length) = length(name) else { continue };
                    let (text, whole) = fields.string(length, length & !COMPRESSED);
                    self.texts.push((name, text));
                    whole.then_some(())?;
                }
                Extra::List(name) => {
                    let Some(length) = length(name) else { continue };
                    let list = fields.reader.take_up_to(usize::try_from(length).ok()?);
                    self.texts.extend(strings(list).into_iter().map(|text| (*name, text)));
                }
            }
        }
        Some(())
    }
}

/// MS-OFORMS 2.1.1.2.6: strings, each behind the count of its characters.
fn strings(list: &[u8]) -> Vec<String> {
    let mut fields = Fields { reader: Reader::new(list) };
    let mut found = Vec::new();
    while let Some(length) = fields.reader.u32() {
        let characters = length & !COMPRESSED;
        let bytes = if length & COMPRESSED == 0 { characters.saturating_mul(2) } else { characters };
        found.push(fields.string(length, bytes).0);
    }
    found
}

/// A cursor that knows how properties are aligned: to their size, counted from the start of the record.
struct Fields<'a> {
    reader: Reader<'a>,
}

impl Fields<'_> {
    fn align(&mut self, size: usize) -> Option<()> {
        let past = self.reader.position() % size.max(1);
        if past == 0 { Some(()) } else { self.reader.skip(size - past) }
    }

    fn number(&mut self, size: usize) -> Option<u32> {
        self.align(size)?;
        match size {
            1 => self.reader.u8().map(u32::from),
            2 => self.reader.u16().map(u32::from),
            _ => self.reader.u32(),
        }
    }

    /// A string of so many bytes, padded to four, and whether all of it was there. Some writers count characters
    /// where bytes are meant, which shows only in what comes behind; the bytes are taken as they are told.
    fn string(&mut self, length: u32, bytes: u32) -> (String, bool) {
        let wanted = usize::try_from(bytes).unwrap_or(usize::MAX);
        let bytes = self.reader.take_up_to(wanted);
        let text = if length & COMPRESSED == 0 { text::decode("utf-16le", bytes) } else { compressed(bytes) };
        let whole = bytes.len() == wanted && (self.align(4).is_some() || self.reader.is_empty());
        (text, whole)
    }
}

/// MS-OFORMS 2.4.14: a compressed string is UTF-16 without its high bytes.
fn compressed(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
