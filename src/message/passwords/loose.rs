//! Candidates without an anchor: between brackets, alone on a line, next to an attachment's name, in the subject,
//! in file names, and at last every word.

use super::anchors::{self, Strength};
use super::link;
use super::near::latin_parts;
use super::pile::{ALONE, BRACKETED, NAMED, Pile, Place, SHAPED, WORD};
use super::shape::{self, Shape};
use super::value::{self, Taker};
use super::view::{self, Line, is_cjk};
use crate::keyring::Source;

/// Attachment names looked for in a text.
const NAMES: usize = 32;

/// Groups looked at in one text.
const GROUPS: usize = 2_000;

/// Words of each kind taken from one text.
const WORDS: usize = 3_000;

/// Everything that stands in brackets or quotes.
pub(super) fn bracketed(lines: &[Line], place: &Place, pile: &mut Pile) {
    let mut left = GROUPS;
    for line in lines {
        let mut taker = Taker { pile, place, rank: BRACKETED };
        for at in 0..line.len() {
            let Some(inside) = link::group(&line.key, at).filter(|_| left > 0 && opens(line, at)) else {
                continue;
            };
            left -= 1;
            let looks = shape::of(&line.folded(inside.clone()));
            if looks < Shape::Stop {
                taker.inside(line, inside, 0);
            }
        }
    }
}

/// An apostrophe inside a word opens nothing.
fn opens(line: &Line, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| line.key.get(before));
    line.key.get(at) != Some(&'\'') || !before.is_some_and(|c| c.is_alphanumeric())
}

/// Tokens alone on their lines. `told` says that the subject announces a password.
pub(super) fn alone(lines: &[Line], place: &Place, told: Told, pile: &mut Pile) {
    for line in lines {
        let link = link::after(&line.key, 0);
        let words = value::words(&line.key, link.value..line.len());
        let mut taker = Taker { pile, place, rank: ALONE };
        match words.as_slice() {
            [only] if shape::of(&line.folded(only.clone())) <= told.worst() => {
                taker.cuts(line, only.start, 10)
            }
            [first, .., last] if words.iter().all(|word| word.len() <= 2) && words.len() <= 64 => {
                taker.spelled_out(line, first.start, 10);
                taker.piece(line, first.start..last.end, 20);
            }
            _ => {}
        }
    }
}

/// Whether the subject announces a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It does, so that even a plain word alone on a line may be it.
    Yes,
    /// It does not.
    No,
}

impl Told {
    /// What the subject tells.
    pub(super) fn by(subject: &Line) -> Self {
        let sure =
            anchors::hits(subject).iter().any(|hit| matches!(hit.strength, Strength::Sure | Strength::Short));
        if sure { Self::Yes } else { Self::No }
    }

    fn worst(self) -> Shape {
        match self {
            Self::Yes => Shape::Foreign,
            Self::No => Shape::Mixed,
        }
    }
}

/// Tokens beside and below the name of an attachment.
pub(super) fn beside_names(lines: &[Line], names: &[String], place: &Place, pile: &mut Pile) {
    let names: Vec<String> = names
        .iter()
        .take(NAMES)
        .map(|name| view::line(name).key_text())
        .filter(|name| name.len() >= 5)
        .collect();
    if names.is_empty() {
        return;
    }
    for (index, line) in lines.iter().enumerate() {
        let text = line.key_text();
        let Some(end) = names.iter().filter_map(|name| end_of(&text, name)).max() else { continue };
        let mut taker = Taker { pile, place, rank: ALONE };
        let link = link::after(&line.key, end);
        taker.cuts(line, link.value, 0);
        let below = lines.iter().skip(index + 1).take(8).filter(|line| !line.is_blank() && !line.is_rule());
        for (order, line) in below.take(3).enumerate() {
            let link = link::after(&line.key, 0);
            let words = value::words(&line.key, link.value..line.len()).len();
            if words <= 3 {
                taker.cuts(line, link.value, 4 * u16::try_from(order).unwrap_or(0) + 2);
            }
        }
    }
}

/// Where a name ends on a line that holds it, in characters.
fn end_of(line: &str, name: &str) -> Option<usize> {
    let (before, _) = line.split_once(name)?;
    Some(before.chars().count() + name.chars().count())
}

/// The words of the subject.
pub(super) fn subject(subject: &Line, place: &Place, pile: &mut Pile) {
    let mut taker = Taker { pile, place, rank: NAMED };
    for word in value::words(&subject.key, 0..subject.len()).into_iter().take(64) {
        for part in latin_parts(&subject.key, word.clone()) {
            taker.piece(subject, part, 10);
        }
        taker.piece(subject, word, 14);
    }
}

/// What the name of an attachment may give away: `xxx_pw1234.zip`, its stem, the stem's parts.
pub(super) fn file_name(name: &str, pile: &mut Pile) {
    let place = Place::new(Source::FileName, &crate::text::printable(name));
    let line = view::line(name);
    let end = line.key.iter().rposition(|c| *c == '.').unwrap_or(line.len());
    let mut taker = Taker { pile, place: &place, rank: NAMED };
    for start in anchors::in_name(&line) {
        let joined = line.key.iter().skip(start).take_while(|c| !c.is_alphanumeric()).count();
        let start = start + joined;
        let short = line.key.iter().take(end).skip(start).take_while(|c| c.is_alphanumeric()).count();
        taker.piece(&line, start..start + short, 0);
        taker.piece(&line, start..end.max(start), 1);
    }
    taker.piece(&line, 0..end, 12);
    let mut start = 0;
    for at in 0..=end {
        if at == end || line.key.get(at).is_some_and(|c| !c.is_alphanumeric()) {
            taker.piece(&line, start..at, 14);
            start = at + 1;
        }
    }
}

/// Every other word, those that look like a password first; own text before quoted.
pub(super) fn words(lines: &[Line], place: &Place, pile: &mut Pile) {
    let mut left = WORDS;
    for line in lines {
        for word in value::words(&line.key, 0..line.len()) {
            if left == 0 {
                return;
            }
            left -= 1;
            self::word(line, word, place, pile);
        }
    }
}

fn word(line: &Line, word: std::ops::Range<usize>, place: &Place, pile: &mut Pile) {
    let looks = shape::of(&line.folded(word.clone()));
    let (rank, penalty) = match looks {
        Shape::Strong | Shape::Fair => (SHAPED, 0),
        Shape::Reference => (WORD, 40),
        _ => (WORD, 0),
    };
    let mut taker = Taker { pile, place, rank };
    taker.piece(line, word.clone(), penalty);
    let parts = latin_parts(&line.key, word.clone());
    if looks == Shape::Reference {
        return;
    }
    for part in parts.into_iter().take(8) {
        let rank = if shape::of(&line.folded(part.clone())) <= Shape::Fair { SHAPED } else { WORD };
        let mut taker = Taker { pile: taker.pile, place, rank };
        for piece in pieces(&line.key, part.clone()) {
            taker.piece(line, piece, 8);
        }
        taker.piece(line, part, 4);
    }
    clauses(line, word, place, pile);
}

/// Pieces between slashes, commas, quotes and brackets.
fn pieces(key: &[char], part: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::new();
    let mut start = part.start;
    for at in part.clone() {
        if key.get(at).is_some_and(|c| {
            matches!(c, '/' | ',' | ';' | ':' | '=' | '"' | '(' | ')' | '[' | ']' | '<' | '>' | '|')
        }) {
            out.push(start..at);
            start = at + 1;
        }
    }
    if start > part.start {
        out.push(start..part.end);
    }
    out
}

/// Runs of one script inside Japanese text: Chinese characters or katakana between other characters.
fn clauses(line: &Line, word: std::ops::Range<usize>, place: &Place, pile: &mut Pile) {
    let mut start = word.start;
    for at in word.start..=word.end {
        let part = line
            .key
            .get(at)
            .filter(|_| at < word.end)
            .is_some_and(|c| is_cjk(*c) && !shape::is_hiragana(*c) && c.is_alphanumeric());
        if !part {
            if at - start >= 3 {
                Taker { pile, place, rank: WORD }.piece(line, start..at, 0);
            }
            start = at + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(fill: impl FnOnce(&mut Pile)) -> Vec<(String, u8)> {
        let mut pile = Pile::default();
        fill(&mut pile);
        pile.candidates().into_iter().map(|candidate| (candidate.text, candidate.rank)).collect()
    }

    #[test]
    fn file_names_give_their_parts() {
        let got = texts(|pile| file_name("見積_pw1234.zip", pile));
        assert_eq!(got[0], ("1234".into(), NAMED));
        let got = texts(|pile| file_name("報告書(PASS_Ab-12).zip", pile));
        assert!(got.iter().take(3).any(|(text, _)| text == "Ab-12"), "{got:?}");
    }

    #[test]
    fn brackets_and_lone_lines() {
        let lines = view::lines("hello [k7Rm2x] don't 'q1w2'\n\nH17\nsee you soon");
        let place = Place::new(Source::Body, "");
        let got = texts(|pile| {
            bracketed(&lines, &place, pile);
            alone(&lines, &place, Told::No, pile);
        });
        assert_eq!(got, [("k7Rm2x".into(), 20), ("q1w2".into(), 20), ("H17".into(), 30)]);
    }

    #[test]
    fn a_name_draws_its_neighbour() {
        let lines = view::lines("report.zip  sunflower\nand more words here");
        let place = Place::new(Source::Body, "");
        let got = texts(|pile| beside_names(&lines, &["Report.zip".into()], &place, pile));
        assert_eq!(got[0], ("sunflower".into(), ALONE));
    }

    #[test]
    fn words_that_look_like_passwords_come_first() {
        let lines = view::lines("some words https://a.example/x9 then k7Rm2x");
        let place = Place::new(Source::Body, "");
        let got = texts(|pile| words(&lines, &place, pile));
        assert_eq!(got[0], ("k7Rm2x".into(), SHAPED));
        assert_eq!(got.last(), Some(&("https://a.example/x9".into(), WORD)));
    }
}
