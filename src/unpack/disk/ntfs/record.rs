//! Records of the master file table and their attributes.

use crate::bytes::Reader;
use crate::unpack::disk::fat::MOST_RUNS;
use crate::unpack::disk::image::Run;

/// A file: what one record says, or several that were joined.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) is_in_use: bool,
    /// Whether a sector of it was not written together with the others.
    pub(super) is_torn: bool,
    pub(super) is_hidden: bool,
    /// Number of the record this one continues.
    pub(super) base: Option<u64>,
    /// Tag of its reparse point.
    pub(super) reparse: Option<u32>,
    pub(super) names: Vec<Name>,
    pub(super) data: Vec<Data>,
}

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) parent: u64,
    pub(super) text: String,
    /// Whether it is the short one beside a long one.
    pub(super) is_dos: bool,
}

/// A piece of a stream.
#[derive(Debug, Default)]
pub(super) struct Data {
    /// Empty for the content of the file.
    pub(super) name: String,
    /// The first cluster of the stream that it holds.
    pub(super) first: u64,
    pub(super) resident: Option<Vec<u8>>,
    /// Where its clusters stand, as it is written.
    pub(super) pairs: Vec<u8>,
    pub(super) size: u64,
    pub(super) valid: u64,
    /// If it is compressed: how many clusters a unit has, as a power of two.
    pub(super) unit: Option<u16>,
    pub(super) is_encrypted: bool,
}

/// The reparse tag of files compressed by Windows (MS-FSCC 2.1.2.1, `IO_REPARSE_TAG_WOF`).
pub(super) const COMPACT: u32 = 0x8000_0017;

/// The 48 bits of a reference that are a number of a record.
const NUMBER: u64 = (1 << 48) - 1;

/// How many names and streams of one file are kept.
const MOST_NAMES: usize = 64;
const MOST_PIECES: usize = 4096;

impl Record {
    /// A record, if the bytes are one.
    pub(super) fn read(mut bytes: Vec<u8>) -> Option<Self> {
        if !bytes.starts_with(b"FILE") {
            return None;
        }
        let is_torn = !restore(&mut bytes)?;
        let mut head = Reader::at(&bytes, 20)?;
        let (attributes, flags) = (head.u16()?, head.u16()?);
        head.skip(8)?;
        let base = head.u64()? & NUMBER;
        let mut record =
            Self { is_torn, is_in_use: flags & 1 != 0, base: (base != 0).then_some(base), ..Self::default() };
        // The extension records of the file table itself have the base 0, and a sequence number beside it.
        let is_first = Reader::at(&bytes, 44).and_then(|mut at| at.u32()) == Some(0);
        if base == 0 && Reader::at(&bytes, 32)?.u64()? != 0 && !is_first {
            record.base = Some(0);
        }
        let mut rest = bytes.get(usize::from(attributes)..)?;
        while let Some((attribute, more)) = Attribute::read(rest) {
            record.take(&attribute);
            rest = more;
        }
        Some(record)
    }

    /// Takes over what another record says of the same file. Only its own one tells whether it is in use.
    pub(super) fn join(&mut self, other: Self) {
        if other.base.is_none() {
            self.is_in_use = other.is_in_use;
        } else if !other.is_in_use {
            return;
        }
        self.is_hidden |= other.is_hidden;
        self.reparse = self.reparse.or(other.reparse);
        self.names.extend(other.names);
        self.names.truncate(MOST_NAMES);
        self.data.extend(other.data);
        self.data.truncate(MOST_PIECES);
    }

    /// The name a person sees.
    pub(super) fn long_name(&self) -> Option<&Name> {
        self.names.iter().find(|name| !name.is_dos).or(self.names.first())
    }

    fn take(&mut self, attribute: &Attribute<'_>) {
        match attribute.sort {
            0x10 => {
                let flags = attribute.resident.and_then(|value| Reader::at(value, 32)?.u32());
                self.is_hidden |= flags.unwrap_or_default() & 2 != 0;
            }
            0x30 => self.names.extend(attribute.resident.and_then(Name::read)),
            0x80 => self.data.extend(attribute.data()),
            0xc0 => self.reparse = attribute.resident.and_then(|value| Reader::new(value).u32()),
            _ => {}
        }
    }
}

impl Name {
    fn read(value: &[u8]) -> Option<Self> {
        let parent = Reader::new(value).u64()? & NUMBER;
        let mut reader = Reader::at(value, 64)?;
        let (length, space) = (reader.u8()?, reader.u8()?);
        let text = wide(reader.take(usize::from(length) * 2)?);
        Some(Self { parent, text, is_dos: space == 2 })
    }
}

fn wide(bytes: &[u8]) -> String {
    encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()
}

/// Puts back the last two bytes of every 512, which stand in an array while a record is on the disk. Answers whether
/// all of them bore the mark of that array.
fn restore(bytes: &mut [u8]) -> Option<bool> {
    let mut head = Reader::at(bytes, 4)?;
    let (at, count) = (head.u16()?, head.u16()?);
    let mut array = Reader::at(bytes, usize::from(at))?;
    let mark = array.array::<2>()?;
    let kept: Vec<[u8; 2]> = (1..count.min(129)).map_while(|_| array.array()).collect();
    let mut is_whole = true;
    for (sector, kept) in bytes.chunks_exact_mut(512).zip(kept) {
        let Some(end) = sector.last_chunk_mut::<2>() else { break };
        is_whole &= *end == mark;
        *end = kept;
    }
    Some(is_whole)
}

/// An attribute of a record.
struct Attribute<'a> {
    sort: u32,
    flags: u16,
    name: String,
    /// Its value, if that is in the record.
    resident: Option<&'a [u8]>,
    bytes: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// The attribute at the start of `bytes`, and what is behind it.
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut head = Reader::new(bytes);
        let (sort, length) = (head.u32()?, head.u32()?);
        if sort == u32::MAX || length < 24 {
            return None;
        }
        let (bytes, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
        let (elsewhere, name_length) = (head.u8()?, head.u8()?);
        let (name_at, flags) = (head.u16()?, head.u16()?);
        let name = Reader::at(bytes, name_at.into()).and_then(|mut at| at.take(usize::from(name_length) * 2));
        let value = || {
            let mut reader = Reader::at(bytes, 16)?;
            let (length, at) = (reader.u32()?, reader.u16()?);
            Some(Reader::at(bytes, at.into())?.take_up_to(usize::try_from(length).ok()?))
        };
        let resident = if elsewhere == 0 { Some(value()?) } else { None };
        Some((Self { sort, flags, name: wide(name.unwrap_or_default()), resident, bytes }, rest))
    }

    /// The piece of a stream that it is.
    fn data(&self) -> Option<Data> {
        let data =
            Data { name: self.name.clone(), is_encrypted: self.flags & 0x4000 != 0, ..Data::default() };
        if let Some(value) = self.resident {
            return Some(Data { resident: Some(value.to_vec()), ..data });
        }
        let first = Reader::at(self.bytes, 16)?.u64()?;
        let pairs = usize::from(Reader::at(self.bytes, 32)?.u16()?);
        let bits = Reader::at(self.bytes, 34)?.u16()?;
        let unit = (self.flags & 0xff != 0).then_some(bits);
        let mut sizes = Reader::at(self.bytes, 48)?;
        let (size, valid) = if first == 0 { (sizes.u64()?, sizes.u64()?) } else { (0, 0) };
        Some(Data { first, pairs: self.bytes.get(pairs..)?.to_vec(), size, valid, unit, ..data })
    }
}

/// The runs of mapping pairs: for each a byte with the lengths of the two numbers behind it, the count of clusters
/// and how far they stand from the run before. Without the second number the run is a hole. `None` if there are too
/// many.
pub(super) fn runs(pairs: &[u8], cluster: u64) -> Option<Vec<Run>> {
    let mut reader = Reader::new(pairs);
    let mut found = Vec::new();
    let mut at = 0i64;
    while let Some(head @ 1..) = reader.u8() {
        let (count_length, place_length) = (usize::from(head & 15), usize::from(head >> 4));
        let (Some(count), Some(place)) = (reader.take(count_length), reader.take(place_length)) else {
            break;
        };
        let (Some(count), Some(step)) = (number(count), number(place)) else { break };
        let length = u64::try_from(count).unwrap_or_default().saturating_mul(cluster);
        if place_length == 0 {
            found.push(Run::hole(length));
        } else {
            at = at.wrapping_add(step);
            let place = u64::try_from(at).ok().and_then(|at| at.checked_mul(cluster));
            found.push(Run::new(place.unwrap_or(u64::MAX), length));
        }
        if found.len() > MOST_RUNS {
            return None;
        }
    }
    Some(found)
}

/// A signed little-endian number of at most eight bytes.
fn number(bytes: &[u8]) -> Option<i64> {
    let fill = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
    let mut wide = [fill; 8];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(wide))
}
