//! The text of the pages (ISO 32000-1 9), well enough to search in: in the order of the pages and of their operators,
//! a line wherever the pen moves up or down. No layout is worked out.

mod cmap;
mod content;
mod encoding;
mod font;
mod glyphs;
mod matrix;
mod pages;
mod writer;

use super::actions::Found;
use super::file::File;
use super::object::Dict;
use super::strings;
use crate::artifact::{Fact, Opened};
use crate::limits::{Budget, Stop};
use content::Reader;
use pages::{Page, pages};
use std::collections::BTreeSet;

/// Decoded content streams of the first pages that are gone through, and the most bytes of their text. What comes
/// behind is not searched for text; actions, links, scripts and files are found all the same.
const CONTENT: usize = 2 << 20;
const LONGEST: usize = 256 << 10;

/// The last pages, which are read too where the first ones spent that, and what they may take.
const LAST_PAGES: usize = 4;
const LAST_CONTENT: usize = 256 << 10;
const LAST_LONGEST: usize = 32 << 10;

/// The share of a page that a link must cover to be noted as one over the page.
const COVERS: f64 = 0.4;

/// The text of the file. Links that cover a page become facts.
pub(super) fn read(
    file: &File,
    found: &Found,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<String, Stop> {
    let mut reader = Reader::new(file, CONTENT, LONGEST);
    let pages = pages(file, found);
    let mut read = 0;
    let mut covering = BTreeSet::new();
    for page in &pages {
        budget.tick()?;
        covering.extend(page.annotations.iter().filter_map(|annotation| covers(file, page, annotation)));
        if reader.has_room() {
            self::page(file, page, &mut reader, budget)?;
            read += 1;
        }
    }
    let fact = |target| Fact::External { relation: "uri-over-page".into(), target };
    out.facts.extend(covering.into_iter().map(fact));
    let last = read.max(pages.len().saturating_sub(LAST_PAGES));
    reader.give_room(LAST_CONTENT, LAST_LONGEST);
    for page in pages.get(last..).unwrap_or_default() {
        if reader.has_room() {
            self::page(file, page, &mut reader, budget)?;
        }
    }
    Ok(reader.finish())
}

/// The text of a page and of what is noted on it.
fn page(file: &File, page: &Page, reader: &mut Reader, budget: &mut Budget) -> Result<(), Stop> {
    reader.page(page, budget)?;
    for annotation in &page.annotations {
        if let Some(text) = file.value(annotation, "Contents").text() {
            reader.note(&strings::decode(text));
        }
    }
    Ok(())
}

/// The address of a link whose rectangle covers much of its page.
fn covers(file: &File, page: &Page, annotation: &Dict) -> Option<String> {
    let action = file.value(annotation, "A");
    let target = file.value(action.dict()?, "URI").text().map(strings::decode)?;
    let share = pages::area(file, &file.value(annotation, "Rect")) / page.area;
    (share >= COVERS).then_some(target)
}
