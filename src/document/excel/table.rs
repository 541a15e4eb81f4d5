//! Tables of text (`.csv`, `.tsv`, and texts that bear the name of a workbook): cells that Excel takes for formulas
//! which start programs by DDE.
//!
//! Left out: every other formula. Office tables are full of values that begin with a minus sign.

use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::extension;
use crate::limits::{Budget, Stop};
use crate::text::guess;

/// Tables of text.
pub struct Table;

/// The extensions that have Excel open a text as a table.
const OPENED: &[&str] =
    &["csv", "tsv", "xls", "xlsx", "xlsm", "xlsb", "xlt", "xla", "dif", "prn", "slk", "xlw"];
/// Links of one table that are noted.
const MOST_LINKS: usize = 20;

impl Format for Table {
    fn id(&self) -> &'static str {
        "table"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let is_opened = OPENED.contains(&extension(&artifact.name).as_str());
        artifact.kind.id == "csv" || artifact.kind.id == "text" && is_opened
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if memchr::memchr(b'|', &artifact.bytes).is_none() {
            return Ok(());
        }
        let text = guess(&artifact.bytes);
        budget.tick()?;
        let links =
            text.lines().filter(|line| line.contains('|')).flat_map(|line| line.split([',', ';', '\t']));
        for fact in links.filter_map(cell).take(MOST_LINKS) {
            if !out.facts.contains(&fact) {
                out.facts.push(fact);
            }
        }
        Ok(())
    }
}

/// The link in a cell that Excel takes for a formula.
fn cell(cell: &str) -> Option<Fact> {
    let cell = cell.trim_matches(['"', ' ', '\u{feff}']);
    link(cell.strip_prefix(['=', '+', '-', '@'])?)
}

/// The link to a program in a formula: `program|'topic'!item`, wherever in it.
pub(super) fn link(formula: &str) -> Option<Fact> {
    for (at, _) in formula.match_indices('|') {
        let (before, after) = formula.split_at_checked(at)?;
        let is_part = |c: char| c.is_alphanumeric() || "_.\\:-".contains(c);
        let begin = before.trim_end_matches(['\'', ' ']).rfind(|c: char| !is_part(c)).map_or(0, |at| at + 1);
        let program = before.get(begin..).unwrap_or_default().trim_matches(['\'', ' ']);
        let topic = after.get(1..).unwrap_or_default().trim_start();
        let has_item = topic.contains('!') || topic.starts_with('\'');
        if !program.is_empty() && !topic.is_empty() && has_item {
            let topic: String = topic.chars().take(400).collect();
            return Some(Fact::External { relation: "dde".into(), target: format!("{program}|{topic}") });
        }
    }
    None
}
