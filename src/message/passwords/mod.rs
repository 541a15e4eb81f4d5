//! Reads the passwords a message gives for its attachments: `パスワードは「k7Rm2x」となります`, `Password: k7Rm2x`.
//!
//! There is no specification; people write it in hundreds of ways. So nothing is decided here: every place that
//! may hold a password is offered, ordered by how surely it does, and the locked thing itself says which is right.
//! `view` folds a text, `anchors` finds the words that announce a password, `near` searches around them, `loose`
//! takes what has no anchor; `dated`, `contacts` and `known` guess. Passwords in pictures are left out: nothing is recognised.

mod table;
mod view;
mod anchors;
mod link;
mod shape;
mod pile;
mod value;
mod near;
mod loose;
mod date;
mod described;
mod dated;
mod contacts;
mod known;
mod elsewhere;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod phrases;

use crate::keyring::{Candidate, Letter, Origin, Source};
use date::Day;
use described::Described;
use loose::Told;
use pile::{Pile, Place};
use view::Line;

/// Texts of one message that are read; more body parts than this are decoys.
const TEXTS: usize = 8;

/// Attachment names whose parts are tried.
const NAMES: usize = 32;

/// Every password the sender may have given, best first; at most 2,000.
///
/// The work grows with the text up to 320 KiB of each of eight texts and not beyond.
pub fn candidates(letter: &Letter) -> Vec<Candidate> {
    let mut pile = Pile::default();
    let subject = view::line(&letter.subject);
    let told = Told::by(&subject);
    let several = letter.texts.len() > 1;
    let day = letter.date.as_deref().and_then(Day::parse);
    for (order, text) in letter.texts.iter().take(TEXTS).enumerate() {
        let name = if several { format!("text {}", order + 1) } else { String::new() };
        let place = Place::new(Source::Body, &name);
        let lines = view::lines(text);
        search(&lines, &letter.names, &place, told, &mut pile);
        describe(&lines, day, &letter.from, &mut pile);
    }
    for (name, text) in letter.attached.iter().take(TEXTS) {
        search(&view::lines(text), &[], &Place::new(Source::Attachment, name), Told::No, &mut pile);
    }
    read_subject(subject, &mut pile);
    for name in letter.names.iter().take(NAMES) {
        loose::file_name(name, &mut pile);
    }
    if let Some(day) = day {
        dated::guesses(day, None, &mut pile);
    }
    contacts::names(&[], &letter.from, day, None, &mut pile);
    known::guesses(day, &mut pile);
    pile.candidates()
}

/// Every password that a mail tells for the files of other mails, best first. `title` says which mail it is, as the
/// end of `line 3 of …`.
///
/// A mail that announces no password tells one only if it is so short that it says nothing else.
pub fn in_other_mail(letter: &Letter, title: &str) -> Vec<Candidate> {
    let place = Place::new(Source::OtherMail, title);
    let subject = view::line(&letter.subject);
    let told = Told::by(&subject);
    let day = letter.date.as_deref().and_then(Day::parse);
    let mut pile = Pile::default();
    for text in letter.texts.iter().take(TEXTS) {
        let lines = view::lines(text);
        search(&lines, &letter.names, &place, told, &mut pile);
        describe(&lines, day, &letter.from, &mut pile);
    }
    near::search(&[subject], &Place::new(Source::OtherMail, &format!("the subject of {title}")), &mut pile);
    let found = pile.candidates();
    let announces = told == Told::Yes || found.iter().any(|candidate| candidate.rank == pile::ANCHORED);
    let length: usize = letter.texts.iter().map(String::len).sum();
    let most = match announces {
        true => ANNOUNCED,
        false if length <= SHORT => FEW,
        false => 0,
    };
    found
        .into_iter()
        .filter(|candidate| candidate.rank <= pile::ALONE)
        .take(most)
        .map(|found| of_mail(found, title))
        .collect()
}

/// Candidates of a mail that announces a password, and of one that is short.
const ANNOUNCED: usize = 60;
const FEW: usize = 12;

/// Bytes of a mail that says nothing but a password, with a greeting and a signature.
const SHORT: usize = 1_000;

/// A candidate with its mail as its source, also where it was derived from what that mail describes.
fn of_mail(mut found: Candidate, title: &str) -> Candidate {
    if found.origin.source != Source::OtherMail {
        found.origin =
            Origin { source: Source::OtherMail, place: format!("{} of {title}", found.origin.place) };
    }
    found
}

/// The sentence that says the password comes another way (in a second mail, by telephone) or is known already.
pub fn elsewhere(letter: &Letter) -> Option<String> {
    elsewhere::sentence(letter)
}

fn search(lines: &[Line], names: &[String], place: &Place, told: Told, pile: &mut Pile) {
    near::search(lines, place, pile);
    loose::beside_names(lines, names, place, pile);
    loose::bracketed(lines, place, pile);
    loose::alone(lines, place, told, pile);
    loose::words(lines, place, pile);
}

/// What a text describes instead of giving it, and what its signature may mean.
fn describe(lines: &[Line], day: Option<Day>, from: &str, pile: &mut Pile) {
    let described = Described::by(lines);
    if let (Some(day), Some(line)) = (day, described.date) {
        dated::guesses(day, Some(line), pile);
    }
    contacts::phones(lines, described.phone, pile);
    contacts::names(lines, from, day, described.name, pile);
}

fn read_subject(subject: Line, pile: &mut Pile) {
    let place = Place::new(Source::Subject, "subject");
    loose::subject(&subject, &place, pile);
    near::search(&[subject], &place, pile);
}
