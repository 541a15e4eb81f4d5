//! Kept mails in which something was locked are scanned again when a mail comes that may tell their password. Mails that
//! are waiting for their answer go first.

use super::{Shared, lock};
use crate::front::pool::{Failure, Wish};
use crate::front::serve::log;
use crate::front::serve::service::Service;
use crate::store::{Result, Store};
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
            Err(error) => {
                let more =
                    json!({ "tenpu": { "id": id }, "error": { "message": printable(&error.to_string()) } });
                log::event("error", "rescan-failed", &more);
            }
        }
    }
}

/// Scans one mail again with what other mails tell, and writes what came out if it is news.
async fn try_again(shared: &Shared, store: &Store, service: &Arc<Service>, id: &str) -> Result<()> {
    let Some(mut again) = shared.kin.again(store, id).await? else { return Ok(()) };
    let mut keys = std::mem::take(&mut again.given);
    keys.extend(shared.kin.lent_to(&again.note));
    let input = Arc::new(std::mem::take(&mut again.input));
    shared.counts.rescanned.fetch_add(1, Ordering::Relaxed);
    let wish = Wish { keys, ..Wish::default() };
    let answer = match service.scan_kept(&input, wish) {
        Ok(answer) => answer,
        Err(Failure::Busy) => {
            shared.rescans.push(id);
            return Ok(());
        }
        Err(_) => return Ok(()),
    };
    if shared.kin.tried(store, &again, &answer.report).await? {
        shared.counts.opened.fetch_add(1, Ordering::Relaxed);
        log::rescanned(id, &again.summary.queue_id, again.summary.verdict, &answer);
    }
    Ok(())
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
