//! Finds what a file is made of by looking for `N G obj`, `endstream` and `trailer` (ISO 32000-1 7.3.10, 7.3.8, 7.5.5).
//!
//! A stream is as long as its `Length` says where `endstream` stands there, else it goes to the next `endstream`.
//! Objects are looked for in the data of streams too, since a table may point there. Only a whole PDF lying in a stream
//! as it is is passed over: it becomes an artifact of its own.

use super::file::{Entry, data_start, read_object};
use super::object::{Dict, Object};
use super::parser::{Parser, is_space};
use memchr::memmem;
use std::collections::HashMap;

/// Where the head of an object stands.
struct Head {
    number: u32,
    generation: u16,
    /// Where its number begins.
    at: usize,
    /// Where the object begins.
    body: usize,
}

/// The most white space between the parts of a head.
const MOST_SPACE: usize = 64;

/// Every object that stands in the bytes, in order.
pub(super) fn entries(bytes: &[u8]) -> Vec<Entry> {
    let heads = heads(bytes);
    let places: HashMap<u32, usize> = heads.iter().map(|head| (head.number, head.body)).collect();
    let ends: Vec<usize> = memmem::find_iter(bytes, b"endstream").collect();
    let mut allowance = 2 * bytes.len() as u64 + (4 << 20);
    let mut found = Vec::new();
    let mut inside = 0;
    let mut passed = 0;
    let nexts = heads.iter().skip(1).map(|head| head.at).chain([bytes.len()]);
    for (head, next) in heads.iter().zip(nexts) {
        if head.at < passed {
            continue;
        }
        let beyond = allowance.saturating_add(next.saturating_sub(head.body) as u64);
        let (object, used) = read_object(bytes, head.body, next, beyond);
        allowance = allowance.saturating_sub(used.saturating_sub(next.saturating_sub(head.body) as u64));
        let stream =
            object.dict().and_then(|dict| stream(bytes, dict, head.body + trusted(used), &places, &ends));
        found.push(Entry {
            number: head.number,
            generation: head.generation,
            stream: None,
            start: head.body,
            end: next,
            data: stream.as_ref().map(|stream| stream.data),
            is_inside: head.at < inside,
        });
        if let Some(stream) = stream.filter(|stream| stream.is_told) {
            inside = inside.max(stream.data.1);
            if holds_pdf(bytes, object.dict(), stream.data) {
                passed = stream.data.1;
            }
        }
    }
    found
}

/// A number of bytes that were gone through.
fn trusted(used: u64) -> usize {
    usize::try_from(used.saturating_sub(1)).unwrap_or_default()
}

/// Whether a stream without filters holds a PDF as it is.
pub(super) fn holds_pdf(bytes: &[u8], dict: Option<&Dict>, (start, end): (usize, usize)) -> bool {
    let data = bytes.get(start..end).unwrap_or_default();
    let head = data.get(..1024).unwrap_or(data);
    dict.is_some_and(|dict| dict.get("Filter").is_none()) && memmem::find(head, b"%PDF-").is_some()
}

/// The heads of objects.
fn heads(bytes: &[u8]) -> Vec<Head> {
    memmem::find_iter(bytes, b"obj").filter_map(|at| head(bytes, at)).collect()
}

fn head(bytes: &[u8], word: usize) -> Option<Head> {
    let before = bytes.get(..word)?;
    let (generation, before, _) = number_before(before, 5)?;
    let (number, before, spaces) = number_before(before, 10)?;
    (spaces > 0).then(|| Head {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        generation: u16::try_from(generation).unwrap_or_default(),
        at: before.len(),
        body: word + 3,
    })
}

/// The number before white space at the end of `bytes`, what stands before it, and how much space there was.
fn number_before(bytes: &[u8], longest: usize) -> Option<(u64, &[u8], usize)> {
    let spaces = bytes.iter().rev().take(MOST_SPACE).take_while(|byte| is_space(**byte)).count();
    let bytes = bytes.get(..bytes.len() - spaces)?;
    let digits = bytes.iter().rev().take(longest).take_while(|byte| byte.is_ascii_digit()).count();
    let (before, digits) = bytes.split_at_checked(bytes.len() - digits)?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, before, spaces))
}

/// Where the data of a stream lie.
struct Stream {
    data: (usize, usize),
    /// Whether `Length` tells so.
    is_told: bool,
}

fn stream(
    bytes: &[u8],
    dict: &Dict,
    behind: usize,
    places: &HashMap<u32, usize>,
    ends: &[usize],
) -> Option<Stream> {
    let mut parser = Parser::new(bytes, behind);
    parser.skip_space();
    let word = parser.at;
    if !bytes.get(word..)?.starts_with(b"stream") {
        return None;
    }
    let start = data_start(bytes, word + 6);
    let told = match dict.get("Length") {
        Some(Object::Int(length)) => usize::try_from(*length).ok(),
        Some(Object::Reference(number)) => places.get(number).and_then(|place| length_at(bytes, *place)),
        _ => None,
    };
    if let Some(end) = told.and_then(|length| start.checked_add(length)).filter(|end| ends_at(bytes, *end)) {
        return Some(Stream { data: (start, end), is_told: true });
    }
    let place = ends.partition_point(|end| *end < start);
    let end = ends.get(place).copied().unwrap_or(bytes.len());
    let data = bytes.get(start..end)?;
    let trimmed = data.strip_suffix(b"\n").unwrap_or(data);
    let trimmed = trimmed.strip_suffix(b"\r").unwrap_or(trimmed);
    Some(Stream { data: (start, start + trimmed.len()), is_told: false })
}

/// A length that stands as an object of its own.
fn length_at(bytes: &[u8], place: usize) -> Option<usize> {
    let window = bytes.get(..place + 64).unwrap_or(bytes);
    Parser::new(window, place).object().int().and_then(|length| usize::try_from(length).ok())
}

/// Whether `endstream` stands at `at`, white space aside.
fn ends_at(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    let spaces = rest.iter().take(4).take_while(|byte| is_space(**byte)).count();
    rest.get(spaces..).is_some_and(|rest| rest.starts_with(b"endstream"))
}

/// The trailers, in order (7.5.5).
pub(super) fn trailers(bytes: &[u8]) -> Vec<(usize, Dict)> {
    let places: Vec<usize> = memmem::find_iter(bytes, b"trailer").map(|at| at + 7).collect();
    let ends = places.iter().skip(1).copied().chain([bytes.len()]);
    let read = |(start, end): (&usize, usize)| match Parser::new(bytes.get(..end)?, *start).object() {
        Object::Dict(dict) => Some((*start, dict)),
        _ => None,
    };
    places.iter().zip(ends).filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Vec<(u32, bool, Option<&[u8]>)> {
        let data = |entry: &Entry| entry.data.map(|(start, end)| &bytes[start..end]);
        entries(bytes).iter().map(|entry| (entry.number, entry.is_inside, data(entry))).collect()
    }

    #[test]
    fn objects_are_found_wherever_they_stand() {
        type Row = (u32, bool, Option<&'static [u8]>);
        let rows: &[(&[u8], &[Row])] = &[
            (b"1 0 obj<<>>endobj 2 0obj 7 endobj", &[(1, false, None), (2, false, None)]),
            (b"an obj, 3 obj, x 0 obj, endobj", &[]),
            (b"1 0 obj<</Length 3>>stream\r\nabc\nendstream", &[(1, false, Some(b"abc"))]),
            (b"1 0 obj<</Length 9>>stream\nabc\r\nendstream", &[(1, false, Some(b"abc"))]),
            (
                b"1 0 obj<</Length 2 0 R>>stream\nabc\nendstream\n2 0 obj 3",
                &[(1, false, Some(b"abc")), (2, false, None)],
            ),
            (b"1 0 obj<<>>stream\nabc", &[(1, false, Some(b"abc"))]),
            (
                b"1 0 obj<</Length 15>>stream\n5 0 obj (x) end\nendstream",
                &[(1, false, Some(b"5 0 obj (x) end")), (5, true, None)],
            ),
            (
                b"1 0 obj<</Length 16>>stream\n%PDF-1.4 5 0 obj\nendstream",
                &[(1, false, Some(b"%PDF-1.4 5 0 obj"))],
            ),
        ];
        for (bytes, want) in rows {
            assert_eq!(found(bytes), *want, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn pieces_without_end_come_to_an_end() {
        for piece in [
            &b"1 0 obj"[..],
            b"1 0 obj(",
            b"1 0 obj<<",
            b"1 0 obj<<>>stream",
            b"1 0 obj<</Length 2 0 R>>stream",
        ] {
            let bytes = piece.repeat(30_000);
            assert!(entries(&bytes).len() >= 30_000, "{}", String::from_utf8_lossy(piece));
        }
        assert_eq!(trailers(&b"trailer(".repeat(100_000)).len(), 0);
    }
}
