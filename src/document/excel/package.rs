//! Workbooks in packages: `.xlsx`, `.xlsm`, `.xlsb` (ECMA-376 Part 1, 12; MS-XLSB 2.1; MS-OFFMACRO2 2.2.1).
//!
//! Which part is what follows from relationships and content types; names and prefixes tell nothing. The cells are
//! read only where a macro sheet is there to read them, where a formula reaches outside, where some are not seen, or
//! where they are binary, so that `ooxml` has no words of them.

mod parts;
#[cfg(test)]
mod tests;

use super::book::{Book, Name, Sheet, State};
use super::styles::{self, Styles};
use super::{give, outward, sheet_xml, unseen, xlsb};
use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::document::xml::{self, Node};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::zip::Archive;
use parts::{Parts, Relation, type_of};
use std::collections::HashMap;
use std::rc::Rc;

/// Workbooks in packages.
pub struct Package;

impl Format for Package {
    fn id(&self) -> &'static str {
        "workbook"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        matches!(artifact.kind.id, "xlsx" | "ooxml")
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(archive) = Archive::read(&artifact.bytes, budget) else { return Ok(()) };
        let parts = Parts::of(&archive);
        let types = parts.types(budget)?;
        let Some(main) = parts.main(&types, budget)? else { return Ok(()) };
        let relations = parts.relations(&main, budget)?;
        let bytes = parts.read(&main, budget)?;
        let mut opened = Workbook { parts, types, main, relations, out };
        if bytes.first() == Some(&b'<')
            || bytes.starts_with(b"\xef\xbb\xbf")
            || bytes.starts_with(b"\xff\xfe")
        {
            opened.xml(&bytes, budget)
        } else {
            opened.binary(artifact, &bytes, budget)
        }
    }
}

/// A package whose workbook part is known.
struct Workbook<'a, 'o> {
    parts: Parts<'a>,
    types: HashMap<String, String>,
    main: String,
    relations: Vec<Relation>,
    out: &'o mut Opened,
}

/// Very hidden sheets of one workbook that are told.
const MOST_TOLD: usize = 20;
/// Sheets of one workbook that are read.
const MOST_SHEETS: usize = 4_000;

impl Workbook<'_, '_> {
    /// A workbook in XML.
    fn xml(&mut self, bytes: &[u8], budget: &mut Budget) -> Result<(), Stop> {
        let mut told = Told::default();
        if !xml::walk(bytes, &mut |node| told.take(node)) {
            self.out.broke("xml-damaged", self.main.as_str());
        }
        let mut book = Book { names: told.names, ..Book::default() };
        let mut places = Vec::new();
        for (name, relation, state) in told.sheets.into_iter().take(MOST_SHEETS) {
            let (place, is_macro) = self.place(&relation);
            book.sheets.push(Sheet { name, is_macro, state, ..Sheet::default() });
            places.push(place);
        }
        self.note_very_hidden(&book);
        self.links(budget)?;
        if !book.has_macros() {
            return self.looked_at(&places, &mut book, budget);
        }
        let strings = self.strings(budget)?;
        let styles = self.styles(budget)?;
        let cells = sheet_xml::Cells { strings: &strings, styles: &styles, keeps_all: true };
        for (sheet, place) in places.into_iter().enumerate() {
            let bytes = self.parts.read(&place, budget)?;
            if !cells.read(&bytes, &mut book, sheet) {
                self.out.broke("xml-damaged", place);
            }
        }
        self.give(book, budget)
    }

    /// Tells what formulas of worksheets reach, and what stands in cells that are not seen. Sheets that name no such
    /// function and hide nothing telling are not walked.
    fn looked_at(&mut self, places: &[String], book: &mut Book, budget: &mut Budget) -> Result<(), Stop> {
        let styles = self.styles(budget)?;
        let mut strings: Option<Vec<Rc<str>>> = None;
        let mut tells = false;
        for (sheet, place) in places.iter().enumerate() {
            budget.tick()?;
            let bytes = self.parts.read(place, budget)?;
            let hides = book.why(sheet).is_some() || styles.any() || sheet_xml::may_hide(&bytes);
            if hides && strings.is_none() {
                let shared = self.strings(budget)?;
                tells = shared.iter().any(|text| unseen::is_telling(text))
                    || shared.iter().any(|text| unseen::is_piece(text));
                strings = Some(shared);
            }
            if outward::is_telling(&bytes) || hides && (tells || unseen::may_tell(&bytes)) {
                let strings = strings.as_deref().unwrap_or_default();
                let cells = sheet_xml::Cells { strings, styles: &styles, keeps_all: false };
                cells.read(&bytes, book, sheet);
            }
        }
        give::outward(book, self.out, budget)
    }

    /// The shared strings of a workbook in XML.
    fn strings(&self, budget: &mut Budget) -> Result<Vec<Rc<str>>, Stop> {
        let Some(part) = self.part_of_kind("sharedstrings") else { return Ok(Vec::new()) };
        Ok(sheet_xml::shared(&self.parts.read(&part, budget)?).0)
    }

    fn styles(&self, budget: &mut Budget) -> Result<Styles, Stop> {
        let Some(part) = self.part_of_kind("styles") else { return Ok(Styles::default()) };
        Ok(styles::read(&self.parts.read(&part, budget)?))
    }

    /// A workbook in binary parts.
    fn binary(&mut self, artifact: &Artifact, bytes: &[u8], budget: &mut Budget) -> Result<(), Stop> {
        let workbook = xlsb::Workbook::read(bytes);
        let mut book = Book { names: workbook.defined.clone(), ..Book::default() };
        let mut places = Vec::new();
        for told in workbook.sheets.iter().take(MOST_SHEETS) {
            let (place, is_macro) = self.place(&told.relation);
            let state = match told.state {
                0 => State::Visible,
                1 => State::Hidden,
                _ => State::VeryHidden,
            };
            book.sheets.push(Sheet { name: told.name.clone(), is_macro, state, ..Sheet::default() });
            places.push(place);
        }
        self.note_very_hidden(&book);
        self.links(budget)?;
        let strings = match self.part_of_kind("sharedstrings") {
            Some(part) => xlsb::shared(&self.parts.read(&part, budget)?),
            None => Vec::new(),
        };
        let styles = match self.part_of_kind("styles") {
            Some(part) => xlsb::styles(&self.parts.read(&part, budget)?),
            None => Styles::default(),
        };
        let keeps_all = book.has_macros();
        let asks = workbook.names.ask();
        let cells = xlsb::Cells { strings: &strings, workbook: &workbook, styles: &styles, keeps_all, asks };
        for (sheet, place) in places.into_iter().enumerate() {
            let bytes = self.parts.read(&place, budget)?;
            cells.read(&bytes, &mut book, sheet, budget)?;
        }
        give::letter(artifact, &book, self.out);
        self.give(book, budget)
    }

    fn give(&mut self, mut book: Book, budget: &mut Budget) -> Result<(), Stop> {
        if book.is_cut {
            self.out.missed("limit-cells", "too many cells");
        }
        give::outward(&mut book, self.out, budget)?;
        give::macros(&book, self.out, budget)?;
        give::cells(&book, self.out, budget)
    }

    /// Notes worksheets that a person cannot show again without a macro. Of macro sheets their own listing tells.
    fn note_very_hidden(&mut self, book: &Book) {
        let hidden = book.sheets.iter().filter(|sheet| !sheet.is_macro && sheet.state == State::VeryHidden);
        let facts = hidden
            .take(MOST_TOLD)
            .map(|sheet| Fact::Header { name: "very-hidden-sheet", value: sheet.name.clone() });
        self.out.facts.extend(facts);
    }

    /// The part of a sheet, and whether it holds macros: by its relationship or by its content type.
    fn place(&self, relation: &str) -> (String, bool) {
        let Some(relation) = self.relations.iter().find(|known| known.id == relation) else {
            return (String::new(), false);
        };
        let is_macro = relation.kind.ends_with("macrosheet")
            || type_of(&self.types, &relation.target).contains("macrosheet");
        (relation.target.clone(), is_macro)
    }

    fn part_of_kind(&self, kind: &str) -> Option<String> {
        self.relations.iter().find(|relation| relation.kind == kind).map(|relation| relation.target.clone())
    }

    /// Notes links to programs by DDE (ECMA-376 Part 1, 18.14.4).
    fn links(&mut self, budget: &mut Budget) -> Result<(), Stop> {
        let links = self.relations.iter().filter(|relation| relation.kind == "externallink");
        for link in links.take(MOST_SHEETS) {
            let bytes = self.parts.read(&link.target, budget)?;
            if bytes.first() != Some(&b'<') {
                self.out.facts.extend(xlsb::link(&bytes));
                continue;
            }
            let (mut server, mut items): (Option<String>, Vec<String>) = (None, Vec::new());
            xml::walk(&bytes, &mut |node| match node {
                Node::Open { name: "ddeLink", attributes } => {
                    let value = |name: &str| attributes.value(name).unwrap_or_default().to_string();
                    server = Some(format!("{}|{}", value("ddeService"), value("ddeTopic")));
                }
                Node::Open { name: "ddeItem", attributes } => {
                    items.extend(attributes.value("name").map(|name| format!("!{name}")));
                }
                _ => {}
            });
            if let Some(server) = server {
                let item = items.first().map(String::as_str).unwrap_or_default();
                let target = format!("{server}{item}");
                self.out.facts.push(Fact::External { relation: "dde".into(), target });
            }
        }
        Ok(())
    }
}

/// What the workbook part in XML tells.
#[derive(Default)]
struct Told {
    sheets: Vec<(String, String, State)>,
    names: Vec<Name>,
    is_name: bool,
}

impl Told {
    fn take(&mut self, node: Node) {
        match node {
            Node::Open { name: "sheet", attributes } => {
                let value = |name: &str| attributes.value(name).unwrap_or_default();
                let state = match value("state") {
                    "hidden" => State::Hidden,
                    "veryHidden" => State::VeryHidden,
                    _ => State::Visible,
                };
                self.sheets.push((value("name").to_string(), value("id").to_string(), state));
            }
            Node::Open { name: "definedName", attributes } => {
                let name = attributes.value("name").unwrap_or_default().to_string();
                let is_hidden = matches!(attributes.value("hidden"), Some("1" | "true"));
                self.names.push(Name { name, is_hidden, formula: String::new() });
                self.is_name = true;
            }
            Node::Text(text) if self.is_name => {
                if let Some(name) = self.names.last_mut() {
                    name.formula.push_str(text);
                }
            }
            Node::Text(_) => {}
            _ => self.is_name = false,
        }
    }
}
