//! The cells of one sheet: values, formulas with their last values, and formulas that several cells share.

use super::links::hyperlink;
use super::records::{Pieces, Record};
use crate::artifact::Fact;
use crate::bytes::Reader;
use crate::document::excel::book::{self, Book, Cell, Place, Value};
use crate::document::excel::formula::short_string;
use crate::document::excel::formula::{self, Context, Names, Tokens, Version};
use crate::document::excel::styles::Styles;
use crate::document::excel::unseen::Why;
use crate::limits::{Budget, Stop};
use crate::text;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What the cells of a sheet are read with.
pub(super) struct With {
    pub(super) version: Version,
    /// Whether formulas and numbers are kept too: they matter to macros alone.
    pub(super) keeps_all: bool,
    /// Whether functions that ask a server are named.
    pub(super) asks: bool,
    /// Why no cell of the sheet is seen.
    pub(super) sheet_why: Option<Why>,
}

/// The cells of a sheet while they are read.
pub(super) struct Cells<'a> {
    version: Version,
    with: With,
    strings: Rc<Vec<Rc<str>>>,
    styles: Rc<Styles>,
    /// The number of the format of the cell being read.
    style: u16,
    hidden_rows: HashSet<u32>,
    /// The columns that are not seen, first and last.
    hidden_columns: Vec<(u32, u32)>,
    found: Vec<(Place, Raw<'a>)>,
    shared: HashMap<Place, Tokens<'a>>,
    /// Formulas that may reach outside.
    reaching: Vec<(Place, Tokens<'a>)>,
    /// The last formula, whose text may follow.
    last: Option<usize>,
    remarks: Vec<String>,
    facts: Vec<Fact>,
}

#[derive(Debug, Default)]
struct Raw<'a> {
    tokens: Option<Tokens<'a>>,
    value: Option<Value>,
    style: u16,
}

/// Bytes of texts of worksheets without macros that are kept: as much as is given out.
const MOST_TEXT: usize = 1 << 20;
/// Ranges of hidden columns, and links of cells, of one sheet that are kept.
const MOST_RANGES: usize = 300;

impl<'a> Cells<'a> {
    pub(super) fn new(with: With, strings: Rc<Vec<Rc<str>>>, styles: Rc<Styles>) -> Self {
        Self {
            version: with.version,
            with,
            strings,
            styles,
            style: 0,
            hidden_rows: HashSet::new(),
            hidden_columns: Vec::new(),
            found: Vec::new(),
            shared: HashMap::new(),
            reaching: Vec::new(),
            last: None,
            remarks: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// Where cells lead that start something when they are clicked.
    pub(super) fn facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }

    /// Takes one record. What is cut or of no concern is passed over.
    pub(super) fn take(&mut self, record: &Record<'a>) {
        let mut reader = record.reader();
        self.read(record, &mut reader);
    }

    fn read(&mut self, record: &Record<'a>, reader: &mut Reader<'a>) -> Option<()> {
        let is_oldest = self.version == Version::Biff2;
        match record.id {
            0x0006 | 0x0206 | 0x0406 => self.formula(reader)?,
            0x0007 | 0x0207 => self.string(record)?,
            0x00fd => {
                let place = self.head(reader)?;
                let text = self.strings.get(usize::try_from(reader.u32()?).ok()?)?;
                self.put(place, Value::Text(text.clone()));
            }
            0x0004 | 0x0204 | 0x00d6 => {
                let place = self.head(reader)?;
                let text = self.label(reader)?;
                self.put(place, Value::Text(text.into()));
            }
            0x0005 | 0x0205 => {
                let place = self.head(reader)?;
                let (value, is_error) = (reader.u8()?, reader.u8()? != 0);
                self.put(place, logical(value, is_error));
            }
            0x0002 if is_oldest => {
                let place = self.head(reader)?;
                let value = reader.u16()?;
                self.number(place, value.into());
            }
            0x0003 | 0x0203 => {
                let place = self.head(reader)?;
                let value = f64::from_bits(reader.u64()?);
                self.number(place, value);
            }
            0x027e => {
                let place = self.head(reader)?;
                let value = rk(reader.u32()?);
                self.number(place, value);
            }
            0x00bd => self.row(reader)?,
            0x04bc => self.shared(reader, 2)?,
            0x0221 => self.shared(reader, if self.version <= Version::Biff4 { 2 } else { 6 })?,
            0x0021 if is_oldest => self.shared(reader, 1)?,
            0x01b6 => self.text_box(record)?,
            0x0208 if self.version >= Version::Biff5 => self.row_head(reader)?,
            0x007d => self.columns(reader)?,
            0x01b8 if self.facts.len() < MOST_RANGES => {
                self.facts.extend(hyperlink(record).filter(|fact| !self.facts.contains(fact)));
            }
            0x001c if self.version < Version::Biff8 => {
                reader.skip(4)?;
                let length = usize::from(reader.u16()?);
                self.remarks.push(text::code_page(0, reader.take_up_to(length)));
            }
            _ => {}
        }
        Some(())
    }

    /// Row, column and format of a cell.
    fn head(&mut self, reader: &mut Reader) -> Option<Place> {
        // Excel takes the lower eight bits of a column and leaves the others aside.
        let (row, column) = (reader.u16()?.into(), u32::from(reader.u16()? & 0x00ff));
        self.style = if self.version == Version::Biff2 {
            reader.skip(3)?;
            0
        } else {
            reader.u16()?
        };
        Some(Place { row, column })
    }

    fn put(&mut self, place: Place, value: Value) {
        self.found.push((place, Raw { tokens: None, value: Some(value), style: self.style }));
    }

    fn number(&mut self, place: Place, value: f64) {
        if self.with.keeps_all {
            self.put(place, Value::Number(value));
        }
    }

    /// `MULRK`: several numbers side by side, the last two bytes say where they end.
    fn row(&mut self, reader: &mut Reader) -> Option<()> {
        let (row, first) = (u32::from(reader.u16()?), u32::from(reader.u16()?));
        for column in first.. {
            if reader.rest().len() < 6 {
                break;
            }
            reader.skip(2)?;
            let value = rk(reader.u32()?);
            self.number(Place { row, column }, value);
        }
        Some(())
    }

    fn label(&self, reader: &mut Reader) -> Option<String> {
        let length = match self.version {
            Version::Biff2 => reader.u8()?.into(),
            _ => usize::from(reader.u16()?),
        };
        match self.version {
            Version::Biff8 => short_string(reader, length),
            _ => Some(text::code_page(0, reader.take_up_to(length))),
        }
    }

    /// `FORMULA` (MS-XLS 2.4.127).
    fn formula(&mut self, reader: &mut Reader<'a>) -> Option<()> {
        let place = self.head(reader)?;
        let result: [u8; 8] = reader.array()?;
        reader.skip(match self.version {
            Version::Biff2 => 1,
            Version::Biff3 | Version::Biff4 => 2,
            _ => 6,
        })?;
        let length = match self.version {
            Version::Biff2 => reader.u8()?.into(),
            _ => usize::from(reader.u16()?),
        };
        let tokens = reader.take_up_to(length);
        let value = cached(result).filter(|value| self.with.keeps_all || matches!(value, Value::Text(_)));
        self.reach(place, (tokens, reader.rest()));
        let tokens = self.with.keeps_all.then_some((tokens, reader.rest()));
        self.last = Some(self.found.len());
        self.found.push((place, Raw { tokens, value, style: self.style }));
        Some(())
    }

    /// `STRING`: the text that the formula before it gave.
    fn string(&mut self, record: &Record) -> Option<()> {
        let mut reader = record.reader();
        let text = if self.version == Version::Biff8 {
            let length = usize::from(reader.u16()?);
            let is_wide = reader.u8()? & 1 != 0;
            let rest = Record { id: 0, data: reader.rest(), more: record.more.clone(), offset: 0, count: 0 };
            Pieces::new(rest).characters(length, is_wide)
        } else {
            self.label(&mut reader)?
        };
        let (_, cell) = self.found.get_mut(self.last.take()?)?;
        cell.value = Some(Value::Text(text.into()));
        Some(())
    }

    /// `SHRFMLA` and `ARRAY`: the formula of a range, kept under its first cell.
    fn shared(&mut self, reader: &mut Reader<'a>, filler: usize) -> Option<()> {
        let (first, _last) = (reader.u16()?, reader.u16()?);
        let (left, _right) = (reader.u8()?, reader.u8()?);
        reader.skip(filler)?;
        let length = match self.version {
            Version::Biff2 => reader.u8()?.into(),
            _ => usize::from(reader.u16()?),
        };
        let tokens = reader.take_up_to(length);
        // Cells name the first cell of an array, but of a shared formula any: that of the formula just before.
        let named = self.found.last().and_then(|(_, cell)| cell.tokens);
        let named = named.and_then(|(tokens, _)| formula::leads_to(tokens, self.version));
        let first = Place { row: first.into(), column: left.into() };
        self.shared.insert(named.unwrap_or(first), (tokens, reader.rest()));
        self.shared.entry(first).or_insert((tokens, reader.rest()));
        self.reach(first, (tokens, reader.rest()));
        Some(())
    }

    /// Keeps a formula that may reach outside.
    fn reach(&mut self, place: Place, formula: Tokens<'a>) {
        if formula::may_reach(formula.0, self.version, self.with.asks) {
            self.reaching.push((place, formula));
        }
    }

    /// `ROW` (MS-XLS 2.4.221).
    fn row_head(&mut self, reader: &mut Reader) -> Option<()> {
        const HIDDEN: u16 = 0x0020;
        let row = reader.u16()?.into();
        reader.skip(10)?;
        if reader.u16()? & HIDDEN != 0 {
            self.hidden_rows.insert(row);
        }
        Some(())
    }

    /// `COLINFO` (MS-XLS 2.4.53).
    fn columns(&mut self, reader: &mut Reader) -> Option<()> {
        let (first, last) = (reader.u16()?.into(), reader.u16()?.into());
        reader.skip(4)?;
        if reader.u16()? & 1 != 0 && self.hidden_columns.len() < MOST_RANGES {
            self.hidden_columns.push((first, last));
        }
        Some(())
    }

    /// Why a cell is not seen.
    fn why(&self, place: Place, style: u16) -> Option<Why> {
        let is_inside = |(first, last): &(u32, u32)| (*first..=*last).contains(&place.column);
        let row = self.hidden_rows.contains(&place.row).then_some(Why::Row);
        let column = || self.hidden_columns.iter().any(is_inside).then_some(Why::Column);
        self.with.sheet_why.or(row).or_else(column).or_else(|| self.styles.why(style.into()))
    }

    /// `TXO` (MS-XLS 2.4.329): its text stands in the record that continues it.
    fn text_box(&mut self, record: &Record) -> Option<()> {
        let mut reader = record.reader();
        reader.skip(10)?;
        let length = usize::from(reader.u16()?);
        let (first, later) = record.more.split_first()?;
        let (flags, first) = first.split_first()?;
        let text = Record { id: 0, data: first, more: later.to_vec(), offset: 0, count: 0 };
        let text = Pieces::new(text).characters(length, flags & 1 != 0);
        if !text.is_empty() {
            self.remarks.push(text);
        }
        Some(())
    }

    /// Gives the cells to the book. Answers how many bytes of texts are kept by now.
    pub(super) fn finish(
        mut self,
        book: &mut Book,
        sheet: usize,
        names: &Names,
        mut kept: usize,
        budget: &Budget,
    ) -> Result<usize, Stop> {
        let version = self.version;
        for (base, (tokens, extra)) in std::mem::take(&mut self.reaching) {
            budget.tick()?;
            book.reach(sheet, base, &formula::text(tokens, extra, Context { version, names, base }));
        }
        for (base, raw) in std::mem::take(&mut self.found) {
            if let Some(Value::Text(text)) = &raw.value {
                kept += text.len() + 8;
                if let Some(why) = self.why(base, raw.style) {
                    book.hide(sheet, base, why, raw.value.as_ref());
                }
            }
            if self.with.keeps_all || raw.value.is_some() && kept <= MOST_TEXT {
                let shared = |tokens| self.shared.get(&formula::leads_to(tokens, version)?).copied();
                let tokens = raw.tokens.map(|(tokens, extra)| shared(tokens).unwrap_or((tokens, extra)));
                let context = Context { version, names, base };
                let formula = tokens.map(|(tokens, extra)| formula::text(tokens, extra, context));
                book.put(sheet, base, Cell { formula, value: raw.value });
            }
        }
        let name = book.sheets.get(sheet).map(|sheet| sheet.name.clone()).unwrap_or_default();
        for remark in self.remarks {
            kept += remark.len();
            if kept > MOST_TEXT {
                break;
            }
            book.remarks.push((name.clone(), remark));
        }
        Ok(kept)
    }
}

/// The value a formula gave last (MS-XLS 2.5.133): a number, or by its last bytes something else.
fn cached(result: [u8; 8]) -> Option<Value> {
    match result {
        [0, _, _, _, _, _, 0xff, 0xff] => None,
        [1, _, value, _, _, _, 0xff, 0xff] => Some(logical(value, false)),
        [2, _, value, _, _, _, 0xff, 0xff] => Some(logical(value, true)),
        [3, _, _, _, _, _, 0xff, 0xff] => Some(Value::text("")),
        _ => Some(Value::Number(f64::from_le_bytes(result))),
    }
}

fn logical(value: u8, is_error: bool) -> Value {
    if is_error { Value::Error(book::error(value)) } else { Value::Logical(value != 0) }
}

/// A number in four bytes (MS-XLS 2.5.217).
pub(in crate::document::excel) fn rk(raw: u32) -> f64 {
    let number = if raw & 2 == 0 {
        f64::from_bits(u64::from(raw & !3) << 32)
    } else {
        f64::from(raw.cast_signed() >> 2)
    };
    if raw & 1 == 0 { number } else { number / 100.0 }
}
