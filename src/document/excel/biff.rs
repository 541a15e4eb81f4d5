//! Record streams of BIFF2 to BIFF8 (MS-XLS 2.1.4; OpenOffice.org's Documentation of the Excel File Format for what
//! came before BIFF8).
//!
//! A stream is walked from its first byte to its last, because sheets need not stand where the globals say; a sheet
//! that the walk did not meet is then looked for at its told place.

mod cells;
mod globals;
mod links;
mod records;
mod styles;
#[cfg(test)]
mod tests;

use super::book::{Book, Sheet, State};
use super::formula::{Names, Version};
use super::styles::Styles;
use crate::artifact::{Fact, Opened};
use crate::limits::{Budget, Stop};
pub(super) use cells::rk;
use cells::{Cells, With};
use globals::Globals;
use records::{Record, Records};
use std::rc::Rc;

/// A workbook while it is read.
#[derive(Debug)]
pub(super) struct Biff {
    pub(super) book: Book,
    /// What leads out of it.
    pub(super) facts: Vec<Fact>,
    /// Whether it is encrypted; then nothing behind the mark was read.
    pub(super) is_locked: bool,
    /// Whether every sheet was read to its end.
    pub(super) is_whole: bool,
    /// Whether nothing of a workbook begins anywhere in the stream.
    pub(super) is_none: bool,
    version: Version,
    has_globals: bool,
    names: Names,
    strings: Rc<Vec<Rc<str>>>,
    styles: Rc<Styles>,
    /// Whether functions that ask a server are named.
    asks: bool,
    /// Where each sheet of the book is told to begin.
    offsets: Vec<Option<usize>>,
    met: Vec<bool>,
    /// Bytes of texts kept of worksheets, which need an end where no macro asks for more.
    kept: usize,
}

/// Whether bytes begin with a BOF record as some version of Excel writes it.
pub(super) fn is_biff(bytes: &[u8]) -> bool {
    let mut records = Records::new(bytes);
    records.next().is_some_and(|record| bof(&record).is_some_and(|bof| bof.is_sound))
}

/// The beginning of a part of the stream.
#[derive(Clone, Copy, Debug)]
struct Bof {
    version: Version,
    kind: u16,
    is_sound: bool,
}

const GLOBALS: u16 = 0x0005;
const VISUAL_BASIC: u16 = 0x0006;
const WORKSHEET: u16 = 0x0010;
const CHART: u16 = 0x0020;
const MACRO: u16 = 0x0040;
const WORKSPACE: u16 = 0x0100;

/// Reads a BOF record (MS-XLS 2.4.21).
fn bof(record: &Record) -> Option<Bof> {
    let mut reader = record.reader();
    let (told, kind) = (reader.u16()?, reader.u16()?);
    let length = record.data.len();
    let (version, lengths): (_, &[usize]) = match record.id {
        0x0009 => (Version::Biff2, &[4, 6, 8]),
        0x0209 => (Version::Biff3, &[6, 8]),
        0x0409 => (Version::Biff4, &[6, 8]),
        0x0809 if told == 0x0600 => (Version::Biff8, &[8, 16]),
        0x0809 => (Version::Biff5, &[8, 16]),
        _ => return None,
    };
    let is_known = [GLOBALS, VISUAL_BASIC, WORKSHEET, CHART, MACRO, WORKSPACE].contains(&kind);
    Some(Bof { version, kind, is_sound: is_known && lengths.contains(&length) })
}

/// Reads a record stream. `is_open` says that its encryption was removed, so that the mark of it counts no more.
pub(super) fn read(bytes: &[u8], is_open: bool, out: &mut Opened, budget: &Budget) -> Result<Biff, Stop> {
    let mut biff = Biff::new();
    biff.walk(bytes, 0, is_open, budget)?;
    for sheet in 0..biff.offsets.len() {
        let offset = biff.offsets.get(sheet).copied().flatten();
        if let Some(offset) = offset.filter(|_| biff.met.get(sheet) == Some(&false) && !biff.is_locked) {
            biff.walk_sheet(bytes, offset, sheet, budget)?;
        }
    }
    let has_begun = biff.has_globals || biff.met.contains(&true);
    // Since BIFF5 names and strings stand in the globals.
    biff.is_whole &= biff.has_globals || has_begun && biff.version <= Version::Biff4;
    biff.is_whole &= biff.met.iter().all(|met| *met);
    biff.is_none = !has_begun;
    if biff.book.is_cut {
        out.missed("limit-cells", "too many cells");
    }
    Ok(biff)
}

impl Biff {
    fn new() -> Self {
        Self {
            book: Book::default(),
            facts: Vec::new(),
            is_locked: false,
            is_whole: true,
            is_none: false,
            has_globals: false,
            version: Version::Biff8,
            names: Names::default(),
            strings: Rc::default(),
            styles: Rc::default(),
            asks: false,
            offsets: Vec::new(),
            met: Vec::new(),
            kept: 0,
        }
    }

    /// Walks through all records from an offset on.
    fn walk(&mut self, bytes: &[u8], from: usize, is_open: bool, budget: &Budget) -> Result<(), Stop> {
        let mut records = Records::at(bytes, from);
        while let Some(record) = records.next() {
            let Some(bof) = bof(&record) else { continue };
            budget.tick()?;
            // Sheets are of the version of their globals, whatever some writers put into their BOF.
            if bof.kind == GLOBALS || !self.has_globals {
                self.version = bof.version;
            }
            match bof.kind {
                GLOBALS => {
                    self.has_globals = true;
                    let globals = Globals::read(&mut records, bof.version, is_open);
                    if globals.is_locked {
                        self.is_locked = true;
                        return Ok(());
                    }
                    globals.put_into(self);
                }
                WORKSPACE => {}
                kind => {
                    let sheet = self.sheet_at(record.offset, kind);
                    self.sheet(&mut records, sheet, kind, budget)?;
                }
            }
        }
        Ok(())
    }

    /// Walks through the one sheet at an offset.
    fn walk_sheet(&mut self, bytes: &[u8], offset: usize, sheet: usize, budget: &Budget) -> Result<(), Stop> {
        let mut records = Records::at(bytes, offset);
        let Some(bof) = records.next().and_then(|record| bof(&record)) else { return Ok(()) };
        self.sheet(&mut records, sheet, bof.kind, budget)
    }

    /// The sheet that begins at an offset: the one told to, else the first that was not met, else a new one.
    fn sheet_at(&mut self, offset: usize, kind: u16) -> usize {
        let told = self.offsets.iter().position(|told| *told == Some(offset));
        let known = told.or_else(|| {
            let is_told_right = |told: &Option<usize>| told.is_some_and(|told| told > offset);
            let waits = |at: usize| self.met.get(at) == Some(&false);
            let is_lost = |at: usize| !self.offsets.get(at).is_some_and(is_told_right);
            (0..self.offsets.len()).find(|at| waits(*at) && is_lost(*at))
        });
        known.unwrap_or_else(|| {
            let name = format!("Sheet{}", self.book.sheets.len() + 1);
            self.add(Sheet { name, is_macro: kind == MACRO, ..Sheet::default() }, None);
            self.book.sheets.len() - 1
        })
    }

    fn add(&mut self, sheet: Sheet, offset: Option<usize>) {
        self.names.sheets.push(sheet.name.clone());
        self.book.sheets.push(sheet);
        self.offsets.push(offset);
        self.met.push(false);
    }

    /// Reads the records of a sheet up to its end; charts within it have ends of their own.
    fn sheet(&mut self, records: &mut Records, sheet: usize, kind: u16, budget: &Budget) -> Result<(), Stop> {
        if let Some(met) = self.met.get_mut(sheet) {
            *met = true;
        }
        if let Some(sheet) = self.book.sheets.get_mut(sheet).filter(|_| kind == MACRO) {
            sheet.is_macro = true;
        }
        let keeps_all = self.book.has_macros();
        let with =
            With { version: self.version, keeps_all, asks: self.asks, sheet_why: self.book.why(sheet) };
        let mut cells = Cells::new(with, self.strings.clone(), self.styles.clone());
        let mut depth = 0;
        let mut has_end = false;
        while let Some(record) = records.next() {
            if record.count % 1024 == 0 {
                budget.tick()?;
            }
            match record.id {
                END if depth == 0 => {
                    has_end = true;
                    break;
                }
                END => depth -= 1,
                _ if bof(&record).is_some() => depth += 1,
                _ if depth > 0 => {}
                0x0018 | 0x0218 => self.old_name(&record),
                0x0017 | 0x0023 | 0x0223 if self.version <= Version::Biff4 => self.old_link(&record),
                _ => cells.take(&record),
            }
        }
        self.is_whole &= has_end;
        let room = MOST_FACTS.saturating_sub(self.facts.len());
        self.facts.extend(cells.facts().into_iter().take(room));
        self.kept = cells.finish(&mut self.book, sheet, &self.names, self.kept, budget)?;
        Ok(())
    }

    /// Before BIFF5 the names stand in the sheet.
    fn old_name(&mut self, record: &Record) {
        if self.version <= Version::Biff4
            && let Some(name) = globals::name(record, self.version)
        {
            self.names.defined.push(name.name.clone());
            self.book.names.push(name.written(&self.names, self.version));
        }
    }

    fn old_link(&mut self, record: &Record) {
        links::old_link(record, &mut self.names);
    }
}

/// Ways out of one workbook that are told.
const MOST_FACTS: usize = 400;
/// The end of a part.
const END: u16 = 0x000a;

/// How a sheet is told to be shown (MS-XLS 2.4.28).
fn state(told: u8) -> State {
    match told & 3 {
        0 => State::Visible,
        1 => State::Hidden,
        _ => State::VeryHidden,
    }
}
