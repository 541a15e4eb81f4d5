//! What is counted of scans and workers since the service began.

use super::Failure;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(in crate::front) struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    pub(in crate::front) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is counted.
#[derive(Debug, Default)]
pub(in crate::front) struct Counters {
    /// Inputs that were to be scanned, answered or not.
    pub(in crate::front) scans: Counter,
    /// Answers that were remembered.
    pub(in crate::front) cache_hits: Counter,
    /// Inputs for which no worker got free in time.
    pub(in crate::front) busy: Counter,
    /// Inputs on which the scanner failed.
    pub(in crate::front) faults: Counter,
    /// Inputs whose clients went away.
    pub(in crate::front) gone: Counter,
    /// Worker processes that became ready.
    pub(in crate::front) worker_starts: Counter,
    /// Worker processes that could not be started.
    pub(in crate::front) worker_start_failures: Counter,
    /// Worker processes that died, hung or talked nonsense.
    pub(in crate::front) worker_deaths: Counter,
    /// Inputs that were given to a second worker.
    pub(in crate::front) retries: Counter,
}

impl Counters {
    /// That of a failure.
    pub(super) fn of(&self, failure: Failure) -> &Counter {
        match failure {
            Failure::Busy => &self.busy,
            Failure::Fault => &self.faults,
            Failure::Gone => &self.gone,
        }
    }
}
