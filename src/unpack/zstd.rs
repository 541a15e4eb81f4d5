//! zstd files (RFC 8878): every frame, skippable ones passed over, and what stands behind the last one. Frames that
//! bring a checksum are held to it.

use super::stream::{Notes, Packed, Streams};
use crate::codec::Zstd;
use std::io::{self, Read};

/// The format.
pub(super) const ZSTD: Packed = Packed {
    id: "zstd",
    data_after: "zstd-data-after",
    data_between: "zstd-data-between",
    open: |bytes| Box::new(File { frames: Zstd::new(bytes), has_ended: false }),
};

struct File<'a> {
    frames: io::Result<Zstd<&'a [u8]>>,
    has_ended: bool,
}

impl Read for File<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let made = match &mut self.frames {
            Ok(frames) => frames.read(output)?,
            Err(error) => return Err(io::Error::other(error.to_string())),
        };
        self.has_ended |= made == 0;
        Ok(made)
    }
}

impl Streams for File<'_> {
    fn notes(&self) -> Notes<'_> {
        let Ok(frames) = &self.frames else { return Notes::default() };
        Notes {
            wrong: frames.is_wrong().then_some("the checksum of a frame is wrong"),
            between: frames.skipped(),
            rest: if self.has_ended { frames.source() } else { &[] },
            ..Notes::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::tests::{hold, open};
    use super::*;
    use crate::artifact::Fact;
    use crate::codec::{Codec, tests::pack};

    const SKIPPABLE: &[u8] = &[0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];

    #[test]
    fn frames_are_joined_over_skippable_ones() {
        let hello = pack(Codec::Zstd, b"hello ");
        let file = [SKIPPABLE, &hello, SKIPPABLE, &pack(Codec::Zstd, b"world"), SKIPPABLE].concat();
        let out = open(&ZSTD, "a.zst", &file);
        assert_eq!(
            (out.children[0].bytes.as_slice(), out.children[0].unread.len()),
            (&b"hello world"[..], 0)
        );
        assert_eq!(out.facts, [Fact::Trick { what: "zstd-data-between", detail: "6 bytes".into() }]);
    }

    #[test]
    fn cut_anywhere_it_keeps_what_came_and_says_so() {
        let plain: Vec<u8> = (0..200u8).cycle().take(5000).collect();
        hold(&ZSTD, &pack(Codec::Zstd, &plain), &plain, 0);
    }

    #[test]
    fn a_wrong_checksum_is_unread_and_the_bytes_stay() {
        // `printf hello | zstd --check`.
        let mut file = b"\x28\xb5\x2f\xfd\x04\x58\x29\x00\x00\x68\x65\x6c\x6c\x6f\xa3\x6d\x9f\x88".to_vec();
        let before = open(&ZSTD, "a.zst", &file);
        let last = file.len() - 1;
        file[last] ^= 1;
        let after = open(&ZSTD, "a.zst", &file);
        assert_eq!((before.children[0].unread.len(), after.children[0].unread.len()), (0, 1));
        assert_eq!(after.children[0].bytes, b"hello");
    }
}
