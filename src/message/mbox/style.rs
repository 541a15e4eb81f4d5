//! What keeps the messages of a mailbox apart.

/// How messages are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// By `From ` lines before each.
    Mbox,
    /// By a line of a single dot behind each.
    Becky,
}

/// The mailbox that a file beginning with these bytes is, if it is one.
pub fn style(head: &[u8]) -> Option<Style> {
    if is_mbox(head) {
        return Some(Style::Mbox);
    }
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let is_status =
        |line: &[u8]| line.get(..BECKY.len()).is_some_and(|name| name.eq_ignore_ascii_case(BECKY));
    let is_header = |line: &&[u8]| line.starts_with(b" ") || line.starts_with(b"\t") || may_be_field(line);
    lines.by_ref().take_while(is_header).any(is_status).then_some(Style::Becky)
}

/// The field that Becky! writes into every message of a folder.
const BECKY: &[u8] = b"X-Becky-Status:";

/// Whether bytes may begin a header field; they may end inside its name.
pub(super) fn may_be_field(bytes: &[u8]) -> bool {
    let name = bytes.split(|byte| *byte == b':').next().unwrap_or_default();
    let name = name.get(..76).unwrap_or(name);
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a file that begins with these bytes is an mbox.
fn is_mbox(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let head =
        head.get(head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()..).unwrap_or_default();
    let end = memchr::memchr(b'\n', head).map_or(head.len(), |end| end + 1);
    head.split_at_checked(end).is_some_and(|(line, next)| is_separator(line, next))
}

impl Style {
    /// A line without what keeps it from ending a message.
    pub(super) fn unquoted(self, line: &[u8]) -> &[u8] {
        match self {
            Self::Mbox => unquoted(line),
            Self::Becky if line.starts_with(b"..") => line.get(1..).unwrap_or_default(),
            Self::Becky => line,
        }
    }
}

/// A line without one sign of quoting, where it is `>From ` with any number of signs.
fn unquoted(line: &[u8]) -> &[u8] {
    let signs = line.iter().take_while(|byte| **byte == b'>').count();
    let is_quoted = signs > 0 && line.get(signs..).is_some_and(|rest| rest.starts_with(b"From "));
    if is_quoted { line.get(1..).unwrap_or_default() } else { line }
}

/// Whether a line is `From `, a sender and a date as `asctime` writes it. Seconds and zone may be missing, words
/// may follow, and day, month and year may stand in the order of RFC 5322. Thunderbird now writes `From ` alone, which
/// counts before a header field.
pub(super) fn is_separator(line: &[u8], next: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    if rest.trim_ascii().is_empty() {
        return may_be_field(next);
    }
    let rest = rest.get(..1_000).unwrap_or(rest);
    let words: Vec<&[u8]> =
        rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).take(40).collect();
    (0..words.len()).any(|at| words.get(at..).is_some_and(is_date))
}

/// Whether the words begin with a weekday and a month, a day, a time and a year follow.
fn is_date(words: &[&[u8]]) -> bool {
    let Some((weekday, rest)) = words.split_first() else { return false };
    let follows = |test: fn(&[u8]) -> bool| rest.iter().take(7).any(|word| test(word));
    is_one_of(weekday.strip_suffix(b",").unwrap_or(weekday), DAYS)
        && follows(|word| is_one_of(word, MONTHS))
        && follows(|word| number(word).is_some_and(|day| word.len() <= 2 && (1..=31).contains(&day)))
        && follows(|word| number(word).is_some_and(|year| (1970..=2199).contains(&year)))
        && follows(is_time)
}

const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

fn is_one_of(word: &[u8], names: &[&str]) -> bool {
    names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

fn number(word: &[u8]) -> Option<u32> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// `12:34` or `12:34:56`.
fn is_time(word: &[u8]) -> bool {
    let fields: Vec<Option<u32>> = word.split(|byte| *byte == b':').map(number).collect();
    (2..=3).contains(&fields.len()) && fields.iter().all(|field| field.is_some_and(|field| field <= 60))
}
