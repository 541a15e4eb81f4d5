//! Passwords to try, best first, each with what it came from. Every locked thing asks the same [`Keyring`].

use crate::limits::{Budget, Stop};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Candidate passwords of one message.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    candidates: Vec<Candidate>,
    places: HashMap<String, usize>,
}

/// One password to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The kind of place.
    pub source: Source,
    /// The place in words: `line 12`, a file name, a rule of derivation; may be empty.
    pub place: String,
}

/// The kind of place a password came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

    /// The candidates that were added after there were `count`, on a ring of their own.
    #[must_use]
    pub fn since(&self, count: usize) -> Self {
        let mut ring = Self::new();
        self.candidates.iter().skip(count).cloned().for_each(|candidate| ring.add(candidate));
        ring
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

/// The passwords to try on one locked thing, best first. Those that opened a part of it come to the front.
#[derive(Debug)]
pub struct Trials<'k> {
    trials: Vec<Trial<'k>>,
    /// How many at the front opened something.
    proven: usize,
    /// How many tries are left.
    left: usize,
}

/// A password as bytes.
#[derive(Clone, Debug)]
struct Trial<'k> {
    candidate: &'k Candidate,
    bytes: Vec<u8>,
}

impl<'k> Trials<'k> {
    /// The candidates of a ring in every encoding, for one archive or document: at most `Limits::passwords` of them, and as
    /// many tries in all, those of passwords that opened something not counted.
    pub fn new(keys: &'k Keyring, budget: &Budget) -> Self {
        let limit = usize::try_from(budget.limits().passwords).unwrap_or(usize::MAX);
        let candidates = keys.candidates().into_iter().take(limit);
        let trials = candidates.flat_map(|candidate| {
            candidate.encodings().into_iter().map(move |bytes| Trial { candidate, bytes })
        });
        Self { trials: trials.collect(), proven: 0, left: limit }
    }

    /// Tries them in order until `open` gives something. `open` pays what a try costs.
    ///
    /// # Errors
    /// What `open` answers.
    pub fn find<T>(
        &mut self,
        mut open: impl FnMut(&[u8]) -> Result<Option<T>, Stop>,
    ) -> Result<Option<(T, &'k Candidate)>, Stop> {
        self.search(|_| true, |trial| open(&trial.bytes))
    }

    /// The same for things whose passwords are text: each candidate once, whatever bytes it could be.
    ///
    /// # Errors
    /// What `open` answers.
    pub fn find_text<T>(
        &mut self,
        mut open: impl FnMut(&str) -> Result<Option<T>, Stop>,
    ) -> Result<Option<(T, &'k Candidate)>, Stop> {
        self.search(
            |trial| trial.bytes == trial.candidate.text.as_bytes(),
            |trial| open(&trial.candidate.text),
        )
    }

    fn search<T>(
        &mut self,
        is_meant: impl Fn(&Trial<'k>) -> bool,
        mut open: impl FnMut(&Trial<'k>) -> Result<Option<T>, Stop>,
    ) -> Result<Option<(T, &'k Candidate)>, Stop> {
        for place in 0..self.trials.len() {
            let is_new = place >= self.proven;
            if is_new && self.left == 0 {
                break;
            }
            let Some(trial) = self.trials.get(place).filter(|trial| is_meant(trial)) else { continue };
            self.left -= usize::from(is_new);
            if let Some(opened) = open(trial)? {
                let candidate = trial.candidate;
                if is_new {
                    self.prove(place);
                }
                return Ok(Some((opened, candidate)));
            }
        }
        Ok(None)
    }

    fn prove(&mut self, place: usize) {
        if let Some(part) = self.trials.get_mut(self.proven..=place) {
            part.rotate_right(1);
            self.proven += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

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
    fn a_password_that_worked_is_tried_first_and_is_free() {
        let mut ring = Keyring::new();
        ["a", "b", "c", "d"].into_iter().for_each(|text| ring.add(candidate(text, 30)));
        let budget = Budget::new(&Limits { passwords: 4, ..Limits::default() });
        let mut trials = Trials::new(&ring, &budget);
        for _ in 0..9 {
            let found = trials.find(|bytes| Ok((bytes == b"c").then_some(()))).unwrap();
            assert_eq!(found.map(|(_, candidate)| candidate.text.as_str()), Some("c"));
        }
        let order: Vec<&[u8]> = trials.trials.iter().map(|trial| trial.bytes.as_slice()).collect();
        assert_eq!((order, trials.left), (vec![&b"c"[..], b"a", b"b", b"d"], 1));
    }

    #[test]
    fn a_password_that_is_text_is_tried_once_whatever_its_encodings() {
        let mut ring = Keyring::new();
        ["表", "é", "a"].into_iter().for_each(|text| ring.add(candidate(text, 30)));
        let mut trials = Trials::new(&ring, &Budget::new(&Limits { passwords: 3, ..Limits::default() }));
        let mut seen = Vec::new();
        let found = trials
            .find_text(|text| {
                seen.push(text.to_string());
                Ok((text == "a").then_some(()))
            })
            .unwrap();
        assert_eq!((seen.join(" "), found.is_some(), trials.left), ("表 é a".to_string(), true, 0));
        assert!(trials.find_text(|text| Ok((text == "a").then_some(()))).unwrap().is_some());
        assert!(trials.find_text(|text| Ok((text == "é").then_some(()))).unwrap().is_none());
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
