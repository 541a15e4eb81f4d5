//! What is computed of more than single values: letters that stand in a range of cells are joined or picked by number,
//! and texts are taken for formulas.

use super::call::{LONGEST, to_number};
use super::parse::{Part, parse};
use super::{FARTHEST, Fold, Folded, MOST_WORK};
use crate::document::excel::book::{Place, Value, place};

/// Cells of one range that are looked at.
const MOST_CELLS: u32 = 32_767;

/// A range of cells on one sheet.
struct Range {
    sheet: Option<String>,
    first: Place,
    last: Place,
}

impl Fold<'_> {
    /// The value of a function that joins a range, or picks one cell of it.
    pub(super) fn range_call(&mut self, name: &str, arguments: &[Part], depth: usize) -> Option<Value> {
        if depth >= FARTHEST || self.work > MOST_WORK {
            return None;
        }
        match name {
            "CONCAT" | "_XLFN.CONCAT" => self.joined(arguments, depth),
            "TEXTJOIN" | "_XLFN.TEXTJOIN" => {
                let is_plain =
                    matches!(arguments.first()?, Part::Value(Value::Text(text)) if text.is_empty());
                is_plain.then(|| self.joined(arguments.get(2..)?, depth))?
            }
            "INDEX" => self.picked(arguments, depth),
            _ => None,
        }
    }

    /// What a text says that `EVALUATE` takes for a formula.
    pub(super) fn evaluated(&mut self, text: Option<&Folded>, depth: usize) -> Option<Folded> {
        let Some(Folded::Value(Value::Text(text))) = text else { return None };
        let formula = text.strip_prefix('=').unwrap_or(text);
        let part = parse(formula, Place::default()).filter(|_| depth < FARTHEST)?;
        Some(self.part(&part, depth + 1))
    }

    fn joined(&mut self, arguments: &[Part], depth: usize) -> Option<Value> {
        let ranges: Vec<Option<Range>> = arguments.iter().map(range).collect();
        if ranges.iter().all(Option::is_none) {
            return None;
        }
        let mut text = String::new();
        for (argument, range) in arguments.iter().zip(ranges) {
            match range {
                Some(range) => {
                    for place in range.places() {
                        let value = self.at(&range, place, depth);
                        text.push_str(&value.map(|value| value.to_string()).unwrap_or_default());
                    }
                }
                None => match self.part(argument, depth + 1) {
                    Folded::Value(value) => text.push_str(&value.to_string()),
                    Folded::Words(_) => return None,
                },
            }
            if text.len() > LONGEST {
                return None;
            }
        }
        Some(Value::text(&text))
    }

    /// `INDEX(range, row, column)`; of a range of one row or column the one number counts along it.
    fn picked(&mut self, arguments: &[Part], depth: usize) -> Option<Value> {
        let range = range(arguments.first()?)?;
        let mut number = |n: usize| match self.part(arguments.get(n)?, depth + 1) {
            Folded::Value(value) => format!("{:.0}", to_number(&value)?).parse::<u32>().ok(),
            Folded::Words(_) => None,
        };
        let (down, across) = (number(1)?, number(2));
        let is_row = range.first.row == range.last.row;
        let (down, across) = match across {
            Some(across) => (down, across),
            None if is_row => (1, down),
            None => (down, 1),
        };
        let place = Place {
            row: range.first.row.checked_add(down.checked_sub(1)?)?,
            column: range.first.column.checked_add(across.checked_sub(1)?)?,
        };
        let is_inside = place.row <= range.last.row && place.column <= range.last.column;
        is_inside.then(|| self.at(&range, place, depth))?
    }

    fn at(&mut self, range: &Range, place: Place, depth: usize) -> Option<Value> {
        self.work += 1;
        let cell = Part::Cell { sheet: range.sheet.clone(), place, words: String::new() };
        self.value_at(&cell, depth + 1)
    }
}

impl Range {
    /// Its places, row by row, as far as they are looked at.
    fn places(&self) -> impl Iterator<Item = Place> + use<> {
        let (first, last) = (self.first, self.last);
        let wide = last.column.saturating_sub(first.column).saturating_add(1);
        let count = last.row.saturating_sub(first.row).saturating_add(1).saturating_mul(wide).min(MOST_CELLS);
        (0..count).map(move |n| Place { row: first.row + n / wide, column: first.column + n % wide })
    }
}

/// The range that a part names, as `A1:A9` or `Sheet!A1:A9`.
fn range(part: &Part) -> Option<Range> {
    let Part::Name(words) = part else { return None };
    let (sheet, cells) = match words.rsplit_once('!') {
        Some((sheet, cells)) => (Some(sheet.trim_matches('\'').replace("''", "'")), cells),
        None => (None, words.as_str()),
    };
    let (first, last) = cells.split_once(':')?;
    let (first, last) = (place(first)?, place(last)?);
    (first.row <= last.row && first.column <= last.column).then_some(Range { sheet, first, last })
}
