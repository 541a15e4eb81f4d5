//! The headers of RAR 1.5 to 4.x, one behind the other.
//!
//! ```text
//! CRC (half of a CRC-32)   type   flags   size   [size of data]   fields   [data]
//! ```
//!
//! Where the main header says so, every header behind it is encrypted, with a salt before it.

use super::lock::{Key, Lock};
use super::locksmith::Locksmith;
use super::member::{Member, Packing, Role, Split, Walk, data};
use super::name;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use std::io::Read;

/// The mark at the start: a header too.
pub(super) const SIGNATURE: &[u8] = b"Rar!\x1a\x07\0";

/// Types of headers.
mod kind {
    pub(super) const MARK: u8 = 0x72;
    pub(super) const MAIN: u8 = 0x73;
    pub(super) const FILE: u8 = 0x74;
    pub(super) const OLD_SERVICE: u8 = 0x77;
    pub(super) const SERVICE: u8 = 0x7a;
    pub(super) const END: u8 = 0x7b;
}

/// Flags of the main header.
mod main {
    pub(super) const PART: u16 = 1;
    pub(super) const COMMENT: u16 = 2;
    pub(super) const SOLID: u16 = 8;
    pub(super) const LOCKED: u16 = 0x80;
}

/// Flags of a file header.
mod flag {
    pub(super) const SPLIT_BEFORE: u16 = 1;
    pub(super) const SPLIT_AFTER: u16 = 2;
    pub(super) const LOCKED: u16 = 4;
    pub(super) const COMMENT: u16 = 8;
    pub(super) const SOLID: u16 = 0x10;
    pub(super) const WINDOW: u16 = 0xe0;
    pub(super) const LARGE: u16 = 0x100;
    pub(super) const UNICODE: u16 = 0x200;
    pub(super) const SALT: u16 = 0x400;
    /// Of every header: a size of data follows.
    pub(super) const DATA: u16 = 0x8000;
}

/// A header in the clear.
struct Header {
    kind: u8,
    flags: u16,
    /// What stands behind the size of the header.
    body: Vec<u8>,
    data: u64,
    /// Bytes it takes in the file.
    length: usize,
    is_right: bool,
}

/// Whether an archive begins here: the mark and a main header that its CRC proves.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(SIGNATURE);
    rest.and_then(plain_header).is_some_and(|header| header.is_right && header.kind == kind::MAIN)
}

/// Walks over the headers behind the mark; `bytes` begin with it.
pub(super) fn walk<'a>(
    bytes: &'a [u8],
    smith: &mut Locksmith<'_>,
    budget: &mut Budget,
) -> Result<Walk<'a>, Stop> {
    let mut walk = Walk::default();
    let mut at = SIGNATURE.len();
    let (mut flags, mut is_locked) = (0, false);
    let mut password = None;
    while at < bytes.len() && !walk.is_full(budget) {
        budget.tick()?;
        let rest = bytes.get(at..).unwrap_or_default();
        let header = match is_locked {
            true => open_header(rest, &mut password, smith, budget)?,
            false => plain_header(rest),
        };
        if is_locked && password.is_none() {
            walk.is_shut = true;
            return Ok(walk);
        }
        let Some(header) = header.filter(|header| header.is_right || is_plausible(header, rest)) else {
            walk.is_incomplete = true;
            walk.broke("rar-broken-header", format!("at byte {at}"));
            match next_header(rest).filter(|_| !is_locked) {
                Some(step) => at += step,
                None => return Ok(walk),
            }
            continue;
        };
        if !header.is_right {
            walk.broke("rar-header-crc", format!("at byte {at}"));
        }
        let data_at = at.saturating_add(header.length);
        let data = data(bytes, data_at, header.data);
        at = data_at.saturating_add(data.len());
        match header.kind {
            kind::MAIN => {
                (flags, is_locked) = (header.flags, header.flags & main::LOCKED != 0);
                walk.is_part |= flags & main::PART != 0;
            }
            kind::FILE | kind::SERVICE => match member(&header, data, &walk, flags) {
                Some(member) => walk.members.extend(member),
                None => {
                    walk.is_incomplete = true;
                    walk.broke("rar-broken-header", format!("a file header, before byte {at}"));
                }
            },
            kind::OLD_SERVICE => old_service(&header, &mut walk),
            kind::END => {
                walk.end = Some(at);
                return Ok(walk);
            }
            _ => {}
        }
        if (data.len() as u64) < header.data {
            walk.is_incomplete = true;
            walk.broke("rar-truncated", format!("{} of {} bytes of data", data.len(), header.data));
        }
    }
    Ok(walk)
}

/// The header at the start of `bytes`.
fn plain_header(bytes: &[u8]) -> Option<Header> {
    let mut reader = Reader::new(bytes);
    let crc = reader.u16()?;
    let (kind, flags, size) = (reader.u8()?, reader.u16()?, usize::from(reader.u16()?));
    let body = reader.take(size.checked_sub(7)?)?;
    let has_data = flags & flag::DATA != 0 || kind == kind::FILE || kind == kind::SERVICE;
    let data = if has_data { u64::from(Reader::new(body).u32()?) } else { 0 };
    let is_right = |size: usize| {
        let [low, high, ..] = crc32fast::hash(bytes.get(2..size).unwrap_or_default()).to_le_bytes();
        u16::from_le_bytes([low, high]) == crc
    };
    let is_right = is_right(size) || shorter(kind, flags, body).is_some_and(is_right);
    let mut header = Header { kind, flags, body: body.to_vec(), data, length: size, is_right };
    if let (kind::FILE | kind::SERVICE, true) = (kind, flags & flag::LARGE != 0) {
        let high = Reader::at(body, 25).and_then(|mut reader| reader.u32()).unwrap_or_default();
        header.data |= u64::from(high) << 32;
    }
    Some(header)
}

/// Headers with a comment inside: the CRC leaves the comment out.
fn shorter(kind: u8, flags: u16, body: &[u8]) -> Option<usize> {
    match kind {
        kind::MAIN if flags & main::COMMENT != 0 => Some(13),
        kind::FILE if flags & flag::COMMENT != 0 => {
            let name = Reader::at(body, 19)?.u16()?;
            Some(32 + usize::from(name))
        }
        _ => None,
    }
}

/// The encrypted header at the start of `bytes`, if a password opens it. The one that opened the first header is that
/// of all.
fn open_header(
    bytes: &[u8],
    password: &mut Option<Vec<u8>>,
    smith: &mut Locksmith<'_>,
    budget: &mut Budget,
) -> Result<Option<Header>, Stop> {
    let Some((salt, sealed)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
    let lock = Lock::Sha1 { salt: Some(*salt) };
    if let Some(password) = password {
        let key = smith.key(&lock, password, budget)?;
        return Ok(key.and_then(|key| locked_header(sealed, &key)));
    }
    let found = smith.find("rar3-aes", budget, |keys, trial, budget| {
        let key = keys.derive(&lock, trial, budget)?;
        let header = key.and_then(|key| locked_header(sealed, &key));
        let header = header.filter(|header| header.is_right && is_known(header.kind));
        Ok(header.map(|header| (header, trial.to_vec())))
    })?;
    Ok(found.map(|(header, trial)| {
        *password = Some(trial);
        header
    }))
}

fn is_known(kind: u8) -> bool {
    (kind::MARK..=kind::END).contains(&kind)
}

fn locked_header(sealed: &[u8], key: &Key) -> Option<Header> {
    let mut reader = key.decrypt(sealed);
    let mut block = [0; 16];
    reader.read_exact(&mut block).ok()?;
    let mut plain = block.to_vec();
    let size = usize::from(Reader::at(&block, 5)?.u16()?);
    while plain.len() < size {
        reader.read_exact(&mut block).ok()?;
        plain.extend_from_slice(&block);
    }
    let header = plain_header(&plain)?;
    Some(Header { length: 8 + plain.len(), ..header })
}

/// Whether a header whose CRC is wrong still looks like one: RAR itself goes on with it.
fn is_plausible(header: &Header, rest: &[u8]) -> bool {
    let data = usize::try_from(header.data).unwrap_or(usize::MAX);
    is_known(header.kind) && header.length.saturating_add(data) <= rest.len()
}

/// The step to the next file header that its CRC proves.
fn next_header(bytes: &[u8]) -> Option<usize> {
    // A header that lies about its size costs a checksum of all that; so only so much is hashed.
    let mut left = bytes.len().saturating_mul(4);
    for at in memchr::memchr_iter(kind::FILE, bytes.get(3..)?) {
        let rest = bytes.get(at + 1..)?;
        let size = usize::from(Reader::at(rest, 5)?.u16()?);
        if !(33..=0x1000.min(rest.len())).contains(&size) {
            continue;
        }
        left = left.checked_sub(size)?;
        if plain_header(rest).is_some_and(|header| header.is_right && header.kind == kind::FILE) {
            return Some(at + 1);
        }
    }
    None
}

/// Streams of RAR 2 stand in blocks of another form.
fn old_service(header: &Header, walk: &mut Walk<'_>) {
    let subtype = Reader::at(&header.body, 4).and_then(|mut reader| reader.u16());
    if subtype == Some(0x105) {
        let member = Member {
            name: format!("{}:", walk.last_file()),
            role: Role::Stream,
            data: &[],
            size: header.data,
            crc: None,
            packing: Packing::Unknown("a stream of RAR 2".to_string()),
            lock: Lock::Open,
            is_solid: false,
            split: Split::default(),
        };
        walk.members.push(member);
    }
}

/// The member a file or service header tells of; nothing for services that hold no content. `None` if broken.
fn member<'a>(header: &Header, data: &'a [u8], walk: &Walk<'_>, main: u16) -> Option<Option<Member<'a>>> {
    let mut reader = Reader::new(&header.body);
    reader.skip(4)?;
    let size = u64::from(reader.u32()?);
    let (system, crc) = (reader.u8()?, reader.u32()?);
    reader.skip(4)?;
    let (version, method) = (reader.u8()?, reader.u8()?);
    let length = usize::from(reader.u16()?);
    let attributes = reader.u32()?;
    let flags = header.flags;
    let high = match flags & flag::LARGE != 0 {
        true => (reader.skip(4)?, reader.u32()?).1,
        false => 0,
    };
    let field = reader.take_up_to(length);
    let is_service = header.kind == kind::SERVICE;
    if is_service && field != b"STM" {
        return Some(None);
    }
    let is_folder = flags & flag::WINDOW == flag::WINDOW || (version < 20 && attributes & 0x10 != 0);
    let is_link = system == UNIX && attributes & 0xf000 == 0xa000;
    let (name, role) = match (is_service, is_folder, is_link) {
        (true, ..) => {
            let stream =
                name::wide(reader.rest().get(..reader.rest().len() - salt_length(flags)).unwrap_or_default());
            (format!("{}{stream}", walk.last_file()), Role::Stream)
        }
        (_, true, _) => (name::of(field, flags & flag::UNICODE != 0), Role::Folder),
        (_, _, true) => {
            (name::of(field, flags & flag::UNICODE != 0), Role::Link { target: None, is_copy: false })
        }
        _ => (name::of(field, flags & flag::UNICODE != 0), Role::File),
    };
    let salt = if is_service { tail_salt(reader.rest()) } else { reader.array() };
    let first = !walk.members.iter().any(|member| member.role == Role::File);
    // Before version 2 only the archive says whether it is solid.
    let is_solid = match version {
        ..20 => main & self::main::SOLID != 0 && !first,
        _ => flags & flag::SOLID != 0,
    };
    let split = Split { before: flags & flag::SPLIT_BEFORE != 0, after: flags & flag::SPLIT_AFTER != 0 };
    Some(Some(Member {
        name,
        role,
        data,
        size: size | u64::from(high) << 32,
        crc: Some(crc).filter(|_| !split.after),
        packing: packing(version, method, flags & flag::WINDOW),
        lock: lock(flags, version, salt),
        is_solid: is_solid && !is_service,
        split,
    }))
}

/// The system that has symbolic links.
const UNIX: u8 = 3;

fn salt_length(flags: u16) -> usize {
    if flags & flag::SALT != 0 { 8 } else { 0 }
}

/// The salt of a service stands behind its own data.
fn tail_salt(rest: &[u8]) -> Option<[u8; 8]> {
    rest.last_chunk().copied()
}

fn lock(flags: u16, version: u8, salt: Option<[u8; 8]>) -> Lock {
    match (flags & flag::LOCKED != 0, version) {
        (false, _) => Lock::Open,
        (true, ..29) => Lock::Old,
        (true, _) => Lock::Sha1 { salt: salt.filter(|_| flags & flag::SALT != 0) },
    }
}

fn packing(version: u8, method: u8, window: u16) -> Packing {
    match (version, method) {
        (_, 0x30) => Packing::Stored,
        (15 | 20 | 26 | 29..=36, 0x31..=0x35) => Packing::Old { version, method, window },
        _ => Packing::Unknown(format!("method {method:#x} of version {version}")),
    }
}
