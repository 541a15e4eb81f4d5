//! RFC 5322 messages to their parts: headers decoded, every MIME leaf transfer-decoded, body text handed to the
//! search for passwords. Also the kinds of mailboxes, [`mbox`], which has the folders of Becky! too, and [`maildir`],
//! and the two forms of mail that Outlook writes, [`msg`] and TNEF.
//!
//! Messages are hostile and broken; the rule of this stage is that nothing is lost. A part is opened if any reading
//! of the message has it, a faulty encoding is decoded as far as it goes, and what stands outside all parts is
//! looked through. A nested message is a child of its own and comes back here.

pub mod addresses;
mod base64;
mod binhex;
pub mod body;
mod boundary;
pub mod correspondence;
pub mod forwarded;
mod headers;
mod mapi;
pub mod maildir;
pub mod mbox;
pub mod msg;
pub mod neighbours;
mod note;
mod parameters;
mod parse;
mod part;
pub mod passwords;
mod salvage;
mod tnef;
mod transfer;
mod uuencode;
mod wrapped;
mod yenc;

use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::keyring::{Keyring, Letter};
use crate::limits::{Budget, Stop};
use std::borrow::Cow;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] =
    &[&Rfc5322, &msg::Msg, &tnef::Tnef, &uuencode::UUENCODE, &binhex::BINHEX, &yenc::YENC, &note::Note];

/// The time that a Date field tells, in seconds since 1970.
pub fn date(field: &str) -> Option<i64> {
    parse::time(field)
}

/// An Internet message (RFC 5322, MIME RFC 2045 to 2049).
#[derive(Debug)]
pub struct Rfc5322;

impl Format for Rfc5322 {
    fn id(&self) -> &'static str {
        "eml"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let declared = artifact.media_type.as_deref().unwrap_or_default();
        artifact.kind.id == "eml" || part::is_message(declared)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if let Some(style) = mbox::style(&artifact.bytes)
            && open_mailbox(artifact, style, out, budget)?
        {
            return Ok(());
        }
        let raw = line_ends(&artifact.bytes, out);
        let view = parse::parts(&raw);
        let header = raw.get(view.header.clone()).unwrap_or_default();
        record_headers(header, out);
        note_kept_apart(&raw, header, out);
        out.damage.extend(view.damage);
        let mut letter = addressed(out);
        let mut opener = part::Opener { raw: &raw, out, letter: &mut letter, budget };
        let opened = open_leaves(&view.leaves, &mut opener).and_then(|()| {
            view.strays.iter().try_for_each(|stray| salvage::open(stray.clone(), &mut opener))
        });
        // What was read of the body is searched even where a limit ended reading.
        out.letters.push(letter);
        opened
    }
}

/// Gives the messages of a mailbox that came as an attachment; nothing where it is just one message.
fn open_mailbox(
    artifact: &Artifact,
    style: mbox::Style,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<bool, Stop> {
    let most = budget.limits().artifact_bytes;
    let messages = || mbox::Messages::new(artifact.bytes.as_slice(), style, most).flatten();
    if messages().nth(1).is_none() {
        return Ok(false);
    }
    let messages: Vec<mbox::Message> = messages().take(MOST_MESSAGES + 1).collect();
    if messages.len() > MOST_MESSAGES {
        out.missed("limit-artifacts", format!("more than {MOST_MESSAGES} messages"));
    }
    for message in messages.into_iter().take(MOST_MESSAGES) {
        budget.pay(message.bytes.len() as u64)?;
        out.push(Child::new("", "message", message.bytes).of_kind("eml"), budget)?;
    }
    Ok(true)
}

/// Messages of an attached mailbox that are opened.
const MOST_MESSAGES: usize = 10_000;

/// Opens the parts, as many as a message may have.
fn open_leaves(leaves: &[boundary::Leaf], opener: &mut part::Opener<'_>) -> Result<(), Stop> {
    let most = usize::try_from(opener.budget.limits().artifacts).unwrap_or(usize::MAX);
    leaves.iter().take(most).try_for_each(|leaf| opener.open(leaf))?;
    if leaves.len() > most {
        let left = leaves.len() - most;
        opener.out.missed("limit-artifacts", format!("{left} of {} parts", leaves.len()));
    }
    Ok(())
}

/// The bytes with line feeds where the message has only carriage returns, as old Macintosh software wrote it and
/// mail programs still read it.
fn line_ends<'a>(bytes: &'a [u8], out: &mut Opened) -> Cow<'a, [u8]> {
    if memchr::memchr(b'\n', bytes).is_some() || memchr::memchr(b'\r', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    out.broke("line-ends-cr", "lines end in carriage returns alone");
    Cow::Owned(bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

/// Tells of attachments that Becky! took out of a message and put beside the folder; a line in their place names the
/// file.
fn note_kept_apart(raw: &[u8], header: &[u8], out: &mut Opened) {
    let is_of_becky = headers::fields(header).iter().any(|field| field.is("x-becky-status"));
    if is_of_becky && wrapped::starts_of_lines(raw, b"X-Becky-Include:").next().is_some() {
        out.missed("unsupported-format", "an attachment that Becky! keeps in a file of its own");
    }
}

/// Puts the header fields that later stages ask for into the facts, every occurrence, decoded.
fn record_headers(block: &[u8], out: &mut Opened) {
    for field in headers::fields(block) {
        let Some(name) = HEADERS.iter().find(|name| field.is(name)) else { continue };
        if out.facts.len() >= MOST_HEADERS {
            out.broke("header-too-long", format!("more than {MOST_HEADERS} fields"));
            return;
        }
        let mut value = headers::decoded(field.value);
        if value.len() > LONGEST_HEADER {
            out.broke("header-too-long", format!("{name} has {} bytes", field.value.len()));
            value.truncate(value.floor_char_boundary(LONGEST_HEADER));
        }
        out.facts.push(Fact::Header { name, value });
    }
}

/// Fields that become facts.
const HEADERS: &[&str] = &[
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "return-path",
    "sender",
    "in-reply-to",
    "references",
    "x-mailer",
    "received",
];

/// Header facts of one message; mail that travelled far has some thirty Received fields.
const MOST_HEADERS: usize = 500;

/// Bytes of one decoded field that are kept. A To field of a thousand addresses fits.
const LONGEST_HEADER: usize = 64 << 10;

/// A letter with what the header facts say.
fn addressed(out: &Opened) -> Letter {
    let first = |wanted: &str| {
        out.facts.iter().find_map(|fact| match fact {
            Fact::Header { name, value } if *name == wanted => Some(value.clone()),
            _ => None,
        })
    };
    Letter {
        subject: first("subject").unwrap_or_default(),
        from: first("from").unwrap_or_default(),
        date: first("date"),
        ..Letter::default()
    }
}

#[cfg(test)]
mod tests;
