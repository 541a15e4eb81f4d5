//! What waits for a worker, and the rules in force.

use super::slots::Slot;
use super::{Ask, Base, Failure, Reply, lock};
use crate::scan::Input;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// Rules and configuration, numbered.
#[derive(Clone, Debug)]
pub(super) struct Generation {
    /// Later ones have greater numbers.
    pub(super) number: u64,
    /// Rules and configuration.
    pub(super) base: Arc<Base>,
    /// The same as worker processes are told; empty where there are none.
    pub(super) orders: Arc<Orders>,
}

/// What a worker process is told when it starts.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// Limits and passwords.
    pub(super) setup: Vec<u8>,
    /// The packed rules.
    pub(super) rules: Vec<u8>,
}

/// One input that waits.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) input: Arc<Input>,
    /// What is asked.
    pub(super) ask: Ask,
    /// Where the answer goes, with the number of the rules it was found with.
    pub(super) done: Sender<Result<(Reply, u64), Failure>>,
    /// Set by the first of two: the worker that takes it, the client that gives up.
    pub(super) taken: Arc<AtomicBool>,
    /// Given back when the job is done.
    pub(super) _slot: Slot,
}

/// What waits. There are never more jobs than slots.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    jobs: VecDeque<Job>,
    generation: Generation,
    ended: bool,
}

/// Why a worker's keeper wakes.
#[derive(Debug)]
pub(super) enum Wake {
    /// There is something to do.
    Job(Job),
    /// There are new rules, or the time is over.
    Look,
    /// There will be nothing more to do.
    End,
}

impl Queue {
    /// Nothing waits yet.
    pub(super) fn new(generation: Generation) -> Self {
        let state = State { jobs: VecDeque::new(), generation, ended: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The rules in force.
    pub(super) fn generation(&self) -> Generation {
        lock(&self.state).generation.clone()
    }

    /// Puts other rules in force.
    pub(super) fn renew(&self, generation: Generation) {
        lock(&self.state).generation = generation;
        self.changed.notify_all();
    }

    /// Adds a job. All keepers wake, for some have no worker now.
    pub(super) fn push(&self, job: Job) {
        lock(&self.state).jobs.push_back(job);
        self.changed.notify_all();
    }

    /// Whether anything waits.
    pub(super) fn has_jobs(&self) -> bool {
        !lock(&self.state).jobs.is_empty()
    }

    /// No more jobs.
    pub(super) fn end(&self) {
        lock(&self.state).ended = true;
        self.changed.notify_all();
    }

    /// Waits for rules other than those of that number, which go first, for a job if `is_able`, and no longer than
    /// `until`.
    pub(super) fn wait(&self, is_able: bool, number: u64, until: Option<Instant>) -> Wake {
        let mut state = lock(&self.state);
        loop {
            let is_renewed = state.generation.number != number;
            while is_able
                && !is_renewed
                && let Some(job) = state.jobs.pop_front()
            {
                if !job.taken.swap(true, Ordering::SeqCst) {
                    return Wake::Job(job);
                }
            }
            if state.ended {
                return Wake::End;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if is_renewed || left.is_some_and(|left| left.is_zero()) {
                return Wake::Look;
            }
            state = match left {
                Some(left) => {
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
