//! A cell of a table as CSV (RFC 4180), for spreadsheets.

/// What makes a spreadsheet take a cell for a formula; those in Japan take the wide forms too.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// A text as a cell. What was written by strangers and would be a formula gets an apostrophe before it.
pub(super) fn cell(text: &str) -> String {
    let text = format!("{}{text}", if text.starts_with(FORMULA) { "'" } else { "" });
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_what_breaks_tables_and_are_no_formulas() {
        let rows = [
            ("plain", "plain"),
            ("Sato, T", "\"Sato, T\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("=EXEC(\"x\")", "\"'=EXEC(\"\"x\"\")\""),
            ("＝１＋１", "'＝１＋１"),
            ("＠a", "'＠a"),
            ("-1", "'-1"),
            ("a=b", "a=b"),
        ];
        for (text, want) in rows {
            assert_eq!(cell(text), want);
        }
    }
}
