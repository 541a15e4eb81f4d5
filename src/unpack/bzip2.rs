//! bzip2 files (the format that the bzip2 1.0 manual names; no standard): every stream, and what stands behind the
//! last one. Each block has a CRC-32, and each stream one of these.

use super::stream::{Notes, Packed, Streams, behind};
use crate::codec::{Bunzip2, bunzip2};
use std::io::{self, Read};

/// The format.
pub(super) const BZIP2: Packed = Packed {
    id: "bzip2",
    data_after: "bzip2-data-after",
    data_between: "bzip2-data-between",
    open: |bytes| Box::new(File { bytes, streams: bunzip2(bytes) }),
};

struct File<'a> {
    bytes: &'a [u8],
    streams: Bunzip2<&'a [u8]>,
}

impl Read for File<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.streams.read(output)
    }
}

impl Streams for File<'_> {
    fn notes(&self) -> Notes<'_> {
        let used = usize::try_from(self.streams.consumed()).unwrap_or(usize::MAX);
        let left = if self.streams.has_ended() { self.bytes.len().saturating_sub(used) } else { 0 };
        Notes { rest: behind(self.bytes, left), ..Notes::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::tests::{hold, open};
    use super::*;
    use crate::codec::{Codec, tests::pack};

    #[test]
    fn streams_are_joined_empty_ones_too() {
        let empty = pack(Codec::Bzip2, b"");
        let one = pack(Codec::Bzip2, b"hello ");
        let file = [&empty[..], &one, &empty, &pack(Codec::Bzip2, b"world")].concat();
        let out = open(&BZIP2, "a.doc.bz2", &file);
        assert_eq!(
            (out.children[0].name.as_str(), out.children[0].bytes.as_slice()),
            ("a.doc", &b"hello world"[..])
        );
        assert!(out.facts.is_empty() && out.children[0].unread.is_empty());
    }

    #[test]
    fn cut_anywhere_it_keeps_what_came_and_says_so() {
        let plain: Vec<u8> = (0..200u8).cycle().take(5000).collect();
        hold(&BZIP2, &pack(Codec::Bzip2, &plain), &plain, 0);
    }

    #[test]
    fn a_file_of_beginnings_alone_ends() {
        let empty = pack(Codec::Bzip2, b"");
        let out = open(&BZIP2, "a.bz2", &empty.repeat(100_001));
        assert_eq!(out.children[0].unread[0].reason, "damaged");
    }
}
