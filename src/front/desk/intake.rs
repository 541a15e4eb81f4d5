//! What comes in, by whatever way: scanned among the mails that may tell its password, stored, and remembered for those
//! that wait for a password of its own.

use super::Desk;
use super::engine::Scanned;
use super::fail::Fail;
use crate::front::complain;
use crate::message::neighbours::Note;
use crate::report::Report;
use crate::scan::Input;
use crate::store::{self, Answered, NewMessage, Source};

/// A mail or file that was handed in.
#[derive(Debug)]
pub(super) struct Handed {
    /// The id that it shall have; empty for one of the store.
    pub(super) id: String,
    /// The name of its file; may be empty.
    pub(super) name: String,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// Its whole size, which is more where a limit cut it.
    pub(super) size: u64,
    /// Whether it is a mail, even with a damaged first line.
    pub(super) is_message: bool,
    /// Passwords that were given with it.
    pub(super) passwords: Vec<String>,
    /// Which way it came.
    pub(super) source: Source,
    /// Who handed it in.
    pub(super) reporter: String,
    /// When, in seconds since 1970.
    pub(super) received: i64,
}

impl Default for Handed {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            bytes: Vec::new(),
            size: 0,
            is_message: false,
            passwords: Vec::new(),
            source: Source::Upload,
            reporter: String::new(),
            received: 0,
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Taken {
    /// Its id.
    pub(super) id: String,
    /// Its report.
    pub(super) report: Report,
}

/// Locked mails that one mail may have scanned again.
const MOST: usize = 20;

impl Desk {
    /// Scans and stores what was handed in. A mail of that id that is stored already is not stored again.
    ///
    /// # Errors
    /// Too much is going on, or the store fails.
    pub(super) async fn take_in(&self, handed: Handed) -> Result<Taken, Fail> {
        self.kin.read_notes(&self.store).await?;
        let asked = self.kin.added();
        let id = match handed.id.as_str() {
            "" => store::new_id(handed.received)?,
            id => id.to_string(),
        };
        let input = Input {
            path: handed.name.clone(),
            index: 0,
            name: handed.name,
            bytes: handed.bytes.clone(),
            size: handed.size,
            is_message: handed.is_message,
        };
        let scanned = self.engine.scan(&id, input, &handed.passwords, |note| self.kin.lent_to(note)).await?;
        let Scanned { report, excerpt, note } = scanned;
        let message = NewMessage {
            id: &id,
            raw: &handed.bytes,
            report: &report,
            source: handed.source,
            reporter: &handed.reporter,
            sender: "",
            recipients: &[],
            client: "",
            queue_id: "",
            action: "",
            answered: Answered::No,
            received: handed.received,
        };
        let id = match self.store.put_noted(&[(message, note.as_ref())]).await {
            Err(store::Error::Exists(id)) => return Ok(Taken { id, report }),
            ids => ids?.into_iter().next().unwrap_or(id),
        };
        excerpt.map(|excerpt| self.engine.remember(&id, excerpt));
        if let Some(note) = note
            && let Err(error) = self.remember(&id, note, &report, asked).await
        {
            // The mail itself is stored, and so is its report.
            complain(&format!("the store: {error}"));
        }
        Ok(Taken { id, report })
    }

    /// Has a locked mail wait for its password, and remembers what a mail tells for those that wait. Those whose password
    /// has come are scanned again.
    async fn remember(&self, id: &str, note: Note, report: &Report, asked: u64) -> store::Result<()> {
        let is_locked = report.locked() > 0;
        if is_locked && self.kin.wait(id, &note, asked) {
            self.try_again(id, "a mail that came meanwhile").await?;
        }
        if !note.tells() {
            return Ok(());
        }
        // A note of a locked mail was stored with it.
        if !is_locked {
            self.store.remember_password_mail(id, store::now(), &note).await?;
        }
        self.kin.add(id, note.clone());
        self.kin.read_locked(&self.store).await?;
        for other in self.kin.kin_of(id, &note, MOST) {
            self.try_again(&other, id).await?;
        }
        Ok(())
    }

    /// Scans a stored mail once more; `by` names the mail that may tell its password.
    async fn try_again(&self, id: &str, by: &str) -> store::Result<()> {
        let Some(mut again) = self.kin.again(&self.store, id).await? else { return Ok(()) };
        let input = std::mem::take(&mut again.input);
        let given: Vec<String> = again.given.iter().map(|given| given.text.clone()).collect();
        let scanned = self.engine.scan(id, input, &given, |note| self.kin.lent_to(note)).await;
        if let Ok(scanned) = scanned
            && self.kin.tried(&self.store, &again, &scanned.report).await?
        {
            self.engine.forget(id);
            self.store.audit("tenpu", "rescan", id, &format!("its password may be in {by}")).await?;
        }
        Ok(())
    }
}
