//! Messages as Outlook saves them (`.msg`, templates `.oft`): MS-OXMSG, a compound file whose streams are properties.
//!
//! Read: the properties of the message, of its recipients and its attachments. A message or object that is attached as
//! a storage has no bytes of its own; it is written as a compound file again and opened like one, which keeps all of
//! it, where a translation into an Internet message would lose what that cannot say. Left out: named properties,
//! properties of several values, icons of attachments.

use super::addressed;
use super::mapi::{Attachment, Properties, Property, Recipient, id, open_bodies, record};
use crate::artifact::{Artifact, Format, Opened};
use crate::bytes::Reader;
use crate::compound::{Compound, Entry, What, is_compound};
use crate::keyring::{Keyring, Letter};
use crate::limits::{Budget, Decoded, Stop};
use std::collections::BTreeSet;

/// Messages in compound files.
#[derive(Debug)]
pub struct Msg;

impl Format for Msg {
    fn id(&self) -> &'static str {
        "msg"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let mark: Vec<u8> = FIXED.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let is_both = || memchr::memmem::find(&artifact.bytes, &mark).is_some();
        is_compound(&artifact.bytes) && (artifact.kind.id == "msg" || is_both())
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        // What is broken in the compound file as such is told where its other streams are read.
        let Some(compound) = Compound::read(&artifact.bytes, budget).filter(is_message) else {
            return Ok(());
        };
        let Stored { all: properties, listed } = properties(&compound, None, out, budget)?;
        for id in listed.iter().filter(|id| properties.all(**id).next().is_none()) {
            out.missed("damaged", format!("the property 0x{id:04x} is listed and missing"));
        }
        let recipients = recipients(&compound, out, budget)?;
        record(&properties, &recipients, out);
        let mut letter = addressed(out);
        let opened = open_bodies(&properties, out, &mut letter, budget)
            .and_then(|()| attachments(&compound, out, &mut letter, budget));
        // What was read of the body is searched even where a limit ended reading.
        out.letters.push(letter);
        opened
    }
}

/// Whether the root of a compound file is a message.
pub fn is_message(compound: &Compound<'_>) -> bool {
    holds_message(compound, None)
}

/// Whether a stream of a message is given out by this format, or lies in what is.
pub fn gives(compound: &Compound<'_>, stream: &Entry) -> bool {
    let mut names = stream.path.split('/');
    let is_given = match (names.next(), names.next()) {
        (Some(name), None) => {
            tag(name).is_some_and(|(id, _)| BODIES.contains(&id) || id == id::TRANSPORT_HEADERS)
        }
        (Some(storage), Some(name)) => begins(storage, ATTACHMENT) && begins(name, DATA),
        _ => false,
    };
    is_given && is_message(compound)
}

/// Names of streams and storages (MS-OXMSG 2.1 and 2.2): properties of fixed length, one property of any length, its
/// attached data, recipients, attachments.
const FIXED: &str = "__properties_version1.0";
const PROPERTY: &str = "__substg1.0_";
const DATA: &str = "__substg1.0_3701";
const RECIPIENT: &str = "__recip_version1.0_#";
const ATTACHMENT: &str = "__attach_version1.0_#";

/// Recipients that are listed; more are mailing lists.
const MOST_RECIPIENTS: usize = 1_000;

fn begins(name: &str, with: &str) -> bool {
    name.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

fn holds_message(compound: &Compound<'_>, storage: Option<usize>) -> bool {
    let marks = [FIXED, PROPERTY, ATTACHMENT];
    compound.children(storage).any(|entry| marks.iter().any(|mark| begins(&entry.name, mark)))
}

/// The number and the type of a property by the name of its stream.
fn tag(name: &str) -> Option<(u16, u16)> {
    let digits = name.get(PROPERTY.len()..).filter(|digits| digits.len() == 8 && begins(name, PROPERTY))?;
    let tag = u32::from_str_radix(digits, 16).ok()?;
    Some((u16::try_from(tag >> 16).ok()?, u16::try_from(tag & 0xffff).ok()?))
}

/// The properties in a storage.
#[derive(Default)]
struct Stored {
    all: Properties,
    /// Numbers of properties that are listed as having bytes.
    listed: BTreeSet<u16>,
}

/// Properties that hold bodies.
const BODIES: &[u16] = &[id::BODY, id::HTML, id::RTF_COMPRESSED];

/// Reads the properties in a storage that are of use, but for attached data. Together they are no larger than an
/// artifact may be, however many streams share the same sectors.
fn properties(
    compound: &Compound<'_>,
    storage: Option<usize>,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Stored, Stop> {
    let mut stored = Stored::default();
    let mut room = budget.limits().artifact_bytes;
    for entry in compound.children(storage).filter(|entry| entry.what == What::Stream) {
        let tag = tag(&entry.name).filter(|(id, _)| Property::is_read(*id) && *id != id::ATTACH_DATA);
        let is_fixed = entry.name.eq_ignore_ascii_case(FIXED);
        if tag.is_none() && !is_fixed {
            continue;
        }
        let value = compound.stream(entry, budget);
        value.stop.map_or(Ok(()), Err)?;
        let Some(left) = room.checked_sub(value.bytes.len() as u64) else {
            out.missed("limit-artifact-bytes", entry.path.as_str());
            continue;
        };
        room = left;
        if is_fixed {
            fixed(&value.bytes, storage.is_none(), &mut stored);
        }
        if let Some((id, kind)) = tag {
            // What is wrong with a body is told where it is given.
            if let Some(why) = value.broken.as_ref().filter(|_| !BODIES.contains(&id)) {
                out.missed("damaged", format!("{}: {why}", entry.path));
            }
            if !stored.all.add(Property { id, kind, value }) {
                out.missed("limit-artifacts", entry.path.as_str());
            }
        }
    }
    Ok(stored)
}

/// Properties of fixed length (MS-OXMSG 2.4): behind a header of 32 bytes in the file itself, of 24 in a message
/// within, of 8 in recipients and attachments, 16 bytes each.
fn fixed(stream: &[u8], is_root: bool, stored: &mut Stored) {
    let header = match (is_root, stream.len() % 16) {
        (false, _) => 8,
        (true, 8) => 24,
        (true, _) => 32,
    };
    let mut seen = BTreeSet::new();
    for entry in stream.get(header..).unwrap_or_default().as_chunks::<16>().0 {
        let mut reader = Reader::new(entry);
        let (Some(kind), Some(id)) = (reader.u16(), reader.u16()) else { continue };
        let value = reader.rest().get(4..).unwrap_or_default();
        if !Property::is_read(id) || !seen.insert((id, kind)) {
            continue;
        }
        let has_bytes = Reader::new(value).u32().is_some_and(|size| size > LEAST);
        if has_bytes && (id == id::ATTACH_DATA || BODIES.contains(&id)) {
            stored.listed.insert(id);
        }
        if let Some((_, length)) = LENGTHS.iter().find(|(known, _)| *known == kind) {
            let bytes = value.get(..*length).unwrap_or(value).to_vec();
            let value = Decoded { size: bytes.len() as u64, bytes, ..Decoded::default() };
            let _is_kept = stored.all.add(Property { id, kind, value });
        }
    }
}

/// Bytes that are told of an empty text, for its terminating zeros.
const LEAST: u32 = 2;

/// Types of fixed length that are of use: 16, 32 and 64 bits, time.
const LENGTHS: &[(u16, usize)] = &[(0x0002, 2), (0x0003, 4), (0x0014, 8), (0x0040, 8)];

fn storages<'c>(compound: &'c Compound<'_>, prefix: &'c str) -> impl Iterator<Item = &'c Entry> {
    let entries = compound.children(None);
    entries.filter(move |entry| entry.what == What::Storage && begins(&entry.name, prefix))
}

fn recipients(
    compound: &Compound<'_>,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Vec<Recipient>, Stop> {
    let mut found = Vec::new();
    for storage in storages(compound, RECIPIENT).take(MOST_RECIPIENTS) {
        budget.tick()?;
        found.extend(Recipient::of(&properties(compound, Some(storage.id), out, budget)?.all));
    }
    Ok(found)
}

fn attachments(
    compound: &Compound<'_>,
    out: &mut Opened,
    letter: &mut Letter,
    budget: &mut Budget,
) -> Result<(), Stop> {
    for storage in storages(compound, ATTACHMENT) {
        let stored = properties(compound, Some(storage.id), out, budget)?;
        let attachment = Attachment::of(&stored.all, None);
        let mut is_given = false;
        for data in compound.children(Some(storage.id)).filter(|entry| begins(&entry.name, DATA)) {
            is_given = true;
            open_data(compound, data, &attachment, out, letter, budget)?;
        }
        if !is_given {
            let is_lost = stored.listed.contains(&id::ATTACH_DATA);
            attachment.give_nothing(is_lost, out, budget)?;
        }
    }
    Ok(())
}

/// Gives attached data: a file, or a storage that is a message or an object.
fn open_data(
    compound: &Compound<'_>,
    data: &Entry,
    attachment: &Attachment,
    out: &mut Opened,
    letter: &mut Letter,
    budget: &mut Budget,
) -> Result<(), Stop> {
    if data.what == What::Stream {
        let decoded = compound.stream(data, budget);
        return attachment.give(decoded, out, letter, budget);
    }
    let is_message = holds_message(compound, Some(data.id));
    let amend = |entry: &Entry, bytes: Vec<u8>| {
        let is_header = is_message && entry.parent == Some(data.id) && entry.name.eq_ignore_ascii_case(FIXED);
        if is_header { with_root_header(&bytes) } else { bytes }
    };
    let packed = compound.pack(data, &amend, budget);
    if is_message {
        attachment.give_message(packed.decoded, "msg", packed.left_out, out, budget)
    } else {
        attachment.give_object(packed.decoded, packed.left_out, out, budget)
    }
}

/// The properties of a message within another, behind the longer header that a message in a file of its own has.
fn with_root_header(stream: &[u8]) -> Vec<u8> {
    let (header, rest) = stream.split_at_checked(24).unwrap_or((stream, &[]));
    [header, &[0; 8], rest].concat()
}

#[cfg(test)]
mod tests;
