//! Passwords that come in other mails, where one mail is seen after the other: which recent mails may tell the password
//! of one that is locked, and which locked mails wait for the one that just came. The mail flow keeps both in
//! memory, and the store fills them when it starts; the desk asks the store each time (`afterwards`).

use crate::keyring::Candidate;
use crate::message::neighbours::{Neighbours, Note};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What recent mails tell. It lies in two halves, of which the older one is forgotten when the younger is full or old:
/// mails that belong together lie at most two days apart.
#[derive(Debug)]
pub(super) struct Recent {
    young: Neighbours,
    old: Neighbours,
    turned: Instant,
    added: u64,
}

/// Age and notes of one half.
const AGE: Duration = Duration::from_secs(48 * 3600);
const HALF: usize = 50_000;

/// Passwords lent to one mail.
const LENT: usize = 400;

impl Default for Recent {
    fn default() -> Self {
        let (young, old) = Default::default();
        Self { young, old, turned: Instant::now(), added: 0 }
    }
}

impl Recent {
    /// Adds a mail, if it tells anything.
    pub(super) fn add(&mut self, note: Note) {
        if !note.tells() {
            return;
        }
        if self.young.len() >= HALF || self.turned.elapsed() >= AGE {
            self.old = std::mem::take(&mut self.young);
            self.turned = Instant::now();
        }
        self.young.add(note);
        self.added += 1;
    }

    /// How many were added so far.
    pub(super) fn added(&self) -> u64 {
        self.added
    }

    /// Passwords for a mail, the best first.
    pub(super) fn lent_to(&self, note: &Note) -> Vec<Candidate> {
        let mut lent = self.young.lent_to(note);
        lent.extend(self.old.lent_to(note));
        lent.sort_by_key(|candidate| candidate.rank);
        lent.truncate(LENT);
        lent
    }
}

/// Kept mails in which something is locked, the newest last.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    mails: VecDeque<Locked>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Locked {
    /// The id under which it is kept.
    pub(super) id: String,
    /// What it says of itself.
    pub(super) note: Note,
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

    /// One of them.
    pub(super) fn get(&self, id: &str) -> Option<&Locked> {
        self.mails.iter().find(|locked| locked.id == id)
    }

    /// Those that belong to a mail which may tell their password, to be tried again now.
    pub(super) fn kin_of(&mut self, note: &Note) -> Vec<String> {
        let tried = self.mails.iter_mut().filter(|locked| locked.tries < TRIES && locked.note.is_kin(note));
        let tried = tried.map(|locked| {
            locked.tries += 1;
            locked.id.clone()
        });
        tried.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(subject: &str, body: &str) -> Note {
        let mail = format!(
            "From: tanaka@kaisha.example\r\nSubject: {subject}\r\nDate: Wed, 02 Mar 2022 10:00:00 +0900\r\n\r\n{body}\r\n"
        );
        Note::of(mail.as_bytes(), "6b06f45d-821-0").unwrap()
    }

    #[test]
    fn what_recent_mails_tell_is_lent() {
        let (mut recent, locked) = (Recent::default(), note("見積書", "別メールにて送付します。"));
        recent.add(note("パスワード", "パスワード：k7Rm2x"));
        assert_eq!(recent.lent_to(&locked)[0].text, "k7Rm2x");
        let added = recent.added();
        recent.add(note("会議", &"本日の会議の資料を共有します。\r\n".repeat(60)));
        assert_eq!(recent.added(), added, "it tells nothing");
    }

    #[test]
    fn the_older_half_is_forgotten() {
        let mut recent = Recent::default();
        let told = note("パスワード", "パスワード：k7Rm2x");
        recent.add(told.clone());
        for half in [HALF, 2 * HALF] {
            (0..HALF).for_each(|_| recent.add(told.clone()));
            assert_eq!((recent.young.len() + recent.old.len(), recent.added()), (HALF + 1, half as u64 + 1));
        }
        assert_eq!(recent.lent_to(&told).len(), LENT);
    }

    #[test]
    fn locked_mails_are_tried_again_and_not_for_ever() {
        let (mut waiting, locked) = (Waiting::default(), note("見積書", "別メールにて送付します。"));
        waiting.add("a", locked.clone());
        waiting.add("a", locked.clone());
        let password = note("パスワード", "パスワード：k7Rm2x");
        for _ in 0..TRIES {
            assert_eq!(waiting.kin_of(&password), ["a"]);
        }
        assert_eq!(waiting.kin_of(&password), [""; 0]);
        (0..MOST).for_each(|n| waiting.add(&format!("b{n}"), locked.clone()));
        assert!(waiting.get("a").is_none() && waiting.get("b0").is_some());
        waiting.remove("b0");
        assert_eq!(waiting.kin_of(&password).len(), MOST - 1);
    }
}
