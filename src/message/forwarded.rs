//! A mail in which somebody hands on another one to have it looked at: who does, and what is handed on.
//!
//! Mails that are attached (`message/rfc822`, `.eml`, `.msg`) are handed on, and the files beside them, if they are no
//! pictures: those are signatures and logos. Where no mail is attached the mail itself is what was handed on, with the
//! other one quoted in it. Only the outermost layer is opened here; the scan opens the rest.

use super::addresses::{self, Mailbox};
use super::{FORMATS, correspondence, headers};
use crate::artifact::{Artifact, Child, Opened, Tree};
use crate::keyring::Keyring;
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Limits};
use serde::{Deserialize, Serialize};

/// A mail in which something is handed on. It can be handed over, the bytes of its parts apart from it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Forwarded {
    /// Who hands it on, as `From` says.
    pub from: Option<Mailbox>,
    /// The sender of the envelope: none where the delivery noted none, empty in a bounce.
    pub return_path: Option<String>,
    /// Whether a program wrote it (RFC 3834 section 2): a bounce, a list, an automatic reply. It gets no answer.
    pub is_automatic: bool,
    /// The subject, decoded.
    pub subject: String,
    /// The `Message-ID` as written.
    pub message_id: String,
    /// The text around what is handed on.
    pub text: String,
    /// What is handed on; empty where it is the mail itself.
    pub parts: Vec<Part>,
    /// How many more parts there are than are taken.
    pub more: usize,
}

/// Something handed on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Part {
    /// The name of the file; may be empty.
    pub name: String,
    /// Its bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// Its whole size, which is more where a limit cut it.
    pub size: u64,
    /// Whether it came as a mail, so that it is one even with a damaged first line.
    pub is_message: bool,
}

/// The most parts of one mail that are taken.
const PARTS: usize = 20;

/// The most bytes of text that are kept.
const TEXT: usize = 64 << 10;

impl Forwarded {
    /// Reads a mail.
    pub fn read(raw: &[u8], limits: &Limits) -> Self {
        let mut read = Self::default();
        for field in headers::fields(correspondence::block(raw)) {
            read.field(&String::from_utf8_lossy(field.name).to_ascii_lowercase(), field.value);
        }
        let tree = Tree::new(Child::new("", "file", raw.to_vec()).of_kind("eml"));
        let opened = tree.get(0).map(|mail| open(mail, limits)).unwrap_or_default();
        // A spent limit, or damage: then the whole is scanned, which tells of it.
        let is_whole = opened.unread.is_empty();
        for letter in &opened.letters {
            letter.texts.iter().for_each(|text| read.text.push_str(text));
        }
        read.text.truncate(read.text.floor_char_boundary(TEXT));
        read.take(opened.children, limits);
        if !is_whole || !read.parts.iter().any(|part| part.is_message) {
            (read.parts, read.more) = (Vec::new(), 0);
        }
        read
    }

    /// Whether it is as reading a mail makes it: one that comes from somewhere else may be anything.
    pub fn is_sound(&self) -> bool {
        let addresses = self.from.iter().map(|from| &from.address).chain(&self.return_path);
        let is_plain = addresses.into_iter().all(|address| !address.contains(char::is_control));
        is_plain && self.parts.len() <= PARTS && self.text.len() <= TEXT
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        let value = headers::decoded(value);
        let word = value.trim().to_ascii_lowercase();
        match name {
            "from" if self.from.is_none() => {
                self.from = addresses::mailboxes(&value).next();
                let user = self.from.as_ref().and_then(|from| from.address.split('@').next());
                self.is_automatic |= user.is_some_and(|user| PROGRAMS.contains(&user));
            }
            "return-path" if self.return_path.is_none() => {
                let address = word.trim_matches(['<', '>', ' ']).to_string();
                self.is_automatic |= address.is_empty();
                self.return_path = Some(address);
            }
            "subject" if self.subject.is_empty() => self.subject = value,
            "message-id" if self.message_id.is_empty() => self.message_id = value.trim().to_string(),
            "auto-submitted" => self.is_automatic |= word.split([';', ' ']).next() != Some("no"),
            "precedence" => self.is_automatic |= ["bulk", "list", "junk", "auto_reply"].contains(&&*word),
            "x-auto-response-suppress" => {
                self.is_automatic |= word.split(',').any(|part| ["all", "autoreply"].contains(&part.trim()));
            }
            "content-type" => self.is_automatic |= word.starts_with("multipart/report"),
            _ if name.starts_with("list-") || name == "x-autoreply" || name == "feedback-id" => {
                self.is_automatic = true;
            }
            _ => {}
        }
    }

    /// Takes what is handed on. A container of Outlook (`winmail.dat`) holds the attachments of a mail.
    fn take(&mut self, children: Vec<Child>, limits: &Limits) {
        for child in children.into_iter().filter(|child| child.via != "body") {
            let kind = child.kind.unwrap_or_else(|| Kind::of(&child.name, &child.bytes));
            if kind.id == "tnef" {
                let tree = Tree::new(child);
                let opened = tree.get(0).map(|tnef| open(tnef, limits)).unwrap_or_default();
                self.take(opened.children, limits);
                continue;
            }
            if kind.class == Class::Media || child.bytes.is_empty() {
                continue;
            }
            if self.parts.len() >= PARTS {
                self.more += 1;
                continue;
            }
            let is_message = kind.class == Class::Message;
            let Child { name, bytes, size, .. } = child;
            self.parts.push(Part { name, bytes, size, is_message });
        }
    }
}

/// The users of addresses that programs write from.
const PROGRAMS: &[&str] =
    &["mailer-daemon", "postmaster", "noreply", "no-reply", "do-not-reply", "donotreply"];

/// Opens one layer.
fn open(artifact: &Artifact, limits: &Limits) -> Opened {
    let (mut opened, mut budget) = (Opened::default(), Budget::new(limits));
    if let Some(format) = FORMATS.iter().find(|format| format.matches(artifact))
        && let Err(stop) = format.open(artifact, &Keyring::new(), &mut opened, &mut budget)
    {
        opened.unread.push(stop.into());
    }
    opened
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(head: &str, parts: &[(&str, &str)]) -> Vec<u8> {
        let mut mail =
            format!("{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=edge\r\n\r\n");
        for (fields, body) in parts {
            mail += &format!("--edge\r\n{fields}\r\n\r\n{body}\r\n");
        }
        (mail + "--edge--\r\n").into_bytes()
    }

    const HEAD: &str = "Return-Path: <Hanako@City.example>\r\nFrom: =?utf-8?B?6Iqx5a2Q?= <Hanako@City.example>\r\n\
                        Subject: Fwd: please look\r\nMessage-ID: <1@city.example>\r\n";
    const INNER: &str = "From: a@evil.example\r\nSubject: invoice\r\n\r\nopen it";
    const TEXT: (&str, &str) = ("Content-Type: text/plain", "What is this?");

    fn read(raw: &[u8]) -> Forwarded {
        Forwarded::read(raw, &Limits::default())
    }

    #[test]
    fn attached_mails_are_what_is_handed_on() {
        let attached = ("Content-Type: message/rfc822", INNER);
        let file = ("Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=b.eml", INNER);
        let other = ("Content-Type: application/octet-stream; name=b.eml", INNER);
        let zip = ("Content-Type: application/zip; name=a.zip", "PK\u{3}\u{4}");
        let logo = ("Content-Type: image/gif; name=logo.gif", "GIF89a\u{1}");
        let read = read(&mail(HEAD, &[TEXT, attached, file, other, zip, logo]));
        let parts: Vec<_> = read.parts.iter().map(|part| (part.name.as_str(), part.is_message)).collect();
        assert_eq!(parts, [("", true), ("b.eml", true), ("b.eml", true), ("a.zip", false)]);
        assert!(read.parts[0].bytes.starts_with(b"From: a@evil"));
        let from = read.from.unwrap();
        assert_eq!((from.name.as_str(), from.address.as_str()), ("花子", "hanako@city.example"));
        assert_eq!(read.return_path.as_deref(), Some("hanako@city.example"));
        assert_eq!(
            (read.subject.as_str(), read.message_id.as_str()),
            ("Fwd: please look", "<1@city.example>")
        );
        assert!(read.text.contains("What is this?") && !read.text.contains("open it") && !read.is_automatic);
    }

    #[test]
    fn without_an_attached_mail_the_mail_itself_is_handed_on() {
        let zip = ("Content-Type: application/zip; name=a.zip", "PK\u{3}\u{4}");
        assert!(read(&mail(HEAD, &[TEXT, zip])).parts.is_empty());
        assert!(read(format!("{HEAD}\r\n> From: a@evil.example\r\n").as_bytes()).parts.is_empty());
    }

    #[test]
    fn programs_are_told_from_people() {
        let rows = [
            ("", false),
            ("Auto-Submitted: no\r\n", false),
            ("Auto-Submitted: auto-replied\r\n", true),
            ("Auto-Submitted: auto-notified; owner-email=x\r\n", true),
            ("Precedence: BULK\r\n", true),
            ("Precedence: first-class\r\n", false),
            ("List-Id: <l.city.example>\r\n", true),
            ("X-Auto-Response-Suppress: DR, AutoReply\r\n", true),
            ("X-Auto-Response-Suppress: DR\r\n", false),
            ("Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n", true),
        ];
        for (field, want) in rows {
            assert_eq!(read(format!("{field}{HEAD}\r\nx").as_bytes()).is_automatic, want, "{field}");
        }
        for head in ["Return-Path: <>\r\nFrom: a@b.example\r\n", "From: MAILER-DAEMON@b.example\r\n"] {
            assert!(read(format!("{head}\r\nx").as_bytes()).is_automatic, "{head}");
        }
    }

    #[test]
    fn many_parts_are_counted_and_not_all_taken() {
        let parts: Vec<_> = (0..PARTS + 3).map(|_| ("Content-Type: message/rfc822", INNER)).collect();
        let read = read(&mail(HEAD, &parts));
        assert_eq!((read.parts.len(), read.more), (PARTS, 3));
    }

    #[test]
    fn damage_ends_nothing() {
        let mail = mail(HEAD, &[TEXT, ("Content-Type: message/rfc822", INNER)]);
        for end in 0..mail.len() {
            let _any = read(&mail[..end]);
            let mut flipped = mail.clone();
            flipped[end] ^= 0x20;
            let _any = read(&flipped);
        }
        let small = Limits { made_bytes: 10, ..Limits::default() };
        assert!(Forwarded::read(&mail, &small).parts.is_empty(), "then the whole is scanned");
    }
}
