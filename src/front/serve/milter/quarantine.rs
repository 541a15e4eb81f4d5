//! The quarantine in tenpu's own store: the mail server forgets a mail only once the store has it for good.

use super::policy::{Action, Quarantine};
use super::{Answer, Connection, Decision, Engine, Failure, Message, Service, wire};
use crate::front::serve::keeping::Scanned;
use crate::report::Report;

/// Whether the store took the mail; none if it shall not have it. What it could not give back whole, because only a part
/// of it or of its recipients is known, stays with the mail server.
pub(super) fn held(
    connection: &mut Connection,
    (service, engine): (&Service, &Engine),
    decision: &Decision,
    (message, scanned): (&Message, Option<&Scanned>),
    answer: Result<&Answer, Failure>,
) -> Option<bool> {
    let keeping = service.keeping.as_ref()?;
    let scanned = scanned?;
    let is_whole = scanned.input.size == scanned.input.bytes.len() as u64 && !message.more_recipients;
    let is_meant =
        decision.action == Action::Quarantine && engine.settings.book.quarantine == Quarantine::Store;
    if !is_meant || !is_whole {
        return None;
    }
    let fault;
    let found = match answer {
        Ok(answer) => (&answer.report, answer.note.as_ref()),
        Err(failure) => {
            fault = Report::fault(&scanned.input.path, 0, failure.reason());
            (&fault, None)
        }
    };
    let mut beat = || connection.send(&wire::packet(wire::PROGRESS, b""));
    Some(keeping.take_in(scanned, found, engine.settings.bounds.wait, &mut beat))
}
