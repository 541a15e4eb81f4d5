//! The keeper of one worker process: starts it, hands it jobs, and replaces it when it dies, hangs, has done enough,
//! or has old rules.

use super::process::{Lost, Said, Worker};
use super::queue::{Generation, Job, Wake};
use super::{Failure, Reply, Shared};
use crate::text::printable;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// How the first start went.
pub(super) type First = Sender<Result<(), String>>;

/// Between two attempts to start a worker: at first, and at most.
const SOON: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_secs(10);

/// What a keeper knows.
struct Keeper<'a> {
    shared: &'a Shared,
    worker: Option<Worker>,
    /// The next attempt, after one that failed, and how long it is put off.
    not_before: Option<Instant>,
    pause: Duration,
    /// Until the first start was tried.
    first: Option<First>,
}

/// Keeps a worker as long as there may be jobs.
pub(super) fn keep(shared: &Shared, first: First) {
    let mut keeper =
        Keeper { shared, worker: None, not_before: None, pause: Duration::ZERO, first: Some(first) };
    let mut is_new = false;
    loop {
        let generation = shared.queue.generation();
        let is_stale = keeper.is_stale(&generation);
        // After each start one job goes first, so that rules that change all the time hold up nobody.
        let goes_first = is_new && keeper.worker.is_some() && shared.queue.has_jobs();
        is_new = false;
        if is_stale && !goes_first && keeper.may_start() {
            is_new = keeper.start(&generation);
            continue;
        }
        let until = keeper.not_before.filter(|_| is_stale);
        match shared.queue.wait(keeper.worker.is_some(), generation.number, until) {
            Wake::Job(job) => keeper.scan(job),
            Wake::Look => {}
            Wake::End => return,
        }
    }
}

impl Keeper<'_> {
    fn is_stale(&self, generation: &Generation) -> bool {
        self.worker.as_ref().is_none_or(|worker| worker.is_spent() || worker.generation != generation.number)
    }

    fn may_start(&self) -> bool {
        self.not_before.is_none_or(|time| time <= Instant::now())
    }

    /// Starts a worker in the place of the one there is, which stays if that fails.
    fn start(&mut self, generation: &Generation) -> bool {
        let started = Worker::start(generation);
        let outcome = started.as_ref().map(drop).map_err(String::clone);
        if let Some(first) = self.first.take() {
            let _nobody_waits = first.send(outcome);
        }
        match started {
            Ok(worker) => {
                self.shared.counters.worker_starts.add();
                self.tell_lockdown(&worker);
                self.worker = Some(worker);
                (self.not_before, self.pause) = (None, Duration::ZERO);
                true
            }
            Err(why) => {
                self.shared.counters.worker_start_failures.add();
                self.tell(
                    "error",
                    "worker-start-failed",
                    &json!({ "error": { "message": printable(&why) } }),
                );
                // One that is spent does not stay.
                self.worker.take_if(|worker| worker.is_spent());
                self.pause = (self.pause * 2).clamp(SOON, LATER);
                self.not_before = Some(Instant::now() + self.pause);
                false
            }
        }
    }

    /// Says once how far workers are locked in.
    fn tell_lockdown(&self, worker: &Worker) {
        if self.shared.told.swap(true, Ordering::SeqCst) {
            return;
        }
        let (level, lockdown) =
            if worker.lacks.is_empty() { ("info", "full") } else { ("warning", "partial") };
        let more = json!({ "tenpu": { "lockdown": lockdown, "lockdown_lacks": worker.lacks } });
        self.tell(level, "workers", &more);
    }

    /// Scans one input, with another worker if the first is lost.
    fn scan(&mut self, job: Job) {
        let generation = self.shared.queue.generation();
        if self.worker.as_mut().is_some_and(Worker::has_ended) {
            self.lost("it was ended while it had nothing to do");
            self.start(&generation);
        }
        let mut answer = self.attempt(&job);
        if answer.is_err() {
            self.shared.counters.retries.add();
            self.start(&generation);
            answer = self.attempt(&job);
        }
        let _gone = job.done.send(answer.unwrap_or(Err(Failure::Fault)));
    }

    /// One attempt; no result where the worker is lost or there is none.
    fn attempt(&mut self, job: &Job) -> Result<Result<(Reply, u64), Failure>, ()> {
        let worker = self.worker.as_mut().ok_or(())?;
        match worker.ask(&job.input, &job.ask) {
            Ok(Said::Reply(reply)) => Ok(Ok((reply, worker.generation))),
            Ok(Said::Failed) => Ok(Err(Failure::Fault)),
            Err(Lost(why)) => {
                self.lost(&why);
                Err(())
            }
        }
    }

    fn tell(&self, level: &str, what: &str, more: &Value) {
        (self.shared.queue.generation().base.tell)(level, what, more);
    }

    fn lost(&mut self, why: &str) {
        self.shared.counters.worker_deaths.add();
        self.tell("error", "worker-lost", &json!({ "error": { "message": printable(why) } }));
        self.worker = None;
    }
}
