//! The records of a ZIP file as they stand in the bytes (APPNOTE 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3).
//!
//! Nothing is checked against anything else here; that is the work of `directory` and `layout`.

use crate::bytes::Reader;

pub(super) const LOCAL: &[u8; 4] = b"PK\x03\x04";
pub(super) const CENTRAL: &[u8; 4] = b"PK\x01\x02";
pub(super) const END: &[u8; 4] = b"PK\x05\x06";
pub(super) const END64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR64: &[u8; 4] = b"PK\x06\x07";

/// What the local header and the central header of an entry both say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) version: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    /// MS-DOS time; its high byte serves `ZipCrypto` as a check byte.
    pub(super) time: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
}

/// A local file header (APPNOTE 4.3.7).
#[derive(Clone, Copy, Debug)]
pub(super) struct Local<'a> {
    pub(super) header: Header<'a>,
    /// Where it begins.
    pub(super) start: usize,
    /// Where the data of the entry begin.
    pub(super) data: usize,
}

/// A central directory header (APPNOTE 4.3.12).
#[derive(Clone, Copy, Debug)]
pub(super) struct Central<'a> {
    pub(super) header: Header<'a>,
    /// Where it says the local header is.
    pub(super) offset: u64,
    /// Where the next record begins.
    pub(super) end: usize,
}

/// An end of central directory record (APPNOTE 4.3.16), with the values of its Zip64 record where it has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Where the first of its records begins: up to there reaches the directory.
    pub(super) start: usize,
    /// Where its comment ends.
    pub(super) end: usize,
    pub(super) entries: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
    /// Whether the archive is split over several files and this is the last of them.
    pub(super) is_split: bool,
}

/// General purpose bit flags (APPNOTE 4.4.4).
impl Header<'_> {
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether sizes and CRC stand behind the data instead of in the local header.
    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & 1 << 3 != 0
    }

    /// Strong encryption, or a header masked by it.
    pub(super) fn is_strongly_encrypted(&self) -> bool {
        self.flags & (1 << 6 | 1 << 13) != 0
    }

    pub(super) fn is_utf8(&self) -> bool {
        self.flags & 1 << 11 != 0
    }

    /// Whether LZMA data end in a mark of their own.
    pub(super) fn has_end_mark(&self) -> bool {
        self.flags & 1 << 1 != 0
    }

    /// The content of the extra field of that number (APPNOTE 4.5.1).
    pub(super) fn extra(&self, wanted: u16) -> Option<Reader<'_>> {
        let mut fields = Reader::new(self.extra);
        loop {
            let id = fields.u16()?;
            let length = fields.u16()?;
            let content = fields.take_up_to(usize::from(length));
            if id == wanted {
                return Some(Reader::new(content));
            }
        }
    }

    /// Puts the sizes of the Zip64 extra field (APPNOTE 4.5.3) in the place of those that did not fit.
    fn widen(&mut self) -> Option<Reader<'_>> {
        let (mut size, mut packed) = (self.size, self.packed);
        let mut wide = self.extra(1)?;
        for field in [&mut size, &mut packed].into_iter().filter(|field| **field == u64::from(u32::MAX)) {
            *field = wide.u64()?;
        }
        let position = wide.position();
        (self.size, self.packed) = (size, packed);
        let mut wide = self.extra(1)?;
        wide.skip(position)?;
        Some(wide)
    }
}

/// The local header at `start`.
pub(super) fn local(bytes: &[u8], start: usize) -> Option<Local<'_>> {
    let mut reader = Reader::at(bytes, start)?;
    if reader.array()? != *LOCAL {
        return None;
    }
    let version = reader.u16()?;
    let mut header = common(&mut reader, version)?;
    let name = reader.u16()?;
    let extra = reader.u16()?;
    header.name = reader.take(usize::from(name))?;
    header.extra = reader.take(usize::from(extra))?;
    let _narrow = header.widen();
    Some(Local { header, start, data: reader.position() })
}

/// The central header at `start`. A comment or extra field that the end of the bytes cuts is taken as it is.
pub(super) fn central(bytes: &[u8], start: usize) -> Option<Central<'_>> {
    let mut reader = Reader::at(bytes, start)?;
    if reader.array()? != *CENTRAL {
        return None;
    }
    reader.skip(2)?;
    let version = reader.u16()?;
    let mut header = common(&mut reader, version)?;
    let name = reader.u16()?;
    let extra = reader.u16()?;
    let comment = reader.u16()?;
    reader.skip(8)?;
    let mut offset = u64::from(reader.u32()?);
    header.name = reader.take(usize::from(name))?;
    header.extra = reader.take_up_to(usize::from(extra));
    reader.take_up_to(usize::from(comment));
    if let Some(mut wide) = header.widen()
        && offset == u64::from(u32::MAX)
    {
        offset = wide.u64().unwrap_or(offset);
    }
    Some(Central { header, offset, end: reader.position() })
}

/// The fields from the flags to the unpacked size, which both headers have in the same order.
fn common<'a>(reader: &mut Reader<'a>, version: u16) -> Option<Header<'a>> {
    let (flags, method, time) = (reader.u16()?, reader.u16()?, reader.u16()?);
    reader.skip(2)?;
    let (crc, packed, size) = (reader.u32()?, u64::from(reader.u32()?), u64::from(reader.u32()?));
    Some(Header { version, flags, method, time, crc, packed, size, name: &[], extra: &[] })
}

/// The end record at `at`, and the Zip64 one before it where its locator says that there is one.
pub(super) fn end(bytes: &[u8], at: usize) -> Option<End> {
    let mut reader = Reader::at(bytes, at)?;
    if reader.array()? != *END {
        return None;
    }
    let disk = reader.u16()?;
    reader.skip(4)?;
    let entries = u64::from(reader.u16()?);
    let size = u64::from(reader.u32()?);
    let offset = u64::from(reader.u32()?);
    let comment = reader.u16()?;
    reader.take_up_to(usize::from(comment));
    let is_split = disk != 0 && disk != 0xffff;
    let mut end = End { start: at, end: reader.position(), entries, size, offset, is_split };
    if let Some(wide) = end64(bytes, at) {
        end.start = wide.start;
        if entries == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff {
            (end.entries, end.size, end.offset) = (wide.entries, wide.size, wide.offset);
        }
    }
    Some(end)
}

/// The Zip64 end record (APPNOTE 4.3.14) of the end record at `at`: where its locator says, or straight before the
/// locator, where it stands also if data was put in front of the archive.
fn end64(bytes: &[u8], at: usize) -> Option<End> {
    let locator = at.checked_sub(20)?;
    let mut reader = Reader::at(bytes, locator)?;
    if reader.array()? != *LOCATOR64 {
        return None;
    }
    reader.skip(4)?;
    let said = usize::try_from(reader.u64()?).ok();
    [locator.checked_sub(56), said].into_iter().flatten().find_map(|start| {
        let mut reader = Reader::at(bytes, start)?;
        if start > locator || reader.array()? != *END64 {
            return None;
        }
        reader.skip(8 + 2 + 2 + 4 + 4 + 8)?;
        let (entries, size, offset) = (reader.u64()?, reader.u64()?, reader.u64()?);
        Some(End { start, end: locator, entries, size, offset, is_split: false })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A local header of an empty entry `a` whose sizes are in a Zip64 field.
    const WIDE: &[u8] =
        b"PK\x03\x04\x2d\0\x01\x08\x08\0\x34\x12\0\0\x78\x56\x34\x12\xff\xff\xff\xff\xff\xff\xff\xff\
        \x01\0\x14\0a\x01\0\x10\0\x05\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0rest";

    #[test]
    fn a_local_header_is_read_with_its_wide_sizes() {
        let local = local(WIDE, 0).unwrap();
        assert_eq!((local.header.size, local.header.packed, local.data), (5, 3, 51));
        assert_eq!((local.header.crc, local.header.method, local.header.time), (0x1234_5678, 8, 0x1234));
        assert!(local.header.is_encrypted() && local.header.is_utf8() && !local.header.has_descriptor());
    }

    #[test]
    fn records_cut_anywhere_are_none() {
        for cut in 0..51 {
            assert!(local(&WIDE[..cut], 0).is_none(), "{cut}");
        }
        assert!(central(b"PK\x01\x02\0", 0).is_none());
        assert!(end(b"PK\x05\x06\0\0\0\0", 0).is_none());
        assert!(end(b"PK\x05\x06", usize::MAX).is_none());
    }

    #[test]
    fn an_extra_field_that_lies_about_its_length_gives_what_is_there() {
        let mut header = local(WIDE, 0).unwrap().header;
        header.extra = b"\x75\x70\xff\xffabc";
        assert_eq!(header.extra(0x7075).unwrap().rest(), b"abc");
        assert!(header.extra(0x9901).is_none());
    }
}
