//! ACE archives 1 and 2, also behind a program: every header and what is stored.
//!
//! ```text
//! CRC-16   size   type   flags   [size of data]   fields   [data]
//! ```
//!
//! Checksums are those of CRC-32 without the last inversion, for headers the lower half. There is no public
//! specification; the layout is the one on which the free readers agree.
//!
//! Left out: what is packed (LZ77, blocked), which no writer makes any more and whose names are the evidence; the
//! cipher; the other parts of split archives; comments and recovery records.

#[cfg(test)]
mod tests;

use crate::artifact::{Artifact, Child, Fact, Format, Opened, Unread};
use crate::bytes::Reader;
use crate::keyring::Keyring;
use crate::limits::{Budget, Decoded, Stop};
use crate::zip::decode_name;

/// The format.
pub(super) struct Ace;

impl Format for Ace {
    fn id(&self) -> &'static str {
        "ace"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "ace" || (artifact.kind.id == "exe" && start(&artifact.bytes).is_some())
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let begin = if artifact.kind.id == "exe" { start(&artifact.bytes) } else { Some(0) };
        let bytes = begin.and_then(|at| artifact.bytes.get(at..)).unwrap_or_default();
        let members = walk(bytes, artifact.kind.id == "ace", out, budget)?;
        for member in members.iter().filter(|member| !member.is_folder) {
            put(member, out, budget)?;
        }
        let shut = members.iter().filter(|member| member.is_locked).count();
        if shut > 0 {
            out.missed("encrypted", format!("locked entries: {shut}"));
        }
        Ok(())
    }
}

/// How far a self-extractor may reach before its archive.
const STUB: usize = 1 << 20;
/// What stands in the main header behind type and flags.
const MARK: &[u8] = b"**ACE**";

/// Where the archive begins: at the first main header that its CRC proves.
fn start(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..STUB).unwrap_or(bytes);
    memchr::memmem::find_iter(head, MARK).filter_map(|at| at.checked_sub(7)).find(|at| {
        let header = Reader::at(bytes, *at).and_then(|mut reader| Header::read(&mut reader));
        header.is_some_and(|header| header.is_right && header.kind == kind::MAIN)
    })
}

/// Types of headers.
mod kind {
    pub(super) const MAIN: u8 = 0;
    pub(super) const FILE: u8 = 1;
    pub(super) const LARGE_FILE: u8 = 3;
}

/// Flags of headers; the upper ones of files.
mod flag {
    pub(super) const DATA: u16 = 1;
    pub(super) const LARGE: u16 = 4;
    /// Of the main header: one part of several.
    pub(super) const PART: u16 = 1 << 11;
    pub(super) const WENT_ON: u16 = 1 << 12;
    pub(super) const GOES_ON: u16 = 1 << 13;
    pub(super) const LOCKED: u16 = 1 << 14;
}

struct Header<'a> {
    kind: u8,
    flags: u16,
    fields: Reader<'a>,
    /// Size of the data behind it.
    data: u64,
    is_right: bool,
}

impl<'a> Header<'a> {
    /// The header at the cursor, which then stands at its data.
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let (crc, size) = (reader.u16()?, reader.u16()?);
        let all = reader.take(usize::from(size))?;
        let [low, high, ..] = checksum(all).to_le_bytes();
        let is_right = u16::from_le_bytes([low, high]) == crc;
        let mut fields = Reader::new(all);
        let (kind, flags) = (fields.u8()?, fields.u16()?);
        let mut ahead = fields;
        let data = match (flags & flag::DATA != 0, flags & flag::LARGE != 0) {
            (false, _) => 0,
            (true, false) => u64::from(ahead.u32()?),
            (true, true) => ahead.u64()?,
        };
        Some(Self { kind, flags, fields, data, is_right })
    }

    fn is_file(&self) -> bool {
        self.flags & flag::DATA != 0
            && self.kind == if self.flags & flag::LARGE != 0 { kind::LARGE_FILE } else { kind::FILE }
    }
}

/// CRC-32 without the last inversion.
fn checksum(bytes: &[u8]) -> u32 {
    !crc32fast::hash(bytes)
}

/// A file or folder.
struct Member<'a> {
    name: String,
    data: &'a [u8],
    packed: u64,
    size: u64,
    checksum: u32,
    method: u8,
    is_folder: bool,
    is_locked: bool,
    is_part: bool,
}

impl<'a> Member<'a> {
    fn read(header: &Header<'_>, data: &'a [u8]) -> Option<Self> {
        let mut reader = header.fields;
        let (packed, size) = match header.flags & flag::LARGE != 0 {
            true => (reader.u64()?, reader.u64()?),
            false => (u64::from(reader.u32()?), u64::from(reader.u32()?)),
        };
        reader.skip(4)?;
        let (attributes, checksum) = (reader.u32()?, reader.u32()?);
        let method = reader.u8()?;
        reader.skip(5)?;
        let length = usize::from(reader.u16()?);
        let name = reader.take_up_to(length).split(|byte| *byte == 0).next()?;
        Some(Self {
            name: decode_name(name).replace('\\', "/"),
            data,
            packed,
            size,
            checksum,
            method,
            is_folder: attributes & 0x10 != 0,
            is_locked: header.flags & flag::LOCKED != 0,
            is_part: header.flags & (flag::WENT_ON | flag::GOES_ON) != 0,
        })
    }
}

/// Walks over the headers. There is no end mark: the last byte of the last file ends the archive.
fn walk<'a>(
    bytes: &'a [u8],
    is_alone: bool,
    out: &mut Opened,
    budget: &Budget,
) -> Result<Vec<Member<'a>>, Stop> {
    let mut members: Vec<Member<'_>> = Vec::new();
    let mut reader = Reader::new(bytes);
    let (mut is_broken, mut is_part) = (false, false);
    while !reader.is_empty() {
        budget.tick()?;
        if budget.has_room(members.len() as u64 + 1, 0) == Err(Stop::Artifacts) {
            out.missed("limit-artifacts", format!("only {} entries are looked at", members.len()));
            break;
        }
        let at = reader.position();
        let mut ahead = reader;
        let header = Header::read(&mut ahead).filter(|header| header.is_right);
        let Some(header) = header else {
            if is_alone && !is_broken && reader.rest().iter().any(|byte| *byte != 0) {
                out.broke("ace-broken-header", format!("at byte {at}"));
                out.missed("damaged", "headers are broken: entries may be missing");
            }
            is_broken = true;
            match next_file(reader.rest()).and_then(|step| Reader::at(bytes, at + step)) {
                Some(next) => reader = next,
                None => break,
            }
            continue;
        };
        reader = ahead;
        let data = reader.take_up_to(usize::try_from(header.data).unwrap_or(usize::MAX));
        is_part |= header.kind == kind::MAIN && header.flags & flag::PART != 0;
        if header.is_file() {
            members.extend(Member::read(&header, data));
        }
        if (data.len() as u64) < header.data {
            out.broke("ace-truncated", format!("{} of {} bytes of data", data.len(), header.data));
        }
    }
    if is_part || members.iter().any(|member| member.is_part) {
        out.broke("ace-split", "the archive is split over several files");
        out.missed("unsupported-format", "a part of a split archive");
    }
    Ok(members)
}

/// The step to the next file header that its CRC proves. The half of a CRC-32 proves little, so the header has to look
/// like one as well.
fn next_file(bytes: &[u8]) -> Option<usize> {
    // A header that lies about its size costs a checksum of all that; so only so much is hashed.
    let mut left = bytes.len().saturating_mul(4);
    for at in 1..bytes.len() {
        let mut reader = Reader::at(bytes, at + 2)?;
        let (size, kind, flags) = (usize::from(reader.u16()?), reader.u8()?, reader.u16()?);
        let is_file = kind == kind::FILE && flags & (flag::DATA | flag::LARGE) == flag::DATA;
        if !is_file || !(32..=0x1000.min(reader.rest().len() + 3)).contains(&size) {
            continue;
        }
        left = left.checked_sub(size)?;
        let header = Reader::at(bytes, at).and_then(|mut reader| Header::read(&mut reader));
        if header.is_some_and(|header| header.is_right) {
            return Some(at);
        }
    }
    None
}

/// Puts a file among the children, or its name among what is locked.
fn put(member: &Member<'_>, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    if leads_out(&member.name) {
        out.facts.push(Fact::Trick { what: "ace-path-traversal", detail: member.name.clone() });
    }
    if member.is_locked {
        out.facts.push(Fact::LockedName(member.name.clone()));
        return Ok(());
    }
    if member.method != 0 && member.size > 0 {
        let mut child = Child::new(member.name.as_str(), "ace", Vec::new());
        let detail = format!("method {}", member.method);
        child.unread = vec![Unread { reason: "unsupported-method", detail }];
        return out.push(child, budget);
    }
    let mut decoded = budget.read(&mut { member.data });
    let stop = decoded.stop;
    if stop.is_none() {
        decoded.broken = fault(member, &decoded);
    }
    let room = out.push(Child::decoded(member.name.as_str(), "ace", decoded), budget);
    stop.map_or(room, Err)
}

/// What is wrong with a stored file.
fn fault(member: &Member<'_>, decoded: &Decoded) -> Option<String> {
    if member.is_part {
        return Some("a part of a split archive".to_string());
    }
    if decoded.size != member.size {
        return Some(format!("{} of {} bytes, stored in {}", decoded.size, member.size, member.packed));
    }
    (checksum(member.data) != member.checksum).then(|| "the CRC-32 is wrong".to_string())
}

/// Whether a name leads out of the folder that is unpacked to: upwards, to the root or to a drive, wherever it is
/// named (CVE-2018-20250).
fn leads_out(name: &str) -> bool {
    let is_drive = |part: &str| part.contains(':');
    name.starts_with('/') || name.split('/').any(|part| part == ".." || is_drive(part))
}
