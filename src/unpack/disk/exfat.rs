//! exFAT (Microsoft's exFAT specification 1.00): the directories from the root on. Deleted files are left.

use super::fat::{MOST_RUNS, extend};
use super::image::{Image, Run, field, peek};
use super::listing::{Body, File, Folders, Listing, gather};
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};

/// What an exFAT volume lists.
pub(super) fn read(image: &dyn Image, budget: &mut Budget) -> Result<Listing, Stop> {
    let mut listing = Listing::default();
    match ExFat::read(image) {
        Some(volume) => volume.walk(&mut listing, budget)?,
        None => {
            listing.broke("exfat-boot-sector", "its numbers cannot be");
            listing.missed("damaged", "an exFAT volume");
        }
    }
    Ok(listing)
}

struct ExFat<'a> {
    image: &'a dyn Image,
    table: u64,
    /// Cluster 2.
    heap: u64,
    cluster: u64,
    last: u32,
    root: u32,
}

/// Where the bytes of a file or directory are.
#[derive(Clone, Copy)]
struct Stream {
    first: u32,
    length: u64,
    /// How many of them were written; the rest are zeros.
    valid: u64,
    /// Whether the clusters stand one after another and the table does not tell of them.
    is_contiguous: bool,
}

/// One set of entries: a file or directory.
struct Entry {
    name: String,
    attributes: u16,
    stream: Stream,
}

const HIDDEN: u16 = 2;
const DIRECTORY: u16 = 16;

impl<'a> ExFat<'a> {
    fn read(image: &'a dyn Image) -> Option<Self> {
        let boot = peek(image, 0, 512);
        let (sector_bits, cluster_bits) = (*boot.get(108)?, *boot.get(109)?);
        if !(9..=12).contains(&sector_bits) || cluster_bits > 25 - sector_bits {
            return None;
        }
        let mut reader = Reader::at(&boot, 80)?;
        let table = u64::from(reader.u32()?) << sector_bits;
        reader.skip(4)?;
        let heap = u64::from(reader.u32()?) << sector_bits;
        let last = reader.u32()?.saturating_add(1);
        let cluster = 1 << (sector_bits + cluster_bits);
        Some(Self { image, table, heap, cluster, last, root: reader.u32()? })
    }

    fn walk(&self, listing: &mut Listing, budget: &mut Budget) -> Result<(), Stop> {
        let length = u64::from(u32::MAX);
        let root = Stream { first: self.root, length, valid: length, is_contiguous: false };
        let mut folders = Folders::new(u64::from(self.root), root);
        while let Some(folder) = folders.next() {
            let runs = self.runs(folder.place, &folder.path, listing, budget)?;
            let bytes = gather(self.image, runs, &folder.path, listing, budget)?;
            for entry in entries(&bytes) {
                if listing.is_full() {
                    return Ok(());
                }
                if entry.attributes & HIDDEN != 0 {
                    listing.hidden("exfat-hidden-file", &folder.path, &entry.name);
                }
                if entry.attributes & DIRECTORY != 0 {
                    let key = u64::from(entry.stream.first);
                    folders.add((key, entry.stream), (&folder, &entry.name), listing);
                    continue;
                }
                let name = format!("{}{}", folder.path, entry.name);
                let runs = self.runs(entry.stream, &name, listing, budget)?;
                listing.add(File::new(name, entry.stream.length, Body::Runs(runs)), budget)?;
            }
        }
        Ok(())
    }

    fn runs(
        &self,
        stream: Stream,
        name: &str,
        listing: &mut Listing,
        budget: &Budget,
    ) -> Result<Vec<Run>, Stop> {
        let valid = stream.valid.min(stream.length);
        let mut runs = match self.place(stream.first) {
            Some(at) if stream.is_contiguous && valid > 0 => vec![Run::new(at, valid)],
            _ => self.chain(stream.first, valid, name, listing, budget)?,
        };
        if runs.iter().map(|run| run.length).sum::<u64>() == valid && valid < stream.length {
            runs.push(Run::hole(stream.length - valid));
        }
        Ok(runs)
    }

    fn place(&self, cluster: u32) -> Option<u64> {
        let index = u64::from(cluster.checked_sub(2)?);
        (cluster <= self.last).then(|| self.heap + index * self.cluster)
    }

    /// As the chain of FAT, which see.
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
        while let Some(at) = self.place(cluster).filter(|_| left > 0) {
            let taken = left.min(self.cluster);
            extend(&mut runs, at, taken);
            left -= taken;
            if runs.len() > MOST_RUNS {
                listing.missed("limit-fragments", name);
                break;
            }
            let Some(next) = field(self.image, self.table + u64::from(cluster) * 4) else { break };
            cluster = u32::from_le_bytes(next);
            if cluster == mark && left > 0 {
                listing.broke("exfat-loop", name);
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
}

/// The entry sets of a directory: a file entry (85), its stream (C0), the pieces of its name (C1).
fn entries(bytes: &[u8]) -> Vec<Entry> {
    let (records, _) = bytes.as_chunks::<32>();
    let mut records = records.iter().take_while(|record| record[0] != 0).peekable();
    let mut found = Vec::new();
    while let Some(record) = records.next() {
        if record[0] != 0x85 {
            continue;
        }
        let attributes = u16::from_le_bytes([record[4], record[5]]);
        let mut stream = None;
        let mut units = Vec::new();
        while let Some(more) = records.next_if(|record| record[0] & 0xc0 == 0xc0) {
            match more[0] {
                0xc0 => stream = Stream::read(more).map(|stream| (stream, usize::from(more[3]))),
                0xc1 => {
                    units.extend(more.as_chunks::<2>().0.iter().skip(1).map(|unit| u16::from_le_bytes(*unit)))
                }
                _ => {}
            }
        }
        if let Some((stream, length)) = stream {
            units.truncate(length);
            found.push(Entry { name: String::from_utf16_lossy(&units), attributes, stream });
        }
    }
    found
}

impl Stream {
    fn read(record: &[u8; 32]) -> Option<Self> {
        let mut reader = Reader::at(record, 8)?;
        let valid = reader.u64()?;
        reader.skip(4)?;
        let first = reader.u32()?;
        Some(Self { first, length: reader.u64()?, valid, is_contiguous: record[1] & 2 != 0 })
    }
}
