//! Kept mails in which something was locked are scanned again when a mail comes that may tell their password. Mails that
//! are waiting for their answer go first.

use super::{Shared, lock};
use crate::front::pool::{Failure, Wish};
use crate::front::serve::log;
use crate::front::serve::service::Service;
use crate::scan::Input;
use crate::store::{Error, Message, Result, Source, Store};
use crate::text::printable;
use serde_json::json;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// Mails that wait to be tried again, each once.
#[derive(Debug, Default)]
pub(super) struct Rescans {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    ids: VecDeque<String>,
    ended: bool,
}

/// The most that wait.
const MOST: usize = 1_000;

/// How long one waits for a worker that has nothing else to do; then it gets one as any other mail does.
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(100);

impl Rescans {
    /// Adds a mail.
    pub(super) fn push(&self, id: &str) {
        let mut state = lock(&self.state);
        if state.ids.len() < MOST && !state.ids.iter().any(|known| known == id) {
            state.ids.push_back(id.to_string());
            drop(state);
            self.changed.notify_all();
        }
    }

    /// No more.
    pub(super) fn end(&self) {
        lock(&self.state).ended = true;
        self.changed.notify_all();
    }

    /// The next one; none at the end.
    fn take(&self) -> Option<String> {
        let mut state = lock(&self.state);
        while state.ids.is_empty() && !state.ended {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.ids.pop_front().filter(|_| !state.ended)
    }
}

/// Tries one mail after the other, until the end.
pub(super) fn run(shared: &Shared, runtime: &Handle, service: &Weak<Service>) {
    while let Some(id) = shared.rescans.take() {
        let (Some(service), Some(store)) = (service.upgrade(), shared.store.get()) else { continue };
        let until = Instant::now() + PATIENCE;
        while service.idle() == 0 && Instant::now() < until && !service.is_stopping() {
            sleep(LOOK);
        }
        let tried = runtime.block_on(try_again(shared, store, &service, &id));
        match tried {
            Ok(()) => {}
            Err(Error::Unknown(_)) => lock(&shared.waiting).remove(&id),
            Err(error) => {
                let more =
                    json!({ "tenpu": { "id": id }, "error": { "message": printable(&error.to_string()) } });
                log::event("error", "rescan-failed", &more);
            }
        }
    }
}

/// Scans one mail again with what other mails tell, and writes what came out if more of it was read.
async fn try_again(shared: &Shared, store: &Store, service: &Arc<Service>, id: &str) -> Result<()> {
    let known = lock(&shared.waiting).get(id).cloned();
    let Some(known) = known else { return Ok(()) };
    let (before, raw) = (store.get(id).await?, store.raw(id).await?);
    let Some(bytes) = raw else {
        lock(&shared.waiting).remove(id);
        return Ok(());
    };
    let keys = lock(&shared.recent).lent_to(&known.note);
    let summary = &before.summary;
    let input = Arc::new(as_before(&before, bytes));
    shared.counts.rescanned.fetch_add(1, Ordering::Relaxed);
    let answer = match service.scan_kept(&input, Wish { keys, ..Wish::default() }) {
        Ok(answer) if answer.report.error.is_none() => answer,
        Err(Failure::Busy) => {
            shared.rescans.push(id);
            return Ok(());
        }
        _ => return Ok(()),
    };
    let left = answer.report.locked();
    let is_news = left < before.report.locked() || answer.report.verdict > summary.verdict;
    if is_news {
        store.update_report(id, &answer.report).await?;
        shared.counts.opened.fetch_add(1, Ordering::Relaxed);
        log::rescanned(id, &summary.queue_id, summary.verdict, &answer);
    }
    if left == 0 {
        lock(&shared.waiting).remove(id);
    }
    Ok(())
}

/// The input as it was when the mail came.
fn as_before(before: &Message, bytes: Vec<u8>) -> Input {
    let report = &before.report;
    let root = report.artifact(0);
    Input {
        path: report.path.clone(),
        index: report.index,
        name: root.map(|root| root.name.clone()).unwrap_or_default(),
        size: root.map_or(0, |root| root.size).max(bytes.len() as u64),
        is_message: matches!(before.summary.source, Source::Milter | Source::Clamd | Source::Mailbox),
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_waits_once_and_none_after_the_end() {
        let rescans = Rescans::default();
        ["a", "b", "a"].iter().for_each(|id| rescans.push(id));
        assert_eq!(rescans.take().as_deref(), Some("a"));
        rescans.push("a");
        assert_eq!([rescans.take(), rescans.take()], [Some("b".to_string()), Some("a".to_string())]);
        (0..2 * MOST).for_each(|n| rescans.push(&n.to_string()));
        assert_eq!(lock(&rescans.state).ids.len(), MOST);
        rescans.end();
        assert_eq!(rescans.take(), None);
    }
}
