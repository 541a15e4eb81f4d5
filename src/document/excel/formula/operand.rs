//! What follows a token, in each version of the format.

use super::Context;
use crate::bytes::Reader;
use crate::document::excel::book::{self, Place, column_name, sheet_reference};
use crate::text;

/// The version of the record stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::document::excel) enum Version {
    Biff2,
    Biff3,
    Biff4,
    Biff5,
    Biff8,
    /// The binary parts of `.xlsb`.
    Biff12,
}

/// What names and sheet numbers in tokens mean.
#[derive(Debug, Default)]
pub(in crate::document::excel) struct Names {
    /// The defined names, which tokens count from 1.
    pub(in crate::document::excel) defined: Vec<String>,
    /// The sheets, in their order.
    pub(in crate::document::excel) sheets: Vec<String>,
    /// What 3-D references lead to (`EXTERNSHEET`).
    pub(in crate::document::excel) targets: Vec<Target>,
    /// Other workbooks, add-ins and programs.
    pub(in crate::document::excel) books: Vec<Elsewhere>,
    /// The code page of texts before BIFF8.
    pub(in crate::document::excel) code_page: u16,
}

/// Sheets `first` to `last` of a workbook; negative where there is none.
#[derive(Clone, Copy, Debug)]
pub(in crate::document::excel) struct Target {
    pub(in crate::document::excel) book: usize,
    pub(in crate::document::excel) first: i32,
    pub(in crate::document::excel) last: i32,
}

/// What a `SUPBOOK` or an `EXTERNSHEET` before BIFF8 leads to.
#[derive(Debug, Default)]
pub(in crate::document::excel) struct Elsewhere {
    /// Whether it is the workbook itself.
    pub(in crate::document::excel) is_own: bool,
    /// Whether it is a file elsewhere, and whether what it leads to is an object.
    pub(in crate::document::excel) is_file: bool,
    pub(in crate::document::excel) is_object: bool,
    /// File name, or program and topic of a DDE link as `program|topic`.
    pub(in crate::document::excel) path: String,
    pub(in crate::document::excel) sheets: Vec<String>,
    pub(in crate::document::excel) names: Vec<String>,
}

impl Version {
    pub(super) fn cell_width(self) -> usize {
        match self {
            Self::Biff8 => 4,
            Self::Biff12 => 6,
            _ => 3,
        }
    }

    pub(super) fn area_width(self) -> usize {
        match self {
            Self::Biff8 => 8,
            Self::Biff12 => 12,
            _ => 6,
        }
    }

    pub(super) fn array_filler(self) -> usize {
        match self {
            Self::Biff2 => 6,
            Self::Biff12 => 14,
            _ => 7,
        }
    }

    pub(super) fn has_short_calls(self) -> bool {
        self <= Self::Biff3
    }
}

/// One corner of a reference.
#[derive(Clone, Copy, Debug)]
struct Corner {
    row: u32,
    column: u32,
    is_row_relative: bool,
    is_column_relative: bool,
}

/// A reference: one corner or two.
#[derive(Debug)]
pub(super) struct Reference {
    version: Version,
    from: Corner,
    to: Option<Corner>,
}

impl Reference {
    /// The text. With a base, relative numbers are distances from it (`PtgRefN`).
    pub(super) fn written(&self, base: Option<Place>) -> String {
        let from = self.corner(self.from, base);
        match self.to {
            Some(to) => format!("{from}:{}", self.corner(to, base)),
            None => from,
        }
    }

    fn corner(&self, corner: Corner, base: Option<Place>) -> String {
        let (rows, columns) = match self.version {
            Version::Biff12 => (1 << 20, 1 << 14),
            Version::Biff8 => (1 << 16, 1 << 8),
            _ => (1 << 14, 1 << 8),
        };
        let far = |value: u32, is_relative: bool, from: Option<u32>, size: u32| match from {
            Some(from) if is_relative => value.wrapping_add(from) % size,
            _ => value,
        };
        let row = far(corner.row, corner.is_row_relative, base.map(|base| base.row), rows);
        let column = far(corner.column, corner.is_column_relative, base.map(|base| base.column), columns);
        let mark = |is_relative: bool| if is_relative { "" } else { "$" };
        format!(
            "{}{}{}{}",
            mark(corner.is_column_relative),
            column_name(column),
            mark(corner.is_row_relative),
            u64::from(row) + 1
        )
    }
}

/// Row and column of one corner. Before BIFF8 the marks of relative parts stand in the row, since then in the column.
fn corner(row: u32, column: u32, version: Version) -> Corner {
    let (marks, row, column) = match version {
        Version::Biff8 => (column, row, column & 0x00ff),
        Version::Biff12 => (column, row, column & 0x3fff),
        _ => (row, row & 0x3fff, column),
    };
    Corner { row, column, is_row_relative: marks & 0x8000 != 0, is_column_relative: marks & 0x4000 != 0 }
}

fn row(reader: &mut Reader, version: Version) -> Option<u32> {
    if version == Version::Biff12 { reader.u32() } else { reader.u16().map(u32::from) }
}

fn column(reader: &mut Reader, version: Version) -> Option<u32> {
    if version >= Version::Biff8 { reader.u16().map(u32::from) } else { reader.u8().map(u32::from) }
}

/// `PtgRef` and its kin.
pub(super) fn cell(reader: &mut Reader, version: Version) -> Option<Reference> {
    let (row, column) = (row(reader, version)?, column(reader, version)?);
    Some(Reference { version, from: corner(row, column, version), to: None })
}

/// `PtgArea` and its kin.
pub(super) fn area(reader: &mut Reader, version: Version) -> Option<Reference> {
    let (first, last) = (row(reader, version)?, row(reader, version)?);
    let (left, right) = (column(reader, version)?, column(reader, version)?);
    let (from, to) = (corner(first, left, version), corner(last, right, version));
    Some(Reference { version, from, to: Some(to) })
}

/// The cell of a shared formula. MS-XLSB puts the column behind the tokens, where it is not needed.
pub(super) fn lead(reader: &mut Reader, version: Version) -> Option<Place> {
    let row = row(reader, version)?;
    let column = match version {
        Version::Biff2 => reader.u8()?.into(),
        Version::Biff12 => 0,
        _ => reader.u16()?.into(),
    };
    Some(Place { row, column })
}

/// The length of the tokens of a `PtgMem…`, which follow as tokens of their own.
pub(super) fn inner_length(reader: &mut Reader, version: Version) -> Option<()> {
    if version == Version::Biff2 { reader.u8().map(drop) } else { reader.u16().map(drop) }
}

/// A text in a token.
pub(super) fn string(reader: &mut Reader, version: Version) -> Option<String> {
    match version {
        Version::Biff12 => {
            let length = reader.u16()?;
            Some(text::decode("utf-16le", reader.take(usize::from(length) * 2)?))
        }
        Version::Biff8 => {
            let length = reader.u8()?;
            short_string(reader, length.into())
        }
        _ => {
            let length = reader.u8()?;
            Some(text::code_page(0, reader.take(length.into())?))
        }
    }
}

/// MS-XLS 2.5.240: characters of one or two bytes, as a flag before them says. What is cut is read as far as it goes.
pub(in crate::document::excel) fn short_string(reader: &mut Reader, length: usize) -> Option<String> {
    if reader.u8()? & 1 == 0 {
        Some(reader.take_up_to(length).iter().map(|byte| char::from(*byte)).collect())
    } else {
        Some(text::decode("utf-16le", reader.take_up_to(length * 2)))
    }
}

/// `PtgSxName`, `PtgList` and their kin, which the byte behind tells apart.
pub(super) fn extended(reader: &mut Reader, version: Version, push: &mut dyn FnMut(String)) -> Option<()> {
    match (reader.u8()?, version) {
        (0x19, Version::Biff12) => {
            reader.skip(12)?;
            push("#TABLE".into());
        }
        (_, Version::Biff8 | Version::Biff12) => {
            reader.skip(4)?;
            push("#PIVOT".into());
        }
        _ => return None,
    }
    Some(())
}

/// `PtgName`.
pub(super) fn name(reader: &mut Reader, context: Context) -> Option<String> {
    let (number, filler) = match context.version {
        Version::Biff12 => (reader.u32()?, 0),
        Version::Biff8 => (reader.u16()?.into(), 2),
        Version::Biff5 => (reader.u16()?.into(), 12),
        Version::Biff3 | Version::Biff4 => (reader.u16()?.into(), 8),
        Version::Biff2 => (reader.u16()?.into(), 5),
    };
    reader.skip(filler)?;
    Some(at(&context.names.defined, number).unwrap_or_else(|| format!("NAME.{number}")))
}

/// The item that tokens count from 1.
fn at(list: &[String], number: u32) -> Option<String> {
    list.get(usize::try_from(number.checked_sub(1)?).ok()?).cloned()
}

/// `PtgNameX`: a name of another workbook, an add-in, or an item of a DDE link.
pub(super) fn name_elsewhere(reader: &mut Reader, context: Context) -> Option<String> {
    let names = context.names;
    let (book, number) = match context.version {
        Version::Biff12 => (target(names, reader.u16()?), reader.u32()?),
        Version::Biff8 => {
            let (target_number, number) = (reader.u16()?, reader.u16()?);
            reader.skip(2)?;
            (target(names, target_number), number.into())
        }
        _ => {
            let book = old_book(reader.u16()?);
            reader.skip(8)?;
            let number = reader.u16()?;
            reader.skip(12)?;
            (book, number.into())
        }
    };
    let unknown = || format!("NAMEX.{number}");
    let Some(elsewhere) = book.and_then(|book| names.books.get(book)) else {
        return Some(at(&names.defined, number).unwrap_or_else(unknown));
    };
    if elsewhere.is_own {
        return Some(at(&names.defined, number).unwrap_or_else(unknown));
    }
    let item = at(&elsewhere.names, number).unwrap_or_else(unknown);
    match elsewhere.path.split_once('|') {
        Some((program, topic)) => Some(format!("{program}|'{topic}'!{item}")),
        None if elsewhere.path.is_empty() => Some(item),
        None => Some(format!("'{}'!{item}", elsewhere.path)),
    }
}

fn target(names: &Names, number: u16) -> Option<usize> {
    names.targets.get(usize::from(number)).map(|target| target.book)
}

/// Before BIFF8 other sheets are counted from 1, and those of the workbook itself are negative.
fn old_book(number: u16) -> Option<usize> {
    let own = number.wrapping_neg();
    usize::from(if number & 0x8000 == 0 { number } else { own }).checked_sub(1)
}

/// The sheet of a 3-D reference, with its exclamation mark.
pub(super) fn sheet(reader: &mut Reader, context: Context) -> Option<String> {
    if context.version >= Version::Biff8 {
        let number = reader.u16()?;
        let target = context.names.targets.get(usize::from(number)).copied();
        return Some(
            target.map_or_else(|| format!("SHEET.{number}!"), |target| named(context.names, target)),
        );
    }
    let number = reader.u16()?;
    reader.skip(8)?;
    let (first, last) = (reader.u16()?, reader.u16()?);
    let is_own = number & 0x8000 != 0;
    let signed = |number: u16| i32::from(number.cast_signed());
    if is_own {
        let own = Target { book: usize::MAX, first: signed(first), last: signed(last) };
        return Some(named(context.names, own));
    }
    let elsewhere = old_book(number).and_then(|book| context.names.books.get(book));
    let path = elsewhere.map_or_else(|| format!("SHEET.{number}"), |elsewhere| elsewhere.path.clone());
    Some(format!("{}!", sheet_reference(&path)))
}

/// The name of the sheets of a target.
fn named(names: &Names, target: Target) -> String {
    let elsewhere = names.books.get(target.book).filter(|elsewhere| !elsewhere.is_own);
    let list = elsewhere.map_or(&names.sheets, |elsewhere| &elsewhere.sheets);
    let of = |number: i32| usize::try_from(number).ok().and_then(|number| list.get(number));
    let range = match (of(target.first), of(target.last)) {
        (Some(first), Some(last)) if first != last => format!("{first}:{last}"),
        (Some(first), _) => first.clone(),
        _ if target.first < 0 => "#REF".into(),
        _ => format!("SHEET.{}", target.first),
    };
    match elsewhere {
        Some(elsewhere) => format!("'[{}]{range}'!", elsewhere.path),
        None => format!("{}!", sheet_reference(&range)),
    }
}

/// The constants of an array, which stand behind the tokens.
pub(super) fn array(extra: &mut Reader, version: Version) -> Option<String> {
    let (columns, rows) = match version {
        Version::Biff12 => (extra.u32()?, extra.u32()?),
        Version::Biff2 => (extra.u8()?.into(), extra.u16()?.into()),
        _ => (u32::from(extra.u8()?) + 1, u32::from(extra.u16()?) + 1),
    };
    let mut out = String::from("{");
    'rows: for row in 0..rows {
        for column in 0..columns {
            if out.len() > super::MOST_TEXT {
                break 'rows;
            }
            out.push_str(match (row, column) {
                (0, 0) => "",
                (_, 0) => ";",
                _ => ",",
            });
            let Some(value) = constant(extra, version) else { break 'rows };
            out.push_str(&value);
        }
    }
    out.push('}');
    Some(out)
}

fn constant(extra: &mut Reader, version: Version) -> Option<String> {
    let is_new = version == Version::Biff12;
    let logical = |value: u8| if value == 0 { "FALSE".to_string() } else { "TRUE".to_string() };
    Some(match (extra.u8()?, is_new) {
        (0x01, false) | (0x00, true) => f64::from_bits(extra.u64()?).to_string(),
        (0x02, false) if version == Version::Biff8 => {
            let length = extra.u16()?;
            book::quoted(&short_string(extra, length.into())?)
        }
        (0x02, false) | (0x01, true) => book::quoted(&string(extra, version)?),
        (0x02, true) => logical(extra.u8()?),
        (0x04, true) => {
            let code = extra.u8()?;
            extra.skip(3)?;
            book::error(code).to_string()
        }
        (0x04, false) => logical(eight(extra)?),
        (0x10, false) => book::error(eight(extra)?).to_string(),
        (0x00, false) => eight(extra).map(|_| String::new())?,
        _ => return None,
    })
}

/// The first of eight bytes.
fn eight(extra: &mut Reader) -> Option<u8> {
    let value = extra.u8()?;
    extra.skip(7)?;
    Some(value)
}

/// Steps over the areas of a `PtgMemArea`, which stand behind the tokens too.
pub(super) fn skip_areas(extra: &mut Reader, version: Version) {
    let (count, width) = match version {
        Version::Biff12 => (extra.u32().unwrap_or(0), 16),
        Version::Biff8 => (extra.u16().unwrap_or(0).into(), 8),
        _ => (extra.u16().unwrap_or(0).into(), 6),
    };
    let length = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(width);
    extra.take_up_to(length);
}
