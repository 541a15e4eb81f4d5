//! Days: reading the Date header and writing a day in the ways people type one as a password.

/// One day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Day {
    /// The day of a Date header: RFC 5322 §3.3 (`4 Mar 2022`), or `2022-03-04` where a program wrote that.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let head: String = header.chars().take(80).collect();
        let words: Vec<&str> =
            head.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        words.windows(3).find_map(|words| match words {
            [first, second, third] => Self::from_words(first, second, third),
            _ => None,
        })
    }

    fn from_words(first: &str, second: &str, third: &str) -> Option<Self> {
        if let Some(month) = month(second) {
            return Self::checked(number(third)?, month, number(first)?);
        }
        let third = third.split('T').next().unwrap_or(third);
        (first.len() == 4).then_some(())?;
        Self::checked(number(first)?, number(second)?, number(third)?)
    }

    fn checked(year: i64, month: i64, day: i64) -> Option<Self> {
        let year = if year < 100 { year + 2000 } else { year };
        ((1970..=2199).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
            .then_some(Self { year, month, day })
    }

    /// The day so many days later.
    pub(super) fn plus(self, days: i64) -> Self {
        Self::from_number(self.number() + days)
    }

    /// Days since 1970-01-01; years are counted from March so that the leap day is the last.
    fn number(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    fn from_number(number: i64) -> Self {
        let shifted = number + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = (from_march + 2) % 12 + 1;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month, day: of_year - (153 * from_march + 2) / 5 + 1 }
    }

    /// The ways to write it that are common everywhere, most common first.
    pub(super) fn common(self) -> Vec<(&'static str, String)> {
        let Self { year, month, day } = self;
        let short = year % 100;
        vec![
            ("yyyymmdd", format!("{year}{month:02}{day:02}")),
            ("mmdd", format!("{month:02}{day:02}")),
            ("yymmdd", format!("{short:02}{month:02}{day:02}")),
            ("ddmmyyyy", format!("{day:02}{month:02}{year}")),
        ]
    }

    /// The rarer ways.
    pub(super) fn rare(self) -> Vec<(&'static str, String)> {
        let Self { year, month, day } = self;
        let short = year % 100;
        let name = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or("");
        let capital: String =
            name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1).take(2)).collect();
        vec![
            ("ddmmyy", format!("{day:02}{month:02}{short:02}")),
            ("mmddyyyy", format!("{month:02}{day:02}{year}")),
            ("mmddyy", format!("{month:02}{day:02}{short:02}")),
            ("mddyy", format!("{month}{day:02}{short:02}")),
            ("ddmm", format!("{day:02}{month:02}")),
            ("yyyy-mm-dd", format!("{year}-{month:02}-{day:02}")),
            ("yyyy/mm/dd", format!("{year}/{month:02}/{day:02}")),
            ("yyyymm", format!("{year}{month:02}")),
            ("mmyy", format!("{month:02}{short:02}")),
            // The Japanese era Reiwa: its first year is 2019.
            ("reiwa", format!("{:02}{month:02}{day:02}", year - 2018)),
            ("reiwa", format!("R{:02}{month:02}{day:02}", year - 2018)),
            ("monthdd", format!("{name}{day:02}")),
            ("mondd", format!("{capital}{day:02}")),
        ]
    }
}

fn number(word: &str) -> Option<i64> {
    (word.len() <= 4).then(|| word.parse().ok()).flatten()
}

fn month(word: &str) -> Option<i64> {
    let word = word.to_lowercase();
    let at = MONTHS.iter().position(|month| word.len() >= 3 && month.starts_with(&word))?;
    i64::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_headers_are_read() {
        let day = Day { year: 2022, month: 3, day: 4 };
        for text in [
            "Fri, 4 Mar 2022 10:11:12 +0900",
            "04 Mar 22 10:11 JST",
            "2022-03-04T10:11:12Z",
            "Fri, 4 March 2022",
        ] {
            assert_eq!(Day::parse(text), Some(day), "{text}");
        }
        for text in ["", "yesterday", "4 Foo 2022", "99 Mar 2022", "4 Mar 99999"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_cross_months_and_years() {
        let day = |year, month, day| Day { year, month, day };
        assert_eq!(day(2024, 2, 28).plus(1), day(2024, 2, 29));
        assert_eq!(day(2023, 2, 28).plus(1), day(2023, 3, 1));
        assert_eq!(day(2022, 1, 1).plus(-2), day(2021, 12, 30));
        for step in -800..800 {
            let there = day(2022, 3, 4).plus(step * 17);
            assert_eq!(there.plus(-step * 17), day(2022, 3, 4));
        }
    }

    #[test]
    fn a_day_is_written_in_many_ways() {
        let day = Day { year: 2022, month: 7, day: 18 };
        let all: Vec<String> = day.common().into_iter().chain(day.rare()).map(|way| way.1).collect();
        for want in
            ["20220718", "0718", "220718", "18072022", "71822", "2022-07-18", "july18", "Jul18", "R040718"]
        {
            assert!(all.iter().any(|way| way == want), "{want}");
        }
    }
}
