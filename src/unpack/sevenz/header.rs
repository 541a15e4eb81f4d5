//! The header: what is packed where (7zFormat.txt, Streams Info), and the files (Files Info).
//!
//! It is written so that one number may stand for any count; nothing here is made by a count before it was read
//! from the bytes, and only as many files are kept as a message may have.

use super::files::{Attributes, Names, Table};
use super::folder::{File, Folder, Packs};
use super::record::{digests, number};
use crate::bytes::Reader;

/// The ids of the records.
mod id {
    pub(super) const END: u64 = 0;
    pub(super) const HEADER: u64 = 1;
    pub(super) const PROPERTIES: u64 = 2;
    pub(super) const ADDITIONAL: u64 = 3;
    pub(super) const MAIN: u64 = 4;
    pub(super) const FILES: u64 = 5;
    pub(super) const PACKED: u64 = 6;
    pub(super) const UNPACKED: u64 = 7;
    pub(super) const SUBSTREAMS: u64 = 8;
    pub(super) const SIZES: u64 = 9;
    pub(super) const CRCS: u64 = 10;
    pub(super) const FOLDERS: u64 = 11;
    pub(super) const UNPACK_SIZES: u64 = 12;
    pub(super) const COUNTS: u64 = 13;
    pub(super) const ENCODED: u64 = 23;
}

/// The most folders that are read. More files than a message may have need no more.
const FOLDERS: u64 = 1 << 14;

/// What is packed, and the files in it as far as they have names yet.
#[derive(Debug, Default)]
pub(super) struct Streams {
    pub(super) packs: Packs,
    pub(super) folders: Vec<Folder>,
    /// Files in folders, those not kept included.
    pub(super) count: u64,
}

/// What a header lists.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) streams: Streams,
    /// Entries without content.
    pub(super) empty: Vec<Empty>,
    /// How many entries say they have content and have none.
    pub(super) lost: u64,
    /// Whether a name was too long to be one.
    pub(super) has_long_name: bool,
    /// Whether all of it could be read.
    pub(super) is_whole: bool,
}

/// An entry without content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Empty {
    pub(super) name: String,
    pub(super) attributes: u32,
    pub(super) is_file: bool,
    /// Whether it tells to delete the file of its name.
    pub(super) is_anti: bool,
}

/// What begins with a header: the header itself, or where it is packed.
#[derive(Debug)]
pub(super) enum Head {
    Plain(Header),
    Packed(Streams),
}

impl Head {
    /// Reads what begins with a header; at most `limit` files are kept. `None` if it is no header at all.
    pub(super) fn read(bytes: &[u8], limit: usize) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        match number(&mut reader)? {
            id::HEADER => {
                let mut header = Header::default();
                header.is_whole = header.read(&mut reader, limit).is_some();
                Some(Self::Plain(header))
            }
            id::ENCODED => {
                let mut streams = Streams::default();
                streams.read(&mut reader, limit)?;
                Some(Self::Packed(streams))
            }
            _ => None,
        }
    }

    /// Whether it was read to its end and tells of anything.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Plain(header) => header.is_whole && header.streams.count > 0,
            Self::Packed(streams) => !streams.folders.is_empty(),
        }
    }
}

impl Header {
    fn read(&mut self, reader: &mut Reader<'_>, limit: usize) -> Option<()> {
        loop {
            match number(reader)? {
                id::END => return Some(()),
                id::PROPERTIES => skip_properties(reader)?,
                id::ADDITIONAL => Streams::default().read(reader, 0)?,
                // No record stands twice: the second would only add to what is kept.
                id::MAIN if self.streams.folders.is_empty() => self.streams.read(reader, limit)?,
                id::FILES => self.read_files(reader, limit)?,
                _ => return None,
            }
        }
    }

    fn read_files(&mut self, reader: &mut Reader<'_>, limit: usize) -> Option<()> {
        let count = number(reader)?;
        let mut table = Table::default();
        loop {
            let kind = number(reader)?;
            if kind == id::END {
                break;
            }
            let length = usize::try_from(number(reader)?).ok()?;
            table.take(kind, reader.take(length)?, count)?;
        }
        // Without a stream or a bit that says it has none, there is no entry, whatever the count says.
        let possible = self.streams.count.saturating_add(table.empty.len());
        self.place(&table, count.min(possible), limit);
        (count <= possible).then_some(())
    }

    /// Gives the files in the folders their names, and keeps the entries that are in none.
    fn place(&mut self, table: &Table<'_>, count: u64, limit: usize) {
        let mut names = Names { rest: table.names, is_long: false };
        let mut attributes = Attributes { rest: table.attributes, defined: table.has_attributes };
        let mut files = self.streams.folders.iter_mut().filter(|folder| !folder.is_hidden);
        let mut files = files.by_ref().flat_map(|folder| &mut folder.files);
        let (mut empties, mut streams) = (0u64, 0u64);
        for place in 0..count {
            let (name, attributes) = (names.next(), attributes.next(place));
            if table.empty.get(place) {
                let is_anti = table.anti.get(empties);
                let is_file = table.empty_files.get(empties);
                empties += 1;
                if self.empty.len() < limit {
                    self.empty.push(Empty { name, attributes, is_file, is_anti });
                }
                continue;
            }
            streams += 1;
            if let Some(file) = files.next() {
                (file.name, file.attributes) = (name, attributes);
            }
        }
        self.has_long_name = names.is_long;
        self.lost = streams.saturating_sub(self.streams.count);
    }
}

/// Archive properties: none is known.
fn skip_properties(reader: &mut Reader<'_>) -> Option<()> {
    while number(reader)? != id::END {
        let length = usize::try_from(number(reader)?).ok()?;
        reader.skip(length)?;
    }
    Some(())
}

impl Streams {
    fn read(&mut self, reader: &mut Reader<'_>, limit: usize) -> Option<()> {
        let mut has_files = false;
        loop {
            match number(reader)? {
                id::END => break,
                id::PACKED if self.packs.places.is_empty() => self.read_packed(reader)?,
                id::UNPACKED if self.folders.is_empty() => self.read_folders(reader)?,
                id::SUBSTREAMS if !has_files => {
                    has_files = true;
                    self.read_files(reader, limit)?;
                }
                _ => return None,
            }
        }
        if !has_files {
            self.one_file_each(limit);
        }
        Some(())
    }

    fn read_packed(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let (mut offset, count) = (number(reader)?, number(reader)?);
        loop {
            match number(reader)? {
                id::END => return Some(()),
                id::SIZES => {
                    for _ in 0..count {
                        let size = number(reader)?;
                        if self.packs.places.len() as u64 <= FOLDERS * 4 {
                            self.packs.places.push((offset, size));
                        }
                        offset = offset.checked_add(size)?;
                    }
                }
                id::CRCS => drop(digests(reader, count, 0)?),
                _ => return None,
            }
        }
    }

    fn read_folders(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        if number(reader)? != id::FOLDERS {
            return None;
        }
        let count = number(reader)?;
        if count > FOLDERS || reader.u8()? != 0 {
            return None;
        }
        let mut first_pack = 0u64;
        for _ in 0..count {
            let mut folder = Folder::read(reader)?;
            folder.first_pack = first_pack;
            first_pack = first_pack.checked_add(folder.packs())?;
            self.folders.push(folder);
        }
        loop {
            match number(reader)? {
                id::END => return Some(()),
                id::UNPACK_SIZES => {
                    for folder in &mut self.folders {
                        folder.sizes.clear();
                        for _ in 0..folder.outputs() {
                            folder.sizes.push(number(reader)?);
                        }
                    }
                }
                id::CRCS => {
                    let crcs = digests(reader, count, self.folders.len())?;
                    self.folders.iter_mut().zip(crcs).for_each(|(folder, crc)| folder.crc = crc);
                }
                _ => return None,
            }
        }
    }

    /// Every folder is one file where nothing says otherwise.
    fn one_file_each(&mut self, limit: usize) {
        self.count = self.folders.len() as u64;
        for folder in self.folders.iter_mut().take(limit) {
            folder.files.push(File { size: folder.size(), crc: folder.crc, ..File::default() });
        }
    }

    /// How the folders are split into files: their count, all sizes but the last, and the CRC-32 of those whose
    /// folder has none that is theirs.
    fn read_files(&mut self, reader: &mut Reader<'_>, limit: usize) -> Option<()> {
        let mut counts: Vec<u64> = self.folders.iter().map(|_| 1).collect();
        let mut kind = number(reader)?;
        if kind == id::COUNTS {
            for count in &mut counts {
                *count = number(reader)?;
            }
            kind = number(reader)?;
        }
        let mut left = limit;
        for (folder, count) in self.folders.iter_mut().zip(&counts) {
            if *count > 1 && kind != id::SIZES {
                return None;
            }
            let mut files = Split { left: folder.size(), files: &mut folder.files, room: &mut left };
            for _ in 1..*count {
                files.push(number(reader)?);
            }
            files.push(files.left);
            // Of a folder without files nothing is unpacked, and so nobody sees what it holds.
            folder.is_hidden = *count == 0;
            if *count < 2
                && let Some(file) = folder.files.first_mut()
            {
                file.crc = folder.crc;
            }
            self.count = self.count.checked_add(*count)?;
        }
        if kind == id::SIZES {
            kind = number(reader)?;
        }
        while kind != id::END {
            if kind != id::CRCS {
                return None;
            }
            self.read_crcs(reader, &counts, limit)?;
            kind = number(reader)?;
        }
        Some(())
    }

    fn read_crcs(&mut self, reader: &mut Reader<'_>, counts: &[u64], limit: usize) -> Option<()> {
        let has_own = |folder: &Folder, count: u64| count == 1 && folder.crc.is_some();
        let folders = self.folders.iter().zip(counts);
        let unknown = folders.filter(|(folder, count)| !has_own(folder, **count)).map(|(_, count)| count);
        let unknown = unknown.fold(0u64, |sum, count| sum.saturating_add(*count));
        let mut crcs = digests(reader, unknown, limit)?.into_iter();
        for (folder, count) in self.folders.iter_mut().zip(counts) {
            if *count > 0 && !has_own(folder, *count) {
                folder.files.iter_mut().for_each(|file| file.crc = crcs.next().flatten());
            }
        }
        Some(())
    }
}

/// A folder being split into files.
struct Split<'a> {
    /// Bytes not yet given to a file.
    left: u64,
    files: &'a mut Vec<File>,
    /// How many more files are kept.
    room: &'a mut usize,
}

impl Split<'_> {
    fn push(&mut self, size: u64) {
        self.left = self.left.saturating_sub(size);
        if *self.room > 0 {
            *self.room -= 1;
            self.files.push(File { size, ..File::default() });
        }
    }
}
