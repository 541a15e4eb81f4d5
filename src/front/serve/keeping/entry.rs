//! One mail that was answered: what of it is written.

use super::Scanned;
use crate::exception::Excepted;
use crate::message::neighbours::Note;
use crate::report::Report;
use crate::scan::Input;
use crate::store::{Answered, NewMessage, Source};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

/// A mail to be written.
#[derive(Debug)]
pub(super) struct Entry {
    /// The id under which it was logged and answered.
    pub(super) id: String,
    pub(super) received: i64,
    /// What it tells of passwords.
    pub(super) note: Option<Note>,
    /// The mail itself; none where only the note is remembered.
    pub(super) mail: Option<Kept>,
    /// Who waits until it is written.
    pub(super) ticket: Option<Ticket>,
}

/// A mail with its report and envelope.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) input: Arc<Input>,
    pub(super) report: Report,
    pub(super) source: Source,
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
    pub(super) client: String,
    pub(super) queue_id: String,
    pub(super) action: String,
    /// What exceptions made of it.
    pub(super) excepted: Option<Excepted>,
    /// How many notes there were before it was scanned.
    pub(super) asked: u64,
}

/// Held by the writer for somebody who waits.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) done: SyncSender<bool>,
    /// Set by the first of two: the writer that takes it, the one who gives up.
    pub(super) taken: Arc<AtomicBool>,
}

impl Ticket {
    /// Whether nobody waits any more; else it is the writer's from now on.
    pub(super) fn is_given_up(&self) -> bool {
        self.taken.swap(true, Ordering::SeqCst)
    }

    /// Tells whether it was written.
    pub(super) fn tell(&self, is_written: bool) {
        let _gone = self.done.try_send(is_written);
    }
}

impl Entry {
    /// Bytes of the mail.
    pub(super) fn bytes(&self) -> usize {
        self.mail.as_ref().map_or(0, |mail| mail.input.bytes.len())
    }

    /// As the store takes it.
    pub(super) fn message(&self) -> Option<(NewMessage<'_>, Option<&Note>)> {
        let Kept { input, report, source, sender, recipients, client, queue_id, action, excepted, .. } =
            self.mail.as_ref()?;
        let message = NewMessage {
            id: &self.id,
            raw: &input.bytes,
            report,
            source: *source,
            reporter: "",
            sender,
            recipients,
            client,
            queue_id,
            action,
            answered: Answered::With(excepted.as_ref()),
            received: self.received,
        };
        Some((message, self.note.as_ref()))
    }
}

impl Kept {
    /// A mail with what is known beside its report.
    pub(super) fn new(scanned: &Scanned, report: &Report, action: &str) -> Self {
        let Scanned { mail, input, asked, excepted } = *scanned;
        Self {
            input: input.clone(),
            report: report.clone(),
            source: if mail.front == "milter" { Source::Milter } else { Source::Clamd },
            sender: mail.sender.to_string(),
            recipients: mail.recipients.to_vec(),
            client: mail.client.to_string(),
            queue_id: mail.local_id.to_string(),
            action: action.to_string(),
            excepted: excepted.cloned(),
            asked,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::front::serve::log::Mail;

    /// A mail of that size.
    pub(in super::super) fn entry(id: &str, size: usize) -> Entry {
        let input = Arc::new(Input { bytes: b"x".repeat(size), ..Input::default() });
        let report = crate::report::tests::malicious();
        let mail = Mail { front: "milter", ..Mail::default() };
        let scanned = Scanned { mail: &mail, input: &input, asked: 0, excepted: None };
        let mail = Kept::new(&scanned, &report, "tag");
        Entry { id: id.into(), received: 0, note: None, mail: Some(mail), ticket: None }
    }

    #[test]
    fn a_ticket_is_taken_once() {
        let (done, told) = std::sync::mpsc::sync_channel(1);
        let ticket = Ticket { done, taken: Arc::default() };
        assert!(!ticket.is_given_up() && ticket.is_given_up());
        ticket.tell(true);
        assert_eq!(told.recv(), Ok(true));
    }
}
