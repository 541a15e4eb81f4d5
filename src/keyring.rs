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
    /// line, 40 subject or file name, 60 well known or derived, 90 any word.
    pub rank: u8,
    /// Where it was found.
    pub origin: Origin,
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
    /// The bytes an archiver may have made of the text: UTF-8, then CP932 where that differs and exists.
    pub fn encodings(&self) -> Vec<Vec<u8>> {
        let utf8 = self.text.clone().into_bytes();
        let (cp932, _, unmappable) = encoding_rs::SHIFT_JIS.encode(&self.text);
        if unmappable || cp932.as_ref() == utf8 { vec![utf8] } else { vec![utf8, cp932.into_owned()] }
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
    fn japanese_passwords_are_tried_in_both_encodings() {
        assert_eq!(candidate("a1", 0).encodings(), [b"a1".to_vec()]);
        assert_eq!(candidate("表1", 0).encodings(), ["表1".as_bytes().to_vec(), b"\x95\x5c1".to_vec()]);
    }
}
