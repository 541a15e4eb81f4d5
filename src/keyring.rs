//! Passwords to try, best first, each with what it came from. Every locked thing asks the same [`Keyring`].

use std::collections::HashMap;

/// Candidate passwords of one message.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    candidates: Vec<Candidate>,
    places: HashMap<String, usize>,
}

/// One password to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The password as the sender would type it.
    pub text: String,
    /// Likelihood class, small is better: 0 worked already, 10 anchored by a phrase, 20 bracketed, 30 alone on its
    /// line, 40 subject or file name, 50 a word that looks like a password, 60 well known or derived, 90 any word.
    /// A derived one that the text describes (`本日の日付`) counts as anchored.
    pub rank: u8,
    /// Where it was found.
    pub origin: Origin,
}

/// What of a message may say a password. The search is costly and waits until something asks for passwords.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// The body parts as plain text, in the order of the message; HTML as the reader sees it.
    pub texts: Vec<String>,
    /// The subject, decoded; empty if there is none.
    pub subject: String,
    /// Names of the attachments.
    pub names: Vec<String>,
    /// Attached texts: name and content.
    pub attached: Vec<(String, String)>,
    /// The Date field as written.
    pub date: Option<String>,
    /// The From field, decoded; empty if there is none.
    pub from: String,
}

/// Where a password came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The kind of place.
    pub source: Source,
    /// The place in words: `line 12`, a file name, a rule of derivation; may be empty.
    pub place: String,
}

/// The kind of place a password came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// `--password`, `--passwords`, or the configuration.
    Given,
    /// The text of the message.
    Body,
    /// Its subject.
    Subject,
    /// The name of an attachment.
    FileName,
    /// An attached text.
    Attachment,
    /// Another message of the same sender or thread.
    OtherMail,
    /// Derived from the message: its date, its sender's domain.
    Derived,
    /// A short list everybody knows.
    WellKnown,
}

impl Source {
    /// The stable word used in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Body => "body",
            Self::Subject => "subject",
            Self::FileName => "file-name",
            Self::Attachment => "attachment",
            Self::OtherMail => "other-mail",
            Self::Derived => "derived",
            Self::WellKnown => "well-known",
        }
    }
}

impl Keyring {
    /// An empty ring.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a candidate. A text that is already there keeps its better rank and that rank's origin.
    pub fn add(&mut self, candidate: Candidate) {
        match self.places.get(&candidate.text).and_then(|place| self.candidates.get_mut(*place)) {
            Some(known) if candidate.rank < known.rank => *known = candidate,
            Some(_) => {}
            None => {
                self.places.insert(candidate.text.clone(), self.candidates.len());
                self.candidates.push(candidate);
            }
        }
    }

    /// Notes that a candidate opened something, so that it is tried first from now on.
    pub fn promote(&mut self, text: &str) {
        if let Some(known) = self.places.get(text).and_then(|place| self.candidates.get_mut(*place)) {
            known.rank = 0;
        }
    }

    /// The candidates, best first; among equals in the order they were added.
    pub fn candidates(&self) -> Vec<&Candidate> {
        let mut ordered: Vec<&Candidate> = self.candidates.iter().collect();
        ordered.sort_by_key(|candidate| candidate.rank);
        ordered
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }
}

impl Candidate {
    /// The bytes an archiver may have made of the text: UTF-8, then CP932 (Japanese Windows) and CP1252 (western)
    /// where they can write it and differ.
    pub fn encodings(&self) -> Vec<Vec<u8>> {
        let mut out = vec![self.text.clone().into_bytes()];
        for encoding in [encoding_rs::SHIFT_JIS, encoding_rs::WINDOWS_1252] {
            let (bytes, _, unmappable) = encoding.encode(&self.text);
            if !unmappable && !out.iter().any(|known| *known == *bytes) {
                out.push(bytes.into_owned());
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(text: &str, rank: u8) -> Candidate {
        Candidate { text: text.into(), rank, origin: Origin { source: Source::Body, place: String::new() } }
    }

    #[test]
    fn best_first_without_doubles_and_a_hit_comes_to_the_front() {
        let mut ring = Keyring::new();
        for (text, rank) in [("word", 90), ("k7Rm2x", 10), ("word", 30), ("1234", 60)] {
            ring.add(candidate(text, rank));
        }
        let order = |ring: &Keyring| ring.candidates().iter().map(|c| c.text.clone()).collect::<Vec<_>>();
        assert_eq!(order(&ring), ["k7Rm2x", "word", "1234"]);
        ring.promote("1234");
        assert_eq!(order(&ring), ["1234", "k7Rm2x", "word"]);
    }

    #[test]
    fn a_password_is_tried_in_every_encoding_that_can_write_it() {
        assert_eq!(candidate("a1", 0).encodings(), [b"a1".to_vec()]);
        assert_eq!(candidate("表1", 0).encodings(), ["表1".as_bytes().to_vec(), b"\x95\x5c1".to_vec()]);
        assert_eq!(candidate("é1", 0).encodings(), ["é1".as_bytes().to_vec(), b"\xe91".to_vec()]);
    }

    #[test]
    fn thousands_keep_their_order() {
        let mut ring = Keyring::new();
        for number in 0..5_000u32 {
            ring.add(candidate(&format!("w{number}"), if number % 2 == 0 { 90 } else { 20 }));
            ring.add(candidate(&format!("w{}", number / 3), 90));
        }
        ring.promote("w4998");
        ring.promote("absent");
        assert_eq!((ring.len(), ring.is_empty()), (5_000, false));
        let order: Vec<&str> = ring.candidates().iter().map(|candidate| candidate.text.as_str()).collect();
        assert_eq!(order.get(..3), Some(&["w4998", "w1", "w3"][..]));
        assert_eq!(order.last(), Some(&"w4996"));
    }
}
