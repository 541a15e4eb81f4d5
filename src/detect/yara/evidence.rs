//! What shows a match: the first place of each matching string with the text that stands there, in the order of
//! the artifact, short enough for one line.

use crate::text::printable;
use std::ops::Range;
use yara_x::Rule;

/// The longest evidence, in characters.
const LONGEST: usize = 120;
/// The longest text shown of one place, in characters.
const WORDS: usize = 48;
/// How much of binary matches is shown, in bytes.
const HEX: usize = 16;

/// Words of the artifact that show why `rule` matched `bytes`.
pub(super) fn of(rule: &Rule, bytes: &[u8]) -> String {
    let first = |pattern: yara_x::Pattern| pattern.matches().next().map(|found| found.range());
    let mut places: Vec<Range<usize>> = rule.patterns().filter_map(first).collect();
    places.sort_by_key(|place| place.start);
    let mut shown_to = 0;
    let mut evidence = String::new();
    for place in places {
        if place.start < shown_to {
            continue;
        }
        let (text, length) = show(bytes, &place);
        let piece = format!("{:#x}: {text}", place.start);
        let separator = if evidence.is_empty() { "" } else { "; " };
        if evidence.chars().count() + separator.len() + piece.chars().count() > LONGEST {
            break;
        }
        evidence.push_str(separator);
        evidence.push_str(&piece);
        shown_to = place.start + length;
    }
    if evidence.is_empty() { format!("the whole of it, {} bytes", bytes.len()) } else { evidence }
}

/// The text at a place, read on behind the match to the end of the words; bytes in hexadecimal where the match is
/// no text. Also how many bytes were shown.
fn show(bytes: &[u8], place: &Range<usize>) -> (String, usize) {
    let here = bytes.get(place.start..).unwrap_or_default();
    let wide = here.get(1) == Some(&0) && here.get(3).is_none_or(|byte| *byte == 0);
    let (text, length) = if wide { wide_words(here) } else { words(here) };
    if length >= place.len().min(WORDS) && length > 0 {
        return (format!("\"{text}\""), length);
    }
    let matched = here.get(..place.len().min(HEX)).unwrap_or(here);
    (matched.iter().map(|byte| format!("{byte:02x}")).collect(), matched.len())
}

fn words(bytes: &[u8]) -> (String, usize) {
    let head = bytes.get(..WORDS * 4).unwrap_or(bytes);
    let valid = head.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
    let text: String = valid.chars().take_while(|c| !ends_words(*c)).take(WORDS).collect();
    (printable(&text).chars().take(WORDS).collect(), text.len())
}

fn wide_words(bytes: &[u8]) -> (String, usize) {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| pair.iter().rev().fold(0, |unit, byte| unit << 8 | u16::from(*byte)));
    let chars = char::decode_utf16(units).map_while(Result::ok);
    let text: String = chars.take_while(|c| !ends_words(*c)).take(WORDS).collect();
    (printable(&text).chars().take(WORDS).collect(), text.encode_utf16().count() * 2)
}

fn ends_words(c: char) -> bool {
    c.is_control() && c != '\t'
}
