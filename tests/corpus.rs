//! A corpus of real files, if there is one at hand: `TENPU_CORPUS` names its folder, whose `labels.tsv` has a line
//! for each file with the columns `path`, `sha256`, `label` and `class` first.
//!
//! Prints what became of each class, and holds that no reader faults and that harmless files raise no alarm.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may panic and print, and reads files somebody named"
)]

mod build;

use build::cases;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tenpu::artifact::Fact;
use tenpu::limits::Limits;
use tenpu::verdict::Verdict;

/// Classes that count as harmless and whole: of them all together this share must be clean.
const CLEAN: &[&str] =
    &["benign-office", "benign-vba", "benign-rtf", "benign-xlm", "mime-tests", "sisimai-bounce"];
const SHARE: f64 = 0.97;

/// Classes that must not be malicious. A bare program or shortcut is one by itself when it comes by mail, so the
/// harmless shortcuts are not among them.
const NEVER_MALICIOUS: &[&str] = &[
    "benign-encrypted",
    "benign-fuzz",
    "benign-msg",
    "benign-office",
    "benign-onenote",
    "benign-rtf",
    "benign-vba",
    "benign-xlm",
    "mime-tests",
    "sisimai-bounce",
];

/// One line of the table.
struct Entry {
    path: String,
    label: String,
    class: String,
}

/// What became of one file.
struct Outcome {
    verdict: Verdict,
    modules: usize,
    damaged: bool,
    unread: Vec<&'static str>,
    found: Vec<String>,
}

/// What became of a class.
#[derive(Default)]
struct Row {
    verdicts: BTreeMap<Verdict, usize>,
    files: usize,
    modules: usize,
    damaged: usize,
    faults: usize,
}

#[test]
fn real_files_are_read_and_harmless_ones_spared() {
    let Some(folder) = std::env::var_os("TENPU_CORPUS").map(PathBuf::from) else {
        println!("skipped: TENPU_CORPUS is not set");
        return;
    };
    let entries = entries(&folder);
    let outcomes = scan(&folder, &entries);
    print_table(&entries, &outcomes);
    let each = || entries.iter().zip(&outcomes);
    let mut wrong = Vec::new();
    for (entry, outcome) in each() {
        if outcome.unread.contains(&"reader-fault") {
            wrong.push(format!("{}: a reader faulted", entry.path));
        }
        if outcome.verdict == Verdict::Malicious && NEVER_MALICIOUS.contains(&entry.class.as_str()) {
            wrong.push(format!("{}: malicious, {:?}", entry.path, outcome.found));
        }
    }
    let harmless: Vec<_> = each().filter(|(entry, _)| CLEAN.contains(&entry.class.as_str())).collect();
    let alarms: Vec<_> = harmless.iter().filter(|(_, outcome)| outcome.verdict != Verdict::Clean).collect();
    for (entry, outcome) in &alarms {
        println!("{}: {:?} {:?} {:?}", entry.path, outcome.verdict, outcome.found, outcome.unread);
    }
    #[expect(clippy::cast_precision_loss, reason = "a corpus has fewer files than a double has integers")]
    let clean = 1.0 - alarms.len() as f64 / harmless.len().max(1) as f64;
    println!("clean among the harmless: {clean:.4}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(clean >= SHARE, "only {clean:.4} of the harmless files are clean");
}

fn entries(folder: &Path) -> Vec<Entry> {
    let table = fs::read_to_string(folder.join("labels.tsv")).unwrap();
    let line = |line: &str| {
        let mut cells = line.split('\t');
        let mut next = || cells.next().unwrap_or_default().to_string();
        let (path, _, label, class) = (next(), next(), next(), next());
        Entry { path, label, class }
    };
    table.lines().skip(1).map(line).collect()
}

fn scan(folder: &Path, entries: &[Entry]) -> Vec<Outcome> {
    let scanner = cases::scanner(Limits::default());
    cases::spread(entries, |entry| {
        let bytes = fs::read(folder.join(&entry.path)).unwrap();
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let (report, tree) = cases::scan(&scanner, name, bytes);
        let facts = tree.iter().flat_map(|artifact| &artifact.facts);
        let modules =
            facts.map(|fact| if let Fact::VbaProject { modules, .. } = fact { *modules } else { 0 });
        let mut found: Vec<String> = report.findings.iter().map(|finding| finding.id.clone()).collect();
        found.dedup();
        Outcome {
            verdict: report.verdict,
            modules: modules.sum(),
            damaged: tree.iter().any(|artifact| !artifact.damage.is_empty()),
            unread: report.unread.iter().map(|unread| unread.reason).collect(),
            found,
        }
    })
}

fn print_table(entries: &[Entry], outcomes: &[Outcome]) {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for (entry, outcome) in entries.iter().zip(outcomes) {
        let row = rows.entry(format!("{}/{}", entry.label, entry.class)).or_default();
        *row.verdicts.entry(outcome.verdict).or_default() += 1;
        row.files += 1;
        row.modules += outcome.modules;
        row.damaged += usize::from(outcome.damaged);
        row.faults += usize::from(outcome.unread.contains(&"reader-fault"));
    }
    println!("{:30} files clean unver. suspic. malic. modules damaged faults", "class");
    for (class, row) in rows {
        let count = |verdict| row.verdicts.get(&verdict).copied().unwrap_or(0);
        println!(
            "{class:30} {:5} {:5} {:6} {:7} {:6} {:7} {:7} {:6}",
            row.files,
            count(Verdict::Clean),
            count(Verdict::Unverified),
            count(Verdict::Suspicious),
            count(Verdict::Malicious),
            row.modules,
            row.damaged,
            row.faults
        );
    }
}
