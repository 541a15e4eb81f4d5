//! The binary parts of `.xlsb` workbooks (MS-XLSB 2.1.4): the workbook, its sheets and shared strings.

mod styles;

use super::biff::rk;
use super::book::{self, Book, Cell, Name, Place, Value};
use super::formula::{self, Context, Elsewhere, Names, Target, Tokens, Version};
use super::styles::Styles;
use super::unseen::Why;
use crate::artifact::Fact;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use crate::text;
use std::collections::HashMap;
use std::rc::Rc;
pub(super) use styles::styles;

/// A sheet as the workbook tells of it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) name: String,
    pub(super) relation: String,
    pub(super) state: u32,
}

/// The workbook part.
#[derive(Debug, Default)]
pub(super) struct Workbook {
    pub(super) sheets: Vec<Told>,
    pub(super) defined: Vec<Name>,
    pub(super) names: Names,
}

/// The records of a part: number and length are written in groups of seven bits (MS-XLSB 2.1.4).
struct Records<'a> {
    reader: Reader<'a>,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { reader: Reader::new(bytes) }
    }

    fn next(&mut self) -> Option<(u32, Reader<'a>)> {
        let first = self.reader.u8()?;
        let second = if first & 0x80 == 0 { 0 } else { self.reader.u8()? };
        let id = u32::from(first & 0x7f) | u32::from(second & 0x7f) << 7;
        let mut length = 0usize;
        for shift in [0, 7, 14, 21] {
            let byte = self.reader.u8()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some((id, Reader::new(self.reader.take_up_to(length))))
    }
}

/// A text with its length in characters before it (MS-XLSB 2.5.169).
fn wide(reader: &mut Reader) -> Option<String> {
    let length = reader.u32()?;
    if length == u32::MAX {
        return Some(String::new());
    }
    let bytes = usize::try_from(length).ok()?.checked_mul(2)?;
    Some(text::decode("utf-16le", reader.take_up_to(bytes)))
}

/// Tokens and what stands behind them, each with its length.
fn tokens<'a>(reader: &mut Reader<'a>) -> Option<Tokens<'a>> {
    let length = usize::try_from(reader.u32()?).ok()?;
    let tokens = reader.take_up_to(length);
    let extra = reader.u32().and_then(|length| usize::try_from(length).ok());
    Some((tokens, extra.map_or(&[][..], |length| reader.take_up_to(length))))
}

impl Workbook {
    /// Reads the workbook part.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut workbook = Self::default();
        let mut raw = Vec::new();
        let mut records = Records::new(bytes);
        while let Some((id, mut reader)) = records.next() {
            workbook.take(id, &mut reader, &mut raw).unwrap_or_default();
        }
        let names = &workbook.names;
        for (name, is_hidden, tokens, extra) in raw {
            let context = Context { version: Version::Biff12, names, base: Place::default() };
            workbook.defined.push(Name { name, is_hidden, formula: formula::text(tokens, extra, context) });
        }
        workbook
    }

    fn take<'a>(
        &mut self,
        id: u32,
        reader: &mut Reader<'a>,
        raw: &mut Vec<(String, bool, &'a [u8], &'a [u8])>,
    ) -> Option<()> {
        match id {
            156 => {
                let state = reader.u32()?;
                reader.skip(4)?;
                let (relation, name) = (wide(reader)?, wide(reader)?);
                self.names.sheets.push(name.clone());
                self.sheets.push(Told { name, relation, state });
            }
            39 => {
                let flags = reader.u32()?;
                reader.skip(5)?;
                let name = wide(reader)?;
                let (tokens, extra) = tokens(reader)?;
                self.names.defined.push(name.clone());
                raw.push((name, flags & 1 != 0, tokens, extra));
            }
            355 => self.names.books.push(Elsewhere { path: wide(reader)?, ..Elsewhere::default() }),
            357 | 358 => self.names.books.push(Elsewhere { is_own: true, ..Elsewhere::default() }),
            667 => self.names.books.push(Elsewhere::default()),
            362 => {
                let count = reader.u32()?;
                for _ in 0..count {
                    let book = usize::try_from(reader.u32()?).ok()?;
                    let (first, last) = (reader.u32()?.cast_signed(), reader.u32()?.cast_signed());
                    self.names.targets.push(Target { book, first, last });
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// The shared strings.
pub(super) fn shared(bytes: &[u8]) -> Vec<Rc<str>> {
    const ITEM: u32 = 19;
    let mut strings = Vec::new();
    let mut records = Records::new(bytes);
    while let Some((id, mut reader)) = records.next() {
        if id == ITEM {
            let text = reader.skip(1).and_then(|()| wide(&mut reader)).unwrap_or_default();
            strings.push(text.into());
        }
    }
    strings
}

/// The DDE link in a part about an external workbook (MS-XLSB 2.4.156).
pub(super) fn link(bytes: &[u8]) -> Vec<Fact> {
    dde(bytes).unwrap_or_default()
}

fn dde(bytes: &[u8]) -> Option<Vec<Fact>> {
    const BEGIN: u32 = 360;
    const DDE: u16 = 1;
    let mut records = Records::new(bytes);
    while let Some((id, mut reader)) = records.next() {
        if id == BEGIN {
            let kind = reader.u16()?;
            let (program, topic) = (wide(&mut reader)?, wide(&mut reader)?);
            let target = format!("{program}|{topic}");
            let fact = |relation: &str, target: String| Fact::External { relation: relation.into(), target };
            return (kind == DDE)
                .then(|| vec![fact("dde", target), fact("dde-link", format!("{program} {topic}"))]);
        }
    }
    None
}

/// A cell while the formulas that cells share are not known yet.
struct Raw<'a> {
    place: Place,
    tokens: Option<Tokens<'a>>,
    value: Option<Value>,
    why: Option<Why>,
}

/// What the cells of a sheet are read with.
pub(super) struct Cells<'a> {
    pub(super) strings: &'a [Rc<str>],
    pub(super) workbook: &'a Workbook,
    pub(super) styles: &'a Styles,
    /// Whether formulas and numbers are kept too.
    pub(super) keeps_all: bool,
    /// Whether functions that ask a server are named.
    pub(super) asks: bool,
}

impl Cells<'_> {
    /// Reads the cells of a sheet into the book.
    pub(super) fn read(
        &self,
        bytes: &[u8],
        book: &mut Book,
        sheet: usize,
        budget: &Budget,
    ) -> Result<(), Stop> {
        let mut page = Page {
            with: self,
            sheet_why: book.why(sheet),
            is_row_hidden: false,
            hidden_columns: Vec::new(),
            row: 0,
            cells: Vec::new(),
            shared: HashMap::new(),
            reaching: Vec::new(),
        };
        let mut records = Records::new(bytes);
        let mut count = 0u32;
        while let Some((id, mut reader)) = records.next() {
            count = count.wrapping_add(1);
            if count.is_multiple_of(4096) {
                budget.tick()?;
            }
            page.take(id, &mut reader).unwrap_or_default();
        }
        let names = &self.workbook.names;
        for (base, (tokens, extra)) in page.reaching {
            budget.tick()?;
            let context = Context { version: Version::Biff12, names, base };
            book.reach(sheet, base, &formula::text(tokens, extra, context));
        }
        for raw in page.cells {
            if let Some(why) = raw.why {
                book.hide(sheet, raw.place, why, raw.value.as_ref());
            }
            let lead = raw.tokens.and_then(|(tokens, _)| formula::leads_to(tokens, Version::Biff12));
            let shared = lead.and_then(|lead| page.shared.get(&lead.row)).copied();
            let context = Context { version: Version::Biff12, names, base: raw.place };
            let formula = shared.or(raw.tokens).map(|(tokens, extra)| formula::text(tokens, extra, context));
            book.put(sheet, raw.place, Cell { formula, value: raw.value });
        }
        Ok(())
    }
}

struct Page<'a, 's> {
    with: &'s Cells<'s>,
    /// Why no cell of the sheet is seen.
    sheet_why: Option<Why>,
    is_row_hidden: bool,
    /// The columns that are not seen, first and last.
    hidden_columns: Vec<(u32, u32)>,
    row: u32,
    cells: Vec<Raw<'a>>,
    /// Formulas of ranges, by the row of their first cell.
    shared: HashMap<u32, Tokens<'a>>,
    /// Formulas that may reach outside.
    reaching: Vec<(Place, Tokens<'a>)>,
}

/// Ranges of hidden columns of one sheet that are kept.
const MOST_RANGES: usize = 1_000;

impl<'a> Page<'a, '_> {
    fn take(&mut self, id: u32, reader: &mut Reader<'a>) -> Option<()> {
        const HIDDEN_ROW: u16 = 0x1000;
        match id {
            0 => {
                self.row = reader.u32()?.min(1 << 20);
                self.is_row_hidden = false;
                reader.skip(6)?;
                self.is_row_hidden = reader.u16()? & HIDDEN_ROW != 0;
            }
            2..=11 | 62 => self.cell(id, reader)?,
            60 => {
                let (first, last) = (reader.u32()?, reader.u32()?);
                reader.skip(8)?;
                let is_hidden = reader.u16()? & 1 != 0;
                if is_hidden && self.hidden_columns.len() < MOST_RANGES {
                    self.hidden_columns.push((first, last));
                }
            }
            426 | 427 => {
                let row = reader.u32()?;
                reader.skip(4)?;
                let column = reader.u32()?;
                reader.skip(if id == 426 { 5 } else { 4 })?;
                let formula = tokens(reader)?;
                self.shared.insert(row, formula);
                self.reach(Place { row: row.min(1 << 20), column: column.min(1 << 14) }, formula);
            }
            _ => {}
        }
        Some(())
    }

    /// A cell: column, format, value, and of formulas flags and tokens (MS-XLSB 2.4.314 and following).
    fn cell(&mut self, id: u32, reader: &mut Reader<'a>) -> Option<()> {
        let place = Place { row: self.row, column: reader.u32()?.min(1 << 14) };
        let style = reader.u32()? & 0x00ff_ffff;
        let value = match id {
            2 => Value::Number(rk(reader.u32()?)),
            3 | 11 => Value::Error(book::error(reader.u8()?)),
            4 | 10 => Value::Logical(reader.u8()? != 0),
            5 | 9 => Value::Number(f64::from_bits(reader.u64()?)),
            6 | 8 => Value::text(&wide(reader)?),
            62 => {
                reader.skip(1)?;
                Value::text(&wide(reader)?)
            }
            _ => Value::Text(self.with.strings.get(usize::try_from(reader.u32()?).ok()?)?.clone()),
        };
        let is_formula = (8..=11).contains(&id);
        let tokens = if is_formula { reader.skip(2).and_then(|()| tokens(reader)) } else { None };
        if let Some(tokens) = tokens {
            self.reach(place, tokens);
        }
        let keeps_all = self.with.keeps_all;
        if keeps_all || matches!(value, Value::Text(_)) {
            let why = if matches!(value, Value::Text(_)) { self.why(place, style) } else { None };
            self.cells.push(Raw { place, tokens: tokens.filter(|_| keeps_all), value: Some(value), why });
        }
        Some(())
    }

    /// Keeps a formula that may reach outside.
    fn reach(&mut self, place: Place, formula: Tokens<'a>) {
        if formula::may_reach(formula.0, Version::Biff12, self.with.asks) {
            self.reaching.push((place, formula));
        }
    }

    /// Why the cell is not seen.
    fn why(&self, place: Place, style: u32) -> Option<Why> {
        let is_inside = |(first, last): &(u32, u32)| (*first..=*last).contains(&place.column);
        let row = self.is_row_hidden.then_some(Why::Row);
        let column = || self.hidden_columns.iter().any(is_inside).then_some(Why::Column);
        self.sheet_why.or(row).or_else(column).or_else(|| self.with.styles.why(style))
    }
}
