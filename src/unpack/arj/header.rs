//! The headers of ARJ, one behind the other.

use super::decode::{Source, decoder};
use crate::artifact::Opened;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use crate::zip::decode_name;
use std::io::Read;

/// How far a self-extractor may reach before its archive.
const STUB: usize = 1 << 20;
/// The largest header ARJ writes and reads.
const LARGEST: usize = 2600;

/// Where the archive begins: at the first mark with a main header that its CRC proves.
pub(super) fn start(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..STUB).unwrap_or(bytes);
    memchr::memmem::find_iter(head, b"\x60\xea").find(|at| {
        let header = Reader::at(bytes, *at).and_then(|mut reader| Header::read(&mut reader));
        header.is_some_and(|header| header.is_right && header.fields.get(6) == Some(&kind::MAIN))
    })
}

/// Types of headers: what the member is.
pub(super) mod kind {
    pub(in crate::unpack::arj) const MAIN: u8 = 2;
    pub(in crate::unpack::arj) const TEXT: u8 = 1;
    pub(in crate::unpack::arj) const FOLDER: u8 = 3;
    pub(in crate::unpack::arj) const SPECIAL: u8 = 6;
}

/// Flags of a header.
mod flag {
    pub(super) const GARBLED: u8 = 1;
    pub(super) const GOES_ON: u8 = 4;
    pub(super) const WENT_ON: u8 = 8;
}

/// A header, the name and the comment in it.
struct Header<'a> {
    fields: &'a [u8],
    is_right: bool,
}

impl<'a> Header<'a> {
    /// The header at the cursor. An empty one ends the archive.
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        if reader.array()? != [0x60, 0xea] {
            return None;
        }
        let size = usize::from(reader.u16()?);
        let fields = reader.take(size).filter(|_| size <= LARGEST)?;
        if fields.is_empty() {
            return Some(Self { fields, is_right: true });
        }
        let is_right = reader.u32()? == crc32fast::hash(fields);
        // Extended headers, which nobody writes.
        while let size @ 1.. = reader.u16()? {
            reader.skip(usize::from(size) + 4)?;
        }
        Some(Self { fields, is_right })
    }
}

/// A file of the archive.
pub(super) struct Member<'a> {
    pub(super) name: String,
    pub(super) data: &'a [u8],
    packed: u32,
    pub(super) size: u32,
    pub(super) crc: u32,
    pub(super) method: u8,
    pub(super) kind: u8,
    flags: u8,
    /// What the characters of the password are shifted by.
    shift: u8,
    /// The cipher; see [`STANDARD`].
    pub(super) cipher: u8,
}

impl<'a> Member<'a> {
    fn read(fields: &[u8], cipher: u8) -> Option<Self> {
        let mut reader = Reader::new(fields);
        let first = usize::from(reader.u8()?);
        reader.skip(3)?;
        let (flags, method, kind, shift) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
        reader.skip(4)?;
        let (packed, size, crc) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let name = fields.get(first..)?.split(|byte| *byte == 0).next()?;
        let name = decode_name(name).replace('\\', "/");
        Some(Self { name, data: &[], packed, size, crc, method, kind, flags, shift, cipher })
    }

    pub(super) fn is_locked(&self) -> bool {
        self.flags & flag::GARBLED != 0 && self.size > 0
    }

    pub(super) fn is_part(&self) -> bool {
        self.flags & (flag::GOES_ON | flag::WENT_ON) != 0
    }

    /// The content under a password.
    pub(super) fn content<'b>(&self, password: &'b [u8]) -> Option<Box<dyn Read + 'b>>
    where
        'a: 'b,
    {
        let source = Source { data: self.data, password, shift: self.shift };
        decoder(source, self.method, self.size.into())
    }
}

/// Walks over the headers; answers the members and what stands behind the archive.
pub(super) fn walk<'a>(
    bytes: &'a [u8],
    out: &mut Opened,
    budget: &Budget,
) -> Result<(Vec<Member<'a>>, &'a [u8]), Stop> {
    let mut members: Vec<Member<'_>> = Vec::new();
    let (mut reader, mut cipher) = (Reader::new(bytes), 0);
    let (mut has_end, mut faults) = (false, 0u32);
    while !has_end && !reader.is_empty() {
        budget.tick()?;
        if budget.has_room(members.len() as u64 + 1, 0) == Err(Stop::Artifacts) {
            out.missed("limit-artifacts", format!("only {} entries are looked at", members.len()));
            return Ok((members, &[]));
        }
        let at = reader.position();
        let mut ahead = reader;
        let Some(header) = Header::read(&mut ahead) else {
            faults += 1;
            if faults == 1 {
                out.broke("arj-broken-header", format!("at byte {at}"));
            }
            match start_of_next(reader.rest()).and_then(|step| Reader::at(bytes, at + step)) {
                Some(next) => reader = next,
                None => break,
            }
            continue;
        };
        reader = ahead;
        if !header.is_right {
            out.broke("arj-header-crc", format!("at byte {at}"));
        }
        match header.fields.get(6) {
            None => has_end = header.fields.is_empty(),
            Some(&kind::MAIN) => cipher = header.fields.get(28).copied().unwrap_or_default(),
            Some(_) => {
                let Some(mut member) = Member::read(header.fields, cipher) else { continue };
                member.data = reader.take_up_to(usize::try_from(member.packed).unwrap_or(usize::MAX));
                members.push(member);
            }
        }
    }
    if !has_end || faults > 0 {
        out.broke("arj-truncated", "the archive has no end or is broken in between");
        out.missed("damaged", "headers are broken: entries may be missing");
    }
    if members.iter().any(Member::is_part) {
        out.broke("arj-split", "the archive is split over several files");
        out.missed("unsupported-format", "a part of a split archive");
    }
    Ok((members, reader.rest()))
}

/// The step to the next header that its CRC proves.
fn start_of_next(bytes: &[u8]) -> Option<usize> {
    // Marks that are none cost a checksum each; so only so many are looked at.
    let marks = memchr::memmem::find_iter(bytes, b"\x60\xea").filter(|at| *at > 0).take(100_000);
    let is_right = |at: &usize| {
        let header = Reader::at(bytes, *at).and_then(|mut reader| Header::read(&mut reader));
        header.is_some_and(|header| header.is_right)
    };
    { marks }.find(is_right)
}
