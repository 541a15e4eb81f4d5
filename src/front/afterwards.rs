//! A locked file and its password come in two mails. What recent mails tell is lent to the scan of each new one; what a
//! new one tells opens those that came before it and are still locked.
//!
//! The store remembers; how a mail is scanned again is left to the caller, who has the workers.

use crate::message::neighbours::{Neighbours, Note};
use crate::report::Report;
use crate::store::{Result, Store, now};
use std::future::Future;
use std::sync::Arc;

/// Hours for which a mail belongs to another.
const HOURS: i64 = 72;

/// Locked mails that one mail may have scanned again.
const MOST: usize = 20;

/// What the mails of the last days tell.
///
/// # Errors
/// The store fails.
pub(super) async fn neighbours(store: &Store) -> Result<Neighbours> {
    let mut neighbours = Neighbours::default();
    store.notes_since(now() - HOURS * 3600).await?.into_iter().for_each(|note| neighbours.add(note));
    Ok(neighbours)
}

/// A locked mail that is to be scanned again.
pub(super) struct Again {
    /// Its id.
    pub(super) id: String,
    /// Its bytes.
    pub(super) raw: Vec<u8>,
    /// The report it has.
    pub(super) report: Report,
}

/// Remembers the note of a new mail that tells something, and scans those again whose password it may be. `scan` makes the new report of a mail
/// among what all tell; none where it could not. Answers the ids of the mails in which less is locked now.
///
/// # Errors
/// The store fails.
pub(super) async fn remember<F: Future<Output = Option<Report>>>(
    store: &Store,
    id: &str,
    note: &Note,
    scan: impl Fn(Again, Arc<Neighbours>) -> F,
) -> Result<Vec<String>> {
    store.remember_password_mail(id, now(), note).await?;
    let kin = store.locked_kin(note).await?;
    let kin: Vec<_> = kin.into_iter().map(|locked| locked.summary.id).filter(|kin| kin != id).collect();
    if kin.is_empty() {
        return Ok(Vec::new());
    }
    let all = Arc::new(neighbours(store).await?);
    let mut opened = Vec::new();
    for id in kin.into_iter().take(MOST) {
        let Some(again) = again(store, &id).await? else { continue };
        let before = locked_in(&again.report);
        if let Some(report) = scan(again, all.clone()).await
            && locked_in(&report) < before
        {
            store.update_report(&id, &report).await?;
            opened.push(id);
        }
    }
    Ok(opened)
}

/// A stored mail, if it is still kept.
async fn again(store: &Store, id: &str) -> Result<Option<Again>> {
    let Some(raw) = store.raw(id).await? else { return Ok(None) };
    let report = store.get(id).await?.report;
    Ok(Some(Again { id: id.to_string(), raw, report }))
}

/// How many things in it are locked. A scan that opens nothing more is no news, and one that failed is none at all.
fn locked_in(report: &Report) -> usize {
    if report.error.is_some() {
        return usize::MAX;
    }
    report.locked()
}
