//! Ids of messages: short enough to be read out on the telephone, and different wherever several services share one store.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Makes the ids of one service.
#[derive(Debug)]
pub(super) struct Ids {
    /// What tells this run from those elsewhere. The number of the process does not: in containers all have the same.
    mark: u64,
    count: AtomicU32,
}

impl Ids {
    /// Those of a service that starts.
    pub(super) fn new() -> Self {
        // The keys of the hasher are random; 24 bits of what it makes are six digits.
        let mark = RandomState::new().hash_one(std::process::id()) >> 40;
        Self { mark, count: AtomicU32::new(0) }
    }

    /// An id that no other message gets.
    pub(super) fn next(&self) -> String {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{seconds:x}-{:x}-{count:x}", self.mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn services_that_start_together_give_other_ids() {
        let services = [Ids::new(), Ids::new(), Ids::new()];
        let ids: BTreeSet<String> = (0..300).map(|n| services[n % 3].next()).collect();
        assert_eq!(ids.len(), 300);
        assert!(ids.iter().all(|id| id.len() < 20 && id.split('-').count() == 3), "{ids:?}");
    }
}
