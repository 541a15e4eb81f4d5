//! Sheets and shared strings in XML (ECMA-376 Part 1, 18.3 and 18.4). Macro sheets have the same cells under other
//! elements.

use super::book::{self, Book, Cell, Place, Value};
use crate::document::xml::{self, Node};
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

/// Reads the cells of a sheet. Answers whether its XML was well-formed.
pub(super) fn cells(bytes: &[u8], strings: &[Rc<str>], book: &mut Book, sheet: usize) -> bool {
    let mut page = Page::new(strings);
    let whole = xml::walk(bytes, &mut |node| {
        if let Some((place, cell)) = page.take(node) {
            book.put(sheet, place, cell);
        }
    });
    if let Some((place, cell)) = page.end() {
        book.put(sheet, place, cell);
    }
    whole
}

/// A sheet being read.
struct Page<'a> {
    strings: &'a [Rc<str>],
    place: Place,
    is_open: bool,
    kind: String,
    formula: String,
    value: String,
    /// The number of the formula that this cell shares.
    shared: Option<String>,
    formulas: HashMap<String, String>,
    field: Field,
}

/// Which text of a cell is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    None,
    Formula,
    Value,
}

impl<'a> Page<'a> {
    fn new(strings: &'a [Rc<str>]) -> Self {
        Self {
            strings,
            place: Place::default(),
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
    fn take(&mut self, node: Node) -> Option<(Place, Cell)> {
        match node {
            Node::Open { name: "row", attributes } => {
                let done = self.end();
                let row = attributes.value("r").and_then(|row| row.trim().parse::<u32>().ok());
                self.place.row = row.map_or(self.place.row + 1, |row| row.saturating_sub(1)).min(1 << 20);
                self.place.column = 0;
                return done;
            }
            Node::Open { name: "c", attributes } => {
                let done = self.end();
                if let Some(place) = attributes.value("r").and_then(|place| book::place(place.trim())) {
                    self.place = place;
                }
                self.kind = attributes.value("t").unwrap_or_default().to_string();
                self.is_open = true;
                return done;
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
    fn end(&mut self) -> Option<(Place, Cell)> {
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
                    self.formulas.entry(shared).or_insert_with(|| formula.clone());
                }
                None => formula = self.formulas.get(&shared).cloned(),
            }
        }
        let raw = std::mem::take(&mut self.value);
        let value = self.value_of(&raw);
        (formula.is_some() || value.is_some()).then_some((place, Cell { formula, value }))
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
