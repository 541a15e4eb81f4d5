//! The short list everybody knows: what analysts and criminals use, what people type without thinking, and the
//! passwords that Office itself uses in place of none.

use super::date::Day;
use super::pile::{Cost, GUESSED, Pile, Place};
use super::table::{self, Rows};
use crate::keyring::Source;

/// Best first. `VelvetSweatshop` is the key Excel tries by itself ([MS-OFFCRYPTO] 2.3.7.7 note); the next one is
/// PowerPoint's.
const KNOWN: Rows = &[
    "infected|VelvetSweatshop|malware|password|1234|123456|12345|123|12345678|Password|pass|virus",
    "/01Hannes Ruescher/01|0000|123456789|1234567890|4321|1111|000000|111111|123123|abc123|qwerty",
    "letmein|admin|test|zip|invoice|abcd1234|password1|Password1|P@ssw0rd|Passw0rd|passw0rd|pass1234",
    "Pass1234|a1234|abcd|secret|open|doc|office|mypass|document|abc111|abc222|abc333|abc444|abc555",
    "abc888|abc999|abc321|abc835|777|888|999|555|333|パスワード",
];

/// Adds the list, and the years up to the one the message is from.
pub(super) fn guesses(day: Option<Day>, pile: &mut Pile) {
    let place = Place::new(Source::WellKnown, "");
    for (order, text) in table::words(KNOWN).enumerate() {
        pile.add(text, cost(order), &place, 0);
    }
    let last = day.map_or(2026, |day| day.year).clamp(2020, 2099);
    for year in 2020..=last {
        pile.add(&year.to_string(), cost(60), &place, 0);
    }
}

fn cost(order: usize) -> Cost {
    Cost { rank: GUESSED, penalty: u16::try_from(order).unwrap_or(u16::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_short_and_ends_with_the_years() {
        let mut pile = Pile::default();
        guesses(Day::parse("4 Mar 2022"), &mut pile);
        let out = pile.candidates();
        assert_eq!(out.first().map(|candidate| candidate.text.as_str()), Some("infected"));
        assert_eq!(out.last().map(|candidate| candidate.text.as_str()), Some("2022"));
        assert!(out.len() < 70);
        assert!(
            out.iter()
                .all(|candidate| candidate.rank == GUESSED && candidate.origin.source == Source::WellKnown)
        );
    }
}
