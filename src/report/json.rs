//! The report for programs: one JSON object a line, one line a message, as `docs/report.schema.json` says.
//!
//! Characters that hide or move others are written as `\uXXXX`. A reader gets them back as they were; a terminal
//! that shows the line is not fooled.

use super::Report;
use crate::text::is_deceptive;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Writes one report and the end of its line.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    report.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Visible))?;
    writeln!(out)
}

/// Compact JSON in which nothing hides.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut shown = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_deceptive(*c)) {
            out.write_all(fragment.get(shown..at).unwrap_or_default().as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            shown = at + c.len_utf8();
        }
        out.write_all(fragment.get(shown..).unwrap_or_default().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::report::tests::malicious;
    use serde_json::Value;

    fn line(report: &Report) -> String {
        let mut out = Vec::new();
        write(&mut out, report).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The published schema, and its strict form: in a test every field that is written must be described.
    fn schema() -> Value {
        let mut schema = serde_json::from_str(include_str!("../../docs/report.schema.json")).unwrap();
        forbid_unknown(&mut schema);
        schema
    }

    fn forbid_unknown(schema: &mut Value) {
        if let Value::Object(object) = schema {
            if object.contains_key("properties") {
                object.insert("additionalProperties".into(), false.into());
            }
            object.values_mut().for_each(forbid_unknown);
        }
    }

    fn reports() -> Vec<Report> {
        let empty = Report::new("-", 0, &Tree::default(), &[]);
        let clean = Tree::new(Child::new("a.txt", "file", b"hello".to_vec()));
        let hostile = "\u{0}\u{1b}]0;x\u{7}\"\\\u{2028}\u{e0041}\u{202e}</script>";
        let odd = Tree::new(Child::new(hostile, "file", b"\0".to_vec()));
        vec![
            malicious(),
            empty,
            Report::new("a.txt", 7, &clean, &[]),
            Report::new(hostile, 0, &odd, &[]),
            Report::fault(hostile, 1, hostile),
        ]
    }

    #[test]
    fn every_report_is_one_line_that_fits_the_schema() {
        let schema = jsonschema::validator_for(&schema()).unwrap();
        for report in reports() {
            let line = line(&report);
            assert_eq!(line.matches('\n').count(), 1);
            assert!(!line.trim_end().chars().any(is_deceptive), "{line}");
            let value: Value = serde_json::from_str(&line).unwrap();
            let faults: Vec<_> = schema.iter_errors(&value).map(|fault| fault.to_string()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{line}");
            assert_eq!(value["path"], Value::String(report.path.clone()));
        }
    }

    #[test]
    fn the_schema_refuses_what_is_no_report() {
        let schema = jsonschema::validator_for(&schema()).unwrap();
        for (field, wrong) in
            [("verdict", "fine"), ("score", "9"), ("schema", "tenpu/2"), ("complete", "yes")]
        {
            let mut value: Value = serde_json::from_str(&line(&malicious())).unwrap();
            value[field] = wrong.into();
            assert!(!schema.is_valid(&value), "{field}");
        }
        let mut value: Value = serde_json::from_str(&line(&malicious())).unwrap();
        value["surprise"] = true.into();
        assert!(!schema.is_valid(&value), "the strict form must refuse unknown fields");
    }

    #[test]
    fn what_hides_is_escaped_and_comes_back() {
        let report = malicious();
        let line = line(&report);
        assert!(line.contains(r"mail/<b>\u202e.eml"), "{line}");
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["passwords"][0]["password"], "p<w>\u{202e}1");
    }
}
