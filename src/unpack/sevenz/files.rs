//! The properties of the files (7zFormat.txt, Files Info): which have no content, their names and attributes.

use super::record::Bits;
use crate::bytes::Reader;

/// The ids of the properties.
mod id {
    pub(super) const EMPTY_STREAMS: u64 = 14;
    pub(super) const EMPTY_FILES: u64 = 15;
    pub(super) const ANTI: u64 = 16;
    pub(super) const NAMES: u64 = 17;
    pub(super) const ATTRIBUTES: u64 = 21;
}

/// Where a path of Windows ends (32,767 characters).
const LONGEST_NAME: usize = 32_767;

/// The properties of the files, each with a value for every one.
#[derive(Default)]
pub(super) struct Table<'a> {
    pub(super) empty: Bits<'a>,
    pub(super) empty_files: Bits<'a>,
    pub(super) anti: Bits<'a>,
    pub(super) names: &'a [u8],
    pub(super) has_attributes: Bits<'a>,
    pub(super) attributes: &'a [u8],
}

impl<'a> Table<'a> {
    pub(super) fn take(&mut self, kind: u64, bytes: &'a [u8], count: u64) -> Option<()> {
        let mut reader = Reader::new(bytes);
        match kind {
            id::EMPTY_STREAMS => self.empty = Bits::read(&mut reader, count)?,
            id::EMPTY_FILES => self.empty_files = Bits::read(&mut reader, self.empty.count())?,
            id::ANTI => self.anti = Bits::read(&mut reader, self.empty.count())?,
            id::NAMES => self.names = inside(&mut reader)?,
            id::ATTRIBUTES => {
                self.has_attributes = Bits::read_or_all(&mut reader, count)?;
                self.attributes = inside(&mut reader)?;
            }
            // Times, padding, and what is not known.
            _ => {}
        }
        Some(())
    }
}

/// What follows a byte that tells whether it stands here; no archiver puts it elsewhere.
fn inside<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    (reader.u8()? == 0).then(|| reader.rest())
}

/// Names in UTF-16LE, each with a zero at its end.
pub(super) struct Names<'a> {
    pub(super) rest: &'a [u8],
    /// Whether a name was too long to be one.
    pub(super) is_long: bool,
}

impl Names<'_> {
    /// The next name; empty where there is none.
    pub(super) fn next(&mut self) -> String {
        let (units, _) = self.rest.as_chunks::<2>();
        let length = units.iter().position(|unit| *unit == [0, 0]).unwrap_or(units.len());
        self.is_long |= length > LONGEST_NAME;
        let name = units.iter().take(length.min(LONGEST_NAME)).map(|unit| u16::from_le_bytes(*unit));
        let name = char::decode_utf16(name).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        self.rest = self.rest.get(length * 2 + 2..).unwrap_or_default();
        name
    }
}

/// Attributes of those files that have some.
pub(super) struct Attributes<'a> {
    pub(super) rest: &'a [u8],
    pub(super) defined: Bits<'a>,
}

impl Attributes<'_> {
    /// Those of the file at a place; none where there are none. Files are asked for in their order.
    pub(super) fn next(&mut self, place: u64) -> u32 {
        let mut reader = Reader::new(self.rest);
        let value = if self.defined.get(place) { reader.u32() } else { None };
        self.rest = reader.rest();
        value.unwrap_or_default()
    }
}
