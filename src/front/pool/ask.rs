//! What is asked of a worker, and what it answers.

use super::macros::{self, Macros};
use crate::front::excerpt::Excerpt;
use crate::keyring::{Candidate, Keyring};
use crate::kind::{Class, Kind};
use crate::limits::Limits;
use crate::message::forwarded::Forwarded;
use crate::message::neighbours::Note;
use crate::report::Report;
use crate::scan::{Input, Session};
use serde::{Deserialize, Serialize};

/// What shall be done with an input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::front) enum Ask {
    /// It is scanned.
    Scan(Wish),
    /// Only its outermost layer is opened, for what it hands on.
    TakeApart,
}

/// What a scan shall do beside its report.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::front) struct Wish {
    /// How a note of what the mail tells of passwords names the mail; none if no note is wanted.
    pub(in crate::front) note: Option<String>,
    /// Passwords to try for this input alone.
    pub(in crate::front) keys: Vec<Candidate>,
    /// Whether a page is to show what is inside.
    pub(in crate::front) excerpt: bool,
}

/// What a scan gives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::front) struct Answer {
    /// The report.
    pub(in crate::front) report: Report,
    /// The macros in it.
    pub(in crate::front) macros: Macros,
    /// Whether it was a mail, and no file without one.
    pub(in crate::front) is_mail: bool,
    /// What the mail tells of passwords, and by what it is known to others; none where that was not asked.
    pub(in crate::front) note: Option<Note>,
    /// The links of the report, which its JSON leaves out.
    pub(in crate::front) links: Vec<String>,
    /// What a page shows of it; none where that was not asked.
    pub(in crate::front) excerpt: Option<Excerpt>,
}

/// What comes back.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::front) enum Reply {
    /// Of a scan.
    Answer(Box<Answer>),
    /// Of what was taken apart. On the wire the bytes of its parts follow, a frame each.
    Forwarded(Box<Forwarded>),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::front) enum Failure {
    /// No worker got free in time, or there was no memory for the message.
    Busy,
    /// The scanner itself failed, or it did not end.
    Fault,
    /// Who asked has gone.
    Gone,
}

impl Failure {
    /// The reason in words.
    pub(in crate::front) fn reason(self) -> &'static str {
        match self {
            Self::Busy => "overloaded",
            Self::Fault => "the scanner failed",
            Self::Gone => "the client has gone",
        }
    }
}

/// Does what is asked.
pub(in crate::front) fn reply(
    session: &mut Session,
    input: Input,
    (keys, limits): (&Keyring, &Limits),
    ask: Ask,
) -> Reply {
    match ask {
        Ask::Scan(wish) => Reply::Answer(Box::new(answer(session, input, keys, wish))),
        Ask::TakeApart => Reply::Forwarded(Box::new(Forwarded::read(&input.bytes, limits))),
    }
}

/// Scans one input.
fn answer(session: &mut Session, input: Input, keys: &Keyring, wish: Wish) -> Answer {
    let is_mail = input.is_message || Kind::of(&input.name, &input.bytes).class == Class::Message;
    let note = wish.note.filter(|_| is_mail).and_then(|place| Note::of(&input.bytes, &place));
    let mut keys = keys.clone();
    wish.keys.into_iter().for_each(|key| keys.add(key));
    let (report, tree) = session.scan(input, &keys);
    let macros = macros::of(&tree, &report);
    let excerpt = wish.excerpt.then(|| Excerpt::of(&tree));
    Answer { links: report.links.clone(), report, macros, is_mail, note, excerpt }
}
