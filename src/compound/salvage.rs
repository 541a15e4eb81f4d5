//! The directory of a file whose directory chain is broken: every sector that can be nothing else.

use super::directory::{LENGTH, Records};
use super::sectors::Sectors;
use crate::limits::Budget;

/// Adds the entries of all sectors that look like directory sectors and were not read yet. They stand in the order
/// of the file, which is mostly the order they were written in, so the links between them mostly hold.
pub(super) fn directory(sectors: &Sectors, records: &mut Records, budget: &Budget) {
    let known: std::collections::BTreeSet<u32> = records.sectors.iter().copied().collect();
    for id in (0..sectors.count()).filter(|id| !known.contains(id)) {
        if id % 1024 == 0 && budget.tick().is_err() {
            return;
        }
        let sector = sectors.sector(id).unwrap_or_default();
        if is_directory(sector) {
            records.add(id, sector);
        }
    }
}

/// Whether all entries of a sector are ones, or unused, and one of them is used.
pub(super) fn is_directory(sector: &[u8]) -> bool {
    let (entries, _) = sector.as_chunks::<LENGTH>();
    entries.iter().any(is_used) && entries.iter().all(|entry| is_used(entry) || is_unused(entry))
}

/// MS-CFB 2.6.1: a name with its zero where its length says, a known kind and colour.
fn is_used(entry: &[u8; LENGTH]) -> bool {
    let [length, high, kind, colour] = [64, 65, 66, 67].map(|at| entry.get(at).copied().unwrap_or(u8::MAX));
    let zero = entry.get(usize::from(length).saturating_sub(2)..usize::from(length));
    let length_fits = (4..=64).contains(&length) && length % 2 == 0 && high == 0 && zero == Some(&[0, 0]);
    length_fits && matches!(kind, 1 | 2 | 5) && colour <= 1 && entry.first() != Some(&0)
}

/// An unused entry has no name and no kind; writers leave other things in its links.
fn is_unused(entry: &[u8; LENGTH]) -> bool {
    entry.get(..64).is_some_and(|name| name.iter().all(|byte| *byte == 0)) && entry.get(66) == Some(&0)
}
