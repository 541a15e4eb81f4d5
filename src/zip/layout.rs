//! What lies where in a ZIP file: the entries of every directory and those hidden from all of them, and whatever
//! an honest writer would not have written.

use super::Archive;
use super::directory::{self, Directory};
use super::entry::Entry;
use super::notes::Notes;
use super::record::{self, Central, Header, Local};
use super::walk::{self, Descriptors};
use crate::artifact::Unread;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Reads the structure of a file, at most `limit` entries of it.
pub(super) fn read(bytes: &[u8], limit: usize) -> Option<Archive<'_>> {
    let mut layout = Layout { bytes, limit, ..Layout::default() };
    layout.read_directories();
    let listed = layout.entries.len();
    layout.read_gaps();
    let walked = layout.entries.len() - listed;
    if layout.directories == 0 && layout.entries.is_empty() {
        return None;
    }
    layout.place_lost();
    layout.notes.overlaps(&layout.extents);
    layout.notes.duplicates(&layout.entries);
    if layout.directories == 0 {
        layout.notes.damage("zip-no-central-directory", "the entries were found by their local headers");
    } else {
        for entry in layout.entries.iter().skip(listed).take(walked) {
            layout.notes.trick("zip-hidden-entry", &entry.name);
        }
    }
    let unread = layout.is_cut.then(|| Unread {
        reason: "limit-artifacts",
        detail: format!("the archive lists more than {limit} entries"),
    });
    let (facts, damage) = layout.notes.told();
    Some(Archive { entries: layout.entries, damage, facts, unread: unread.into_iter().collect() })
}

#[derive(Debug, Default)]
struct Layout<'a> {
    bytes: &'a [u8],
    limit: usize,
    entries: Vec<Entry<'a>>,
    /// Entries of a directory whose local header is not where it should be.
    lost: Vec<Header<'a>>,
    /// What the entries of the directories take up.
    extents: Vec<Range<usize>>,
    /// What the directories themselves take up.
    taken: Vec<Range<usize>>,
    directories: usize,
    descriptors: Option<Descriptors>,
    /// Ends of data by the place of their local header.
    measured: HashMap<usize, usize>,
    is_cut: bool,
    notes: Notes,
}

impl<'a> Layout<'a> {
    /// Reads every directory that is not itself the content of an entry.
    fn read_directories(&mut self) {
        for end in directory::ends(self.bytes) {
            let covered = self.extents.iter().chain(&self.taken).any(|extent| extent.contains(&end.start));
            if covered {
                continue;
            }
            let mut found = directory::read(self.bytes, &end, self.limit);
            if found.is_empty() && self.directories == 0 && self.lost.is_empty() {
                found.extend(directory::search(self.bytes, &end, self.limit));
                if !found.is_empty() {
                    self.notes.trick("zip-wrong-directory-offset", &end.offset.to_string());
                }
            }
            if end.is_split && !found.is_empty() {
                self.notes.is_split = true;
                self.notes.damage("zip-split", "the other parts of the archive are in other files");
            }
            for directory in found {
                self.directories += 1;
                self.note_count(&directory, end.entries);
                self.taken.extend([directory.start..directory.stop, end.start..end.end]);
                self.add_directory(&directory);
            }
        }
        if self.directories > 1 {
            self.notes.trick("zip-several-directories", &self.directories.to_string());
        }
    }

    fn note_count(&mut self, directory: &Directory<'_>, said: u64) {
        let listed = directory.entries.len() as u64;
        if !directory.is_cut && listed != said && listed & 0xffff != said {
            self.notes.trick("zip-wrong-count", &format!("{said} said, {listed} there"));
        }
    }

    fn add_directory(&mut self, directory: &Directory<'a>) {
        self.is_cut |= directory.is_cut;
        for central in &directory.entries {
            if self.entries.len() + self.lost.len() >= self.limit {
                self.is_cut = true;
                return;
            }
            let start = directory.local_of(central);
            match start.and_then(|start| record::local(self.bytes, start)) {
                Some(local) => self.add_entry(central, &local),
                None => self.lost.push(central.header),
            }
        }
    }

    /// Adds an entry both views know.
    fn add_entry(&mut self, central: &Central<'a>, local: &Local<'a>) {
        let mut header = central.header;
        let end = if header.packed == 0 && (header.crc != 0 || header.size != 0) {
            self.measured_end(local)
        } else {
            let (end, is_cut) = walk::clip(self.bytes, local.data, header.packed);
            if is_cut {
                self.notes.damage("zip-truncated", &super::name::of(&header));
            }
            end
        };
        header.packed = end.saturating_sub(local.data) as u64;
        let mut entry = Entry::new(self.bytes, &header, Some(&local.header), local.data..end);
        self.notes.compare(&mut entry, &central.header, &local.header);
        let told = &local.header;
        let until = if told.packed > 0 && !told.has_descriptor() {
            end.min(walk::clip(self.bytes, local.data, told.packed).0)
        } else {
            end
        };
        let descriptor = told.has_descriptor() || header.has_descriptor();
        let until = if descriptor { walk::after_descriptor(self.bytes, until) } else { until };
        self.extents.push(local.start..until);
        self.entries.push(entry);
    }

    /// Where the data of an entry end for which the directory has zeros. Many entries may point to one header, and
    /// each search for an end goes through the file; so the answers are kept.
    fn measured_end(&mut self, local: &Local<'a>) -> usize {
        if let Some(end) = self.measured.get(&local.start) {
            return *end;
        }
        let (found, _) = walk::measure(self.bytes, local, self.bytes.len(), &mut self.descriptors);
        self.measured.insert(local.start, found.data.end);
        found.data.end
    }

    /// Looks into the parts of the file no directory speaks for.
    fn read_gaps(&mut self) {
        let mut extents: Vec<_> = self.extents.iter().chain(&self.taken).cloned().collect();
        extents.sort_by_key(|extent| (extent.start, extent.end));
        extents.push(self.bytes.len()..self.bytes.len());
        let last = self.taken.iter().map(|taken| taken.end).max().unwrap_or(0);
        let mut at = 0;
        for extent in extents {
            if extent.start > at {
                self.read_gap(at..extent.start, last);
            }
            at = at.max(extent.end);
        }
    }

    fn read_gap(&mut self, gap: Range<usize>, last: usize) {
        let room = self.limit.saturating_sub(self.entries.len());
        let (found, pieces) = walk::walk(self.bytes, gap, &mut self.descriptors, room.saturating_add(1));
        self.is_cut |= found.len() > room;
        for found in found.into_iter().take(room) {
            if found.is_cut {
                self.notes.damage("zip-truncated", &super::name::of(&found.header));
            }
            let mut entry = Entry::new(self.bytes, &found.header, None, found.data.clone());
            if !found.is_measured {
                entry.forget_sizes();
            }
            self.entries.push(entry);
        }
        if self.directories > 0 {
            for piece in pieces {
                self.notes.piece(self.bytes, piece, last);
            }
        }
    }

    /// Lists the entries whose local header is nowhere; those the walk found under the same name are there already.
    fn place_lost(&mut self) {
        let known: HashSet<&[u8]> = self.entries.iter().map(|entry| entry.raw_name).collect();
        let lost = self.lost.iter().filter(|header| !known.contains(header.name));
        let entries: Vec<_> = lost.map(|header| Entry::new(self.bytes, header, None, 0..0)).collect();
        for mut entry in entries {
            self.notes.damage("zip-no-local-header", &entry.name);
            entry.is_lost = true;
            self.entries.push(entry);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::writer::{Item, archive, deflated, end_record, stored};
    use super::*;
    use crate::artifact::Fact;
    use crate::limits::{Budget, Limits};

    /// The names and contents of the entries, `!` before a name whose content is not whole, and the tricks.
    pub(in super::super) fn told(bytes: &[u8]) -> (Vec<String>, Vec<&'static str>) {
        let archive = read(bytes, 1000).expect("a ZIP structure");
        let mut budget = Budget::new(&Limits::default());
        let one = |entry: &Entry<'_>| {
            let decoded = entry.decode(&mut budget);
            let mark = if decoded.broken.is_some() { "!" } else { "" };
            format!("{mark}{}={}", entry.name, String::from_utf8_lossy(&decoded.bytes))
        };
        let contents = archive.entries.iter().map(one).collect();
        let tricks = archive.facts.iter().map(|fact| match fact {
            Fact::Trick { what, .. } => *what,
            other => panic!("{other:?}"),
        });
        (contents, tricks.collect())
    }

    pub(in super::super) fn two() -> [Item; 2] {
        [stored("a.txt", b"first"), deflated("dir/b.txt", b"second second second")]
    }

    const BOTH: [&str; 2] = ["a.txt=first", "dir/b.txt=second second second"];

    /// Both entries are there, with these tricks.
    pub(in super::super) fn assert_both(bytes: &[u8], tricks: &[&str]) {
        let (contents, got) = told(bytes);
        assert_eq!(contents, BOTH);
        assert_eq!(got, tricks);
    }

    #[test]
    fn archives_put_together_are_all_read() {
        let [a, b] = two();
        let joined = [archive(&[b]), archive(&[a])].concat();
        assert_both(&joined, &["zip-several-directories"]);
        let emptied = [archive(&two()), end_record(0, 0, 0)].concat();
        assert_both(&emptied, &["zip-several-directories"]);
    }

    #[test]
    fn an_archive_inside_an_entry_is_its_own() {
        let inner = archive(&[stored("inner.txt", b"x")]);
        let (contents, tricks) = told(&archive(&[stored("inner.zip", &inner), stored("b", b"y")]));
        assert_eq!((contents.len(), tricks), (2, vec![]));
        let (contents, tricks) =
            told(&archive(&[stored("inner.zip", &inner).streamed(true), stored("b", b"y")]));
        assert_eq!((contents.len(), tricks), (2, vec![]));
        // The outer directory is gone: the walk must step over the inner archive.
        let outer = archive(&[stored("inner.zip", &inner).streamed(true), stored("b", b"y").streamed(true)]);
        let end = memchr::memmem::rfind(&outer, b"PK\x01\x02\x14\0\x14\0").unwrap();
        let names = read(&outer[..end], 10).unwrap().entries.into_iter().map(|entry| entry.name);
        assert!(names.take(2).eq(["b", "inner.zip"]) || outer.len() > end);
    }

    #[test]
    fn without_a_directory_the_local_headers_are_walked() {
        for items in [two(), two().map(|item| item.streamed(true)), two().map(|item| item.streamed(false))] {
            let whole = archive(&items);
            let directory = memchr::memmem::find(&whole, b"PK\x01\x02").unwrap();
            assert_both(&whole[..directory], &[]);
            assert_eq!(read(&whole[..directory], 9).unwrap().damage[0].what, "zip-no-central-directory");
            // The end record alone is gone.
            assert_both(&whole[..whole.len() - 22], &[]);
        }
        let cut = archive(&two());
        let (contents, _) = told(&cut[..84]);
        assert_eq!(contents[0], "a.txt=first");
        assert_eq!(read(&cut[..84], 9).unwrap().damage.len(), 2);
    }

    #[test]
    fn an_end_record_that_lies_changes_nothing() {
        let whole = archive(&two());
        let end = whole.len() - 22;
        let lie = |at: usize, value: &[u8]| {
            let mut bytes = whole.clone();
            bytes[end + at..end + at + value.len()].copy_from_slice(value);
            bytes
        };
        assert_both(&lie(8, &[1, 0, 1, 0]), &["zip-wrong-count"]);
        assert_both(&lie(8, &[99, 0, 99, 0]), &["zip-wrong-count"]);
        assert_both(&lie(12, &[7, 7, 0, 0]), &[]);
        assert_both(&lie(16, &[7, 7, 0, 0]), &[]);
        assert_both(&lie(12, &[7, 7, 0, 0, 9, 9, 0, 0]), &["zip-wrong-directory-offset"]);
    }

    #[test]
    fn hidden_entries_are_found() {
        let [a, b] = two();
        assert_both(&archive(&[a.clone(), b.clone().hidden()]), &["zip-hidden-entry"]);
        assert_both(&archive(&[a, b.streamed(true).hidden()]), &["zip-hidden-entry"]);
        // Zeros everywhere, and no descriptor: the data end by themselves.
        let zeros = deflated("b", b"second")
            .hidden()
            .local(|fields| (fields.packed, fields.size, fields.crc) = (0, 0, 0));
        assert_eq!(told(&archive(&[stored("a", b"x"), zeros])).0, ["a=x", "b=second"]);
    }

    #[test]
    fn zeros_in_both_headers_leave_the_end_to_be_found() {
        let zeros = |item: Item| item.streamed(true).central(|fields| fields.packed = 0);
        let (contents, _) = told(&archive(&two().map(zeros)));
        assert_eq!(contents, BOTH);
    }

    #[test]
    fn a_list_ends_at_the_limit() {
        let items: Vec<Item> = (0..50).map(|number| stored(format!("{number}"), b"x")).collect();
        let bytes = archive(&items);
        let listed = read(&bytes, 20).unwrap();
        assert_eq!((listed.entries.len(), listed.unread[0].reason), (20, "limit-artifacts"));
        assert_eq!(read(&bytes, 50).unwrap().unread, []);
        let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
        let walked = read(&bytes[..directory], 20).unwrap();
        assert_eq!((walked.entries.len(), walked.unread.len()), (20, 1));
    }

    #[test]
    fn a_lost_entry_is_named() {
        let mut lost = stored("lost.exe", b"x");
        lost.offset = Some(77_777);
        lost.local.name = b"\x01".to_vec();
        let bytes = archive(&[stored("a", b"y"), lost]);
        let archive = read(&bytes, 9).unwrap();
        assert!(archive.entries[1].is_lost && archive.entries[1].name == "lost.exe");
        assert!(archive.damage.iter().any(|damage| damage.what == "zip-no-local-header"));
    }
}
