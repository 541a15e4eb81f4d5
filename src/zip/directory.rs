//! Central directories: where they are, however the end record lies about it, and what they list.

use super::record::{self, Central, END, End};
use memchr::memmem;
use std::collections::VecDeque;

/// A central directory.
#[derive(Debug)]
pub(super) struct Directory<'a> {
    pub(super) entries: Vec<Central<'a>>,
    /// Where it begins.
    pub(super) start: usize,
    /// Where its last header ends.
    pub(super) stop: usize,
    /// What must be added to the offsets of its entries, because data was put in front of the archive.
    base: i128,
    /// Whether the limit ended the list.
    pub(super) is_cut: bool,
}

/// How many end records are looked at in one file. Each costs up to a list of entries, and a file can be filled
/// with them; honest ones have one, concatenated ones a few.
const ENDS: usize = 16;

/// The end records of a file, the last one first. The search runs forward, which is several times faster.
pub(super) fn ends(bytes: &[u8]) -> Vec<End> {
    let mut last = VecDeque::new();
    for at in memmem::find_iter(bytes, END) {
        if last.len() == ENDS {
            last.pop_front();
        }
        last.push_back(at);
    }
    last.into_iter().rev().filter_map(|at| record::end(bytes, at)).collect()
}

/// The directories an end record may mean: straight before it, and at the offset it names. Unpackers differ in
/// which they take.
pub(super) fn read<'a>(bytes: &'a [u8], end: &End, limit: usize) -> Vec<Directory<'a>> {
    if end.entries == 0 && end.size == 0 {
        return [Directory {
            entries: Vec::new(),
            start: end.start,
            stop: end.start,
            base: 0,
            is_cut: false,
        }]
        .into();
    }
    let before = usize::try_from(end.size).ok().and_then(|size| end.start.checked_sub(size));
    let named = usize::try_from(end.offset).ok().filter(|at| *at < end.start && Some(*at) != before);
    [before, named].into_iter().flatten().filter_map(|at| open(bytes, at, end, limit)).collect()
}

/// Where an entry says that its local header is.
impl Directory<'_> {
    pub(super) fn local_of(&self, entry: &Central<'_>) -> Option<usize> {
        usize::try_from(self.base + i128::from(entry.offset)).ok()
    }
}

/// The directory that begins at `start`.
fn open<'a>(bytes: &'a [u8], start: usize, end: &End, limit: usize) -> Option<Directory<'a>> {
    let (entries, stop, is_cut) = run(bytes, start, limit);
    if entries.is_empty() {
        return None;
    }
    let base = base(bytes, &entries, start as i128 - i128::from(end.offset));
    Some(Directory { entries, start, stop, base, is_cut })
}

/// A directory that ends where the end record begins although the record says it is elsewhere. Goes through the
/// whole file.
pub(super) fn search<'a>(bytes: &'a [u8], end: &End, limit: usize) -> Option<Directory<'a>> {
    let mut from = 0;
    while let Some(at) = find(bytes, from..end.start, record::CENTRAL) {
        let (entries, stop, is_cut) = run(bytes, at, limit);
        if !entries.is_empty() && (stop == end.start || is_cut) {
            let base = base(bytes, &entries, at as i128 - i128::from(end.offset));
            return Some(Directory { entries, start: at, stop, base, is_cut });
        }
        from = stop.max(at + record::CENTRAL.len());
    }
    None
}

/// The headers that follow each other from `start`, where they end, and whether the limit ended them.
fn run(bytes: &[u8], start: usize, limit: usize) -> (Vec<Central<'_>>, usize, bool) {
    let mut entries = Vec::new();
    let mut at = start;
    while let Some(entry) = record::central(bytes, at) {
        if entries.len() >= limit {
            return (entries, at, true);
        }
        at = entry.end;
        entries.push(entry);
    }
    (entries, at, false)
}

/// The base under which most of the first entries have their local header where they say.
fn base(bytes: &[u8], entries: &[Central<'_>], shifted: i128) -> i128 {
    let first = entries.iter().map(|entry| entry.offset).min().unwrap_or(0);
    let header = memmem::find(bytes, record::LOCAL).map_or(0, |at| at as i128 - i128::from(first));
    let hits = |base: i128| {
        let starts = entries.iter().take(16).filter_map(|entry| {
            let at = usize::try_from(base + i128::from(entry.offset)).ok()?;
            record::local(bytes, at)
        });
        starts.count()
    };
    // `max_by_key` takes the last of equals; the order is from the least to the most trusted.
    [header, 0, shifted].into_iter().max_by_key(|base| hits(*base)).unwrap_or(shifted)
}

/// The first place of a signature in a part of the bytes.
pub(super) fn find(bytes: &[u8], part: std::ops::Range<usize>, signature: &[u8; 4]) -> Option<usize> {
    memmem::find(bytes.get(part.clone())?, signature).map(|at| part.start + at)
}
