//! Passwords made of the date of the message: in the form the text describes, or as a guess.

use super::date::Day;
use super::near::latin_parts;
use super::pile::{ANCHORED, Cost, GUESSED, Pile, Place};
use super::value::words;
use super::view::Line;
use crate::keyring::Source;

/// Days around that of the message, likeliest first.
const DAYS: [i64; 5] = [0, -1, 1, -2, 2];

/// The days after these are written in the common ways only.
const NEAR_DAYS: usize = 3;

/// Words of a describing line that are put before and after the date.
const WORDS: usize = 6;

/// Adds the days around that of the message; `described` is the line that asks for one.
pub(super) fn guesses(day: Day, described: Option<&Line>, pile: &mut Pile) {
    let text = described.map(Line::key_text).unwrap_or_default();
    for (order, offset) in days(&text).into_iter().enumerate() {
        let day = day.plus(offset);
        let far = 16 * u16::try_from(order).unwrap_or(0);
        let common = day.common().into_iter().map(|way| (Way::Common, way));
        let rare = day.rare().into_iter().map(|way| (Way::Rare, way)).filter(|_| order < NEAR_DAYS);
        for (place, (way, (format, written))) in (0u16..).zip(common.chain(rare)) {
            let asked = described.is_some() && is_asked(&text, format);
            let described = described.filter(|_| asked || way == Way::Common);
            let penalty = far + if asked { 0 } else { 2 + place };
            add(&written, format, penalty, described, pile);
        }
        if order < NEAR_DAYS {
            families(day, far, pile);
        }
    }
    if let Some(line) = described {
        with_words(day, line, &text, pile);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Common,
    Rare,
}

fn add(written: &str, format: &str, penalty: u16, described: Option<&Line>, pile: &mut Pile) {
    let (cost, name) = match described {
        Some(line) if penalty < 40 => (
            Cost { rank: ANCHORED, penalty: 4 + penalty },
            format!("the date that line {} describes, as {format}", line.number),
        ),
        _ => (
            Cost { rank: GUESSED, penalty: 100 + penalty },
            format!("the date of the message or a day near it, as {format}"),
        ),
    };
    pile.add(written, cost, &Place::new(Source::Derived, &name), 0);
}

/// `tenpu + 本日の日付`: a word of the describing line before or after the date.
fn with_words(day: Day, line: &Line, text: &str, pile: &mut Pile) {
    let added = ["+", "プラス", "plus", "followed by", "の後", "のあと", "&", "つなげ", "続け"];
    if !added.iter().any(|word| text.contains(word)) {
        return;
    }
    let place = Place::new(Source::Derived, &format!("a word of line {} with the date", line.number));
    let parts = words(&line.key, 0..line.len()).into_iter().flat_map(|word| latin_parts(&line.key, word));
    for part in parts.map(|part| line.folded(part)).filter_map(|part| bare(&part)).take(WORDS) {
        for (order, (format, written)) in (0u16..).zip(day.common()) {
            let rare = if is_asked(text, format) { 0 } else { 10 + order };
            let cost = |penalty| Cost { rank: ANCHORED, penalty: penalty + rare };
            pile.add(&format!("{part}{written}"), cost(5), &place, 0);
            pile.add(&format!("{written}{part}"), cost(12), &place, 0);
        }
    }
}

/// A word without the marks around it, if it may be half of a password.
fn bare(part: &str) -> Option<String> {
    let part = part.trim_matches(|c: char| !c.is_ascii_alphanumeric() && !"_-@#".contains(c));
    let lower = part.to_ascii_lowercase();
    let format = lower.contains("yy") || lower.contains("mmdd") || lower.contains("ddmm");
    ((2..=24).contains(&part.len()) && !format).then(|| part.to_string())
}

/// Families of passwords seen in campaigns: a word and the day.
fn families(day: Day, far: u16, pile: &mut Pile) {
    let place = Place::new(Source::Derived, "a word often used with the date of the message");
    let Day { year, month, day } = day;
    let days = [
        format!("{month:02}{day:02}"),
        format!("{day:02}{month:02}{:02}", year % 100),
        format!("{month:02}{day:02}{:02}", year % 100),
    ];
    for head in ["office", "Office", "office-", "mypass", "w", "doc"] {
        for tail in &days {
            pile.add(&format!("{head}{tail}"), Cost { rank: GUESSED, penalty: 125 + far }, &place, 0);
        }
    }
    pile.add(
        &format!("{month:02}{:02}PD", year % 100),
        Cost { rank: GUESSED, penalty: 126 + far },
        &place,
        0,
    );
}

/// The days in the order in which the text means them.
fn days(text: &str) -> [i64; 5] {
    let mut days = DAYS;
    if ["昨日", "前日", "yesterday"].iter().any(|word| text.contains(word)) {
        days.swap(0, 1);
    } else if ["明日", "翌日", "tomorrow"].iter().any(|word| text.contains(word)) {
        days.swap(0, 2);
    }
    days
}

/// Whether the text asks for this way of writing a day.
fn is_asked(text: &str, format: &str) -> bool {
    let digits = |count: char| {
        let kanji = match count {
            '4' => '四',
            '6' => '六',
            _ => '八',
        };
        text.contains(&format!("{count}桁"))
            || text.contains(&format!("{kanji}桁"))
            || text.contains(&format!("{count} digit"))
    };
    let named = text.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word == format);
    named
        || match format {
            "yyyymmdd" => digits('8'),
            "yymmdd" => digits('6'),
            "mmdd" => digits('4') || text.contains("月日") && !text.contains("年月日"),
            "yyyy-mm-dd" | "yyyy/mm/dd" => text.contains(format),
            "reiwa" => text.contains("令和") || text.contains("和暦"),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::super::view;
    use super::*;

    fn dated(text: &str) -> Vec<(String, u8)> {
        let line = view::line(text);
        let mut pile = Pile::default();
        let described = (!text.is_empty()).then_some(&line);
        guesses(Day { year: 2022, month: 3, day: 4 }, described, &mut pile);
        pile.candidates().into_iter().map(|candidate| (candidate.text, candidate.rank)).collect()
    }

    #[test]
    fn a_described_date_is_anchored_and_in_its_format() {
        for (text, want) in [
            ("解凍パスワードは本日の日付(yyyymmdd)です", "20220304"),
            ("パスワードは送信日の日付4桁です", "0304"),
            ("パスワード：昨日の日付（８桁）", "20220303"),
            ("The password is today's date (ddmmyyyy)", "04032022"),
            ("the password is today's date", "20220304"),
            ("パスワードは令和の日付６桁", "040304"),
        ] {
            let got = dated(text);
            assert!(got.iter().take(2).any(|got| *got == (want.into(), ANCHORED)), "{text}: {got:?}");
        }
    }

    #[test]
    fn an_undescribed_date_is_a_guess() {
        let got = dated("");
        assert!(got.contains(&("20220304".into(), GUESSED)) && got.contains(&("office0304".into(), GUESSED)));
        assert!(got.contains(&("20220306".into(), GUESSED)) && got.contains(&("20220302".into(), GUESSED)));
        assert!(got.iter().all(|(_, rank)| *rank == GUESSED));
        assert!(got.len() < 130, "{}", got.len());
    }

    #[test]
    fn a_word_and_the_date() {
        let got = dated("パスワードは tenpu ＋本日の日付です");
        assert!(
            got.contains(&("tenpu20220304".into(), ANCHORED))
                && got.contains(&("tenpu0304".into(), ANCHORED))
        );
        assert!(!dated("Password for tenpu: the date").iter().any(|(text, _)| text.contains("tenpu")));
    }
}
