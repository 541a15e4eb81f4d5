//! Times as the readers of the desk say them: their zone, the weekday, no seconds.

use crate::bytes::Reader;
use crate::front::input;
use crate::report::Lang;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, now.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A time for people: `2022年3月4日（金）9:12`, `Fri 4 March 2022, 09:12`.
pub(super) fn told(seconds: i64, zone: i32, lang: Lang) -> String {
    let local = seconds.saturating_add(i64::from(zone) * 60);
    let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let weekday = usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0);
    let (hour, minute) = (rest / 3600, rest % 3600 / 60);
    match lang {
        Lang::Ja => {
            let weekday = WEEKDAYS_JA.get(weekday).unwrap_or(&"");
            format!("{year}年{month}月{day}日（{weekday}）{hour}:{minute:02}")
        }
        Lang::En => {
            let weekday = WEEKDAYS.get(weekday).unwrap_or(&"");
            let month = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).unwrap_or(&"");
            format!("{weekday} {day} {month} {year}, {hour:02}:{minute:02}")
        }
    }
}

/// A time for programs (RFC 3339): `2022-03-04T00:12:00Z`.
pub(super) fn utc(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest % 3600 / 60, rest % 60)
}

/// Date and time as MS-DOS and ZIP files have them; 1980 where they cannot say it.
pub(super) fn dos(seconds: i64) -> (u16, u16) {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let date = u16::try_from((year - 1980).clamp(0, 127) << 9 | month << 5 | day).unwrap_or(0x21);
    let time = u16::try_from((rest / 3600) << 11 | (rest % 3600 / 60) << 5 | (rest % 60 / 2)).unwrap_or(0);
    if year < 1980 { (0x21, 0) } else { (date, time) }
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const WEEKDAYS_JA: [&str; 7] = ["日", "月", "火", "水", "木", "金", "土"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"];

/// Year, month and day of the Gregorian calendar from days since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Minutes ahead of UTC, from `+09:00`.
pub(super) fn zone(text: &str) -> Option<i32> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str, most: i32| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|number| digits && *number <= most)
    };
    Some(sign * (number(hours, 14)? * 60 + number(minutes, 59)?))
}

/// What the machine's clock is ahead of UTC today.
pub(super) fn zone_of_system() -> Option<i32> {
    let file = input::read_file(Path::new("/etc/localtime"), 1 << 20).ok()?;
    zone_of_file(&file.bytes, now())
}

/// RFC 9636: the offset in force at a time; the second block of a file, which has 64-bit times. What its footer says
/// of the years after its table is left out.
fn zone_of_file(bytes: &[u8], at: i64) -> Option<i32> {
    let mut reader = Reader::new(bytes);
    let first = counts(&mut reader)?;
    let [utc, standard, leaps, times, types, letters] = first;
    reader.take(times * 5 + types * 6 + letters + leaps * 8 + standard + utc)?;
    let [_, _, _, times, types, _] = counts(&mut reader)?;
    let moments = reader.take(times.checked_mul(8)?)?;
    let kinds = reader.take(times)?;
    let offsets = reader.take(types.checked_mul(6)?)?;
    let mut kind = 0;
    for (moment, at_moment) in moments.chunks_exact(8).zip(kinds) {
        if i64::from_be_bytes(moment.try_into().ok()?) <= at {
            kind = usize::from(*at_moment);
        }
    }
    let offset = offsets.chunks_exact(6).nth(kind)?.first_chunk::<4>()?;
    Some(i32::from_be_bytes(*offset) / 60)
}

/// The six counts of a header.
fn counts(reader: &mut Reader) -> Option<[usize; 6]> {
    let head = reader.take(44)?;
    let numbers = head.strip_prefix(b"TZif")?.get(16..)?;
    let mut counts = [0; 6];
    for (count, bytes) in counts.iter_mut().zip(numbers.chunks_exact(4)) {
        *count = usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()?.min(1 << 20);
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_for_programs() {
        assert_eq!(utc(1_646_352_720), "2022-03-04T00:12:00Z");
        assert_eq!((dos(1_646_352_720), dos(0)), ((0x5464, 0x0180), (0x21, 0)));
    }

    #[test]
    fn times_are_told_in_both_languages() {
        let at = 1_646_352_720;
        assert_eq!(told(at, 540, Lang::Ja), "2022年3月4日（金）9:12");
        assert_eq!(told(at, 0, Lang::En), "Fri 4 Mar 2022, 00:12");
        assert_eq!(told(-1, 0, Lang::En), "Wed 31 Dec 1969, 23:59");
        assert_eq!(told(951_782_400, 0, Lang::Ja), "2000年2月29日（火）0:00");
    }

    #[test]
    fn zones() {
        let rows =
            [("+09:00", Some(540)), ("-03:30", Some(-210)), ("JST", None), ("+9", None), ("+99:00", None)];
        for (text, want) in rows {
            assert_eq!(zone(text), want, "{text}");
        }
    }

    #[test]
    fn a_zone_file_is_read_whatever_is_cut_from_it() {
        let head = |counts: [u32; 6]| {
            let mut head = b"TZif2".to_vec();
            head.extend([0; 15]);
            counts.iter().for_each(|count| head.extend(count.to_be_bytes()));
            head
        };
        let mut file = head([0, 0, 0, 0, 1, 1]);
        file.extend([0; 7]);
        file.extend(head([0, 0, 0, 2, 2, 4]));
        file.extend([0i64.to_be_bytes(), 1000i64.to_be_bytes()].concat());
        file.extend([1, 0]);
        for seconds in [0i32, 32_400] {
            file.extend(seconds.to_be_bytes());
            file.extend([0, 0]);
        }
        assert_eq!(zone_of_file(&file, 500), Some(540));
        assert_eq!(zone_of_file(&file, 1000), Some(0));
        for length in 0..file.len() {
            assert_eq!(zone_of_file(&file[..length], 500), None);
        }
    }
}
