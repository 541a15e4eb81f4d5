//! What the help desk allows, as the mail flow knows it: read when the store is opened, and again and again. No mail waits
//! for it; where the store does not answer, what was read last holds.

use super::{Shared, lock};
use crate::exception::Exceptions;
use crate::front::serve::log;
use crate::store::Store;
use crate::text::printable;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// What was read last.
#[derive(Debug, Default)]
pub(super) struct Known {
    all: Mutex<Arc<Exceptions>>,
    again: Notify,
    /// Whether it could not be read again since.
    is_old: AtomicBool,
}

/// Between two looks, and how long one may take.
const LOOK: Duration = Duration::from_secs(10);
const WAIT: Duration = Duration::from_secs(30);

impl Known {
    /// What is known now.
    pub(super) fn now(&self) -> Arc<Exceptions> {
        lock(&self.all).clone()
    }

    /// Has them read soon.
    pub(super) fn look_again(&self) {
        self.again.notify_one();
    }

    /// Reads them. That they cannot be read is told once.
    pub(super) async fn read(&self, store: &Store) {
        let read = timeout(WAIT, store.in_force()).await;
        let why = match read {
            Ok(Ok(all)) => {
                *lock(&self.all) = Arc::new(all);
                if self.is_old.swap(false, Ordering::Relaxed) {
                    log::event("info", "exceptions-read", &json!({}));
                }
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the store does not answer".to_string(),
        };
        if !self.is_old.swap(true, Ordering::Relaxed) {
            log::event("warning", "exceptions-unread", &json!({ "error": { "message": printable(&why) } }));
        }
    }
}

/// Reads them again and again.
pub(super) async fn watch(shared: Arc<Shared>, store: Store) {
    loop {
        let _waited = timeout(LOOK, shared.exceptions.again.notified()).await;
        shared.exceptions.read(&store).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::NewException;

    #[test]
    fn what_was_read_last_holds_while_the_store_is_away() {
        let folder = std::env::temp_dir().join(format!("tenpu-known-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store =
                Store::open(&format!("sqlite:{}", folder.join("a.db").display()), None).await.unwrap();
            let expires = crate::store::now() + 60;
            let new = |kind: &str| NewException {
                kind: kind.into(),
                value: "ab".repeat(32),
                expires,
                ..NewException::default()
            };
            store.add_exception(&new("macro-hash"), "a").await.unwrap();
            store.add_exception(&new("something-else"), "a").await.unwrap();
            store.add_exception(&new("sender"), "").await.unwrap();
            let known = Known::default();
            assert!(known.now().is_empty());
            known.read(&store).await;
            assert_eq!(known.now().len(), 1, "neither of an unknown kind nor without approval");
            store.close().await;
            known.read(&store).await;
            assert!(known.now().len() == 1 && known.is_old.load(Ordering::Relaxed));
        });
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
