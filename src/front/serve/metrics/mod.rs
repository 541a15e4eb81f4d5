//! What the service counts, for Prometheus. Labels hold words of ours alone: fronts, verdicts, kinds of files, reasons,
//! tenpu's own rules. Nothing that a message names becomes one, so that the number of series is bounded and no secret
//! gets into them.

mod count;
mod process;
mod text;

pub(super) use count::Histogram;

use super::service::Engine;
use crate::front::pool::{Answer, Failure, lock};
use crate::keyring::Source;
use crate::kind::Kind;
use crate::report::Report;
use crate::report::gist::verdict_id;
use count::Counts;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use text::Page;

/// All counters.
#[derive(Debug)]
pub(super) struct Metrics {
    started: SystemTime,
    messages: Counts<2>,
    actions: Counts<1>,
    scans: Histogram,
    /// How long messages waited for a place at a worker.
    pub(super) waits: Histogram,
    attachments: Counts<1>,
    uninspected: Counts<1>,
    unlocked: Counts<1>,
    failures: Counts<1>,
    findings: Counts<1>,
    reloads: Counts<1>,
    /// When rules were last read.
    read: Mutex<SystemTime>,
    /// Open connections of each address, by its front.
    connections: Mutex<Vec<(&'static str, Arc<AtomicUsize>)>>,
}

/// A number that another part of the service keeps.
#[derive(Debug)]
pub(super) struct Kept {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    value: u64,
}

impl Kept {
    /// One that only grows.
    pub(super) fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, kind: "counter", help, value }
    }

    /// One that comes and goes.
    pub(super) fn gauge(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, kind: "gauge", help, value }
    }
}

/// The places passwords come from.
const SOURCES: [Source; 8] = [
    Source::Given,
    Source::Body,
    Source::Subject,
    Source::FileName,
    Source::Attachment,
    Source::OtherMail,
    Source::Derived,
    Source::WellKnown,
];

impl Metrics {
    /// Nothing is counted yet, and the rules were read just now.
    pub(super) fn new() -> Self {
        let now = SystemTime::now();
        let failures = [Failure::Busy, Failure::Fault, Failure::Gone].map(|failure| [failure_id(failure)]);
        Self {
            started: now,
            messages: Counts::new(
                "tenpu_messages_total",
                ["front", "verdict"],
                "Messages and files by verdict.",
            ),
            actions: Counts::new("tenpu_actions_total", ["action"], "What was done or answered."),
            scans: Histogram::default(),
            waits: Histogram::default(),
            attachments: Counts::new(
                "tenpu_attachments_total",
                ["type"],
                "Attachments by the kind of their content.",
            ),
            uninspected: Counts::new("tenpu_uninspected_total", ["reason"], "Parts that could not be read."),
            unlocked: Counts::new(
                "tenpu_password_unlocked_total",
                ["source"],
                "Parts that a password opened, by the place it was found in.",
            )
            .starting(SOURCES.map(|source| [source.id()])),
            failures: Counts::new("tenpu_failures_total", ["reason"], "Messages that could not be scanned.")
                .starting(failures),
            findings: Counts::new(
                "tenpu_findings_total",
                ["rule"],
                "Messages in which a rule of tenpu found something; rules of others are one.",
            ),
            reloads: Counts::new(
                "tenpu_reloads_total",
                ["result"],
                "Times rules and configuration were read anew.",
            )
            .starting([["ok"], ["failed"]]),
            read: Mutex::new(now),
            connections: Mutex::default(),
        }
    }

    /// Tells of the connections that are counted here.
    pub(super) fn watch(&self, front: &'static str, count: &Arc<AtomicUsize>) {
        lock(&self.connections).push((front, count.clone()));
    }

    /// Rules and configuration were read anew, or could not be.
    pub(super) fn reloaded(&self, ok: bool) {
        self.reloads.add([if ok { "ok" } else { "failed" }], 1);
        if ok {
            *lock(&self.read) = SystemTime::now();
        }
    }

    /// Counts one message or file.
    pub(super) fn message(&self, engine: &Engine, front: &str, answer: Result<&Answer, Failure>, done: &str) {
        self.actions.add([done], 1);
        match answer {
            Ok(answer) => {
                self.messages.add([front, verdict_id(answer.report.verdict)], 1);
                self.scanned(engine, &answer.report);
            }
            Err(failure) => {
                self.messages.add([front, "unscanned"], 1);
                self.failures.add([failure_id(failure)], 1);
            }
        }
    }

    fn scanned(&self, engine: &Engine, report: &Report) {
        let seconds = Duration::try_from_secs_f64(report.elapsed_ms / 1000.0);
        self.scans.observe(seconds.unwrap_or_default());
        for attachment in report.artifacts.iter().filter(|artifact| artifact.via == "attachment") {
            self.attachments.add([Kind::named(attachment.format).map_or("other", |kind| kind.id)], 1);
        }
        for unread in &report.unread {
            self.uninspected.add([unread.reason], 1);
        }
        for opened in &report.passwords {
            self.unlocked.add([opened.source], 1);
        }
        let known = |id: &str| engine.own_rules.get(id).cloned();
        let mut rules: Vec<_> = report.findings.iter().map(|finding| known(&finding.id)).collect();
        rules.sort_unstable();
        rules.dedup();
        for rule in rules {
            self.findings.add([rule.as_deref().unwrap_or("other")], 1);
        }
    }

    /// All of it as text.
    pub(super) fn page(&self, engine: &Engine, kept: &[Kept]) -> String {
        let mut page = Page::default();
        page.family("tenpu_build_info", "gauge", "The version that runs.");
        page.sample("tenpu_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        self.messages.write(&mut page);
        self.scans.write(&mut page, "tenpu_scan_seconds", "How long scans took.");
        self.waits.write(&mut page, "tenpu_wait_seconds", "How long messages waited for a worker.");
        for counts in [
            &self.actions,
            &self.attachments,
            &self.uninspected,
            &self.unlocked,
            &self.failures,
            &self.findings,
            &self.reloads,
        ] {
            counts.write(&mut page);
        }
        self.write_connections(&mut page);
        page.single("tenpu_rules_loaded", "gauge", "Rules in force.", engine.rules);
        let read = lock(&self.read).duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let help = "When rules and configuration were last read, in Unix time.";
        page.single("tenpu_rules_reload_timestamp_seconds", "gauge", help, read);
        for number in kept {
            page.single(number.name, number.kind, number.help, number.value);
        }
        process::write(&mut page, self.started);
        page.finish()
    }

    fn write_connections(&self, page: &mut Page) {
        page.family("tenpu_connections", "gauge", "Open connections.");
        let mut fronts = BTreeMap::new();
        for (front, count) in lock(&self.connections).iter() {
            *fronts.entry(*front).or_insert(0) += count.load(Ordering::SeqCst);
        }
        for (front, count) in fronts {
            page.sample("tenpu_connections", &[("front", front)], count);
        }
    }
}

/// The word for a failure.
fn failure_id(failure: Failure) -> &'static str {
    match failure {
        Failure::Busy => "overloaded",
        Failure::Fault => "fault",
        Failure::Gone => "client-gone",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_of_ours_are_named() {
        let finding = |id: &str| crate::report::FindingEntry {
            id: id.into(),
            strength: crate::detect::Strength::Weak,
            artifact: 0,
            title: String::new(),
            title_ja: String::new(),
            evidence: String::new(),
            attack: Vec::new(),
        };
        let mut report = Report::fault("x", 0, "nothing");
        report.findings = ["ours", "ours", "theirs", "theirs too"].map(finding).into();
        let engine = Engine { own_rules: ["ours".to_string()].into(), ..Engine::default() };
        let metrics = Metrics::new();
        metrics.scanned(&engine, &report);
        let page = metrics.page(&engine, &[Kept::counter("x_total", "Help.", 7)]);
        let has = |line: &str| assert!(page.lines().any(|is| is == line), "{line} in {page}");
        has("tenpu_findings_total{rule=\"ours\"} 1");
        has("tenpu_findings_total{rule=\"other\"} 1");
        has("tenpu_uninspected_total{reason=\"scan-fault\"} 1");
        has("tenpu_failures_total{reason=\"overloaded\"} 0");
        has("tenpu_scan_seconds_count 1");
        has("x_total 7");
        assert!(!page.contains("theirs"));
    }

    #[test]
    fn connections_of_a_front_are_added_up() {
        let metrics = Metrics::new();
        metrics.watch("milter", &Arc::new(AtomicUsize::new(2)));
        metrics.watch("milter", &Arc::new(AtomicUsize::new(3)));
        metrics.watch("http", &Arc::new(AtomicUsize::new(1)));
        let page = metrics.page(&Engine::default(), &[]);
        assert!(
            page.contains("tenpu_connections{front=\"http\"} 1\ntenpu_connections{front=\"milter\"} 5\n")
        );
    }
}
