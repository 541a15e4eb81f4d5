//! Passwords that come in other mails, where one mail is seen after the other: which recent mails may tell the password
//! of one that is locked, and which locked mails wait for the one that just came. The service and the desk do it alike: each
//! keeps both in memory, and reads what the other wrote into the store.
//!
//! The store remembers; who scans is left to the caller, who has the workers.

mod recent;
mod waiting;

use crate::keyring::{Candidate, Origin, Source};
use crate::message::neighbours::Note;
use crate::report::Report;
use crate::scan::Input;
use crate::store::{Error, HOURS, Message, Result, Store, Summary, now};
use recent::Recent;
use std::sync::{Mutex, MutexGuard, PoisonError};
use waiting::Waiting;

/// What one process knows of mails that belong together.
#[derive(Debug, Default)]
pub(super) struct Kin {
    recent: Mutex<Recent>,
    waiting: Mutex<Waiting>,
    /// The newest note that was read from the store.
    read: Mutex<i64>,
}

/// Notes that are read once more, for one that got its number first may be there later.
const OVERLAP: i64 = 50;

/// A locked mail that is to be scanned again.
#[derive(Debug)]
pub(super) struct Again {
    /// What lists show of it.
    pub(super) summary: Summary,
    /// The mail as it was when it came.
    pub(super) input: Input,
    /// What it says of itself.
    pub(super) note: Note,
    /// Passwords that somebody gave with it.
    pub(super) given: Vec<Candidate>,
    /// How many parts of it were locked.
    locked: usize,
}

impl Kin {
    /// Adds what a mail tells.
    pub(super) fn add(&self, id: &str, note: Note) {
        lock(&self.recent).add(id, note);
    }

    /// How many mails that tell a password there were so far.
    pub(super) fn added(&self) -> u64 {
        lock(&self.recent).added()
    }

    /// Passwords that other mails tell for one, the best first.
    pub(super) fn lent_to(&self, note: &Note) -> Vec<Candidate> {
        lock(&self.recent).lent_to(note)
    }

    /// A locked mail waits for its password; whether that came while it was scanned. `asked` is how many told one before.
    pub(super) fn wait(&self, id: &str, note: &Note, asked: u64) -> bool {
        lock(&self.waiting).add(id, note.clone());
        let recent = lock(&self.recent);
        recent.added() > asked && !recent.lent_to(note).is_empty()
    }

    /// Locked mails that belong to one which may tell their password, to be tried again now; at most so many.
    pub(super) fn kin_of(&self, id: &str, note: &Note, most: usize) -> Vec<String> {
        let mut kin = lock(&self.waiting).kin_of(note, most);
        kin.retain(|known| known != id);
        kin
    }

    /// Reads what mails of the last days told, as far as it was not read before.
    ///
    /// # Errors
    /// The store fails, or a note does not open.
    pub(super) async fn read_notes(&self, store: &Store) -> Result<()> {
        let after = *lock(&self.read) - OVERLAP;
        let told = store.notes_since(now() - HOURS * 3600, after).await?;
        if let Some(newest) = told.iter().map(|told| told.number).max() {
            let mut read = lock(&self.read);
            *read = newest.max(*read);
        }
        told.into_iter().for_each(|told| self.add(&told.id, told.note));
        Ok(())
    }

    /// Reads which mails of the last days are locked.
    ///
    /// # Errors
    /// The store fails, or a note does not open.
    pub(super) async fn read_locked(&self, store: &Store) -> Result<()> {
        let locked = store.locked(now() - HOURS * 3600).await?;
        let mut waiting = lock(&self.waiting);
        for locked in locked.into_iter().rev() {
            locked.note.into_iter().for_each(|note| waiting.add(&locked.summary.id, note));
        }
        Ok(())
    }

    /// A mail that waits, to be scanned again; none if it does so no more.
    ///
    /// # Errors
    /// The store fails, or the mail does not open.
    pub(super) async fn again(&self, store: &Store, id: &str) -> Result<Option<Again>> {
        let Some(note) = lock(&self.waiting).note(id).cloned() else { return Ok(None) };
        let found = match store.get(id).await {
            Ok(message) => store.raw(id).await?.map(|raw| (message, raw)),
            Err(Error::Unknown(_)) => None,
            Err(error) => return Err(error),
        };
        if found.is_none() {
            lock(&self.waiting).remove(id);
        }
        Ok(found.map(|(message, raw)| Again::of(message, raw, note)))
    }

    /// Writes the new report of such a mail, if it is news: if less of it is locked, or it is worse than it seemed.
    /// A scan that failed is none. Whether it was.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn tried(&self, store: &Store, again: &Again, report: &Report) -> Result<bool> {
        if report.error.is_some() {
            return Ok(false);
        }
        let left = report.locked();
        let is_news = left < again.locked || report.verdict > again.summary.verdict;
        if is_news {
            store.update_report(&again.summary.id, report).await?;
        }
        if left == 0 {
            lock(&self.waiting).remove(&again.summary.id);
        }
        Ok(is_news)
    }
}

impl Again {
    fn of(message: Message, bytes: Vec<u8>, note: Note) -> Self {
        let Message { summary, report, .. } = message;
        let root = report.artifact(0);
        let given = report.passwords.iter().filter(|entry| entry.source == Source::Given.id());
        let given = given.map(|entry| Candidate {
            text: entry.password.clone(),
            rank: 0,
            origin: Origin { source: Source::Given, place: String::new() },
        });
        let input = Input {
            path: report.path.clone(),
            index: report.index,
            name: root.map(|root| root.name.clone()).unwrap_or_default(),
            size: root.map_or(0, |root| root.size).max(bytes.len() as u64),
            is_message: root.is_some_and(|root| root.format == "eml"),
            bytes,
        };
        Self { given: given.collect(), locked: report.locked(), summary, input, note }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
