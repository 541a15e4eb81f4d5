//! FAT12, FAT16 and FAT32 with long names (Microsoft's FAT specification 1.03). Deleted files are left.

mod entry;

use super::image::{Image, Run, field, peek};
use super::listing::{Body, File, Folders, Listing, gather};
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use entry::entries;

/// What a FAT volume lists.
pub(super) fn read(image: &dyn Image, budget: &mut Budget) -> Result<Listing, Stop> {
    let mut listing = Listing::default();
    match Layout::read(&peek(image, 0, 512)) {
        Some(layout) => Fat { image, layout }.walk(&mut listing, budget)?,
        None => {
            listing.broke("fat-boot-sector", "its numbers cannot be");
            listing.missed("damaged", "a FAT volume");
        }
    }
    Ok(listing)
}

/// How a volume is laid out, in bytes.
struct Layout {
    /// Bits of an entry of the allocation table.
    bits: u32,
    table: u64,
    /// Root directory of FAT12 and FAT16: place and length.
    root: Run,
    /// Root directory of FAT32.
    root_cluster: u32,
    /// Cluster 2.
    data: u64,
    cluster: u64,
    /// The last cluster there is.
    last: u32,
}

impl Layout {
    fn read(boot: &[u8]) -> Option<Self> {
        let mut reader = Reader::at(boot, 11)?;
        let sector = u64::from(reader.u16()?);
        let cluster = u64::from(reader.u8()?) * sector;
        let reserved = u64::from(reader.u16()?);
        let tables = u64::from(reader.u8()?);
        let roots = u64::from(reader.u16()?);
        let small_total = u32::from(reader.u16()?);
        reader.skip(1)?;
        let small_table = u32::from(reader.u16()?);
        let large_total = Reader::at(boot, 32)?.u32()?;
        let large_table = Reader::at(boot, 36)?.u32()?;
        let root_cluster = Reader::at(boot, 44)?.u32()?;
        if sector == 0 || cluster == 0 {
            return None;
        }
        let is_32 = small_table == 0;
        let table_sectors = u64::from(if is_32 { large_table } else { small_table });
        let total = u64::from(if small_total == 0 { large_total } else { small_total });
        let root = (reserved + tables * table_sectors) * sector;
        let data = root + (roots * 32).next_multiple_of(sector);
        let clusters = (total * sector).saturating_sub(data) / cluster;
        let bits = match clusters {
            _ if is_32 => 32,
            0..4085 => 12,
            _ => 16,
        };
        let last = u32::try_from(clusters + 1).ok()?;
        let root = Run::new(root, roots * 32);
        Some(Self { bits, table: reserved * sector, root, root_cluster, data, cluster, last })
    }
}

struct Fat<'a> {
    image: &'a dyn Image,
    layout: Layout,
}

impl Fat<'_> {
    fn walk(&self, listing: &mut Listing, budget: &mut Budget) -> Result<(), Stop> {
        let is_32 = self.layout.bits == 32;
        let first = if is_32 { self.layout.root_cluster } else { 0 };
        let mut folders = Folders::new(u64::from(first), first);
        while let Some(folder) = folders.next() {
            let runs = match folder.place {
                0 if !is_32 => vec![self.layout.root],
                first => self.chain(first, u64::from(u32::MAX), &folder.path, listing, budget)?,
            };
            let bytes = gather(self.image, runs, &folder.path, listing, budget)?;
            for entry in entries(&bytes) {
                if listing.is_full() {
                    return Ok(());
                }
                if entry.is_hidden() {
                    listing.hidden("fat-hidden-file", &folder.path, &entry.name);
                }
                if entry.is_directory() {
                    let key = u64::from(entry.cluster);
                    folders.add((key, entry.cluster), (&folder, &entry.name), listing);
                    continue;
                }
                let name = format!("{}{}", folder.path, entry.name);
                let size = u64::from(entry.size);
                let runs = self.chain(entry.cluster, size, &name, listing, budget)?;
                listing.add(File::new(name, size, Body::Runs(runs)), budget)?;
            }
        }
        Ok(())
    }

    /// The runs of a chain of clusters that holds `length` bytes at most. A chain that comes back to itself ends
    /// there: every cluster is held against one that stood a power of two steps before (Brent).
    fn chain(
        &self,
        first: u32,
        length: u64,
        name: &str,
        listing: &mut Listing,
        budget: &Budget,
    ) -> Result<Vec<Run>, Stop> {
        let mut runs = Vec::new();
        let (mut cluster, mut left) = (first, length);
        let (mut mark, mut steps, mut power) = (first, 0u64, 1u64);
        while left > 0 && (2..=self.layout.last).contains(&cluster) {
            let at = self.layout.data + u64::from(cluster - 2) * self.layout.cluster;
            let taken = left.min(self.layout.cluster);
            extend(&mut runs, at, taken);
            left -= taken;
            if runs.len() > MOST_RUNS {
                listing.missed("limit-fragments", name);
                break;
            }
            let Some(next) = self.next(cluster) else { break };
            cluster = next;
            if cluster == mark && left > 0 {
                listing.broke("fat-loop", name);
                break;
            }
            steps += 1;
            if steps == power {
                (mark, power) = (cluster, power * 2);
                budget.tick()?;
            }
        }
        Ok(runs)
    }

    /// The entry of a cluster in the first table.
    fn next(&self, cluster: u32) -> Option<u32> {
        let index = u64::from(cluster);
        let at = self.layout.table;
        match self.layout.bits {
            12 => {
                let pair = u32::from(u16::from_le_bytes(field(self.image, at + index + index / 2)?));
                Some(if cluster.is_multiple_of(2) { pair & 0xfff } else { pair >> 4 })
            }
            16 => field(self.image, at + index * 2).map(|bytes| u32::from(u16::from_le_bytes(bytes))),
            _ => field(self.image, at + index * 4).map(|bytes| u32::from_le_bytes(bytes) & 0x0fff_ffff),
        }
    }
}

/// The most pieces of one file.
pub(super) const MOST_RUNS: usize = 1 << 16;

/// Adds bytes to runs, to the last one if they stand behind it.
pub(super) fn extend(runs: &mut Vec<Run>, at: u64, length: u64) {
    match runs.last_mut() {
        Some(last) if last.at.and_then(|from| from.checked_add(last.length)) == Some(at) => {
            last.length += length;
        }
        _ => runs.push(Run::new(at, length)),
    }
}
