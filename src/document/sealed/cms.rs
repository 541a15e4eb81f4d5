//! The Cryptographic Message Syntax (RFC 5652) as far as it shows what is inside: signed content (section 5) and
//! compressed content (RFC 3274). In BER (X.690), for streams are written with lengths that only their end tells.

use crate::bytes::Reader;

/// What a `ContentInfo` holds.
pub(super) enum Sealed {
    /// Signatures or certificates without content.
    Nothing,
    Encrypted,
    /// Content in a form that is not read.
    Unknown,
    Signed(Content),
    /// A zlib stream.
    Compressed(Content),
}

/// The octets of a content.
#[derive(Default)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    pub(super) is_cut: bool,
}

/// The content types (RFC 5652 section 14) by their object identifiers.
const SIGNED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const COMPRESSED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09";
const ENCRYPTED: &[&[u8]] = &[
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x04",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06",
    // AuthenticatedData, AuthEnvelopedData (RFC 5083).
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x02",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
];

/// Whether the bytes begin as a `ContentInfo` that seals something.
pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    content_type(&mut Reader::new(bytes))
        .is_some_and(|found| found == SIGNED || found == COMPRESSED || ENCRYPTED.contains(&found))
}

fn content_type<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    enter(reader, SEQUENCE)?;
    primitive(reader, IDENTIFIER)
}

/// Reads a `ContentInfo`; nothing where the bytes are none.
pub(super) fn sealed(bytes: &[u8]) -> Option<Sealed> {
    let mut reader = Reader::new(bytes);
    let content_type = content_type(&mut reader)?;
    if ENCRYPTED.contains(&content_type) {
        return Some(Sealed::Encrypted);
    }
    match content_type {
        SIGNED => Some(encapsulated(reader).map_or(Sealed::Unknown, |found| match found {
            Some(content) => Sealed::Signed(content),
            None => Sealed::Nothing,
        })),
        COMPRESSED => match encapsulated(reader) {
            Some(Some(content)) => Some(Sealed::Compressed(content)),
            _ => Some(Sealed::Unknown),
        },
        _ => None,
    }
}

/// The encapsulated content behind the version and the algorithms; `Some(None)` where there is none.
fn encapsulated(mut reader: Reader) -> Option<Option<Content>> {
    let reader = &mut reader;
    enter(reader, EXPLICIT)?;
    enter(reader, SEQUENCE)?;
    // The version, and the algorithms of digests or of compression.
    skip(reader)?;
    skip(reader)?;
    let (tag, length) = header(reader)?;
    if tag != SEQUENCE {
        return None;
    }
    if let Some(length) = length {
        *reader = Reader::new(reader.take_up_to(length));
    }
    primitive(reader, IDENTIFIER)?;
    match header(reader) {
        Some((EXPLICIT, _)) => octets(reader).map(Some),
        // Nothing, or the end of a sequence without a length.
        _ => Some(None),
    }
}

const END: u8 = 0;
const OCTETS: u8 = 0x04;
const IDENTIFIER: u8 = 0x06;
const PIECES: u8 = 0x24;
const SEQUENCE: u8 = 0x30;
const EXPLICIT: u8 = 0xa0;
const CONSTRUCTED: u8 = 0x20;

/// An octet string, whole or in pieces.
fn octets(reader: &mut Reader) -> Option<Content> {
    let (tag, length) = header(reader)?;
    let mut content = Content::default();
    match (tag, length) {
        (OCTETS, Some(length)) => content.take(reader, length),
        (PIECES, Some(length)) => {
            let mut pieces = Reader::new(reader.take_up_to(length));
            content.is_cut = pieces.rest().len() < length;
            content.pieces(&mut pieces, 0);
        }
        (PIECES, None) => content.pieces(reader, 1),
        _ => return None,
    }
    Some(content)
}

impl Content {
    fn take(&mut self, reader: &mut Reader, length: usize) {
        let piece = reader.take_up_to(length);
        self.is_cut |= piece.len() < length;
        self.bytes.extend_from_slice(piece);
    }

    /// Pieces until their end; `open` counts the strings that only an end closes.
    fn pieces(&mut self, reader: &mut Reader, mut open: u32) {
        while !reader.is_empty() {
            match header(reader) {
                Some((OCTETS, Some(length))) => self.take(reader, length),
                Some((PIECES, Some(_))) => {}
                Some((PIECES, None)) => open += 1,
                Some((END, _)) if open > 1 => open -= 1,
                Some((END, _)) => return,
                _ => break,
            }
        }
        self.is_cut |= open > 0 || !reader.is_empty();
    }
}

/// The tag and the length of an element, none where only an end closes it (X.690 8.1). Tags of several bytes stand in
/// none of these structures.
fn header(reader: &mut Reader) -> Option<(u8, Option<usize>)> {
    let tag = reader.u8()?;
    let first = reader.u8()?;
    let length = match first {
        0x80 => return Some((tag, None)),
        ..0x80 => usize::from(first),
        _ => {
            let digits = reader.take(usize::from(first & 0x7f))?;
            digits.iter().try_fold(0usize, |sum, digit| Some(sum.checked_mul(256)? | usize::from(*digit)))?
        }
    };
    Some((tag, Some(length)))
}

/// Steps into an element.
fn enter(reader: &mut Reader, tag: u8) -> Option<()> {
    (header(reader)?.0 == tag).then_some(())
}

/// The bytes of an element that holds no others.
fn primitive<'a>(reader: &mut Reader<'a>, tag: u8) -> Option<&'a [u8]> {
    let (found, length) = header(reader)?;
    (found == tag).then(|| reader.take(length?))?
}

/// Steps over an element with all that is in it.
fn skip(reader: &mut Reader) -> Option<()> {
    let mut open = 0u32;
    loop {
        match header(reader)? {
            (END, Some(0)) => open = open.checked_sub(1)?,
            (_, Some(length)) => reader.skip(length)?,
            (tag, None) if tag & CONSTRUCTED != 0 => open += 1,
            _ => return None,
        }
        if open == 0 {
            return Some(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::writer::{DATA, element, info};
    use super::*;

    fn told(bytes: &[u8]) -> Option<(&'static str, Vec<u8>)> {
        sealed(bytes).map(|sealed| match sealed {
            Sealed::Nothing => ("nothing", Vec::new()),
            Sealed::Encrypted => ("encrypted", Vec::new()),
            Sealed::Unknown => ("unknown", Vec::new()),
            Sealed::Signed(content) => (if content.is_cut { "cut" } else { "signed" }, content.bytes),
            Sealed::Compressed(content) => ("compressed", content.bytes),
        })
    }

    #[test]
    fn content_is_found_in_every_form_of_length() {
        let definite = |octets: &[u8]| {
            let content = element(EXPLICIT, octets);
            let inner = element(SEQUENCE, &[element(IDENTIFIER, DATA), content].concat());
            info(SIGNED, &[b"\x02\x01\x01\x31\x02\x30\0".as_slice(), &inner, b"\x31\0"].concat())
        };
        let long = b"x".repeat(70_000);
        for (octets, want) in [
            (element(OCTETS, b"hello"), b"hello".to_vec()),
            (element(OCTETS, &long), long.clone()),
            (element(PIECES, &[element(OCTETS, b"hel"), element(OCTETS, b"lo")].concat()), b"hello".to_vec()),
            (b"\x24\x80\x04\x03hel\x24\x80\x04\x02lo\0\0\0\0".to_vec(), b"hello".to_vec()),
        ] {
            assert_eq!(told(&definite(&octets)), Some(("signed", want)));
        }
        let endless = [
            b"\x30\x80\x06\x09".as_slice(),
            SIGNED,
            b"\xa0\x80\x30\x80\x02\x01\x01\x31\x80\x30\x80\x06\x01\x2a\0\0\0\0\x30\x80\x06\x09",
            DATA,
            b"\xa0\x80\x24\x80\x04\x05hello\0\0\0\0\0\0",
        ]
        .concat();
        assert_eq!(told(&endless), Some(("signed", b"hello".to_vec())));
        for length in 0..endless.len() {
            let _any = told(&endless[..length]);
        }
        for at in 0..endless.len() {
            let mut bad = endless.clone();
            bad[at] ^= 1 << (at % 8);
            let _any = told(&bad);
        }
        assert_eq!(told(&endless[..endless.len() - 8]), Some(("cut", b"hel".to_vec())));
    }

    #[test]
    fn signatures_alone_hold_nothing() {
        let inner = element(SEQUENCE, &element(IDENTIFIER, DATA));
        let detached = info(SIGNED, &[b"\x02\x01\x01\x31\0".as_slice(), &inner, b"\xa0\x02\x30\0"].concat());
        assert_eq!(told(&detached), Some(("nothing", vec![])));
        assert_eq!(told(&info(ENCRYPTED[0], b"\x02\x01\0")), Some(("encrypted", vec![])));
        assert_eq!(told(&info(SIGNED, b"\x02\x01\x01")), Some(("unknown", vec![])));
        assert_eq!((told(b"\x30\x03\x02\x01\x05"), told(b"hello")), (None, None));
    }
}

/// Writers for tests.
#[cfg(test)]
pub(super) mod writer {
    use super::*;

    pub(in crate::document::sealed) const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

    pub(in crate::document::sealed) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &length, content].concat()
    }

    pub(in crate::document::sealed) fn info(content_type: &[u8], body: &[u8]) -> Vec<u8> {
        let content = element(EXPLICIT, &element(SEQUENCE, body));
        element(SEQUENCE, &[element(IDENTIFIER, content_type), content].concat())
    }

    pub(in crate::document::sealed) fn signed(content: &[u8]) -> Vec<u8> {
        holding(SIGNED, b"\x31\0", content)
    }

    pub(in crate::document::sealed) fn compressed(content: &[u8]) -> Vec<u8> {
        holding(COMPRESSED, b"\x30\0", content)
    }

    fn holding(content_type: &[u8], algorithms: &[u8], content: &[u8]) -> Vec<u8> {
        let octets = element(EXPLICIT, &element(OCTETS, content));
        let inner = element(SEQUENCE, &[element(IDENTIFIER, DATA), octets].concat());
        info(content_type, &[b"\x02\x01\x01", algorithms, &inner].concat())
    }
}
