//! The view of unpackers that read from the front: local headers, one after the other, found by their signature in
//! the parts of a file that no directory speaks for.

use super::directory::find;
use super::record::{self, CENTRAL, END, END64, Header, LOCAL, Local};
use memchr::memmem;
use std::collections::HashMap;
use std::ops::Range;

/// An entry told of only by its local header.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) header: Header<'a>,
    /// Where its data lie.
    pub(super) data: Range<usize>,
    /// Whether its CRC and size are known.
    pub(super) is_measured: bool,
    /// Whether its data reach past the end of the file.
    pub(super) is_cut: bool,
}

/// Data descriptors (APPNOTE 4.3.9) of a whole file, by the place where the data they close begin: the packed size
/// they name leads back to it, which is what proves them.
#[derive(Debug)]
pub(super) struct Descriptors {
    by_start: HashMap<usize, Descriptor>,
}

/// A data descriptor.
#[derive(Clone, Copy, Debug)]
struct Descriptor {
    /// Where it begins: there the data end.
    start: usize,
    end: usize,
    crc: u32,
    size: u64,
}

/// The entries found in a part of the file, at most `limit`, and the pieces of it that belong to none.
pub(super) fn walk<'a>(
    bytes: &'a [u8],
    part: Range<usize>,
    descriptors: &mut Option<Descriptors>,
    limit: usize,
) -> (Vec<Found<'a>>, Vec<Range<usize>>) {
    let (mut found, mut pieces) = (Vec::new(), Vec::new());
    let (mut at, mut piece) = (part.start, part.start);
    while found.len() < limit
        && let Some(start) = find(bytes, at..part.end, LOCAL)
    {
        at = start + LOCAL.len();
        if let Some(local) = record::local(bytes, start).filter(is_plausible) {
            let (entry, end) = measure(bytes, &local, part.end, descriptors);
            found.push(entry);
            pieces.push(piece..start);
            (at, piece) = (end, end);
        }
    }
    pieces.push(piece..part.end);
    (found, pieces)
}

/// Where an entry ends. `until` is where the unclaimed part of the file does.
pub(super) fn measure<'a>(
    bytes: &'a [u8],
    local: &Local<'a>,
    until: usize,
    descriptors: &mut Option<Descriptors>,
) -> (Found<'a>, usize) {
    let mut found =
        Found { header: local.header, data: local.data..local.data, is_measured: true, is_cut: false };
    if !is_open_ended(&local.header) {
        let (end, is_cut) = clip(bytes, local.data, local.header.packed);
        found.data.end = end;
        found.is_cut = is_cut;
        let record = if local.header.has_descriptor() { after_descriptor(bytes, end) } else { end };
        return (found, record.min(until).max(local.data));
    }
    let known = descriptors.get_or_insert_with(|| Descriptors::of(bytes));
    if let Some(descriptor) = known.by_start.get(&local.data) {
        found.data.end = descriptor.start;
        found.header.crc = descriptor.crc;
        found.header.size = descriptor.size;
        found.header.packed = (descriptor.start - local.data) as u64;
        return (found, descriptor.end.min(until).max(local.data));
    }
    let next = signatures(bytes, local.data..until).next().unwrap_or(until);
    found.is_measured = false;
    found.data.end = if ends_itself(&local.header) { until.max(local.data) } else { next.max(local.data) };
    (found, next.max(local.data))
}

/// The end of `length` bytes from `start`, and whether the file ends before.
pub(super) fn clip(bytes: &[u8], start: usize, length: u64) -> (usize, bool) {
    let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
    match end {
        Some(end) if end <= bytes.len() => (end, false),
        _ => (bytes.len().max(start), true),
    }
}

/// Where the descriptor ends that may stand at `at`; `at` itself if none does.
pub(super) fn after_descriptor(bytes: &[u8], at: usize) -> usize {
    let is_record = |at: usize| bytes.get(at..at + 2) == Some(b"PK");
    let is_signed = bytes.get(at..at + 4) == Some(DESCRIPTOR);
    let (lengths, otherwise): ([usize; 3], usize) =
        if is_signed { ([16, 24, 16], 16) } else { ([0, 12, 20], 0) };
    let fits = lengths.into_iter().map(|length| at + length).find(|end| is_record(*end));
    fits.unwrap_or(at + otherwise).min(bytes.len())
}

/// Whether a local header leaves the sizes to a descriptor, or just has zeros. Deflate needs two bytes for nothing.
pub(super) fn is_open_ended(header: &Header<'_>) -> bool {
    header.packed == 0 && (header.has_descriptor() || header.crc != 0 || header.method != 0)
}

/// Whether the packed data tell by themselves where they end.
fn ends_itself(header: &Header<'_>) -> bool {
    header.method != 0 && !header.is_encrypted()
}

const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";

/// Whether a local header could be one; programs that unpack ZIP hold its signature in their code.
fn is_plausible(local: &Local<'_>) -> bool {
    let Header { version, method, name, .. } = local.header;
    let known = method <= 20 || (90..=99).contains(&method);
    let printable = !name.is_empty() && name.len() <= 4096 && !name.iter().any(|byte| *byte < b' ');
    version & 0xff < 100 && version >> 8 < 32 && known && printable
}

/// The places of record signatures in a part of the bytes.
fn signatures(bytes: &[u8], part: Range<usize>) -> impl Iterator<Item = usize> + '_ {
    let all: [&[u8; 4]; 5] = [LOCAL, CENTRAL, END, END64, DESCRIPTOR];
    let within = bytes.get(part.clone()).unwrap_or_default();
    memmem::find_iter(within, b"PK")
        .map(move |at| part.start + at)
        .filter(move |at| bytes.get(*at..at + 4).is_some_and(|four| all.iter().any(|known| *known == four)))
}

impl Descriptors {
    /// How many are remembered; more are no honest file, and each costs memory.
    const MOST: usize = 100_000;

    fn of(bytes: &[u8]) -> Self {
        let mut by_start = HashMap::new();
        for at in signatures(bytes, 0..bytes.len()) {
            let signed = bytes.get(at..at + 4) == Some(DESCRIPTOR);
            for wide in [false, true] {
                let length = if wide { 20 } else { 12 };
                let fields = if signed { Some(at + 4) } else { at.checked_sub(length) };
                let start = if signed { Some(at) } else { fields };
                let found =
                    fields.zip(start).and_then(|(fields, start)| Self::one(bytes, fields, start, wide));
                if let Some((data, descriptor)) = found
                    && by_start.len() < Self::MOST
                {
                    by_start.entry(data).or_insert(descriptor);
                }
            }
        }
        Self { by_start }
    }

    /// The descriptor that begins at `start` and whose CRC stands at `fields`, and where its data begin.
    fn one(bytes: &[u8], fields: usize, start: usize, wide: bool) -> Option<(usize, Descriptor)> {
        let mut reader = crate::bytes::Reader::at(bytes, fields)?;
        let crc = reader.u32()?;
        let mut length = || if wide { reader.u64() } else { reader.u32().map(u64::from) };
        let (packed, size) = (length()?, length()?);
        let data = start.checked_sub(usize::try_from(packed).ok()?)?;
        // A local header stands before the data.
        let end = fields + if wide { 20 } else { 12 };
        (data > 30).then_some((data, Descriptor { start, end, crc, size }))
    }
}
