//! The header of a help file (ITSF) and its directory (ITSP).

use crate::bytes::Reader;
use crate::limits::{Budget, Stop};

/// What a help file holds.
#[derive(Debug, Default)]
pub(super) struct Directory<'a> {
    /// Section 0, which all else lies in.
    content: &'a [u8],
    entries: Vec<Entry>,
    /// What was broken.
    pub(super) broken: Option<&'static str>,
}

/// A file in a help file, or one of the records beside them.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) section: u64,
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl<'a> Directory<'a> {
    /// The files: what is neither a directory nor a record of the format.
    pub(super) fn files(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(|entry| !is_record(&entry.name) && (entry.size > 0 || !entry.name.ends_with('/')))
    }

    /// The entry of that name.
    pub(super) fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The bytes of an entry of section 0, as many as there are.
    pub(super) fn stored(&self, entry: &Entry) -> &'a [u8] {
        let start = usize::try_from(entry.offset).unwrap_or(usize::MAX);
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
        Reader::at(self.content, start).map_or(&[][..], |mut reader| reader.take_up_to(size))
    }
}

fn is_record(name: &str) -> bool {
    name.starts_with("::")
}

/// Reads the directory of a help file.
pub(super) fn read<'a>(bytes: &'a [u8], budget: &Budget) -> Result<Directory<'a>, Stop> {
    let mut directory = Directory::default();
    let Some((leaves, content)) = header(bytes) else {
        directory.broken = Some("the header is cut");
        return Ok(directory);
    };
    directory.content = content;
    let most = usize::try_from(budget.limits().artifacts).unwrap_or(usize::MAX);
    let (mut files, mut records) = (0, 0);
    for leaf in leaves.filter(|leaf| leaf.starts_with(b"PMGL")) {
        budget.tick()?;
        let mut reader = entries(leaf);
        while !reader.is_empty() {
            let Some(entry) = entry(&mut reader) else {
                directory.broken = Some("an entry of the directory is cut");
                break;
            };
            // One file more than the message may have is enough to stop at that limit.
            let count = if is_record(&entry.name) { &mut records } else { &mut files };
            *count += 1;
            if *count <= most.saturating_add(1) {
                directory.entries.push(entry);
            }
        }
    }
    if directory.entries.is_empty() {
        directory.broken = Some("the directory names nothing");
    }
    Ok(directory)
}

/// The chunks of the directory, and section 0.
fn header(bytes: &[u8]) -> Option<(impl Iterator<Item = &[u8]>, &[u8])> {
    let mut reader = Reader::at(bytes, 0x48)?;
    let [start, length, content] = [reader.u64()?, reader.u64()?, reader.u64()?];
    let content = bytes.get(usize::try_from(content).ok()?..)?;
    let mut directory = Reader::at(bytes, usize::try_from(start).ok()?)?;
    let directory = directory.take_up_to(usize::try_from(length).ok()?);
    let size = usize::try_from(Reader::at(directory, 0x10)?.u32()?).ok()?;
    let first = usize::try_from(Reader::at(directory, 8)?.u32()?).ok()?;
    let chunks = directory.get(first..)?.chunks(Some(size).filter(|size| *size >= 0x20)?);
    Some((chunks, content))
}

/// The entries of a leaf: what stands between its header and its free space.
fn entries(leaf: &[u8]) -> Reader<'_> {
    let free =
        Reader::at(leaf, 4).and_then(|mut reader| reader.u32()).and_then(|free| usize::try_from(free).ok());
    let end = free.and_then(|free| leaf.len().checked_sub(free)).unwrap_or(leaf.len());
    Reader::new(leaf.get(0x14..end).unwrap_or_default())
}

fn entry(reader: &mut Reader<'_>) -> Option<Entry> {
    let length = usize::try_from(number(reader)?).ok()?;
    let name = String::from_utf8_lossy(reader.take(length)?).into_owned();
    Some(Entry { name, section: number(reader)?, offset: number(reader)?, size: number(reader)? })
}

/// A number in groups of seven bits, the highest first; all groups but the last have the top bit.
fn number(reader: &mut Reader<'_>) -> Option<u64> {
    let mut number = 0u64;
    loop {
        let group = reader.u8()?;
        number = number.checked_mul(128)? | u64::from(group & 0x7f);
        if group < 0x80 {
            return Some(number);
        }
    }
}
