//! The workers that scan. Each keeps a session; a fault costs the message it happened on.

use super::metrics::Histogram;
use super::olefy::macros::{self, Macros};
use super::service::Engine;
use crate::report::Report;
use crate::scan::{Input, Session};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// What a scan gives.
#[derive(Debug)]
pub(super) struct Answer {
    /// The report.
    pub(super) report: Report,
    /// The macros in it.
    pub(super) macros: Macros,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No worker got free in time, or there was no memory for the message.
    Busy,
    /// The scanner itself failed, or it did not end.
    Fault,
    /// Who asked has gone.
    Gone,
}

impl Failure {
    /// The reason in words.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Busy => "overloaded",
            Self::Fault => "the scanner failed",
            Self::Gone => "the client has gone",
        }
    }
}

/// What is done every now and then while a message waits; its error ends the waiting.
pub(super) type Beat<'a> = dyn FnMut() -> io::Result<()> + 'a;

/// How often; mail servers wait some minutes at least.
const BEAT: Duration = Duration::from_secs(5);

/// The stack of a worker, as the command line gives it to its own.
const STACK: usize = 8 << 20;

/// The workers.
#[derive(Debug)]
pub(super) struct Pool {
    work: Mutex<Sender<Job>>,
    slots: Arc<Slots>,
}

/// Places at the workers, as many as there are workers.
#[derive(Debug)]
struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One place; free again when it is dropped.
#[derive(Debug)]
struct Slot(Arc<Slots>);

#[derive(Debug)]
struct Job {
    engine: Arc<Engine>,
    input: Input,
    done: Sender<Result<Answer, Failure>>,
    _slot: Slot,
}

impl Pool {
    /// Starts so many workers.
    ///
    /// # Errors
    /// A thread could not be started.
    pub(super) fn new(jobs: usize) -> io::Result<Self> {
        let (work, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..jobs {
            let queue = queue.clone();
            Builder::new().name("scan".into()).stack_size(STACK).spawn(move || {
                let mut next = take(&queue);
                while let Some(job) = next {
                    next = scan_with_one_session(job, &queue);
                }
            })?;
        }
        let slots = Slots { free: Mutex::new(jobs), freed: Condvar::new() };
        Ok(Self { work: Mutex::new(work), slots: Arc::new(slots) })
    }

    /// How many places are free.
    pub(super) fn free(&self) -> usize {
        *lock(&self.slots.free)
    }

    /// Scans one input and waits for the answer. How long it waited for a place goes into `waits`.
    pub(super) fn scan(
        &self,
        engine: &Arc<Engine>,
        input: Input,
        waits: &Histogram,
        beat: &mut Beat,
    ) -> Result<Answer, Failure> {
        let began = Instant::now();
        let slot = self.slots.take(engine.settings.bounds.wait, BEAT, beat);
        waits.observe(began.elapsed());
        let slot = slot?;
        let (done, answer) = channel();
        let job = Job { engine: engine.clone(), input, done, _slot: slot };
        lock(&self.work).send(job).map_err(|_| Failure::Fault)?;
        // A scan ends at its own time limit; one that does not is given up, and its place stays taken.
        let until = Instant::now() + engine.scanner.limits().time * 2 + Duration::from_secs(10);
        loop {
            match answer.recv_timeout(BEAT.min(until.saturating_duration_since(Instant::now()))) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => return Err(Failure::Fault),
                Err(RecvTimeoutError::Timeout) if Instant::now() >= until => return Err(Failure::Fault),
                Err(RecvTimeoutError::Timeout) => beat().map_err(|_| Failure::Gone)?,
            }
        }
    }
}

impl Slots {
    fn take(self: &Arc<Self>, wait: Duration, every: Duration, beat: &mut Beat) -> Result<Slot, Failure> {
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

fn take(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    lock(queue).recv().ok()
}

/// Scans jobs as long as they want the same rules and nothing fails; answers the next job that needs a new session.
fn scan_with_one_session(first: Job, queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    let engine = first.engine.clone();
    let mut session = engine.scanner.session();
    let mut job = first;
    loop {
        if !Arc::ptr_eq(&job.engine, &engine) {
            return Some(job);
        }
        let Job { input, done, .. } = &mut job;
        let input = std::mem::take(input);
        let result = catch_unwind(AssertUnwindSafe(|| scan(&mut session, input, &engine)));
        let failed = result.is_err();
        let _gone = done.send(result.map_err(|_| Failure::Fault));
        drop(job);
        if failed {
            return take(queue);
        }
        job = take(queue)?;
    }
}

fn scan(session: &mut Session, input: Input, engine: &Engine) -> Answer {
    let (report, tree) = session.scan(input, &engine.keys);
    let macros = macros::of(&tree, &report);
    Answer { report, macros }
}

/// A lock that a fault elsewhere does not spoil: what it guards is a number or a channel.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_waited_for_and_not_for_ever() {
        let slots = Arc::new(Slots { free: Mutex::new(1), freed: Condvar::new() });
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
        assert_eq!(*lock(&slots.free), 1);
    }

    #[test]
    fn jobs_are_answered_and_places_given_back() {
        let pool = Pool::new(2).unwrap();
        let engine = Arc::new(Engine::default());
        for _ in 0..5 {
            let input = Input { bytes: b"text".to_vec(), size: 4, ..Input::default() };
            let answer = pool.scan(&engine, input, &Histogram::default(), &mut || Ok(())).unwrap();
            assert_eq!(answer.report.verdict, crate::verdict::Verdict::Clean);
        }
        let until = Instant::now() + Duration::from_secs(10);
        while pool.free() < 2 && Instant::now() < until {
            std::thread::yield_now();
        }
        assert_eq!(pool.free(), 2);
    }
}
