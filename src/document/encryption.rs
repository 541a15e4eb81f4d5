//! Which parts of a compound file are encrypted. The keyring does not open them yet; they are told to be unread.

use crate::artifact::Unread;
use crate::bytes::Reader;
use crate::compound::{Compound, Entry};
use crate::limits::{Budget, Stop};
use crate::message::msg;

/// How a stream shows that it, or what it stands for, is encrypted.
struct Mark {
    stream: &'static str,
    what: &'static str,
    test: fn(&[u8]) -> bool,
}

const MARKS: &[Mark] = &[
    Mark { stream: "encryptedpackage", what: "the whole package", test: |_| true },
    Mark { stream: "worddocument", what: "the text", test: is_encrypted_word },
    Mark { stream: "workbook", what: "the sheets", test: has_file_pass },
    Mark { stream: "book", what: "the sheets", test: has_file_pass },
    Mark { stream: "current user", what: "the slides", test: is_encrypted_slides },
];

/// Bytes of a stream in which its mark stands.
const HEAD: u64 = 64 << 10;

/// What of a compound file is encrypted.
pub(super) fn unread(compound: &Compound, budget: &mut Budget) -> Result<Vec<Unread>, Stop> {
    let mut found = Vec::new();
    for stream in compound.streams() {
        if let Some(mark) = mark(stream).filter(|_| !msg::gives(compound, stream)) {
            let head = compound.head(stream, HEAD, budget);
            if (mark.test)(&head.bytes) {
                found.push(Unread { reason: "encrypted", detail: format!("{}: {}", stream.path, mark.what) });
            }
            head.stop.map_or(Ok(()), Err)?;
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

/// MS-XLS 2.4.117: a FilePass record in the globals, which stand before all sheets.
fn has_file_pass(stream: &[u8]) -> bool {
    const FILE_PASS: u16 = 0x2f;
    const END: u16 = 0x0a;
    let mut reader = Reader::new(stream);
    while let (Some(id), Some(length)) = (reader.u16(), reader.u16()) {
        match id {
            FILE_PASS => return true,
            END => return false,
            _ => {
                if reader.skip(length.into()).is_none() {
                    return false;
                }
            }
        }
    }
    false
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
        assert!(has_file_pass(globals));
        assert!(!has_file_pass(b"\x09\x08\x04\0abcd\x0a\0\0\0\x2f\0\x02\0xx"));
        assert!(!has_file_pass(&globals[..7]));
        assert!(is_encrypted_slides(b"\0\0\xf6\x0f\x14\0\0\0\x14\0\0\0\xdf\xc4\xd1\xf3"));
        assert!(!is_encrypted_slides(b"\0\0\xf6\x0f\x14\0\0\0\x14\0\0\0\x5f\xc0\x91\xe3"));
    }
}
