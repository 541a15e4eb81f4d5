//! Word 97 to 2003 (MS-DOC): the text, what is hidden in it, document variables, and the words of drawings.
//!
//! The text is that of the piece table (2.4.1): main text, footnotes, headers, comments, endnotes and text boxes.
//! Codes of fields are no text; those that lead outside or do something are told with what is hidden. Files of Word 6
//! and 95 have their text in one run. Left out: styles, so that text that only a style hides counts as seen; lists'
//! numbers; encrypted files, which `office-encryption` opens first.

mod fib;
mod look;
mod pieces;
mod text;

use super::art;
use super::listing::Listing;
use super::properties;
use super::prose::tell;
use crate::artifact::{Artifact, Format, Opened};
use crate::bytes::Reader;
use crate::compound::Compound;
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::text::{decode, guess};
use fib::Fib;
use look::Looks;
use text::Story;

/// Word documents.
pub struct Doc;

const STREAM: &str = "WordDocument";

impl Format for Doc {
    fn id(&self) -> &'static str {
        "doc"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "doc"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(compound) = Compound::read(&artifact.bytes, budget) else { return Ok(()) };
        let stream = read(&compound, STREAM, budget)?;
        let Some(fib) = Fib::read(&stream).filter(|fib| !fib.encrypted) else { return Ok(()) };
        let tables = read(&compound, fib.table, budget)?;
        variables(fib.table(fib::VARIABLES, &tables)).give(
            "variables",
            properties::ID,
            properties::ID,
            out,
            budget,
        )?;
        let pieces = pieces::read(fib.table(fib::PIECES, &tables));
        budget.tick()?;
        let mut story = if pieces.is_empty() {
            Story::plain(plain(&fib, &stream))
        } else {
            let looks = Looks::read(fib.table(fib::CHARACTER_PAGES, &tables), &stream);
            Story::read(&fib, &pieces, &looks, &stream)
        };
        for (name, value) in art::texts(fib.table(fib::DRAWINGS, &tables)) {
            story.unseen.put_words(name, &value);
        }
        story.unseen.give(art::ID, art::ID, art::ID, out, budget)?;
        tell(&artifact.name, story.seen, out, budget)
    }
}

fn read(compound: &Compound, name: &str, budget: &mut Budget) -> Result<Vec<u8>, Stop> {
    let Some(entry) = compound.find(name) else { return Ok(Vec::new()) };
    let decoded = compound.stream(entry, budget);
    decoded.stop.map_or(Ok(decoded.bytes), Err)
}

/// The text of a file that has no piece table.
fn plain(fib: &Fib, stream: &[u8]) -> String {
    let bounds = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    let (start, end) = (bounds(fib.plain.0), bounds(fib.plain.1).min(stream.len()));
    let bytes = stream.get(start..end).unwrap_or_default();
    let bytes = bytes.get(..MOST_PLAIN).unwrap_or(bytes);
    let text = if fib.modern { String::new() } else { guess(bytes) };
    text.chars()
        .filter_map(|c| match c {
            '\r' | '\u{b}' | '\u{c}' => Some('\n'),
            '\u{7}' => Some('\t'),
            c if c < ' ' && c != '\t' => None,
            c => Some(c),
        })
        .collect()
}

/// Bytes of text of a file that has no piece table.
const MOST_PLAIN: usize = 1 << 20;

/// Document variables (2.9.298): a table of names, then a value for each.
fn variables(table: &[u8]) -> Listing {
    let mut listing = Listing::default();
    let mut reader = Reader::new(table);
    let _end = fill(&mut reader, &mut listing);
    listing
}

fn fill(reader: &mut Reader, listing: &mut Listing) -> Option<()> {
    (reader.u16()? == 0xffff).then_some(())?;
    let count = reader.u16()?;
    let extra = reader.u16()?;
    let mut names = Vec::new();
    for _ in 0..count {
        let length = reader.u16()?;
        names.push(decode("utf-16le", reader.take_up_to(usize::from(length) * 2)));
        reader.skip(usize::from(extra))?;
    }
    for name in names {
        let length = reader.u16()?;
        let value = decode("utf-16le", reader.take_up_to(usize::from(length) * 2));
        listing.put(&format!("ActiveDocument.Variables(\"{name}\")"), &value);
    }
    Some(())
}

#[cfg(test)]
mod tests;
