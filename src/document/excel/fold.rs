//! What can be said of the formulas of a macro sheet without running them: constants are joined, cells that hold
//! constants are looked up, and what `FORMULA`, `SET.VALUE` or `SET.NAME` would write of constants is written.
//!
//! Nothing loops and nothing is asked of the machine: what depends on either stays as it stands.

mod call;
mod computed;
mod parse;
#[cfg(test)]
mod tests;

use super::book::{Book, Cell, Place, Value, sheet_reference};
use crate::limits::{Budget, Stop};
use parse::Part;
use std::collections::{BTreeMap, HashMap};

/// A formula after folding: where it stands, and its text without the equals sign.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) sheet: usize,
    pub(super) place: Place,
    pub(super) text: String,
}

/// How often the written cells are read again.
const ROUNDS: usize = 6;
/// Parts of formulas that are looked at in one workbook.
const MOST_WORK: usize = 3_000_000;
/// How far a reference is followed.
const FARTHEST: usize = 24;
/// The cells that macros of one workbook write, at most.
const MOST_WRITTEN: usize = 50_000;

/// Folds every formula of the macro sheets. Only lines that differ from what is written are given, and what the
/// macros write.
pub(super) fn fold(book: &Book, budget: &Budget) -> Result<Vec<Line>, Stop> {
    let mut fold = Fold::new(book);
    let mut lines = BTreeMap::new();
    for _ in 0..ROUNDS {
        let before = (fold.written.len(), fold.names.len());
        fold.known.clear();
        for (sheet, place, formula) in fold.formulas() {
            budget.tick()?;
            fold.here = sheet;
            let Some(part) = parse::parse(&formula, place) else { continue };
            let text = fold.part(&part, 0).written();
            let is_new = fold.written.contains_key(&(sheet, place));
            if is_new || !is_same(&text, &formula) {
                lines.insert((sheet, place), text);
            }
        }
        if (fold.written.len(), fold.names.len()) == before || fold.work > MOST_WORK {
            break;
        }
    }
    for ((sheet, place), cell) in &fold.written {
        if let (None, Some(value)) = (&cell.formula, &cell.value) {
            lines.insert((*sheet, *place), value.literal());
        }
    }
    Ok(lines.into_iter().map(|((sheet, place), text)| Line { sheet, place, text }).collect())
}

/// Whether folding changed nothing but blanks and marks of references.
fn is_same(one: &str, other: &str) -> bool {
    let letters = |text: &str| text.bytes().filter(|byte| !b" $'".contains(byte)).collect::<Vec<_>>();
    letters(one) == letters(other)
}

struct Fold<'a> {
    book: &'a Book,
    /// What macros write.
    written: BTreeMap<(usize, Place), Cell>,
    names: HashMap<String, Value>,
    /// Values of cells of this round; none while they are being computed.
    known: HashMap<(usize, Place), Option<Value>>,
    defined: HashMap<String, &'a str>,
    here: usize,
    work: usize,
}

/// What became of a part.
enum Folded {
    Value(Value),
    Words(String),
}

impl Folded {
    fn written(self) -> String {
        match self {
            Self::Value(value) => value.literal(),
            Self::Words(words) => words,
        }
    }
}

impl<'a> Fold<'a> {
    fn new(book: &'a Book) -> Self {
        let defined =
            book.names.iter().map(|name| (name.name.to_lowercase(), name.formula.as_str())).collect();
        Self {
            book,
            written: BTreeMap::new(),
            names: HashMap::new(),
            known: HashMap::new(),
            defined,
            here: 0,
            work: 0,
        }
    }

    /// The formulas of all macro sheets as they stand by now.
    fn formulas(&self) -> Vec<(usize, Place, String)> {
        let mut all = Vec::new();
        for (number, sheet) in self.book.sheets.iter().enumerate().filter(|(_, sheet)| sheet.is_macro) {
            let own = sheet.cells.iter().filter(|(place, _)| !self.written.contains_key(&(number, **place)));
            all.extend(own.filter_map(|(place, cell)| Some((number, *place, cell.formula.clone()?))));
        }
        let made = self.written.iter();
        all.extend(made.filter_map(|((sheet, place), cell)| Some((*sheet, *place, cell.formula.clone()?))));
        all
    }

    fn part(&mut self, part: &Part, depth: usize) -> Folded {
        self.work += 1;
        if self.work > MOST_WORK {
            return Folded::Words("…".into());
        }
        match part {
            Part::Value(value) => Folded::Value(value.clone()),
            Part::Missing => Folded::Words(String::new()),
            Part::Cell { words, .. } => match self.value_at(part, depth) {
                Some(value) => Folded::Value(value),
                None => Folded::Words(words.clone()),
            },
            Part::Name(name) => self.name(name, depth),
            Part::Group(inside) => match self.part(inside, depth) {
                Folded::Words(words) => Folded::Words(format!("({words})")),
                value @ Folded::Value(_) => value,
            },
            Part::Signed(sign, inside) => match self.part(inside, depth) {
                Folded::Value(value) if *sign == "-" => match call::to_number(&value) {
                    Some(number) => Folded::Value(Value::Number(-number)),
                    None => Folded::Words(format!("-{}", value.literal())),
                },
                value @ Folded::Value(_) => value,
                Folded::Words(words) => Folded::Words(format!("{sign}{words}")),
            },
            Part::Percent(inside) => match self.part(inside, depth) {
                Folded::Value(Value::Number(number)) => Folded::Value(Value::Number(number / 100.0)),
                other => Folded::Words(format!("{}%", other.written())),
            },
            Part::Chain(first, more) => self.chain(first, more, depth),
            Part::Call(name, arguments) => self.call(name, arguments, depth),
        }
    }

    /// Operands from left to right; what is known side by side is joined.
    fn chain(&mut self, first: &Part, more: &[(&'static str, Part)], depth: usize) -> Folded {
        let mut words = String::new();
        let mut last = self.part(first, depth);
        let mut sign_before = "";
        for (sign, operand) in more {
            let next = self.part(operand, depth);
            // Only `&` may be joined in the middle of a chain: `x-1-2` is not `x-(-1)`.
            let is_free = words.is_empty() || *sign == "&" && sign_before == "&";
            let joined = match (&last, &next) {
                (Folded::Value(left), Folded::Value(right)) if is_free => call::operate(sign, left, right),
                _ => None,
            };
            if let Some(value) = joined {
                last = Folded::Value(value);
            } else {
                words.push_str(&last.written());
                words.push_str(sign);
                sign_before = sign;
                last = next;
            }
        }
        if words.is_empty() { last } else { Folded::Words(words + &last.written()) }
    }

    fn name(&mut self, name: &str, depth: usize) -> Folded {
        let key = name.to_lowercase();
        if let Some(value) = self.names.get(&key) {
            return Folded::Value(value.clone());
        }
        let Some(formula) = self.defined.get(&key).copied().filter(|_| depth < FARTHEST) else {
            return Folded::Words(name.into());
        };
        match parse::parse(formula, Place::default()).map(|part| self.part(&part, depth + 1)) {
            Some(Folded::Value(value)) => Folded::Value(value),
            _ => Folded::Words(name.into()),
        }
    }

    /// The cell that a part refers to.
    fn target(&mut self, part: &Part, depth: usize) -> Option<(usize, Place)> {
        match part {
            Part::Cell { sheet: None, place, .. } => Some((self.here, *place)),
            Part::Cell { sheet: Some(name), place, .. } => Some((self.book.sheet(name)?, *place)),
            Part::Group(inside) => self.target(inside, depth),
            Part::Name(name) if depth < FARTHEST => {
                let formula = *self.defined.get(&name.to_lowercase())?;
                self.target(&parse::parse(formula, Place::default())?, depth + 1)
            }
            Part::Call(name, arguments) if depth < FARTHEST => self.computed_target(name, arguments, depth),
            _ => None,
        }
    }

    fn computed_target(&mut self, name: &str, arguments: &[Part], depth: usize) -> Option<(usize, Place)> {
        let first = arguments.first()?;
        match name.to_ascii_uppercase().as_str() {
            "INDIRECT" | "TEXTREF" => {
                let Folded::Value(text) = self.part(first, depth + 1) else { return None };
                let part = parse::parse(&text.to_string(), Place::default())?;
                matches!(part, Part::Cell { .. }).then(|| self.target(&part, depth + 1))?
            }
            "OFFSET" | "ABSREF" => {
                let (sheet, place) = self.target(first, depth + 1)?;
                let mut distance = |n: usize| match self.part(arguments.get(n)?, depth + 1) {
                    Folded::Value(value) => format!("{:.0}", call::to_number(&value)?).parse::<i32>().ok(),
                    Folded::Words(words) => words.is_empty().then_some(0),
                };
                let (rows, columns) = (distance(1)?, distance(2)?);
                let row = place.row.checked_add_signed(rows)?;
                Some((sheet, Place { row, column: place.column.checked_add_signed(columns)? }))
            }
            _ => None,
        }
    }

    /// The value of the cell that a part refers to, if it is constant.
    fn value_at(&mut self, part: &Part, depth: usize) -> Option<Value> {
        let (sheet, place) = self.target(part, depth)?;
        if let Some(known) = self.known.get(&(sheet, place)) {
            return known.clone();
        }
        self.known.insert((sheet, place), None);
        let book = self.book;
        let cell = match self.written.get(&(sheet, place)) {
            Some(cell) => cell.clone(),
            None => book.sheets.get(sheet)?.cells.get(&place)?.clone(),
        };
        let value = match &cell.formula {
            None => cell.value,
            Some(formula) if depth < FARTHEST => {
                let here = std::mem::replace(&mut self.here, sheet);
                let folded = parse::parse(formula, place).map(|part| self.part(&part, depth + 1));
                self.here = here;
                match folded {
                    Some(Folded::Value(value)) => Some(value),
                    _ => cell.value.filter(|value| self.believes(sheet, value)),
                }
            }
            Some(_) => None,
        };
        self.known.insert((sheet, place), value.clone());
        value
    }

    /// Whether the last value of a formula tells the next: on worksheets, and where a macro left a text.
    fn believes(&self, sheet: usize, value: &Value) -> bool {
        let is_macro = self.book.sheets.get(sheet).is_some_and(|sheet| sheet.is_macro);
        match value {
            Value::Text(text) => !text.is_empty(),
            Value::Error(_) => false,
            _ => !is_macro,
        }
    }

    fn call(&mut self, name: &str, arguments: &[Part], depth: usize) -> Folded {
        let upper = name.to_ascii_uppercase();
        let is_reference = matches!(upper.as_str(), "INDIRECT" | "OFFSET" | "TEXTREF");
        if is_reference && let Some(value) = self.reference_call(&upper, arguments, depth) {
            return Folded::Value(value);
        }
        if let Some(value) = self.range_call(&upper, arguments, depth) {
            return Folded::Value(value);
        }
        let mut folded: Vec<Folded> = arguments.iter().map(|argument| self.part(argument, depth)).collect();
        self.note_write(&upper, arguments, &folded, depth);
        if let Some(picked) = pick(&upper, &folded)
            && picked < folded.len()
        {
            return folded.swap_remove(picked);
        }
        let values: Option<Vec<Value>> = folded
            .iter()
            .map(|folded| match folded {
                Folded::Value(value) => Some(value.clone()),
                Folded::Words(_) => None,
            })
            .collect();
        if upper == "EVALUATE"
            && let Some(done) = self.evaluated(folded.first(), depth)
        {
            return done;
        }
        if let Some(value) = values.and_then(|values| call::call(name, &values)) {
            return Folded::Value(value);
        }
        let shown = folded.into_iter().zip(arguments).enumerate().map(|(n, (folded, argument))| {
            // Where a command is told which cell to change, the cell is shown, not what is in it.
            match argument {
                Part::Cell { words, .. } if is_place(&upper, n) => words.clone(),
                Part::Name(name) if is_place(&upper, n) => name.clone(),
                _ => folded.written(),
            }
        });
        let shown: Vec<String> = shown.collect();
        Folded::Words(format!("{name}({})", shown.join(",")))
    }

    fn reference_call(&mut self, name: &str, arguments: &[Part], depth: usize) -> Option<Value> {
        let (sheet, place) = self.computed_target(name, arguments, depth)?;
        let sheet = Some(self.book.sheets.get(sheet)?.name.clone());
        self.value_at(&Part::Cell { sheet, place, words: String::new() }, depth + 1)
    }

    /// Notes what a command writes, where both the place and the content are known.
    fn note_write(&mut self, name: &str, arguments: &[Part], folded: &[Folded], depth: usize) {
        let value = |n: usize| match folded.get(n) {
            Some(Folded::Value(value)) => Some(value.clone()),
            _ => None,
        };
        match name {
            "FORMULA" | "FORMULA.FILL" | "FORMULA.ARRAY" => {
                let place = arguments.get(1).and_then(|part| self.target(part, depth));
                if let (Some(place), Some(value)) = (place, value(0)) {
                    self.write(place, value);
                }
            }
            "SET.VALUE" => {
                let place = arguments.first().and_then(|part| self.target(part, depth));
                if let (Some(place), Some(value)) = (place, value(1)) {
                    self.write(place, value);
                }
            }
            "SET.NAME" | "DEFINE.NAME" => {
                if let (Some(name), Some(value)) = (value(0), value(1))
                    && self.names.len() < MOST_WRITTEN
                {
                    self.names.insert(name.to_string().to_lowercase(), value);
                }
            }
            _ => {}
        }
    }

    fn write(&mut self, at: (usize, Place), value: Value) {
        if self.written.len() >= MOST_WRITTEN {
            return;
        }
        let formula = match &value {
            Value::Text(text) => text.strip_prefix('=').map(str::to_string),
            _ => None,
        };
        let value = if formula.is_some() { None } else { Some(value) };
        self.written.insert(at, Cell { formula, value });
    }
}

/// Which argument a condition picks, where it is known.
fn pick(name: &str, folded: &[Folded]) -> Option<usize> {
    let Some(Folded::Value(first)) = folded.first() else { return None };
    match name {
        "IF" => Some(if call::to_number(first)? != 0.0 { 1 } else { 2 }),
        "CHOOSE" => format!("{:.0}", call::to_number(first)?).parse().ok().filter(|pick| *pick > 0),
        _ => None,
    }
}

/// Whether an argument of a command is the cell it works on.
fn is_place(name: &str, argument: usize) -> bool {
    match name {
        "FORMULA" | "FORMULA.FILL" | "FORMULA.ARRAY" => argument == 1,
        "SET.VALUE" | "GOTO" | "RUN" | "SELECT" | "ACTIVATE" | "FORMULA.GOTO" | "WORKBOOK.HIDE" => {
            argument == 0
        }
        "GET.CELL" | "ON.TIME" => argument == 1,
        _ => false,
    }
}

/// A line as the listing of texts shows it.
pub(super) fn shown(book: &Book, line: &Line) -> String {
    let sheet = book.sheets.get(line.sheet).map(|sheet| sheet_reference(&sheet.name)).unwrap_or_default();
    format!("{sheet}!{}: ={}", line.place, line.text)
}
