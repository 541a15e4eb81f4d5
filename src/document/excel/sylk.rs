//! SYLK files (`.slk`): a table in lines of text, whose formulas may be macros of Excel 4. Fields are parted by
//! semicolons, a doubled one is a semicolon; `C` is a cell, `NN` a name, `O` holds options, among them that the table is
//! a macro sheet.
//!
//! Left out: formats, window places, links to other files (`NE`, `NU`).

use super::book::{Book, Cell, Name, Place, Sheet, Value};
use super::give;
use crate::artifact::{Artifact, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::text::guess;

/// SYLK files.
pub struct Sylk;

impl Format for Sylk {
    fn id(&self) -> &'static str {
        "sylk"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "slk"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut book = read(&guess(&artifact.bytes), budget)?;
        for sheet in &book.sheets {
            for cell in sheet.cells.values() {
                out.facts.extend(cell.formula.as_deref().and_then(super::table::link));
            }
        }
        if book.is_cut {
            out.missed("limit-cells", "too many cells");
        }
        book.reach_all();
        give::outward(&mut book, out, budget)?;
        give::macros(&book, out, budget)?;
        give::letter(artifact, &book, out);
        give::cells(&book, out, budget)
    }
}

/// Reads the table. It is one of macros if it says so, or if a name runs by itself or a formula needs it.
fn read(text: &str, budget: &Budget) -> Result<Book, Stop> {
    let mut table = Table::default();
    table.book.sheets.push(Sheet { name: "Sheet".into(), ..Sheet::default() });
    for (count, line) in text.split(['\n', '\r']).enumerate() {
        if count % 4096 == 0 {
            budget.tick()?;
        }
        table.line(line);
    }
    let is_macro = table.is_macro || !table.book.names.is_empty();
    let formulas = table.book.sheets.first().is_some_and(|sheet| sheet.cells.values().any(is_command));
    if let Some(sheet) = table.book.sheets.first_mut() {
        sheet.is_macro = is_macro && sheet.cells.values().any(|cell| cell.formula.is_some()) || formulas;
    }
    Ok(table.book)
}

/// Functions that only macro sheets may call.
const COMMANDS: &[&str] =
    &["EXEC(", "CALL(", "REGISTER(", "FOPEN(", "HALT(", "FORMULA(", "RUN(", "GOTO(", "ALERT("];

fn is_command(cell: &Cell) -> bool {
    let formula = cell.formula.as_deref().unwrap_or_default().to_ascii_uppercase();
    COMMANDS.iter().any(|command| formula.contains(command))
}

#[derive(Default)]
struct Table {
    book: Book,
    place: Place,
    is_macro: bool,
}

impl Table {
    fn line(&mut self, line: &str) {
        let mut fields = fields(line.trim_start()).into_iter();
        match fields.next().as_deref() {
            Some("C" | "F") => self.cell(&fields.collect::<Vec<_>>()),
            Some("NN") => self.name(fields),
            Some("O") => self.is_macro |= fields.any(|field| field == "E"),
            _ => {}
        }
    }

    fn cell(&mut self, fields: &[String]) {
        let (mut formula, mut value) = (None, None);
        for field in fields {
            let mut letters = field.chars();
            let (Some(kind), rest) = (letters.next(), letters.as_str()) else { continue };
            let number = || rest.trim().parse::<u32>().ok().and_then(|number| number.checked_sub(1));
            match kind {
                'X' => self.place.column = number().unwrap_or(self.place.column).min(1 << 14),
                'Y' => self.place.row = number().unwrap_or(self.place.row).min(1 << 20),
                'K' => value = Some(constant(rest)),
                'E' => formula = Some(rest),
                _ => {}
            }
        }
        if formula.is_none() && value.is_none() {
            return;
        }
        let formula = formula.map(|formula| in_letters(formula, self.place));
        self.book.put(0, self.place, Cell { formula, value });
    }

    fn name(&mut self, fields: impl Iterator<Item = String>) {
        let mut name = Name::default();
        for field in fields {
            let mut letters = field.chars();
            match (letters.next(), letters.as_str()) {
                (Some('N'), rest) => name.name = rest.to_string(),
                (Some('E'), rest) => name.formula = in_letters(rest, Place::default()),
                _ => {}
            }
        }
        self.book.names.push(name);
    }
}

/// The fields of a line; semicolons of texts are doubled.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ';' if letters.next_if_eq(&';').is_none() => fields.push(String::new()),
            _ => {
                if let Some(field) = fields.last_mut() {
                    field.push(letter);
                }
            }
        }
    }
    fields
}

fn constant(text: &str) -> Value {
    let text = text.trim();
    let quoted = text.strip_prefix('"').map(|text| text.strip_suffix('"').unwrap_or(text));
    match (quoted, text.parse()) {
        (Some(quoted), _) => Value::text(&quoted.replace("\"\"", "\"")),
        (None, Ok(number)) => Value::Number(number),
        (None, Err(_)) => Value::text(text),
    }
}

/// The formula with references like `R1C1` and `R[-1]C` as `A1`, outside of texts.
fn in_letters(formula: &str, base: Place) -> String {
    let mut out = String::new();
    let mut rest = formula;
    let mut is_text = false;
    let mut is_start = true;
    while let Some(letter) = rest.chars().next() {
        is_text ^= letter == '"';
        if !is_text
            && is_start
            && let Some((place, after)) = reference(rest, base)
        {
            out.push_str(&place.to_string());
            rest = after;
            is_start = false;
            continue;
        }
        is_start = !(letter.is_alphanumeric() || letter == '_' || letter == '.');
        out.push(letter);
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    out
}

/// A reference of row and column at the start of a text, and what follows it.
fn reference(text: &str, base: Place) -> Option<(Place, &str)> {
    let (row, rest) = part(text.strip_prefix(['R', 'r'])?, base.row)?;
    let (column, rest) = part(rest.strip_prefix(['C', 'c'])?, base.column)?;
    let is_word = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '(');
    (!is_word).then_some((Place { row, column }, rest))
}

fn part(text: &str, base: u32) -> Option<(u32, &str)> {
    if let Some(inside) = text.strip_prefix('[') {
        let (distance, rest) = inside.split_once(']')?;
        return Some((base.checked_add_signed(distance.parse().ok()?)?, rest));
    }
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() {
        return Some((base, rest));
    }
    Some((digits.parse::<u32>().ok()?.checked_sub(1)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact, Tree};
    use crate::limits::Limits;

    fn open(text: &str) -> Opened {
        let tree = Tree::new(Child::new("a.slk", "file", text.as_bytes().to_vec()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        assert!(Sylk.matches(artifact));
        Sylk.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out
    }

    fn listing(out: &Opened) -> Vec<(&str, String)> {
        let kind = |child: &Child| child.kind.map_or("", |kind| kind.id);
        out.children.iter().map(|c| (kind(c), String::from_utf8(c.bytes.clone()).unwrap())).collect()
    }

    #[test]
    fn macros_with_their_name() {
        let out = open(
            "ID;P\r\nO;E\r\nNN;NAuto_open;ER101C1;KOut Flank;F\r\nC;X1;Y101;K0;EEXEC(R[1]C&\"a;;b\")\r\nC;X1;Y102;K\"cmd \"\r\nE\r\n",
        );
        let found = listing(&out);
        assert_eq!(
            found[0],
            ("xlm", "' Auto_open: =A101\nA101: =EXEC(A102&\"a;b\")\nA102: \"cmd \"\n".into())
        );
        assert_eq!(found[1], ("xlm-texts", "Sheet!A101: =EXEC(\"cmd a;b\")\n".into()));
    }

    #[test]
    fn tables_are_text_and_links_are_told() {
        let out = open(
            "ID;PWXL;N;E\nC;Y1;X1;K\"Item\"\nC;X2;K10\nC;Y2;K10;ESUM(R1C1:RC[1])\nC;Y3;X1;K0;Ecmd|'/c x'!R1C1\nE\n",
        );
        assert_eq!(
            listing(&out),
            [("text", "Sheet!A1\tItem\nSheet!B1\t10\nSheet!B2\t10\nSheet!A3\t0\n".into())]
        );
        let [Fact::External { target, .. }] = &out.facts[..] else { panic!("{:?}", out.facts) };
        assert!(target.starts_with("cmd|'/c x'!"));
    }

    #[test]
    fn references_are_turned_outside_of_texts() {
        let base = Place { row: 4, column: 2 };
        for (from, want) in [
            ("R1C1+RC[-1]", "A1+B5"),
            ("CHAR(R[2]C)&\"R1C1\"", "CHAR(C7)&\"R1C1\""),
            ("RC1X+ROUND(1)", "RC1X+ROUND(1)"),
            ("R[-9]C", "R[-9]C"),
        ] {
            assert_eq!(in_letters(from, base), want);
        }
    }

    #[test]
    fn no_cut_panics() {
        let text = "ID;P\nNN;NAuto_open;ER1C1\nC;X1;Y1;EEXEC(\"表;;\")\nC;X99999999;Y99999999999;K\"";
        for length in (4..text.len()).filter(|at| text.is_char_boundary(*at)) {
            open(text.get(..length).unwrap());
        }
    }
}
