//! Workbooks as Excel sees them: above all the macros of Excel 4, which need no VBA project.
//!
//! ```text
//! record streams (biff)  ┐
//! packages (package)     ├→ book → give: listings of macro sheets, texts they put together, words of worksheets
//! SYLK (sylk)            ┘          (fold)
//! ```
//!
//! Left out: charts, pivot tables, styles but for those that hide, and formulas of worksheets that reach nothing outside,
//! but for workbooks with macro sheets, whose macros may read them.

mod biff;
mod book;
mod fold;
mod formula;
mod functions;
mod give;
mod package;
mod outward;
mod shared;
mod sheet_xml;
mod styles;
mod sylk;
mod table;
mod unseen;
mod xlsb;
mod xml2003;

use crate::artifact::{Artifact, Format, Opened};
use crate::compound::{Compound, is_compound};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};
use crate::message::msg;
pub use package::Package;
pub use sylk::Sylk;
pub use table::Table;
pub use xml2003::Xml2003;

/// Record streams: in compound files, decrypted, or as files of Excel 2 to 4.
pub struct Biff;

impl Format for Biff {
    fn id(&self) -> &'static str {
        "biff"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        is_compound(&artifact.bytes)
            || matches!(artifact.kind.class, Class::Document | Class::Data) && biff::is_biff(&artifact.bytes)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if !is_compound(&artifact.bytes) {
            return stream(artifact, &artifact.bytes, out, budget).map(drop);
        }
        let Some(compound) = Compound::read(&artifact.bytes, budget) else { return Ok(()) };
        for entry in compound.streams().filter(|entry| is_workbook(&entry.name)) {
            if msg::gives(&compound, entry) {
                continue;
            }
            let decoded = compound.stream(entry, budget);
            decoded.stop.map_or(Ok(()), Err)?;
            let read = stream(artifact, &decoded.bytes, out, budget)?;
            if let Some(why) = decoded.broken.filter(|_| read != Read::Whole) {
                out.missed("damaged", format!("{}: {why}", entry.path));
            } else if read == Read::Nothing && !decoded.bytes.is_empty() {
                out.missed("damaged", format!("{}: no workbook begins in it", entry.path));
            }
        }
        Ok(())
    }
}

/// Whether a stream of that name holds a workbook (MS-XLS 2.1.2).
fn is_workbook(name: &str) -> bool {
    name.eq_ignore_ascii_case("workbook") || name.eq_ignore_ascii_case("book")
}

/// How much of a workbook was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// Every sheet to its end, or as far as it is not encrypted.
    Whole,
    Part,
    /// There was no beginning of a workbook.
    Nothing,
}

/// Reads a record stream.
fn stream(artifact: &Artifact, bytes: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<Read, Stop> {
    let is_open = artifact.via == "decrypted";
    let mut biff = biff::read(bytes, is_open, out, budget)?;
    out.facts.extend(biff.facts);
    give::outward(&mut biff.book, out, budget)?;
    give::macros(&biff.book, out, budget)?;
    give::letter(artifact, &biff.book, out);
    give::cells(&biff.book, out, budget)?;
    Ok(match () {
        () if biff.is_whole || biff.is_locked => Read::Whole,
        () if biff.is_none => Read::Nothing,
        () => Read::Part,
    })
}
