//! What recent mails tell, in memory.

use crate::keyring::Candidate;
use crate::message::neighbours::{Neighbours, Note};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// What recent mails tell. It lies in two halves, of which the older one is forgotten when the younger is full or old:
/// mails that belong together lie at most two days apart.
#[derive(Debug)]
pub(super) struct Recent {
    young: Neighbours,
    old: Neighbours,
    /// Whose notes lie in each.
    ids: [HashSet<String>; 2],
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
        let (young, old, ids) = Default::default();
        Self { young, old, ids, turned: Instant::now(), added: 0 }
    }
}

impl Recent {
    /// Adds a mail, if it tells anything and is not known.
    pub(super) fn add(&mut self, id: &str, note: Note) {
        if !note.tells() || self.ids.iter().any(|ids| ids.contains(id)) {
            return;
        }
        if self.young.len() >= HALF || self.turned.elapsed() >= AGE {
            self.old = std::mem::take(&mut self.young);
            let [young, old] = &mut self.ids;
            *old = std::mem::take(young);
            self.turned = Instant::now();
        }
        let [young, _] = &mut self.ids;
        young.insert(id.to_string());
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn note(subject: &str, body: &str) -> Note {
        let mail = format!(
            "From: tanaka@kaisha.example\r\nSubject: {subject}\r\nDate: Wed, 02 Mar 2022 10:00:00 +0900\r\n\r\n{body}\r\n"
        );
        Note::of(mail.as_bytes(), "6b06f45d-821-0").unwrap()
    }

    #[test]
    fn what_recent_mails_tell_is_lent() {
        let (mut recent, locked) = (Recent::default(), note("見積書", "別メールにて送付します。"));
        recent.add("a", note("パスワード", "パスワード：k7Rm2x"));
        assert_eq!(recent.lent_to(&locked)[0].text, "k7Rm2x");
        let added = recent.added();
        recent.add("a", note("パスワード", "パスワード：other9x"));
        assert_eq!(recent.added(), added, "it is known");
        recent.add("b", note("会議", &"本日の会議の資料を共有します。\r\n".repeat(60)));
        assert_eq!(recent.added(), added, "it tells nothing");
    }

    #[test]
    fn the_older_half_is_forgotten() {
        let mut recent = Recent::default();
        let told = note("パスワード", "パスワード：k7Rm2x");
        recent.add("first", told.clone());
        for half in [HALF, 2 * HALF] {
            (0..HALF).for_each(|n| recent.add(&format!("{half}-{n}"), told.clone()));
            assert_eq!(recent.ids.iter().map(HashSet::len).sum::<usize>(), HALF + 1);
            assert_eq!((recent.young.len() + recent.old.len(), recent.added()), (HALF + 1, half as u64 + 1));
        }
        assert_eq!(recent.lent_to(&told).len(), LENT);
    }
}
