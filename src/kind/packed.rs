//! Archives that no single mark tells.

use super::starts;

/// A method of LHA, LArc or PMarc and a level of its header.
pub(super) fn is_lzh(bytes: &[u8]) -> bool {
    let family = bytes.get(2..5).is_some_and(|start| [b"-lh", b"-lz", b"-pm"].iter().any(|f| *f == start));
    family && bytes.get(6) == Some(&b'-') && bytes.get(20).is_some_and(|level| *level <= 3)
}

/// POSIX tar by its mark, older tar by the checksum of its header: the sum of its bytes, those of the sum itself
/// taken as blanks.
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    if bytes.get(257..262) == Some(b"ustar") {
        return true;
    }
    let (Some(header), Some(told)) = (bytes.get(..512), bytes.get(148..156)) else { return false };
    let digits = told.trim_ascii_start().iter().take_while(|byte| (b'0'..=b'7').contains(byte));
    let told = digits.fold(0u32, |sum, digit| sum << 3 | u32::from(digit - b'0'));
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    told > 256 && told == sum && header.first() != Some(&0)
}

/// A stream begins with a block or, if it is empty, with its end.
pub(super) fn is_bzip2(bytes: &[u8]) -> bool {
    let block = bytes.get(4..10);
    starts(bytes, b"BZh") && (block == Some(b"1AY&SY") || block == Some(b"\x17\x72\x45\x38\x50\x90"))
}

/// What stands behind skippable frames (RFC 8878 3.1.2), which zstd and LZ4 share.
pub(super) fn behind_skippable(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    for _ in 0..16 {
        let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, behind @ ..] = rest else { break };
        let length = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
        rest = behind.get(length..).unwrap_or_default();
    }
    rest
}

/// A .lzma file has no mark, so that each field must be what packers write: the usual properties, or any where no
/// size is told; a dictionary of one or one and a half powers of two; the first byte of the stream, which is zero.
pub(super) fn is_lzma(bytes: &[u8]) -> bool {
    let [properties, d0, d1, d2, d3, s0, s1, s2, s3, s4, s5, s6, s7, 0, _, ..] = *bytes else { return false };
    let dictionary = u32::from_le_bytes([d0, d1, d2, d3]);
    let size = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
    let power = 1 << dictionary.checked_ilog2().unwrap_or_default();
    let is_usual = dictionary == power || dictionary == power + power / 2 || dictionary == u32::MAX;
    let is_sized = properties == 0x5d && (1..1 << 38).contains(&size);
    let is_endless = properties < 225 && size == u64::MAX;
    dictionary >= 4096 && is_usual && (is_sized || is_endless)
}

/// The forms in text by their marks; the old binary one, in either order of bytes, also by the end of its first name.
pub(super) fn is_cpio(bytes: &[u8]) -> bool {
    let word = match bytes {
        [b'0', b'7', b'0', b'7', b'0', b'1' | b'2' | b'7', ..] => return true,
        [0xc7, 0x71, ..] => u16::from_le_bytes,
        [0x71, 0xc7, ..] => u16::from_be_bytes,
        _ => return false,
    };
    let name_size = bytes.get(20..22).and_then(|size| size.try_into().ok()).map_or(0, word);
    let name = bytes.get(26..26 + usize::from(name_size));
    name.is_some_and(|name| name.len() > 1 && memchr::memchr(0, name) == Some(name.len() - 1))
}
