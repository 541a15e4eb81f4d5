//! lzip files (the lzip manual, "File format"): every member, each with CRC-32 and size, and what stands behind the
//! last one.

use super::stream::{Joined, Notes, Packed, Stream, behind};
use crate::bytes::Reader;
use crate::codec::Lzma;
use std::io::{self, Read};

/// The format.
pub(super) const LZIP: Packed = Packed {
    id: "lzip",
    data_after: "lzip-data-after",
    data_between: "lzip-data-between",
    open: |bytes| Box::new(Joined::<Member<'_>>::new(bytes)),
};

/// One member.
struct Member<'a> {
    data: &'a [u8],
    stream: Lzma<'a>,
    crc: crc32fast::Hasher,
    size: u64,
}

/// The only properties there are: three bits of context, none of position for literals, two for matches.
const PROPERTIES: u8 = 93;

impl<'a> Stream<'a> for Member<'a> {
    fn begin(data: &'a [u8], _: &mut Notes<'a>) -> io::Result<Option<Self>> {
        let mut reader = Reader::new(data);
        if reader.array() != Some(*b"LZIP\x01") {
            return Ok(None);
        }
        let dictionary = reader.u8().and_then(dictionary);
        let dictionary = dictionary.ok_or_else(|| io::Error::other("the size of the dictionary is none"))?;
        let stream = Lzma::new(reader.rest(), None, PROPERTIES, dictionary)?;
        Ok(Some(Self { data, stream, crc: crc32fast::Hasher::new(), size: 0 }))
    }

    fn end(self, notes: &mut Notes<'a>) -> io::Result<()> {
        let mut trailer = Reader::new(behind(self.data, self.stream.left()));
        let (Some(crc), Some(size), Some(_member)) = (trailer.u32(), trailer.u64(), trailer.u64()) else {
            notes.rest = &[];
            return Err(io::Error::other("the file ends before its CRC-32"));
        };
        if crc != self.crc.finalize() || size != self.size {
            notes.wrong = Some("the CRC-32 or the size of a member is wrong");
        }
        notes.rest = trailer.rest();
        Ok(())
    }
}

/// A power of two in the lower five bits, less as many sixteenths of it as the upper three say.
fn dictionary(coded: u8) -> Option<u32> {
    let base = 1u32 << (coded & 0x1f);
    let size = base - (base / 16) * u32::from(coded >> 5);
    (12..=29).contains(&(coded & 0x1f)).then_some(size)
}

impl Read for Member<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(output)?;
        self.crc.update(output.get(..length).unwrap_or_default());
        self.size += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::tests::{hold, open};
    use super::*;

    fn member(plain: &[u8]) -> Vec<u8> {
        let mut options = lzma_rust2::LzmaOptions::with_preset(1);
        options.dict_size = 1 << 16;
        let mut out = lzma_rust2::LzmaWriter::new_no_header(Vec::new(), &options, true).unwrap();
        std::io::Write::write_all(&mut out, plain).unwrap();
        let body = out.finish().unwrap();
        let size = u64::try_from(plain.len()).unwrap().to_le_bytes();
        let whole = u64::try_from(body.len() + 26).unwrap().to_le_bytes();
        [b"LZIP\x01\x10", &body[..], &crc32fast::hash(plain).to_le_bytes(), &size, &whole].concat()
    }

    #[test]
    fn members_are_joined() {
        let out = open(&LZIP, "a.tlz", &[member(b"hello "), member(b"world")].concat());
        let child = &out.children[0];
        assert_eq!((child.name.as_str(), child.bytes.as_slice()), ("a.tar", &b"hello world"[..]));
        assert!(child.unread.is_empty());
    }

    #[test]
    fn cut_anywhere_it_keeps_what_came_and_says_so() {
        let plain: Vec<u8> = (0..200u8).cycle().take(5000).collect();
        hold(&LZIP, &member(&plain), &plain, 0);
    }

    #[test]
    fn sizes_of_dictionaries_are_decoded() {
        assert_eq!((dictionary(0xd3), dictionary(0x1d)), (Some(320 << 10), Some(512 << 20)));
        assert_eq!((dictionary(0x0b), dictionary(0x1e)), (None, None));
    }
}
