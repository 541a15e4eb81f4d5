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
    /// Whether the archive is the last part of a split one, which begins in the middle of an entry.
    pub(super) is_split: bool,
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
        // Windows and packages of Office know one name in whatever letters.
        let folded = |name: &str| name.replace('\\', "/").to_lowercase();
        if central.name != local.name && !local.is_strongly_encrypted() {
            let other = super::name::of(local);
            if folded(&other) != folded(&entry.name) {
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
                || self.is_split
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

#[cfg(test)]
mod tests {
    use super::super::layout::{
        read,
        tests::{assert_both, told, two},
    };
    use super::super::writer::{Item, archive, deflated, end_record, stored};
    use super::*;
    use std::iter::repeat_n;

    #[test]
    fn honest_archives_have_no_tricks() {
        assert_both(&archive(&two()), &[]);
        assert_both(&archive(&two().map(|item| item.streamed(true))), &[]);
        assert_both(&archive(&two().map(|item| item.streamed(false))), &[]);
        assert_both(&[&b"MZ a self-extractor"[..], &archive(&two())].concat(), &[]);
        assert_both(&[&b"PK00"[..], &archive(&two())].concat(), &[]);
        let commented = [archive(&two()), b"a comment".to_vec()].concat();
        let at = commented.len() - 11;
        let commented = [&commented[..at], &[9, 0], &commented[at + 2..]].concat();
        assert_both(&commented, &[]);
        let backslash = two().map(|item| {
            item.local(|fields| {
                fields.name.iter_mut().for_each(|byte| {
                    if *byte == b'/' {
                        *byte = b'\\';
                    }
                })
            })
        });
        assert_both(&archive(&backslash), &[]);
        assert_eq!(told(&end_record(0, 0, 0)), (vec![], vec![]));
        assert_eq!(told(&archive(&[stored("d/", b"")])).1, Vec::<&str>::new());
    }

    #[test]
    fn data_around_the_archive_are_no_hindrance() {
        let junk: Vec<u8> = b"junk ".iter().copied().cycle().take(100 << 10).collect();
        assert_both(&[archive(&two()), junk.clone()].concat(), &["zip-data-after"]);
        assert_both(&[junk.clone(), archive(&two())].concat(), &["zip-data-before"]);
        assert_both(&[junk.clone(), archive(&two()), junk].concat(), &["zip-data-after", "zip-data-before"]);
        assert_both(&[archive(&two()), b"\r\n\0\0".to_vec()].concat(), &[]);
        let between = [
            stored("a.txt", b"first"),
            Item { before: b"hidden between the entries".to_vec(), ..two()[1].clone() },
        ];
        assert_both(&archive(&between), &["zip-data-between"]);
        let aligned =
            [stored("a.txt", b"first"), Item { before: repeat_n(0, 500).collect(), ..two()[1].clone() }];
        assert_both(&archive(&aligned), &[]);
    }

    #[test]
    fn disagreeing_headers_are_told_and_the_one_that_fits_is_read() {
        let one = || deflated("a.txt", b"content content");
        let cases: [(Item, &str, &[&str]); 12] = [
            (one().local(|f| f.name = b"b.exe".to_vec()), "a.txt=content content", &["zip-name-mismatch"]),
            (one().local(|f| f.name = b"A.txt".to_vec()), "a.txt=content content", &[]),
            (one().central(|f| f.method = 97), "a.txt=content content", &["zip-method-mismatch"]),
            (one().local(|f| f.method = 97), "a.txt=content content", &["zip-method-mismatch"]),
            (one().central(|f| f.crc = 1), "a.txt=content content", &["zip-crc-mismatch"]),
            (one().central(|f| f.packed = 3), "a.txt=content content", &["zip-size-mismatch"]),
            (one().central(|f| f.flags |= 1), "a.txt=content content", &["zip-encryption-mismatch"]),
            (one().local(|f| f.flags |= 1), "a.txt=content content", &["zip-encryption-mismatch"]),
            (one().both(|f| f.flags |= 1), "a.txt=content content", &[]),
            (one().both(|f| f.method = 0), "a.txt=content content", &["zip-stored-size-mismatch"]),
            (one().both(|f| f.method = 98), "a.txt=content content", &[]),
            (one().both(|f| f.crc = 5), "!a.txt=content content", &[]),
        ];
        for (item, want, tricks) in cases {
            let case = format!("{:?} {:?}", item.local.flags, item.central);
            let (contents, got) = told(&archive(&[item]));
            assert_eq!(contents, [want], "{case}");
            assert_eq!(got, tricks, "{case}");
        }
    }

    #[test]
    fn many_names_on_one_body_are_told() {
        let mut items = vec![stored("first", b"body")];
        for number in 0..999 {
            let mut item = stored(format!("n{number}"), b"body");
            item.offset = Some(0);
            item.local.name = b"x".to_vec();
            items.push(item);
        }
        let bytes = archive(&items);
        let archive = read(&bytes, 2000).unwrap();
        let overlap = archive.facts.iter().find_map(|fact| match fact {
            Fact::Trick { what: "zip-overlapping-entries", detail } => Some(detail.as_str()),
            _ => None,
        });
        assert_eq!(overlap, Some("999 times, first: at byte 0"));
    }

    #[test]
    fn duplicate_names_are_both_listed() {
        let (contents, tricks) = told(&archive(&[stored("a", b"one"), stored("a", b"two")]));
        assert_eq!((contents, tricks), (vec!["a=one".into(), "a=two".into()], vec!["zip-duplicate-names"]));
    }
}
