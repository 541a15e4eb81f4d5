//! The revision store (MS-ONESTORE 2.3 to 2.6): file node lists, which declare objects and files, and the file data
//! objects themselves.

use super::properties::Page;
use super::{File, Store};
use crate::artifact::Opened;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use std::collections::BTreeMap;

/// FileNodeListHeader.uintMagic (2.4.2).
const LIST: &[u8] = b"\xc4\xf4\xf7\xf5\xb1\x7a\x56\xa4";

/// FileDataStoreObject.guidHeader (2.6.13).
const FILE: &[u8] = b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";

/// Files of one section that are given out.
const MOST: usize = 2_000;

/// Reads all lists and all files.
pub(super) fn read<'a>(bytes: &'a [u8], out: &mut Opened, budget: &mut Budget) -> Result<Store<'a>, Stop> {
    let mut found = Found::default();
    for at in memchr::memmem::find_iter(bytes, LIST) {
        budget.tick()?;
        found.list(bytes, at, budget)?;
    }
    found.link();
    if found.is_encrypted {
        out.missed("encrypted", "a section with a password");
    }
    let mut store = Store { page: found.page, ..Store::default() };
    let mut next = 0;
    for at in memchr::memmem::find_iter(bytes, FILE) {
        // What stands in a file that was found is its content.
        if at < next || store.files.len() >= MOST {
            continue;
        }
        let Some(content) = content(bytes, at, out) else { continue };
        next = at + content.len();
        let file = found.references.get(&at);
        let name = file.and_then(|file| found.names.get(file)).cloned().unwrap_or_default();
        if !content.is_empty() {
            store.files.push(File { name, bytes: content });
        }
    }
    let used: Vec<String> = store.files.iter().map(|file| file.name.clone()).collect();
    store.page.loose.retain(|name| !used.contains(name));
    Ok(store)
}

/// The data of a file data object, as far as it goes.
fn content<'a>(bytes: &'a [u8], at: usize, out: &mut Opened) -> Option<&'a [u8]> {
    let mut reader = Reader::at(bytes, at + FILE.len())?;
    let length = usize::try_from(reader.u64()?).unwrap_or(usize::MAX);
    reader.skip(12)?;
    let content = reader.take_up_to(length);
    if content.len() < length {
        out.broke("onenote-file-cut", format!("{} of {length} bytes", content.len()));
        out.missed("damaged", "an embedded file is cut off");
    }
    Some(content)
}

/// What the lists declare.
#[derive(Debug, Default)]
struct Found {
    page: Page,
    /// Where a file stands, and its identifier.
    references: BTreeMap<usize, [u8; 16]>,
    /// The names of files by their identifiers.
    names: BTreeMap<[u8; 16], String>,
    /// Objects that stand for files: identifier of the object, that of the file, ending.
    declared: Vec<(u32, [u8; 16], String)>,
    /// Objects for files, and the names they are shown under.
    shown: Vec<(u32, String)>,
    /// How many of both were linked already.
    linked: (usize, usize),
    is_encrypted: bool,
}

impl Found {
    /// A fragment of a list (2.4.1): nodes up to a terminator.
    fn list(&mut self, bytes: &[u8], at: usize, budget: &mut Budget) -> Result<(), Stop> {
        let Some(mut reader) = Reader::at(bytes, at + 16) else { return Ok(()) };
        while let Some(header) = Reader::new(reader.rest()).u32() {
            let (id, size) = (header & 0x3ff, (header >> 10) & 0x1fff);
            if matches!(id, 0 | 0xff) || size < 4 {
                break;
            }
            let Some(node) = usize::try_from(size).ok().and_then(|size| reader.take(size)) else { break };
            self.node(bytes, id, header, node.get(4..).unwrap_or_default(), budget)?;
        }
        self.link();
        Ok(())
    }

    fn node(
        &mut self,
        bytes: &[u8],
        id: u32,
        header: u32,
        data: &[u8],
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut reader = Reader::new(data);
        match id {
            0xa4 | 0xa5 | 0xc4 | 0xc5 | 0x2d | 0x2e | 0x41 | 0x42 => {
                let Some(object) = reference(&mut reader, header, bytes) else { return Ok(()) };
                let object = bytes.get(object).unwrap_or_default();
                // Many nodes may name one large object.
                budget.pay(object.len() as u64)?;
                if let Some((name, Some(container))) = self.page.take(object) {
                    self.shown.push((container, name));
                }
            }
            0x72 | 0x73 => {
                let _is_whole = self.declare(&mut reader, id);
            }
            0x94 => {
                let place = reference(&mut reader, header, bytes);
                if let (Some(place), Some(file)) = (place, reader.array()) {
                    self.references.insert(place.start, file);
                }
            }
            0x7c => self.is_encrypted = true,
            _ => {}
        }
        Ok(())
    }

    /// An object that stands for a file (2.5.27): its identifier, and as texts where the file is and how its name ends.
    fn declare(&mut self, reader: &mut Reader, id: u32) -> Option<()> {
        let object = reader.u32()?;
        reader.skip(if id == 0x72 { 5 } else { 8 })?;
        let place = text(reader)?;
        let ending = text(reader)?;
        let file = identifier(place.strip_prefix("<ifndf>")?)?;
        self.declared.push((object, file, ending));
        Some(())
    }

    /// Links names to files by the objects that stand for them. Identifiers of objects hold within a list only.
    fn link(&mut self) {
        let declared = self.declared.get(self.linked.0..).unwrap_or_default();
        let shown = self.shown.get(self.linked.1..).unwrap_or_default();
        let shown: BTreeMap<u32, &String> =
            shown.iter().rev().map(|(object, name)| (*object, name)).collect();
        for (object, file, ending) in declared {
            let name = shown.get(object).map(ToString::to_string);
            let known = name.unwrap_or_else(|| format!("file{ending}"));
            let is_better = self.names.get(file).is_none_or(|old| old.starts_with("file."));
            if is_better {
                self.names.insert(*file, known);
            }
        }
        self.linked = (self.declared.len(), self.shown.len());
    }
}

/// FileNodeChunkReference (2.2.4.2): where something stands and how long it is, in one of four widths each.
fn reference(reader: &mut Reader, header: u32, bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let start = match (header >> 23) & 3 {
        0 => reader.u64()?,
        1 => reader.u32()?.into(),
        2 => u64::from(reader.u16()?) * 8,
        _ => u64::from(reader.u32()?) * 8,
    };
    let length = match (header >> 25) & 3 {
        0 => reader.u32()?.into(),
        1 => reader.u64()?,
        2 => u64::from(reader.u8()?) * 8,
        _ => u64::from(reader.u16()?) * 8,
    };
    let start = usize::try_from(start).ok().filter(|start| *start < bytes.len())?;
    let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(bytes.len());
    Some(start..end)
}

/// StringInStorageBuffer (2.2.3): UTF-16 behind the count of its units.
fn text(reader: &mut Reader) -> Option<String> {
    let count = usize::try_from(reader.u32()?).ok()?;
    let bytes = reader.take(count.checked_mul(2)?)?;
    Some(super::properties::wide(bytes))
}

/// The bytes of an identifier written as `{xxxxxxxx-xxxx-…}`, in the order in which files hold it.
fn identifier(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let number = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)?;
    let [a0, a1, a2, a3, b0, b1, c0, c1, rest @ ..] = number.to_be_bytes();
    let [d0, d1, d2, d3, d4, d5, d6, d7] = rest;
    Some([a3, a2, a1, a0, b1, b0, c1, c0, d0, d1, d2, d3, d4, d5, d6, d7])
}
