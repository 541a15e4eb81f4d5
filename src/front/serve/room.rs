//! How much of all messages together may wait in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The memory that messages share.
#[derive(Clone, Debug, Default)]
pub struct Room {
    taken: Arc<AtomicU64>,
}

/// What one message has of it; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    room: Room,
    bytes: u64,
    limit: u64,
}

impl Room {
    /// A share without anything yet. `limit` is for all shares together.
    pub fn share(&self, limit: u64) -> Share {
        Share { room: self.clone(), bytes: 0, limit }
    }

    /// The bytes of all shares together.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Share {
    /// Takes room for so many bytes more, if there is some.
    pub fn grow(&mut self, bytes: u64) -> bool {
        let before = self.room.taken.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limit {
            self.room.taken.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.bytes += bytes;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_bound_each_other_and_are_given_back() {
        let room = Room::default();
        let mut one = room.share(10);
        let mut two = room.share(10);
        assert!(one.grow(6) && !two.grow(5) && two.grow(4) && !one.grow(1));
        assert_eq!(room.taken(), 10);
        drop(one);
        assert!(two.grow(6) && !two.grow(1));
    }
}
