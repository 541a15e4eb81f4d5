//! Reads the fixed words of a report back from its JSON, where they are `&'static str`.
//!
//! Reports are written by tenpu and kept in its own store; their words come from the tables of the formats. A word
//! that is not known yet is kept for as long as the program runs, up to a number that no version reaches, so that
//! a forged store cannot fill the memory.

use serde::de::{Deserializer, Error, Visitor};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Words kept at most, and bytes of one.
const MOST: usize = 4096;
const LONGEST: usize = 64;

static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// A fixed word of a report.
///
/// # Errors
/// It is no word that tenpu writes.
pub(super) fn word<'de, D: Deserializer<'de>>(source: D) -> Result<&'static str, D::Error> {
    source.deserialize_str(Word)
}

struct Word;

impl Visitor<'_> for Word {
    type Value = &'static str;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a word of a report")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = words.get(text) {
            return Ok(known);
        }
        if text.len() > LONGEST || words.len() >= MOST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(E::custom("not a word of a report"));
        }
        let kept: &'static str = Box::leak(text.to_string().into_boxed_str());
        words.insert(kept);
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use crate::report::tests::malicious;
    use crate::report::{Report, json};

    #[test]
    fn a_report_comes_back_as_it_was() {
        for report in [malicious(), Report::fault("a.eml", 3, "bad\n")] {
            let mut line = Vec::new();
            json::write(&mut line, &report).unwrap();
            let back: Report = serde_json::from_slice(&line).unwrap();
            let mut again = Vec::new();
            json::write(&mut again, &back).unwrap();
            assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(line).unwrap());
        }
    }

    #[test]
    fn a_forged_word_is_refused() {
        let mut value = serde_json::to_value(malicious()).unwrap();
        for wrong in ["a b", "あ", &"x".repeat(100)] {
            value["artifacts"][0]["format"] = wrong.into();
            assert!(serde_json::from_value::<Report>(value.clone()).is_err(), "{wrong}");
        }
    }
}
