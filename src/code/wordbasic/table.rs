//! The macros that the table of commands names. It follows the lists of MS-DOC 2.9.316 in the narrower layout of Word 6:
//! an identifier, a count of sixteen bits, and elements of a fixed size.

use crate::bytes::Reader;
use crate::text;
use std::collections::BTreeMap;

/// A macro of the document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// What every byte of it is mixed with; 0 where it may be read.
    pub(super) key: u8,
    /// Where it stands in the stream.
    pub(super) place: u32,
    /// Its bytes.
    pub(super) length: u32,
}

/// The table, as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The macros.
    pub(super) macros: Vec<Entry>,
    /// Whether its end was reached.
    pub(super) whole: bool,
}

/// Where the header keeps the place and the length of the table.
const PLACE: usize = 0x118;
/// Sizes of the elements of lists that hold no macros: keys, allocated commands, menus.
const OTHER_LISTS: &[(u8, usize)] = &[(2, 4), (3, 14), (4, 14), (5, 12)];
/// Lists with macros, with the strings of commands, and with the names of macros.
const MACROS: u8 = 1;
const STRINGS: u8 = 0x10;
const NAMES: u8 = 0x11;
/// What ends the table: its terminator, and toolbars, which stand last.
const ENDS: [u8; 2] = [0x40, 0x12];
/// Macros that are read.
const MOST: usize = 500;

impl Table {
    /// Reads the table of a `WordDocument` stream; `None` where there is none.
    pub(super) fn read(stream: &[u8], page: u16) -> Option<Self> {
        let mut header = Reader::at(stream, PLACE)?;
        let (place, length) = (header.u32()?, header.u32()?);
        let length = usize::try_from(length).ok().filter(|length| *length > 1)?;
        let mut reader = Reader::at(stream, usize::try_from(place).ok()?)?;
        let mut lists = Lists::new(reader.take_up_to(length), page);
        let whole = lists.read().is_some();
        Some(Self { whole, macros: lists.named() })
    }
}

/// A macro as its list tells it: number of its name, number of its string, key, length, place.
type Raw = (u16, u16, u8, u32, u32);

struct Lists<'a> {
    reader: Reader<'a>,
    page: u16,
    macros: Vec<Raw>,
    names: BTreeMap<u16, String>,
    strings: Vec<String>,
}

impl<'a> Lists<'a> {
    fn new(table: &'a [u8], page: u16) -> Self {
        Self {
            reader: Reader::new(table),
            page,
            macros: Vec::new(),
            names: BTreeMap::new(),
            strings: Vec::new(),
        }
    }

    fn read(&mut self) -> Option<()> {
        self.reader.skip(1)?;
        loop {
            match self.reader.u8()? {
                MACROS => self.macros()?,
                STRINGS => self.strings()?,
                NAMES => self.names()?,
                end if ENDS.contains(&end) => return Some(()),
                other => {
                    let (_, size) = OTHER_LISTS.iter().find(|(known, _)| *known == other)?;
                    let count = usize::from(self.reader.u16()?);
                    self.reader.skip(count.checked_mul(*size)?)?;
                }
            }
        }
    }

    fn macros(&mut self) -> Option<()> {
        for _ in 0..self.reader.u16()? {
            self.reader.skip(1)?;
            let key = self.reader.u8()?;
            let (name, string) = (self.reader.u16()?, self.reader.u16()?);
            self.reader.skip(6)?;
            let length = self.reader.u32()?;
            self.reader.skip(4)?;
            self.macros.push((name, string, key, length, self.reader.u32()?));
        }
        Some(())
    }

    /// Strings of commands: the size of all of them, then each with a count of its uses.
    fn strings(&mut self) -> Option<()> {
        let size = usize::from(self.reader.u16()?);
        let mut reader = Reader::new(self.reader.take(size.checked_sub(2)?)?);
        while !reader.is_empty() {
            let length = usize::from(reader.u8()?);
            self.strings.push(text::code_page(self.page, reader.take(length)?));
            reader.skip(2)?;
        }
        Some(())
    }

    fn names(&mut self) -> Option<()> {
        for _ in 0..self.reader.u16()? {
            let (number, length) = (self.reader.u16()?, usize::from(self.reader.u8()?));
            let name = text::code_page(self.page, self.reader.take(length)?);
            self.names.insert(number, name);
            self.reader.skip(1)?;
        }
        Some(())
    }

    /// The macros under their names, each run of bytes once.
    fn named(self) -> Vec<Entry> {
        let mut found: Vec<Entry> = Vec::new();
        for (number, (name, string, key, length, place)) in self.macros.into_iter().enumerate() {
            if found.len() >= MOST || found.iter().any(|entry| (entry.place, entry.key) == (place, key)) {
                continue;
            }
            let told = self.names.get(&name).or_else(|| self.strings.get(usize::from(string)));
            let name = told.cloned().unwrap_or_else(|| format!("Macro{number}"));
            found.push(Entry { name, key, place, length });
        }
        found
    }
}
