//! xz files (the .xz file format 1.2.0): every stream, the padding between them, and what stands behind the last one.
//! Blocks are checked by the CRC or SHA-256 they bring; a file with a wrong index is unread from there.

use super::stream::{Joined, Notes, Packed, Stream, behind};
use crate::codec::Xz;
use std::io::{self, Read};

/// The format.
pub(super) const XZ: Packed = Packed {
    id: "xz",
    data_after: "xz-data-after",
    data_between: "xz-data-between",
    open: |bytes| Box::new(Joined::<One<'_>>::new(bytes)),
};

/// One stream.
struct One<'a> {
    data: &'a [u8],
    stream: Xz<'a>,
}

impl<'a> Stream<'a> for One<'a> {
    fn begin(data: &'a [u8], _: &mut Notes<'a>) -> io::Result<Option<Self>> {
        Ok(data.starts_with(b"\xfd7zXZ\0").then(|| Self { data, stream: Xz::new(data) }))
    }

    /// Steps over the padding: zeros, in groups of four.
    fn end(self, notes: &mut Notes<'a>) -> io::Result<()> {
        notes.rest = behind(self.data, self.stream.left());
        while let Some(rest) = notes.rest.strip_prefix(&[0; 4]) {
            notes.rest = rest;
        }
        Ok(())
    }
}

impl Read for One<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.stream.read(output)
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::tests::{hold, open};
    use super::*;
    use crate::codec::{Codec, tests::pack};

    #[test]
    fn streams_are_joined_over_their_padding() {
        let file = [pack(Codec::Xz, b"hello "), [0; 8].to_vec(), pack(Codec::Xz, b"world")].concat();
        let out = open(&XZ, "a.txz", &file);
        let child = &out.children[0];
        assert_eq!((child.name.as_str(), child.bytes.as_slice()), ("a.tar", &b"hello world"[..]));
        assert!(out.facts.is_empty() && child.unread.is_empty());
    }

    #[test]
    fn cut_anywhere_it_keeps_what_came_and_says_so() {
        let plain: Vec<u8> = (0..200u8).cycle().take(5000).collect();
        hold(&XZ, &pack(Codec::Xz, &plain), &plain, 0);
    }

    #[test]
    fn what_comes_before_a_fault_is_kept() {
        let noise = std::iter::successors(Some(7u32), |n| Some(n.wrapping_mul(1_664_525).wrapping_add(1)));
        let plain: Vec<u8> = noise.map(|n| n.to_be_bytes()[0] % 61).take(20_000).collect();
        let file = pack(Codec::Xz, &plain);
        let child = &open(&XZ, "a.xz", &file[..file.len() / 2]).children[0];
        assert!(child.bytes.len() > 9_000 && plain.starts_with(&child.bytes));
    }
}
