//! Formulas of worksheets that reach outside: links to programs, addresses to which a formula adds what cells hold or
//! that it asks, and functions of libraries.

#[cfg(test)]
mod tests;

use super::book::{Place, sheet_reference};
use super::table::link;
use crate::artifact::{Child, Fact, Opened};
use crate::document::relations::starts_something;
use crate::limits::{Budget, Stop};

/// Functions that ask or open an address, and whether they ask it by themselves.
const FUNCTIONS: &[(&str, bool)] = &[("HYPERLINK(", false), ("WEBSERVICE(", true), ("IMAGE(", true)];
/// Functions that load a library of Windows.
const LIBRARY: &[&str] = &["CALL(", "REGISTER(", "REGISTER.ID("];
/// Bytes of a formula that are looked at; Excel takes no more.
const LONGEST: usize = 8 << 10;
/// Facts of one relation that are told of one workbook.
const MOST_FACTS: usize = 50;
/// Bytes of the formulas that call libraries.
const MOST_CALLS: usize = 64 << 10;

/// What the formulas of a workbook reach.
#[derive(Debug, Default)]
pub(super) struct Outward {
    facts: Vec<Fact>,
    /// Formulas that call libraries, as the lines of a listing.
    calls: String,
}

impl Outward {
    /// Looks at the formula of a cell.
    pub(super) fn take(&mut self, sheet: &str, place: Place, formula: &str) {
        self.look(formula, || format!("{}!{place}", sheet_reference(sheet)));
    }

    /// Looks at what a defined name stands for.
    pub(super) fn take_name(&mut self, name: &str, formula: &str) {
        if calls_library(formula) {
            self.call(name, formula);
        }
    }

    /// Looks at a formula that stands at a place.
    pub(super) fn look(&mut self, formula: &str, place: impl FnOnce() -> String) {
        for fact in facts(formula) {
            let is_like = |known: &&Fact| relation(known) == relation(&fact);
            if !self.facts.contains(&fact) && self.facts.iter().filter(is_like).count() < MOST_FACTS {
                self.facts.push(fact);
            }
        }
        if calls_library(formula) {
            self.call(&place(), formula);
        }
    }

    fn call(&mut self, place: &str, formula: &str) {
        if self.calls.len() < MOST_CALLS {
            let formula = head(formula).replace(['\r', '\n', '\0'], " ");
            self.calls.push_str(&format!("{}: ={formula}\n", place.replace(['\r', '\n', '\0'], " ")));
        }
    }

    /// Gives the facts, and the formulas that call libraries as a listing: they are macros in all but their place.
    pub(super) fn give(self, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        for fact in self.facts {
            if !out.facts.contains(&fact) {
                out.facts.push(fact);
            }
        }
        if self.calls.is_empty() {
            return Ok(());
        }
        budget.pay(self.calls.len() as u64)?;
        out.push(Child::new("formulas", "xlm-sheet", self.calls.into_bytes()).of_kind("xlm"), budget)
    }
}

fn relation(fact: &Fact) -> &str {
    if let Fact::External { relation, .. } = fact { relation } else { "" }
}

/// Whether a sheet in XML, whose names of functions stand in ASCII, is worth a walk for its formulas.
pub(super) fn is_telling(sheet: &[u8]) -> bool {
    let is_wide = sheet.iter().take(64).any(|byte| *byte == 0);
    let names = |name: &str| memchr::memmem::find(sheet, name.as_bytes()).is_some();
    let functions = FUNCTIONS.iter().map(|(name, _)| name).chain(LIBRARY);
    is_wide
        || functions.into_iter().any(|name| names(name) || names(&name.to_ascii_lowercase()))
        || names("|'")
}

/// What a formula, without its equals sign, reaches.
pub(super) fn facts(formula: &str) -> Vec<Fact> {
    let formula = head(formula);
    let mut found: Vec<Fact> =
        if formula.contains('|') { link(formula).into_iter().collect() } else { Vec::new() };
    if !formula.contains('(') {
        return found;
    }
    let upper = formula.to_ascii_uppercase();
    for (function, asks) in FUNCTIONS {
        for (at, _) in upper.match_indices(function).filter(|(at, _)| is_whole(&upper, *at)) {
            let Some(argument) = formula.get(at + function.len()..).map(first_argument) else { continue };
            found.extend(fact(function.trim_end_matches('('), *asks, argument));
        }
    }
    found
}

fn head(formula: &str) -> &str {
    formula.get(..formula.floor_char_boundary(LONGEST)).unwrap_or(formula)
}

/// Whether the name at a place is not the end of a longer one; it may have a prefix.
fn is_whole(formula: &str, at: usize) -> bool {
    let before = formula.get(..at).and_then(|before| before.chars().next_back());
    !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// The same for the rest of a line of a table, where quotation marks of a cell in quotation marks are doubled.
pub(super) fn quoted_facts(rest: &str) -> Vec<Fact> {
    facts(&head(rest).replace("\"\"", "\""))
}

/// Whether a formula calls a function of a library, outside of its texts.
fn calls_library(formula: &str) -> bool {
    let formula = head(formula);
    if !formula.contains('(') {
        return false;
    }
    let upper = formula.to_ascii_uppercase();
    upper.split('"').step_by(2).any(|code| {
        LIBRARY.iter().any(|function| {
            code.match_indices(function).any(|(at, _)| {
                is_whole(code, at) && !code.get(..at).is_some_and(|before| before.ends_with(['.', '!']))
            })
        })
    })
}

/// The first argument of a call: up to a comma or the bracket that ends it, outside of texts and inner brackets.
fn first_argument(rest: &str) -> &str {
    let (mut depth, mut quoted) = (0usize, false);
    let end = rest.find(|c| {
        quoted ^= c == '"';
        let ends = !quoted && depth == 0 && matches!(c, ',' | ';' | ')');
        if !quoted {
            depth = match c {
                '(' => depth + 1,
                ')' => depth.saturating_sub(1),
                _ => depth,
            };
        }
        ends
    });
    end.and_then(|end| rest.get(..end)).unwrap_or(rest)
}

/// The fact of an address: to what server it goes with what cells hold, that it is asked, or that it starts something.
fn fact(function: &str, asks: bool, argument: &str) -> Option<Fact> {
    let (mut texts, mut others) = (String::new(), String::new());
    for (index, piece) in argument.split('"').enumerate() {
        let place = if index % 2 == 1 { &mut texts } else { &mut others };
        place.push_str(piece);
    }
    let address = texts.trim();
    let is_web = ["http://", "https://", "ftp://"]
        .iter()
        .any(|scheme| address.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)));
    let joins = others.contains('&') || others.to_ascii_uppercase().contains("CONCAT");
    let relation = match () {
        () if is_web && joins && names_cell(&others) => "formula-sends",
        () if is_web && asks => "formula-asks",
        () if !address.is_empty() && !is_web && starts_something(address) => "hyperlink",
        () => return None,
    };
    let target =
        if relation == "hyperlink" { address.to_string() } else { format!("{address} ({function})") };
    Some(Fact::External { relation: relation.into(), target })
}

/// Whether something outside of the texts names a cell: letters, then digits, or `R1C1`, whose numbers may stand in
/// brackets or be left out.
fn names_cell(others: &str) -> bool {
    let pieces = others.split('[').enumerate();
    let bare: String = pieces
        .map(|(n, piece)| if n == 0 { piece } else { piece.split_once(']').map_or("", |(_, rest)| rest) })
        .collect();
    let words = bare.split(|c: char| !c.is_ascii_alphanumeric() && c != '$');
    words.map(|word| word.replace('$', "")).any(|word| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let letters = word.len() - digits.len();
        let is_a1 = (1..=3).contains(&letters)
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_a1 || is_r1c1(&word)
    })
}

fn is_r1c1(word: &str) -> bool {
    let part = |rest: &str, letter: char| {
        let rest = rest.strip_prefix([letter, letter.to_ascii_lowercase()])?;
        Some(rest.trim_start_matches(|c: char| c.is_ascii_digit()).to_string())
    };
    part(word, 'R').and_then(|rest| part(&rest, 'C')).is_some_and(|rest| rest.is_empty())
}
