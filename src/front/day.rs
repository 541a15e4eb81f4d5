//! Days of the calendar (ISO 8601), as the command line takes them and lists print them. All in UTC.

use std::fmt;
use std::str::FromStr;

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i64);

/// Seconds of a day.
const SECONDS: i64 = 86_400;

impl Day {
    /// The day of a time, in seconds since 1970.
    pub(super) fn of(seconds: i64) -> Self {
        Self(seconds.div_euclid(SECONDS))
    }

    /// Its first second.
    pub(super) fn start(self) -> i64 {
        self.0.saturating_mul(SECONDS)
    }

    /// The first second of the next day.
    pub(super) fn end(self) -> i64 {
        self.start().saturating_add(SECONDS)
    }
}

impl FromStr for Day {
    type Err = String;

    /// Reads `2022-03-04`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is no day such as 2022-03-04");
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts.as_slice() else { return Err(wrong()) };
        let number = |part: &str, digits: usize| {
            let is_plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_plain { part.parse::<i64>().map_err(|_| wrong()) } else { Err(wrong()) }
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let counted = Self(count(year, month, day));
        if counted.civil() == (year, month, day) { Ok(counted) } else { Err(wrong()) }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

/// Days since 1970 of a date, in years that begin in March, so that the leap day is the last.
fn count(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted = (month + 9) % 12;
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl Day {
    /// Year, month and day.
    pub(super) fn civil(self) -> (i64, i64, i64) {
        let days = self.0.clamp(-719_468, 2_932_896) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        (era * 400 + year_of_era + i64::from(month <= 2), month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_printed() {
        for (text, days) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("2022-03-04", 19_055), ("1969-12-31", -1)]
        {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.0, day.to_string().as_str()), (days, text));
            assert_eq!((Day::of(day.start()), Day::of(day.end() - 1)), (day, day));
        }
        for wrong in ["2022-3-4", "2022-02-29", "2022-13-01", "", "04.03.2022", "2022-03-04-1", "+202-03-04"]
        {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
    }
}
