//! The milter protocol, versions 2 to 6, as Sendmail's `libmilter` and Postfix speak it: the whole message is
//! taken, scanned at its end, and marked, held, refused or let pass as the policy says.
//!
//! Whatever happens, each message gets an answer: where it could not be scanned, that of the failure policy. If
//! the connection itself breaks, the mail server's own default action holds.

mod actions;
pub(super) mod decide;
pub(super) mod exception;
mod message;
pub(super) mod network;
pub(super) mod policy;
#[cfg(feature = "desk")]
mod quarantine;
pub mod session;
pub(super) mod subject;
pub mod wire;

use super::address::Address;
use super::connection::Connection;
#[cfg(feature = "desk")]
use super::keeping::Scanned;
use super::log::{self, Mail};
use super::service::{Engine, Service};
use crate::exception::{Exceptions, server};
use crate::front::pool::{Answer, Failure};
use crate::scan::Input;
use crate::verdict::Verdict;
use actions::Plan;
use decide::{Decision, Facts, decide};
use policy::Action;
use session::{Message, Session, Step};
use std::io;
use std::sync::Arc;
use wire::Command;

/// Answers one connection of a mail server, over which many messages may come. `at` is where it came in.
pub(super) fn serve(connection: &mut Connection, service: &Arc<Service>, at: &Address) -> io::Result<()> {
    let mut session = Session::new(service.room.clone());
    let mut packet = Vec::new();
    loop {
        let engine = service.engine();
        session.bound(engine.base.scanner.limits().input_bytes, engine.settings.bounds.memory);
        connection.begin(session.is_idle());
        if !wire::read(connection, &mut packet)? {
            return Ok(());
        }
        let command = Command::parse(&packet).map_err(|malformed| {
            io::Error::new(io::ErrorKind::InvalidData, format!("malformed packet: {malformed}"))
        })?;
        match session.step(&command) {
            Step::Silent => {}
            Step::Reply(reply) => connection.send(&reply)?,
            Step::Ended(message) => answer(connection, service, at, &session, *message)?,
            Step::Close => return Ok(()),
        }
    }
}

/// Scans a whole message and answers it.
fn answer(
    connection: &mut Connection,
    service: &Arc<Service>,
    at: &Address,
    session: &Session,
    mut message: Message,
) -> io::Result<()> {
    let engine = service.engine();
    let id = service.id();
    #[cfg(feature = "desk")]
    let asked = service.notes();
    let input = input(&mut message);
    let answer = scan(connection, service, &engine, &id, input.as_ref());
    let report = answer.as_ref().map(|answer| &answer.report).ok();
    let here = engine.settings.milter(at);
    let allowed = service.exceptions();
    let facts = facts(session, &message, &allowed);
    let decision = decide(&engine.settings.book, &here.rows, &facts, report);
    let exceptions = &decision.exceptions;
    let mail = Mail {
        front: "milter",
        id: &id,
        local_id: session.macro_value("i"),
        client: session.client(),
        sender: &message.sender,
        recipients: &message.recipients,
        user: session.macro_value("auth_authen"),
        direction: decision.direction.id(),
        exceptions,
    };
    #[cfg(feature = "desk")]
    let scanned = input.as_ref().map(|input| Scanned {
        mail: &mail,
        input,
        asked,
        excepted: decision.excepted.as_ref(),
    });
    let result = answer.as_ref().map_err(|failure| *failure);
    #[cfg(feature = "desk")]
    let held =
        quarantine::held(connection, (service, &engine), &decision, (&message, scanned.as_ref()), result);
    #[cfg(not(feature = "desk"))]
    let held = None;
    let action = session.answering(&decision, held);
    let plan = Plan { action, report, id: &id, subject: &here.subject, exceptions };
    let sent = connection.send(&actions::replies(&plan, session, &message));
    let done = match (&sent, held) {
        (Err(_), _) => "unanswered",
        (Ok(()), Some(true)) => log::action_id(Action::Quarantine),
        (Ok(()), _) => log::action_id(action),
    };
    service.told(&engine, &mail, result, done);
    #[cfg(feature = "desk")]
    if let (Some(scanned), Ok(answer), None | Some(false)) = (&scanned, &answer, held) {
        service.keep(scanned, answer, done);
    }
    sent
}

/// What decides beside the report.
fn facts<'a>(session: &Session, message: &'a Message, allowed: &'a Exceptions) -> Facts<'a> {
    Facts {
        client: server(session.client()),
        authenticated: !session.macro_value("auth_authen").is_empty(),
        sender: &message.sender,
        recipients: &message.recipients,
        more_recipients: message.more_recipients,
        today: log::today(),
        allowed,
        now: log::now(),
    }
}

/// The message as it is scanned; none if there was no memory for it.
fn input(message: &mut Message) -> Option<Arc<Input>> {
    if message.is_dropped() {
        return None;
    }
    let (bytes, size) = message.take();
    Some(Arc::new(Input { path: "milter".into(), bytes, size, is_message: true, ..Input::default() }))
}

fn scan(
    connection: &mut Connection,
    service: &Arc<Service>,
    engine: &Arc<Engine>,
    id: &str,
    input: Option<&Arc<Input>>,
) -> Result<Answer, Failure> {
    let input = input.ok_or(Failure::Busy)?;
    let mut beat = || connection.send(&wire::packet(wire::PROGRESS, b""));
    let answer = service.scan(engine, id, input, &mut beat)?;
    if answer.report.error.is_some() { Err(Failure::Fault) } else { Ok(answer) }
}

/// The word of the header: a verdict, or that there is none.
fn verdict_word(verdict: Option<Verdict>) -> &'static str {
    verdict.map_or("unscanned", crate::report::gist::verdict_id)
}

/// Quarantine and changes need the server's consent; what it does not let us do is put off, not let pass.
impl Session {
    /// What the server is told. What the store has taken it forgets; what the store should have and has not is put off.
    fn answering(&self, decision: &Decision, held: Option<bool>) -> Action {
        match held {
            Some(true) => Action::Discard,
            Some(false) => Action::Defer,
            None => self.possible(decision.action),
        }
    }

    fn possible(&self, wanted: Action) -> Action {
        match wanted {
            Action::Quarantine if !self.allows(wire::MAY_QUARANTINE) => Action::Defer,
            wanted => wanted,
        }
    }
}
