//! Sheets and shared strings in XML (ECMA-376 Part 1, 18.3 and 18.4). Macro sheets have the same cells under other
//! elements.

use super::book::{self, Book, Cell, Place, Value};
use super::shared::shifted;
use super::styles::Styles;
use super::unseen::Why;
use crate::document::xml::{self, Attributes, Node};
use std::collections::HashMap;
use std::rc::Rc;

/// The shared strings of a package; readings of Japanese words (`rPh`) are left out.
pub(super) fn shared(bytes: &[u8]) -> (Vec<Rc<str>>, bool) {
    let mut strings: Vec<Rc<str>> = Vec::new();
    let (mut text, mut open): (String, Vec<bool>) = (String::new(), Vec::new());
    let mut readings = 0usize;
    let mut names: Vec<&'static str> = Vec::new();
    let whole = xml::walk(bytes, &mut |node| match node {
        Node::Open { name, .. } => {
            let known = ["si", "rPh", "t"].into_iter().find(|known| *known == name).unwrap_or("");
            names.push(known);
            open.push(known == "t");
            readings += usize::from(known == "rPh");
            if known == "si" {
                text.clear();
            }
        }
        Node::Text(piece) if open.last() == Some(&true) && readings == 0 => text.push_str(&escapes(piece)),
        Node::Text(_) => {}
        Node::Close => {
            open.pop();
            match names.pop() {
                Some("si") => strings.push(text.as_str().into()),
                Some("rPh") => readings = readings.saturating_sub(1),
                _ => {}
            }
        }
    });
    (strings, whole)
}

/// The text with characters put in that XML cannot hold (`_x000D_`, ECMA-376 Part 1, 22.9.2.19).
fn escapes(text: &str) -> String {
    if !text.contains("_x") {
        return text.to_string();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let code = after.get(2..6).filter(|_| after.get(6..7) == Some("_"));
        match code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32) {
            Some(letter) => {
                out.push(letter);
                rest = after.get(7..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = after.get(2..).unwrap_or_default();
            }
        }
    }
    out + rest
}

/// What the cells of a sheet are read with.
pub(super) struct Cells<'a> {
    pub(super) strings: &'a [Rc<str>],
    pub(super) styles: &'a Styles,
    /// Whether cells are kept; else they are only looked at for what they reach and hide.
    pub(super) keeps_all: bool,
}

impl Cells<'_> {
    /// Reads the cells of a sheet. Answers whether its XML was well-formed.
    pub(super) fn read(&self, bytes: &[u8], book: &mut Book, sheet: usize) -> bool {
        let mut page = Page::new(self.strings, self.styles, book.why(sheet));
        let whole = xml::walk(bytes, &mut |node| self.give(page.take(node), book, sheet));
        self.give(page.end(), book, sheet);
        whole
    }

    fn give(&self, found: Option<Found>, book: &mut Book, sheet: usize) {
        let Some(Found { place, cell, why }) = found else { return };
        if let Some(formula) = &cell.formula {
            book.reach(sheet, place, formula);
        }
        if let Some(why) = why {
            book.hide(sheet, place, why, cell.value.as_ref());
        }
        if self.keeps_all {
            book.put(sheet, place, cell);
        }
    }
}

/// A cell that was read, and why it is not seen.
struct Found {
    place: Place,
    cell: Cell,
    why: Option<Why>,
}

/// A sheet being read.
struct Page<'a> {
    strings: &'a [Rc<str>],
    styles: &'a Styles,
    /// Why no cell of the sheet is seen.
    sheet_why: Option<Why>,
    is_row_hidden: bool,
    /// The columns that are not seen, first and last.
    hidden_columns: Vec<(u32, u32)>,
    style: u32,
    place: Place,
    /// The row of a `row` that does not say its number.
    next_row: u32,
    is_open: bool,
    kind: String,
    formula: String,
    value: String,
    /// The number of the formula that this cell shares.
    shared: Option<String>,
    /// The formulas that cells share, and the cell in which each is written.
    formulas: HashMap<String, (Place, String)>,
    field: Field,
}

/// Ranges of hidden columns of one sheet that are kept.
const MOST_RANGES: usize = 1_000;

/// Which text of a cell is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    None,
    Formula,
    Value,
}

impl<'a> Page<'a> {
    fn new(strings: &'a [Rc<str>], styles: &'a Styles, sheet_why: Option<Why>) -> Self {
        Self {
            strings,
            styles,
            sheet_why,
            is_row_hidden: false,
            hidden_columns: Vec::new(),
            style: 0,
            place: Place::default(),
            next_row: 0,
            is_open: false,
            kind: String::new(),
            formula: String::new(),
            value: String::new(),
            shared: None,
            formulas: HashMap::new(),
            field: Field::None,
        }
    }

    /// Takes a step. Gives the cell before where a new one or a new row begins.
    fn take(&mut self, node: Node) -> Option<Found> {
        match node {
            Node::Open { name: "row", attributes } => {
                let done = self.end();
                let row = attributes.value("r").and_then(|row| row.trim().parse::<u32>().ok());
                let row = row.map_or(self.next_row, |row| row.saturating_sub(1)).min(1 << 20);
                self.next_row = row + 1;
                self.place = Place { row, column: 0 };
                self.is_row_hidden = is_hidden(attributes, "ht");
                return done;
            }
            Node::Open { name: "c", attributes } => {
                let done = self.end();
                if let Some(place) = attributes.value("r").and_then(|place| book::place(place.trim())) {
                    self.place = place;
                }
                self.kind = attributes.value("t").unwrap_or_default().to_string();
                self.style = attributes.value("s").and_then(|style| style.trim().parse().ok()).unwrap_or(0);
                self.is_open = true;
                return done;
            }
            Node::Open { name: "col", attributes } if is_hidden(attributes, "width") => {
                let number = |name: &str| attributes.value(name)?.trim().parse::<u32>().ok()?.checked_sub(1);
                if let (Some(first), Some(last)) = (number("min"), number("max"))
                    && self.hidden_columns.len() < MOST_RANGES
                {
                    self.hidden_columns.push((first, last));
                }
            }
            Node::Open { name: "f", attributes } => {
                self.field = Field::Formula;
                let is_shared = attributes.value("t") == Some("shared");
                self.shared = attributes.value("si").filter(|_| is_shared).map(str::to_string);
            }
            Node::Open { name: "v" | "t", .. } => self.field = Field::Value,
            Node::Open { .. } | Node::Close => self.field = Field::None,
            Node::Text(text) => match self.field {
                Field::Formula => self.formula.push_str(text),
                Field::Value => self.value.push_str(text),
                Field::None => {}
            },
        }
        None
    }

    /// The cell that was read.
    fn end(&mut self) -> Option<Found> {
        self.field = Field::None;
        let place = self.place;
        if !std::mem::take(&mut self.is_open) {
            return None;
        }
        self.place.column = self.place.column.saturating_add(1);
        let mut formula = Some(std::mem::take(&mut self.formula)).filter(|formula| !formula.is_empty());
        if let Some(shared) = self.shared.take() {
            match &formula {
                Some(formula) => {
                    self.formulas.entry(shared).or_insert_with(|| (place, formula.clone()));
                }
                None => {
                    let told = self.formulas.get(&shared);
                    formula = told.map(|(from, formula)| shifted(formula, *from, place));
                }
            }
        }
        let raw = std::mem::take(&mut self.value);
        let value = self.value_of(&raw);
        let why = self.why(place);
        (formula.is_some() || value.is_some()).then_some(Found { place, cell: Cell { formula, value }, why })
    }

    /// Why the cell is not seen.
    fn why(&self, place: Place) -> Option<Why> {
        let is_inside = |(first, last): &(u32, u32)| (*first..=*last).contains(&place.column);
        let row = self.is_row_hidden.then_some(Why::Row);
        let column = || self.hidden_columns.iter().any(is_inside).then_some(Why::Column);
        self.sheet_why.or(row).or_else(column).or_else(|| self.styles.why(self.style))
    }

    /// The value of a cell by its type (ECMA-376 Part 1, 18.18.11).
    fn value_of(&self, raw: &str) -> Option<Value> {
        if raw.is_empty() {
            return None;
        }
        Some(match self.kind.as_str() {
            "s" => Value::Text(self.strings.get(raw.trim().parse::<usize>().ok()?)?.clone()),
            "str" | "inlineStr" => Value::text(&escapes(raw)),
            "b" => Value::Logical(raw.trim() == "1"),
            "e" => Value::Error("#N/A"),
            _ => raw.trim().parse().map_or_else(|_| Value::text(raw), Value::Number),
        })
    }
}

/// Whether a row or column is hidden, or so small that it shows nothing.
fn is_hidden(attributes: &Attributes, size: &str) -> bool {
    let is_told = matches!(attributes.value("hidden"), Some("1" | "true"));
    let size = attributes.value(size).and_then(|size| size.trim().parse::<f64>().ok());
    is_told || size.is_some_and(|size| size < SMALLEST)
}

/// The height or width, in points or characters, below which nothing can be read.
const SMALLEST: f64 = 0.5;

/// Whether a sheet in XML hides rows or columns, or may: names in UTF-16 are not looked for.
pub(super) fn may_hide(sheet: &[u8]) -> bool {
    let is_wide = sheet.iter().take(64).any(|byte| *byte == 0);
    let marks = [&b"hidden="[..], b" ht=\"0", b" width=\"0"];
    is_wide || marks.iter().any(|mark| memchr::memmem::find(sheet, mark).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Opened;
    use crate::document::excel::book::{Sheet, State};
    use crate::limits::{Budget, Limits};

    fn read(xml: &str, strings: &[&str]) -> Vec<(String, Option<String>, Option<Value>)> {
        let mut book = Book::default();
        book.sheets.push(Sheet::default());
        let strings: Vec<Rc<str>> = strings.iter().map(|text| (*text).into()).collect();
        let cells = Cells { strings: &strings, styles: &Styles::default(), keeps_all: true };
        cells.read(xml.as_bytes(), &mut book, 0);
        let all = book.sheets[0].cells.iter();
        all.map(|(place, cell)| (place.to_string(), cell.formula.clone(), cell.value.clone())).collect()
    }

    #[test]
    fn formulas_values_and_cells_without_places() {
        let xml = "<m:macrosheet xmlns:m=\"x\"><m:row r=\"3\"><m:c r=\"B3\" t=\"s\"><m:v>1</m:v></m:c>\
            <m:c t=\"str\"><m:f>A1&amp;\"x\"</m:f><m:v>ok</m:v></m:c></m:row><m:row><m:c t=\"inlineStr\"><m:is><m:t>in_x0041_</m:t></m:is></m:c>\
            <m:c><m:v>7</m:v></m:c><m:c t=\"b\"><m:v>1</m:v></m:c><m:c/></m:row></m:macrosheet>";
        let want = [
            ("B3".to_string(), None, Some(Value::text("two"))),
            ("C3".to_string(), Some("A1&\"x\"".to_string()), Some(Value::text("ok"))),
            ("A4".to_string(), None, Some(Value::text("inA"))),
            ("B4".to_string(), None, Some(Value::Number(7.0))),
            ("C4".to_string(), None, Some(Value::Logical(true))),
        ];
        assert_eq!(read(xml, &["one", "two"]), want);
    }

    #[test]
    fn shared_formulas_and_damaged_ends() {
        let xml = "<row r=\"1\"><c r=\"A1\"><f t=\"shared\" si=\"0\">CHAR(B1)</f></c><c r=\"A2\"><f t=\"shared\" si=\"0\"/></c><c r=\"A3\"><f>EXEC(1";
        let formulas: Vec<_> = read(xml, &[]).into_iter().map(|(_, formula, _)| formula.unwrap()).collect();
        assert_eq!(formulas, ["CHAR(B1)", "CHAR(B2)", "EXEC(1"]);
        for length in 0..xml.len() {
            read(xml.get(..length).unwrap(), &[]);
        }
    }

    #[test]
    fn shared_strings_without_readings() {
        let xml =
            "<sst><si><t>a</t></si><si><r><t>b</t></r><r><t>c</t></r><rPh><t>x</t></rPh></si><si/></sst>";
        let (strings, whole) = shared(xml.as_bytes());
        let strings: Vec<&str> = strings.iter().map(|text| &**text).collect();
        assert_eq!((strings, whole), (vec!["a", "bc", ""], true));
        assert_eq!(escapes("_x0041_b_x00_xZZZZ_表_x"), "Ab_x00_xZZZZ_表_x");
    }

    #[test]
    fn cells_that_are_not_seen_are_looked_at() {
        let xml = "<worksheet><cols><col min=\"3\" max=\"4\" hidden=\"1\"/><col min=\"5\" max=\"5\" width=\"0\"/></cols>\
            <sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" s=\"1\" t=\"s\"><v>0</v></c>\
            <c r=\"D1\" t=\"s\"><v>0</v></c><c r=\"E1\" t=\"str\"><f>A1</f><v>cmd /c two</v></c></row>\
            <row r=\"2\" hidden=\"1\"><c r=\"A2\" t=\"inlineStr\"><is><t>cmd /c three</t></is></c></row>\
            <row r=\"3\"><c r=\"A3\" t=\"s\"><v>0</v></c></row></sheetData></worksheet>";
        let styles = super::super::styles::read(
            b"<styleSheet><fonts><font/><font><color theme=\"0\"/></font></fonts><cellXfs><xf/><xf fontId=\"1\"/></cellXfs></styleSheet>",
        );
        let strings = ["cmd /c one".into()];
        let told = |state| {
            let mut book = Book::default();
            book.sheets.push(Sheet { name: "S".into(), state, ..Sheet::default() });
            let cells = Cells { strings: &strings, styles: &styles, keeps_all: false };
            assert!(may_hide(xml.as_bytes()) && cells.read(xml.as_bytes(), &mut book, 0));
            assert!(book.sheets[0].cells.is_empty());
            let mut out = Opened::default();
            book.unseen.give(&mut out, &mut Budget::new(&Limits::default())).unwrap();
            String::from_utf8(out.children[0].bytes.clone()).unwrap()
        };
        let want = "S!B1 (colour of the cell) = cmd /c one\nS!D1 (hidden column) = cmd /c one\n\
            S!E1 (hidden column) = cmd /c two\nS!A2 (hidden row) = cmd /c three\n";
        assert_eq!(told(State::Visible), want);
        assert_eq!(told(State::VeryHidden).matches("(hidden sheet)").count(), 6);
    }
}
