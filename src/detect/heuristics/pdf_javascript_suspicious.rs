//! Program text in a PDF that does what no form needs: it opens an attached file, decodes itself and runs the result,
//! fills memory, or calls functions that are known for their faults.

use super::pdf_javascript_runs_on_open::{runs_by, scripts};
use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Sign, Tree};
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-javascript-suspicious",
    strength: Strength::Medium,
    title_en: "JavaScript in a PDF does what no form needs",
    title_ja: "PDFの中のJavaScriptが、入力フォームには要らない動きをします",
    attack: &["T1204.002", "T1059.007", "T1203"],
    page: include_str!("../../../docs/rules/pdf-javascript-suspicious.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for script in scripts(tree) {
        let text = String::from_utf8_lossy(&script.bytes).to_ascii_lowercase();
        if let Some(what) = suspicious(&text, runs_by(script).is_some()) {
            hit(script.id, format!("{}: {what}", script.name));
        } else if let Some(text) = chopped(script).filter(|_| runs_by(script).is_some()) {
            hit(script.id, text.to_string());
        }
    }
}

/// A word of the script that stands in it in pieces.
fn chopped(script: &Artifact) -> Option<&str> {
    script.facts.iter().find_map(|fact| match fact {
        Fact::Sign { sign: Sign::ChoppedText, text, .. } => Some(text.as_str()),
        _ => None,
    })
}

/// Functions whose faults were attacked (CVE-2007-5659, 2009-0927, 2009-1492, 2009-1493, 2009-4324, 2010-4091), and
/// ways out of the reader.
const CALLS: &[&str] = &[
    "collab.collectemailinfo(",
    "collab.geticon(",
    "spell.customdictionaryopen(",
    "media.newplayer(null",
    "doc.printseps(",
    "wscript.shell",
    "activexobject(",
    "app.launchurl(\"file:",
    "app.launchurl('file:",
];

/// Words of program text that fills memory.
const FILLERS: &[&str] =
    &["%u9090%u9090", "%u0c0c%u0c0c", "\\x90\\x90\\x90\\x90", "\\u9090\\u9090", "\\u0c0c\\u0c0c"];

/// The first suspicious thing in a program text in lower case.
fn suspicious(text: &str, runs: bool) -> Option<&'static str> {
    let has = |needle: &str| text.contains(needle);
    if let Some(call) = CALLS.iter().chain(FILLERS).find(|call| has(call)) {
        return Some(call);
    }
    if has("exportdataobject(") && (has("nlaunch") || runs) {
        return Some("exportDataObject");
    }
    if has("unescape(") && text.matches("%u").count() >= 16 {
        return Some("unescape");
    }
    if has("util.printf(") && widths(text) {
        return Some("util.printf");
    }
    let decodes = ["unescape(", "fromcharcode", "getannots", "syncannotscan", "info.title", "info.subject"];
    if has("eval(") && (decodes.iter().any(|word| has(word)) || longest_word(text) >= 400) {
        return Some("eval");
    }
    (runs && has("app.launchurl(") && has("getannot")).then_some("app.launchURL")
}

/// Whether a format has a width of thousands, as in `%45000f`.
fn widths(text: &str) -> bool {
    text.split('%').skip(1).any(|format| {
        let digits = format.chars().take_while(|c| c.is_ascii_digit() || *c == '.').count();
        digits >= 4 && format.chars().nth(digits) == Some('f')
    })
}

fn longest_word(text: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+/=%_$!".contains(c);
    text.split(|c| !is_part(c)).map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::pdf_javascript_runs_on_open::tests::hits;
    use super::*;

    #[test]
    fn what_no_form_needs_hits() {
        let spray = format!("var s = unescape('{}');", "%u1234".repeat(20));
        for yes in [
            "this.exportDataObject({ cName: 'a', nLaunch: 2 });",
            "Collab.getIcon(x + '_N.bundle');",
            "util.printf('%45000f', n);",
            "eval(String.fromCharCode(97));",
            "while (s.length < 9) s += '%u9090%u9090';",
            &spray,
        ] {
            assert_eq!(hits(&RULE, yes, false).len(), 1, "{yes}");
        }
    }

    #[test]
    fn forms_do_not() {
        for no in [
            "AFNumber_Format(2, 0, 0, 0, \"\", true);",
            "event.value = util.printf(\"%.2f\", a + b); util.printd('yyyy/mm/dd', new Date());",
            "var e = eval(this.getField('a').value);",
            "app.launchURL('https://a.example/help', true);",
            "if (!/^[0-9]{7}$/.test(event.value)) app.alert('郵便番号');",
        ] {
            assert!(hits(&RULE, no, true).is_empty(), "{no}");
        }
    }
}
