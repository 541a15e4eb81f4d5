//! What an honest writer of ZIP files would not have written, and what is broken: each kind is told once.

use super::entry::Entry;
use super::record::Header;
use crate::artifact::{Damage, Fact};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What is strange or broken: each kind once, with its count and first example.
#[derive(Debug, Default)]
pub(super) struct Notes {
    tricks: BTreeMap<&'static str, (usize, String)>,
    damage: BTreeMap<&'static str, (usize, String)>,
}

impl Notes {
    pub(super) fn trick(&mut self, what: &'static str, example: &str) {
        self.tricks.entry(what).or_insert_with(|| (0, example.to_string())).0 += 1;
    }

    pub(super) fn damage(&mut self, what: &'static str, example: &str) {
        self.damage.entry(what).or_insert_with(|| (0, example.to_string())).0 += 1;
    }

    /// Notes where the two headers of an entry disagree. Zeros in a local header are how streams are written, and
    /// with a descriptor its sizes and CRC count for nothing.
    pub(super) fn compare(&mut self, entry: &mut Entry<'_>, central: &Header<'_>, local: &Header<'_>) {
        let example = entry.name.clone();
        let empty = central.size == 0 && local.size == 0;
        let streamed = local.has_descriptor();
        let differ = |a: u64, b: u64| !streamed && a != b && b != 0;
        let slashed = |name: &str| name.replace('\\', "/");
        if central.name != local.name && !local.is_strongly_encrypted() {
            let other = super::name::of(local);
            if slashed(&other) != slashed(&entry.name) {
                self.trick("zip-name-mismatch", &format!("{example} / {other}"));
                entry.other_name = Some(other);
            }
        }
        if central.method != local.method && !empty {
            self.trick("zip-method-mismatch", &format!("{example}: {} / {}", central.method, local.method));
        }
        if central.is_encrypted() != local.is_encrypted() {
            self.trick("zip-encryption-mismatch", &example);
        }
        if differ(central.packed, local.packed) || differ(central.size, local.size) {
            self.trick("zip-size-mismatch", &example);
        }
        if differ(u64::from(central.crc), u64::from(local.crc)) {
            self.trick("zip-crc-mismatch", &example);
        }
        if central.method == 0 && !central.is_encrypted() && central.packed != central.size {
            self.trick("zip-stored-size-mismatch", &example);
        }
        if entry.name.ends_with('/') && !entry.is_dir {
            self.trick("zip-directory-with-data", &example);
        }
    }

    /// Notes names that occur more than once; unpackers differ in which entry wins.
    pub(super) fn duplicates(&mut self, entries: &[Entry<'_>]) {
        let mut seen = BTreeSet::new();
        for entry in entries.iter().filter(|entry| !entry.is_dir) {
            if !seen.insert(entry.raw_name) {
                self.trick("zip-duplicate-names", &entry.name);
            }
        }
    }

    /// Notes entries that share bytes.
    pub(super) fn overlaps(&mut self, extents: &[Range<usize>]) {
        let mut sorted: Vec<_> = extents.to_vec();
        sorted.sort_by_key(|extent| (extent.start, extent.end));
        let mut end = 0;
        for extent in sorted {
            if extent.start < end {
                self.trick("zip-overlapping-entries", &format!("at byte {}", extent.start));
            }
            end = end.max(extent.end);
        }
    }

    /// Notes a piece of the file that belongs to nothing, unless it is what honest programs put there: the program
    /// of a self-extractor, the mark of a split archive that became one, padding, a signing block of Android.
    pub(super) fn piece(&mut self, bytes: &[u8], piece: Range<usize>, last: usize) {
        let content = bytes.get(piece.clone()).unwrap_or_default();
        let begins = |marks: &[&[u8]]| marks.iter().any(|mark| content.starts_with(mark));
        let what = if piece.start == 0 {
            if begins(&[b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"])
                || [&b"PK00"[..], b"PK\x07\x08"].contains(&content)
            {
                return;
            }
            "zip-data-before"
        } else if piece.start >= last {
            "zip-data-after"
        } else if content.len() <= DESCRIPTOR || content.ends_with(b"APK Sig Block 42") {
            return;
        } else {
            "zip-data-between"
        };
        if content.iter().any(|byte| !b"\0\r\n\t ".contains(byte)) {
            self.trick(what, &format!("{} bytes at byte {}", content.len(), piece.start));
        }
    }

    pub(super) fn told(self) -> (Vec<Fact>, Vec<Damage>) {
        let words = |(count, example): (usize, String)| match count {
            1 => example,
            _ => format!("{count} times, first: {example}"),
        };
        let trick = |(what, told)| Fact::Trick { what, detail: words(told) };
        let damage = |(what, told)| Damage { what, detail: words(told) };
        (self.tricks.into_iter().map(trick).collect(), self.damage.into_iter().map(damage).collect())
    }
}

/// The longest data descriptor.
const DESCRIPTOR: usize = 24;
