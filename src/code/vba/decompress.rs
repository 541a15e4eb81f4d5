//! The compression of VBA sources (MS-OVBA 2.4.1): chunks of 4096 bytes made of literals and copy tokens.
//!
//! Signatures that do not hold are passed over where the chunk behind them still decodes; a copy token that points
//! before its chunk ends the work. What was made until then is kept.

use crate::bytes::Reader;
use crate::limits::{Budget, Stop};

/// What came out of a compressed container.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decompressed {
    /// The bytes, up to the first fault.
    pub bytes: Vec<u8>,
    /// How many bytes of the container were used.
    pub consumed: usize,
    /// The fault that ended it, if one did.
    pub broken: Option<&'static str>,
    /// The limit that ended it, if one did.
    pub stop: Option<Stop>,
}

/// Bytes of a whole chunk when it is decompressed (MS-OVBA 2.4.1.1.3).
const CHUNK: usize = 4096;

/// Decompresses a container (MS-OVBA 2.4.1.3.1) that begins at the first byte; what follows it may be anything.
pub fn decompress(container: &[u8], budget: &mut Budget) -> Decompressed {
    let mut out = Decompressed::default();
    let mut reader = Reader::new(container);
    if reader.u8() != Some(1) {
        out.broken = Some("the signature byte is not 1");
    }
    while let Some(header) = reader.u16() {
        let chunk = match Header::of(header) {
            Header::Compressed { length, signed } => {
                let data = reader.take_up_to(length);
                let (chunk, fault) = tokens(data);
                let fault = fault.or((data.len() < length).then_some("the last chunk is cut"));
                if !signed && fault.is_some() {
                    out.broken = Some("what follows is no chunk");
                    break;
                }
                out.broken = fault.or(out.broken);
                chunk
            }
            Header::Raw => reader.take_up_to(CHUNK).to_vec(),
            Header::None if header == 0 && reader.rest().iter().all(|byte| *byte == 0) => break,
            Header::None => {
                out.broken = Some("what follows is no chunk");
                break;
            }
        };
        out.consumed = reader.position();
        out.stop = budget.pay(chunk.len() as u64).err();
        let full = out.bytes.len() as u64 >= budget.limits().artifact_bytes;
        if out.stop.is_some() || full {
            out.broken = out.broken.or(full.then_some("more source than is kept"));
            break;
        }
        out.bytes.extend_from_slice(&chunk);
        if out.broken.is_some_and(|why| why == BAD_TOKEN) {
            break;
        }
    }
    out
}

/// A chunk header (MS-OVBA 2.4.1.1.5): 12 bits of length, 3 of signature, 1 for "compressed".
enum Header {
    Compressed { length: usize, signed: bool },
    Raw,
    None,
}

impl Header {
    fn of(header: u16) -> Self {
        let signed = header >> 12 & 7 == 3;
        match header & 0x8000 {
            0 if signed => Self::Raw,
            0 => Self::None,
            _ => Self::Compressed { length: usize::from(header & 0xfff) + 1, signed },
        }
    }
}

const BAD_TOKEN: &str = "a copy token points before its chunk";

/// Decompresses the tokens of one chunk (MS-OVBA 2.4.1.3.4).
fn tokens(data: &[u8]) -> (Vec<u8>, Option<&'static str>) {
    let mut reader = Reader::new(data);
    let mut out = Vec::new();
    while let Some(flags) = reader.u8() {
        for bit in 0..8 {
            if out.len() >= CHUNK || reader.is_empty() {
                break;
            }
            if flags >> bit & 1 == 0 {
                out.extend(reader.u8());
            } else if let Some(token) = reader.u16() {
                if !copy(token, &mut out) {
                    return (out, Some(BAD_TOKEN));
                }
            } else {
                return (out, Some("the last token is cut"));
            }
        }
    }
    (out, None)
}

/// Performs a copy token (MS-OVBA 2.4.1.3.19): its bits are shared out by how much of the chunk there is already.
fn copy(token: u16, out: &mut Vec<u8>) -> bool {
    let bits = (usize::BITS - out.len().saturating_sub(1).leading_zeros()).clamp(4, 12);
    let length = usize::from(token & (0xffff >> bits)) + 3;
    let offset = usize::from(token >> (16 - bits)) + 1;
    let Some(from) = out.len().checked_sub(offset) else { return false };
    for at in (from..).take(length.min(CHUNK.saturating_sub(out.len()))) {
        out.extend(out.get(at).copied());
    }
    true
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::limits::Limits;

    /// Compresses with literals only, or with copy tokens wherever three bytes repeat.
    pub(in crate::code::vba) fn compress(bytes: &[u8], copies: bool) -> Vec<u8> {
        let mut out = vec![1];
        for chunk in bytes.chunks(if copies { CHUNK } else { 3640 }) {
            let data = compress_chunk(chunk, copies);
            let header = 0xb000 | u16::try_from(data.len() - 1).unwrap();
            out.extend(header.to_le_bytes());
            out.extend(data);
        }
        out
    }

    fn compress_chunk(chunk: &[u8], copies: bool) -> Vec<u8> {
        let (mut out, mut at) = (Vec::new(), 0);
        while at < chunk.len() {
            let (mut flags, mut group) = (0u8, Vec::new());
            for bit in 0..8 {
                let Some(byte) = chunk.get(at) else { break };
                let bits = (usize::BITS - at.saturating_sub(1).leading_zeros()).clamp(4, 12);
                let most = (0xffff >> bits) + 3;
                let found = (at.saturating_sub(64)..at).rev().map(|from| {
                    let same =
                        (0..most).take_while(|n| chunk.get(at + n).is_some_and(|b| *b == chunk[from + n]));
                    (same.count(), at - from)
                });
                match found.max_by_key(|(length, _)| *length) {
                    Some((length, offset)) if copies && length >= 3 && offset <= 1 << bits => {
                        let token = (offset - 1) << (16 - bits) | (length - 3);
                        group.extend(u16::try_from(token).unwrap().to_le_bytes());
                        flags |= 1 << bit;
                        at += length;
                    }
                    _ => {
                        group.push(*byte);
                        at += 1;
                    }
                }
            }
            out.push(flags);
            out.extend(group);
        }
        out
    }

    fn undo(container: &[u8]) -> Decompressed {
        decompress(container, &mut Budget::new(&Limits::default()))
    }

    #[test]
    fn the_examples_of_the_specification() {
        // MS-OVBA 3.2.1 to 3.2.3.
        let none = b"\x01\x19\xb0\x00abcdefgh\x00ijklmnop\x00qrstuv.";
        assert_eq!(undo(none).bytes, b"abcdefghijklmnopqrstuv.");
        let normal = b"\x01\x2f\xb0\x00#aaabcde\x82f\x00paghij\x01\x38\x08akl\x00\x30mnop\x06q\x02\x70\x04\x10rstuv\x10wxyz\x00\x3c";
        assert_eq!(undo(normal).bytes, b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa");
        assert_eq!(undo(b"\x01\x03\xb0\x02\x61\x45\x00").bytes, [b'a'; 73]);
    }

    #[test]
    fn what_was_compressed_comes_back() {
        let text = b"Attribute VB_Name = \"Module1\"\r\nSub AutoOpen()\r\nEnd Sub\r\n".repeat(300);
        for copies in [false, true] {
            let packed = compress(&text[..10_000], copies);
            let out = undo(&packed);
            assert!(out.bytes == text[..10_000]);
            assert_eq!((out.consumed, out.broken, out.stop), (packed.len(), None, None));
        }
        assert!(compress(&text, true).len() < 6000);
    }

    #[test]
    fn faults_keep_what_came_before() {
        let packed = compress(b"Attribute VB_Name", false);
        let mut unsigned = packed.clone();
        unsigned[2] &= 0x8f;
        assert_eq!(undo(&unsigned).bytes, b"Attribute VB_Name");
        assert_eq!(undo(&packed[..8]).bytes, b"Attr");
        assert_eq!(undo(&packed[..8]).broken, Some("the last chunk is cut"));
        assert_eq!(undo(b"\x01\x05\xb0\x04ab\xff\xffcd").broken, Some(BAD_TOKEN));
        assert_eq!(undo(b"\x01\x05\xb0\x04ab\xff\xffcd").bytes, b"ab");
        let padded = [packed, [0; 100].to_vec()].concat();
        assert_eq!(undo(&padded).bytes, b"Attribute VB_Name");
        assert_eq!(undo(b"").bytes, b"");
        let raw = [b"\x01\xff\x3f".to_vec(), [b'x'; 4096].to_vec()].concat();
        assert_eq!(undo(&raw).bytes, [b'x'; 4096].to_vec());
    }

    #[test]
    fn a_bomb_is_paid_for() {
        let chunk = b"\x03\xb0\x02a\xfd\x0f";
        let bomb: Vec<u8> = [1].into_iter().chain(chunk.repeat(10_000)).collect();
        let limits = Limits { made_bytes: 10_000, ..Limits::default() };
        let out = decompress(&bomb, &mut Budget::new(&limits));
        assert_eq!(out.stop, Some(Stop::Bytes));
        assert!(out.bytes.len() <= 10_000);
    }

    #[test]
    fn no_bytes_panic() {
        let packed = compress(&b"Sub a()\r\nMsgBox 1\r\nEnd Sub\r\n".repeat(40), true);
        for length in 0..packed.len() {
            undo(&packed[..length]);
        }
        for at in 0..packed.len() * 8 {
            let mut bad = packed.clone();
            bad[at / 8] ^= 1 << (at % 8);
            undo(&bad);
        }
    }
}
