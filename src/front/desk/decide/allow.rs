//! Exceptions from a message: its macros by their hash, its sender.

use super::super::Desk;
use super::super::fail::Fail;
use super::super::time::{now, told};
use super::super::words::{fill, member};
use crate::kind::{Class, Kind};
use crate::report::gist::quote;
use crate::report::{Lang, Report};
use crate::store::{NewException, Summary, User};

/// What of a message can be excepted.
pub(super) struct Allowable {
    /// Hashes of macro source.
    pub(super) macros: Vec<String>,
    /// The address of the sender; empty if there is none.
    pub(super) sender: String,
}

/// Macros of one message that are excepted together.
const MACROS: usize = 100;

/// Source shorter than this is the same in too many files to mean one of them.
const SHORTEST: u64 = 40;

/// Days for which an exception may hold.
pub(super) const DAYS: [u16; 4] = [30, 90, 180, 365];

/// Whether somebody may choose that, and for so many days.
pub(in super::super) fn is_choice(what: Option<&str>, days: Option<u16>) -> bool {
    matches!(what, None | Some("macro-hash" | "sender")) && days.is_none_or(|days| DAYS.contains(&days))
}

impl Allowable {
    pub(super) fn of(summary: &Summary, report: &Report) -> Self {
        let is_source = |format| Kind::named(format).is_some_and(|kind| kind.class == Class::Source);
        let code = report.artifacts.iter().filter(|one| is_source(one.format) && one.size >= SHORTEST);
        let mut macros: Vec<String> = code.take(MACROS).map(|one| one.sha256.clone()).collect();
        macros.sort();
        macros.dedup();
        let sender = if summary.address.contains('@') { summary.address.clone() } else { String::new() };
        Self { macros, sender }
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

/// Adds the exceptions that somebody chose; what of them is said in the record.
///
/// # Errors
/// The store failed.
pub(super) async fn add(
    desk: &Desk,
    user: &User,
    (kind, values): (&str, &[String]),
    reason: &str,
    days: u16,
) -> Result<(), Fail> {
    let expires = now() + i64::from(days) * 86_400;
    let approved_by = if desk.settings.two_person { "" } else { user.name.as_str() };
    for value in values {
        let new = NewException {
            kind: kind.into(),
            value: value.clone(),
            reason: reason.into(),
            asked_by: user.name.clone(),
            expires,
        };
        let number = desk.store.add_exception(&new, approved_by).await?;
        let detail = format!("{kind} {value} for {days} days; {reason}");
        desk.store.audit(&user.name, "add-exception", &format!("exception {number}"), &detail).await?;
    }
    Ok(())
}
