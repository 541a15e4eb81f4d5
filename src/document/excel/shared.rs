//! Formulas that cells share (ECMA-376 Part 1, 18.3.1.40): written once, and read by every other cell as if its
//! references had moved along.

use super::book::Place;

/// Columns and rows of a sheet; references that leave it come back at the other side.
const COLUMNS: i64 = 16_384;
const ROWS: i64 = 1_048_576;

/// The formula of the cell `from` as it stands in the cell `to`.
pub(super) fn shifted(formula: &str, from: Place, to: Place) -> String {
    let rows = i64::from(to.row) - i64::from(from.row);
    let columns = i64::from(to.column) - i64::from(from.column);
    let mut out = String::new();
    let mut quote = None;
    let mut rest = formula;
    while let Some(c) = rest.chars().next() {
        let is_start = quote.is_none() && (c.is_alphanumeric() || matches!(c, '$' | '_' | '.'));
        let length = if is_start { word_length(rest) } else { c.len_utf8() };
        let (word, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        // A name of a function or sheet is none of a cell.
        let is_reference = is_start && !behind.starts_with(['(', '!']);
        match is_reference.then(|| moved(word, rows, columns)).flatten() {
            Some(moved) => out.push_str(&moved),
            None => out.push_str(word),
        }
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        rest = behind;
    }
    out
}

fn word_length(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '$' | '_' | '.')).unwrap_or(rest.len())
}

/// A reference moved; parts behind a dollar sign stay.
fn moved(word: &str, rows: i64, columns: i64) -> Option<String> {
    let (column_mark, rest) = mark(word);
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).filter(|end| (1..=3).contains(end))?;
    let (letters, rest) = rest.split_at_checked(end)?;
    let (row_mark, digits) = mark(rest);
    let row = digits.parse::<i64>().ok().filter(|row| (1..=ROWS).contains(row))?;
    let column =
        letters.bytes().fold(0, |sum, letter| sum * 26 + i64::from(letter.to_ascii_uppercase() - b'A' + 1));
    let column = Some(column).filter(|column| *column <= COLUMNS)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    let shift = |is_fixed: &str, value: i64, by: i64, size: i64| {
        if is_fixed.is_empty() { (value - 1 + by).rem_euclid(size) + 1 } else { value }
    };
    let column = shift(column_mark, column, columns, COLUMNS);
    let row = shift(row_mark, row, rows, ROWS);
    Some(format!("{column_mark}{}{row_mark}{row}", letters_of(column)))
}

fn mark(text: &str) -> (&str, &str) {
    text.strip_prefix('$').map_or(("", text), |rest| ("$", rest))
}

fn letters_of(mut column: i64) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        let digit = u8::try_from((column - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        column = (column - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(formula: &str, rows: u32, columns: u32) -> String {
        shifted(formula, Place { row: 4, column: 2 }, Place { row: 4 + rows, column: 2 + columns })
    }

    #[test]
    fn references_move_and_all_else_stays() {
        assert_eq!(shift("A1&$A1&A$1&$A$1", 2, 1), "B3&$A3&B$1&$A$1");
        assert_eq!(
            shift("CHAR(Z9)&\"A1\"&'A1 x'!B2&Sheet1!C3", 1, 1),
            "CHAR(AA10)&\"A1\"&'A1 x'!C3&Sheet1!D4"
        );
        assert_eq!(shift("LOG10(A1)+x_1+1E5+ABCD1", 1, 0), "LOG10(A2)+x_1+1E5+ABCD1");
        assert_eq!(shift("SUM(A1:B2)&見出し1", 0, 25), "SUM(Z1:AA2)&見出し1");
        assert_eq!(shifted("B2", Place { row: 3, column: 3 }, Place { row: 0, column: 1 }), "XFD1048575");
        assert_eq!(shift("R1C1\"", 1, 1), "R1C1\"");
    }
}
