//! The thread that writes: opens the store, fills the index of recent mails from it, and writes what comes.

use super::entry::{Entry, Kept};
use super::{Shared, exceptions, lock};
use crate::front::serve::log;
use crate::front::storage;
use crate::message::neighbours::Note;
use crate::store::{Error, Result, Store};
use crate::text::printable;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// Between two attempts: at first, and at most.
const SOON: Duration = Duration::from_millis(200);
const LATER: Duration = Duration::from_secs(10);

/// Between two forgettings.
const HOUR: Duration = Duration::from_secs(3600);

/// Between two looks for what others wrote into the store.
const LOOK: Duration = Duration::from_secs(60);

/// What the thread knows.
struct Writer<'a> {
    shared: &'a Shared,
    runtime: &'a Handle,
    store: Store,
    looked: Instant,
}

/// Writes until there will be no more. `tried` is told when opening the store was first tried.
pub(super) fn run(shared: &Arc<Shared>, runtime: &Handle, tried: &SyncSender<()>) {
    let Some(store) = open(shared, runtime, tried) else {
        return give_up(shared);
    };
    runtime.spawn(forget(shared.clone(), store.clone()));
    runtime.spawn(exceptions::watch(shared.clone(), store.clone()));
    let mut writer = Writer { shared, runtime, store, looked: Instant::now() };
    loop {
        let batch = shared.queue.take();
        if batch.is_empty() {
            runtime.block_on(writer.store.close());
            return;
        }
        writer.write(batch);
    }
}

/// Opens the store, again and again; none if the service ends before.
fn open(shared: &Shared, runtime: &Handle, tried: &SyncSender<()>) -> Option<Store> {
    let mut pause = SOON;
    loop {
        let section = lock(&shared.section).clone();
        match runtime.block_on(async {
            let store = storage::open(&section).await?;
            fill(shared, &store).await?;
            anyhow::Ok(store)
        }) {
            Ok(store) => {
                let store = shared.store.get_or_init(|| store).clone();
                shared.counts.is_up.store(true, Ordering::Relaxed);
                log::event("info", "store-opened", &json!({}));
                let _late = tried.try_send(());
                return Some(store);
            }
            Err(error) => tell_failed(&format!("{error:#}")),
        }
        let _late = tried.try_send(());
        if shared.queue.pause(pause) {
            return None;
        }
        pause = (pause * 2).min(LATER);
    }
}

/// Who waits is told, and the rest is counted.
fn give_up(shared: &Shared) {
    loop {
        let batch = shared.queue.take();
        if batch.is_empty() {
            return;
        }
        batch.into_iter().for_each(|entry| drop_entry(shared, entry, "the store is down"));
    }
}

/// Reads what the mails of the last days told, which ones are locked, and what is allowed.
async fn fill(shared: &Shared, store: &Store) -> Result<()> {
    shared.kin.read_notes(store).await?;
    shared.kin.read_locked(store).await?;
    shared.exceptions.read(store).await;
    Ok(())
}

/// Forgets every hour what is no longer kept.
async fn forget(shared: Arc<Shared>, store: Store) {
    loop {
        match store.prune(shared.retention()).await {
            Ok(pruned) if pruned.mails > 0 => {
                let more = json!({ "tenpu": { "mails": pruned.mails, "bytes": pruned.bytes } });
                log::event("info", "store-pruned", &more);
            }
            Ok(_) => {}
            Err(error) => tell_failed(&error.to_string()),
        }
        tokio::time::sleep(HOUR).await;
    }
}

fn tell_failed(why: &str) {
    log::event("error", "store-failed", &json!({ "error": { "message": printable(why) } }));
}

/// Who waits puts the mail off, so that it is not lost.
fn drop_entry(shared: &Shared, entry: Entry, why: &str) {
    match &entry.ticket {
        Some(ticket) => ticket.tell(false),
        None => shared.dropped(&entry, why),
    }
}

impl Writer<'_> {
    /// Writes some mails in one change, or else one after the other.
    fn write(&mut self, mut batch: Vec<Entry>) {
        // Who gave up has told the mail server to try again, and it will come with another id.
        batch.retain(|entry| !entry.ticket.as_ref().is_some_and(|ticket| ticket.is_given_up()));
        match self.put(&batch) {
            Ok(()) => batch.into_iter().for_each(|entry| self.note(entry)),
            Err(error) => {
                self.shared.counts.is_up.store(false, Ordering::Relaxed);
                tell_failed(&error.to_string());
                batch.into_iter().for_each(|entry| self.write_one(entry));
            }
        }
    }

    fn put(&self, batch: &[Entry]) -> Result<()> {
        let mails: Vec<_> = batch.iter().filter_map(Entry::message).collect();
        if mails.is_empty() {
            return Ok(());
        }
        self.runtime.block_on(self.store.put_noted(&mails)).map(drop)
    }

    /// Writes one mail, unless somebody waits for the answer.
    fn write_one(&mut self, entry: Entry) {
        if entry.ticket.is_some() {
            return drop_entry(self.shared, entry, "");
        }
        match self.persist(|| self.put(std::slice::from_ref(&entry))) {
            Ok(()) => self.note(entry),
            Err(error) => drop_entry(self.shared, entry, &printable(&error.to_string())),
        }
    }

    /// Writes what a mail tells, after the mail itself: that its note fails does not undo that the mail is there.
    fn note(&mut self, entry: Entry) {
        let remember = || match entry.note.as_ref().filter(|note| note.tells() && !is_noted(&entry)) {
            Some(note) => {
                let remembered = self.store.remember_password_mail(&entry.id, entry.received, note);
                self.runtime.block_on(remembered)
            }
            None => Ok(()),
        };
        let noted = if entry.mail.is_some() { remember() } else { self.persist(remember) };
        if let Err(error) = noted {
            tell_failed(&error.to_string());
        }
        self.written(entry);
    }

    /// Does something again and again as long as it is the store that fails.
    fn persist(&self, mut write: impl FnMut() -> Result<()>) -> Result<()> {
        let mut pause = SOON;
        loop {
            let Err(error) = write() else { return Ok(()) };
            let is_its_fault = matches!(error, Error::Exists(_) | Error::Invalid(_))
                || self.runtime.block_on(self.store.ping()).is_ok() && pause >= LATER;
            if is_its_fault || self.shared.queue.pause(pause) {
                return Err(error);
            }
            pause = (pause * 2).min(LATER);
        }
    }

    /// Counts it, and has what belongs to it tried again.
    fn written(&mut self, entry: Entry) {
        let shared = self.shared;
        shared.counts.is_up.store(true, Ordering::Relaxed);
        if let Some(ticket) = &entry.ticket {
            ticket.tell(true);
        }
        if let Some(mail) = &entry.mail {
            shared.counts.written.fetch_add(1, Ordering::Relaxed);
            self.wait(&entry.id, mail, entry.note.as_ref());
        }
        if let Some(note) = entry.note.filter(Note::tells) {
            self.look();
            let kin = shared.kin.kin_of(&entry.id, &note, usize::MAX);
            kin.iter().for_each(|id| shared.rescans.push(id));
        }
    }

    /// A locked mail waits for its password, which may have come while it was scanned.
    fn wait(&self, id: &str, mail: &Kept, note: Option<&Note>) {
        let Some(note) = note.filter(|_| mail.report.locked() > 0) else { return };
        if self.shared.kin.wait(id, note, mail.asked) {
            self.shared.rescans.push(id);
        }
    }

    /// Looks for what the desk or other machines wrote.
    fn look(&mut self) {
        if self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        let kin = &self.shared.kin;
        let read = async {
            kin.read_notes(&self.store).await?;
            kin.read_locked(&self.store).await
        };
        if let Err(error) = self.runtime.block_on(read) {
            tell_failed(&error.to_string());
        }
    }
}

/// Whether the store notes what the mail tells together with it.
fn is_noted(entry: &Entry) -> bool {
    entry.mail.as_ref().is_some_and(|mail| mail.report.locked() > 0)
}
