//! Sectors and their chains (MS-CFB 2.2 to 2.5): header, DIFAT, FAT, mini FAT, and streams read along them.

use crate::artifact::Damage;
use crate::bytes::Reader;
use std::collections::HashSet;
use std::io::{Error, Read};

/// The sectors of a file and how they are chained.
#[derive(Debug)]
pub(super) struct Sectors<'a> {
    bytes: &'a [u8],
    /// Binary logarithm of the sector size.
    shift: u32,
    /// Sectors that lie at least in part in the file.
    count: u32,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    /// The sectors of the mini stream, in which short streams lie.
    mini_stream: Vec<u32>,
    /// Streams shorter than this lie in the mini stream.
    cutoff: u64,
}

/// A stream being read along its chain.
pub(super) struct Stream<'s, 'a> {
    sectors: &'s Sectors<'a>,
    mini: bool,
    next: u32,
    left: u64,
    seen: HashSet<u32>,
    piece: &'a [u8],
}

/// The last of a chain.
const END: u32 = 0xffff_fffe;
/// A link that stood in a part of the table that is not in the file.
const LOST: u32 = 0xffff_fffb;
/// Binary logarithm of the size of a mini sector; MS-CFB 2.2 allows no other.
const MINI_SHIFT: u32 = 6;

impl<'a> Sectors<'a> {
    /// Reads the header and the allocation tables; answers the first sector of the directory beside them.
    pub(super) fn read(bytes: &'a [u8], damage: &mut Vec<Damage>) -> Option<(Self, u32)> {
        let mut header = Reader::at(bytes, 26)?;
        let version = header.u16()?;
        header.skip(2)?;
        let shift = match (header.u16()?, version) {
            (shift @ 7..=16, _) => u32::from(shift),
            (_, 4) => 12,
            _ => 9,
        };
        let mut header = Reader::at(bytes, 48)?;
        let directory = header.u32()?;
        header.skip(4)?;
        let cutoff = match header.u32()? {
            cutoff @ 1..=0x10000 => u64::from(cutoff),
            _ => 4096,
        };
        let mini_fat = header.u32()?;
        header.skip(4)?;
        let difat = header.u32()?;
        let body = bytes.len().saturating_sub(1 << shift);
        let count = u32::try_from(body.div_ceil(1 << shift)).unwrap_or(END);
        let mut sectors = Self {
            bytes,
            shift,
            count,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_stream: Vec::new(),
            cutoff,
        };
        sectors.read_fat(difat, damage);
        sectors.read_mini_fat(mini_fat);
        Some((sectors, directory))
    }

    /// Finds the mini stream, whose first sector stands in the root entry.
    pub(super) fn set_mini_stream(&mut self, start: Option<u32>) {
        self.mini_stream = start.map(|start| self.chain(start).0).unwrap_or_default();
    }

    /// How many sectors lie at least in part in the file.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The bytes of a sector; short where the file ends in it.
    pub(super) fn sector(&self, id: u32) -> Option<&'a [u8]> {
        let start = usize::try_from((u64::from(id) + 1) << self.shift).ok()?;
        let rest = self.bytes.get(start..)?;
        rest.get(..1 << self.shift).or(Some(rest)).filter(|sector| !sector.is_empty())
    }

    /// Whether the link from a sector to the next is known, not guessed.
    pub(super) fn is_chained(&self, id: u32) -> bool {
        self.fat.get(id as usize).is_some_and(|next| *next != LOST)
    }

    /// A chain of sectors from `start`, and why it broke, if it did.
    pub(super) fn chain(&self, start: u32) -> (Vec<u32>, Option<&'static str>) {
        let (mut chain, mut seen) = (Vec::new(), HashSet::new());
        let mut next = start;
        while next != END {
            if let Some(why) = self.fault(next, &mut seen) {
                return (chain, Some(why));
            }
            chain.push(next);
            next = link(&self.fat, next);
        }
        (chain, None)
    }

    /// A stream of `size` bytes from sector `start`.
    pub(super) fn stream(&self, start: u32, size: u64) -> Stream<'_, 'a> {
        Stream { sectors: self, mini: false, next: start, left: size, seen: HashSet::new(), piece: &[] }
            .of_size(size)
    }

    /// Why a chain cannot go on at this sector.
    fn fault(&self, id: u32, seen: &mut HashSet<u32>) -> Option<&'static str> {
        if id >= self.count {
            Some("a chain leads past the end of the file")
        } else if !seen.insert(id) {
            Some("a chain leads back into itself")
        } else {
            None
        }
    }

    /// MS-CFB 2.3 and 2.5: the FAT from the sectors that the DIFAT lists. A listed sector that is not in the file
    /// keeps its place, so that what comes after it still stands for the right sectors.
    fn read_fat(&mut self, difat: u32, damage: &mut Vec<Damage>) {
        let mut lost = 0u32;
        for id in self.fat_sectors(difat) {
            if self.fat.len() >= self.count as usize {
                break;
            }
            let sector = self.sector(id).unwrap_or_default();
            lost += u32::from(sector.is_empty());
            let (links, _) = sector.as_chunks::<4>();
            self.fat.extend(links.iter().copied().map(u32::from_le_bytes));
            let missing = (1usize << (self.shift - 2)).saturating_sub(links.len());
            self.fat.extend(std::iter::repeat_n(LOST, missing));
        }
        self.fat.truncate(self.count as usize);
        if lost > 0 {
            let detail = format!("{lost} sectors of the allocation table lie past the end of the file");
            damage.push(Damage { what: "compound-truncated", detail });
        }
    }

    /// MS-CFB 2.5: the numbers of the FAT sectors: 109 in the header, the rest in a chain of DIFAT sectors.
    fn fat_sectors(&self, difat: u32) -> Vec<u32> {
        let header = self.bytes.get(76..512.min(1 << self.shift).min(self.bytes.len())).unwrap_or_default();
        let mut listed: Vec<u32> = numbers(header);
        let (mut next, mut seen) = (difat, HashSet::new());
        while next < self.count && seen.insert(next) {
            let mut links = numbers(self.sector(next).unwrap_or_default());
            let full = links.len() == 1 << (self.shift - 2);
            next = if full { links.pop().unwrap_or(END) } else { END };
            listed.extend(links);
        }
        listed.retain(|id| *id < LOST);
        listed
    }

    fn read_mini_fat(&mut self, start: u32) {
        for id in self.chain(start).0 {
            self.mini_fat.extend(numbers(self.sector(id).unwrap_or_default()));
        }
    }

    /// The bytes of a mini sector, which never crosses the border of a sector.
    fn mini_sector(&self, id: u32) -> Option<&'a [u8]> {
        let at = u64::from(id) << MINI_SHIFT;
        let sector = self.mini_stream.get(usize::try_from(at >> self.shift).ok()?)?;
        let offset = usize::try_from(at & ((1 << self.shift) - 1)).ok()?;
        let rest = self.sector(*sector)?.get(offset..)?;
        rest.get(..1 << MINI_SHIFT).or(Some(rest)).filter(|sector| !sector.is_empty())
    }
}

impl Stream<'_, '_> {
    /// The same bytes, read as the directory would have a stream of `size` bytes stored.
    pub(super) fn of_size(mut self, size: u64) -> Self {
        self.mini = size < self.sectors.cutoff && !self.sectors.mini_stream.is_empty();
        self
    }

    /// Steps to the next sector of the chain.
    fn step(&mut self) -> Result<(), &'static str> {
        let id = self.next;
        let table = if self.mini { &self.sectors.mini_fat } else { &self.sectors.fat };
        let sector = if self.mini { self.sectors.mini_sector(id) } else { self.sectors.sector(id) };
        let (Some(sector), true) = (sector, id < LOST) else {
            return Err("the chain ends before the stream does");
        };
        if !self.seen.insert(id) {
            return Err("the chain leads back into itself");
        }
        self.piece = sector;
        self.next = link(table, id);
        Ok(())
    }
}

impl Read for Stream<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 || out.is_empty() {
            return Ok(0);
        }
        if self.piece.is_empty() {
            self.step().map_err(Error::other)?;
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len()).min(self.piece.len());
        let (head, rest) = self.piece.split_at_checked(wanted).unwrap_or((self.piece, &[]));
        if let Some(out) = out.get_mut(..head.len()) {
            out.copy_from_slice(head);
        }
        self.piece = rest;
        self.left = self.left.saturating_sub(head.len() as u64);
        Ok(head.len())
    }
}

/// The sector after `id`. Where that part of the table is lost, writers have mostly put a stream into one run.
fn link(table: &[u32], id: u32) -> u32 {
    match table.get(id as usize) {
        None | Some(&LOST) => id + 1,
        Some(next) => *next,
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks::<4>().0.iter().copied().map(u32::from_le_bytes).collect()
}
