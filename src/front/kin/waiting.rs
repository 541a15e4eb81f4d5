//! Locked mails that wait for their password, in memory.

use crate::message::neighbours::Note;
use std::collections::VecDeque;

/// Kept mails in which something is locked, the newest last.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    mails: VecDeque<Locked>,
}

/// One of them.
#[derive(Clone, Debug)]
struct Locked {
    /// The id under which it is kept.
    id: String,
    /// What it says of itself.
    note: Note,
    /// How often it was tried again.
    tries: u32,
}

/// Locked mails that are remembered, and how often one is tried again: whoever writes to a thread can have it tried.
const MOST: usize = 1_000;
const TRIES: u32 = 20;

impl Waiting {
    /// Adds one, unless it is known.
    pub(super) fn add(&mut self, id: &str, note: Note) {
        if self.get(id).is_some() {
            return;
        }
        if self.mails.len() >= MOST {
            self.mails.pop_front();
        }
        self.mails.push_back(Locked { id: id.to_string(), note, tries: 0 });
    }

    /// Forgets one, because it was opened or is gone.
    pub(super) fn remove(&mut self, id: &str) {
        self.mails.retain(|locked| locked.id != id);
    }

    /// What one of them says of itself.
    pub(super) fn note(&self, id: &str) -> Option<&Note> {
        self.get(id).map(|locked| &locked.note)
    }

    fn get(&self, id: &str) -> Option<&Locked> {
        self.mails.iter().find(|locked| locked.id == id)
    }

    /// Those that belong to a mail which may tell their password, to be tried again now: the newest, at most so many.
    pub(super) fn kin_of(&mut self, note: &Note, most: usize) -> Vec<String> {
        let newest = self.mails.iter_mut().rev();
        let tried = newest.filter(|locked| locked.tries < TRIES && locked.note.is_kin(note)).take(most);
        let tried = tried.map(|locked| {
            locked.tries += 1;
            locked.id.clone()
        });
        tried.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::recent::tests::note;
    use super::*;

    #[test]
    fn locked_mails_are_tried_again_and_not_for_ever() {
        let (mut waiting, locked) = (Waiting::default(), note("見積書", "別メールにて送付します。"));
        waiting.add("a", locked.clone());
        waiting.add("a", locked.clone());
        let password = note("パスワード", "パスワード：k7Rm2x");
        for _ in 0..TRIES {
            assert_eq!(waiting.kin_of(&password, MOST), ["a"]);
        }
        assert_eq!(waiting.kin_of(&password, MOST), [""; 0]);
        (0..MOST).for_each(|n| waiting.add(&format!("b{n}"), locked.clone()));
        assert!(waiting.get("a").is_none() && waiting.get("b0").is_some());
        waiting.remove("b0");
        assert_eq!(waiting.kin_of(&password, 2), [format!("b{}", MOST - 1), format!("b{}", MOST - 2)]);
        assert_eq!(waiting.kin_of(&password, MOST).len(), MOST - 1);
    }
}
