//! Every folder of `tests/cases`: `build.toml` is built, scanned, and compared with `expected.json`; `why.md` says
//! what the case stands for.
//!
//! `UPDATE=1` rewrites the golden reports. `TENPU_WRITE_CASES=DIR` writes each message as `DIR/<name>.eml`, for
//! whoever wants something to scan.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads the project's own files"
)]

mod build;
#[path = "build/check.rs"]
mod check;

use build::cases::{self, Case};
use std::fs;
use tenpu::Scanner;
use tenpu::detect::heuristics::HEURISTICS;
use tenpu::limits::Limits;
use tenpu::report::Report;

#[test]
fn every_case_is_judged_as_expected() {
    let cases = cases::all();
    assert!(cases.len() >= 45, "only {} cases", cases.len());
    let scanner = cases::scanner(Limits::default());
    let wrong: Vec<String> =
        cases::spread(&cases, |case| judge(&scanner, case)).into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} complaints:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_heuristic_has_a_case_that_expects_it() {
    let cases = cases::all();
    let expected = |id: &str| cases.iter().any(|case| case.expect.finds.iter().any(|found| found == id));
    let lacking: Vec<&str> = HEURISTICS.iter().map(|rule| rule.id).filter(|id| !expected(id)).collect();
    assert!(lacking.is_empty(), "no case expects {lacking:?}");
}

#[test]
fn every_page_names_its_rule() {
    for rule in HEURISTICS {
        let strength = serde_json::to_value(rule.strength).unwrap();
        let line = format!(
            "id: `{}` · strength: {} · ATT&CK: {}",
            rule.id,
            strength.as_str().unwrap(),
            rule.attack.join(", ")
        );
        let titles = [format!("# {}\n", rule.title_en), format!("**{}**", rule.title_ja), line];
        for wanted in titles {
            assert!(rule.page.contains(&wanted), "docs/rules/{}.md lacks {wanted}", rule.id);
        }
        let sections = ["## What to do", "## 日本語", "### 何を見るか", "### どうすればよいか"];
        for section in sections {
            assert!(rule.page.contains(section), "docs/rules/{}.md lacks {section}", rule.id);
        }
    }
}

#[test]
fn every_case_can_be_written_as_a_file() {
    let Some(folder) = std::env::var_os("TENPU_WRITE_CASES") else {
        println!("skipped: TENPU_WRITE_CASES is not set");
        return;
    };
    let folder = std::path::Path::new(&folder);
    fs::create_dir_all(folder).unwrap();
    for case in cases::all() {
        fs::write(folder.join(format!("{}.eml", case.name)), case.bytes).unwrap();
    }
}

/// What is wrong with one case.
fn judge(scanner: &Scanner, case: &Case) -> Vec<String> {
    let (report, _) = cases::scan(scanner, "message.eml", case.bytes.clone());
    let mut wrong = Vec::new();
    if cfg!(feature = "yara") {
        wrong.extend(golden(case, &report).err());
    }
    if cfg!(feature = "yara") || !needs_signatures(case) {
        wrong.extend(intent(case, &report));
    }
    let why = fs::read_to_string(case.folder.join("why.md")).unwrap_or_default();
    if why.trim().len() < 50 {
        wrong.push("why.md is missing or says nothing".into());
    }
    wrong.into_iter().map(|what| format!("{}: {what}", case.name)).collect()
}

/// Whether a case shows what only a YARA rule sees, which a build without the engine cannot.
fn needs_signatures(case: &Case) -> bool {
    let heuristic = |id: &String| HEURISTICS.iter().any(|rule| rule.id == *id);
    case.expect.finds.iter().any(|id| !heuristic(id))
}

/// Compares with the `[expect]` block of the recipe.
fn intent(case: &Case, report: &Report) -> Vec<String> {
    let expect = &case.expect;
    let verdict = word(&report.verdict);
    let mut wrong = Vec::new();
    if expect.verdict.is_none() && expect.at_least.is_none() {
        wrong.push("build.toml expects no verdict".to_string());
    }
    if expect.verdict.as_ref().is_some_and(|wanted| *wanted != verdict) {
        wrong.push(format!("is {verdict}, not {}", expect.verdict.as_deref().unwrap_or_default()));
    }
    if expect.at_least.as_ref().is_some_and(|wanted| rank(&verdict) < rank(wanted)) {
        wrong.push(format!("is only {verdict}, not {}", expect.at_least.as_deref().unwrap_or_default()));
    }
    let found = |rule: &String| report.findings.iter().any(|finding| finding.id == *rule);
    wrong.extend(expect.finds.iter().filter(|rule| !found(rule)).map(|rule| format!("lacks {rule}")));
    wrong.extend(expect.spares.iter().filter(|rule| found(rule)).map(|rule| format!("has {rule}")));
    let opened = |password: &String| report.passwords.iter().any(|entry| entry.password == *password);
    wrong.extend(expect.opens.iter().filter(|p| !opened(p)).map(|p| format!("was not opened with {p}")));
    let unread = |reason: &String| report.unread.iter().any(|entry| entry.reason == *reason);
    wrong.extend(expect.unread.iter().filter(|r| !unread(r)).map(|r| format!("unread lacks {r}")));
    wrong
}

/// Compares with the golden report, or rewrites it.
fn golden(case: &Case, report: &Report) -> Result<(), String> {
    let mut value = serde_json::to_value(report).unwrap();
    let fields = value.as_object_mut().unwrap();
    fields.remove("elapsed_ms");
    fields.remove("path");
    let got = serde_json::to_string_pretty(&value).unwrap() + "\n";
    let file = case.folder.join("expected.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(file, got).unwrap();
        return Ok(());
    }
    let wanted = fs::read_to_string(file).map_err(|_| "expected.json is missing".to_string())?;
    match got.lines().zip(wanted.lines()).find(|(got, wanted)| got != wanted) {
        _ if got == wanted => Ok(()),
        Some((got, wanted)) => {
            Err(format!("the report differs: {} instead of {}", got.trim(), wanted.trim()))
        }
        None => Err("the report is longer or shorter than expected.json".into()),
    }
}

fn word(verdict: &tenpu::verdict::Verdict) -> String {
    serde_json::to_value(verdict).unwrap().as_str().unwrap().to_string()
}

fn rank(verdict: &str) -> usize {
    let order = ["clean", "unverified", "suspicious", "malicious"];
    order.iter().position(|known| *known == verdict).unwrap_or_else(|| panic!("no verdict {verdict}"))
}
