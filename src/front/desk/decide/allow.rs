//! Exceptions from a message: its macros by their hash, its sender by the server that brought it. What they let pass is
//! decided in [`crate::exception`].

use super::super::Desk;
use super::super::fail::Fail;
use super::super::time::{now, told};
use super::super::words::{fill, member};
use crate::exception::{self, Exceptions, Way, What};
use crate::report::gist::quote;
use crate::report::{Lang, Report};
use crate::store::{NewException, Summary, User};
use crate::verdict::Verdict;

/// What of a message can be excepted.
pub(super) struct Allowable {
    /// Hashes of macro source.
    pub(super) macros: Vec<String>,
    /// The address of the sender; empty if nothing proves that it is his.
    pub(super) sender: String,
    /// The server that brought it.
    pub(super) server: String,
    /// Whether the same mail would pass if its macros were excepted.
    pub(super) would_pass: bool,
}

/// Macros of one message that are excepted together. An exception for some of them would let nothing pass.
const MACROS: usize = 100;

/// Where all source is shorter than this, it is the same in too many files to mean one of them.
const SHORTEST: u64 = 40;

/// Days for which an exception may hold.
pub(super) const DAYS: [u16; 4] = [30, 90, 180, 365];

/// Whether somebody may choose that, and for so many days.
pub(in super::super) fn is_choice(what: Option<&str>, days: Option<u16>) -> bool {
    matches!(what, None | Some("macro-hash" | "sender")) && days.is_none_or(|days| DAYS.contains(&days))
}

impl Allowable {
    pub(super) fn of(summary: &Summary, report: &Report) -> Self {
        let macros = exception::programs(report);
        let is_long =
            |hash: &&str| report.artifacts.iter().any(|one| one.sha256 == **hash && one.size >= SHORTEST);
        let is_meant = macros.len() <= MACROS && macros.iter().any(is_long);
        let macros: Vec<String> = macros.into_iter().filter(|_| is_meant).map(String::from).collect();
        let server = exception::server(&summary.client).filter(|server| !server.is_loopback());
        let is_his = |sender: &String| summary.sender.eq_ignore_ascii_case(sender);
        let sender = exception::sender(report).filter(is_his);
        let would_pass = would_pass(&macros, report);
        match (sender, server) {
            (Some(sender), Some(server)) if summary.verdict != Verdict::Malicious => {
                Self { macros, sender, server: server.to_string(), would_pass }
            }
            _ => Self { macros, sender: String::new(), server: String::new(), would_pass },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.macros.is_empty() && self.sender.is_empty()
    }

    /// What can be chosen: kind, and the values that are excepted.
    pub(super) fn values(&self, kind: &str) -> &[String] {
        match kind {
            "macro-hash" => &self.macros,
            "sender" if !self.sender.is_empty() => std::slice::from_ref(&self.sender),
            _ => &[],
        }
    }

    /// Sentences about exceptions that allow something of the message now.
    pub(super) async fn in_force(&self, desk: &Desk, lang: Lang) -> Result<Vec<String>, Fail> {
        let mut notes = Vec::new();
        for kind in ["macro-hash", "sender"] {
            for value in self.values(kind).iter().take(20) {
                if let Some(found) = desk.store.excepted(kind, value).await? {
                    let until = told(found.what.expires, desk.settings.zone, lang);
                    let (what, reason) = (member(lang, "kind-of", kind), quote(&found.what.reason, 200));
                    notes.push(fill(lang, "decide.excepted", &[what, &quote(value, 100), &until, &reason]));
                }
            }
        }
        Ok(notes)
    }
}

/// Whether exceptions for these macros would let the message pass.
fn would_pass(macros: &[String], report: &Report) -> bool {
    let all = macros.iter().map(|hash| exception::Exception {
        number: 0,
        what: What::Program(hash.clone()),
        expires: i64::MAX,
    });
    report.verdict == Verdict::Clean
        || all.collect::<Exceptions>().of(report, |_| true, &Way::default(), 0).is_some()
}

/// Adds the exceptions that somebody chose; what of them is said in the record.
///
/// # Errors
/// The store failed.
pub(super) async fn add(
    desk: &Desk,
    user: &User,
    (kind, allowable): (&str, &Allowable),
    reason: &str,
    days: u16,
) -> Result<(), Fail> {
    let expires = now() + i64::from(days) * 86_400;
    let approved_by = if desk.settings.two_person { "" } else { user.name.as_str() };
    let server = if kind == "sender" { allowable.server.as_str() } else { "" };
    for value in allowable.values(kind) {
        let new = NewException {
            kind: kind.into(),
            value: value.clone(),
            server: server.into(),
            reason: reason.into(),
            asked_by: user.name.clone(),
            expires,
        };
        let number = desk.store.add_exception(&new, approved_by).await?;
        let what = format!("{kind} {value} {server}");
        let detail = format!("{} for {days} days; {reason}", what.trim_end());
        desk.store.audit(&user.name, "add-exception", &format!("exception {number}"), &detail).await?;
    }
    Ok(())
}
