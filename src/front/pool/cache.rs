//! Answers that are remembered: filters hand over the same part again and again, one after the other and to several
//! fronts. Only whole answers are kept, only under the rules they were found with, and only so many.

use super::Answer;
use crate::scan::Input;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// What makes two inputs the same.
pub(super) type Key = [u8; 32];

/// Remembered answers, those that were asked for longest ago to go first.
#[derive(Debug, Default)]
pub(super) struct Cache {
    generation: u64,
    most: usize,
    bytes: usize,
    turn: u64,
    entries: HashMap<Key, Entry>,
    turns: BTreeMap<u64, Key>,
}

#[derive(Debug)]
struct Entry {
    answer: Answer,
    bytes: usize,
    turn: u64,
}

/// Bytes of all remembered answers together.
const BYTES: usize = 64 << 20;

/// The key of an input: all that its answer depends on, but for where it came from.
pub(super) fn key(input: &Input, is_noted: bool) -> Key {
    let mut hasher = Sha256::new();
    hasher.update((input.name.len() as u64).to_le_bytes());
    hasher.update(&input.name);
    hasher.update(input.size.to_le_bytes());
    hasher.update([u8::from(input.is_message), u8::from(is_noted)]);
    hasher.update(&input.bytes);
    hasher.finalize().into()
}

impl Cache {
    /// Forgets all, and keeps up to `most` answers of that generation of rules.
    pub(super) fn renew(&mut self, generation: u64, most: usize) {
        *self = Self { generation, most, ..Self::default() };
    }

    /// Whether anything is ever kept.
    pub(super) fn is_on(&self) -> bool {
        self.most > 0
    }

    /// The answer to an input like that.
    pub(super) fn get(&mut self, key: &Key) -> Option<Answer> {
        let entry = self.entries.get_mut(key)?;
        self.turn += 1;
        self.turns.remove(&entry.turn);
        self.turns.insert(self.turn, *key);
        entry.turn = self.turn;
        Some(entry.answer.clone())
    }

    /// Keeps an answer, if it is whole and of the rules in force.
    pub(super) fn put(&mut self, key: Key, generation: u64, answer: &Answer) {
        let report = &answer.report;
        let bytes = weight(answer);
        if generation != self.generation || !report.complete || report.error.is_some() || bytes > BYTES / 16 {
            return;
        }
        self.remove(&key);
        self.turn += 1;
        self.turns.insert(self.turn, key);
        self.bytes += bytes;
        self.entries.insert(key, Entry { answer: answer.clone(), bytes, turn: self.turn });
        while self.entries.len() > self.most || self.bytes > BYTES {
            let Some((_, oldest)) = self.turns.pop_first() else { return };
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.turns.remove(&entry.turn);
            self.bytes -= entry.bytes;
        }
    }
}

/// About how much memory an answer takes: as much as it is long when written.
fn weight(answer: &Answer) -> usize {
    struct Length(usize);
    impl std::io::Write for Length {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut length = Length(0);
    serde_json::to_writer(&mut length, answer).map_or(usize::MAX, |()| length.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Report;
    use crate::artifact::{Child, Tree};

    fn answer(name: &str) -> Answer {
        let tree = Tree::new(Child::new(name, "file", b"text".to_vec()));
        Answer {
            report: Report::new("-", 0, &tree, &[]),
            macros: Default::default(),
            is_mail: false,
            note: None,
            links: Vec::new(),
            excerpt: None,
        }
    }

    fn input(name: &str) -> Input {
        Input { name: name.into(), bytes: b"text".to_vec(), size: 4, ..Input::default() }
    }

    #[test]
    fn what_was_asked_for_longest_ago_goes_first() {
        let mut cache = Cache::default();
        cache.renew(1, 2);
        let keys = ["a", "b", "c"].map(|name| key(&input(name), false));
        cache.put(keys[0], 1, &answer("a"));
        cache.put(keys[1], 1, &answer("b"));
        assert!(cache.get(&keys[0]).is_some());
        cache.put(keys[2], 1, &answer("c"));
        assert_eq!(keys.map(|key| cache.get(&key).is_some()), [true, false, true]);
        assert_eq!((cache.entries.len(), cache.turns.len()), (2, 2));
        assert_eq!(cache.bytes, weight(&answer("a")) + weight(&answer("c")));
        cache.renew(2, 2);
        assert!(cache.get(&keys[0]).is_none() && cache.bytes == 0);
    }

    #[test]
    fn only_whole_answers_of_the_rules_in_force_are_kept() {
        let mut cache = Cache::default();
        let key = key(&input("a"), false);
        cache.put(key, 0, &answer("a"));
        assert!(!cache.is_on() && cache.get(&key).is_none());
        cache.renew(3, 9);
        cache.put(key, 2, &answer("a"));
        let mut part = answer("a");
        part.report.complete = false;
        cache.put(key, 3, &part);
        cache.put(key, 3, &Answer { report: Report::fault("-", 0, "x"), ..answer("a") });
        assert!(cache.is_on() && cache.get(&key).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let mut cache = Cache::default();
        cache.renew(1, 1000);
        let long = answer(&"x".repeat(BYTES / 20));
        for n in 0..30 {
            cache.put(key(&input(&n.to_string()), false), 1, &long);
        }
        assert!(cache.bytes <= BYTES && cache.entries.len() == 19, "{}", cache.entries.len());
        cache.put(key(&input("long"), false), 1, &answer(&"x".repeat(BYTES / 15)));
        assert!(cache.get(&key(&input("long"), false)).is_none());
    }

    #[test]
    fn whatever_changes_a_report_changes_the_key() {
        let one = input("a");
        let others = [
            Input { name: "b".into(), ..one.clone() },
            Input { size: 5, ..one.clone() },
            Input { is_message: true, ..one.clone() },
            Input { bytes: b"tex".to_vec(), ..one.clone() },
        ];
        assert!(others.iter().all(|other| key(other, false) != key(&one, false)));
        assert_eq!(
            key(&Input { path: "elsewhere".into(), index: 4, ..one.clone() }, false),
            key(&one, false)
        );
        assert_ne!(key(&one, true), key(&one, false));
    }
}
