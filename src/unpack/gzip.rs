//! gzip files (RFC 1952): every member, their names, and what stands behind the last one.
//!
//! The members of one file are one stream by the RFC, and unpackers join them; so they make one child. A `.tar.gz`
//! thus gives a tar.

use super::stream::{Joined, Notes, Packed, Stream};
use crate::bytes::Reader;
use crate::codec::{Inflate, inflate};
use crate::zip::decode_name;
use std::io::{self, Read};

/// The format.
pub(super) const GZIP: Packed = Packed {
    id: "gzip",
    data_after: "gzip-data-after",
    data_between: "gzip-data-between",
    open: |bytes| Box::new(Joined::<Member<'_>>::new(bytes)),
};

/// One member.
struct Member<'a> {
    data: &'a [u8],
    stream: Inflate<&'a [u8]>,
    crc: crc32fast::Hasher,
    size: u32,
}

impl<'a> Stream<'a> for Member<'a> {
    fn begin(bytes: &'a [u8], notes: &mut Notes<'a>) -> io::Result<Option<Self>> {
        Ok(header(bytes).map(|(data, name)| {
            notes.name = notes.name.take().or(name);
            Self { data, stream: inflate(data), crc: crc32fast::Hasher::new(), size: 0 }
        }))
    }

    /// Checks the trailer: CRC-32 and size modulo 2^32 (RFC 1952 2.3.1).
    fn end(self, notes: &mut Notes<'a>) -> io::Result<()> {
        let used = usize::try_from(self.stream.consumed()).unwrap_or(usize::MAX);
        let mut trailer = Reader::new(self.data.get(used..).unwrap_or_default());
        let (Some(crc), Some(size)) = (trailer.u32(), trailer.u32()) else {
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

impl Read for Member<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(output)?;
        self.crc.update(output.get(..length).unwrap_or_default());
        self.size = self.size.wrapping_add(u32::try_from(length).unwrap_or_default());
        Ok(length)
    }
}

/// The data behind a member header (RFC 1952 2.3) and the name in it. The RFC says Latin-1; people write what they
/// have.
fn header(bytes: &[u8]) -> Option<(&[u8], Option<String>)> {
    let mut reader = Reader::new(bytes);
    if reader.array()? != [0x1f, 0x8b, 8] {
        return None;
    }
    let flags = reader.u8()?;
    reader.skip(6)?;
    if flags & 4 != 0 {
        let length = reader.u16()?;
        reader.skip(usize::from(length))?;
    }
    let name = if flags & 8 != 0 { Some(text(&mut reader)?) } else { None };
    if flags & 16 != 0 {
        text(&mut reader)?;
    }
    if flags & 2 != 0 {
        reader.skip(2)?;
    }
    Some((reader.rest(), name.filter(|name| !name.is_empty()).map(decode_name)))
}

/// A zero-terminated text.
fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = memchr::memchr(0, reader.rest())?;
    let text = reader.take(length);
    reader.skip(1)?;
    text
}

#[cfg(test)]
mod tests {
    use super::super::stream::tests::{hold, open};
    use super::*;
    use crate::codec::{Codec, tests::pack};

    fn member(flags: u8, fields: &[u8], plain: &[u8]) -> Vec<u8> {
        let head = [0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
        let size = u32::try_from(plain.len()).unwrap().to_le_bytes();
        let crc = crc32fast::hash(plain).to_le_bytes();
        [&head[..], fields, &pack(Codec::Deflate, plain), &crc, &size].concat()
    }

    #[test]
    fn members_are_joined_and_named_by_the_first() {
        let fields = [&[3, 0, 1, 2, 3][..], b"\x95\x5c.doc\0", b"comment\0", &[9, 9]].concat();
        let file = [member(4 | 8 | 16 | 2, &fields, b"hello "), member(8, b"other\0", b"world")].concat();
        let out = open(&GZIP, "a.gz", &file);
        assert_eq!(out.children[0].name, "表.doc");
        assert_eq!(out.children[0].bytes, b"hello world");
        assert!(
            out.facts.is_empty() && out.children[0].damage.is_empty() && out.children[0].unread.is_empty()
        );
    }

    #[test]
    fn padding_behind_is_not_noted() {
        let file = [member(0, b"", b"x"), [0; 512].to_vec()].concat();
        assert_eq!(open(&GZIP, "a.gz", &file).facts, []);
    }

    #[test]
    fn a_wrong_crc_is_unread_and_the_bytes_stay() {
        let mut file = member(0, b"", b"hello");
        let place = file.len() - 8;
        file[place] ^= 1;
        let out = open(&GZIP, "a.gz", &file);
        assert_eq!((out.children[0].bytes.as_slice(), out.children[0].damage.len()), (&b"hello"[..], 1));
        assert_eq!(out.children[0].unread[0].reason, "damaged");
    }

    #[test]
    fn cut_anywhere_it_keeps_what_came_and_says_so() {
        let plain: Vec<u8> = (0..200u8).cycle().take(5000).collect();
        hold(&GZIP, &member(8, b"name\0", &plain), &plain, 0);
    }
}
