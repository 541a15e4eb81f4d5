//! Which parts of a compound file are encrypted, by the marks that stand in their streams.

use crate::bytes::Reader;
use crate::compound::{Compound, Entry};
use crate::limits::{Budget, Stop};

/// How a stream shows that it, or what it stands for, is encrypted.
#[derive(Debug)]
pub(super) struct Mark {
    stream: &'static str,
    /// What of the document is encrypted, in words.
    pub(super) what: &'static str,
    /// What locks it.
    pub(super) lock: Lock,
    /// What its beginning shows; none where the name alone is the mark.
    test: Option<fn(&[u8]) -> bool>,
}

/// What locks a part of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    Package,
    Word,
    Workbook,
    Slides,
    /// A server gives the key to whom it knows.
    Rights,
}

const MARKS: &[Mark] = &[
    Mark { stream: "encryptedpackage", what: "the whole package", lock: Lock::Package, test: None },
    Mark { stream: "\u{9}drmcontent", what: "rights management", lock: Lock::Rights, test: None },
    Mark { stream: "worddocument", what: "the text", lock: Lock::Word, test: Some(is_encrypted_word) },
    Mark { stream: "workbook", what: "the sheets", lock: Lock::Workbook, test: Some(has_file_pass) },
    Mark { stream: "book", what: "the sheets", lock: Lock::Workbook, test: Some(has_file_pass) },
    Mark { stream: "current user", what: "the slides", lock: Lock::Slides, test: Some(is_encrypted_slides) },
];

/// Bytes of a stream in which its mark stands.
pub(super) const HEAD: u64 = 64 << 10;

/// What of a compound file is encrypted.
pub(super) fn find<'c>(
    compound: &'c Compound,
    budget: &mut Budget,
) -> Result<Vec<(&'c Entry, &'static Mark)>, Stop> {
    let mut found = Vec::new();
    for stream in compound.streams() {
        let Some(mark) = mark(stream) else { continue };
        let is_marked = match mark.test {
            None => true,
            Some(test) => {
                let head = compound.head(stream, HEAD, budget);
                head.stop.map_or(Ok(()), Err)?;
                test(&head.bytes)
            }
        };
        if is_marked {
            found.push((stream, mark));
        }
    }
    Ok(found)
}

fn mark(stream: &Entry) -> Option<&'static Mark> {
    MARKS.iter().find(|mark| stream.name.eq_ignore_ascii_case(mark.stream))
}

/// MS-DOC 2.5.2: `fEncrypted` in FibBase.
fn is_encrypted_word(stream: &[u8]) -> bool {
    Reader::at(stream, 0x0a).and_then(|mut fib| fib.u16()).is_some_and(|flags| flags & 0x0100 != 0)
}

/// Whether a workbook is encrypted.
pub(super) fn has_file_pass(stream: &[u8]) -> bool {
    file_pass(stream).is_some()
}

/// MS-XLS 2.4.117: place and data of the FilePass record in the globals, which stand before all sheets.
pub(super) fn file_pass(stream: &[u8]) -> Option<(usize, &[u8])> {
    const FILE_PASS: u16 = 0x2f;
    const END: u16 = 0x0a;
    let mut reader = Reader::new(stream);
    loop {
        let at = reader.position();
        let (id, length) = (reader.u16()?, usize::from(reader.u16()?));
        match id {
            FILE_PASS => return Some((at, reader.take_up_to(length))),
            END => return None,
            _ => reader.skip(length)?,
        }
    }
}

/// MS-PPT 2.3.2: `headerToken` in CurrentUserAtom.
fn is_encrypted_slides(stream: &[u8]) -> bool {
    Reader::at(stream, 12).and_then(|mut atom| atom.u32()) == Some(0xf3d1_c4df)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_is_seen_where_it_stands() {
        assert!(is_encrypted_word(b"\xec\xa5\xc1\0\0\0\0\0\0\0\x00\x01"));
        assert!(!is_encrypted_word(b"\xec\xa5\xc1\0\0\0\0\0\0\0\xff\xfe"));
        assert!(!is_encrypted_word(b"\xec\xa5"));
        let globals = b"\x09\x08\x04\0abcd\x2f\0\x02\0xx\x0a\0\0\0";
        assert_eq!(file_pass(globals), Some((8, &b"xx"[..])));
        assert!(!has_file_pass(b"\x09\x08\x04\0abcd\x0a\0\0\0\x2f\0\x02\0xx"));
        assert!(!has_file_pass(&globals[..7]));
        assert!(is_encrypted_slides(b"\0\0\xf6\x0f\x14\0\0\0\x14\0\0\0\xdf\xc4\xd1\xf3"));
        assert!(!is_encrypted_slides(b"\0\0\xf6\x0f\x14\0\0\0\x14\0\0\0\x5f\xc0\x91\xe3"));
    }
}
