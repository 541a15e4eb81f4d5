//! Many messages on all cores, answered in the order they came in: scanned, or read for the index of passwords.
//!
//! One thread reads, `jobs` threads scan, and the caller's thread gets the results in input order. The [`Gate`]
//! bounds what is under way: in bytes, so that a mailbox of any size never sits in memory, and in messages, so
//! that one slow message does not let the finished ones behind it pile up.

use super::input::{Emit, Problem};
use crate::report::Report;
use crate::scan::Input;
use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow::{self, Break, Continue};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope, scope};

/// What a worker makes of one input.
pub(super) trait Answer: Send {
    /// What stands for the input on which a worker failed.
    fn fault(path: &str, index: usize, why: &str) -> Self;
}

impl Answer for Report {
    fn fault(path: &str, index: usize, why: &str) -> Self {
        Self::fault(path, index, why)
    }
}

/// What became of one input.
#[derive(Debug)]
pub(super) enum Outcome<A> {
    /// The answer of a worker, or what stands for it where the worker failed.
    Answer(Box<A>),
    /// It could not be read.
    Unreadable(Problem),
}

/// What feeds the pipeline: calls back with each input until it is told to stop.
pub(super) trait Feed: FnOnce(&mut Emit) -> ControlFlow<()> + Send {}

impl<F: FnOnce(&mut Emit) -> ControlFlow<()> + Send> Feed for F {}

/// The most bytes of inputs that are in memory and not yet scanned, if they are more than one.
const BYTES: u64 = 256 << 20;

/// The most messages under way for each worker: enough to keep all busy behind a slow one.
const WINDOW: usize = 64;

/// The stack of a worker: that of a main thread, more than the usual one of threads, for deeply nested input.
const STACK: usize = 8 << 20;

/// Works through everything that `feed` hands on and calls `each` with the outcomes in the same order. `session` makes the
/// worker of one thread.
///
/// # Errors
/// The first error of `each`, which ends the run; or that no thread could be started.
pub(super) fn run<A: Answer, S: FnMut(Input) -> A>(
    session: impl Fn() -> S + Sync,
    jobs: usize,
    feed: impl Feed,
    each: &mut dyn FnMut(Outcome<A>) -> io::Result<()>,
) -> io::Result<()> {
    let gate = Gate::new(jobs.max(1).saturating_mul(WINDOW));
    scope(|scope| {
        let results = start(scope, &session, jobs.max(1), feed, &gate)?;
        let ended = in_order(results, &gate, each);
        gate.stop();
        ended
    })
}

/// Starts the workers and the reader.
fn start<'scope, A: Answer + 'scope, S: FnMut(Input) -> A>(
    scope: &'scope Scope<'scope, '_>,
    session: &'scope (impl Fn() -> S + Sync),
    jobs: usize,
    feed: impl Feed + 'scope,
    gate: &'scope Gate,
) -> io::Result<Receiver<(usize, Outcome<A>)>> {
    let (work, jobs_to_do) = channel();
    let (done, results) = channel();
    let queue = std::sync::Arc::new(Mutex::new(jobs_to_do));
    for _ in 0..jobs {
        let (queue, done) = (queue.clone(), done.clone());
        let worker = move || scan_all(session, &queue, &done, gate);
        Builder::new().name("scan".into()).stack_size(STACK).spawn_scoped(scope, worker)?;
    }
    let reader = move || read_all(feed, &work, &done, gate);
    Builder::new().name("read".into()).stack_size(STACK).spawn_scoped(scope, reader)?;
    Ok(results)
}

/// The reader's thread: numbers what comes in and lets it through the gate.
fn read_all<A>(
    feed: impl Feed,
    work: &Sender<(usize, Input)>,
    done: &Sender<(usize, Outcome<A>)>,
    gate: &Gate,
) {
    let mut order = 0;
    let attempt = AssertUnwindSafe(|| {
        feed(&mut |item| {
            let bytes = item.as_ref().map_or(0, |input| input.bytes.len() as u64);
            gate.enter(bytes)?;
            order += 1;
            let sent = match item {
                Ok(input) => work.send((order - 1, input)).is_ok(),
                Err(problem) => done.send((order - 1, Outcome::Unreadable(problem))).is_ok(),
            };
            if sent { Continue(()) } else { Break(()) }
        })
    });
    if let Err(panic) = catch_unwind(attempt) {
        let problem = Problem { path: "-".into(), reason: format!("reading failed: {}", reason(&*panic)) };
        let _ended = done.send((order, Outcome::Unreadable(problem)));
    }
}

/// A worker's thread. A panic costs the message it happened on; the session is made anew, for nobody knows what
/// state it is in.
fn scan_all<A: Answer, S: FnMut(Input) -> A>(
    session: &impl Fn() -> S,
    queue: &Mutex<Receiver<(usize, Input)>>,
    done: &Sender<(usize, Outcome<A>)>,
    gate: &Gate,
) {
    let mut scan = session();
    while let Ok((order, input)) = next(queue) {
        if gate.is_stopped() {
            return;
        }
        let (path, index, bytes) = (input.path.clone(), input.index, input.bytes.len() as u64);
        let answer = catch_unwind(AssertUnwindSafe(|| scan(input))).unwrap_or_else(|panic| {
            scan = session();
            A::fault(&path, index, &reason(&*panic))
        });
        gate.scanned(bytes);
        if done.send((order, Outcome::Answer(Box::new(answer)))).is_err() {
            return;
        }
    }
}

fn next(queue: &Mutex<Receiver<(usize, Input)>>) -> Result<(usize, Input), std::sync::mpsc::RecvError> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv()
}

/// The caller's thread: holds back what comes too early.
fn in_order<A>(
    results: Receiver<(usize, Outcome<A>)>,
    gate: &Gate,
    each: &mut dyn FnMut(Outcome<A>) -> io::Result<()>,
) -> io::Result<()> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (order, outcome) in results {
        early.insert(order, outcome);
        while let Some(outcome) = early.remove(&next) {
            each(outcome)?;
            gate.answered();
            next += 1;
        }
    }
    Ok(())
}

/// What a panic said.
fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no reason given").chars().take(300).collect()
}

/// Bounds what is under way.
#[derive(Debug)]
struct Gate {
    window: usize,
    load: Mutex<Load>,
    eased: Condvar,
}

#[derive(Debug, Default)]
struct Load {
    /// Bytes not yet scanned.
    bytes: u64,
    /// Messages not yet answered.
    messages: usize,
    stopped: bool,
}

impl Gate {
    fn new(window: usize) -> Self {
        Self { window, load: Mutex::default(), eased: Condvar::new() }
    }

    /// Waits until there is room for a message of that many bytes; one message always has room. `Break` if the
    /// run was stopped.
    fn enter(&self, bytes: u64) -> ControlFlow<()> {
        let full = |load: &mut Load| {
            let too_much = load.bytes > 0 && load.bytes.saturating_add(bytes) > BYTES;
            !load.stopped && (too_much || load.messages >= self.window)
        };
        let mut load = self.eased.wait_while(self.load(), full).unwrap_or_else(PoisonError::into_inner);
        if load.stopped {
            return Break(());
        }
        load.bytes += bytes;
        load.messages += 1;
        Continue(())
    }

    fn scanned(&self, bytes: u64) {
        let mut load = self.load();
        load.bytes = load.bytes.saturating_sub(bytes);
        self.eased.notify_all();
    }

    fn answered(&self) {
        let mut load = self.load();
        load.messages = load.messages.saturating_sub(1);
        self.eased.notify_all();
    }

    fn stop(&self) {
        self.load().stopped = true;
        self.eased.notify_all();
    }

    fn is_stopped(&self) -> bool {
        self.load().stopped
    }

    fn load(&self) -> MutexGuard<'_, Load> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn input(index: usize, size: usize) -> Result<Input, Problem> {
        let bytes = std::iter::repeat_n(b'x', size).collect();
        Ok(Input { path: format!("{index}"), index, bytes, size: size as u64, ..Input::default() })
    }

    fn problem() -> Result<Input, Problem> {
        Err(Problem { path: "gone".into(), reason: "no such file".into() })
    }

    fn session() -> impl FnMut(Input) -> Report {
        |input| Report::new(&input.path, input.index, &Tree::default(), &[])
    }

    /// The paths in the order they were answered.
    fn paths(jobs: usize, feed: impl Feed) -> Vec<String> {
        let mut paths = Vec::new();
        run(session, jobs, feed, &mut |outcome| {
            paths.push(match outcome {
                Outcome::Answer(report) => report.path,
                Outcome::Unreadable(problem) => problem.path,
            });
            Ok(())
        })
        .unwrap();
        paths
    }

    #[test]
    fn answers_come_in_input_order_for_any_number_of_workers() {
        let feed = |emit: &mut Emit| {
            (0..500).try_for_each(|n| emit(if n == 250 { problem() } else { input(n, (n * 7919) % 5000) }))
        };
        let want: Vec<String> =
            (0..500).map(|n| if n == 250 { "gone".into() } else { n.to_string() }).collect();
        assert_eq!(paths(1, feed), want);
        assert_eq!(paths(4, feed), want);
        assert_eq!(paths(2, |_: &mut Emit| Continue(())), Vec::<String>::new());
    }

    #[test]
    fn the_reader_never_runs_far_ahead() {
        let read = AtomicUsize::new(0);
        let mut answered = 0;
        let feed = |emit: &mut Emit| {
            (0..1000).try_for_each(|n| {
                read.fetch_add(1, Ordering::SeqCst);
                emit(input(n, 10))
            })
        };
        run(session, 2, feed, &mut |_| {
            assert!(read.load(Ordering::SeqCst) <= answered + 2 * WINDOW + 1);
            answered += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(answered, 1000);
    }

    #[test]
    fn an_error_of_the_caller_ends_the_run() {
        let mut answered = 0;
        let endless = |emit: &mut Emit| (0..).try_for_each(|n| emit(input(n, 10)));
        let ended = run(session, 2, endless, &mut |_| {
            answered += 1;
            if answered == 3 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
        });
        assert_eq!((ended.unwrap_err().kind(), answered), (io::ErrorKind::BrokenPipe, 3));
    }

    #[test]
    fn a_panic_costs_its_message_and_the_session_is_made_anew() {
        let made = AtomicUsize::new(0);
        let session = || {
            made.fetch_add(1, Ordering::SeqCst);
            |input: Input| if input.index == 3 { panic!("bad {}", input.index) } else { session()(input) }
        };
        let mut faults = Vec::new();
        run(session, 1, |emit: &mut Emit| (0..9).try_for_each(|n| emit(input(n, 1))), &mut |outcome| {
            let Outcome::Answer(report) = outcome else { panic!("all inputs can be read") };
            faults.push((report.index, report.error));
            Ok(())
        })
        .unwrap();
        let want: Vec<_> = (0..9).map(|n| (n, (n == 3).then(|| "bad 3".to_string()))).collect();
        assert_eq!((faults, made.load(Ordering::SeqCst)), (want, 2));
    }

    #[test]
    fn a_reader_that_fails_is_told() {
        let feed = |emit: &mut Emit| -> ControlFlow<()> {
            emit(input(0, 1))?;
            panic!("bad mailbox")
        };
        assert_eq!(paths(1, feed), ["0", "-"]);
    }

    #[test]
    fn a_huge_message_has_room_alone_and_waits_for_others() {
        let gate = Gate::new(9);
        assert_eq!(gate.enter(BYTES * 4), Continue(()));
        gate.scanned(BYTES * 4);
        assert_eq!(gate.enter(1), Continue(()));
        scope(|scope| {
            let waiting = scope.spawn(|| gate.enter(BYTES));
            gate.scanned(1);
            assert_eq!(waiting.join().unwrap(), Continue(()));
        });
        gate.stop();
        assert_eq!(gate.enter(1), Break(()));
    }
}
