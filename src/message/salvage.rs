//! What stands outside all parts: before the first delimiter, after the last. Mail programs do not show it, honest
//! software writes a line of apology there; an attachment in it is one that a boundary fault or a sender hid.

use super::boundary::{Leaf, starts_with_mime_field};
use super::part::Opener;
use super::{base64, wrapped};
use crate::limits::Stop;
use std::ops::Range;

/// Looks through a stray stretch and opens the files in it.
///
/// # Errors
/// A spent limit.
pub(super) fn open(stray: Range<usize>, opener: &mut Opener<'_>) -> Result<(), Stop> {
    let raw = opener.raw;
    let text = raw.get(stray.clone()).unwrap_or_default();
    let before = opener.out.children.len();
    let mut leaves = leaves(text, stray.start);
    if leaves.len() > MOST_LEAVES {
        opener.out.missed("limit-artifacts", format!("{} parts outside all parts", leaves.len()));
        leaves.truncate(MOST_LEAVES);
    }
    let prose = leaves.first().map_or(text.len(), |leaf| leaf.header.start - stray.start);
    let prose = text.get(..prose).unwrap_or_default();
    let opened = wrapped::blocks(prose, opener.budget.limits().artifact_bytes)
        .into_iter()
        .try_for_each(|block| opener.stray_block(block))
        .and_then(|()| base64_runs(prose).into_iter().try_for_each(|bytes| opener.stray(bytes)))
        .and_then(|()| leaves.iter().try_for_each(|leaf| opener.open(leaf)));
    let found = opener.out.children.len() - before;
    if found > 0 {
        opener.out.broke("attachment-outside-parts", format!("{found} files where no part is"));
    }
    opened
}

/// Parts whose delimiter is lost but whose header is there: each MIME field that opens a header block begins one.
fn leaves(text: &[u8], base: usize) -> Vec<Leaf> {
    let mut found: Vec<Leaf> = Vec::new();
    let mut at = 0;
    let mut header: Option<usize> = None;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let start = at;
        at += line.len();
        let blank = line.trim_ascii().is_empty();
        match header {
            None if starts_with_mime_field(line) => {
                if let Some(last) = found.last_mut() {
                    last.body.end = base + start;
                }
                header = Some(start);
            }
            Some(from) if blank => {
                header = None;
                found.push(Leaf {
                    header: base + from..base + start,
                    body: base + at..base + text.len(),
                    in_digest: false,
                });
            }
            _ => {}
        }
    }
    found
}

/// Parts in one stray stretch that are opened.
const MOST_LEAVES: usize = 1_000;

/// Runs of base64 lines that decode to a known kind of file.
fn base64_runs(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut run: Vec<u8> = Vec::new();
    for line in text.split(|byte| *byte == b'\n').chain([&b"."[..]]) {
        let line = line.trim_ascii();
        let is_data =
            line.len() >= 4 && line.iter().all(|byte| base64::sextet(*byte).is_some() || *byte == b'=');
        if is_data {
            run.extend_from_slice(line);
        } else if !run.is_empty() {
            let decoded = if run.len() >= SHORTEST_RUN { base64::decode(&run).bytes } else { Vec::new() };
            run.clear();
            if base64::is_known_kind(&decoded) {
                found.push(decoded);
            }
        }
    }
    found
}

/// Letters of the shortest run looked at.
const SHORTEST_RUN: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Opened;
    use crate::keyring::Letter;
    use crate::limits::{Budget, Limits};

    #[test]
    fn headers_without_a_delimiter_begin_a_part() {
        let text = b"apology\nContent-Type: a/b\nX: y\n\none\nContent-Type: c/d\n\ntwo\n";
        let found = leaves(text, 0);
        let bodies: Vec<_> = found.iter().map(|leaf| &text[leaf.body.clone()]).collect();
        assert_eq!(bodies, [&b"one\n"[..], b"two\n"]);
        assert_eq!(leaves(b"This is a multi-part message in MIME format.\n", 0), []);
    }

    #[test]
    fn parts_beyond_the_limit_are_unread() {
        let text = b"Content-Type: a/b\n\nx\n".repeat(MOST_LEAVES + 1);
        let (mut out, mut letter) = (Opened::default(), Letter::default());
        let mut budget = Budget::new(&Limits::default());
        let mut opener = Opener { raw: &text, out: &mut out, letter: &mut letter, budget: &mut budget };
        open(0..text.len(), &mut opener).unwrap();
        assert_eq!((out.children.len(), out.unread[0].reason), (MOST_LEAVES, "limit-artifacts"));
    }

    #[test]
    fn runs_of_base64_are_known_by_what_they_make() {
        let zip = b"This is a message\nUEsDBBQAAAAIAAAA\nIQAAAAAAAAAAAAAAAAAAAAAAAAAA\nmore text";
        assert!(base64_runs(zip)[0].starts_with(b"PK\x03\x04"));
        assert_eq!(base64_runs(b"justonelongwordthatdecodestonothingknown\n"), Vec::<Vec<u8>>::new());
    }
}
