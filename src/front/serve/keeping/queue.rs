//! What waits to be written. It is bounded: where the store is slow or down, what finds no room is not written, and no
//! answer waits for it.

use super::entry::Entry;
use crate::front::pool::lock;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// For these a mail server waits.
    urgent: VecDeque<Entry>,
    usual: VecDeque<Entry>,
    bytes: usize,
    ended: bool,
}

/// Entries that wait, and bytes of their mails. A single mail always finds room.
const ENTRIES: usize = 5_000;
const BYTES: usize = 128 << 20;

/// Entries and bytes of one change.
const BATCH: usize = 50;
const BATCH_BYTES: usize = 16 << 20;

impl Queue {
    /// Adds an entry; gives it back where there is no room.
    pub(super) fn push(&self, entry: Entry, is_urgent: bool) -> Result<(), Box<Entry>> {
        let mut state = lock(&self.state);
        let (count, bytes) = (state.urgent.len() + state.usual.len(), entry.bytes());
        let is_full = count >= ENTRIES || (count > 0 && state.bytes.saturating_add(bytes) > BYTES);
        if is_full || state.ended {
            return Err(Box::new(entry));
        }
        state.bytes += bytes;
        if is_urgent {
            state.urgent.push_back(entry)
        } else {
            state.usual.push_back(entry)
        }
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// The next entries, urgent ones alone; none when there will be no more.
    pub(super) fn take(&self) -> Vec<Entry> {
        let mut state = lock(&self.state);
        while state.urgent.is_empty() && state.usual.is_empty() && !state.ended {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let State { urgent, usual, bytes, .. } = &mut *state;
        let from = if urgent.is_empty() { usual } else { urgent };
        let (mut batch, mut size) = (Vec::new(), 0);
        while batch.len() < BATCH
            && size < BATCH_BYTES
            && let Some(entry) = from.pop_front()
        {
            size += entry.bytes();
            batch.push(entry);
        }
        *bytes = bytes.saturating_sub(size);
        batch
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        let state = lock(&self.state);
        state.urgent.len() + state.usual.len()
    }

    /// No more entries; those there are may still be taken.
    pub(super) fn end(&self) {
        lock(&self.state).ended = true;
        self.changed.notify_all();
    }

    /// Waits some time, or until the end; whether it has come.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = lock(&self.state);
        while !state.ended {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.ended
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::entry;
    use super::*;

    fn ids(batch: &[Entry]) -> Vec<&str> {
        batch.iter().map(|entry| entry.id.as_str()).collect()
    }

    #[test]
    fn urgent_entries_go_first_and_none_is_lost_at_the_end() {
        let queue = Queue::default();
        for (id, is_urgent) in [("a", false), ("b", true), ("c", false)] {
            queue.push(entry(id, 1), is_urgent).unwrap();
        }
        queue.end();
        assert!(queue.push(entry("d", 1), true).is_err() && queue.pause(Duration::from_secs(60)));
        assert_eq!((ids(&queue.take()), ids(&queue.take())), (vec!["b"], vec!["a", "c"]));
        assert!(queue.take().is_empty());
    }

    #[test]
    fn what_waits_is_bounded() {
        let queue = Queue::default();
        for n in 0..ENTRIES {
            queue.push(entry(&n.to_string(), 1), false).unwrap();
        }
        assert!(queue.push(entry("more", 1), true).is_err());
        assert_eq!(queue.take().len(), BATCH);
        queue.push(entry("more", 1), true).unwrap();
        let large = Queue::default();
        large.push(entry("large", BYTES + 1), false).unwrap();
        assert!(large.push(entry("more", 1), false).is_err());
        assert_eq!((large.take().len(), large.len()), (1, 0));
        large.push(entry("more", 1), false).unwrap();
    }
}
