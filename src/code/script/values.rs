//! Texts of a program, and what its functions make of them.

use crate::document::base64 as letters;
use crate::limits::Budget;
use crate::text;

/// A text that is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Value {
    pub(super) text: String,
    /// From how many pieces it was made.
    pub(super) pieces: usize,
    /// Whether something was decoded to make it.
    pub(super) is_decoded: bool,
}

impl Value {
    /// A text as it stands.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_string(), pieces: 1, is_decoded: false }
    }

    /// One character.
    pub(super) fn code(code: i64) -> Self {
        let c = u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
        Self { text: c.to_string(), pieces: 1, is_decoded: true }
    }

    /// Several texts as one.
    pub(super) fn joined(list: &[String]) -> Self {
        join(list, "")
    }

    /// Adds another text to the end.
    pub(super) fn push(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        self.pieces += other.pieces;
        self.is_decoded |= other.is_decoded;
    }

    /// The text from its end to its beginning.
    pub(super) fn reversed(&self) -> Self {
        Self { text: self.text.chars().rev().collect(), pieces: self.pieces + 1, is_decoded: true }
    }
}

/// A list joined; a list of codes is the text they stand for.
pub(super) fn join(list: &[String], by: &str) -> Value {
    let codes: Option<String> = list
        .iter()
        .map(|text| text.parse::<u32>().ok().filter(|code| *code > 8).and_then(char::from_u32))
        .collect();
    if is_too_much(list.len(), by) {
        return Value::default();
    }
    let text = match codes.filter(|_| list.len() > 3) {
        Some(codes) => codes,
        None => list.join(by),
    };
    Value { text, pieces: list.len().max(2), is_decoded: true }
}

/// What a text is with one thing replaced: a plain text, or the letters and classes of a simple pattern.
pub(super) fn replaced(value: &Value, what: &str, with: &str) -> Value {
    let text = if what.is_empty() || is_too_much(value.text.len(), with) {
        value.text.clone()
    } else if let Some(class) = Class::of(what) {
        value.text.chars().map(|c| if class.holds(c) { with.to_string() } else { c.to_string() }).collect()
    } else {
        let plain = plain_pattern(what);
        value.text.replace(&plain, with)
    };
    Value { text, pieces: value.pieces + 1, is_decoded: true }
}

/// A class of characters of a pattern: `[abc]`, `[^a-z]+`, `\\d`.
struct Class {
    ranges: Vec<(char, char)>,
    is_other: bool,
}

impl Class {
    /// The class, where the pattern is nothing but one.
    fn of(pattern: &str) -> Option<Self> {
        let pattern = pattern.trim_end_matches(['+', '*']);
        if let Some(shorthand) = pattern.strip_prefix('\\').filter(|rest| rest.len() == 1) {
            let ranges = shorthand_ranges(shorthand.to_ascii_lowercase().chars().next()?)?;
            let is_other = shorthand.bytes().all(|byte| byte.is_ascii_uppercase());
            return Some(Self { ranges: ranges.to_vec(), is_other });
        }
        let inside = pattern.strip_prefix('[').and_then(|class| class.strip_suffix(']'))?;
        let is_other = inside.starts_with('^');
        let mut chars = inside.strip_prefix('^').unwrap_or(inside).chars().peekable();
        let mut ranges = Vec::new();
        while let Some(c) = chars.next() {
            if c == '\\' {
                let escaped = chars.next()?;
                match shorthand_ranges(escaped) {
                    Some(more) => ranges.extend_from_slice(more),
                    None => ranges.push((escaped, escaped)),
                }
                continue;
            }
            let mut ahead = chars.clone();
            let to = (ahead.next() == Some('-')).then(|| ahead.next()).flatten();
            ranges.push((c, to.unwrap_or(c)));
            if to.is_some() {
                chars = ahead;
            }
        }
        Some(Self { ranges, is_other })
    }

    fn holds(&self, c: char) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != self.is_other
    }
}

fn shorthand_ranges(letter: char) -> Option<&'static [(char, char)]> {
    match letter {
        'd' => Some(&[('0', '9')]),
        'w' => Some(&[('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')]),
        's' => Some(&[(' ', ' '), ('\t', '\r')]),
        _ => None,
    }
}

/// Whether a text put in so often would grow without measure.
pub(super) fn is_too_much(times: usize, text: &str) -> bool {
    times.saturating_mul(text.len()) > 16 << 20
}

/// The text that a pattern without operators stands for.
fn plain_pattern(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// `%41` and `%u0041` undone (ECMA-262 B.2.1.2).
pub(super) fn percent(value: &Value) -> Value {
    let mut bytes = Vec::new();
    let mut rest = value.text.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = |from: usize, to: usize| {
            let digits =
                after.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            u32::from_str_radix(digits, 16).ok()
        };
        if let Some(code) = digits(1, 5).filter(|_| after.starts_with(['u', 'U'])) {
            let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after.get(5..).unwrap_or_default();
        } else if let Some(code) = digits(0, 2).and_then(|code| u8::try_from(code).ok()) {
            bytes.push(code);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(b'%');
            rest = after;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    Value { text: String::from_utf8_lossy(&bytes).into_owned(), pieces: value.pieces + 1, is_decoded: true }
}

/// Base64 undone, where text comes of it.
pub(super) fn base64(value: &Value, budget: &mut Budget) -> Value {
    let bytes = letters::decode(&value.text, budget).bytes;
    let is_wide = bytes.len() >= 8 && bytes.iter().skip(1).step_by(2).take(64).all(|byte| *byte == 0);
    let text =
        if is_wide { text::decode("utf-16le", &bytes) } else { String::from_utf8(bytes).unwrap_or_default() };
    let is_text = !text.is_empty() && !text.contains('\0');
    let pieces = value.pieces + 1;
    if is_text {
        Value { text, pieces, is_decoded: true }
    } else {
        Value { pieces, is_decoded: true, ..value.clone() }
    }
}
