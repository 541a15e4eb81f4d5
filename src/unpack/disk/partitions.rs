//! Partition tables: the master boot record with its chain of extended partitions, and the GUID partition table
//! (UEFI 2.10, 5.2 and 5.3), the backup at the end where the first is broken.

use super::image::{Image, Piece, peek};
use crate::bytes::Reader;
use std::collections::HashSet;

/// A part of a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    /// Its first byte.
    pub(super) start: u64,
    /// What the table says it is, as it is told to people: empty or with a comma before it.
    pub(super) sort: String,
}

impl Partition {
    /// Whether it holds no file system: the Microsoft reserved partition.
    pub(super) fn is_reserved(&self) -> bool {
        self.sort.contains("e3c9e316")
    }
}

/// How many partitions of a disk are looked at, and the most entries a table has by default.
const MOST_PARTITIONS: usize = 128;

/// The partitions of a disk, in the order of its table.
pub(super) fn read(image: &dyn Image) -> Vec<Partition> {
    let record = peek(image, 0, 512);
    if !crate::kind::is_partitioned(&record) {
        return Vec::new();
    }
    for sector in [512, 4096] {
        let found = guid_table(image, sector, sector)
            .or_else(|| guid_table(image, end(image)?.checked_sub(sector)?, sector));
        if let Some(found) = found {
            return found;
        }
    }
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for entry in entries(&record) {
        if entry.is_extended() {
            extended(image, entry.first, &mut seen, &mut found);
        } else {
            found.push(entry.partition(0));
        }
    }
    found.truncate(MOST_PARTITIONS);
    found
}

/// Where the image ends: its last piece is found in few steps because only flat images end where they say.
fn end(image: &dyn Image) -> Option<u64> {
    let mut at = 0u64;
    for _ in 0..1 << 16 {
        let length = match image.piece(at) {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Zeros(zeros) => zeros,
            Piece::Gone => return Some(at),
        };
        at = at.checked_add(length)?;
    }
    None
}

/// An entry of a master boot record.
struct Entry {
    sort: u8,
    first: u64,
}

impl Entry {
    fn is_extended(&self) -> bool {
        matches!(self.sort, 0x05 | 0x0f | 0x85)
    }

    fn partition(&self, base: u64) -> Partition {
        let start = self.first.saturating_add(base).saturating_mul(512);
        Partition { start, sort: format!(", partition type {:#04x}", self.sort) }
    }
}

/// The entries in use. An entry of type 0 is none.
fn entries(record: &[u8]) -> Vec<Entry> {
    let table = record.get(446..510).unwrap_or_default();
    let read = |entry: &[u8]| {
        let sort = *entry.get(4)?;
        let first = u64::from(Reader::at(entry, 8)?.u32()?);
        (sort != 0 && first != 0).then_some(Entry { sort, first })
    };
    table.chunks(16).filter_map(read).collect()
}

/// The logical partitions: each record of the chain tells of one partition, counted from itself, and of the next
/// record, counted from the beginning of the extended partition.
fn extended(image: &dyn Image, base: u64, seen: &mut HashSet<u64>, found: &mut Vec<Partition>) {
    let mut at = base;
    while seen.insert(at) && seen.len() <= MOST_PARTITIONS {
        let record = peek(image, at.saturating_mul(512), 512);
        if record.get(510..512) != Some(b"\x55\xaa") {
            return;
        }
        let mut next = None;
        for entry in entries(&record) {
            if entry.is_extended() {
                next = next.or(base.checked_add(entry.first));
            } else {
                found.push(entry.partition(at));
            }
        }
        let Some(next) = next else { return };
        at = next;
    }
}

/// The table whose header stands at byte `header`.
fn guid_table(image: &dyn Image, header: u64, sector: u64) -> Option<Vec<Partition>> {
    let header = peek(image, header, 92);
    if !header.starts_with(b"EFI PART") {
        return None;
    }
    let mut reader = Reader::at(&header, 72)?;
    let (first, count, size) = (reader.u64()?, reader.u32()?, u64::from(reader.u32()?));
    if !(128..=4096).contains(&size) {
        return None;
    }
    let mut found = Vec::new();
    let table = first.checked_mul(sector)?;
    for index in 0..u64::from(count).min(MOST_PARTITIONS as u64) {
        let entry = peek(image, table.saturating_add(index * size), 48);
        let mut reader = Reader::new(&entry);
        let (Some(sort), Some(first)) =
            (reader.array::<16>(), Reader::at(&entry, 32).and_then(|mut at| at.u64()))
        else {
            break;
        };
        if sort != [0; 16] {
            let first_group = u32::from_le_bytes([sort[0], sort[1], sort[2], sort[3]]);
            let sort = format!(", partition type {first_group:08x}-…");
            found.push(Partition { start: first.saturating_mul(sector), sort });
        }
    }
    Some(found)
}
