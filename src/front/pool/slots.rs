//! Places at the workers: who has none waits, and not for ever, so that no queue grows.

use super::{Beat, Failure, lock};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Places at the workers, as many as there are workers.
#[derive(Debug)]
pub(super) struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One place; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Slot(Arc<Slots>);

impl Slots {
    /// So many, all free.
    pub(super) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(count), freed: Condvar::new() })
    }

    /// How many are free.
    pub(super) fn free(&self) -> usize {
        *lock(&self.free)
    }

    /// Takes one as soon as there is one, if that is within `wait`.
    pub(super) fn take(
        self: &Arc<Self>,
        wait: Duration,
        every: Duration,
        beat: &mut Beat,
    ) -> Result<Slot, Failure> {
        let until = Instant::now() + wait;
        let mut free = lock(&self.free);
        while *free == 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failure::Busy);
            }
            let (got, waited) =
                self.freed.wait_timeout(free, every.min(left)).unwrap_or_else(PoisonError::into_inner);
            free = got;
            if waited.timed_out() && *free == 0 {
                drop(free);
                beat().map_err(|_| Failure::Gone)?;
                free = lock(&self.free);
            }
        }
        *free -= 1;
        Ok(Slot(self.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *lock(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::mpsc::channel;

    #[test]
    fn a_place_is_waited_for_and_not_for_ever() {
        let slots = Slots::new(1);
        let (tick, beat): (_, &mut Beat) = (Duration::from_millis(5), &mut || Ok(()));
        let slot = slots.take(Duration::ZERO, tick, beat).unwrap();
        assert_eq!(slots.take(Duration::from_millis(10), tick, beat).unwrap_err(), Failure::Busy);
        let gone: &mut Beat = &mut || Err(io::ErrorKind::BrokenPipe.into());
        assert_eq!(slots.take(Duration::from_secs(60), tick, gone).unwrap_err(), Failure::Gone);
        std::thread::scope(|scope| {
            let (beats, beaten) = channel();
            let slots = &slots;
            let waiting = scope.spawn(move || {
                let mut beat = || beats.send(()).map_err(io::Error::other);
                slots.take(Duration::from_secs(60), tick, &mut beat).map(drop)
            });
            assert_eq!(beaten.recv_timeout(Duration::from_secs(60)), Ok(()));
            drop(slot);
            assert_eq!(waiting.join().unwrap(), Ok(()));
        });
        assert_eq!(slots.free(), 1);
    }
}
