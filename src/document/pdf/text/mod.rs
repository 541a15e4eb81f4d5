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
use super::strings;
use crate::artifact::{Fact, Opened};
use crate::limits::{Budget, Stop};
use content::Reader;
use pages::{Page, pages};

/// Decoded content streams of one file that are gone through. What comes behind is not searched for text; actions,
/// scripts and files are found all the same.
const CONTENT: usize = 4 << 20;

/// The most bytes of text.
const LONGEST: usize = 1 << 20;

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
    for page in pages(file, found) {
        budget.tick()?;
        if !reader.has_room() {
            break;
        }
        reader.page(&page, budget)?;
        for annotation in &page.annotations {
            if let Some(text) = file.value(annotation, "Contents").text() {
                reader.note(&strings::decode(text));
            }
            cover(file, &page, annotation, out);
        }
    }
    Ok(reader.finish())
}

/// Notes a link whose rectangle covers much of its page.
fn cover(file: &File, page: &Page, annotation: &super::object::Dict, out: &mut Opened) {
    let Some(action) = file.value(annotation, "A").dict().cloned() else { return };
    let Some(uri) = file.value(&action, "URI").text().map(strings::decode) else { return };
    let share = pages::area(file, &file.value(annotation, "Rect")) / page.area;
    let fact = Fact::External { relation: "uri-over-page".into(), target: uri };
    if share >= COVERS && !out.facts.contains(&fact) {
        out.facts.push(fact);
    }
}
