//! Mail in the two forms of Outlook: saved messages (MS-OXMSG) and envelopes (MS-OXTNEF), from one recipe.

use super::mime::Part;
use super::ole::{self, Damage, Stream};
use super::{Content, crlf};
use encoding_rs::SHIFT_JIS;
use serde::Deserialize;

/// A message as a recipe gives it. Parts without a name are bodies: text, HTML, rich text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// `Name <address>`.
    pub from: String,
    pub to: String,
    pub subject: String,
    /// Texts stand in CP932, as old versions write them.
    #[serde(default)]
    pub narrow: bool,
    #[serde(default, rename = "part")]
    pub parts: Vec<Part>,
}

/// Numbers of properties (MS-OXPROPS).
mod id {
    pub const SUBJECT: u16 = 0x0037;
    pub const SUBMIT_TIME: u16 = 0x0039;
    pub const RECIPIENT_TYPE: u16 = 0x0c15;
    pub const SENDER_NAME: u16 = 0x0c1a;
    pub const BODY: u16 = 0x1000;
    pub const RTF_COMPRESSED: u16 = 0x1009;
    pub const HTML: u16 = 0x1013;
    pub const DISPLAY_NAME: u16 = 0x3001;
    pub const ATTACH_DATA: u16 = 0x3701;
    pub const ATTACH_METHOD: u16 = 0x3705;
    pub const ATTACH_LONG_NAME: u16 = 0x3707;
    pub const SMTP_ADDRESS: u16 = 0x39fe;
    pub const INTERNET_CODE_PAGE: u16 = 0x3fde;
    pub const SENDER_SMTP: u16 = 0x5d01;
}

/// A property: its number and its value.
type Property = (u16, Value);

enum Value {
    Long(u32),
    /// 2 March 2022, 01:37:29 UTC.
    Time,
    Text(String),
    Bytes(Vec<u8>),
}

const SENT: u64 = 132_906_586_490_000_000;

impl Item {
    /// The message as a compound file.
    pub fn msg(&self) -> Vec<u8> {
        let class = ole::class("00020D0B-0000-0000-C000-000000000046");
        let mut streams: Vec<Stream> = ["00020102", "00030102", "00040102"]
            .map(|name| (format!("__nameid_version1.0/__substg1.0_{name}"), Vec::new()))
            .into();
        streams.extend(self.streams("", 32));
        ole::compound(class, &streams, Damage::None)
    }

    /// The streams of the message in a storage.
    fn streams(&self, storage: &str, header: usize) -> Vec<Stream> {
        let mut out = stored(storage, header, &self.properties(), self.narrow);
        let recipient = format!("{storage}__recip_version1.0_#00000000/");
        out.extend(stored(&recipient, 8, &self.recipient(), self.narrow));
        for (number, part) in self.files().enumerate() {
            let storage = format!("{storage}__attach_version1.0_#{number:08X}/");
            out.extend(stored(&storage, 8, &named(part), self.narrow));
            match &part.content {
                Content::Msg(inner) => {
                    out.extend(inner.streams(&format!("{storage}__substg1.0_3701000D/"), 24));
                }
                content => out.push((format!("{storage}__substg1.0_37010102"), content.bytes())),
            }
        }
        out
    }

    /// The message as an envelope.
    pub fn tnef(&self) -> Vec<u8> {
        let mut out = b"\x78\x9f\x3e\x22\x01\x00".to_vec();
        out.extend(attribute(1, 0x0008_9006, &[0, 0, 1, 0]));
        out.extend(attribute(1, 0x0006_9007, &[0xa4, 3, 0, 0, 0, 0, 0, 0]));
        out.extend(attribute(1, 0x0006_9003, &self.list(&self.properties())));
        let rows = [&[1, 0, 0, 0], self.list(&self.recipient()).as_slice()].concat();
        out.extend(attribute(1, 0x0006_9004, &rows));
        for part in self.files() {
            let mut properties = named(part);
            out.extend(attribute(2, 0x0006_9002, &[1, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]));
            match &part.content {
                Content::Tnef(inner) => {
                    let interface = ole::class("00020307-0000-0000-C000-000000000046");
                    let object = [&interface[..], &inner.tnef()].concat();
                    properties.push((id::ATTACH_DATA, Value::Bytes(object)));
                }
                content => {
                    let title = SHIFT_JIS.encode(name(part)).0.into_owned();
                    out.extend(attribute(2, 0x0001_8010, &[title.as_slice(), b"\0"].concat()));
                    out.extend(attribute(2, 0x0006_800f, &content.bytes()));
                }
            }
            out.extend(attribute(2, 0x0006_9005, &self.list(&properties)));
        }
        out
    }

    /// A list of properties as an envelope holds them.
    fn list(&self, properties: &[Property]) -> Vec<u8> {
        let mut out = u32::try_from(properties.len()).unwrap().to_le_bytes().to_vec();
        for (id, value) in properties {
            let (kind, bytes) = value.typed(self.narrow);
            // Attached data are an object.
            let kind = if *id == id::ATTACH_DATA { 0x000d } else { kind };
            out.extend([kind.to_le_bytes(), id.to_le_bytes()].concat());
            if matches!(value, Value::Text(_) | Value::Bytes(_)) {
                out.extend(1_u32.to_le_bytes());
                out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
            }
            out.extend(&bytes);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out
    }

    fn properties(&self) -> Vec<Property> {
        let (name, address) = mailbox(&self.from);
        let mut out = Vec::from([
            (id::SUBJECT, Value::Text(self.subject.clone())),
            (id::SUBMIT_TIME, Value::Time),
            (id::SENDER_NAME, Value::Text(name)),
            (id::SENDER_SMTP, Value::Text(address)),
            (id::INTERNET_CODE_PAGE, Value::Long(932)),
        ]);
        for part in self.parts.iter().filter(|part| part.name.is_none()) {
            out.push(match &part.content {
                Content::Text(text) => (id::BODY, Value::Text(crlf(text))),
                Content::Html(html) => {
                    let bytes = SHIFT_JIS.encode(&crlf(html)).0.into_owned();
                    (id::HTML, Value::Bytes(bytes))
                }
                content => (id::RTF_COMPRESSED, Value::Bytes(stored_rtf(&content.bytes()))),
            });
        }
        out
    }

    fn recipient(&self) -> Vec<Property> {
        let (name, address) = mailbox(&self.to);
        Vec::from([
            (id::RECIPIENT_TYPE, Value::Long(1)),
            (id::DISPLAY_NAME, Value::Text(name)),
            (id::SMTP_ADDRESS, Value::Text(address)),
        ])
    }

    fn files(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.name.is_some())
    }
}

fn name(part: &Part) -> &str {
    part.name.as_deref().unwrap()
}

/// What is told of an attachment beside its bytes. Messages have a title.
fn named(part: &Part) -> Vec<Property> {
    let (id, method) = match part.content {
        Content::Msg(_) | Content::Tnef(_) => (id::DISPLAY_NAME, 5),
        _ => (id::ATTACH_LONG_NAME, 1),
    };
    Vec::from([(id::ATTACH_METHOD, Value::Long(method)), (id, Value::Text(name(part).into()))])
}

fn mailbox(text: &str) -> (String, String) {
    let (name, address) = text.split_once(" <").unwrap_or((text, text));
    (name.into(), address.trim_end_matches('>').into())
}

impl Value {
    /// The type (MS-OXCDATA 2.11.1) and the bytes.
    fn typed(&self, narrow: bool) -> (u16, Vec<u8>) {
        match self {
            Self::Long(number) => (0x0003, number.to_le_bytes().to_vec()),
            Self::Time => (0x0040, SENT.to_le_bytes().to_vec()),
            Self::Text(text) if narrow => (0x001e, SHIFT_JIS.encode(text).0.into_owned()),
            Self::Text(text) => (0x001f, text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Self::Bytes(bytes) => (0x0102, bytes.clone()),
        }
    }
}

/// Properties as streams: those of fixed length in one, each other in its own.
fn stored(storage: &str, header: usize, properties: &[Property], narrow: bool) -> Vec<Stream> {
    let mut fixed = [0].repeat(header);
    let mut out = Vec::new();
    for (id, value) in properties {
        let (kind, bytes) = value.typed(narrow);
        fixed.extend([kind.to_le_bytes(), id.to_le_bytes(), [6, 0], [0, 0]].concat());
        let is_fixed = matches!(value, Value::Long(_) | Value::Time);
        let mut place = if is_fixed { bytes.clone() } else { (bytes.len() as u64).to_le_bytes().to_vec() };
        place.resize(8, 0);
        fixed.extend(place);
        if !is_fixed {
            out.push((format!("{storage}__substg1.0_{id:04X}{kind:04X}"), bytes));
        }
    }
    out.push((format!("{storage}__properties_version1.0"), fixed));
    out
}

/// MS-OXRTFCP 2.1.3.1: rich text that is not compressed.
fn stored_rtf(text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap();
    [&(length + 12).to_le_bytes()[..], &length.to_le_bytes(), b"MELA", &[0; 4], text].concat()
}

/// MS-OXTNEF 2.1.3.1: an attribute with its checksum.
fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    let length = u32::try_from(data.len()).unwrap();
    [&[level][..], &id.to_le_bytes(), &length.to_le_bytes(), data, &sum.to_le_bytes()].concat()
}
