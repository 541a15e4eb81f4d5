//! The candidates as they are found: one entry a text, the best place wins, and no kind of place can crowd out
//! the others.

use crate::keyring::{Candidate, Origin, Source};
use std::collections::HashMap;

/// Characters a password has at least; three were seen in real mail.
pub(super) const SHORTEST: usize = 3;

/// Characters a password has at most.
pub(super) const LONGEST: usize = 64;

/// Bytes a password has at most.
const LONGEST_BYTES: usize = 128;

/// How many candidates of a rank are kept, 1,990 in all.
const ROOM: &[(u8, usize)] = &[(10, 400), (20, 150), (30, 150), (40, 100), (50, 300), (60, 250), (90, 640)];

/// Candidates of one rank remembered before the best are chosen.
const REMEMBERED: usize = 3_000;

/// Anchored by a phrase.
pub(super) const ANCHORED: u8 = 10;
/// Between brackets or quotes.
pub(super) const BRACKETED: u8 = 20;
/// Alone on its line.
pub(super) const ALONE: u8 = 30;
/// In the subject or a file name.
pub(super) const NAMED: u8 = 40;
/// A word that looks like a password.
pub(super) const SHAPED: u8 = 50;
/// Well known or derived.
pub(super) const GUESSED: u8 = 60;
/// Any word.
pub(super) const WORD: u8 = 90;

/// Where a candidate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The kind of place.
    pub(super) source: Source,
    /// Its name; the line number is put before it.
    pub(super) name: String,
}

impl Place {
    pub(super) fn new(source: Source, name: &str) -> Self {
        Self { source, name: name.to_string() }
    }

    /// The place in words, for a line that counts from 1; 0 means there are no lines.
    fn at(&self, line: usize) -> Origin {
        let place = match (line, self.name.as_str()) {
            (0, name) => name.to_string(),
            (line, "") => format!("line {line}"),
            (line, name) => format!("line {line} of {name}"),
        };
        Origin { source: self.source, place }
    }
}

/// What one candidate costs: its rank, then its penalty inside the rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    pub(super) rank: u8,
    pub(super) penalty: u16,
}

struct Found {
    cost: Cost,
    origin: Origin,
    text: String,
}

/// All candidates found so far.
#[derive(Default)]
pub(super) struct Pile {
    found: Vec<Found>,
    known: HashMap<String, usize>,
    held: HashMap<u8, usize>,
}

impl Pile {
    /// Adds a text if it can be a password; a text that is there keeps its lower cost.
    pub(super) fn add(&mut self, text: &str, cost: Cost, place: &Place, line: usize) {
        let text = text.trim();
        if !is_possible(text) {
            return;
        }
        let known = self.known.get(text).copied();
        match known.and_then(|at| self.found.get_mut(at)) {
            Some(found) if cost < found.cost => {
                found.cost = cost;
                found.origin = place.at(line);
            }
            Some(_) => {}
            None => self.remember(text, cost, place.at(line)),
        }
    }

    fn remember(&mut self, text: &str, cost: Cost, origin: Origin) {
        let held = self.held.entry(cost.rank).or_default();
        if *held < REMEMBERED {
            *held += 1;
            self.known.insert(text.to_string(), self.found.len());
            self.found.push(Found { cost, origin, text: text.to_string() });
        }
    }

    /// The candidates, best first, each rank cut to its room.
    pub(super) fn candidates(mut self) -> Vec<Candidate> {
        self.found.sort_by_key(|found| found.cost);
        let mut left: HashMap<u8, usize> = ROOM.iter().copied().collect();
        let mut out = Vec::new();
        for Found { cost, origin, text } in self.found {
            let Some(room) = left.get_mut(&cost.rank) else { continue };
            if *room > 0 {
                *room -= 1;
                out.push(Candidate { text, rank: cost.rank, origin });
            }
        }
        out
    }
}

fn is_possible(text: &str) -> bool {
    let length = text.chars().take(LONGEST + 1).count();
    (SHORTEST..=LONGEST).contains(&length) && text.len() <= LONGEST_BYTES && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(rank: u8, penalty: u16) -> Cost {
        Cost { rank, penalty }
    }

    #[test]
    fn the_best_place_of_a_text_wins() {
        let place = Place::new(Source::Body, "");
        let mut pile = Pile::default();
        pile.add("k7Rm2x", cost(WORD, 3), &place, 4);
        pile.add("other", cost(ALONE, 0), &place, 5);
        pile.add("k7Rm2x", cost(ANCHORED, 3), &place, 9);
        pile.add("k7Rm2x", cost(ALONE, 0), &place, 12);
        for unfit in ["ab", "", " ", &"x".repeat(65), &"語".repeat(50), "a\tbc"] {
            pile.add(unfit, cost(ANCHORED, 0), &place, 1);
        }
        let out = pile.candidates();
        let short: Vec<_> = out.iter().map(|c| (c.text.as_str(), c.rank, c.origin.place.as_str())).collect();
        assert_eq!(short, [("k7Rm2x", 10, "line 9"), ("other", 30, "line 5")]);
    }

    #[test]
    fn no_rank_crowds_out_another() {
        let place = Place::new(Source::Subject, "subject");
        let mut pile = Pile::default();
        for number in 0..5000 {
            pile.add(&format!("a{number}"), cost(ANCHORED, 0), &place, 0);
            pile.add(&format!("w{number}"), cost(WORD, 0), &place, 0);
        }
        let out = pile.candidates();
        assert_eq!(out.iter().filter(|c| c.rank == WORD).count(), 640);
        assert_eq!(out.len(), 1040);
        assert_eq!(out.first().map(|c| c.origin.place.as_str()), Some("subject"));
    }
}
