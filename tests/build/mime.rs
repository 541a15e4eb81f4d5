//! Messages (RFC 5322, RFC 2045–2047, RFC 2231) in the charsets and habits of real mail software, well formed or
//! broken in the ways in which mail is broken.

use super::transfer::{Fault, Transfer, base64, uuencode};
use super::{Content, NoMore};
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8};
use serde::Deserialize;

/// A message as a recipe gives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub from: String,
    pub to: String,
    pub subject: String,
    #[serde(default = "some_day")]
    pub date: String,
    /// `utf-8`, `iso-2022-jp`, `shift_jis`, `euc-jp` or `us-ascii`.
    #[serde(default = "utf8")]
    pub charset: String,
    /// Transfer encoding of text; the habit of the charset if absent.
    pub encoding: Option<Transfer>,
    /// Further headers, as they stand.
    #[serde(default)]
    pub headers: Vec<[String; 2]>,
    /// The subject and names stand raw in the charset, not as encoded words.
    #[serde(default)]
    pub raw_headers: bool,
    /// `mixed` unless said otherwise, for messages of several parts.
    #[serde(default)]
    pub kind: Kind,
    #[serde(default)]
    pub no_closing_boundary: bool,
    #[serde(default, rename = "part")]
    pub parts: Vec<Part>,
}

/// A part: text, HTML or nested parts of a message, or with a name an attachment.
#[derive(Debug, Deserialize)]
pub struct Part {
    pub name: Option<String>,
    /// How the name is written.
    #[serde(default)]
    pub name_style: NameStyle,
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    pub encoding: Option<Transfer>,
    #[serde(default)]
    pub fault: Fault,
    #[serde(flatten)]
    pub content: Content,
    #[serde(flatten)]
    pub no_more: NoMore,
}

/// Parts within a part.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multipart {
    pub kind: Kind,
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
    Mixed,
    Alternative,
    Related,
    Digest,
    Report,
}

impl Kind {
    fn media_type(self) -> &'static str {
        match self {
            Self::Mixed => "multipart/mixed",
            Self::Alternative => "multipart/alternative",
            Self::Related => "multipart/related",
            Self::Digest => "multipart/digest",
            Self::Report => "multipart/report; report-type=delivery-status",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameStyle {
    /// RFC 2231 in Content-Disposition, RFC 2047 in Content-Type: what most software writes.
    #[default]
    Both,
    Rfc2231,
    /// RFC 2231 in several pieces.
    Pieces,
    Rfc2047,
    /// Bytes of the charset, as old Japanese mailers write them.
    Raw,
}

fn some_day() -> String {
    "Wed, 02 Mar 2022 10:37:29 +0900".into()
}

fn utf8() -> String {
    "utf-8".into()
}

impl Message {
    /// The message, lines ended by CR LF.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in [("From", &self.from), ("To", &self.to)] {
            out.extend(self.line(name, &self.mailboxes(value)));
        }
        out.extend(self.line("Subject", &self.words(&self.subject)));
        out.extend(self.line("Date", self.date.as_bytes()));
        let id = format!("<{:08x}.{}@mail.example>", crc32fast::hash(&out), self.subject.len());
        out.extend(self.line("Message-ID", id.as_bytes()));
        for [name, value] in &self.headers {
            out.extend(self.line(name, &self.words(value)));
        }
        out.extend(b"MIME-Version: 1.0\r\n");
        out.extend(self.body(&id));
        out
    }

    /// One part stands alone, several in a multipart; uuencoded files go into the text in front of them.
    fn body(&self, id: &str) -> Vec<u8> {
        let (inline, parts): (Vec<_>, Vec<_>) =
            self.parts.iter().partition(|part| part.encoding == Some(Transfer::UuencodeInText));
        if let ([text], false) = (parts.as_slice(), inline.is_empty()) {
            assert!(self.habit() != Transfer::Base64, "uuencoded files stand in text that is not encoded");
            let mut out = self.part(text, id);
            for file in inline {
                out.extend(uuencode(&self.raw(file.name.as_deref().unwrap()), &file.content.bytes()));
            }
            return out;
        }
        match parts.as_slice() {
            [only] if only.name.is_none() => self.part(only, id),
            parts => self.multipart(self.kind, parts, id, !self.no_closing_boundary),
        }
    }

    fn multipart(&self, kind: Kind, parts: &[&Part], id: &str, closed: bool) -> Vec<u8> {
        let boundary = format!("----=_Part_{:08X}", crc32fast::hash(id.as_bytes()));
        let mut out =
            format!("Content-Type: {}; boundary=\"{boundary}\"\r\n\r\n", kind.media_type()).into_bytes();
        if matches!(kind, Kind::Mixed) {
            out.extend(b"This is a multi-part message in MIME format.\r\n");
        }
        for (index, part) in parts.iter().enumerate() {
            out.extend(format!("--{boundary}\r\n").bytes());
            out.extend(self.part(part, &format!("{id}/{index}")));
            out.extend(b"\r\n");
        }
        if closed {
            out.extend(format!("--{boundary}--\r\n").bytes());
        }
        out
    }

    /// Header and body of one part.
    fn part(&self, part: &Part, id: &str) -> Vec<u8> {
        let (media_type, bytes, transfer) = match &part.content {
            Content::Multipart(inner) => {
                return self.multipart(inner.kind, &inner.parts.iter().collect::<Vec<_>>(), id, true);
            }
            Content::Message(inner) if part.name.is_none() => {
                return [b"Content-Type: message/rfc822\r\n\r\n", &inner.bytes()[..]].concat();
            }
            Content::Text(text) if part.name.is_none() => ("text/plain", self.raw(text), self.habit()),
            Content::Html(text) if part.name.is_none() => ("text/html", self.raw(text), self.habit()),
            content => ("", content.bytes(), Transfer::Base64),
        };
        let transfer = part.encoding.unwrap_or(transfer);
        let mut out = self.part_header(part, media_type);
        let coding = format!("Content-Transfer-Encoding: {}\r\n", transfer.name());
        let lie = "Content-Transfer-Encoding: 7bit\r\n";
        out.extend(match part.fault {
            Fault::SecondEncoding => format!("{lie}{coding}").into_bytes(),
            Fault::SecondEncodingLast => format!("{coding}{lie}").into_bytes(),
            _ => coding.into_bytes(),
        });
        out.extend(b"\r\n");
        out.extend(transfer.encode(&bytes, &self.raw(part.name.as_deref().unwrap_or("file"))));
        part.fault.apply(&mut out);
        out
    }

    fn part_header(&self, part: &Part, body_type: &str) -> Vec<u8> {
        let Some(name) = &part.name else {
            let charset = format!("; charset={}", self.charset);
            let media_type = part.media_type.clone().unwrap_or(body_type.to_string() + &charset);
            return format!("Content-Type: {media_type}\r\n").into_bytes();
        };
        let media_type = part.media_type.as_deref().unwrap_or_else(|| type_of(name));
        let (in_type, in_disposition) = self.names(name, part.name_style);
        let mut out = [b"Content-Type: ", media_type.as_bytes()].concat();
        if let Some(value) = in_type {
            out.extend([b";\r\n name=\"", &value[..], b"\""].concat());
        }
        out.extend(b"\r\nContent-Disposition: attachment");
        out.extend(in_disposition);
        out.extend(b"\r\n");
        out
    }

    /// The value of `name` and the parameters of the disposition.
    fn names(&self, name: &str, style: NameStyle) -> (Option<Vec<u8>>, Vec<u8>) {
        let quoted = |value: Vec<u8>| [b";\r\n filename=\"", &value[..], b"\""].concat();
        let plain = |value: &str| quoted(value.as_bytes().to_vec());
        let coded = format!("utf-8''{}", percent(name));
        match style {
            NameStyle::Raw => (Some(self.raw(name)), quoted(self.raw(name))),
            _ if name.is_ascii() => (Some(name.into()), plain(name)),
            NameStyle::Rfc2047 => (Some(self.words(name)), quoted(self.words(name))),
            NameStyle::Both => (Some(self.words(name)), format!(";\r\n filename*={coded}").into_bytes()),
            NameStyle::Rfc2231 => (None, format!(";\r\n filename*={coded}").into_bytes()),
            NameStyle::Pieces => {
                let pieces = pieces(&coded).into_iter().enumerate();
                (
                    None,
                    pieces
                        .flat_map(|(n, piece)| format!(";\r\n filename*{n}*={piece}").into_bytes())
                        .collect(),
                )
            }
        }
    }

    fn line(&self, name: &str, value: &[u8]) -> Vec<u8> {
        [name.as_bytes(), b": ", value, b"\r\n"].concat()
    }

    /// Mailboxes of the form `Name <address>, …`; the names as encoded words.
    fn mailboxes(&self, text: &str) -> Vec<u8> {
        let boxes = text.split(", ").map(|one| match one.rsplit_once(" <") {
            Some((name, address)) => [&self.words(name)[..], b" <", address.as_bytes()].concat(),
            None => one.as_bytes().to_vec(),
        });
        boxes.collect::<Vec<_>>().join(&b",\r\n "[..])
    }

    /// RFC 2047: encoded words of at most 75 characters, each complete in itself.
    fn words(&self, text: &str) -> Vec<u8> {
        if text.is_ascii() {
            return text.into();
        }
        if self.raw_headers {
            return self.raw(text);
        }
        let mut words: Vec<String> = Vec::new();
        let mut chunk = String::new();
        for c in text.chars() {
            let longer = format!("{chunk}{c}");
            if self.raw(&longer).len().div_ceil(3) * 4 + self.charset.len() + 7 > 72 {
                words.push(std::mem::take(&mut chunk));
            }
            chunk.push(c);
        }
        words.push(chunk);
        let word = |text: &String| format!("=?{}?B?{}?=", self.charset, base64(&self.raw(text)));
        words.iter().map(word).collect::<Vec<_>>().join("\r\n ").into_bytes()
    }

    /// Text in the charset, lines ended by CR LF.
    fn raw(&self, text: &str) -> Vec<u8> {
        let text = text.trim_start_matches('\n').replace('\n', "\r\n");
        let (bytes, _, lost) = self.encoding().encode(&text);
        assert!(!lost, "not in {}: {text}", self.charset);
        bytes.into_owned()
    }

    fn encoding(&self) -> &'static Encoding {
        match self.charset.to_ascii_lowercase().as_str() {
            "iso-2022-jp" => ISO_2022_JP,
            "shift_jis" => SHIFT_JIS,
            "euc-jp" => EUC_JP,
            "utf-8" | "us-ascii" => UTF_8,
            other => panic!("unknown charset {other}"),
        }
    }

    fn habit(&self) -> Transfer {
        let usual = match self.charset.to_ascii_lowercase().as_str() {
            "iso-2022-jp" | "us-ascii" => Transfer::SevenBit,
            "utf-8" => Transfer::Base64,
            _ => Transfer::EightBit,
        };
        self.encoding.unwrap_or(usual)
    }
}

fn percent(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Cuts a percent-encoded value into pieces, never within an escape.
fn pieces(coded: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut rest = coded;
    while !rest.is_empty() {
        let (unit, after) = rest.split_at(if rest.starts_with('%') { 3 } else { 1 });
        if pieces.last().unwrap().len() + unit.len() > 40 {
            pieces.push(String::new());
        }
        pieces.last_mut().unwrap().push_str(unit);
        rest = after;
    }
    pieces
}

/// What mail software says of a file by its extension.
fn type_of(name: &str) -> &'static str {
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    TYPES.iter().find(|(known, _)| *known == extension).map_or("application/octet-stream", |(_, kind)| kind)
}

#[rustfmt::skip]
const TYPES: &[(&str, &str)] = &[
    ("doc", "application/msword"),
    ("xls", "application/vnd.ms-excel"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("docm", "application/vnd.ms-word.document.macroEnabled.12"),
    ("xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("rtf", "application/rtf"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
];
