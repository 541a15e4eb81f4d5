//! The headers of RAR 5 and 7, one behind the other.
//!
//! ```text
//! CRC-32   size   type   flags   [size of extra area]   [size of data]   fields   [extra area]   [data]
//! ```
//!
//! Numbers have seven bits a byte. Behind an encryption header every further header is encrypted, with a vector of
//! its own before it.

use super::lock::{Key, Lock, Pbkdf2};
use super::locksmith::Locksmith;
use super::member::{Member, Packing, Role, Split, Walk, data};
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use sha2::{Digest, Sha256};
use std::io::Read;

/// The mark at the start.
pub(super) const SIGNATURE: &[u8] = b"Rar!\x1a\x07\x01\0";

/// The largest header a reader of RAR takes.
const LARGEST: u64 = 2 << 20;

/// Types of headers.
mod kind {
    pub(super) const MAIN: u64 = 1;
    pub(super) const FILE: u64 = 2;
    pub(super) const SERVICE: u64 = 3;
    pub(super) const ENCRYPTION: u64 = 4;
    pub(super) const END: u64 = 5;
}

/// Flags of every header.
mod flag {
    pub(super) const EXTRA: u64 = 1;
    pub(super) const DATA: u64 = 2;
    pub(super) const SPLIT_BEFORE: u64 = 8;
    pub(super) const SPLIT_AFTER: u64 = 16;
}

/// A header in the clear.
struct Header {
    kind: u64,
    flags: u64,
    /// Fields and extra area.
    body: Vec<u8>,
    extra: usize,
    /// Size of the data behind it.
    data: u64,
    /// Bytes it takes in the file.
    length: usize,
    is_right: bool,
}

/// Whether an archive begins here: the mark and a header that its CRC proves.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(SIGNATURE);
    let first = rest.and_then(plain_header).filter(|header| header.is_right);
    first.is_some_and(|header| [kind::MAIN, kind::ENCRYPTION].contains(&header.kind))
}

/// Walks over the headers behind the mark; `bytes` begin with it.
pub(super) fn walk<'a>(
    bytes: &'a [u8],
    smith: &mut Locksmith<'_>,
    budget: &mut Budget,
) -> Result<Walk<'a>, Stop> {
    let mut walk = Walk::default();
    let mut at = SIGNATURE.len();
    let mut key: Option<Key> = None;
    while at < bytes.len() && !walk.is_full(budget) {
        budget.tick()?;
        let rest = bytes.get(at..).unwrap_or_default();
        let header = match &key {
            Some(key) => locked_header(rest, key),
            None => plain_header(rest),
        };
        let Some(header) = header.filter(|header| header.is_right || is_plausible(header, rest)) else {
            walk.is_incomplete = true;
            walk.broke("rar-broken-header", format!("at byte {at}"));
            match next_header(rest).filter(|_| key.is_none()) {
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
                walk.is_part |= vint(&mut Reader::new(&header.body)).is_some_and(|flags| flags & 1 != 0)
            }
            kind::FILE | kind::SERVICE => match member(&header, data, &walk) {
                Some(member) => walk.members.extend(member),
                None => {
                    walk.is_incomplete = true;
                    walk.broke("rar-broken-header", format!("a file header, before byte {at}"));
                }
            },
            kind::ENCRYPTION if key.is_none() => {
                let rest = bytes.get(at..).unwrap_or_default();
                key = open_headers(&header, rest, smith, budget)?;
                walk.is_shut = key.is_none();
                if walk.is_shut {
                    return Ok(walk);
                }
            }
            kind::END => {
                walk.end = Some(at);
                return Ok(walk);
            }
            _ => {}
        }
        if (data.len() as u64) < header.data {
            walk.broke("rar-truncated", format!("{} of {} bytes of data", data.len(), header.data));
        }
    }
    if !walk.is_cut {
        walk.is_incomplete = true;
        walk.broke("rar-no-end", "the file ends before the archive does");
    }
    Ok(walk)
}

/// The key of the headers, proved by the check value or by the first header.
fn open_headers(
    header: &Header,
    rest: &[u8],
    smith: &mut Locksmith<'_>,
    budget: &mut Budget,
) -> Result<Option<Key>, Stop> {
    let mut reader = Reader::new(&header.body);
    let Some(lock) = encryption(&mut reader, Role::Folder) else { return Ok(None) };
    smith.find("rar5-aes", budget, |keys, trial, budget| {
        let key = keys.derive(&Lock::Pbkdf2(lock), trial, budget)?;
        let fits = |key: &Key| {
            lock.check.is_some() || locked_header(rest, key).is_some_and(|header| header.is_right)
        };
        Ok(key.filter(fits))
    })
}

/// Version, flags, rounds, salt, the vector where a file has one, the check value with a hash of its own.
fn encryption(reader: &mut Reader<'_>, role: Role) -> Option<Pbkdf2> {
    let (_, flags) = (vint(reader)?, vint(reader)?);
    let rounds = reader.u8()?;
    let salt = reader.array()?;
    let iv = if role == Role::File { reader.array()? } else { [0; 16] };
    let check = if flags & 1 != 0 { check(reader) } else { None };
    Some(Pbkdf2 { rounds, salt, check, iv, is_signed: flags & 2 != 0 })
}

/// A check value whose own hash is wrong checks nothing, and neither does one of zeros, which old writers left.
fn check(reader: &mut Reader<'_>) -> Option<[u8; 8]> {
    let check: [u8; 8] = reader.array()?;
    let sum: [u8; 4] = reader.array()?;
    (Sha256::digest(check).first_chunk() == Some(&sum) && check != [0; 8]).then_some(check)
}

/// The header at the start of `bytes`.
fn plain_header(bytes: &[u8]) -> Option<Header> {
    let mut reader = Reader::new(bytes);
    let crc = reader.u32()?;
    let size = vint(&mut reader)?;
    if size == 0 || size > LARGEST {
        return None;
    }
    let start = reader.position();
    let fields = reader.take(usize::try_from(size).ok()?)?;
    let is_right = crc32fast::hash(bytes.get(4..reader.position())?) == crc;
    let mut inner = Reader::new(fields);
    let (kind, flags) = (vint(&mut inner)?, vint(&mut inner)?);
    let extra = if flags & flag::EXTRA != 0 { vint(&mut inner)? } else { 0 };
    let data = if flags & flag::DATA != 0 { vint(&mut inner)? } else { 0 };
    let extra = usize::try_from(extra).ok().filter(|extra| *extra <= inner.rest().len())?;
    let body = inner.rest().to_vec();
    Some(Header { kind, flags, body, extra, data, length: start + fields.len(), is_right })
}

/// The encrypted header at the start of `bytes`.
fn locked_header(bytes: &[u8], key: &Key) -> Option<Header> {
    let (iv, sealed) = bytes.split_first_chunk::<16>()?;
    let mut plain = Vec::new();
    let mut reader = key.at(*iv).decrypt(sealed);
    // The first block tells the size.
    let mut block = [0; 16];
    reader.read_exact(&mut block).ok()?;
    plain.extend_from_slice(&block);
    let mut head = Reader::new(&block);
    head.skip(4)?;
    let size = vint(&mut head).filter(|size| *size <= LARGEST)?;
    let whole = usize::try_from(size).ok()? + head.position();
    while plain.len() < whole {
        reader.read_exact(&mut block).ok()?;
        plain.extend_from_slice(&block);
    }
    let header = plain_header(&plain)?;
    Some(Header { length: 16 + plain.len(), ..header })
}

/// Whether a header whose CRC is wrong still looks like one: RAR itself goes on with it.
fn is_plausible(header: &Header, rest: &[u8]) -> bool {
    let data = usize::try_from(header.data).unwrap_or(usize::MAX);
    (kind::MAIN..=kind::END).contains(&header.kind)
        && header.flags < 0x100
        && header.length.saturating_add(data) <= rest.len()
}

/// The step to the next place where a header stands that its CRC proves.
fn next_header(bytes: &[u8]) -> Option<usize> {
    // A header that lies about its size costs a checksum of all that; so only so much is hashed.
    let mut left = bytes.len().saturating_mul(4);
    for at in 1..bytes.len() {
        let mut reader = Reader::at(bytes, at + 4)?;
        let (Some(size), Some(kind)) = (vint(&mut reader), vint(&mut reader)) else { continue };
        let most = 0x4000.min(reader.rest().len() as u64 + 1);
        let likely = (2..=most).contains(&size) && (kind::FILE..=kind::END).contains(&kind);
        if !likely {
            continue;
        }
        left = left.checked_sub(usize::try_from(size).ok()?)?;
        if plain_header(bytes.get(at..)?).is_some_and(|header| header.is_right) {
            return Some(at);
        }
    }
    None
}

/// A number of seven bits a byte, the lowest first.
fn vint(reader: &mut Reader<'_>) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let byte = reader.u8()?;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The member a file or service header tells of; nothing for services that hold no content. `None` if broken.
fn member<'a>(header: &Header, data: &'a [u8], walk: &Walk<'_>) -> Option<Option<Member<'a>>> {
    let (fields, extra) = header.body.split_at_checked(header.body.len() - header.extra)?;
    let mut reader = Reader::new(fields);
    let flags = vint(&mut reader)?;
    let size = vint(&mut reader)?;
    vint(&mut reader)?;
    if flags & 2 != 0 {
        reader.skip(4)?;
    }
    let crc = if flags & 4 != 0 { Some(reader.u32()?) } else { None };
    let information = vint(&mut reader)?;
    vint(&mut reader)?;
    let length = usize::try_from(vint(&mut reader)?).ok()?;
    let raw = reader.take_up_to(length);
    let extra = Extra::read(extra);
    let is_service = header.kind == kind::SERVICE;
    if is_service && raw != b"STM" {
        return Some(None);
    }
    let name = match &extra.stream {
        Some(stream) if is_service => format!("{}{stream}", walk.last_file()),
        _ => crate::zip::decode_name(raw),
    };
    let role = match (is_service, flags & 1 != 0, extra.link) {
        (true, ..) => Role::Stream,
        (false, _, Some((target, is_copy))) => Role::Link { target: Some(target), is_copy },
        (false, true, None) => Role::Folder,
        (false, false, None) => Role::File,
    };
    let split = Split {
        before: header.flags & flag::SPLIT_BEFORE != 0,
        after: header.flags & flag::SPLIT_AFTER != 0,
    };
    let packing = match flags & 8 != 0 {
        true => Packing::Unknown("a size that is not told".to_string()),
        false => packing(information, extra.hash),
    };
    Some(Some(Member {
        name,
        role,
        data,
        size,
        // The checksum of a part is that of its packed bytes.
        crc: crc.filter(|_| !split.after),
        packing,
        lock: extra.lock,
        is_solid: information & 0x40 != 0 && !is_service,
        split,
    }))
}

fn packing(information: u64, hash: Option<[u8; 32]>) -> Packing {
    match (information & 0x3f, information >> 7 & 7) {
        (_, 0) => Packing::Stored,
        (0 | 1, 1..=5) => Packing::New { information, hash },
        (version, method) => Packing::Unknown(format!("method {method} of version {version}")),
    }
}

/// What the extra area tells.
struct Extra {
    lock: Lock,
    hash: Option<[u8; 32]>,
    link: Option<(String, bool)>,
    stream: Option<String>,
}

impl Extra {
    fn read(area: &[u8]) -> Self {
        let mut out = Self { lock: Lock::Open, hash: None, link: None, stream: None };
        let mut reader = Reader::new(area);
        while let Some(size) = vint(&mut reader) {
            let record = reader.take_up_to(usize::try_from(size).unwrap_or(usize::MAX));
            let mut record = Reader::new(record);
            let Some(kind) = vint(&mut record) else { break };
            match kind {
                // What is said to be locked in a way that cannot be read is locked all the same.
                1 => out.lock = encryption(&mut record, Role::File).map_or(Lock::Old, Lock::Pbkdf2),
                2 if vint(&mut record) == Some(0) => out.hash = record.array(),
                5 => out.link = link(&mut record),
                7 => out.stream = Some(crate::zip::decode_name(record.rest())),
                _ => {}
            }
        }
        out
    }
}

/// Where a link leads, and whether it stands for another member's content: types 4 and 5 are hard links and copies.
fn link(record: &mut Reader<'_>) -> Option<(String, bool)> {
    let (kind, _, length) = (vint(record)?, vint(record)?, vint(record)?);
    let target = record.take_up_to(usize::try_from(length).ok()?);
    Some((crate::zip::decode_name(target), kind == 4 || kind == 5))
}
