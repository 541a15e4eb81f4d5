//! The compound file (MS-CFB): the small file system inside .doc, .xls, .ppt, .msg, .msi and every embedded object.
//!
//! One reader serves whole and damaged files alike, because Word opens files that a strict reader refuses: a last
//! sector without its padding, an allocation table that ends early, a directory that is cut. So nothing here is
//! fatal but a missing signature: chains end where they break (what was read is kept), entries that hang on no
//! storage are listed as orphans, and where the directory chain is broken the file is searched for directory
//! sectors (`salvage`). Byte order mark, versions, colours of the tree, times and state bits are not looked at:
//! no reader depends on them, and attackers scramble them.

mod directory;
mod installer;
mod salvage;
mod sectors;
mod write;

#[cfg(test)]
pub(crate) use installer::pack_name;
pub use installer::{installer_name, is_likely_installer};

use crate::artifact::{Damage, Unread};
use crate::limits::{Budget, Decoded};
use sectors::Sectors;
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
pub use write::{Amend, Packed};

/// A compound file over borrowed bytes.
#[derive(Debug)]
pub struct Compound<'a> {
    sectors: Sectors<'a>,
    clsid: [u8; 16],
    entries: Vec<Entry>,
    named: HashMap<(Option<usize>, String), usize>,
    held: BTreeMap<Option<usize>, Vec<usize>>,
    damage: Vec<Damage>,
    unread: Vec<Unread>,
}

/// A storage or stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in [`Compound::entries`].
    pub id: usize,
    /// The storage it lies in; none for the root storage.
    pub parent: Option<usize>,
    /// Its own name.
    pub name: String,
    /// The names from the root storage to it, joined by `/`.
    pub path: String,
    /// Storage or stream.
    pub what: What,
    /// Bytes of a stream as the directory says; the chain may hold fewer.
    pub size: u64,
    /// Class of a storage, as its bytes stand.
    pub clsid: [u8; 16],
    /// Whether no path leads from the root storage to it.
    pub orphan: bool,
    /// First sector.
    start: u32,
}

/// What an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Holds other entries.
    Storage,
    /// Holds bytes.
    Stream,
}

/// MS-CFB 2.2 and the signature of its pre-release, which Office opens too.
const SIGNATURES: [[u8; 8]; 2] = [*b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", *b"\x0e\x11\xfc\x0d\xd0\xcf\x11\x0e"];

/// Whether bytes begin as a compound file.
pub fn is_compound(bytes: &[u8]) -> bool {
    SIGNATURES.iter().any(|signature| bytes.starts_with(signature))
}

impl<'a> Compound<'a> {
    /// Reads header, allocation tables and directory. `None` where the signature or the header is missing.
    pub fn read(bytes: &'a [u8], budget: &Budget) -> Option<Self> {
        if !is_compound(bytes) {
            return None;
        }
        let mut damage = Vec::new();
        let (mut sectors, first) = Sectors::read(bytes, &mut damage)?;
        let mut records = directory::Records::read(&sectors, first);
        if let Some(why) = records.broken.take() {
            damage.push(Damage { what: "compound-directory-broken", detail: why });
            salvage::directory(&sectors, &mut records, budget);
        }
        let mut unread = Vec::new();
        if records.cut {
            let detail = format!("more than {} entries", directory::MOST_ENTRIES);
            unread.push(Unread { reason: "limit-compound-entries", detail });
        }
        let root = records.root();
        sectors.set_mini_stream(root.map(|root| root.start));
        let clsid = root.map(|root| root.clsid).unwrap_or_default();
        let entries = records.entries();
        let mut compound =
            Self { sectors, clsid, entries, named: HashMap::new(), held: BTreeMap::new(), damage, unread };
        compound.index();
        Some(compound)
    }

    /// Every storage and stream in the order of the directory, orphans among them; the root storage left out.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The streams among [`Compound::entries`].
    pub fn streams(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.what == What::Stream)
    }

    /// The entry at a path like `Macros/VBA/dir`, case ignored.
    pub fn find(&self, path: &str) -> Option<&Entry> {
        let mut found: Option<&Entry> = None;
        for name in path.split('/') {
            found = Some(self.child(found.map(|entry| entry.id), name)?);
        }
        found
    }

    /// The entry of that name, case ignored, in a storage; `None` stands for the root storage.
    pub fn child(&self, storage: Option<usize>, name: &str) -> Option<&Entry> {
        self.entries.get(*self.named.get(&(storage, name.to_lowercase()))?)
    }

    /// The entries that lie directly in a storage; `None` stands for the root storage, where orphans lie too.
    pub fn children(&self, storage: Option<usize>) -> impl Iterator<Item = &Entry> {
        let held = self.held.get(&storage).map(Vec::as_slice).unwrap_or_default();
        held.iter().filter_map(|id| self.entries.get(*id))
    }

    /// The class of the root storage, as its bytes stand.
    pub fn clsid(&self) -> [u8; 16] {
        self.clsid
    }

    /// Whether it is a database, patch or transform of Windows Installer.
    pub fn is_installer(&self) -> bool {
        installer::is_class(&self.clsid)
    }

    /// What was broken in header, tables and directory.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// What of the directory was left out.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// The bytes of a stream, paid from the budget. Where its chain breaks, what comes before is kept.
    pub fn stream(&self, entry: &Entry, budget: &mut Budget) -> Decoded {
        budget.read(&mut self.sectors.stream(entry.start, entry.size))
    }

    /// The bytes of a stream for a decoder, which the budget reads.
    pub fn reader(&self, entry: &Entry) -> impl Read {
        self.sectors.stream(entry.start, entry.size)
    }

    /// The first `length` bytes of a stream.
    pub fn head(&self, entry: &Entry, length: u64, budget: &mut Budget) -> Decoded {
        budget.read(&mut self.sectors.stream(entry.start, entry.size.min(length)).of_size(entry.size))
    }

    /// Lets names be looked up. Entries that hang on the tree go before orphans of the same name.
    fn index(&mut self) {
        let (attached, orphans): (Vec<&Entry>, Vec<&Entry>) =
            self.entries.iter().partition(|entry| !entry.orphan);
        for entry in attached.into_iter().chain(orphans) {
            self.named.entry((entry.parent, entry.name.to_lowercase())).or_insert(entry.id);
            self.held.entry(entry.parent).or_default().push(entry.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use std::io::{Cursor, Write};

    /// A file with a long stream, a short one, and one in nested storages.
    fn sample() -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_storage_all("/Macros/VBA").unwrap();
        for (path, bytes) in [
            ("/WordDocument", b"long ".repeat(2000)),
            ("/short", b"short stream".to_vec()),
            ("/Macros/VBA/dir", b"x".repeat(700)),
            ("/empty", Vec::new()),
        ] {
            file.create_stream(path).unwrap().write_all(&bytes).unwrap();
        }
        file.flush().unwrap();
        file.into_inner().into_inner()
    }

    fn budget() -> Budget {
        Budget::new(&Limits::default())
    }

    fn read(bytes: &[u8], path: &str) -> Option<Vec<u8>> {
        let compound = Compound::read(bytes, &budget())?;
        Some(compound.stream(compound.find(path)?, &mut budget()).bytes)
    }

    #[test]
    fn reads_long_short_nested_and_empty_streams_whatever_the_case() {
        let file = sample();
        assert_eq!(read(&file, "worddocument").unwrap(), b"long ".repeat(2000));
        assert_eq!(read(&file, "SHORT").unwrap(), b"short stream");
        assert_eq!(read(&file, "macros/vba/DIR").unwrap(), b"x".repeat(700));
        assert_eq!(read(&file, "empty").unwrap(), b"");
        assert_eq!(read(&file, "macros/dir"), None);
        let compound = Compound::read(&file, &budget()).unwrap();
        let paths: Vec<_> = compound.entries().iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["Macros", "Macros/VBA", "WordDocument", "short", "Macros/VBA/dir", "empty"]);
        assert_eq!((compound.damage(), compound.unread()), (&[][..], &[][..]));
        let macros = compound.find("Macros").unwrap();
        assert_eq!(compound.children(Some(macros.id)).map(|e| e.name.as_str()).collect::<Vec<_>>(), ["VBA"]);
        let word = compound.find("WordDocument").unwrap();
        assert_eq!(compound.head(word, 7, &mut budget()).bytes, b"long lo");
    }

    #[test]
    fn a_last_sector_without_padding_is_whole() {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream("/a").unwrap().write_all(&b"0123456789".repeat(501)).unwrap();
        let mut bytes = file.into_inner().into_inner();
        let end = memchr::memmem::rfind(&bytes, b"6789").unwrap() + 4;
        bytes.truncate(end);
        let compound = Compound::read(&bytes, &budget()).unwrap();
        let stream = compound.stream(compound.find("a").unwrap(), &mut budget());
        assert_eq!((stream.bytes, stream.broken), (b"0123456789".repeat(501), None));
    }

    #[test]
    fn a_cut_stream_keeps_its_head_and_says_so() {
        let file = sample();
        let cut = memchr::memmem::find(&file, b"long ").unwrap() + 1024;
        let compound = Compound::read(&file[..cut], &budget()).unwrap();
        let stream = compound.stream(compound.find("WordDocument").unwrap(), &mut budget());
        assert_eq!(stream.bytes, b"long ".repeat(2000)[..1024]);
        assert_eq!(stream.broken.as_deref(), Some("the chain ends before the stream does"));
    }

    #[test]
    fn a_directory_without_its_chain_is_found_by_its_looks() {
        let mut file = sample();
        file[48..52].copy_from_slice(&0x7777_7777u32.to_le_bytes());
        assert_eq!(read(&file, "Macros/VBA/dir").unwrap(), b"x".repeat(700));
        assert_eq!(Compound::read(&file, &budget()).unwrap().damage()[0].what, "compound-directory-broken");
    }

    #[test]
    fn entries_that_hang_on_nothing_are_orphans() {
        let mut file = sample();
        let name: Vec<u8> = "Root Entry".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let root = memchr::memmem::find(&file, &name).unwrap();
        file[root + 76..root + 80].copy_from_slice(&u32::MAX.to_le_bytes());
        let compound = Compound::read(&file, &budget()).unwrap();
        assert!(compound.entries().iter().all(|entry| entry.orphan));
        assert_eq!(compound.find("VBA/dir").map(|entry| entry.path.as_str()), None);
        assert_eq!(read(&file, "Macros/VBA/dir").unwrap(), b"x".repeat(700));
    }

    #[test]
    fn circles_of_siblings_storages_and_sectors_end() {
        let file = sample();
        for at in (512..file.len()).step_by(4) {
            for value in [0u32, 1, 2, 3, 4] {
                let mut bad = file.clone();
                bad[at..at + 4].copy_from_slice(&value.to_le_bytes());
                walk(&bad);
            }
            if file[at..at + 4] == [0; 4] && at > 8192 {
                break;
            }
        }
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        let file = sample();
        for length in (0..1600).chain((1600..file.len()).step_by(61)) {
            walk(&file[..length]);
        }
        for at in (0..600).chain((600..file.len()).step_by(7)) {
            let mut bad = file.clone();
            bad[at] ^= 1 << (at % 8);
            walk(&bad);
        }
    }

    fn walk(bytes: &[u8]) {
        let mut budget = budget();
        if let Some(compound) = Compound::read(bytes, &budget) {
            for entry in compound.streams() {
                let stream = compound.stream(entry, &mut budget);
                assert!(stream.bytes.len() <= bytes.len());
            }
        }
    }
}
