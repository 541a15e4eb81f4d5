//! The writer of compound files (MS-CFB): a storage of one file as a file of its own.
//!
//! A message inside a message and an object inside one are storages without bytes of their own. Written anew they are
//! artifacts like others, and are opened by the reader of their kind, however deep they lie. The file is of version 4,
//! whose sectors of 4,096 bytes make the 109 places of the header enough for tables of 400 MB, so that there is no
//! DIFAT. Times and state bits are not kept.

use super::{Compound, Entry, What};
use crate::limits::{Budget, Decoded};

/// A storage written as a file.
#[derive(Debug, Default)]
pub struct Packed {
    /// The file; broken where one of its streams is.
    pub decoded: Decoded,
    /// Streams that were left out because the file would be larger than an artifact may be.
    pub left_out: u64,
}

/// Changes the bytes of a stream on their way into the new file.
pub type Amend<'f> = &'f dyn Fn(&Entry, Vec<u8>) -> Vec<u8>;

impl Compound<'_> {
    /// Writes a storage and all that lies in it as a file, every stream paid from the budget. Its streams are never
    /// more than an artifact may hold, whatever sizes the directory tells.
    pub fn pack(&self, storage: &Entry, amend: Amend<'_>, budget: &mut Budget) -> Packed {
        let mut file = File::default();
        let mut packed = Packed::default();
        let mut nodes = nodes(self, storage);
        let mut room = budget.limits().artifact_bytes;
        for node in nodes.iter_mut().skip(1).filter(|node| node.entry.what == What::Stream) {
            let stream = self.stream(node.entry, budget);
            packed.decoded.broken = packed.decoded.broken.or(stream.broken);
            packed.decoded.stop = stream.stop;
            if stream.size > room {
                packed.left_out += 1;
            } else {
                room -= stream.size;
                let bytes = amend(node.entry, stream.bytes);
                (node.start, node.size) = (file.add(&bytes), bytes.len());
            }
            if packed.decoded.stop.is_some() {
                break;
            }
        }
        let bytes = file.finish(&mut nodes);
        packed.decoded.size = bytes.len() as u64;
        packed.decoded.stop = packed.decoded.stop.or(budget.pay(packed.decoded.size).err());
        packed.decoded.bytes = bytes;
        packed
    }
}

/// Bytes of a sector, of a sector of the mini stream, and of the shortest stream outside it.
const SECTOR: usize = 4096;
const MINI: usize = 64;
const CUTOFF: usize = 4096;
/// Entries of tables that are no sector numbers (MS-CFB 2.1).
const FREE: u32 = 0xffff_ffff;
const END: u32 = 0xffff_fffe;
const FAT: u32 = 0xffff_fffd;
/// Sectors of the table that the header can name.
const PLACES: usize = 109;

/// An entry of the new directory.
struct Node<'e> {
    entry: &'e Entry,
    object: u8,
    held: Vec<usize>,
    links: [u32; 3],
    start: u32,
    size: usize,
}

/// The storage as the root, and all that lies in it, each after the storage that holds it.
fn nodes<'e>(compound: &'e Compound<'_>, storage: &'e Entry) -> Vec<Node<'e>> {
    let node = |entry: &'e Entry, object| Node {
        entry,
        object,
        held: Vec::new(),
        links: [FREE; 3],
        start: 0,
        size: 0,
    };
    let mut nodes = Vec::from([node(storage, 5)]);
    let mut at = 0;
    while let Some(above) = nodes.get(at).map(|node| node.entry) {
        let is_storage = above.what == What::Storage;
        for entry in compound.children(Some(above.id)).filter(|_| is_storage) {
            let id = nodes.len();
            nodes.push(node(entry, if entry.what == What::Storage { 1 } else { 2 }));
            if let Some(above) = nodes.get_mut(at) {
                above.held.push(id);
            }
        }
        at += 1;
    }
    nodes
}

/// Sectors in a row and the table that chains them.
#[derive(Default)]
struct Area {
    bytes: Vec<u8>,
    table: Vec<u32>,
}

impl Area {
    /// Appends bytes as whole sectors; answers the first of them.
    fn chain(&mut self, bytes: &[u8], sector: usize) -> u32 {
        let first = self.table.len();
        let count = bytes.len().div_ceil(sector);
        self.table.extend((1..count).map(|next| number(first + next)));
        self.table.push(END);
        self.bytes.extend_from_slice(bytes);
        fill(&mut self.bytes, sector, 0);
        number(first)
    }
}

/// A file as far as it is written.
#[derive(Default)]
struct File {
    whole: Area,
    mini: Area,
}

impl File {
    /// Adds a stream; answers where it starts.
    fn add(&mut self, bytes: &[u8]) -> u32 {
        match bytes.len() {
            0 => END,
            CUTOFF.. => self.whole.chain(bytes, SECTOR),
            _ => self.mini.chain(bytes, MINI),
        }
    }

    /// The whole file: header, streams, mini stream and its table, directory, table (MS-CFB 2.2 to 2.6).
    fn finish(mut self, nodes: &mut [Node<'_>]) -> Vec<u8> {
        let mini_table = table(&self.mini.table);
        let mini_sectors = mini_table.len() / SECTOR;
        let [mini, mini_table] = [self.mini.bytes, mini_table].map(|bytes| {
            (if bytes.is_empty() { END } else { self.whole.chain(&bytes, SECTOR) }, bytes.len())
        });
        if let Some(root) = nodes.first_mut() {
            (root.start, root.size) = mini;
        }
        let listed = directory(nodes);
        let first = self.whole.chain(&listed, SECTOR);
        let used = self.whole.table.len();
        // Each sector of the table has a place in the table itself.
        let count = used.div_ceil(SECTOR / 4 - 1);
        self.whole.table.extend(std::iter::repeat_n(FAT, count));
        let mut out = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        out.extend([0; 16]);
        out.extend([0x3e_u16, 4, 0xfffe, 12, 6, 0, 0, 0].into_iter().flat_map(u16::to_le_bytes));
        let numbers = [
            number(listed.len().div_ceil(SECTOR)),
            number(count),
            first,
            0,
            4096,
            mini_table.0,
            number(mini_sectors),
            END,
            0,
        ];
        let places = (0..PLACES).map(|place| if place < count { number(used + place) } else { FREE });
        out.extend(numbers.into_iter().chain(places).flat_map(u32::to_le_bytes));
        fill(&mut out, SECTOR, 0);
        out.extend_from_slice(&self.whole.bytes);
        out.extend(table(&self.whole.table));
        out
    }
}

/// The directory (MS-CFB 2.6), the entries of each storage as a balanced search tree.
fn directory(nodes: &mut [Node<'_>]) -> Vec<u8> {
    for at in 0..nodes.len() {
        let held = nodes.get_mut(at).map(|node| std::mem::take(&mut node.held)).unwrap_or_default();
        let mut keyed: Vec<_> = held
            .into_iter()
            .map(|id| (nodes.get(id).map(|node| order(&node.entry.name)).unwrap_or_default(), id))
            .collect();
        keyed.sort();
        let sorted: Vec<usize> = keyed.into_iter().map(|(_, id)| id).collect();
        let top = balance(nodes, &sorted);
        if let Some(Node { links: [_, _, child], .. }) = nodes.get_mut(at) {
            *child = top;
        }
    }
    let mut out: Vec<u8> = nodes.iter().flat_map(Node::bytes).collect();
    fill(&mut out, SECTOR, 0);
    out
}

/// MS-CFB 2.6.4: shorter names first, then by upper-case code units.
fn order(name: &str) -> (usize, Vec<u16>) {
    (name.encode_utf16().count(), name.to_uppercase().encode_utf16().collect())
}

/// Hangs the middle one above the halves; answers it.
fn balance(nodes: &mut [Node<'_>], sorted: &[usize]) -> u32 {
    let Some((before, [top, after @ ..])) = sorted.split_at_checked(sorted.len() / 2) else { return FREE };
    let halves = [balance(nodes, before), balance(nodes, after)];
    if let Some(Node { links: [left, right, _], .. }) = nodes.get_mut(*top) {
        [*left, *right] = halves;
    }
    number(*top)
}

impl Node<'_> {
    /// MS-CFB 2.6.1.
    fn bytes(&self) -> Vec<u8> {
        let name = if self.object == 5 { "Root Entry" } else { &self.entry.name };
        let units: Vec<u16> = name.encode_utf16().take(31).collect();
        let mut out: Vec<u8> = units.iter().copied().flat_map(u16::to_le_bytes).collect();
        fill(&mut out, 64, 0);
        if out.is_empty() {
            out.extend([0; 64]);
        }
        let length = u16::try_from(units.len() * 2 + 2).unwrap_or(64);
        out.extend(length.to_le_bytes());
        out.extend([self.object, 1]);
        out.extend(self.links.into_iter().flat_map(u32::to_le_bytes));
        out.extend(if self.object == 2 { [0; 16] } else { self.entry.clsid });
        out.extend([0; 20]);
        out.extend(self.start.to_le_bytes());
        out.extend((self.size as u64).to_le_bytes());
        out
    }
}

/// A table as whole sectors.
fn table(entries: &[u32]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().copied().flat_map(u32::to_le_bytes).collect();
    fill(&mut bytes, SECTOR, 0xff);
    bytes
}

/// Fills up to a whole number of sectors.
fn fill(bytes: &mut Vec<u8>, sector: usize, byte: u8) {
    let missing = bytes.len().next_multiple_of(sector) - bytes.len();
    bytes.extend(std::iter::repeat_n(byte, missing));
}

/// A number of a sector or entry; both are far below the largest.
fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(FREE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Limits, Stop};
    use std::io::{Cursor, Read, Write};

    fn budget() -> Budget {
        Budget::new(&Limits::default())
    }

    /// A file with a storage `in` that holds streams of every size and storages of its own.
    fn sample() -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_storage_all("/in/deep/deeper").unwrap();
        for (path, length) in STREAMS {
            let bytes: Vec<u8> = content(path, *length);
            file.create_stream(format!("/in/{path}")).unwrap().write_all(&bytes).unwrap();
        }
        file.create_stream("/outside").unwrap().write_all(b"left").unwrap();
        file.flush().unwrap();
        let mut bytes = file.into_inner().into_inner();
        let entry = bytes.chunks(128).position(|entry| entry.starts_with(b"i\0n\0\0\0")).unwrap();
        bytes[entry * 128 + 80..entry * 128 + 96].fill(7);
        bytes
    }

    const STREAMS: &[(&str, usize)] = &[
        ("empty", 0),
        ("short", 1),
        ("deep/sector", 4096),
        ("deep/below", 4095),
        ("deep/deeper/long", 70_000),
        ("deep/deeper/名前", 65),
        ("B", 64),
        ("a", 5000),
    ];

    fn content(path: &str, length: usize) -> Vec<u8> {
        path.bytes().cycle().take(length).collect()
    }

    fn pack(bytes: &[u8], limits: &Limits) -> Packed {
        let mut budget = Budget::new(limits);
        let compound = Compound::read(bytes, &budget).unwrap();
        compound.pack(compound.find("in").unwrap(), &|_, bytes| bytes, &mut budget)
    }

    #[test]
    fn a_strict_reader_finds_everything() {
        let packed = pack(&sample(), &Limits::default());
        assert_eq!((packed.left_out, packed.decoded.stop, packed.decoded.broken), (0, None, None));
        let mut file = cfb::CompoundFile::open_strict(Cursor::new(packed.decoded.bytes)).unwrap();
        assert_eq!(*file.root_entry().clsid().as_bytes(), [7; 16]);
        for (path, length) in STREAMS {
            let mut found = Vec::new();
            for byte in file.open_stream(format!("/{path}")).unwrap().bytes() {
                found.push(byte.unwrap());
            }
            assert_eq!(found, content(path, *length), "{path}");
        }
        assert_eq!(file.walk().filter(cfb::Entry::is_stream).count(), STREAMS.len());
    }

    #[test]
    fn our_reader_finds_everything_and_nothing_broken() {
        let bytes = pack(&sample(), &Limits::default()).decoded.bytes;
        let compound = Compound::read(&bytes, &budget()).unwrap();
        assert_eq!((compound.damage(), compound.streams().count()), (&[][..], STREAMS.len()));
        for (path, length) in STREAMS {
            let stream = compound.stream(compound.find(path).unwrap(), &mut budget());
            assert_eq!((stream.bytes, stream.broken), (content(path, *length), None), "{path}");
        }
    }

    #[test]
    fn many_streams_need_several_table_sectors() {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_storage("/in").unwrap();
        for number in 0..1500 {
            file.create_stream(format!("/in/{number}")).unwrap().write_all(&[1; 4097]).unwrap();
        }
        file.flush().unwrap();
        let bytes = pack(&file.into_inner().into_inner(), &Limits::default()).decoded.bytes;
        let compound = Compound::read(&bytes, &budget()).unwrap();
        assert_eq!((compound.damage(), compound.streams().count()), (&[][..], 1500));
        assert!(cfb::CompoundFile::open_strict(Cursor::new(bytes)).is_ok());
    }

    #[test]
    fn the_file_is_no_larger_than_an_artifact_may_be_and_is_paid() {
        let limits = Limits { artifact_bytes: 10_000, ..Limits::default() };
        let packed = pack(&sample(), &limits);
        assert_eq!(packed.left_out, 2);
        let limits = Limits { made_bytes: 9_000, ..Limits::default() };
        assert_eq!(pack(&sample(), &limits).decoded.stop, Some(Stop::Bytes));
    }

    #[test]
    fn a_broken_stream_is_told_and_kept_as_far_as_it_goes() {
        let whole = sample();
        for length in (600..whole.len()).step_by(997) {
            let mut budget = budget();
            let Some(compound) = Compound::read(&whole[..length], &budget) else { continue };
            let Some(storage) = compound.find("in") else { continue };
            let broken = compound.streams().any(|entry| {
                entry.path.starts_with("in/") && compound.stream(entry, &mut self::budget()).broken.is_some()
            });
            let packed = compound.pack(storage, &|_, bytes| bytes, &mut budget);
            assert_eq!(packed.decoded.broken.is_some(), broken, "{length}");
        }
    }
}
