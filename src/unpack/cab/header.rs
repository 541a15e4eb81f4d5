//! The records of a cabinet: CFHEADER, CFFOLDER and CFFILE ([MS-CAB] 2.1 to 2.3).

use crate::artifact::Damage;
use crate::bytes::Reader;
use crate::zip::decode_name;

/// A cabinet, still packed.
#[derive(Debug)]
pub(super) struct Cabinet<'a> {
    /// The file from the header on.
    pub(super) bytes: &'a [u8],
    /// Its size as the header says.
    pub(super) size: usize,
    pub(super) folders: Vec<Folder>,
    pub(super) files: Vec<File>,
    /// The neighbours in a set, as the header names them.
    pub(super) others: Option<String>,
    /// Reserved bytes of each block of data.
    pub(super) reserved: usize,
    /// What was broken.
    pub(super) damage: Vec<Damage>,
    /// Where the records of files begin.
    first_file: usize,
}

/// CFFOLDER: a stream that files lie in.
#[derive(Debug)]
pub(super) struct Folder {
    /// Where its blocks begin.
    pub(super) start: usize,
    pub(super) blocks: u16,
    /// The method, and the size of its window.
    pub(super) method: u16,
}

/// CFFILE: a file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) size: u64,
    /// Where it begins in its folder.
    pub(super) offset: u64,
    pub(super) home: Home,
}

/// Where a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// In the folder of that place, from its beginning at least.
    Folder(usize),
    /// It begins in the cabinet before this one.
    Before,
    /// In a folder that is not there.
    Nowhere,
}

impl Home {
    /// The folder of this cabinet that it begins in.
    pub(super) fn place(self) -> Option<usize> {
        match self {
            Self::Folder(place) => Some(place),
            Self::Before | Self::Nowhere => None,
        }
    }
}

impl Cabinet<'_> {
    /// Whether the records fit together, so that the mark is not there by chance.
    pub(super) fn is_likely(&self) -> bool {
        let fits = |folder: &Folder| folder.start < self.bytes.len() && matches!(folder.method & 0xf, 0..=3);
        !self.files.is_empty() && self.first_file >= 36 && self.folders.iter().all(fits)
    }
}

/// Reads the records of the cabinet that begins here. `None` where the header itself is cut.
pub(super) fn read(bytes: &[u8]) -> Option<Cabinet<'_>> {
    let mut reader = Reader::new(bytes);
    reader.skip(8)?;
    let size = usize::try_from(reader.u32()?).ok()?;
    reader.skip(4)?;
    let first_file = usize::try_from(reader.u32()?).ok()?;
    reader.skip(6)?;
    let (folders, files, flags) = (reader.u16()?, reader.u16()?, reader.u16()?);
    reader.skip(4)?;
    let mut reserved = (0, 0, 0);
    if flags & 4 != 0 {
        reserved = (reader.u16()?.into(), reader.u8()?.into(), reader.u8()?.into());
    }
    let (of_header, of_folder, of_block): (usize, usize, usize) = reserved;
    reader.skip(of_header)?;
    let mut others = Vec::new();
    for _ in 0..(flags & 1) * 2 + (flags & 2) {
        others.push(decode_name(text(&mut reader)?));
    }
    let others = (!others.is_empty()).then(|| others.join(", "));
    let mut cabinet = Cabinet {
        bytes,
        size,
        folders: Vec::new(),
        files: Vec::new(),
        others,
        reserved: of_block,
        damage: Vec::new(),
        first_file,
    };
    for _ in 0..folders {
        let Some(folder) = folder(&mut reader, of_folder) else { break };
        cabinet.folders.push(folder);
    }
    cabinet.read_files(files, folders);
    Some(cabinet)
}

fn folder(reader: &mut Reader<'_>, reserved: usize) -> Option<Folder> {
    let start = usize::try_from(reader.u32()?).ok()?;
    let folder = Folder { start, blocks: reader.u16()?, method: reader.u16()? };
    reader.skip(reserved)?;
    Some(folder)
}

impl Cabinet<'_> {
    fn read_files(&mut self, count: u16, folders: u16) {
        let mut reader = Reader::at(self.bytes, self.first_file).unwrap_or(Reader::new(&[]));
        for _ in 0..count {
            let Some(file) = self.file(&mut reader) else { break };
            self.files.push(file);
        }
        if self.files.len() < usize::from(count) || self.folders.len() < usize::from(folders) {
            let detail = format!("the records end after {} of {count} files", self.files.len());
            self.damage.push(Damage { what: "cab-truncated", detail });
        }
    }

    fn file(&self, reader: &mut Reader<'_>) -> Option<File> {
        let (size, offset) = (reader.u32()?.into(), reader.u32()?.into());
        let folder = reader.u16()?;
        reader.skip(4)?;
        let is_utf8 = reader.u16()? & 0x80 != 0;
        let raw = text(reader)?;
        let name = match is_utf8 {
            true => String::from_utf8_lossy(raw).into_owned(),
            false => decode_name(raw),
        };
        let home = match folder {
            0xfffd | 0xffff => Home::Before,
            // It goes on in the next cabinet, and begins in the last folder of this one.
            0xfffe => self.folders.len().checked_sub(1).map_or(Home::Nowhere, Home::Folder),
            place if usize::from(place) < self.folders.len() => Home::Folder(place.into()),
            _ => Home::Nowhere,
        };
        Some(File { name, size, offset, home })
    }
}

/// A zero-terminated text; the specification allows 256 bytes, what is longer is taken all the same.
fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = memchr::memchr(0, reader.rest())?;
    let text = reader.take(length);
    reader.skip(1)?;
    text
}
