//! The globals of a workbook: sheets, names, links, shared strings (MS-XLS 2.1.7.20.3).

use super::links;
use super::records::{Pieces, Record, Records};
use super::styles::Formats;
use super::{Biff, END, state};
use crate::document::excel::book::{Name, Place, Sheet, State};
use crate::document::excel::formula::{self, Context, Names, Version};
use crate::document::excel::formula::{Target, short_string};
use crate::text;
use std::rc::Rc;

/// The globals while they are read.
#[derive(Debug, Default)]
pub(in crate::document::excel) struct Globals<'a> {
    /// Whether what follows is encrypted.
    pub(super) is_locked: bool,
    sheets: Vec<(Sheet, usize)>,
    names: Vec<RawName<'a>>,
    links: Names,
    formats: Formats,
    strings: Vec<Rc<str>>,
    version: Option<Version>,
}

/// A name whose formula was not written out yet: it may mention names that come later.
#[derive(Debug)]
pub(super) struct RawName<'a> {
    pub(super) name: String,
    is_hidden: bool,
    tokens: &'a [u8],
    extra: &'a [u8],
}

impl RawName<'_> {
    pub(super) fn written(&self, names: &Names, version: Version) -> Name {
        let context = Context { version, names, base: Place::default() };
        Name {
            name: self.name.clone(),
            is_hidden: self.is_hidden,
            formula: formula::text(self.tokens, self.extra, context),
        }
    }
}

impl<'a> Globals<'a> {
    /// Reads up to the end of the globals.
    pub(super) fn read(records: &mut Records<'a>, version: Version, is_open: bool) -> Self {
        let mut globals = Self { version: Some(version), ..Self::default() };
        while let Some(record) = records.next() {
            match record.id {
                END => break,
                FILE_PASS if !is_open => {
                    globals.is_locked = true;
                    break;
                }
                _ => globals.take(record, version, records.len()).unwrap_or_default(),
            }
        }
        globals
    }

    fn take(&mut self, record: Record<'a>, version: Version, length: usize) -> Option<()> {
        match record.id {
            0x0042 => self.links.code_page = record.reader().u16()?,
            0x0085 => {
                let (sheet, offset) = sheet(&record, version)?;
                self.links.sheets.push(sheet.name.clone());
                self.sheets.push((sheet, offset.min(length)));
            }
            0x0018 | 0x0218 => {
                let name = name(&record, version)?;
                self.links.defined.push(name.name.clone());
                self.names.push(name);
            }
            0x01ae => self.links.books.push(links::book(record)?),
            0x0017 if version == Version::Biff8 => self.targets(record)?,
            0x0017 => links::old_link(&record, &mut self.links),
            0x0023 => links::outer_name(&record, &mut self.links, version)?,
            0x00fc => self.strings = shared(Pieces::new(record)),
            _ => self.formats.take(&record, version),
        }
        Some(())
    }

    /// `EXTERNSHEET` (MS-XLS 2.4.106).
    fn targets(&mut self, record: Record) -> Option<()> {
        let mut pieces = Pieces::new(record);
        let count = pieces.u16()?;
        for _ in 0..count {
            let book = pieces.u16()?.into();
            let first = i32::from(pieces.u16()?.cast_signed());
            let last = i32::from(pieces.u16()?.cast_signed());
            self.links.targets.push(Target { book, first, last });
        }
        Some(())
    }

    /// Gives all of it to the workbook.
    pub(super) fn put_into(self, biff: &mut Biff) {
        let version = self.version.unwrap_or(Version::Biff8);
        biff.book.names.extend(self.names.iter().map(|name| name.written(&self.links, version)));
        biff.facts.extend(links::outside(&self.links));
        biff.styles = Rc::new(self.formats.done());
        biff.asks = self.links.ask();
        biff.names = self.links;
        biff.names.sheets.clear();
        for (sheet, offset) in self.sheets {
            biff.add(sheet, Some(offset));
        }
        biff.strings = Rc::new(self.strings);
    }
}

const FILE_PASS: u16 = 0x002f;

/// `BOUNDSHEET` (MS-XLS 2.4.28): a sheet and where it begins.
fn sheet(record: &Record, version: Version) -> Option<(Sheet, usize)> {
    let mut reader = record.reader();
    let offset = usize::try_from(reader.u32()?).ok()?;
    let (shown, kind) = (reader.u8()?, reader.u8()?);
    let length = reader.u8()?.into();
    let name = if version == Version::Biff8 {
        short_string(&mut reader, length)?
    } else {
        text::code_page(0, reader.take_up_to(length))
    };
    const MACRO_SHEET: u8 = 1;
    let state: State = state(shown);
    Some((Sheet { name, is_macro: kind == MACRO_SHEET, state, ..Sheet::default() }, offset))
}

/// The names that Excel knows by a number (MS-XLS 2.5.66).
const BUILT_IN: [&str; 14] = [
    "Consolidate_Area",
    "Auto_Open",
    "Auto_Close",
    "Extract",
    "Database",
    "Criteria",
    "Print_Area",
    "Print_Titles",
    "Recorder",
    "Data_Form",
    "Auto_Activate",
    "Auto_Deactivate",
    "Sheet_Title",
    "_FilterDatabase",
];

/// What a built-in name is called: its number may be followed by letters, which Excel does not mind.
fn name_of(raw: String, is_built_in: bool) -> String {
    let mut letters = raw.chars();
    let known = letters.next().and_then(|first| BUILT_IN.get(usize::try_from(u32::from(first)).ok()?));
    match known {
        Some(known) if is_built_in => format!("{known}{}", letters.as_str()),
        _ => raw,
    }
}

/// `NAME` or `Lbl` (MS-XLS 2.4.150), in the forms of all versions.
pub(super) fn name<'a>(record: &Record<'a>, version: Version) -> Option<RawName<'a>> {
    const HIDDEN: u16 = 0x0001;
    const BUILT: u16 = 0x0020;
    let mut reader = record.reader();
    let flags = match version {
        // The first byte has other flags, the second says that it is a function or command.
        Version::Biff2 => reader.u16()? & 0x0020,
        _ => reader.u16()?,
    };
    let _key = reader.u8()?;
    let length = usize::from(reader.u8()?);
    let token_length = match version {
        Version::Biff2 => reader.u8()?.into(),
        _ => usize::from(reader.u16()?),
    };
    if version >= Version::Biff5 {
        reader.skip(8)?;
    }
    let name = if version == Version::Biff8 {
        short_string(&mut reader, length)?
    } else {
        text::code_page(0, reader.take_up_to(length))
    };
    let name = name_of(name, flags & BUILT != 0);
    let tokens = reader.take_up_to(token_length);
    Some(RawName { name, is_hidden: flags & HIDDEN != 0, tokens, extra: reader.rest() })
}

/// The shared strings (MS-XLS 2.4.265), as many as there are.
fn shared(mut pieces: Pieces) -> Vec<Rc<str>> {
    let mut strings = Vec::new();
    let (Some(_), Some(unique)) = (pieces.u32(), pieces.u32()) else { return strings };
    for _ in 0..unique {
        let Some(text) = pieces.text() else { break };
        strings.push(text.into());
    }
    strings
}
