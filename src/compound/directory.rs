//! The directory (MS-CFB 2.6): its entries, and the tree that storages make of them.

use super::salvage::is_directory;
use super::sectors::Sectors;
use super::{Entry, What};
use crate::bytes::Reader;
use std::collections::{BTreeMap, VecDeque};

/// Entries that are listed; the largest installers have a tenth of it. Each costs memory for its path.
pub(super) const MOST_ENTRIES: usize = 65_536;
/// Storages above an entry; documents in documents in documents have ten.
const DEEPEST: usize = 24;
/// Bytes of an entry.
pub(super) const LENGTH: usize = 128;

/// The entries of the directory as they stand, in their order.
#[derive(Debug, Default)]
pub(super) struct Records {
    records: Vec<Record>,
    /// The sectors they were read from.
    pub(super) sectors: Vec<u32>,
    /// Why the directory is not whole.
    pub(super) broken: Option<String>,
    /// Whether there were more than are listed.
    pub(super) cut: bool,
}

/// One entry as it stands (MS-CFB 2.6.1).
#[derive(Debug)]
pub(super) struct Record {
    name: String,
    object: u8,
    left: u32,
    right: u32,
    child: u32,
    pub(super) clsid: [u8; 16],
    pub(super) start: u32,
    size: u64,
}

/// Kinds of entries (MS-CFB 2.6.1).
const STORAGE: u8 = 1;
const STREAM: u8 = 2;
const ROOT: u8 = 5;

impl Records {
    /// Reads the directory along its chain.
    pub(super) fn read(sectors: &Sectors, first: u32) -> Self {
        let (chain, broken) = sectors.chain(first);
        let mut records = Self { broken: broken.map(str::to_string), ..Self::default() };
        let mut guessed = false;
        for id in chain {
            let sector = sectors.sector(id).unwrap_or_default();
            if guessed && !is_directory(sector) {
                records.broken = Some("its part of the allocation table is lost".into());
                break;
            }
            records.add(id, sector);
            guessed = !sectors.is_chained(id);
        }
        if records.root().is_none() {
            records.broken = Some("there is no root entry".into());
        }
        records
    }

    /// Adds the entries of one more sector.
    pub(super) fn add(&mut self, id: u32, sector: &[u8]) {
        self.sectors.push(id);
        for raw in sector.as_chunks::<LENGTH>().0 {
            if self.records.len() >= MOST_ENTRIES {
                self.cut |= raw.iter().any(|byte| *byte != 0);
            } else if let Some(record) = Record::read(raw) {
                self.records.push(record);
            }
        }
    }

    /// The root entry, in which the mini stream hangs.
    pub(super) fn root(&self) -> Option<&Record> {
        self.records.get(self.root_id()?)
    }

    /// All storages and streams with their paths.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let tree = Tree::of(self);
        let listed: Vec<usize> = (0..self.records.len()).filter(|id| self.is_listed(*id)).collect();
        let places: BTreeMap<usize, usize> = listed.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let entry = |(place, id): (usize, &usize)| {
            let record = self.records.get(*id)?;
            let above = tree.above(*id);
            let names = above.iter().rev().chain([id]).filter_map(|id| self.records.get(*id));
            Some(Entry {
                id: place,
                parent: above.first().and_then(|id| places.get(id)).copied(),
                name: record.name.clone(),
                path: names.map(|record| record.name.as_str()).collect::<Vec<_>>().join("/"),
                what: if record.object == STORAGE { What::Storage } else { What::Stream },
                size: record.size,
                clsid: record.clsid,
                orphan: !tree.attached.get(*id).copied().unwrap_or(false),
                start: record.start,
            })
        };
        listed.iter().enumerate().filter_map(entry).collect()
    }

    fn root_id(&self) -> Option<usize> {
        self.records.iter().position(|record| record.object == ROOT)
    }

    fn is_listed(&self, id: usize) -> bool {
        self.records.get(id).is_some_and(|record| matches!(record.object, STORAGE | STREAM))
    }
}

impl Record {
    fn read(raw: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(raw);
        let name = reader.array::<64>()?;
        let length = usize::from(reader.u16()?);
        let object = reader.u8()?;
        reader.skip(1)?;
        let (left, right, child) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let clsid = reader.array()?;
        reader.skip(20)?;
        let start = reader.u32()?;
        // Only the low half counts in files of version 3, and writers leave anything in the high one (2.6.3); no
        // stream of four gigabytes lies in an artifact.
        let size = u64::from(reader.u32()?);
        Some(Self { name: text(&name, length), object, left, right, child, clsid, start, size })
    }
}

/// A name: UTF-16 up to its zero. The length that stands beside it is believed only where no zero comes earlier.
fn text(name: &[u8; 64], length: usize) -> String {
    let units: Vec<u16> = name.as_chunks::<2>().0.iter().copied().map(u16::from_le_bytes).collect();
    let zero = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
    let told = if (4..=64).contains(&length) { length / 2 } else { units.len() };
    String::from_utf16_lossy(units.get(..zero.min(told)).unwrap_or_default())
}

/// Which storage each entry lies in.
struct Tree {
    root: Option<usize>,
    owners: Vec<Option<usize>>,
    attached: Vec<bool>,
}

impl Tree {
    /// Follows the sibling trees (MS-CFB 2.6.4) from the root entry, then from every storage that was not reached.
    /// Each entry is claimed once, so circles end.
    fn of(records: &Records) -> Self {
        let count = records.records.len();
        let owners = std::iter::repeat_n(None, count).collect();
        let attached = std::iter::repeat_n(false, count).collect();
        let mut tree = Self { root: records.root_id(), owners, attached };
        let mut open: VecDeque<usize> = tree.root.into_iter().collect();
        while let Some(storage) = open.pop_front() {
            for id in tree.claim(records, storage) {
                if let Some(attached) = tree.attached.get_mut(id) {
                    *attached = true;
                }
                open.push_back(id);
            }
        }
        for id in 0..count {
            let loose = tree.attached.get(id) == Some(&false);
            if loose && records.records.get(id).is_some_and(|record| record.object == STORAGE) {
                tree.claim(records, id);
            }
        }
        tree
    }

    /// Gives a storage every entry of its sibling tree that has no owner yet; answers them.
    fn claim(&mut self, records: &Records, storage: usize) -> Vec<usize> {
        let Some(record) = records.records.get(storage) else { return Vec::new() };
        if !matches!(record.object, STORAGE | ROOT) {
            return Vec::new();
        }
        let mut claimed = Vec::new();
        let mut open = Vec::from([record.child]);
        while let Some(id) = open.pop() {
            let Ok(id) = usize::try_from(id) else { continue };
            let Some(record) = records.records.get(id) else { continue };
            let free = self.owners.get(id) == Some(&None) && id != storage && Some(id) != self.root;
            if free && let Some(owner) = self.owners.get_mut(id) {
                *owner = Some(storage);
                claimed.push(id);
                open.extend([record.left, record.right]);
            }
        }
        claimed
    }

    /// The storages above an entry, nearest first, without the root entry. Where they are too many or run in a
    /// circle the entry stands alone.
    fn above(&self, id: usize) -> Vec<usize> {
        let owner = |id: &usize| self.owners.get(*id).copied().flatten();
        let mut above: Vec<usize> = std::iter::successors(owner(&id), owner).take(DEEPEST + 1).collect();
        if above.len() > DEEPEST {
            return Vec::new();
        }
        if self.root.is_some() && above.last() == self.root.as_ref() {
            above.pop();
        }
        above
    }
}
