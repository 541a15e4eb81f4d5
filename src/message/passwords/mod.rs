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

use crate::keyring::{Candidate, Letter, Source};
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

/// Every password in a text that belongs to a message: an attached text, another mail of the thread. `name` says
/// which, as the end of `line 3 of …`.
pub fn in_text(text: &str, source: Source, name: &str) -> Vec<Candidate> {
    let mut pile = Pile::default();
    search(&view::lines(text), &[], &Place::new(source, name), Told::No, &mut pile);
    pile.candidates()
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
