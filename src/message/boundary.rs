//! The parts of a multipart message (RFC 2046 section 5.1), found line by line.
//!
//! One pass over the lines, however deep the nesting: each delimiter line is looked up among the boundaries that are
//! open. What the standard leaves to luck is decided for finding more: several `boundary` parameters all count, a
//! missing or wrong one is taken from the first line that looks like one, parts after the closing delimiter are
//! parts, a header block that is interrupted goes on. What stands before the first and after the last delimiter is
//! handed out as strays. Nested messages are leaves here.

use super::headers::{continues, field_name, fields};
use super::parameters;
use crate::artifact::Damage;
use std::collections::HashMap;
use std::ops::Range;

/// One leaf of the tree of parts, as places in the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) header: Range<usize>,
    pub(super) body: Range<usize>,
    /// Whether it stands in a multipart/digest, where a message is the default type.
    pub(super) in_digest: bool,
}

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The header of the message itself.
    pub(super) header: Range<usize>,
    pub(super) leaves: Vec<Leaf>,
    /// Preambles and epilogues that are not blank.
    pub(super) strays: Vec<Range<usize>>,
    pub(super) damage: Vec<Damage>,
}

/// Reads a message.
pub(super) fn view(raw: &[u8]) -> View {
    let mut reader = Reader { raw, ..Reader::default() };
    let mut at = start_of_header(raw);
    reader.place = Place::Header(at);
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        let next = memchr::memchr(b'\n', rest).map_or(raw.len(), |end| at + end + 1);
        let line = raw.get(at..next).unwrap_or_default();
        reader.line(line, at, next);
        at = next;
    }
    reader.end(raw.len());
    reader.view
}

/// Skips a byte order mark, blank lines and an mbox line before the header.
fn start_of_header(raw: &[u8]) -> usize {
    let mut rest = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw).trim_ascii_start();
    if rest.starts_with(b"From ") || rest.starts_with(b">From ") {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        rest = rest.get(end..).unwrap_or_default();
    }
    raw.len() - rest.len()
}

/// Where the pass is; the number is the byte at which the place began.
#[derive(Clone, Debug)]
enum Place {
    Header(usize),
    /// In the body of a leaf whose header is here.
    Body(Range<usize>, usize),
    /// Before the first or after the last delimiter of the innermost multipart.
    Stray(usize),
}

impl Default for Place {
    fn default() -> Self {
        Self::Header(0)
    }
}

/// A multipart that is open.
#[derive(Debug)]
struct Level {
    boundaries: Vec<Vec<u8>>,
    header: Range<usize>,
    body: usize,
    delimiters: u64,
    closed: bool,
    is_digest: bool,
}

#[derive(Default)]
struct Reader<'a> {
    raw: &'a [u8],
    view: View,
    place: Place,
    levels: Vec<Level>,
    /// The levels that a boundary belongs to, the innermost last.
    open: HashMap<Vec<u8>, Vec<usize>>,
    /// Where the next MIME field of a broken header block is, so that it is looked for once.
    field_ahead: usize,
}

impl Reader<'_> {
    fn line(&mut self, line: &[u8], at: usize, next: usize) {
        let text = line.trim_ascii_end();
        if let Some(candidate) = text.strip_prefix(b"--") {
            if let Some((level, closing)) = self.delimiter(candidate) {
                return self.cross(level, closing, at, next);
            }
            if self.guess(candidate, next) {
                return self.cross(self.levels.len().saturating_sub(1), false, at, next);
            }
        }
        if let Place::Header(from) = self.place {
            if text.is_empty() {
                self.enter(from..at, next);
            } else if !self.continues_header(line, from..at, next) {
                self.note("header-without-end", "the body follows the header without an empty line");
                self.enter(from..at, at);
            }
        }
    }

    /// The level a delimiter line belongs to, and whether it closes it. What follows the boundary after a blank does
    /// not count (RFC 2046 5.1.1, note to implementors).
    fn delimiter(&self, candidate: &[u8]) -> Option<(usize, bool)> {
        let word = candidate.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        let level = |boundary: &[u8]| self.open.get(boundary).and_then(|levels| levels.last()).copied();
        [candidate, word].into_iter().find_map(|text| {
            let closing = || level(text.strip_suffix(b"--")?.trim_ascii_end());
            level(text).map(|level| (level, false)).or_else(|| closing().map(|level| (level, true)))
        })
    }

    /// Takes a line for a delimiter although no parameter says so: nothing of this multipart was seen yet, and a
    /// MIME field follows.
    fn guess(&mut self, candidate: &[u8], next: usize) -> bool {
        let innermost = self.levels.len().saturating_sub(1);
        let Some(level) = self.levels.last_mut() else { return false };
        let waits = level.delimiters == 0 && matches!(self.place, Place::Stray(_));
        let fits = candidate.len() <= LONGEST_BOUNDARY;
        if !waits || !fits || !self.raw.get(next..).is_some_and(starts_with_mime_field) {
            return false;
        }
        level.boundaries.push(candidate.to_vec());
        self.open.entry(candidate.to_vec()).or_default().push(innermost);
        self.note("boundary-guessed", "the delimiter is not the one that the header names");
        true
    }

    /// Ends what the delimiter ends and goes where it leads.
    fn cross(&mut self, level: usize, closing: bool, at: usize, next: usize) {
        let is_first =
            self.levels.len() == level + 1 && self.levels.last().is_some_and(|own| own.delimiters == 0);
        if let (Place::Stray(from), true) = (&self.place, is_first) {
            self.stray(*from, at);
        }
        self.finish(at);
        while self.levels.len() > level + 1 {
            self.leave(at);
        }
        let Some(level) = self.levels.last_mut() else { return };
        let resumed = level.closed && !closing;
        level.closed = closing;
        level.delimiters += 1;
        self.place = if closing { Place::Stray(next) } else { Place::Header(next) };
        if resumed {
            self.note("boundary-after-end", "a part follows the closing delimiter");
        }
    }

    /// Whether a line belongs to the header block. A line that is no field interrupts the block only if no MIME
    /// field follows: mail software skips such a line.
    fn continues_header(&mut self, line: &[u8], before: Range<usize>, next: usize) -> bool {
        let before = self.raw.get(before).unwrap_or_default();
        let fits = field_name(line).is_some() || (!before.is_empty() && continues(line, before));
        if fits || next <= self.field_ahead {
            return true;
        }
        let rest = self.raw.get(next..).unwrap_or_default();
        let mut at = next;
        for line in rest.get(..LOOK_AHEAD).unwrap_or(rest).split_inclusive(|byte| *byte == b'\n') {
            if line.trim_ascii().is_empty() || line.starts_with(b"--") {
                return false;
            }
            if starts_with_mime_field(line) {
                self.field_ahead = at;
                return true;
            }
            at += line.len();
        }
        false
    }

    /// The header block is read: goes into its multipart or its body.
    fn enter(&mut self, header: Range<usize>, body: usize) {
        if self.levels.is_empty() {
            self.view.header = header.clone();
        }
        let block = self.raw.get(header.clone()).unwrap_or_default();
        let mut boundaries: Vec<Vec<u8>> = Vec::new();
        let (mut is_multipart, mut is_digest) = (false, false);
        for field in fields(block).iter().filter(|field| field.is("content-type")).take(MOST_TYPES) {
            let read = parameters::parse(field.value);
            if read.value.starts_with("multipart") {
                is_multipart = true;
                is_digest |= read.value == "multipart/digest";
                boundaries.extend(read.boundaries());
            }
        }
        if !is_multipart {
            self.place = Place::Body(header, body);
            return;
        }
        if boundaries.len() > 1 {
            self.note("boundary-twice", format!("{} boundaries", boundaries.len()));
        }
        for boundary in &boundaries {
            self.open.entry(boundary.clone()).or_default().push(self.levels.len());
        }
        self.levels.push(Level { boundaries, header, body, delimiters: 0, closed: false, is_digest });
        self.place = Place::Stray(body);
    }

    /// Ends the part or stray that is being read.
    fn finish(&mut self, at: usize) {
        let (header, from) = match std::mem::take(&mut self.place) {
            Place::Body(header, from) => (header, from),
            Place::Header(from) => (from..at, at),
            Place::Stray(from) => {
                // Before the first delimiter it is not known yet whether this is a preamble or all there is.
                if self.levels.last().is_some_and(|level| level.delimiters > 0) {
                    self.stray(from, at);
                }
                return;
            }
        };
        if header.is_empty() && self.raw.get(from..at).unwrap_or_default().trim_ascii().is_empty() {
            return;
        }
        let in_digest = self.levels.last().is_some_and(|level| level.is_digest);
        self.view.leaves.push(Leaf { header, body: from..self.before_line(from, at), in_digest });
    }

    /// Keeps a stretch outside all parts, unless it is blank.
    fn stray(&mut self, from: usize, at: usize) {
        if !self.raw.get(from..at).unwrap_or_default().trim_ascii().is_empty() {
            self.view.strays.push(from..at);
        }
    }

    /// The end of a body that a delimiter line at `at` ends: the line break before it belongs to the delimiter.
    fn before_line(&self, from: usize, at: usize) -> usize {
        if at == self.raw.len() {
            return at;
        }
        let body = self.raw.get(from..at).unwrap_or_default();
        let body = body.strip_suffix(b"\n").map_or(body, |body| body.strip_suffix(b"\r").unwrap_or(body));
        from + body.len()
    }

    /// Leaves the innermost multipart. One in which no delimiter was found is a leaf itself.
    fn leave(&mut self, at: usize) {
        let Some(level) = self.levels.pop() else { return };
        for boundary in &level.boundaries {
            if let Some(levels) = self.open.get_mut(boundary) {
                levels.pop();
                if levels.is_empty() {
                    self.open.remove(boundary);
                }
            }
        }
        if level.delimiters == 0 {
            self.note("multipart-without-parts", "no delimiter was found");
            let body = level.body..self.before_line(level.body, at).max(level.body);
            self.view.leaves.push(Leaf { header: level.header, body, in_digest: false });
        } else if !level.closed {
            self.note("multipart-without-end", "the closing delimiter is missing");
        }
    }

    fn end(&mut self, at: usize) {
        if let Place::Header(from) = self.place {
            self.enter(from..at, at);
        }
        self.finish(at);
        while !self.levels.is_empty() {
            self.leave(at);
        }
        self.view.leaves.sort_by_key(|leaf| (leaf.body.start, leaf.header.start));
    }

    /// Notes each kind of damage once: a message of ten thousand broken parts is one broken message.
    fn note(&mut self, what: &'static str, detail: impl Into<String>) {
        if !self.view.damage.iter().any(|known| known.what == what) {
            self.view.damage.push(Damage { what, detail: detail.into() });
        }
    }
}

/// RFC 2046 allows 70 characters; and Content-Type fields of one header that are read.
const LONGEST_BOUNDARY: usize = 250;
const MOST_TYPES: usize = 16;
/// How far behind a broken header line fields are looked for.
const LOOK_AHEAD: usize = 32 << 10;

/// Whether a MIME field opens the bytes.
pub(super) fn starts_with_mime_field(bytes: &[u8]) -> bool {
    let start = bytes.get(..8).unwrap_or_default();
    start.eq_ignore_ascii_case(b"content-")
        && field_name(bytes.split(|b| *b == b'\n').next().unwrap_or_default()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(raw: &str) -> (Vec<String>, Vec<&'static str>) {
        let view = view(raw.as_bytes());
        let texts = view.leaves.iter().map(|leaf| raw.get(leaf.body.clone()).unwrap().to_string()).collect();
        (texts, view.damage.iter().map(|damage| damage.what).collect())
    }

    #[test]
    fn parts_are_what_stands_between_delimiters() {
        let raw = "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\npre\r\n--b\r\n\r\none\r\n--b \r\nA: b\r\n\r\ntwo\r\n\r\n--b--\r\nend";
        assert_eq!(bodies(raw), (vec!["one".into(), "two\r\n".into()], vec![]));
        let strays: Vec<_> = view(raw.as_bytes())
            .strays
            .into_iter()
            .map(|stray| raw.get(stray).unwrap().to_string())
            .collect();
        assert_eq!(strays, ["pre\r\n", "end"]);
    }

    #[test]
    fn a_message_without_parts_is_one_leaf() {
        assert_eq!(bodies("\n\nFrom a\nA: b\n\nbody\n"), (vec!["body\n".into()], vec![]));
        assert_eq!(bodies("A: b\n"), (vec![String::new()], vec![]));
        assert_eq!(bodies(""), (vec![], vec![]));
    }

    #[test]
    fn an_outer_delimiter_ends_inner_multiparts() {
        let raw = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/x; boundary=a1\n\n--a1\n\none\n--a\n\ntwo\n--a--\n";
        assert_eq!(bodies(raw), (vec!["one".into(), "two".into()], vec!["multipart-without-end"]));
    }

    #[test]
    fn faulty_boundaries_do_not_hide_parts() {
        let twice = "Content-Type: multipart/mixed; boundary=x; boundary=b\n\n--b\n\none\n--b--\n";
        assert_eq!(bodies(twice), (vec!["one".into()], vec!["boundary-twice"]));
        let missing = "Content-Type: multipart/mixed\n\n--b\nContent-Type: text/plain\n\none\n--b--\n";
        assert_eq!(bodies(missing), (vec!["one".into()], vec!["boundary-guessed"]));
        let wrong =
            "Content-Type: multipart/mixed; boundary=x\n\n--b\nContent-Type: text/plain\n\none\n--b--\n";
        assert_eq!(bodies(wrong), (vec!["one".into()], vec!["boundary-guessed"]));
        let empty =
            "Content-Type: multipart/mixed; boundary=\"\"\n\n--\nContent-Type: text/plain\n\none\n----\n";
        assert_eq!(bodies(empty), (vec!["one".into()], vec!["boundary-guessed"]));
        let unclosed = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n";
        assert_eq!(bodies(unclosed), (vec!["one\n".into()], vec!["multipart-without-end"]));
        let resumed = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n";
        assert_eq!(bodies(resumed), (vec!["one".into(), "two".into()], vec!["boundary-after-end"]));
        let noted = "Content-Type: multipart/mixed; boundary=b\n\n--b note\n\none\n--b-- note\nend";
        assert_eq!(bodies(noted), (vec!["one".into()], vec![]));
        let none = "Content-Type: multipart/mixed; boundary=b\n\ntext\n";
        assert_eq!(bodies(none), (vec!["text\n".into()], vec!["multipart-without-parts"]));
        let twice =
            "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n";
        assert_eq!(bodies(twice).0, ["one"]);
    }

    #[test]
    fn a_broken_header_goes_on_if_mime_fields_follow() {
        let raw = "A: b\njunk\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n";
        assert_eq!(bodies(raw).0, ["one"]);
        let next = "Content-Type: multipart/mixed; boundary=b\n\n--b\nA: b\nUEsD\n--b\nContent-Type: x/y\n\none\n--b--\n";
        assert_eq!(bodies(next).0, ["UEsD", "one"]);
        assert_eq!(
            bodies("A: b\nUEsDBBQA\nUEsDBBQA\n"),
            (vec!["UEsDBBQA\nUEsDBBQA\n".into()], vec!["header-without-end"])
        );
    }

    #[test]
    fn depth_and_number_cost_one_pass() {
        let mut deep = String::new();
        for level in 0..5_000 {
            deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"));
        }
        deep.push_str("\nleaf\n");
        assert_eq!(bodies(&deep).0, ["leaf\n"]);
        let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(100_000));
        assert_eq!(view(wide.as_bytes()).leaves.len(), 100_000);
        let lost = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n{}",
            "--b\nContent-Type: multipart/x; boundary=none\n\nx\n".repeat(100_000)
        );
        assert_eq!(view(lost.as_bytes()).leaves.len(), 100_000);
    }
}
