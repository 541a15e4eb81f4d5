//! What a client of the clamd protocol is told of a report. Names are of letters, digits, `.`, `_` and `-`; their
//! beginnings are those that rspamd and others sort by.

use super::super::milter::policy::{Action, Policy};
use super::super::settings::{Clamd, Told};
use crate::detect::Strength;
use crate::front::pool::Failure;
use crate::report::Report;
use crate::verdict::Verdict;

/// What is told of one input; the worse goes before the better.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// `OK`.
    Clean,
    /// `… ERROR`.
    Error(&'static str),
    /// `NAME FOUND`.
    Found(String),
}

impl Outcome {
    /// The words behind `path: `.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Clean => "OK".into(),
            Self::Found(name) => format!("{name} FOUND"),
            Self::Error(why) => format!("{why} ERROR"),
        }
    }

    /// The word of the log.
    pub(super) fn id(&self) -> &'static str {
        match self {
            Self::Clean => "ok",
            Self::Found(_) => "found",
            Self::Error(_) => "error",
        }
    }
}

/// What is told of an answer: a report, and the verdict that exceptions leave of it. Over a stream a failure is a hit unless the file says otherwise, because rspamd takes
/// an error for no answer at all and lets the message pass.
pub(super) fn outcome(
    answer: Result<(&Report, Verdict), Failure>,
    clamd: &Clamd,
    policy: &Policy,
    streamed: bool,
) -> Outcome {
    let of_policy = |action| if action == Action::Accept { Told::Ok } else { Told::Found };
    let told = match answer.map(|(_, verdict)| verdict) {
        Ok(Verdict::Clean) => Told::Ok,
        Ok(Verdict::Malicious) => of_policy(policy.malicious),
        Ok(Verdict::Suspicious) => clamd.suspicious.unwrap_or_else(|| of_policy(policy.suspicious)),
        Ok(Verdict::Unverified) => clamd.unverified.unwrap_or_else(|| of_policy(policy.unverified)),
        Err(_) => clamd.failure.unwrap_or(match of_policy(policy.failure) {
            Told::Found if !streamed => Told::Error,
            told => told,
        }),
    };
    match (told, answer) {
        (Told::Ok, _) => Outcome::Clean,
        (Told::Error, _) => Outcome::Error("Scanner failed."),
        (Told::Found, Ok((report, Verdict::Unverified))) => Outcome::Found(unread(report)),
        (Told::Found, Ok((report, _))) => Outcome::Found(name(report)),
        (Told::Found, Err(_)) => Outcome::Found("Heuristics.Limits.Exceeded.ScanFailed".into()),
    }
}

/// The name of what was found.
fn name(report: &Report) -> String {
    // The first of equally strong ones, as reports have it.
    let strongest = report.findings.iter().map(|finding| finding.strength).max();
    let strongest = report.findings.iter().find(|finding| Some(finding.strength) == strongest);
    match strongest.filter(|finding| finding.strength >= Strength::Medium) {
        // What a macro does may have a harmless reading; filters weigh that differently from a known attack.
        Some(finding) if report.verdict == Verdict::Suspicious && finding.id.starts_with("vba-") => {
            format!("Heuristics.OLE2.ContainsMacros.VBA.{}", camel(&finding.id))
        }
        Some(finding) => format!("Tenpu.{}", camel(&finding.id)),
        None => unread(report),
    }
}

/// The name of what could not be read.
fn unread(report: &Report) -> String {
    let locked = report.unread.iter().find(|unread| unread.reason == "encrypted");
    if let Some(locked) = locked {
        let format = report.artifact(locked.artifact).map_or("", |artifact| artifact.format);
        let known = ENCRYPTED.iter().find(|(id, _)| *id == format);
        let shown = known.map_or_else(|| camel(format), |(_, shown)| (*shown).to_string());
        return format!("Heuristics.Encrypted.{shown}");
    }
    let reason = report.unread.first().map_or("unread", |unread| unread.reason);
    format!("Heuristics.Limits.Exceeded.{}", camel(reason.strip_prefix("limit-").unwrap_or(reason)))
}

/// Kinds of files, as ClamAV names them.
const ENCRYPTED: &[(&str, &str)] = &[
    ("7z", "7Zip"),
    ("rar", "RAR"),
    ("pdf", "PDF"),
    ("encrypted-office", "Office"),
    ("doc", "Doc"),
    ("xls", "Office"),
    ("biff", "Office"),
    ("ppt", "Office"),
];

/// `vba-autoexec` becomes `VbaAutoexec`; nothing but letters and digits is left.
fn camel(id: &str) -> String {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = String::new();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name.truncate(80);
    if name.is_empty() { "Unnamed".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree, Unread};
    use crate::report::tests::{finding, malicious};

    fn report(strength: Option<(&str, Strength)>, unread: Option<(&str, &'static str)>) -> Report {
        let mut root = Child::new("a", "file", b"\0".to_vec());
        if let Some((kind, reason)) = unread {
            root = root.of_kind(kind);
            root.unread.push(Unread { reason, detail: String::new() });
        }
        let findings: Vec<_> = strength.into_iter().map(|(id, strength)| finding(id, strength, 0)).collect();
        Report::new("-", 0, &Tree::new(root), &findings)
    }

    fn words(report: &Report, clamd: Clamd, policy: Policy) -> String {
        outcome(Ok((report, report.verdict)), &clamd, &policy, true).words()
    }

    #[test]
    fn names_by_verdict() {
        let rows = [
            (malicious(), "Tenpu.MacroRuns FOUND"),
            (report(None, None), "OK"),
            (report(Some(("vba-downloads", Strength::Weak)), None), "OK"),
            (report(Some(("yara:Evil rule/1", Strength::Strong)), None), "Tenpu.YaraEvilRule1 FOUND"),
            (report(Some(("請求", Strength::Strong)), None), "Tenpu.Unnamed FOUND"),
            (
                report(Some(("vba-downloads", Strength::Medium)), None),
                "Heuristics.OLE2.ContainsMacros.VBA.VbaDownloads FOUND",
            ),
            (report(Some(("pdf-launch", Strength::Medium)), None), "Tenpu.PdfLaunch FOUND"),
            (report(None, Some(("zip", "encrypted"))), "Heuristics.Encrypted.Zip FOUND"),
            (report(None, Some(("7z", "encrypted"))), "Heuristics.Encrypted.7Zip FOUND"),
            (report(None, Some(("zip", "limit-depth"))), "Heuristics.Limits.Exceeded.Depth FOUND"),
            (report(None, Some(("zip", "damaged"))), "Heuristics.Limits.Exceeded.Damaged FOUND"),
        ];
        for (report, want) in rows {
            assert_eq!(words(&report, Clamd::default(), Policy::default()), want);
        }
    }

    #[test]
    fn the_file_says_what_is_told() {
        let locked = report(None, Some(("zip", "encrypted")));
        let lenient = Policy { unverified: Action::Accept, ..Policy::default() };
        assert_eq!(words(&locked, Clamd::default(), lenient), "OK");
        let strict = Clamd { unverified: Some(Told::Found), ..Clamd::default() };
        assert_eq!(words(&locked, strict, lenient), "Heuristics.Encrypted.Zip FOUND");
    }

    #[test]
    fn what_exceptions_leave_is_told() {
        let told = |report: &Report, verdict| {
            outcome(Ok((report, verdict)), &Clamd::default(), &Policy::default(), true).words()
        };
        assert_eq!(told(&malicious(), Verdict::Clean), "OK");
        let locked = report(Some(("vba-downloads", Strength::Strong)), Some(("zip", "encrypted")));
        assert_eq!(told(&locked, locked.verdict), "Tenpu.VbaDownloads FOUND");
        assert_eq!(told(&locked, Verdict::Unverified), "Heuristics.Encrypted.Zip FOUND");
    }

    #[test]
    fn failures_are_errors_except_over_streams() {
        let told = |clamd: &Clamd, policy: &Policy, streamed| {
            outcome(Err(Failure::Busy), clamd, policy, streamed).words()
        };
        let (clamd, policy) = (Clamd::default(), Policy::default());
        assert_eq!(told(&clamd, &policy, true), "Heuristics.Limits.Exceeded.ScanFailed FOUND");
        assert_eq!(told(&clamd, &policy, false), "Scanner failed. ERROR");
        let accepting = Policy { failure: Action::Accept, ..policy };
        assert_eq!(told(&clamd, &accepting, false), "OK");
        let error = Clamd { failure: Some(Told::Error), ..clamd };
        assert_eq!(told(&error, &policy, true), "Scanner failed. ERROR");
    }

    #[test]
    fn the_worse_goes_first() {
        let found = Outcome::Found("A".into());
        assert!(found > Outcome::Error("x") && Outcome::Error("x") > Outcome::Clean);
    }
}
