//! Module sources inside a stream: at the place the project tells, or wherever one begins.

use super::decompress::{Decompressed, decompress};
use crate::limits::Budget;

/// How every source begins when it is compressed: eight literals of `Attribute VB_Name`, after a flag byte that
/// says so. The container's signature stands three bytes before it.
const BEGINNING: &[u8] = b"\0Attribut";
const BEFORE: usize = 3;

/// The source in a module's stream, at `offset` if one stands there, else the first that is found.
pub(super) fn at(stream: &[u8], offset: Option<u32>, budget: &mut Budget) -> Found {
    let told = offset.and_then(|offset| usize::try_from(offset).ok());
    let there = told.and_then(|at| stream.get(at..)).filter(|rest| !rest.is_empty());
    let taken = there.map(|rest| decompress(rest, budget)).unwrap_or_default();
    if !taken.bytes.is_empty() || taken.stop.is_some() {
        return Found { source: taken, place: told.unwrap_or(0), searched: false };
    }
    match find(stream, 0) {
        Some(place) => {
            let source = decompress(stream.get(place..).unwrap_or_default(), budget);
            Found { source, place, searched: true }
        }
        None => Found { source: taken, place: told.unwrap_or(0), searched: false },
    }
}

/// A source and where it stood.
#[derive(Debug)]
pub(super) struct Found {
    /// The source; empty if there is none.
    pub(super) source: Decompressed,
    /// Its offset in the stream; what stands before it is compiled code.
    pub(super) place: usize,
    /// Whether it stood elsewhere than the project says.
    pub(super) searched: bool,
}

/// The offset of the first compressed source at or after `from`.
pub(super) fn find(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memchr::memmem::find_iter(rest, BEGINNING)
        .filter_map(|at| (from + at).checked_sub(BEFORE))
        .find(|at| *at >= from && bytes.get(*at) == Some(&1))
}

/// All compressed sources in `bytes`, none inside another.
pub(super) fn all(bytes: &[u8], budget: &mut Budget) -> Vec<Decompressed> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = find(bytes, from) {
        let source = decompress(bytes.get(at..).unwrap_or_default(), budget);
        from = at + source.consumed.max(BEFORE + BEGINNING.len());
        let stopped = source.stop.is_some();
        if !source.bytes.is_empty() {
            found.push(source);
        }
        if stopped {
            break;
        }
    }
    found
}

/// The name that a source gives itself in its first line.
pub(super) fn written_name(text: &str) -> Option<String> {
    let line = text.lines().next()?.strip_prefix("Attribute VB_Name = \"")?;
    line.split('"').next().filter(|name| !name.is_empty()).map(str::to_string)
}

/// Whether a source holds anything but `Attribute` lines.
pub(super) fn has_code(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with("Attribute "))
}

/// A source without its comments.
pub(super) fn without_comments(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().filter(|line| !is_remark(line)) {
        let mut quoted = false;
        let end = line.find(|c| {
            quoted ^= c == '"';
            c == '\'' && !quoted
        });
        out.push_str(end.and_then(|end| line.get(..end)).unwrap_or(line));
        out.push('\n');
    }
    out
}

fn is_remark(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("rem"))
}

#[cfg(test)]
mod tests {
    use super::super::decompress::tests::compress;
    use super::*;
    use crate::limits::Limits;

    fn budget() -> Budget {
        Budget::new(&Limits::default())
    }

    #[test]
    fn a_source_is_taken_where_it_stands_and_else_searched() {
        let text = b"Attribute VB_Name = \"A\"\r\nSub x()\r\nEnd Sub\r\n";
        let stream = [b"cache".repeat(9), compress(text, true)].concat();
        let found = at(&stream, Some(45), &mut budget());
        assert_eq!((found.source.bytes.as_slice(), found.place, found.searched), (&text[..], 45, false));
        for wrong in [None, Some(u32::try_from(stream.len()).unwrap()), Some(u32::MAX)] {
            let found = at(&stream, wrong, &mut budget());
            assert_eq!((found.source.bytes.as_slice(), found.place, found.searched), (&text[..], 45, true));
        }
    }

    #[test]
    fn every_source_is_found_once() {
        let one = compress(b"Attribute VB_Name = \"A\"\r\n", false);
        let bytes =
            [b"junk".to_vec(), one.clone(), [0; 600].to_vec(), one.clone(), b"\0Attribut".to_vec()].concat();
        let names: Vec<_> = all(&bytes, &mut budget()).into_iter().map(|s| s.bytes).collect();
        assert_eq!(names, [b"Attribute VB_Name = \"A\"\r\n", b"Attribute VB_Name = \"A\"\r\n"]);
    }

    #[test]
    fn a_source_knows_its_name_and_whether_it_does_anything() {
        let empty = "Attribute VB_Name = \"Sheet1\"\r\nAttribute VB_Base = \"0\"\r\n\r\n";
        assert_eq!(written_name(empty).as_deref(), Some("Sheet1"));
        assert!(!has_code(empty));
        assert!(has_code("Attribute VB_Name = \"A\"\r\nOption Explicit\r\n"));
    }
}
