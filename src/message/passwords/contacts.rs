//! Passwords made of what stands in a signature: the end of a telephone number, the names in mail addresses.

use super::date::Day;
use super::pile::{ANCHORED, Cost, GUESSED, Pile, Place};
use super::view::{self, Line};
use crate::keyring::Source;

/// Telephone numbers and addresses taken from one text.
const TAKEN: usize = 12;

/// Adds the last digits of telephone numbers; `described` is the line that asks for them.
pub(super) fn phones(lines: &[Line], described: Option<&Line>, pile: &mut Pile) {
    let numbers =
        lines.iter().flat_map(|line| phone_numbers(line).into_iter().map(move |digits| (line, digits)));
    for (order, (line, digits)) in (0u16..).zip(numbers.take(TAKEN)) {
        let place = Place::new(Source::Derived, &format!("telephone number in line {}", line.number));
        for (step, count) in (0u16..).zip([4, 8, 6, 3, digits.len()]) {
            let end: String = digits.chars().skip(digits.len().saturating_sub(count)).collect();
            let cost = match described {
                Some(_) => Cost { rank: ANCHORED, penalty: 5 + order + 20 * step.min(1) + step },
                None if count == 4 => Cost { rank: GUESSED, penalty: 90 },
                None => continue,
            };
            pile.add(&end, cost, &place, 0);
        }
    }
}

/// Adds the names of companies and people as their mail addresses have them, the sender's first; `described` is
/// the line that asks for one.
pub(super) fn names(lines: &[Line], from: &str, day: Option<Day>, described: Option<&Line>, pile: &mut Pile) {
    let own: Vec<Address> = addresses(&view::line(from));
    let others = lines.iter().flat_map(addresses).take(TAKEN).map(|address| (Whose::Other, address));
    let all = own.into_iter().map(|address| (Whose::Sender, address)).chain(others);
    for (order, (whose, (local, host))) in (0u16..).zip(all.take(TAKEN)) {
        let place = Place::new(Source::Derived, whose.place());
        for (step, text) in (0u16..).zip(name_forms(&local, &host, day.map(|day| day.year))) {
            let anchored = |penalty| Cost { rank: ANCHORED, penalty };
            let guessed = |penalty| Cost { rank: GUESSED, penalty };
            let cost = match (described, whose) {
                (Some(_), _) if step < 2 => anchored(8 + 3 * order + step),
                (Some(_), Whose::Sender) => anchored(30 + step),
                (None, Whose::Sender) => guessed(70 + step),
                (None, Whose::Other) if step < 2 => guessed(160 + order),
                (_, Whose::Other) => continue,
            };
            pile.add(&text, cost, &place, 0);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Sender,
    Other,
}

impl Whose {
    fn place(self) -> &'static str {
        match self {
            Self::Sender => "the sender's address",
            Self::Other => "an address in the text",
        }
    }
}

/// Local part and host.
type Address = (String, String);

/// The digits of telephone numbers on a line: nine to fifteen, beginning with 0 or +.
fn phone_numbers(line: &Line) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < line.len() && out.len() < TAKEN {
        let begins = line.key.get(at).is_some_and(|c| matches!(c, '0' | '+' | '('));
        let length = if begins {
            run(line, at, |c| c.is_ascii_digit() || matches!(c, '-' | ' ' | '(' | ')' | '+' | '.'))
        } else {
            1
        };
        let digits: String =
            line.key.iter().skip(at).take(length.min(24)).filter(|c| c.is_ascii_digit()).collect();
        if begins && (9..=15).contains(&digits.len()) {
            out.push(digits);
        }
        at += length.max(1);
    }
    out
}

fn run(line: &Line, at: usize, belongs: impl Fn(char) -> bool) -> usize {
    line.key.iter().skip(at).take_while(|c| belongs(**c)).count()
}

/// Local part and host of the mail addresses on a line.
fn addresses(line: &Line) -> Vec<Address> {
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let at_signs = line.key.iter().enumerate().filter(|(_, c)| **c == '@').map(|(at, _)| at);
    at_signs
        .take(TAKEN)
        .filter_map(|at| {
            let before = line.key.iter().take(at).rev().take(64).take_while(|c| fits(c)).count();
            let after = line.key.iter().skip(at + 1).take(128).take_while(|c| fits(c)).count();
            let local: String = line.key.iter().skip(at - before).take(before).collect();
            let host: String = line.key.iter().skip(at + 1).take(after).collect();
            (before > 0 && host.contains('.')).then_some((local, host))
        })
        .collect()
}

/// How a company or person writes its name as a password.
fn name_forms(local: &str, host: &str, year: Option<i64>) -> Vec<String> {
    let label = main_label(host);
    let capital: String =
        label.chars().take(1).flat_map(char::to_uppercase).chain(label.chars().skip(1)).collect();
    let mut out = vec![label.to_string(), local.to_string(), capital.clone(), label.to_ascii_uppercase()];
    out.extend(local.split(['.', '-', '_']).map(str::to_string));
    if let Some(year) = year {
        for head in [label, capital.as_str()] {
            out.push(format!("{head}{year}"));
            out.push(format!("{head}@{year}"));
        }
    }
    out.extend([format!("{label}123"), format!("{label}1234"), host.to_string()]);
    out
}

/// The label of a host that names its owner: `yamada` in `mail.yamada.co.jp`.
fn main_label(host: &str) -> &str {
    const SECOND: &[&str] =
        &["co", "ne", "or", "ac", "go", "lg", "ed", "gr", "com", "net", "org", "gov", "edu"];
    let labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).collect();
    let mut rest = labels.split_last().map_or(labels.as_slice(), |(_, rest)| rest);
    if let Some((last, before)) = rest.split_last()
        && !before.is_empty()
        && SECOND.contains(last)
    {
        rest = before;
    }
    rest.last().copied().unwrap_or(host)
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
    fn the_end_of_a_telephone_number() {
        let lines =
            view::lines("TEL 03-1234-9876 / ＴＥＬ：０９０－１１１１－２２２２\n+44 20 7946 5555, 12-34");
        let asked = view::line("下4桁");
        let got = texts(|pile| phones(&lines, Some(&asked), pile));
        let first: Vec<&str> = got.iter().take(3).map(|(text, _)| text.as_str()).collect();
        assert_eq!(first, ["9876", "2222", "5555"]);
        let got = texts(|pile| phones(&lines, None, pile));
        assert_eq!(got, [("9876".into(), GUESSED), ("2222".into(), GUESSED), ("5555".into(), GUESSED)]);
    }

    #[test]
    fn company_names_come_from_addresses() {
        let lines = view::lines("To: hana@aoba.example");
        let asked = view::line("弊社名（半角小文字）");
        let got = texts(|pile| {
            names(&lines, "谷 <tani@mail.minato.example>", Day::parse("4 Mar 2022"), Some(&asked), pile)
        });
        let first: Vec<&str> = got.iter().take(4).map(|(text, _)| text.as_str()).collect();
        assert_eq!(first, ["minato", "tani", "aoba", "hana"]);
        for want in ["Minato", "MINATO", "minato2022", "minato@2022"] {
            assert!(got.contains(&(want.into(), ANCHORED)), "{want}");
        }
    }

    #[test]
    fn the_label_of_the_owner() {
        for (host, label) in [
            ("mail.example.co.jp", "example"),
            ("example.co.jp", "example"),
            ("a.b.example", "b"),
            ("com", "com"),
            ("co.jp", "co"),
            (".", "."),
        ] {
            assert_eq!(main_label(host), label);
        }
    }
}
