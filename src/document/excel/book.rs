//! A workbook as all its file forms tell it: sheets, cells, names.

use super::outward::Outward;
use super::unseen::{Unseen, Why};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// What was read of a workbook.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) sheets: Vec<Sheet>,
    pub(super) names: Vec<Name>,
    /// Texts of comments and text boxes, with the sheet they stand on.
    pub(super) remarks: Vec<(String, String)>,
    /// What formulas of its worksheets reach.
    pub(super) outward: Outward,
    /// What cells hold that a person does not see.
    pub(super) unseen: Unseen,
    /// Whether cells were left out because there were too many.
    pub(super) is_cut: bool,
    pub(super) count: usize,
}

/// A sheet.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) is_macro: bool,
    pub(super) state: State,
    pub(super) cells: BTreeMap<Place, Cell>,
}

/// Whether a person sees the sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Visible,
    /// Can be shown by the menu.
    Hidden,
    /// Can be shown by a program only.
    VeryHidden,
}

/// Row and column, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) row: u32,
    pub(super) column: u32,
}

/// A cell: its formula without the equals sign, and the value that is written or was computed last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cell {
    pub(super) formula: Option<String>,
    pub(super) value: Option<Value>,
}

/// The value of a cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(Rc<str>),
    Number(f64),
    Logical(bool),
    Error(&'static str),
}

/// A defined name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) name: String,
    pub(super) is_hidden: bool,
    /// What it stands for, without the equals sign.
    pub(super) formula: String,
}

/// The most cells of one workbook that are kept. Only workbooks with macro sheets need more than their texts.
const MOST_CELLS: usize = 600_000;

impl Book {
    /// Whether any sheet holds macros.
    pub(super) fn has_macros(&self) -> bool {
        self.sheets.iter().any(|sheet| sheet.is_macro)
    }

    /// Looks at what the formula of a cell reaches. What macros call is told by their listing.
    pub(super) fn reach(&mut self, sheet: usize, place: Place, formula: &str) {
        if let Some(sheet) = self.sheets.get(sheet).filter(|sheet| !sheet.is_macro) {
            self.outward.take(&sheet.name, place, formula);
        }
    }

    /// The same for every cell that was kept.
    pub(super) fn reach_all(&mut self) {
        for sheet in self.sheets.iter().filter(|sheet| !sheet.is_macro) {
            for (place, cell) in &sheet.cells {
                if let Some(formula) = &cell.formula {
                    self.outward.take(&sheet.name, *place, formula);
                }
            }
        }
    }

    /// Looks at the value of a cell that a person does not see. Of macro sheets their listing tells.
    pub(super) fn hide(&mut self, sheet: usize, place: Place, why: Why, value: Option<&Value>) {
        let sheet = self.sheets.get(sheet).filter(|sheet| !sheet.is_macro);
        if let (Some(sheet), Some(Value::Text(text))) = (sheet, value) {
            self.unseen.take(&sheet.name, place, why, text);
        }
    }

    /// Why no cell of a sheet is seen.
    pub(super) fn why(&self, sheet: usize) -> Option<Why> {
        let sheet = self.sheets.get(sheet)?;
        (sheet.state != State::Visible).then_some(Why::Sheet)
    }

    /// Puts a cell on a sheet.
    pub(super) fn put(&mut self, sheet: usize, place: Place, cell: Cell) {
        if self.count >= MOST_CELLS {
            self.is_cut = true;
        } else if let Some(sheet) = self.sheets.get_mut(sheet) {
            self.count += 1;
            sheet.cells.insert(place, cell);
        }
    }

    /// The sheet of that name, case ignored.
    pub(super) fn sheet(&self, name: &str) -> Option<usize> {
        self.sheets.iter().position(|sheet| is_same(&sheet.name, name))
    }
}

/// Whether two names of sheets are one to Excel.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}

impl Value {
    /// A text.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// As formulas write it.
    pub(super) fn literal(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            _ => self.to_string(),
        }
    }
}

/// A text as formulas write it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Text(text) => out.write_str(text),
            Self::Number(number) => write!(out, "{number}"),
            Self::Logical(true) => out.write_str("TRUE"),
            Self::Logical(false) => out.write_str("FALSE"),
            Self::Error(error) => out.write_str(error),
        }
    }
}

/// The name of an error value (MS-XLS 2.5.10).
pub(super) fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        0x2b => "#GETTING_DATA",
        _ => "#N/A",
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}{}", column_name(self.column), u64::from(self.row) + 1)
    }
}

/// The letters of a column.
pub(super) fn column_name(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// The place that a reference like `$B$7` names.
pub(super) fn place(reference: &str) -> Option<Place> {
    let reference = reference.strip_prefix('$').unwrap_or(reference);
    let digits = reference.find(|c: char| !c.is_ascii_alphabetic())?;
    let (letters, row) = reference.split_at_checked(digits)?;
    let row = row.strip_prefix('$').unwrap_or(row);
    if letters.is_empty() || letters.len() > 3 || !row.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let column = letters
        .bytes()
        .fold(0u32, |sum, letter| sum * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row: u32 = row.parse().ok()?;
    let is_inside = row <= 1 << 20 && column <= 1 << 14;
    is_inside.then(|| Some(Place { row: row.checked_sub(1)?, column: column.checked_sub(1)? }))?
}

/// The name of a sheet as references write it.
pub(super) fn sheet_reference(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty();
    if is_plain { name.to_string() } else { format!("'{}'", name.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_and_read() {
        for (text, row, column) in
            [("A1", 0, 0), ("Z9", 8, 25), ("AA10", 9, 26), ("XFD1048576", 1_048_575, 16_383)]
        {
            let want = Place { row, column };
            assert_eq!((want.to_string().as_str(), place(text)), (text, Some(want)));
        }
        assert_eq!(place("$BC$12"), Some(Place { row: 11, column: 54 }));
        for bad in ["", "A", "1", "A0", "ABCD1", "XFE1", "A1048577", "A1B", "表1"] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_of_sheets_are_quoted_where_they_must() {
        assert_eq!(sheet_reference("Macro1"), "Macro1");
        assert_eq!(sheet_reference("it's 1"), "'it''s 1'");
        assert_eq!(sheet_reference("売上"), "売上");
    }
}
