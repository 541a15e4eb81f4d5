//! What comes in, by whatever way: scanned among the mails that may tell its password, stored, and remembered for those
//! that wait for a password of its own.

use super::Desk;
use super::engine::Scanned;
use super::fail::Fail;
use crate::front::afterwards::{self, Again};
use crate::front::complain;
use crate::message::neighbours::{Neighbours, Note};
use crate::report::Report;
use crate::scan::Input;
use crate::store::{self, Answered, NewMessage, Source};
use std::path::Path;
use std::sync::Arc;

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

impl Desk {
    /// Scans and stores what was handed in. A mail of that id that is stored already is not stored again.
    ///
    /// # Errors
    /// Too much is going on, or the store fails.
    pub(super) async fn take_in(&self, handed: Handed) -> Result<Taken, Fail> {
        let neighbours = afterwards::neighbours(&self.store).await?;
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
        let scanned = self.engine.scan(&id, input, &handed.passwords, &neighbours).await?;
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
        let id = match self.store.put(&message).await {
            Err(store::Error::Exists(id)) => return Ok(Taken { id, report }),
            id => id?,
        };
        excerpt.map(|excerpt| self.engine.remember(&id, excerpt));
        let Some(note) = note.filter(Note::tells) else { return Ok(Taken { id, report }) };
        let again = |again, neighbours| self.scan_again(again, neighbours);
        match afterwards::remember(&self.store, &id, &note, again).await {
            Ok(opened) => {
                for other in opened {
                    self.engine.forget(&other);
                    self.store
                        .audit("tenpu", "rescan", &other, &format!("its password may be in {id}"))
                        .await?;
                }
            }
            // The mail itself is stored, and so is its report.
            Err(error) => complain(&format!("the store: {error}")),
        }
        Ok(Taken { id, report })
    }

    /// Scans a stored mail once more.
    async fn scan_again(&self, again: Again, neighbours: Arc<Neighbours>) -> Option<Report> {
        let Again { id, raw, report } = again;
        let name = Path::new(&report.path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let given = report.passwords.iter().filter(|entry| entry.source == "given");
        let given: Vec<String> = given.map(|entry| entry.password.clone()).collect();
        let input = Input {
            path: report.path.clone(),
            index: report.index,
            name,
            size: raw.len() as u64,
            bytes: raw,
            is_message: report.artifacts.first().is_some_and(|root| root.format == "eml"),
        };
        self.engine.scan(&id, input, &given, &neighbours).await.ok().map(|scanned| scanned.report)
    }
}
