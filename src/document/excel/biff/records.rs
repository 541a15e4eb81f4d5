//! Records and what continues them.

use crate::bytes::Reader;

/// A record: its data, and those of the `CONTINUE` records behind it.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) id: u16,
    pub(super) data: &'a [u8],
    pub(super) more: Vec<&'a [u8]>,
    /// Where it begins.
    pub(super) offset: usize,
    /// How many records came before it.
    pub(super) count: usize,
}

impl<'a> Record<'a> {
    pub(super) fn reader(&self) -> Reader<'a> {
        Reader::new(self.data)
    }
}

/// The records of a stream.
#[derive(Clone, Debug)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    reader: Reader<'a>,
    count: usize,
}

const CONTINUE: u16 = 0x003c;

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, reader: Reader::new(bytes), count: 0 }
    }

    pub(super) fn at(bytes: &'a [u8], offset: usize) -> Self {
        let reader = Reader::at(bytes, offset).unwrap_or_else(|| Reader::new(&[]));
        Self { bytes, reader, count: 0 }
    }

    pub(super) fn next(&mut self) -> Option<Record<'a>> {
        let offset = self.reader.position();
        let (id, data) = self.one()?;
        let mut more = Vec::new();
        loop {
            let before = self.reader;
            match self.one() {
                Some((CONTINUE, data)) => more.push(data),
                _ => {
                    self.reader = before;
                    break;
                }
            }
        }
        self.count += 1;
        Some(Record { id, data, more, offset, count: self.count })
    }

    /// One record; the last may be cut.
    fn one(&mut self) -> Option<(u16, &'a [u8])> {
        let (id, length) = (self.reader.u16()?, self.reader.u16()?);
        Some((id, self.reader.take_up_to(length.into())))
    }

    /// All bytes of the stream.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// A cursor over a record and what continues it. Characters of a text that is split have the flag of their width
/// again at the start of each piece (MS-XLS 2.5.293).
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    now: Reader<'a>,
    later: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(record: Record<'a>) -> Self {
        Self { now: Reader::new(record.data), later: record.more.into_iter() }
    }

    fn turn(&mut self) -> Option<()> {
        while self.now.is_empty() {
            self.now = Reader::new(self.later.next()?);
        }
        Some(())
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.turn()?;
        self.now.u8()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    fn skip(&mut self, mut length: usize) -> Option<()> {
        while length > 0 {
            self.turn()?;
            length -= self.now.take_up_to(length).len();
        }
        Some(())
    }

    /// A rich text of the shared strings, without its fonts and readings. A cut one is given as far as it goes.
    pub(super) fn text(&mut self) -> Option<String> {
        let (length, flags) = (usize::from(self.u16()?), self.u8()?);
        let runs = if flags & 8 != 0 { usize::from(self.u16()?) } else { 0 };
        let phonetic = if flags & 4 != 0 { usize::try_from(self.u32()?).unwrap_or(usize::MAX) } else { 0 };
        let text = self.characters(length, flags & 1 != 0);
        self.skip((runs * 4).saturating_add(phonetic));
        Some(text)
    }

    /// That many characters, wide ones or not.
    pub(super) fn characters(&mut self, mut length: usize, mut is_wide: bool) -> String {
        let mut units: Vec<u16> = Vec::new();
        while length > 0 {
            if self.now.is_empty() {
                if self.turn().is_none() {
                    break;
                }
                is_wide = self.now.u8().is_some_and(|flags| flags & 1 != 0);
            }
            let width = 1 + usize::from(is_wide);
            let here = self.now.take_up_to(length * width);
            if is_wide {
                units.extend(here.as_chunks().0.iter().map(|unit| u16::from_le_bytes(*unit)));
            } else {
                units.extend(here.iter().map(|byte| u16::from(*byte)));
            }
            length = length.saturating_sub(here.len().div_ceil(width).max(1));
        }
        String::from_utf16_lossy(&units)
    }
}
