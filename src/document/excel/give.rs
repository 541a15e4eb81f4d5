//! What a workbook gives out: each macro sheet as a listing, the texts its macros put together, and the words of
//! its worksheets.

use super::book::{Book, Cell, Place, Sheet, State, Value, sheet_reference};
use super::fold;
use crate::artifact::{Artifact, Child, Fact, Opened};
use crate::keyring::Letter;
use crate::limits::{Budget, Stop};

/// Bytes of one listing.
const MOST_LISTING: usize = 4 << 20;
/// Bytes of the words of the worksheets.
const MOST_TEXT: usize = 1 << 20;
/// Characters that are searched for passwords.
const LONGEST_NOTE: usize = 16 << 10;
/// Defined names that are listed.
const MOST_NAMES: usize = 2_000;

/// Tells what formulas of the worksheets reach, and what their cells hide.
pub(super) fn outward(book: &mut Book, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let mut outward = std::mem::take(&mut book.outward);
    // The listing of a macro sheet begins with the names.
    if !book.has_macros() {
        for name in &book.names {
            outward.take_name(&name.name, &name.formula);
        }
    }
    outward.give(out, budget)?;
    std::mem::take(&mut book.unseen).give(out, budget)
}

/// Gives the macro sheets and what they put together.
pub(super) fn macros(book: &Book, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let mut is_first = true;
    for sheet in book.sheets.iter().filter(|sheet| sheet.is_macro) {
        let names = if is_first { names(book) } else { String::new() };
        is_first = false;
        let text = listing(sheet, names);
        budget.pay(text.len() as u64)?;
        let mut child = Child::new(sheet.name.as_str(), "xlm-sheet", text.into_bytes()).of_kind("xlm");
        if let Some(state) = told(sheet.state) {
            let what = "xlm-hidden-sheet";
            child = child.with(Fact::Trick { what, detail: format!("{}: {state}", sheet.name) });
        }
        out.push(child, budget)?;
    }
    if is_first {
        return Ok(());
    }
    let lines = fold::fold(book, budget)?;
    let mut text = String::new();
    for line in &lines {
        if text.len() > MOST_TEXT {
            break;
        }
        text.push_str(&one_line(&fold::shown(book, line)));
        text.push('\n');
    }
    if text.is_empty() {
        return Ok(());
    }
    budget.pay(text.len() as u64)?;
    out.push(Child::new("texts", "folded", text.into_bytes()).of_kind("xlm-texts"), budget)
}

fn told(state: State) -> Option<&'static str> {
    match state {
        State::Visible => None,
        State::Hidden => Some("hidden"),
        State::VeryHidden => Some("very hidden"),
    }
}

/// The defined names, as lines that no cell can look like.
fn names(book: &Book) -> String {
    let mut out = String::new();
    for name in book.names.iter().take(MOST_NAMES) {
        let hidden = if name.is_hidden { " (hidden)" } else { "" };
        out.push_str(&one_line(&format!("' {}{hidden}: ={}", name.name, name.formula)));
        out.push('\n');
    }
    out
}

/// A macro sheet, a cell a line.
fn listing(sheet: &Sheet, mut out: String) -> String {
    for (place, cell) in &sheet.cells {
        if out.len() > MOST_LISTING {
            break;
        }
        let Some(shown) = shown(cell) else { continue };
        out.push_str(&one_line(&format!("{place}: {shown}")));
        out.push('\n');
    }
    out
}

/// A cell as a listing shows it. A value beside a formula is shown where it is a text.
fn shown(cell: &Cell) -> Option<String> {
    match (&cell.formula, &cell.value) {
        (Some(formula), Some(value @ Value::Text(text))) if !text.is_empty() => {
            Some(format!("={formula} ' {}", value.literal()))
        }
        (Some(formula), _) => Some(format!("={formula}")),
        (None, Some(value)) => Some(value.literal()),
        (None, None) => None,
    }
}

/// The same without line ends and zeros.
fn one_line(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n").replace('\0', "\\0")
}

/// Has the words of the worksheets searched for passwords.
pub(super) fn letter(artifact: &Artifact, book: &Book, out: &mut Opened) {
    let note: String = note(book).trim_start().chars().take(LONGEST_NOTE).collect();
    if !note.is_empty() {
        out.letters.push(Letter { attached: vec![(artifact.name.clone(), note)], ..Letter::default() });
    }
}

/// Gives the words of the worksheets, `Sheet1!B7`, a tab and the words a line: what macros may look up.
pub(super) fn cells(book: &Book, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let mut text = String::new();
    for (sheet, place, words) in all_words(book) {
        if text.len() > MOST_TEXT {
            break;
        }
        text.push_str(&format!("{}!{place}\t{words}\n", sheet_reference(&sheet.name)));
    }
    for (sheet, remark) in &book.remarks {
        if text.len() > MOST_TEXT {
            break;
        }
        text.push_str(&format!("{}!remark\t{}\n", sheet_reference(sheet), one_line(remark)));
    }
    if text.is_empty() {
        return Ok(());
    }
    budget.pay(text.len() as u64)?;
    out.push(Child::new("text", "text", text.into_bytes()).of_kind("text"), budget)
}

/// The words of the worksheets, cells of a row side by side.
fn note(book: &Book) -> String {
    let mut note = String::new();
    let mut row = None;
    for (sheet, place, words) in all_words(book) {
        if note.len() > 4 * LONGEST_NOTE {
            break;
        }
        let here = (sheet.name.as_str(), place.row);
        note.push(if row == Some(here) { '\t' } else { '\n' });
        note.push_str(&words);
        row = Some(here);
    }
    for (_, remark) in &book.remarks {
        note.push('\n');
        note.push_str(remark);
    }
    note
}

/// Every cell of the worksheets that shows something.
fn all_words(book: &Book) -> impl Iterator<Item = (&Sheet, Place, String)> {
    let sheets = book.sheets.iter().filter(|sheet| !sheet.is_macro);
    let cells = sheets.flat_map(|sheet| sheet.cells.iter().map(move |(place, cell)| (sheet, place, cell)));
    cells.filter_map(|(sheet, place, cell)| {
        let words = one_line(&cell.value.as_ref()?.to_string());
        (!words.is_empty()).then_some((sheet, *place, words))
    })
}
