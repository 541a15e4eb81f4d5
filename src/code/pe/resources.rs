//! The tree of resources (6.9): types, names, languages. Read are the version and the parts of Excel-DNA.

use super::image::{Directory, Image};
use super::packed::{self, Packed};
use super::{header, version};
use crate::artifact::Opened;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};

/// Entries of all directories together that are looked at.
const MOST: usize = 4096;
/// The type of version resources.
const VERSION: u32 = 16;
/// The bit that marks an offset to a name or to a directory.
const HIGH: u32 = 1 << 31;
/// Code units of a name that are read.
const LONGEST: usize = 256;

/// Notes what the version says, and answers the parts of Excel-DNA.
pub(super) fn tell<'a>(
    image: &Image<'a>,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Vec<Packed<'a>>, Stop> {
    let mut found = Vec::new();
    let Some((at, _)) = image.directory(Directory::Resources) else { return Ok(found) };
    let Some(root) = image.loaded(at) else { return Ok(found) };
    budget.tick()?;
    let mut walk = Walk { root, left: MOST };
    let mut has_version = false;
    for (kind, below) in walk.entries(0) {
        let way = packed::way(&label(root, kind));
        if way.is_none() && (kind != VERSION || has_version) {
            continue;
        }
        for (name, data) in walk.leaves(below) {
            let Some(data) = content(image, root, data) else { continue };
            match way {
                Some(way) => found.push(Packed { name: label(root, name), way, data }),
                None if !has_version => {
                    has_version = true;
                    out.facts.extend(version::fields(data).map(|(name, value)| header(name, value)));
                }
                None => {}
            }
        }
    }
    if walk.left == 0 {
        out.broke("pe-resources", format!("more than {MOST} entries, or entries that lead back"));
    }
    Ok(found)
}

/// The directories, and how many more entries may be read.
struct Walk<'a> {
    root: &'a [u8],
    left: usize,
}

impl Walk<'_> {
    /// The entries of a directory: their name, and where they lead.
    fn entries(&mut self, at: u32) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        let start = usize::try_from(at & !HIGH).unwrap_or(usize::MAX);
        let Some(mut reader) = Reader::at(self.root, start) else { return found };
        let Some((named, numbered)) = reader.skip(12).and_then(|()| reader.u16().zip(reader.u16())) else {
            return found;
        };
        for _ in 0..u32::from(named) + u32::from(numbered) {
            let Some(entry) = reader.u32().zip(reader.u32()).filter(|_| self.left > 0) else { break };
            self.left -= 1;
            found.push(entry);
        }
        found
    }

    /// The data entries of one type, with the names above them: two levels, names and languages.
    fn leaves(&mut self, at: u32) -> Vec<(u32, u32)> {
        if at & HIGH == 0 {
            return vec![(0, at)];
        }
        let mut found = Vec::new();
        for (name, below) in self.entries(at) {
            if below & HIGH == 0 {
                found.push((name, below));
                continue;
            }
            found.extend(self.entries(below).into_iter().map(|(_, data)| (name, data)));
        }
        found
    }
}

/// The bytes that a data entry leads to (6.9.5).
fn content<'a>(image: &Image<'a>, root: &[u8], entry: u32) -> Option<&'a [u8]> {
    let mut reader = Reader::at(root, usize::try_from(entry & !HIGH).ok()?)?;
    let (address, size) = (reader.u32()?, usize::try_from(reader.u32()?).ok()?);
    let bytes = image.loaded(address)?;
    Some(bytes.get(..size).unwrap_or(bytes))
}

/// The name of an entry: its text, or its number.
fn label(root: &[u8], name: u32) -> String {
    let text = || {
        let mut reader = Reader::at(root, usize::try_from(name & !HIGH).ok()?)?;
        let length = usize::from(reader.u16()?).min(LONGEST);
        let (units, _) = reader.take_up_to(length * 2).as_chunks();
        let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
        Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    };
    if name & HIGH == 0 { format!("#{name}") } else { text().unwrap_or_default() }
}
