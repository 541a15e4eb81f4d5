//! The tables of a database: strings lie in a pool, tables hold their numbers, column after column.

use crate::bytes::Reader;
use crate::compound::{Compound, installer_name};
use crate::limits::{Budget, Stop};
use crate::text;

/// A row of the table `CustomAction`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) name: String,
    /// What it does, in its lowest six bits, and how.
    kind: u32,
    /// What it starts: a stream, a file, a directory, a property.
    pub(super) source: String,
    /// The command line, entry point or script.
    pub(super) target: String,
}

impl Action {
    /// The row as a line of text.
    pub(super) fn line(&self) -> String {
        format!("{}\t{}\t{}\t{}\n", self.name, self.kind, self.source, self.target)
    }

    /// The extension of the script that the source stream holds.
    pub(super) fn stream_script(&self) -> Option<&'static str> {
        script(self.kind & 0x3f, 5)
    }

    /// The extension of the script that the target is.
    pub(super) fn text_script(&self) -> Option<&'static str> {
        script(self.kind & 0x3f, 37)
    }
}

/// Each way of starting a script has one number for `JScript` and the next one for `VBScript`.
fn script(kind: u32, first: u32) -> Option<&'static str> {
    [(first, "js"), (first + 1, "vbs")]
        .into_iter()
        .find(|(number, _)| *number == kind)
        .map(|(_, extension)| extension)
}

/// How much of a table is read. The largest installers have less than a megabyte.
const LONGEST: u64 = 16 << 20;

/// The custom actions; none where a table is missing.
pub(super) fn actions(compound: &Compound<'_>, budget: &mut Budget) -> Result<Vec<Action>, Stop> {
    let mut table = |name: &str| {
        let named = |packed: &str| installer_name(packed).is_some_and(|found| found == name);
        let Some(entry) = compound.streams().find(|entry| entry.parent.is_none() && named(&entry.name))
        else {
            return Ok(Vec::new());
        };
        let decoded = compound.head(entry, LONGEST, budget);
        decoded.stop.map_or(Ok(decoded.bytes), Err)
    };
    let rows = table("!CustomAction")?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (pool, data) = (table("!_StringPool")?, table("!_StringData")?);
    let columns = table("!_Columns")?;
    let strings = Strings::read(&pool, &data);
    let widths = widths(&columns, &strings);
    let actions = Rows::new(&rows, &widths).map(|row| Action {
        name: strings.get(row.number(0)),
        kind: row.number(1) ^ 0x8000,
        source: strings.get(row.number(2)),
        target: strings.get(row.number(3)),
    });
    let mut made = Vec::new();
    for action in actions {
        // One long string may be named by every row.
        budget.pay((action.name.len() + action.source.len() + action.target.len()) as u64)?;
        made.push(action);
    }
    Ok(made)
}

/// The strings of a database.
struct Strings<'a> {
    code_page: u16,
    /// Bytes of a number of a string.
    width: usize,
    /// Where each one begins, and its length.
    places: Vec<(usize, usize)>,
    data: &'a [u8],
}

impl<'a> Strings<'a> {
    /// The pool: code page and flags, then length and count of uses of each string. A length above 16 bits is
    /// zero there and stands where the next string would.
    fn read(pool: &[u8], data: &'a [u8]) -> Self {
        let mut reader = Reader::new(pool);
        let code_page = reader.u16().unwrap_or_default();
        let width = if reader.u16().unwrap_or_default() & 0x8000 == 0 { 2 } else { 3 };
        let (mut places, mut at) = (vec![(0, 0)], 0usize);
        while let (Some(length), Some(uses)) = (reader.u16(), reader.u16()) {
            let length = match (length, uses) {
                (0, 1..) => long_length(&mut reader),
                (length, _) => length.into(),
            };
            places.push((at, length));
            at = at.saturating_add(length);
        }
        Self { code_page, width, places, data }
    }

    /// The string of a number; 0 is the empty one.
    fn get(&self, number: u32) -> String {
        text::code_page(self.code_page, self.bytes(number))
    }

    fn bytes(&self, number: u32) -> &'a [u8] {
        let place = usize::try_from(number).ok().and_then(|number| self.places.get(number));
        let Some((start, length)) = place else { return &[] };
        Reader::at(self.data, *start).map_or(&[][..], |mut reader| reader.take_up_to(*length))
    }
}

/// The length of a string of more than 64 KiB.
fn long_length(reader: &mut Reader<'_>) -> usize {
    reader.u32().and_then(|length| usize::try_from(length).ok()).unwrap_or_default()
}

/// The widths of the columns of `CustomAction`: `_Columns` has a row (table, number, name, type) for each column of
/// each table. Where it says nothing, they are those that all versions have.
fn widths(columns: &[u8], strings: &Strings<'_>) -> Vec<usize> {
    let string = strings.width;
    let mut found: Vec<(u32, usize)> = Rows::new(columns, &[string, 2, string, 2])
        .filter(|row| strings.bytes(row.number(0)) == b"CustomAction")
        .map(|row| (row.number(1), width(row.number(3), string)))
        .collect();
    found.sort_unstable();
    match found.len() {
        4.. => found.into_iter().map(|(_, width)| width).collect(),
        _ => vec![string, 2, string, string],
    }
}

/// The width of a column by its type: bit 11 is for strings, with bit 8 alone for streams; else the lowest byte is
/// the width.
fn width(kind: u32, string: usize) -> usize {
    match kind & 0x0f00 {
        0x0900 => 2,
        flags if flags & 0x0800 != 0 => string,
        _ if kind & 0xff == 4 => 4,
        _ => 2,
    }
}

/// The rows of a table.
struct Rows<'a> {
    bytes: &'a [u8],
    widths: &'a [usize],
    count: usize,
    next: usize,
}

struct Row<'a> {
    bytes: &'a [u8],
    widths: &'a [usize],
    count: usize,
    at: usize,
}

impl<'a> Rows<'a> {
    fn new(bytes: &'a [u8], widths: &'a [usize]) -> Self {
        let count = bytes.len().checked_div(widths.iter().sum()).unwrap_or_default();
        Self { bytes, widths, count, next: 0 }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        let at = self.next;
        self.next += 1;
        let Self { bytes, widths, count, .. } = *self;
        (at < count).then_some(Row { bytes, widths, count, at })
    }
}

impl Row<'_> {
    /// The number in a column.
    fn number(&self, column: usize) -> u32 {
        let (before, width) = (self.widths.iter().take(column).sum::<usize>(), self.widths.get(column));
        let width = width.copied().unwrap_or_default();
        let cell = Reader::at(self.bytes, before * self.count + width * self.at)
            .and_then(|mut reader| reader.take(width));
        cell.unwrap_or_default().iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
    }
}
