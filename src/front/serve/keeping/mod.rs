//! The store in the mail flow: what was answered is written after the answer went out, by a thread of its own
//! ([`writer`]); mails that tell a password are remembered, and locked ones are tried again when theirs comes
//! ([`rescan`]). A store that is slow or down delays and changes no answer but that of a quarantine in the store.
//!
//! Nothing here reads a mail: reports and notes come from the workers.

mod entry;
mod exceptions;
mod queue;
mod rescan;
mod writer;

use super::log::{self, Mail};
use super::metrics::Kept as Number;
use super::service::Service;
use crate::exception::{Excepted, Exceptions};
use crate::front::config::{Keep, StoreSection};
use crate::front::kin::Kin;
use crate::front::pool::{Answer, Beat, lock};
use crate::front::storage;
use crate::keyring::Candidate;
use crate::message::neighbours::Note;
use crate::report::Report;
use crate::scan::Input;
use crate::store::{Retention, Store, now};
use crate::verdict::Verdict;
use entry::{Entry, Kept, Ticket};
use exceptions::Known;
use queue::Queue;
use rescan::Rescans;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// The store of a service.
#[derive(Debug)]
pub(super) struct Keeping {
    shared: Arc<Shared>,
    runtime: Runtime,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What its threads share.
#[derive(Debug)]
struct Shared {
    section: Mutex<StoreSection>,
    /// Once it could be opened.
    store: OnceLock<Store>,
    queue: Queue,
    kin: Kin,
    rescans: Rescans,
    exceptions: Known,
    counts: Counts,
}

/// What is counted.
#[derive(Debug, Default)]
struct Counts {
    written: AtomicU64,
    dropped: AtomicU64,
    rescanned: AtomicU64,
    opened: AtomicU64,
    /// Whether the store took what it was last given.
    is_up: AtomicBool,
}

/// A mail that was scanned, or could not be.
pub(super) struct Scanned<'a> {
    /// What is known beside its report.
    pub(super) mail: &'a Mail<'a>,
    /// The mail.
    pub(super) input: &'a Arc<Input>,
    /// How many notes there were before it was scanned.
    pub(super) asked: u64,
    /// What exceptions made of it.
    pub(super) excepted: Option<&'a Excepted>,
}

/// How long the start waits for the store, so that the first mails already have neighbours.
const START: Duration = Duration::from_secs(5);

impl Keeping {
    /// Starts the writer, which opens the store as soon as that can be done.
    ///
    /// # Errors
    /// The section is wrong, or no thread could be started.
    pub(super) fn start(section: &StoreSection) -> anyhow::Result<Self> {
        storage::check(section)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let shared = Arc::new(Shared {
            section: Mutex::new(section.clone()),
            store: OnceLock::new(),
            queue: Queue::default(),
            kin: Kin::default(),
            rescans: Rescans::default(),
            exceptions: Known::default(),
            counts: Counts::default(),
        });
        let (tried, first) = sync_channel(1);
        let (of_thread, handle) = (shared.clone(), runtime.handle().clone());
        let write = move || writer::run(&of_thread, &handle, &tried);
        let writer = Builder::new().name("store".into()).spawn(write)?;
        let _late = first.recv_timeout(START);
        Ok(Self { shared, runtime, writer: Mutex::new(Some(writer)) })
    }

    /// Begins to try locked mails again; what is asked for before waits.
    ///
    /// # Errors
    /// No thread could be started.
    pub(super) fn rescan(&self, service: &Arc<Service>) -> std::io::Result<()> {
        let (shared, handle, service) =
            (self.shared.clone(), self.runtime.handle().clone(), Arc::downgrade(service));
        Builder::new().name("rescan".into()).spawn(move || rescan::run(&shared, &handle, &service))?;
        Ok(())
    }

    /// Takes over what a reload changed, and has the exceptions read anew. Another address needs a restart.
    pub(super) fn renew(&self, section: &StoreSection) {
        *lock(&self.shared.section) = section.clone();
        self.shared.exceptions.look_again();
    }

    /// What the help desk allows, as far as it is known here.
    pub(super) fn exceptions(&self) -> Arc<Exceptions> {
        self.shared.exceptions.now()
    }

    /// How many notes there are so far.
    pub(super) fn notes(&self) -> u64 {
        self.shared.kin.added()
    }

    /// Passwords that other mails tell for one.
    pub(super) fn lent_to(&self, note: &Note) -> Vec<Candidate> {
        self.shared.kin.lent_to(note)
    }

    /// Remembers what a mail tells, and has it written if it is to be kept.
    pub(super) fn keep(&self, scanned: &Scanned, answer: &Answer, action: &str) {
        let note = answer.note.clone();
        let tells = note.clone().filter(Note::tells);
        if let Some(note) = tells.clone() {
            self.shared.kin.add(scanned.mail.id, note);
        }
        let is_kept = self.is_kept(scanned.mail, answer);
        if !is_kept && tells.is_none() {
            return;
        }
        let mail = is_kept.then(|| Kept::new(scanned, &answer.report, action));
        let entry = Entry { id: scanned.mail.id.into(), received: now(), note, mail, ticket: None };
        if let Err(entry) = self.shared.queue.push(entry, false) {
            self.shared.dropped(&entry, "no room");
        }
    }

    fn is_kept(&self, mail: &Mail, answer: &Answer) -> bool {
        let section = lock(&self.shared.section);
        let is_of_flow = mail.front == "milter" || (mail.front == "clamd" && section.clamd && answer.is_mail);
        is_of_flow && (section.keep == Keep::All || answer.report.verdict != Verdict::Clean)
    }

    /// Has a mail written and waits until the store has it for good; whether it has.
    pub(super) fn take_in(
        &self,
        scanned: &Scanned,
        (report, note): (&Report, Option<&Note>),
        wait: Duration,
        beat: &mut Beat,
    ) -> bool {
        let mail = Kept::new(scanned, report, "quarantine");
        let (done, told) = sync_channel(1);
        let taken = Arc::new(AtomicBool::new(false));
        let ticket = Some(Ticket { done, taken: taken.clone() });
        let entry = Entry {
            id: scanned.mail.id.into(),
            received: now(),
            note: note.cloned(),
            mail: Some(mail),
            ticket,
        };
        if let Some(note) = note {
            self.shared.kin.add(scanned.mail.id, note.clone());
        }
        if self.shared.queue.push(entry, true).is_err() {
            return false;
        }
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match told.recv_timeout(left.min(BEAT)) {
                Ok(is_written) => return is_written,
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) if left.is_zero() && !taken.swap(true, Ordering::SeqCst) => {
                    return false;
                }
                // What the writer has taken ends soon, one way or the other.
                Err(RecvTimeoutError::Timeout) if beat().is_err() => return false,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// The numbers of the page of metrics.
    pub(super) fn numbers(&self) -> Vec<Number> {
        let Counts { written, dropped, rescanned, opened, is_up } = &self.shared.counts;
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let waiting = u64::try_from(self.shared.queue.len()).unwrap_or(u64::MAX);
        vec![
            Number::counter("tenpu_store_written_total", "Mails written to the store.", get(written)),
            Number::counter("tenpu_store_dropped_total", "Mails that were not written.", get(dropped)),
            Number::counter("tenpu_store_rescans_total", "Kept locked mails tried again.", get(rescanned)),
            Number::counter(
                "tenpu_store_rescans_opened_total",
                "Kept locked mails that a later mail opened.",
                get(opened),
            ),
            Number::gauge(
                "tenpu_store_exceptions",
                "Exceptions of the help desk that are applied.",
                u64::try_from(self.exceptions().len()).unwrap_or(u64::MAX),
            ),
            Number::gauge("tenpu_store_waiting", "Mails that wait to be written.", waiting),
            Number::gauge(
                "tenpu_store_up",
                "Whether the store takes mails.",
                u64::from(is_up.load(Ordering::Relaxed)),
            ),
        ]
    }

    /// Writes what waits, as far as the time goes.
    pub(super) fn finish(&self, grace: Duration) {
        self.shared.queue.end();
        self.shared.rescans.end();
        let Some(writer) = lock(&self.writer).take() else { return };
        let until = Instant::now() + grace;
        while !writer.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let left = self.shared.queue.len();
        if left > 0 {
            log::event("error", "store-unwritten", &json!({ "tenpu": { "mails": left } }));
        }
    }
}

/// How often a mail server that waits is told that it still goes on.
const BEAT: Duration = Duration::from_secs(5);

impl Shared {
    /// What is kept, and for how long.
    fn retention(&self) -> Retention {
        let section = lock(&self.section);
        Retention { days: section.days, bytes: section.bytes }
    }

    /// Counts and tells that a mail is not in the store.
    fn dropped(&self, entry: &Entry, why: &str) {
        if entry.mail.is_some() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
            let more = json!({ "tenpu": { "id": entry.id }, "error": { "message": why } });
            log::event("error", "store-dropped", &more);
        }
    }
}
