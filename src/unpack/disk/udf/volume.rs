//! From the anchor to the root directory: the volume descriptor sequence (ECMA-167 3/8.4), the partitions and how
//! the maps of the logical volume (ECMA-167 3/10.7, UDF 2.2.8 to 2.2.10) lay files over them.

use super::file::{Address, Entry};
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use crate::unpack::disk::image::{Image, Piece, Run, Runs, field, peek};
use crate::unpack::disk::listing::Body;
use std::collections::{BTreeMap, HashSet};
use std::io::Read;

/// The logical volume.
#[derive(Debug)]
pub(super) struct Volume {
    /// Bytes of a logical block.
    pub(super) block: u64,
    /// Where the root directory has its entry.
    pub(super) root: Address,
    maps: Vec<Map>,
}

/// Where the blocks of a partition stand.
#[derive(Debug)]
enum Map {
    /// One after another from this byte on.
    Linear(u64),
    /// In the extents of the metadata file, or where the table of a write-once disc says.
    Table { start: u64, blocks: Vec<u32> },
    /// In these runs.
    Runs(Vec<Run>),
    /// Nowhere.
    Unknown,
}

/// A map as the logical volume descriptor has it: its identifier if it is of type 2, its partition, the block of the
/// metadata file.
struct Told {
    identifier: Vec<u8>,
    partition: u16,
    metadata: u32,
}

impl Volume {
    /// The volume of an image, at whichever block size an anchor stands.
    pub(super) fn read(image: &dyn Image, budget: &mut Budget) -> Result<Option<Self>, Stop> {
        for block in [2048, 512, 4096, 1024] {
            for sector in anchors(image, block) {
                let anchor = peek(image, sector * block, 32);
                let mut reader = Reader::new(&anchor);
                if reader.u16() != Some(2)
                    || Reader::at(&anchor, 12).and_then(|mut at| at.u32()).map(u64::from) != Some(sector)
                {
                    continue;
                }
                for place in [16, 24] {
                    budget.tick()?;
                    let found = Reader::at(&anchor, place)
                        .and_then(|mut extent| Some((extent.u32()?, extent.u32()?)))
                        .and_then(|(length, first)| Sequence::read(image, block, first, length))
                        .and_then(|sequence| sequence.volume(image, block, budget));
                    if found.is_some() {
                        return Ok(found);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Where a block stands.
    pub(super) fn place(&self, address: Address) -> Option<u64> {
        let block = u64::from(address.block);
        match self.maps.get(usize::from(address.partition))? {
            Map::Linear(start) => start.checked_add(block.checked_mul(self.block)?),
            Map::Table { start, blocks } => {
                let real = blocks.get(usize::try_from(address.block).ok()?)?;
                start.checked_add(u64::from(*real).checked_mul(self.block)?)
            }
            Map::Runs(runs) => part(runs, block.checked_mul(self.block)?, 1).first()?.at,
            Map::Unknown => None,
        }
    }

    /// The runs of `length` bytes from a block on.
    pub(super) fn runs(&self, address: Address, length: u64, runs: &mut Vec<Run>) {
        match self.maps.get(usize::from(address.partition)) {
            Some(Map::Runs(all)) => {
                runs.extend(part(all, u64::from(address.block).saturating_mul(self.block), length));
            }
            // What stands nowhere is read as missing.
            _ => runs.push(Run::new(self.place(address).unwrap_or(u64::MAX), length)),
        }
    }
}

/// `length` bytes of a file from byte `from` on.
fn part(runs: &[Run], mut from: u64, mut length: u64) -> Vec<Run> {
    let mut out = Vec::new();
    for run in runs {
        if from >= run.length {
            from -= run.length;
            continue;
        }
        let take = (run.length - from).min(length);
        if take == 0 {
            break;
        }
        out.push(Run { at: run.at.map(|at| at.saturating_add(from)), length: take });
        from = 0;
        length -= take;
    }
    out
}

/// Where an anchor may stand (ECMA-167 3/8.4.2.1): sector 256, the last one, 256 before it; 512 where a disc is not
/// closed.
fn anchors(image: &dyn Image, block: u64) -> Vec<u64> {
    let last = size(image) / block;
    [Some(256), last.checked_sub(1), last.checked_sub(257), last.checked_sub(256), Some(512)]
        .into_iter()
        .flatten()
        .collect()
}

/// How many bytes the image has: the first place that is gone. Pieces are long, so that this takes few steps.
fn size(image: &dyn Image) -> u64 {
    let mut at = 0u64;
    for _ in 0..1 << 18 {
        let length = match image.piece(at) {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Zeros(zeros) => zeros,
            Piece::Gone => break,
        };
        at = at.saturating_add(length);
    }
    at
}

/// What a volume descriptor sequence says.
#[derive(Default)]
struct Sequence {
    /// First block of each partition.
    partitions: BTreeMap<u16, u32>,
    /// Block size, place of the file set, maps.
    logical: Option<(u64, Address, Vec<Told>)>,
}

/// How many blocks of a sequence are looked at. ECMA-167 asks for 16.
const MOST_BLOCKS: u32 = 256;

impl Sequence {
    fn read(image: &dyn Image, block: u64, first: u32, length: u32) -> Option<Self> {
        let mut found = Self::default();
        let mut seen = HashSet::new();
        let (mut at, mut left) = (first, u64::from(length) / block);
        while left > 0 && seen.len() < MOST_BLOCKS as usize && seen.insert(at) {
            let bytes = peek(image, u64::from(at) * block, block);
            left -= 1;
            at = at.saturating_add(1);
            match Reader::new(&bytes).u16()? {
                3 => {
                    let mut next = Reader::at(&bytes, 20)?;
                    (left, at) = (u64::from(next.u32()?) / block, next.u32()?);
                }
                5 => {
                    let number = Reader::at(&bytes, 22)?.u16()?;
                    found.partitions.insert(number, Reader::at(&bytes, 188)?.u32()?);
                }
                6 => found.logical = logical(&bytes).or(found.logical),
                8 => break,
                _ => {}
            }
        }
        found.logical.is_some().then_some(found)
    }

    fn volume(self, image: &dyn Image, sector: u64, budget: &mut Budget) -> Option<Volume> {
        let (block, set, told) = self.logical?;
        let start = |partition: u16| self.partitions.get(&partition).map(|first| u64::from(*first) * sector);
        let plain = |map: &Told| match start(map.partition) {
            Some(start) if is_plain(&map.identifier) => Map::Linear(start),
            _ => Map::Unknown,
        };
        let mut volume = Volume { block, root: set, maps: told.iter().map(plain).collect() };
        for (index, map) in told.iter().enumerate() {
            let Some(start) = start(map.partition) else { continue };
            let made = match map.identifier.as_slice() {
                id if id.starts_with(b"*UDF Metadata Partition") => metadata(image, &volume, &told, map),
                id if id.starts_with(b"*UDF Virtual Partition") => {
                    virtual_table(image, &volume, start, budget)
                }
                _ => None,
            };
            if let (Some(made), Some(slot)) = (made, volume.maps.get_mut(index)) {
                *slot = made;
            }
        }
        // File set descriptor, ECMA-167 4/14.1.
        let bytes = peek(image, volume.place(set)?, block);
        if Reader::new(&bytes).u16()? != 256 {
            return None;
        }
        let mut root = Reader::at(&bytes, 404)?;
        volume.root = Address { block: root.u32()?, partition: root.u16()? };
        Some(volume)
    }
}

/// Whether blocks of a partition stand one after another. Those of a sparing table do, but for the defective ones.
fn is_plain(identifier: &[u8]) -> bool {
    identifier.is_empty() || identifier.starts_with(b"*UDF Sparable Partition")
}

/// A logical volume descriptor (ECMA-167 3/10.6).
fn logical(bytes: &[u8]) -> Option<(u64, Address, Vec<Told>)> {
    let block = match Reader::at(bytes, 212)?.u32()? {
        size @ (512 | 1024 | 2048 | 4096) => u64::from(size),
        _ => return None,
    };
    let mut set = Reader::at(bytes, 252)?;
    let set = Address { block: set.u32()?, partition: set.u16()? };
    let count = Reader::at(bytes, 268)?.u32()?;
    let mut reader = Reader::at(bytes, 440)?;
    let mut maps = Vec::new();
    for _ in 0..count {
        let Some([kind, length]) = reader.array() else { break };
        let Some(map) = usize::from(length).checked_sub(2).and_then(|rest| reader.take(rest)) else { break };
        let told = match kind {
            1 => Told { identifier: Vec::new(), partition: Reader::at(map, 2)?.u16()?, metadata: 0 },
            _ => Told {
                identifier: map.get(3..26)?.to_vec(),
                partition: Reader::at(map, 36)?.u16()?,
                metadata: Reader::at(map, 38)?.u32()?,
            },
        };
        maps.push(told);
    }
    Some((block, set, maps))
}

/// The metadata partition (UDF 2.2.10): its blocks are those of a file in the partition it lies over.
fn metadata(image: &dyn Image, volume: &Volume, told: &[Told], map: &Told) -> Option<Map> {
    let below =
        told.iter().position(|other| other.partition == map.partition && is_plain(&other.identifier))?;
    let partition = u16::try_from(below).ok()?;
    let entry = Entry::read(image, volume, Address { block: map.metadata, partition })?;
    match entry.body {
        Body::Runs(runs) => Some(Map::Runs(runs)),
        _ => None,
    }
}

/// The virtual allocation table (UDF 2.2.11): its entry is in the last block that was written. Behind it an image may
/// have blocks that were not.
fn virtual_table(image: &dyn Image, volume: &Volume, start: u64, budget: &mut Budget) -> Option<Map> {
    let linear = volume.maps.iter().position(|map| matches!(map, Map::Linear(_)))?;
    let partition = u16::try_from(linear).ok()?;
    let last = size(image) / volume.block;
    let first = start / volume.block;
    let is_entry = |block: &u64| matches!(field(image, *block * volume.block), Some([5 | 10, 1]));
    let entry = (first..last).rev().take(MOST_TRAILING).filter(is_entry).find_map(|block| {
        let block = block.checked_sub(first)?;
        let entry = Entry::read(image, volume, Address { block: u32::try_from(block).ok()?, partition })?;
        matches!(entry.file_type, 0 | 248).then_some(entry)
    })?;
    let bytes = match entry.body {
        Body::Bytes(bytes) => bytes,
        Body::Runs(runs) => budget.read(&mut Runs::new(image, runs).take(entry.size.min(MOST_TABLE))).bytes,
        Body::Units { .. } | Body::Shut(..) => return None,
    };
    // Before UDF 2.00 the table stands first and an identifier behind it; since then a header tells its length.
    let skipped = match entry.file_type {
        248 => usize::from(Reader::new(&bytes).u16()?),
        _ => 0,
    };
    let mut reader = Reader::at(&bytes, skipped)?;
    let mut blocks = Vec::new();
    while let Some(block) = reader.u32() {
        blocks.push(block);
    }
    Some(Map::Table { start, blocks })
}

/// How far before the end of the image the table is looked for.
const MOST_TRAILING: usize = 1 << 18;
const MOST_TABLE: u64 = 4 << 20;
