//! Who writes to whom: what the head of one message tells, for the list of those whom a mailbox corresponded with.

use super::addresses::{self, Mailbox};
use super::{FORMATS, headers, parse};
use crate::artifact::{Child, Fact, Opened, Tree};
use crate::keyring::Keyring;
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Limits};

/// Who took part in one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correspondence {
    /// Who wrote it: `From`, `Sender` and `Reply-To`.
    pub from: Vec<Mailbox>,
    /// Who got it: `To`, `Cc` and `Bcc`.
    pub to: Vec<Mailbox>,
    /// When, in seconds since 1970.
    pub date: Option<i64>,
    /// Whether a program sent it to many: a list, a newsletter, an automatic reply.
    pub is_bulk: bool,
}

impl Correspondence {
    /// Reads the head of a message; none if it is no message or names nobody. A `.msg` file has to be whole.
    pub fn read(raw: &[u8], is_message: bool) -> Option<Self> {
        let kind = Kind::of("", raw);
        let told = if kind.id == "msg" {
            of_msg(raw)
        } else if is_message || kind.class == Class::Message {
            of_fields(raw)
        } else {
            return None;
        };
        (!told.from.is_empty() || !told.to.is_empty()).then_some(told)
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "from" | "sender" | "reply-to" => self.from.extend(addresses::mailboxes(value)),
            "to" | "cc" | "bcc" => self.to.extend(addresses::mailboxes(value)),
            "date" => self.date = self.date.or_else(|| parse::time(value)),
            "list-id" | "list-unsubscribe" => self.is_bulk = true,
            "precedence" => self.is_bulk |= ["bulk", "list", "junk"].iter().any(|word| value.contains(word)),
            "auto-submitted" => self.is_bulk |= !value.trim().eq_ignore_ascii_case("no"),
            _ => {}
        }
    }
}

fn of_fields(raw: &[u8]) -> Correspondence {
    let mut told = Correspondence::default();
    for field in headers::fields(block(raw)) {
        let name = String::from_utf8_lossy(field.name).to_ascii_lowercase();
        told.field(&name, &headers::decoded(field.value));
    }
    told
}

/// The bytes before the first empty line.
pub(super) fn block(raw: &[u8]) -> &[u8] {
    let ends = memchr::memchr_iter(b'\n', raw).map(|at| at + 1);
    let end = ends.into_iter().find(|at| matches!(raw.get(*at..), Some([b'\n', ..] | [b'\r', b'\n', ..])));
    raw.get(..end.unwrap_or(raw.len())).unwrap_or(raw)
}

fn of_msg(raw: &[u8]) -> Correspondence {
    let mut told = Correspondence::default();
    let tree = Tree::new(Child::new("", "file", raw.to_vec()));
    let Some(mail) = tree.get(0) else { return told };
    let Some(format) = FORMATS.iter().find(|format| format.matches(mail)) else { return told };
    let (mut opened, mut budget) = (Opened::default(), Budget::new(&Limits::default()));
    // A spent limit leaves what was read before.
    let _spent = format.open(mail, &Keyring::new(), &mut opened, &mut budget);
    for fact in &opened.facts {
        if let Fact::Header { name, value } = fact {
            told.field(name, value);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[Mailbox]) -> Vec<&str> {
        list.iter().map(|mailbox| mailbox.address.as_str()).collect()
    }

    #[test]
    fn the_head_tells_who_and_when() {
        let mail = "From: =?UTF-8?B?5L2Q6Jek?= <a@b.example>\r\nReply-To: r@b.example\r\nTo: c@d.example,\r\n e@f.example\r\n\
            Cc: g@h.example\r\nDate: Fri, 4 Mar 2022 09:12:00 +0900\r\n\r\nTo: z@z.example\r\n";
        let told = Correspondence::read(mail.as_bytes(), false).unwrap();
        assert_eq!(addresses(&told.from), ["a@b.example", "r@b.example"]);
        assert_eq!(told.from[0].name, "佐藤");
        assert_eq!(addresses(&told.to), ["c@d.example", "e@f.example", "g@h.example"]);
        assert_eq!((told.date, told.is_bulk), (Some(1_646_352_720), false));
    }

    #[test]
    fn bulk_is_told() {
        for (field, want) in [
            ("List-Unsubscribe: <mailto:x@y.example>", true),
            ("Precedence: bulk", true),
            ("Auto-Submitted: auto-replied", true),
            ("Auto-Submitted: no", false),
        ] {
            let mail = format!("From: a@b.example\n{field}\n\ntext");
            assert_eq!(Correspondence::read(mail.as_bytes(), true).unwrap().is_bulk, want, "{field}");
        }
    }

    #[test]
    fn what_is_no_mail_tells_nothing() {
        assert_eq!(Correspondence::read(b"%PDF-1.4\n", false), None);
        assert_eq!(Correspondence::read(b"\n\n", true), None);
        let mail = b"From: a@b.example\nTo: c@d.example\nDate: x\n\n";
        for end in 0..mail.len() {
            let _any = Correspondence::read(&mail[..end], true);
            let mut flipped = mail.to_vec();
            flipped[end] ^= 0x20;
            let _any = Correspondence::read(&flipped, true);
        }
    }
}
