//! Scanning trees on one thread.
//!
//! Every artifact that holds bytes is scanned once; an equal one that the rules cannot tell apart gets the same
//! findings without a second scan. What a timeout or a fault kept from being scanned is a finding of its own
//! ([`INCOMPLETE`]), because what was not read is never called clean.

use super::engine::{Engine, GLOBALS, hex};
use super::{INCOMPLETE, evidence};
use crate::artifact::{Artifact, Tree};
use crate::detect::{Finding, Strength, Title};
use crate::kind;
use crate::text::printable;
use md5::Md5;
use sha2::Digest;
use std::collections::HashMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use yara_x::Scanner;

/// Time for one artifact, in whole seconds as the engine counts. The largest artifact takes a fifth of one, and
/// a few where it is made to hit our own signatures at every word; beyond lie rules that grow quadratically.
const ARTIFACT_TIME: Duration = Duration::from_secs(10);
/// Time for all artifacts of a message.
const MESSAGE_TIME: Duration = Duration::from_secs(20);
/// Findings of one rule on one message. An archive of a thousand equal scripts is told by the first twenty.
const FINDINGS_PER_RULE: usize = 20;
/// Characters of a name that rules see; file systems end at 255.
const LONGEST_NAME: usize = 1_000;
/// Places remembered for one string. Rules count strings, but none of note to more than this.
const MATCHES_PER_STRING: usize = 10_000;

/// Scans trees on one thread, one after the other; it keeps what scanning needs to set up.
pub struct Session<'a> {
    engine: Option<&'a Engine>,
    scanner: Option<Scanner<'a>>,
    artifact_time: Duration,
}

/// What decides which rules match an artifact: its bytes (hash and length, for it may be cut) and the values of
/// the variables in use.
type Sight = ([u8; 32], usize, Vec<String>);

impl<'a> Session<'a> {
    pub(super) fn new(engine: Option<&'a Engine>) -> Self {
        Self { engine, scanner: None, artifact_time: ARTIFACT_TIME }
    }

    /// The same with another time for one artifact, in whole seconds.
    #[cfg(test)]
    pub(super) fn with_time(self, artifact_time: Duration) -> Self {
        Self { artifact_time, ..self }
    }

    /// Every match in the tree: by artifact, then in the order of the rules.
    pub fn findings(&mut self, tree: &Tree) -> Vec<Finding> {
        let Some(engine) = self.engine else { return Vec::new() };
        let started = Instant::now();
        let mut found = Found::default();
        let mut seen: HashMap<Sight, Range<usize>> = HashMap::new();
        for artifact in tree.iter().filter(|artifact| !artifact.bytes.is_empty()) {
            if started.elapsed() > MESSAGE_TIME {
                found.add(incomplete(artifact, "no time left for this artifact and those after it"));
                break;
            }
            let values = engine.globals.iter().map(|name| value(name, artifact, tree)).collect();
            let sight = (artifact.sha256, artifact.bytes.len(), values);
            if let Some(place) = seen.get(&sight) {
                found.repeat(place.clone(), artifact.id);
                continue;
            }
            let before = found.findings.len();
            self.scan(engine, artifact, &sight.2, &mut found);
            seen.insert(sight, before..found.findings.len());
        }
        found.findings
    }

    /// Scans one artifact. A panic of the engine costs this artifact and the scanner, which is made anew.
    fn scan(&mut self, engine: &'a Engine, artifact: &Artifact, values: &[String], found: &mut Found) {
        let mut scanner = self.scanner.take().unwrap_or_else(|| scanner(engine, self.artifact_time));
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            let matched = matched(&mut scanner, engine, artifact, values, found);
            (scanner, matched)
        }));
        let Ok((scanner, matched)) = attempt else {
            found.add(incomplete(artifact, "fault of the YARA engine"));
            return;
        };
        self.scanner = Some(scanner);
        match matched {
            Ok(findings) => findings.into_iter().for_each(|finding| found.add(finding)),
            Err(reason) => found.add(incomplete(artifact, &reason)),
        }
    }
}

fn scanner(engine: &Engine, artifact_time: Duration) -> Scanner<'_> {
    let mut scanner = Scanner::new(&engine.rules);
    scanner.set_timeout(artifact_time).max_matches_per_pattern(MATCHES_PER_STRING).fast_scan(true);
    scanner
}

/// The findings of one artifact in the order of the rules; those of rules that said enough are left out.
fn matched(
    scanner: &mut Scanner,
    engine: &Engine,
    artifact: &Artifact,
    values: &[String],
    found: &Found,
) -> Result<Vec<Finding>, String> {
    for (name, value) in engine.globals.iter().zip(values) {
        scanner.set_global(name, value.as_str()).map_err(|error| error.to_string())?;
    }
    let results = scanner.scan(&artifact.bytes).map_err(|error| error.to_string())?;
    let mut findings = Vec::new();
    for rule in results.matching_rules() {
        let Some((place, card)) = engine.place(&rule).and_then(|at| Some((at, engine.cards.get(at)?))) else {
            continue;
        };
        if found.is_full(&card.listed.id) {
            continue;
        }
        let shown = evidence::of(&rule, &artifact.bytes);
        let credit = card.credit.as_ref().map(|credit| format!(" ({credit})")).unwrap_or_default();
        let finding = Finding {
            rule: card.listed.id.clone(),
            strength: card.listed.strength,
            artifact: artifact.id,
            title: card.title(),
            evidence: shown + &credit,
            attack: card.attack.clone(),
        };
        findings.push((place, finding));
    }
    findings.sort_by_key(|(place, _)| *place);
    Ok(findings.into_iter().map(|(_, finding)| finding).collect())
}

fn incomplete(artifact: &Artifact, reason: &str) -> Finding {
    Finding {
        rule: INCOMPLETE.to_string(),
        strength: Strength::Info,
        artifact: artifact.id,
        title: Title {
            en: "The YARA rules could not be applied to all of this".to_string(),
            ja: "YARAルールによる検査を最後まで行えませんでした".to_string(),
        },
        evidence: printable(reason),
        attack: Vec::new(),
    }
}

/// The value of one of [`GLOBALS`].
fn value(name: &str, artifact: &Artifact, tree: &Tree) -> String {
    match GLOBALS.iter().position(|global| *global == name) {
        Some(0) => name_of(artifact),
        Some(1) => trail(artifact, tree),
        Some(2) => kind::extension(&artifact.name),
        Some(3) => artifact.kind.id.to_uppercase(),
        Some(4) => hex(&Md5::digest(&artifact.bytes)),
        _ => String::new(),
    }
}

/// The names from the root down to the artifact.
fn trail(artifact: &Artifact, tree: &Tree) -> String {
    let mut names = vec![name_of(artifact)];
    names.extend(tree.ancestors(artifact.id).map(name_of));
    names.reverse();
    names.join("/")
}

/// The name of an artifact as rules see it. A name of a megabyte is possible in mail, and would be copied for
/// every artifact below it.
fn name_of(artifact: &Artifact) -> String {
    let head: String = artifact.name.chars().take(LONGEST_NAME).collect();
    printable(&head)
}

/// The findings so far, with how often each rule found something.
#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    counts: HashMap<String, usize>,
}

impl Found {
    fn is_full(&self, rule: &str) -> bool {
        self.counts.get(rule).is_some_and(|count| *count >= FINDINGS_PER_RULE)
    }

    fn add(&mut self, finding: Finding) {
        if !self.is_full(&finding.rule) {
            *self.counts.entry(finding.rule.clone()).or_default() += 1;
            self.findings.push(finding);
        }
    }

    /// Says of another artifact what was said of an equal one.
    fn repeat(&mut self, place: Range<usize>, artifact: usize) {
        for finding in self.findings.get(place).unwrap_or_default().to_vec() {
            self.add(Finding { artifact, ..finding });
        }
    }
}
