//! The envelope in which Exchange and Outlook send what Internet mail cannot say (`winmail.dat`): MS-OXTNEF.
//!
//! Read: the attributes of the message and its attachments, and the properties inside them; the older attributes for
//! subject, sender, date and text as well. Wrong checksums and unknown attributes are tolerated, and where a length
//! leads beyond the end what comes before is kept. Left out: named properties, properties of several values, icons.

mod props;

use super::addressed;
use super::mapi::{
    Attachment, OBJECT, Properties, Property, Recipient, STRING8, date, id, open_bodies, record,
};
use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::bytes::Reader;
use crate::keyring::{Keyring, Letter};
use crate::limits::{Budget, Stop};
use crate::text;

/// Envelopes of Exchange.
#[derive(Debug)]
pub(super) struct Tnef;

impl Format for Tnef {
    fn id(&self) -> &'static str {
        "tnef"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.bytes.starts_with(SIGNATURE)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut message = Message::default();
        let read = message.read(&artifact.bytes, out, budget);
        record(&message.properties, &message.recipients, out);
        message.record_date(out);
        let mut letter = addressed(out);
        let opened = open_bodies(&message.properties, out, &mut letter, budget)
            .and_then(|()| message.files.iter().try_for_each(|file| file.open(out, &mut letter, budget)));
        // What was read of the body is searched even where a limit ended reading.
        out.letters.push(letter);
        read.and(opened)
    }
}

const SIGNATURE: &[u8] = b"\x78\x9f\x3e\x22";

/// Attributes (MS-OXTNEF 2.1.3.3) by the lower half of their numbers; the upper half is their type.
mod attribute {
    pub(super) const FROM: u16 = 0x8000;
    pub(super) const SUBJECT: u16 = 0x8004;
    pub(super) const DATE_SENT: u16 = 0x8005;
    pub(super) const MESSAGE_ID: u16 = 0x8009;
    pub(super) const BODY: u16 = 0x800c;
    pub(super) const ATTACH_DATA: u16 = 0x800f;
    pub(super) const ATTACH_TITLE: u16 = 0x8010;
    pub(super) const ATTACH_TRANSPORT_NAME: u16 = 0x9001;
    pub(super) const ATTACH_RENDERING: u16 = 0x9002;
    pub(super) const MESSAGE_PROPERTIES: u16 = 0x9003;
    pub(super) const RECIPIENTS: u16 = 0x9004;
    pub(super) const ATTACHMENT_PROPERTIES: u16 = 0x9005;
    pub(super) const CODE_PAGE: u16 = 0x9007;
}

/// What the attributes say.
#[derive(Default)]
struct Message<'a> {
    properties: Properties,
    recipients: Vec<Recipient>,
    files: Vec<File<'a>>,
    /// When it was sent, where no property tells it.
    sent: Option<String>,
    code_page: u16,
}

/// One attachment.
#[derive(Default)]
struct File<'a> {
    title: Option<Vec<u8>>,
    /// Its bytes, as often as they are given.
    data: Vec<&'a [u8]>,
    properties: Properties,
    code_page: u16,
}

/// Attachments that are read. Each may hold properties of its own.
const MOST: usize = 2_000;

impl<'a> Message<'a> {
    /// Reads one attribute after another.
    fn read(&mut self, bytes: &'a [u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        let mut reader = Reader::new(bytes);
        let mut wrong = 0u64;
        let _signature_and_key = reader.skip(6);
        while !reader.is_empty() {
            budget.tick()?;
            let is_padding = reader.rest().iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n'));
            if is_padding {
                break;
            }
            let Some(attribute) = Attribute::read(&mut reader) else {
                out.broke("tnef-junk", format!("at byte {}", reader.position()));
                out.missed("damaged", "an attribute is cut");
                break;
            };
            wrong += u64::from(!attribute.intact);
            self.take(&attribute, out, budget)?;
            if attribute.is_cut {
                out.broke("tnef-cut", format!("attribute 0x{:04x}", attribute.id));
                out.missed("damaged", "an attribute is longer than the file");
                break;
            }
        }
        if wrong > 0 {
            out.broke("tnef-checksum", format!("{wrong} attributes"));
        }
        Ok(())
    }

    fn take(&mut self, attribute: &Attribute<'a>, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        let data = attribute.data;
        match attribute.id {
            attribute::CODE_PAGE => {
                let page = Reader::new(data).u32().and_then(|page| page.try_into().ok()).unwrap_or(0);
                self.code_page = page;
                self.properties.code_page = page;
            }
            attribute::FROM => self.sender(data, budget)?,
            attribute::SUBJECT => self.text(id::SUBJECT, data, budget)?,
            attribute::MESSAGE_ID => self.text(id::MESSAGE_ID, data, budget)?,
            attribute::BODY => self.text(id::BODY, data, budget)?,
            attribute::DATE_SENT => self.sent = sent(data),
            attribute::MESSAGE_PROPERTIES => props::read(data, &mut self.properties, out, budget)?,
            attribute::RECIPIENTS => self.recipients(data, out, budget)?,
            attribute::ATTACH_RENDERING if self.files.len() < MOST => self.files.push(self.file()),
            attribute::ATTACH_RENDERING => {
                out.missed("limit-artifacts", format!("more than {MOST} attachments"))
            }
            _ => self.take_of_file(attribute, out, budget)?,
        }
        Ok(())
    }

    /// An attribute of the attachment that was opened last.
    fn take_of_file(
        &mut self,
        attribute: &Attribute<'a>,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        const OF_FILES: &[u16] = &[
            attribute::ATTACH_DATA,
            attribute::ATTACH_TITLE,
            attribute::ATTACH_TRANSPORT_NAME,
            attribute::ATTACHMENT_PROPERTIES,
        ];
        if !OF_FILES.contains(&attribute.id) {
            return Ok(());
        }
        if self.files.is_empty() {
            self.files.push(self.file());
        }
        let Some(file) = self.files.last_mut() else { return Ok(()) };
        match attribute.id {
            attribute::ATTACH_DATA => file.data.push(attribute.data),
            attribute::ATTACHMENT_PROPERTIES => {
                props::read(attribute.data, &mut file.properties, out, budget)?
            }
            _ => {
                file.title.get_or_insert_with(|| attribute.data.iter().copied().take(LONGEST_NAME).collect());
            }
        }
        Ok(())
    }

    fn record_date(&mut self, out: &mut Opened) {
        let is_dated = out.facts.iter().any(|fact| matches!(fact, Fact::Header { name: "date", .. }));
        let date = self.sent.take().filter(|_| !is_dated);
        out.facts.extend(date.map(|value| Fact::Header { name: "date", value }));
    }

    fn file(&self) -> File<'a> {
        let properties = Properties::in_page(self.code_page);
        File { properties, code_page: self.code_page, ..File::default() }
    }

    /// A text in an attribute of its own.
    fn text(&mut self, id: u16, mut data: &[u8], budget: &mut Budget) -> Result<(), Stop> {
        let value = budget.read(&mut data);
        let stop = value.stop;
        let _is_kept = self.properties.add(Property { id, kind: STRING8, value });
        stop.map_or(Ok(()), Err)
    }

    /// The sender (MS-OXTNEF 2.1.3.3.5): lengths of name and address, then both.
    fn sender(&mut self, data: &[u8], budget: &mut Budget) -> Result<(), Stop> {
        let mut reader = Reader::new(data);
        let Some(()) = reader.skip(4) else { return Ok(()) };
        let (Some(name), Some(address)) = (reader.u16(), reader.u16()) else { return Ok(()) };
        let name = reader.take_up_to(name.into());
        let address = reader.take_up_to(address.into());
        let address = address.split(|byte| *byte == b':').next_back().unwrap_or_default();
        self.text(id::SENDER_NAME, name, budget)?;
        self.text(id::SENDER_ADDRESS, address, budget)
    }

    /// The recipients: a count, then the properties of each.
    fn recipients(&mut self, data: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        let mut reader = Reader::new(data);
        let count = reader.u32().unwrap_or(0);
        for _ in 0..count.min(1_000) {
            if reader.is_empty() {
                break;
            }
            let mut properties = Properties::in_page(self.code_page);
            let is_whole = props::read_list(&mut reader, &mut properties, budget)?;
            self.recipients.extend(Recipient::of(&properties));
            if !is_whole {
                out.broke("tnef-properties", "a recipient");
                break;
            }
        }
        Ok(())
    }
}

const LONGEST_NAME: usize = 4_096;

/// A date (MS-OXTNEF 2.1.3.3.7): year, month, day, hour, minute, second, day of the week from Sunday as 0.
fn sent(data: &[u8]) -> Option<String> {
    let mut reader = Reader::new(data);
    let [year, month, day] = [reader.u16()?, reader.u16()?, reader.u16()?].map(i64::from);
    let clock = [reader.u16()?, reader.u16()?, reader.u16()?].map(u64::from);
    let weekday = (i64::from(reader.u16()?) + 6) % 7;
    date(year, month - 1, day, weekday, clock)
}

/// One attribute.
struct Attribute<'a> {
    id: u16,
    data: &'a [u8],
    /// Whether its checksum, the sum of its bytes, is right.
    intact: bool,
    is_cut: bool,
}

impl<'a> Attribute<'a> {
    /// The next attribute: its level (1 the message, 2 an attachment), number, length, data, checksum.
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let level = reader.u8()?;
        let id = u16::try_from(reader.u32()? & 0xffff).ok()?;
        let length = usize::try_from(reader.u32()?).ok()?;
        if !matches!(level, 1 | 2) {
            return None;
        }
        let data = reader.take_up_to(length);
        let sum = data.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        Some(Self { id, data, intact: reader.u16() == Some(sum), is_cut: data.len() < length })
    }
}

/// What an object begins with: the interface by which it is read, here that of a message.
const MESSAGE_INTERFACE: &[u8] = b"\x07\x03\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";

impl File<'_> {
    /// Gives the attachment, its bytes as often as they differ.
    fn open(&self, out: &mut Opened, letter: &mut Letter, budget: &mut Budget) -> Result<(), Stop> {
        let title = self.title.as_deref().map(|title| text::code_page(self.code_page, title));
        let title =
            title.map(|title| title.trim_end_matches('\0').to_string()).filter(|title| !title.is_empty());
        let attachment = Attachment::of(&self.properties, title);
        let mut given: Vec<&[u8]> = Vec::new();
        for property in self.properties.all(id::ATTACH_DATA) {
            let (interface, content) = match property.kind {
                OBJECT => property.value.bytes.split_at_checked(16).unwrap_or_default(),
                _ => (&[][..], property.value.bytes.as_slice()),
            };
            let mut decoded = budget.read(&mut { content });
            decoded.broken.clone_from(&property.value.broken);
            if interface == MESSAGE_INTERFACE || (!interface.is_empty() && content.starts_with(SIGNATURE)) {
                attachment.give_message(decoded, "tnef", 0, out, budget)?;
            } else {
                attachment.give(decoded, out, letter, budget)?;
            }
            given.push(content);
        }
        for data in &self.data {
            // What stands in the properties is often written twice, here or there empty.
            budget.tick()?;
            let is_known = given.iter().take(4).any(|known| known == data);
            if !is_known && (given.is_empty() || !data.is_empty()) {
                attachment.give(budget.read(&mut { *data }), out, letter, budget)?;
                given.push(data);
            }
        }
        if given.is_empty() { attachment.give_nothing(false, out, budget) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
