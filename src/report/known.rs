//! Reports are made of words that stand in the program, and one that is read back is made of the same.

use super::words;
use crate::kind::Kind;
use serde::de::{Deserialize, Deserializer, Error};
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

/// A word of the program, such as a reason or the id of a kind.
pub type Word = &'static str;

/// How many words that stand in no table are kept, and how long they may be: who wrote them may be hostile.
const MOST: usize = 512;
const LONGEST: usize = 64;

/// Words of reports that no other table holds.
const FIXED: &[Word] =
    &["tenpu/1", "url", "domain", "ip", "email", "filename", "sha256", "command", "zip-crypto", "winzip-aes"];

/// Words that stand in no table, as some formats and schemes do.
static OTHERS: Mutex<Vec<Word>> = Mutex::new(Vec::new());

/// Reads a word.
///
/// # Errors
/// It is no word, or there are too many that nobody knows.
pub(crate) fn word<'de, D: Deserializer<'de>>(input: D) -> Result<Word, D::Error> {
    let text = Cow::<'de, str>::deserialize(input)?;
    let others = || other(&mut OTHERS.lock().unwrap_or_else(PoisonError::into_inner), &text);
    in_tables(&text).or_else(others).ok_or_else(|| D::Error::custom("a word that nobody knows"))
}

fn in_tables(text: &str) -> Option<Word> {
    let families = ["via.", "unread.", "source."];
    let kind = Kind::named(text).map(|kind| kind.id);
    let fixed = || FIXED.iter().copied().find(|fixed| *fixed == text);
    kind.or_else(fixed).or_else(|| families.iter().find_map(|family| words::known(family, text)))
}

fn other(others: &mut Vec<Word>, text: &str) -> Option<Word> {
    if let Some(known) = others.iter().find(|known| **known == text) {
        return Some(known);
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/');
    if others.len() >= MOST || text.len() > LONGEST || !text.chars().all(is_word) {
        return None;
    }
    let word: Word = String::from(text).leak();
    others.push(word);
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::super::{Report, json, tests};
    use super::*;

    #[test]
    fn a_report_is_read_back_as_it_was() {
        let report = tests::malicious();
        let mut line = Vec::new();
        json::write(&mut line, &report).unwrap();
        let back: Report = serde_json::from_slice(&line).unwrap();
        let mut again = Vec::new();
        json::write(&mut again, &back).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(line).unwrap());
        assert_eq!(back.artifacts[0].format, report.artifacts[0].format);
    }

    #[test]
    fn strange_words_are_few_short_and_plain() {
        let mut others = Vec::new();
        for strange in ["no word", "\u{1b}[31m", "文字", &"a".repeat(65)] {
            assert_eq!(other(&mut others, strange), None, "{strange}");
        }
        let kept = (0..2 * MOST).filter(|n| other(&mut others, &format!("word-{n}")).is_some()).count();
        assert_eq!((kept, others.len()), (MOST, MOST));
        assert_eq!(other(&mut others, "word-0"), Some("word-0"));
        let mut report = serde_json::to_value(tests::malicious()).unwrap();
        report["unread"][0]["reason"] = "no word".into();
        assert!(serde_json::from_value::<Report>(report).is_err());
    }
}
