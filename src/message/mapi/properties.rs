//! Properties of a message, an attachment or a recipient, and the types of their values (MS-OXCDATA 2.11.1).

use crate::limits::Decoded;
use crate::text;
use std::borrow::Cow;

/// Numbers of the properties that are read (MS-OXPROPS).
pub(in crate::message) mod id {
    pub(in crate::message) const SUBJECT: u16 = 0x0037;
    pub(in crate::message) const SUBMIT_TIME: u16 = 0x0039;
    pub(in crate::message) const REPRESENTING_NAME: u16 = 0x0042;
    pub(in crate::message) const REPLY_NAMES: u16 = 0x0050;
    pub(in crate::message) const REPRESENTING_ADDRESS: u16 = 0x0065;
    pub(in crate::message) const TRANSPORT_HEADERS: u16 = 0x007d;
    pub(in crate::message) const RECIPIENT_TYPE: u16 = 0x0c15;
    pub(in crate::message) const SENDER_NAME: u16 = 0x0c1a;
    pub(in crate::message) const SENDER_ADDRESS: u16 = 0x0c1f;
    pub(in crate::message) const DISPLAY_CC: u16 = 0x0e03;
    pub(in crate::message) const DISPLAY_TO: u16 = 0x0e04;
    pub(in crate::message) const DELIVERY_TIME: u16 = 0x0e06;
    pub(in crate::message) const BODY: u16 = 0x1000;
    pub(in crate::message) const RTF_COMPRESSED: u16 = 0x1009;
    pub(in crate::message) const HTML: u16 = 0x1013;
    pub(in crate::message) const MESSAGE_ID: u16 = 0x1035;
    pub(in crate::message) const REFERENCES: u16 = 0x1039;
    pub(in crate::message) const IN_REPLY_TO: u16 = 0x1042;
    pub(in crate::message) const DISPLAY_NAME: u16 = 0x3001;
    pub(in crate::message) const EMAIL_ADDRESS: u16 = 0x3003;
    pub(in crate::message) const ATTACH_DATA: u16 = 0x3701;
    pub(in crate::message) const ATTACH_SHORT_NAME: u16 = 0x3704;
    pub(in crate::message) const ATTACH_METHOD: u16 = 0x3705;
    pub(in crate::message) const ATTACH_LONG_NAME: u16 = 0x3707;
    pub(in crate::message) const ATTACH_PATH: u16 = 0x3708;
    pub(in crate::message) const ATTACH_LONG_PATH: u16 = 0x370d;
    pub(in crate::message) const ATTACH_MIME_TAG: u16 = 0x370e;
    pub(in crate::message) const SMTP_ADDRESS: u16 = 0x39fe;
    pub(in crate::message) const INTERNET_CODE_PAGE: u16 = 0x3fde;
    pub(in crate::message) const MESSAGE_CODE_PAGE: u16 = 0x3ffd;
    pub(in crate::message) const SENDER_SMTP: u16 = 0x5d01;
    pub(in crate::message) const REPRESENTING_SMTP: u16 = 0x5d02;
}

/// Every number of [`id`]; others are not kept.
const READ: &[u16] = &[
    id::SUBJECT,
    id::SUBMIT_TIME,
    id::REPRESENTING_NAME,
    id::REPLY_NAMES,
    id::REPRESENTING_ADDRESS,
    id::TRANSPORT_HEADERS,
    id::RECIPIENT_TYPE,
    id::SENDER_NAME,
    id::SENDER_ADDRESS,
    id::DISPLAY_CC,
    id::DISPLAY_TO,
    id::DELIVERY_TIME,
    id::BODY,
    id::RTF_COMPRESSED,
    id::HTML,
    id::MESSAGE_ID,
    id::REFERENCES,
    id::IN_REPLY_TO,
    id::DISPLAY_NAME,
    id::EMAIL_ADDRESS,
    id::ATTACH_DATA,
    id::ATTACH_SHORT_NAME,
    id::ATTACH_METHOD,
    id::ATTACH_LONG_NAME,
    id::ATTACH_PATH,
    id::ATTACH_LONG_PATH,
    id::ATTACH_MIME_TAG,
    id::SMTP_ADDRESS,
    id::INTERNET_CODE_PAGE,
    id::MESSAGE_CODE_PAGE,
    id::SENDER_SMTP,
    id::REPRESENTING_SMTP,
];

/// Types of values of any length: an object, text in a code page, text in UTF-16, bytes.
pub(in crate::message) const OBJECT: u16 = 0x000d;
pub(in crate::message) const STRING8: u16 = 0x001e;
pub(in crate::message) const UNICODE: u16 = 0x001f;
pub(in crate::message) const BINARY: u16 = 0x0102;

/// One property.
#[derive(Debug, Default)]
pub(in crate::message) struct Property {
    pub(in crate::message) id: u16,
    /// The type of its value.
    pub(in crate::message) kind: u16,
    pub(in crate::message) value: Decoded,
}

impl Property {
    /// Whether a property of that number is read at all.
    pub(in crate::message) fn is_read(id: u16) -> bool {
        READ.contains(&id)
    }

    /// Whether the value is text.
    pub(in crate::message) fn is_text(&self) -> bool {
        matches!(self.kind, STRING8 | UNICODE)
    }
}

/// Properties of one thing that are kept; of those that are read there are a few dozen.
const MOST: usize = 256;

/// The properties of one thing, in the order they were found; those in UTF-16 are believed before others.
#[derive(Debug, Default)]
pub(in crate::message) struct Properties {
    list: Vec<Property>,
    /// The code page of text, where no property tells it.
    pub(in crate::message) code_page: u16,
}

impl Properties {
    /// None yet, of a message whose text is in that code page.
    pub(in crate::message) fn in_page(code_page: u16) -> Self {
        Self { code_page, ..Self::default() }
    }

    /// Takes in one more, and answers whether there was room for it.
    pub(in crate::message) fn add(&mut self, property: Property) -> bool {
        let has_room = self.list.len() < MOST;
        if has_room {
            self.list.push(property);
        }
        has_room
    }

    /// All of that number, UTF-16 first.
    pub(in crate::message) fn all(&self, id: u16) -> impl Iterator<Item = &Property> {
        let found = |wide: bool| {
            self.list.iter().filter(move |found| found.id == id && (found.kind == UNICODE) == wide)
        };
        found(true).chain(found(false))
    }

    /// The first text of that number that is not empty.
    pub(in crate::message) fn text(&self, id: u16) -> Option<String> {
        let texts = self.all(id).filter(|property| property.is_text()).map(|property| self.decoded(property));
        texts.map(|text| text.trim().to_string()).find(|text| !text.is_empty())
    }

    /// The first number or time of that property, of whatever width.
    pub(in crate::message) fn number(&self, id: u16) -> Option<u64> {
        let value = &self.all(id).find(|property| !property.is_text())?.value.bytes;
        let bytes = value.get(..8).unwrap_or(value);
        (!bytes.is_empty()).then(|| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// The number of that property, where it is a code page.
    pub(in crate::message) fn page(&self, id: u16) -> Option<u16> {
        self.number(id).and_then(|page| u16::try_from(page & 0xffff_ffff).ok()).filter(|page| *page != 0)
    }

    /// The value as text.
    pub(in crate::message) fn decoded(&self, property: &Property) -> String {
        let bytes = &property.value.bytes;
        let text = match property.kind {
            UNICODE => text::decode("utf-16le", bytes),
            _ => narrow(self.text_page(), bytes),
        };
        text.trim_end_matches('\0').to_string()
    }

    /// The value as bytes of text that need no further word on their charset: UTF-16 becomes UTF-8.
    pub(in crate::message) fn plain<'p>(&self, property: &'p Property) -> Cow<'p, [u8]> {
        match property.kind {
            UNICODE => Cow::Owned(self.decoded(property).into_bytes()),
            _ => Cow::Borrowed(&property.value.bytes),
        }
    }

    /// The code page of text: of the message, else of its body as it was sent, else guessed.
    fn text_page(&self) -> u16 {
        let told = self.page(id::MESSAGE_CODE_PAGE).or_else(|| self.page(id::INTERNET_CODE_PAGE));
        told.unwrap_or(self.code_page)
    }
}

/// Text in a code page, which is not believed where it cannot be true: what names it may mean only the body.
fn narrow(page: u16, bytes: &[u8]) -> String {
    let told = text::code_page(page, bytes);
    if !told.contains('\u{fffd}') {
        return told;
    }
    let guessed = text::guess(bytes);
    if guessed.contains('\u{fffd}') { told } else { guessed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(id: u16, kind: u16, bytes: &[u8]) -> Property {
        let value = Decoded { bytes: bytes.to_vec(), size: bytes.len() as u64, ..Decoded::default() };
        Property { id, kind, value }
    }

    #[test]
    fn utf16_goes_before_a_code_page_and_empty_texts_do_not_count() {
        let mut properties = Properties::default();
        properties.add(property(id::SUBJECT, STRING8, b"narrow"));
        properties.add(property(id::SUBJECT, UNICODE, b"w\0i\0d\0e\0\0\0"));
        properties.add(property(id::BODY, UNICODE, b"\0\0"));
        properties.add(property(id::BODY, STRING8, b"body"));
        assert_eq!(properties.text(id::SUBJECT).as_deref(), Some("wide"));
        assert_eq!(properties.text(id::BODY).as_deref(), Some("body"));
        assert_eq!(properties.text(id::HTML), None);
    }

    #[test]
    fn text_is_read_in_the_page_the_message_names_and_else_guessed() {
        let mut properties = Properties::default();
        properties.add(property(id::SUBJECT, STRING8, b"\x90\xbf\x8b\x81\x8f\x91"));
        assert_eq!(properties.text(id::SUBJECT).as_deref(), Some("請求書"));
        properties.add(property(id::INTERNET_CODE_PAGE, 3, &[0xe3, 4, 0, 0, 9, 9, 9, 9]));
        assert_eq!(properties.page(id::INTERNET_CODE_PAGE), Some(1251));
        assert_eq!(properties.text(id::SUBJECT).as_deref(), Some("ђї‹ЃЏ‘"));
        assert_eq!(properties.number(id::SUBJECT), None);
        properties.add(property(id::MESSAGE_CODE_PAGE, 3, &65001u32.to_le_bytes()));
        assert_eq!(properties.text(id::SUBJECT).as_deref(), Some("請求書"), "no UTF-8");
    }
}
