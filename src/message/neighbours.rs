//! Passwords that stand in other mails. In Japan the locked file and its password are sent in two mails; this index
//! of a mailbox finds, for one message, the passwords of the mails that belong to it.
//!
//! A mail belongs to another by its thread (`References`, `In-Reply-To`, RFC 5322 3.6.4), by a file that it names,
//! by its subject without what replies and password notices add, and by its sender; all but the thread only within
//! two days, because offices use the same words every day. Nothing is decided here: the locked thing itself says
//! which password is right.
//!
//! A mailbox is indexed in a first pass over the heads of its messages; a service adds each mail as it comes.

mod kinship;

use super::{FORMATS, passwords};
use crate::artifact::{Artifact, Child, Fact, Opened, Tree};
use crate::keyring::{Candidate, Keyring, Letter};
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Limits};
use kinship::{Kin, Marks};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// The mails of a mailbox that may tell a password.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    notes: Vec<Note>,
    /// The notes of each mark by which a mail is known to belong to another, by their time.
    marked: HashMap<String, BTreeSet<(i64, usize)>>,
}

/// What one mail tells. It can be kept and read again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    marks: Marks,
    /// Best first.
    candidates: Vec<Candidate>,
}

/// Bytes at the beginning of a message that are read for the index. A mail that tells a password is short, and its
/// text stands before its attachments.
pub const HEAD: u64 = 128 << 10;

/// Passwords lent to one message.
const MOST: usize = 400;

/// Bytes of one mark, of one candidate, and of the words that say where it stands.
const LONGEST: usize = 4096;

impl Note {
    /// Reads the head of a message; none if it tells nothing that may be a password. `place` names the mail in
    /// reports, such as the path of its file.
    pub fn read(raw: &[u8], place: &str) -> Option<Self> {
        Self::of(raw, place).filter(Self::tells)
    }

    /// Reads the head of a message, whether or not it tells a password; none if it is no message.
    pub fn of(raw: &[u8], place: &str) -> Option<Self> {
        let head = raw.get(..usize::try_from(HEAD).unwrap_or(usize::MAX)).unwrap_or(raw);
        let mut mail = Child::new("", "file", head.to_vec());
        if Kind::of("", head).class != Class::Message {
            mail = mail.of_kind("eml");
        }
        let tree = Tree::new(mail);
        let mail = tree.get(0)?;
        let format = FORMATS.iter().find(|format| format.matches(mail))?;
        let mut opened = Opened::default();
        let mut budget = Budget::new(&Limits::default());
        // A limit that ends reading ends it for the scan too, which tells of it.
        let _told = format.open(mail, &Keyring::new(), &mut opened, &mut budget);
        let letter = shortened(opened.letters.into_iter().next()?);
        let marks = Marks::of(&opened.facts, &letter);
        let candidates = passwords::in_other_mail(&letter, &marks.title(place));
        Some(Self { marks, candidates })
    }

    /// Whether it tells anything that may be a password.
    pub fn tells(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// Whether it is as large as reading a mail makes it: one that comes from somewhere else may be anything.
    pub fn is_sound(&self) -> bool {
        let is_short =
            |candidate: &Candidate| candidate.text.len().max(candidate.origin.place.len()) <= LONGEST;
        self.marks.is_sound() && self.candidates.len() <= MOST && self.candidates.iter().all(is_short)
    }

    /// Whether the two mails belong together, so that one may tell the password of the other.
    pub fn is_kin(&self, other: &Self) -> bool {
        self.marks.kin(&other.marks).is_some()
    }
}

/// The letter without the tail of its texts.
fn shortened(mut letter: Letter) -> Letter {
    letter.texts.truncate(TEXTS);
    for text in &mut letter.texts {
        text.truncate(text.floor_char_boundary(TEXT));
    }
    letter.attached.clear();
    letter
}

/// Texts of one mail that are searched, and bytes of each.
const TEXTS: usize = 3;
const TEXT: usize = 16 << 10;

impl Neighbours {
    /// Adds a mail.
    pub fn add(&mut self, note: Note) {
        for mark in note.marks.all() {
            self.marked.entry(mark).or_default().insert((note.marks.seconds(), self.notes.len()));
        }
        self.notes.push(note);
    }

    /// How many mails tell something.
    pub fn len(&self) -> usize {
        self.notes.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// Puts the passwords of the mails that belong to a message onto its keyring, the nearest first.
    pub fn lend(&self, tree: &Tree, keys: &mut Keyring) {
        let Some(root) = tree.get(0).filter(|_| !self.is_empty()) else { return };
        self.lent(&Marks::of(&root.facts, &named_in(tree))).into_iter().for_each(|key| keys.add(key));
    }

    /// The passwords of the mails that belong to the one of that note, the best first.
    pub fn lent_to(&self, note: &Note) -> Vec<Candidate> {
        self.lent(&note.marks)
    }

    fn lent(&self, marks: &Marks) -> Vec<Candidate> {
        let kin = self.kin_of(marks);
        let longest = kin.iter().map(|(_, note)| note.candidates.len()).max().unwrap_or(0);
        // The best of every mail goes before the second best of the nearest.
        let turns = (0..longest).flat_map(|turn| {
            kin.iter().filter_map(move |(kin, note)| Some((*kin, note.candidates.get(turn)?)))
        });
        let lent = turns.take(MOST);
        lent.map(|(kin, candidate)| Candidate { rank: kin.rank(candidate.rank), ..candidate.clone() })
            .collect()
    }

    /// The mails that belong to one with these marks, each once, the nearest first.
    fn kin_of(&self, marks: &Marks) -> Vec<(Kin, &Note)> {
        let marked = marks.all().into_iter().filter_map(|mark| self.marked.get(&mark));
        let mut found: Vec<usize> = marked.flat_map(|notes| nearest(notes, marks.seconds())).collect();
        found.sort_unstable();
        found.dedup();
        let notes = found.into_iter().filter_map(|at| Some((at, self.notes.get(at)?)));
        let mut kin: Vec<(Kin, usize, &Note)> =
            notes.filter_map(|(at, note)| Some((marks.kin(&note.marks)?, at, note))).collect();
        kin.sort_by_key(|(kin, at, _)| (*kin, *at));
        kin.into_iter().map(|(kin, _, note)| (kin, note)).collect()
    }
}

/// The notes nearest to a time, as many on either side as may lend something.
fn nearest(notes: &BTreeSet<(i64, usize)>, time: i64) -> Vec<usize> {
    let after = notes.range((time, 0)..).take(MOST);
    let before = notes.range(..(time, 0)).rev().take(MOST);
    after.chain(before).map(|(_, at)| *at).collect()
}

/// A letter that has the names of the attachments of a message.
fn named_in(tree: &Tree) -> Letter {
    let is_named = |artifact: &&Artifact| artifact.via == "attachment" && !artifact.name.is_empty();
    let names = tree.children(0).filter(is_named).map(|artifact| artifact.name.clone()).collect();
    Letter { names, ..Letter::default() }
}

/// The first value of a header among the facts of a message.
fn header<'f>(facts: &'f [Fact], wanted: &str) -> Option<&'f str> {
    facts.iter().find_map(|fact| match fact {
        Fact::Header { name, value } if *name == wanted => Some(value.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Rfc5322;
    use super::*;
    use crate::artifact::Format;

    fn mail(headers: &str, body: &str) -> Vec<u8> {
        format!("{headers}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n").into_bytes()
    }

    /// The passwords lent to a mail by others, best first.
    fn lent(others: &[Vec<u8>], to: &[u8]) -> Vec<(String, u8, String)> {
        let mut neighbours = Neighbours::default();
        for (order, other) in others.iter().enumerate() {
            if let Some(note) = Note::read(other, &format!("mail-{order}")) {
                neighbours.add(note);
            }
        }
        let mut tree = Tree::new(Child::new("", "file", to.to_vec()).of_kind("eml"));
        let mut opened = Opened::default();
        let mut budget = Budget::new(&Limits::default());
        Rfc5322.open(tree.get(0).unwrap(), &Keyring::new(), &mut opened, &mut budget).unwrap();
        tree.get_mut(0).unwrap().facts = opened.facts;
        for child in opened.children {
            tree.add(Some(0), child);
        }
        let mut keys = Keyring::new();
        neighbours.lend(&tree, &mut keys);
        let told =
            |candidate: &Candidate| (candidate.text.clone(), candidate.rank, candidate.origin.place.clone());
        keys.candidates().into_iter().map(told).collect()
    }

    const LOCKED: &str = "From: 田中 <tanaka@kaisha.example>\r\nSubject: 見積書の送付\r\n\
        Date: Wed, 02 Mar 2022 10:00:00 +0900\r\nMessage-ID: <1@kaisha.example>\r\n\
        Content-Disposition: attachment; filename=\"mitsumori.zip\"";

    fn locked() -> Vec<u8> {
        mail(LOCKED, "PK")
    }

    fn first(headers: &str, body: &str) -> Option<String> {
        lent(&[mail(headers, body)], &locked()).first().map(|(text, ..)| text.clone())
    }

    #[test]
    fn a_password_comes_from_the_mail_that_belongs_to_it() {
        let kin = [
            // The same sender, a minute later and a day before.
            "From: tanaka@kaisha.example\r\nSubject: パスワード\r\nDate: Wed, 02 Mar 2022 10:01:00 +0900",
            "From: tanaka@kaisha.example\r\nSubject: x\r\nDate: Tue, 01 Mar 2022 10:01:00 +0900",
            // The thread, whoever sends it and whenever.
            "From: sato@kaisha.example\r\nIn-Reply-To: <1@kaisha.example>\r\nSubject: x",
            "From: z@elsewhere.test\r\nReferences: <0@x.test> <1@kaisha.example>\r\nSubject: x",
            // The subject, from the gateway of the same house.
            "From: no-reply@mail.kaisha.example\r\nSubject: 【パスワード通知】見積書の送付\r\nDate: Wed, 02 Mar 2022 01:01:00 +0000",
        ];
        for headers in kin {
            assert_eq!(first(headers, "パスワード：k7Rm2x").as_deref(), Some("k7Rm2x"), "{headers}");
        }
        let named = "From: notice@gateway.test\r\nSubject: x\r\nDate: Wed, 02 Mar 2022 10:05:00 +0900";
        let body = "添付ファイル名：mitsumori.zip\r\nパスワード：k7Rm2x";
        assert_eq!(first(named, body).as_deref(), Some("k7Rm2x"));
    }

    #[test]
    fn strangers_and_other_weeks_lend_nothing() {
        for headers in [
            "From: a@elsewhere.test\r\nSubject: x\r\nDate: Wed, 02 Mar 2022 10:01:00 +0900",
            "From: tanaka@kaisha.example\r\nSubject: x\r\nDate: Wed, 09 Mar 2022 10:01:00 +0900",
            "From: tanaka@kaisha.example\r\nSubject: x",
        ] {
            assert_eq!(first(headers, "パスワード：k7Rm2x"), None, "{headers}");
        }
        let colleague =
            "From: tanaka@kaisha.example\r\nSubject: 会議\r\nDate: Wed, 02 Mar 2022 10:01:00 +0900";
        let long = "本日の会議の資料を共有します。\r\n".repeat(60);
        assert_eq!(first(colleague, &long), None);
    }

    #[test]
    fn the_nearest_comes_first_and_says_where_it_stands() {
        let notice = |minute: &str, password: &str| {
            let date = format!("Date: Wed, 02 Mar 2022 10:{minute}:00 +0900");
            mail(
                &format!("From: tanaka@kaisha.example\r\nSubject: パスワード\r\n{date}"),
                &format!("お世話になります。\r\nパスワード：{password}"),
            )
        };
        let others = [notice("50", "a1a1a1"), notice("02", "b2b2b2"), notice("20", "c3c3c3")];
        let told = lent(&others, &locked());
        let sure: Vec<&str> = told.iter().take(3).map(|(text, ..)| text.as_str()).collect();
        assert_eq!(sure, ["b2b2b2", "c3c3c3", "a1a1a1"]);
        assert_eq!(told[0].2, "line 2 of “パスワード” (mail-1)");
        assert!(told[0].1 > 10, "what the mail itself says goes first");
    }

    #[test]
    fn a_short_mail_that_says_nothing_else_may_be_the_password() {
        let headers =
            "From: tanaka@kaisha.example\r\nSubject: 先ほどの件\r\nDate: Wed, 02 Mar 2022 10:01:00 +0900";
        assert_eq!(first(headers, "k7Rm2x").as_deref(), Some("k7Rm2x"));
        assert_eq!(first(headers, "こちらです。\r\n\r\nk7Rm2x\r\n\r\n田中").as_deref(), Some("k7Rm2x"));
    }

    #[test]
    fn thousands_of_notices_lend_a_bounded_number() {
        let notices: Vec<Vec<u8>> = (0..3_000)
            .map(|n| {
                let date = format!("Date: Wed, 02 Mar 2022 10:{:02}:{:02} +0900", n / 60, n % 60);
                mail(
                    &format!("From: tanaka@kaisha.example\r\nSubject: パスワード\r\n{date}"),
                    &format!("パスワード：pass{n}"),
                )
            })
            .collect();
        let told = lent(&notices, &locked());
        assert_eq!((told.len(), told[0].0.as_str()), (MOST, "pass0"));
    }
}
