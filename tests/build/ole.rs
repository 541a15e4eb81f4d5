//! Compound files (MS-CFB, version 3): a small writer of our own, because it must be deterministic and because some
//! of its files are wanted broken.
//!
//! Left out: DIFAT sectors (a file may hold 109 FAT sectors, about 7 MB) and time stamps.

use serde::Deserialize;

/// A stream and its path from the root, storages separated by `/`.
pub type Stream = (String, Vec<u8>);

/// What is to be broken in a compound file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Damage {
    #[default]
    None,
    /// The header claims FAT sectors that lie beyond the end of the file, and the last sector is cut.
    Fat,
    /// The last sector is cut, as a transfer that broke off leaves it.
    LastSector,
}

const SECTOR: usize = 512;
const MINI: usize = 64;
const CUTOFF: usize = 4096;
const FREE: u32 = 0xffff_ffff;
const END: u32 = 0xffff_fffe;
const FAT: u32 = 0xffff_fffd;

/// Writes the streams as a compound file whose root storage has this class.
pub fn compound(class: [u8; 16], streams: &[Stream], damage: Damage) -> Vec<u8> {
    let mut file = Writer::default();
    let mut entries = directory(class, streams);
    let mut mini = (Vec::new(), Vec::new());
    for (path, bytes) in streams {
        let entry = entries.iter_mut().find(|entry| entry.path == *path).unwrap();
        entry.size = bytes.len();
        entry.start = match bytes.len() {
            0 => END,
            n if n >= CUTOFF => file.chain(bytes),
            _ => chain(&mut mini.0, &mut mini.1, bytes, MINI),
        };
    }
    entries[0].size = mini.0.len();
    entries[0].start = if mini.0.is_empty() { END } else { file.chain(&mini.0) };
    let mini_fat = if mini.1.is_empty() { END } else { file.chain(&table(&mini.1)) };
    let first = file.chain(&entries.iter().flat_map(Entry::bytes).collect::<Vec<_>>());
    let mini_sectors = mini.1.len().div_ceil(SECTOR / 4);
    broken(file.finish(first, mini_fat, mini_sectors), damage)
}

fn broken(mut file: Vec<u8>, damage: Damage) -> Vec<u8> {
    if damage == Damage::None {
        return file;
    }
    if damage == Damage::Fat {
        let sectors = u32::from_le_bytes(file[0x2c..0x30].try_into().unwrap());
        file[0x2c..0x30].copy_from_slice(&(sectors + 6).to_le_bytes());
        for extra in 0..6 {
            let at = 0x4c + 4 * (sectors + extra) as usize;
            file[at..at + 4].copy_from_slice(&(0x0010_0000 + extra).to_le_bytes());
        }
    }
    file.truncate(file.len() - 100);
    file
}

#[derive(Default)]
struct Writer {
    sectors: Vec<u8>,
    fat: Vec<u32>,
}

impl Writer {
    fn chain(&mut self, bytes: &[u8]) -> u32 {
        chain(&mut self.sectors, &mut self.fat, bytes, SECTOR)
    }

    /// MS-CFB 2.2: the header, in front of everything; the FAT stands at the end.
    fn finish(mut self, directory: u32, mini_fat: u32, mini_sectors: usize) -> Vec<u8> {
        let used = self.fat.len();
        let count = (1..).find(|count| count * (SECTOR / 4) >= used + count).unwrap();
        assert!(count <= 109, "too big for a header without DIFAT");
        self.fat.extend(std::iter::repeat_n(FAT, count));
        self.sectors.extend(table(&self.fat));
        let mut head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        head.extend([0; 16]);
        for short in [0x3e_u16, 3, 0xfffe, 9, 6, 0, 0, 0] {
            head.extend(short.to_le_bytes());
        }
        let mini_sectors = u32::try_from(mini_sectors).unwrap();
        let fat_sectors = u32::try_from(count).unwrap();
        for long in [0, fat_sectors, directory, 0, 4096, mini_fat, mini_sectors, END, 0] {
            head.extend(long.to_le_bytes());
        }
        for place in 0..109 {
            let sector = if place < count { u32::try_from(used + place).unwrap() } else { FREE };
            head.extend(sector.to_le_bytes());
        }
        head.extend(self.sectors);
        head
    }
}

/// Appends the bytes as whole sectors and their chain; answers the first sector.
fn chain(sectors: &mut Vec<u8>, fat: &mut Vec<u32>, bytes: &[u8], size: usize) -> u32 {
    let first = u32::try_from(fat.len()).unwrap();
    let count = u32::try_from(bytes.len().div_ceil(size)).unwrap();
    fat.extend((1..count).map(|next| first + next));
    fat.push(END);
    sectors.extend(bytes);
    sectors.resize(sectors.len().next_multiple_of(size), 0);
    first
}

fn table(entries: &[u32]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    bytes.resize(bytes.len().next_multiple_of(SECTOR), 0xff);
    bytes
}

/// MS-CFB 2.6: one directory entry.
struct Entry {
    path: String,
    kind: u8,
    class: [u8; 16],
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size: usize,
}

impl Entry {
    fn new(path: &str, kind: u8, class: [u8; 16]) -> Self {
        let none = FREE;
        Self { path: path.into(), kind, class, left: none, right: none, child: none, start: 0, size: 0 }
    }

    fn name(&self) -> Vec<u16> {
        let name = self.path.rsplit('/').next().unwrap();
        if self.kind == 5 { "Root Entry".encode_utf16().collect() } else { name.encode_utf16().collect() }
    }

    fn bytes(&self) -> Vec<u8> {
        let name = self.name();
        assert!(name.len() < 32, "name too long: {}", self.path);
        let mut out: Vec<u8> = name.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        out.resize(64, 0);
        out.extend(u16::try_from(name.len() * 2 + 2).unwrap().to_le_bytes());
        out.extend([self.kind, 1]);
        for link in [self.left, self.right, self.child] {
            out.extend(link.to_le_bytes());
        }
        out.extend(self.class);
        out.extend([0; 20]);
        out.extend(self.start.to_le_bytes());
        out.extend((self.size as u64).to_le_bytes());
        out
    }
}

/// The root, every storage on a path, and the streams; each storage's children as a balanced search tree.
fn directory(class: [u8; 16], streams: &[Stream]) -> Vec<Entry> {
    let mut entries = vec![Entry::new("", 5, class)];
    for (path, _) in streams {
        for (at, _) in path.match_indices('/') {
            if entries.iter().all(|entry| entry.path != path[..at]) {
                entries.push(Entry::new(&path[..at], 1, [0; 16]));
            }
        }
        entries.push(Entry::new(path, 2, [0; 16]));
    }
    for parent in 0..entries.len() {
        let prefix = entries[parent].path.clone();
        let mut children: Vec<usize> = (1..entries.len())
            .filter(|id| entries[*id].path.rsplit_once('/').map_or("", |(folder, _)| folder) == prefix)
            .filter(|_| entries[parent].kind != 2)
            .collect();
        children.sort_by_key(|id| order(&entries[*id].name()));
        entries[parent].child = balance(&mut entries, &children);
    }
    entries
}

/// MS-CFB 2.6.4: shorter names first, then by upper-case code units.
fn order(name: &[u16]) -> (usize, Vec<u16>) {
    let upper = String::from_utf16(name).unwrap().to_uppercase();
    (name.len(), upper.encode_utf16().collect())
}

fn balance(entries: &mut [Entry], sorted: &[usize]) -> u32 {
    let middle = sorted.len() / 2;
    let Some(&top) = sorted.get(middle) else { return FREE };
    entries[top].left = balance(entries, &sorted[..middle]);
    entries[top].right = balance(entries, &sorted[middle + 1..]);
    u32::try_from(top).unwrap()
}

/// A class identifier from its usual text form, in the byte order of MS-DTYP 2.3.4.
pub fn class(text: &str) -> [u8; 16] {
    let hex: Vec<u8> = super::hex(&text.replace('-', ""));
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    order.map(|at: usize| hex[at])
}
