//! .lzma files, the format of LZMA Utils before xz (described in the documents of the LZMA SDK): properties, size of
//! the dictionary, size of the content or none, and one stream. There is no checksum.

use super::stream::{Joined, Notes, Packed, Stream, behind};
use crate::bytes::Reader;
use crate::codec::Lzma;
use std::io::{self, Read};

/// The format.
pub(super) const LZMA: Packed = Packed {
    id: "lzma",
    data_after: "lzma-data-after",
    data_between: "lzma-data-between",
    open: |bytes| Box::new(Joined::<One<'_>>::new(bytes)),
};

/// The stream.
struct One<'a> {
    data: &'a [u8],
    stream: Lzma<'a>,
}

impl<'a> Stream<'a> for One<'a> {
    fn begin(data: &'a [u8], notes: &mut Notes<'a>) -> io::Result<Option<Self>> {
        let mut reader = Reader::new(data);
        let (Some(properties), Some(dictionary), Some(size)) = (reader.u8(), reader.u32(), reader.u64())
        else {
            return Ok(None);
        };
        // A file is one stream.
        if std::mem::replace(&mut notes.has_ended, true) {
            return Ok(None);
        }
        let size = Some(size).filter(|size| *size != u64::MAX);
        Ok(Some(Self { data, stream: Lzma::new(reader.rest(), size, properties, dictionary)? }))
    }

    fn end(self, notes: &mut Notes<'a>) -> io::Result<()> {
        notes.rest = behind(self.data, self.stream.left());
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

    /// The ZIP form has the same stream behind another header.
    fn file(plain: &[u8], size: Option<u64>) -> Vec<u8> {
        let packed = pack(Codec::Lzma { size }, plain);
        [&packed[4..9], &size.unwrap_or(u64::MAX).to_le_bytes(), &packed[9..]].concat()
    }

    #[test]
    fn cut_anywhere_it_keeps_what_came_and_says_so() {
        let plain: Vec<u8> = (0..200u8).cycle().take(5000).collect();
        hold(&LZMA, &file(&plain, None), &plain, 0);
        hold(&LZMA, &file(&plain, Some(5000)), &plain, 0);
    }

    #[test]
    fn a_dictionary_of_gigabytes_is_refused() {
        let mut file = file(b"hello", None);
        file[4] = 0x40;
        assert_eq!(open(&LZMA, "a.lzma", &file).children[0].unread[0].reason, "damaged");
    }
}
