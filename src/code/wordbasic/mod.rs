//! WordBasic: the macros of Word 6.0 and 95, which stand in the `WordDocument` stream in codes of one and three bytes.
//!
//! No specification describes them; table and codes are known from public work on macro viruses. Each macro becomes a
//! source that reads like the one that was written, under its own name in place of `MAIN`, so that what runs by itself is
//! seen by its name. Macros that were copied as "execute only" are mixed with one byte, which stands beside them. Left
//! out: keys, menus and toolbars that start macros; macros of Word 2, which has no compound files.

mod table;
mod text;
mod words;

use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::bytes::Reader;
use crate::compound::Compound;
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use table::{Entry, Table};

/// The macros of Word 6.0 and 95.
pub struct WordBasic;

const STREAM: &str = "WordDocument";
/// Versions of the document header that Word 6.0 and 95 write.
const VERSIONS: std::ops::RangeInclusive<u16> = 0x65..=0x69;
/// How the header begins, in the versions of the West and of East Asia.
const MARKS: [u16; 4] = [0xa5dc, 0xa697, 0xa698, 0xa699];
/// The flag of the header that says the document is under a password.
const ENCRYPTED: u16 = 0x0100;

impl Format for WordBasic {
    fn id(&self) -> &'static str {
        "wordbasic"
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
        let Some(entry) = compound.find(STREAM) else { return Ok(()) };
        let decoded = compound.stream(entry, budget);
        decoded.stop.map_or(Ok(()), Err)?;
        let stream = decoded.bytes;
        if !is_old(&stream) {
            return Ok(());
        }
        let page = page(&stream);
        let Some(table) = Table::read(&stream, page) else { return Ok(()) };
        if !table.whole {
            out.broke("wordbasic-table-damaged", "the list of macros is not whole");
            out.missed("damaged", "the list of macros of Word 6.0 and 95 is not whole");
        }
        for entry in &table.macros {
            give(entry, &stream, page, out, budget)?;
        }
        if !table.macros.is_empty() {
            let locked = table.macros.iter().any(|entry| entry.key != 0);
            out.facts.push(Fact::VbaProject { code_page: page, modules: table.macros.len(), locked });
        }
        Ok(())
    }
}

/// Whether the header is that of Word 6.0 or 95, and the document is not under a password, which
/// `office-encryption` opens first.
fn is_old(stream: &[u8]) -> bool {
    let short =
        |at: usize| stream.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes);
    short(0).is_some_and(|mark| MARKS.contains(&mark))
        && short(2).is_some_and(|version| VERSIONS.contains(&version))
        && short(10).is_some_and(|flags| flags & ENCRYPTED == 0)
}

/// Where the header keeps the language that the document was written with.
const LANGUAGE: usize = 6;
/// Code pages by the lower ten bits of languages that are not written in that of the West, and those of Chinese.
#[rustfmt::skip]
const PAGES: &[(u16, u16)] = &[
    (0x01, 1256), (0x05, 1250), (0x08, 1253), (0x0d, 1255), (0x0e, 1250), (0x11, 932), (0x12, 949), (0x15, 1250),
    (0x19, 1251), (0x1e, 874), (0x1f, 1254), (0x22, 1251), (0x25, 1257), (0x26, 1257), (0x27, 1257),
];
const CHINESE: u16 = 0x04;
const SIMPLIFIED: [u16; 2] = [0x0804, 0x1004];

/// The code page of names and texts; 0 where it is to be guessed, as in documents of the West.
fn page(stream: &[u8]) -> u16 {
    let language = Reader::at(stream, LANGUAGE).and_then(|mut reader| reader.u16()).unwrap_or_default();
    match language & 0x3ff {
        CHINESE if SIMPLIFIED.contains(&language) => 936,
        CHINESE => 950,
        primary => PAGES.iter().find(|(known, _)| *known == primary).map_or(0, |(_, page)| *page),
    }
}

/// Gives one macro as a source.
fn give(entry: &Entry, stream: &[u8], page: u16, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let name = &entry.name;
    let start = usize::try_from(entry.place).unwrap_or(usize::MAX);
    let length = usize::try_from(entry.length).unwrap_or(usize::MAX);
    let rest = stream.get(start..).unwrap_or_default();
    let codes = rest.get(..length).unwrap_or(rest);
    budget.pay(codes.len() as u64)?;
    let codes: Vec<u8> = codes.iter().map(|byte| byte ^ entry.key).collect();
    let listing = text::listing(&codes, name, page);
    budget.pay(listing.text.len() as u64)?;
    if !listing.whole || codes.len() < length {
        out.broke("wordbasic-macro-cut", name);
        out.missed("damaged", format!("the macro {name} is not whole"));
    }
    if listing.unknown > 0 {
        out.missed("unsupported-format", format!("{} unknown codes in the macro {name}", listing.unknown));
    }
    if entry.key != 0 {
        out.facts.push(Fact::Trick { what: "wordbasic-execute-only", detail: name.clone() });
    }
    out.push(
        Child::new(format!("{name}.bas"), "wordbasic-macro", listing.text.into_bytes()).of_kind("vba"),
        budget,
    )
}

#[cfg(test)]
mod tests;
