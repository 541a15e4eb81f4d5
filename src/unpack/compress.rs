//! .Z files of Unix compress: two bytes mark, one byte of flags, codes to the end of the file. They bring no size and
//! no checksum, so that a cut is not seen.

use super::stream::{Notes, Packed, Streams};
use crate::bytes::Reader;
use crate::codec::Lzw;
use std::io::{self, Read};

/// The format.
pub(super) const COMPRESS: Packed = Packed {
    id: "compress",
    data_after: "compress-data-after",
    data_between: "compress-data-between",
    open: |bytes| Box::new(File(header(bytes))),
};

struct File<'a>(Option<Lzw<'a>>);

fn header(bytes: &[u8]) -> Option<Lzw<'_>> {
    let mut reader = Reader::new(bytes);
    let [_, _, flags] = reader.array()?;
    Lzw::new(flags, reader.rest())
}

impl Read for File<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Some(codes) => codes.read(output),
            None => Err(io::Error::other("the header is broken")),
        }
    }
}

impl Streams for File<'_> {
    fn notes(&self) -> Notes<'_> {
        Notes::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::tests::open;
    use super::*;

    /// 36 letters, `abab…`, by `compress -c`.
    const FILE: &[u8] = b"\x1f\x9d\x90\x61\xc4\x04\x1c\x28\xb0\x20\xc1\x83\x06\x13\x22\x04";

    #[test]
    fn a_file_is_unpacked() {
        let out = open(&COMPRESS, "a.tar.Z", FILE);
        let child = &out.children[0];
        assert_eq!((child.name.as_str(), child.bytes.as_slice()), ("a.tar", "ab".repeat(18).as_bytes()));
        assert!(child.unread.is_empty() && out.facts.is_empty());
    }

    #[test]
    fn cuts_and_flipped_bits_keep_what_came() {
        for cut in 0..FILE.len() {
            let out = open(&COMPRESS, "a.Z", &FILE[..cut]);
            assert!("ab".repeat(18).as_bytes().starts_with(&out.children[0].bytes));
        }
        for at in 0..FILE.len() {
            let mut bad = FILE.to_vec();
            bad[at] ^= 1 << (at % 8);
            assert_eq!(open(&COMPRESS, "a.Z", &bad).children.len(), 1);
        }
        assert_eq!(open(&COMPRESS, "a.Z", b"\x1f\x9d\x99").children[0].unread[0].reason, "damaged");
    }
}
