//! The places where messages are scanned, as many as there are jobs: locked-in processes ([`process`]), or threads
//! where there are no such processes. Each has a keeper, a thread that takes one input after the other from the
//! queue. A fault costs the message it happened on; a worker process that dies costs nothing, because its input
//! is given to another one.

mod ask;
mod base;
mod cache;
pub(super) mod counters;
#[cfg(target_os = "linux")]
mod keeper;
pub(super) mod macros;
pub(super) mod options;
#[cfg(target_os = "linux")]
mod process;
mod queue;
mod slots;

pub(super) use ask::{Answer, Ask, Failure, Reply, Wish, reply};
pub(super) use base::Base;

#[cfg(feature = "desk")]
use crate::message::forwarded::Forwarded;
use crate::scan::Input;
use anyhow::bail;
use cache::Cache;
use counters::Counters;
use options::Isolation;
use queue::{Generation, Job, Orders, Queue, Wake};
use slots::Slots;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// What is done every now and then while a message waits; its error ends the waiting.
pub(super) type Beat<'a> = dyn FnMut() -> io::Result<()> + 'a;

/// How often; mail servers wait some minutes at least.
const BEAT: Duration = Duration::from_secs(5);

/// The stack of a worker, as the command line gives it to its own.
const STACK: usize = 8 << 20;

/// The places and what they share.
#[derive(Debug)]
pub(super) struct Pool {
    slots: Arc<Slots>,
    shared: Arc<Shared>,
    isolation: Isolation,
}

/// What the keepers share with the pool.
#[derive(Debug)]
struct Shared {
    queue: Queue,
    counters: Counters,
    cache: Mutex<Cache>,
    /// Whether it was told how far workers are locked in.
    told: AtomicBool,
}

impl Pool {
    /// Starts so many workers, and waits until one is ready.
    ///
    /// # Errors
    /// None could be started.
    pub(super) fn new(jobs: usize, base: &Arc<Base>) -> anyhow::Result<Self> {
        let isolation = base.options.isolation;
        let generation = generation(1, base, isolation)?;
        let shared = Arc::new(Shared {
            queue: Queue::new(generation),
            counters: Counters::default(),
            cache: Mutex::default(),
            told: AtomicBool::new(false),
        });
        lock(&shared.cache).renew(1, base.options.cache);
        let pool = Self { slots: Slots::new(jobs), shared, isolation };
        pool.start(jobs)?;
        Ok(pool)
    }

    #[cfg(target_os = "linux")]
    fn start(&self, jobs: usize) -> anyhow::Result<()> {
        if self.isolation == Isolation::Thread {
            return self.start_threads(jobs);
        }
        let (first, outcomes) = channel();
        for _ in 0..jobs {
            let (shared, first) = (self.shared.clone(), first.clone());
            Builder::new().name("keeper".into()).spawn(move || keeper::keep(&shared, first))?;
        }
        drop(first);
        let mut why = String::new();
        for outcome in outcomes {
            match outcome {
                Ok(()) => return Ok(()),
                Err(reason) => why = reason,
            }
        }
        bail!("no worker process could be started: {why}")
    }

    #[cfg(not(target_os = "linux"))]
    fn start(&self, jobs: usize) -> anyhow::Result<()> {
        match self.isolation {
            Isolation::Thread => self.start_threads(jobs),
            Isolation::Process => bail!("worker processes need Linux; set `isolation = \"thread\"`"),
        }
    }

    fn start_threads(&self, jobs: usize) -> anyhow::Result<()> {
        for _ in 0..jobs {
            let shared = self.shared.clone();
            let keep = move || while scan_with_one_session(&shared.queue) {};
            Builder::new().name("scan".into()).stack_size(STACK).spawn(keep)?;
        }
        Ok(())
    }

    /// Puts other rules in force. What is being scanned ends as it began.
    ///
    /// # Errors
    /// They cannot be handed to workers; then the old ones stay.
    pub(super) fn renew(&self, base: &Arc<Base>) -> anyhow::Result<()> {
        let number = self.shared.queue.generation().number + 1;
        let generation = generation(number, base, self.isolation)?;
        lock(&self.shared.cache).renew(number, base.options.cache);
        self.shared.queue.renew(generation);
        Ok(())
    }

    /// How many places are free.
    pub(super) fn free(&self) -> usize {
        self.slots.free()
    }

    /// What was counted so far.
    pub(super) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Scans one input and waits for the answer. What is tried for it alone makes an answer of its own.
    pub(super) fn scan(
        &self,
        base: &Arc<Base>,
        input: &Arc<Input>,
        wish: Wish,
        waited: &dyn Fn(Duration),
        beat: &mut Beat,
    ) -> Result<Answer, Failure> {
        let counters = &self.shared.counters;
        counters.scans.add();
        let (path, index) = (input.path.clone(), input.index);
        let is_asked = wish.keys.is_empty() && !wish.excerpt && lock(&self.shared.cache).is_on();
        let key = is_asked.then(|| cache::key(input, wish.note.is_some()));
        if let Some(mut answer) = key.and_then(|key| lock(&self.shared.cache).get(&key)) {
            counters.cache_hits.add();
            (answer.report.path, answer.report.index) = (path, index);
            return Ok(answer);
        }
        let answer = match self.ask(base, (input.clone(), Ask::Scan(wish)), waited, beat) {
            Ok((Reply::Answer(answer), number)) => Ok((*answer, number)),
            Ok((Reply::Forwarded(_), _)) => Err(Failure::Fault),
            Err(failure) => Err(failure),
        };
        let (answer, number) = answer.inspect_err(|failure| counters.of(*failure).add())?;
        if let Some(key) = key {
            lock(&self.shared.cache).put(key, number, &answer);
        }
        Ok(answer)
    }

    /// What a mail hands on.
    #[cfg(feature = "desk")]
    pub(super) fn take_apart(&self, base: &Base, input: Input) -> Result<Forwarded, Failure> {
        match self.ask(base, (Arc::new(input), Ask::TakeApart), &|_| (), &mut || Ok(())) {
            Ok((Reply::Forwarded(forwarded), _)) => Ok(*forwarded),
            Ok((Reply::Answer(_), _)) => Err(Failure::Fault),
            Err(failure) => Err(failure),
        }
    }

    /// Whether a worker really scans a few bytes.
    pub(super) fn answers(&self, base: &Base) -> bool {
        let input = Input { path: "watchdog".into(), bytes: b"x".to_vec(), size: 1, ..Input::default() };
        let input = (Arc::new(input), Ask::Scan(Wish::default()));
        let answer = self.ask(base, input, &|_| (), &mut || Ok(()));
        !matches!(answer, Err(Failure::Fault))
    }

    fn ask(
        &self,
        base: &Base,
        (input, ask): (Arc<Input>, Ask),
        waited: &dyn Fn(Duration),
        beat: &mut Beat,
    ) -> Result<(Reply, u64), Failure> {
        let wait = base.wait;
        let asked = Instant::now();
        let slot = self.slots.take(wait, BEAT, beat);
        waited(asked.elapsed());
        let slot = slot?;
        let (done, answer) = channel();
        let taken = Arc::new(AtomicBool::new(false));
        self.shared.queue.push(Job { input, ask, done, taken: taken.clone(), _slot: slot });
        let pushed = Instant::now();
        let until = pushed + self.patience(base);
        loop {
            // A place is no worker yet, where workers cannot be started.
            let is_late = pushed.elapsed() >= wait.max(BEAT) && !taken.swap(true, Ordering::SeqCst);
            if is_late {
                return Err(Failure::Busy);
            }
            match answer.recv_timeout(BEAT.min(until.saturating_duration_since(Instant::now()))) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => return Err(Failure::Fault),
                Err(RecvTimeoutError::Timeout) if Instant::now() >= until => return Err(Failure::Fault),
                Err(RecvTimeoutError::Timeout) => beat().map_err(|_| Failure::Gone)?,
            }
        }
    }

    /// How long an answer may take: that of threads one scan, that of processes two and a start between them.
    fn patience(&self, base: &Base) -> Duration {
        let once = base.patience();
        match self.isolation {
            Isolation::Thread => once,
            Isolation::Process => base.wait + once * 2 + Duration::from_secs(60),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.queue.end();
    }
}

/// Rules and configuration as the workers get them.
fn generation(number: u64, base: &Arc<Base>, isolation: Isolation) -> anyhow::Result<Generation> {
    #[cfg(target_os = "linux")]
    let orders = if isolation == Isolation::Process { process::orders(base)? } else { Orders::default() };
    #[cfg(not(target_os = "linux"))]
    let orders = Orders::default();
    Ok(Generation { number, base: base.clone(), orders: Arc::new(orders) })
}

/// Scans jobs as long as the rules stay and nothing fails; answers whether there may be more.
fn scan_with_one_session(queue: &Queue) -> bool {
    let Generation { number, base, .. } = queue.generation();
    let mut session = base.scanner.session();
    loop {
        let mut job = match queue.wait(true, number, None) {
            Wake::Job(job) => job,
            Wake::Look => return true,
            Wake::End => return false,
        };
        let input = Arc::unwrap_or_clone(std::mem::take(&mut job.input));
        let with = (&base.keys, base.scanner.limits());
        let result = catch_unwind(AssertUnwindSafe(|| reply(&mut session, input, with, job.ask)));
        let failed = result.is_err();
        let _gone = job.done.send(result.map(|reply| (reply, number)).map_err(|_| Failure::Fault));
        if failed {
            return true;
        }
    }
}

/// A lock that a fault elsewhere does not spoil: what it guards is a number or a channel.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In threads: the program of these tests is no worker.
    fn base(cache: usize) -> Arc<Base> {
        let options = options::Options { isolation: Isolation::Thread, cache, ..Default::default() };
        Arc::new(Base { options, ..Base::default() })
    }

    fn text() -> Input {
        Input { path: "here".into(), bytes: b"text".to_vec(), size: 4, ..Input::default() }
    }

    #[test]
    fn jobs_are_answered_and_places_given_back() {
        let base = base(0);
        let pool = Pool::new(2, &base).unwrap();
        for _ in 0..5 {
            let answer =
                pool.scan(&base, &Arc::new(text()), Wish::default(), &|_| (), &mut || Ok(())).unwrap();
            assert_eq!(answer.report.verdict, crate::verdict::Verdict::Clean);
        }
        let until = Instant::now() + Duration::from_secs(60);
        while pool.free() < 2 && Instant::now() < until {
            std::thread::yield_now();
        }
        assert_eq!(pool.free(), 2);
        assert_eq!((pool.counters().scans.get(), pool.counters().cache_hits.get()), (5, 0));
    }

    #[test]
    fn what_was_answered_is_remembered_until_the_rules_change() {
        let base = base(9);
        let pool = Pool::new(1, &base).unwrap();
        let scan = |path: &str| {
            let answer = pool
                .scan(
                    &base,
                    &Arc::new(Input { path: path.into(), ..text() }),
                    Wish::default(),
                    &|_| (),
                    &mut || Ok(()),
                )
                .unwrap();
            assert_eq!(answer.report.path, path);
            pool.counters().cache_hits.get()
        };
        assert_eq!([scan("a"), scan("b"), scan("c")], [0, 1, 2]);
        pool.renew(&base).unwrap();
        assert_eq!([scan("d"), scan("e")], [2, 3]);
    }

    #[test]
    fn a_job_that_nobody_takes_is_given_up() {
        let generation = generation(1, &base(0), Isolation::Thread).unwrap();
        let queue = Queue::new(generation);
        let slots = Slots::new(1);
        let slot = slots.take(Duration::ZERO, BEAT, &mut || Ok(())).unwrap();
        let (done, _answer) = channel();
        let taken = Arc::new(AtomicBool::new(true));
        queue.push(Job { input: Arc::new(text()), ask: Ask::TakeApart, done, taken, _slot: slot });
        assert!(queue.has_jobs());
        assert!(matches!(queue.wait(true, 1, Some(Instant::now())), Wake::Look));
        assert!(!queue.has_jobs() && slots.free() == 1);
    }
}
