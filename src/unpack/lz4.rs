//! LZ4 files: every frame, legacy ones too, skippable ones passed over, and what stands behind the last one.

use super::stream::{Notes, Packed, Streams};
use crate::codec::Lz4;
use std::io::{self, Read};

/// The format.
pub(super) const LZ4: Packed = Packed {
    id: "lz4",
    data_after: "lz4-data-after",
    data_between: "lz4-data-between",
    open: |bytes| Box::new(File { frames: Lz4::new(bytes), has_ended: false }),
};

struct File<'a> {
    frames: Lz4<'a>,
    has_ended: bool,
}

impl Read for File<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let made = self.frames.read(output)?;
        self.has_ended |= made == 0;
        Ok(made)
    }
}

impl Streams for File<'_> {
    fn notes(&self) -> Notes<'_> {
        Notes {
            wrong: self.frames.is_wrong().then_some("the checksum of a frame is wrong"),
            between: self.frames.skipped(),
            rest: if self.has_ended { self.frames.rest() } else { &[] },
            ..Notes::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::tests::{hold, open};
    use super::*;

    /// `printf hello | lz4 -c`.
    const FILE: &[u8] =
        b"\x04\x22\x4d\x18\x64\x40\xa7\x05\x00\x00\x80\x68\x65\x6c\x6c\x6f\x00\x00\x00\x00\xf9\x77\x00\xfb";

    #[test]
    fn cut_anywhere_it_keeps_what_came_and_says_so() {
        hold(&LZ4, FILE, b"hello", 0);
    }

    #[test]
    fn a_wrong_checksum_is_unread_and_the_bytes_stay() {
        let mut file = FILE.to_vec();
        let last = file.len() - 1;
        file[last] ^= 1;
        let child = &open(&LZ4, "a.lz4", &file).children[0];
        assert_eq!((child.bytes.as_slice(), child.unread[0].reason), (&b"hello"[..], "damaged"));
    }
}
