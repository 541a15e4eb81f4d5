//! One attachment to one artifact: its names, its type, its bytes, and what of it lies elsewhere.

use super::properties::{Properties, id};
use crate::artifact::{Child, Damage, Fact, Opened, Unread};
use crate::keyring::Letter;
use crate::kind::{Class, Kind, extension};
use crate::limits::{Budget, Decoded, Stop};
use crate::message::body;
use crate::message::part::{LONGEST_NOTE, meta_charset};
use crate::text;

/// What is known of an attachment beside its bytes.
#[derive(Debug, Default)]
pub(in crate::message) struct Attachment {
    /// Its names, the one Outlook shows first.
    pub(in crate::message) names: Vec<String>,
    media_type: Option<String>,
    method: u64,
    /// Where a linked file lies.
    path: Option<String>,
}

/// How the bytes of an attachment are given (MS-OXCMSG 2.2.2.9): methods whose bytes are not in the message.
const ELSEWHERE: &[u64] = &[2, 3, 4, 7];

impl Attachment {
    /// What the properties say of it; other names may be known before.
    pub(in crate::message) fn of(properties: &Properties, known: Option<String>) -> Self {
        let long = properties.text(id::ATTACH_LONG_NAME);
        let others = [known, properties.text(id::ATTACH_SHORT_NAME), properties.text(id::DISPLAY_NAME)];
        let mut names: Vec<String> = long.into_iter().collect();
        for name in others.into_iter().flatten() {
            if names.iter().all(|better| is_other(better, &name)) {
                names.push(name);
            }
        }
        Self {
            names,
            media_type: properties.text(id::ATTACH_MIME_TAG).map(|tag| tag.to_ascii_lowercase()),
            method: properties.number(id::ATTACH_METHOD).unwrap_or(0) & 0xffff_ffff,
            path: properties.text(id::ATTACH_LONG_PATH).or_else(|| properties.text(id::ATTACH_PATH)),
        }
    }

    /// Gives a file.
    ///
    /// # Errors
    /// A spent limit.
    pub(in crate::message) fn give(
        &self,
        decoded: Decoded,
        out: &mut Opened,
        letter: &mut Letter,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let stop = decoded.stop;
        let name = self.names.first().cloned().unwrap_or_default();
        self.note(&name, &decoded.bytes, letter);
        let mut child = Child::decoded(name, "attachment", decoded);
        child.media_type.clone_from(&self.media_type);
        out.push(self.named(child), budget)?;
        stop.map_or(Ok(()), Err)
    }

    /// Gives a message of that kind that is attached, under the name it would be saved by: it has only a title, and
    /// what a title ends in is no extension.
    ///
    /// # Errors
    /// A spent limit.
    pub(in crate::message) fn give_message(
        &self,
        decoded: Decoded,
        kind: &str,
        left_out: u64,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let stop = decoded.stop;
        let title = self.names.first().map(String::as_str).unwrap_or_default();
        let is_whole = title.is_empty() || extension(title) == kind;
        let name = if is_whole { title.to_string() } else { format!("{title}.{kind}") };
        let mut child = Child::decoded(name, "attachment", decoded).of_kind(kind);
        child.unread.extend(left(left_out));
        out.push(child, budget)?;
        stop.map_or(Ok(()), Err)
    }

    /// Gives an object that was a storage.
    ///
    /// # Errors
    /// A spent limit.
    pub(in crate::message) fn give_object(
        &self,
        decoded: Decoded,
        left_out: u64,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let stop = decoded.stop;
        let name = self.names.first().cloned().unwrap_or_default();
        let mut child = Child::decoded(name, "attachment", decoded);
        child.unread.extend(left(left_out));
        out.push(self.named(child), budget)?;
        stop.map_or(Ok(()), Err)
    }

    /// Tells of an attachment whose bytes are not here.
    ///
    /// # Errors
    /// A spent limit.
    pub(in crate::message) fn give_nothing(
        &self,
        is_lost: bool,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let name = self.names.first().cloned().unwrap_or_default();
        let mut child = Child::new(name, "attachment", Vec::new());
        if ELSEWHERE.contains(&self.method) {
            let path = self.path.as_deref().unwrap_or_default();
            let detail = format!("the content is elsewhere: {path}");
            child.unread.push(Unread { reason: "unsupported-format", detail });
        } else if is_lost {
            child.unread.push(Unread { reason: "damaged", detail: "the content is missing".into() });
        } else {
            child.damage.push(Damage { what: "attachment-empty", detail: String::new() });
        }
        out.push(self.named(child), budget)
    }

    fn named(&self, mut child: Child) -> Child {
        child.facts.extend(self.names.iter().skip(1).cloned().map(Fact::OtherName));
        child
    }

    /// Adds a name, and a text short enough to be a note, to the letter.
    fn note(&self, name: &str, bytes: &[u8], letter: &mut Letter) {
        letter.names.extend(self.names.iter().cloned());
        let kind = Kind::of(name, bytes);
        if bytes.len() > LONGEST_NOTE || !(kind.class == Class::Text || kind.id == "html") {
            return;
        }
        let text = match kind.id {
            "html" => body::html_text(&text::decode(&meta_charset(bytes), bytes)).text,
            _ => text::decode("", bytes),
        };
        letter.attached.push((name.to_string(), text));
    }
}

/// Streams that did not fit into what was written anew.
fn left(count: u64) -> Option<Unread> {
    let detail = format!("{count} streams");
    (count > 0).then_some(Unread { reason: "limit-artifact-bytes", detail })
}

/// Whether a further name of a file makes another kind of file of it. A short name has only three letters of an
/// extension, and a title none.
fn is_other(better: &str, name: &str) -> bool {
    let short = |name: &str| extension(name).chars().take(3).collect::<String>();
    let is_title = Kind::by_name(name).is_none() && Kind::by_name(better).is_some();
    better != name && short(better) != short(name) && !is_title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_make_other_files_are_told() {
        let rows = [
            ("請求書.xlsx", "8ACB6C~1.XLS", false),
            ("a.docm", "A.DOC", false),
            ("a.doc", "A.EXE", true),
            ("a.doc", "a", false),
            ("invoice 2.5", "invoice 2.5", false),
            ("note", "note.exe", true),
            ("a.doc", "Title of 2.5", false),
        ];
        for (better, name, want) in rows {
            assert_eq!(is_other(better, name), want, "{better} {name}");
        }
    }
}
