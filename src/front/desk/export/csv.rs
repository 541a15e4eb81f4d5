//! Indicators as CSV (RFC 4180), with the mark of UTF-8 in front, without which spreadsheets in Japan read it as CP932.

use super::super::time::utc;
use super::Item;
use crate::front::cell::cell;
use crate::report::gist::verdict_id;
use crate::report::trail;

/// One line an indicator.
pub(super) fn of(items: &[Item]) -> String {
    let mut out = String::from("\u{feff}type,value,place,verdict,received,message\r\n");
    for item in items {
        let report = &item.report;
        for indicator in &report.indicators {
            let place = report.without_passwords(&trail(report, indicator.artifact));
            let cells = [
                indicator.kind,
                &report.without_passwords(&indicator.value),
                &place,
                verdict_id(report.verdict),
                &utc(item.summary.received),
                &item.summary.id,
            ];
            out.push_str(&cells.map(cell).join(","));
            out.push_str("\r\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::item;
    use super::*;

    #[test]
    fn every_indicator_is_a_line() {
        let (item, text) = (item("7k"), of(&[item("7k")]));
        assert_eq!(text.matches("\r\n").count(), item.report.indicators.len() + 1);
        let url = "url,http://evil.example/a.exe,請求書.zip › 請求書.doc › ThisDocument,malicious,\
                   2022-03-04T00:12:00Z,7k\r\n";
        assert!(text.starts_with('\u{feff}') && text.contains(url), "{text}");
    }
}
