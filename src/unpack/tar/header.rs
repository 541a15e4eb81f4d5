//! One header block: POSIX.1-1988 ustar, the V7 form before it, and what GNU and star put into the same places.

use crate::bytes::Reader;

/// Bytes of a header, and the unit in which members are stored.
pub(super) const BLOCK: usize = 512;

/// The fields of a header that tell what follows it.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub(super) name: Vec<u8>,
    /// What a link leads to.
    pub(super) link: &'a [u8],
    /// Bytes of data behind the header; none if the field holds no number.
    pub(super) size: Option<u64>,
    pub(super) kind: u8,
    /// The whole block, for what single kinds put into it.
    pub(super) block: &'a [u8],
    /// Whether the checksum is right.
    pub(super) is_right: bool,
}

impl<'a> Header<'a> {
    /// The header in a block: one whose checksum is right, or that bears the mark of ustar and a name.
    pub(super) fn read(block: &'a [u8]) -> Option<Self> {
        let is_right = has_right_sum(block);
        let mark = field(block, 257, 8);
        if !is_right && !mark.starts_with(b"ustar") {
            return None;
        }
        let mut name = text(field(block, 0, 100)).to_vec();
        let prefix = text(prefix(block, mark));
        if !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        let header = Self {
            name,
            link: text(field(block, 157, 100)),
            size: number(field(block, 124, 12)),
            kind: field(block, 156, 1).first().copied().unwrap_or_default(),
            block,
            is_right,
        };
        (is_right || !header.name.is_empty()).then_some(header)
    }
}

/// The field of a block.
pub(super) fn field(block: &[u8], at: usize, length: usize) -> &[u8] {
    Reader::at(block, at).map(|mut reader| reader.take_up_to(length)).unwrap_or_default()
}

/// The directory part of a long name. GNU writes times where ustar has it, star keeps two times behind it.
fn prefix<'a>(block: &'a [u8], mark: &[u8]) -> &'a [u8] {
    let is_star = field(block, 508, 4) == b"tar\0";
    match mark.starts_with(b"ustar\0") {
        true if is_star => field(block, 345, 131),
        true => field(block, 345, 155),
        false => &[],
    }
}

/// Whether the field of the checksum holds the sum of all bytes, itself taken as blanks. Some old systems added
/// bytes with their sign.
pub(super) fn has_right_sum(block: &[u8]) -> bool {
    let Some(told) = number(field(block, 148, 8)) else { return false };
    let (mut plain, mut signed) = (0i64, 0i64);
    for (at, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&at) { b' ' } else { *byte };
        plain += i64::from(byte);
        signed += i64::from(byte.cast_signed());
    }
    let told = i64::try_from(told).unwrap_or(-1);
    block.len() == BLOCK && (told == plain || told == signed)
}

/// A text up to its zero, if it has one.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number: octal digits among blanks, or binary if the first bit is set (GNU, star). What follows the digits does
/// not count. None if there is no number or a negative one.
pub(super) fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if *first & 0x80 != 0 {
        let positive = (*first & 0x40 == 0).then_some(u64::from(*first & 0x3f))?;
        return Some(rest.iter().fold(positive, |value, byte| match value >> 56 {
            0 => value << 8 | u64::from(*byte),
            _ => u64::MAX,
        }));
    }
    let blank = |byte: &&u8| matches!(**byte, b' ' | b'\t' | 0);
    let blanks = field.iter().take_while(blank).count();
    let digits = field.iter().skip(blanks).take_while(|byte| (b'0'..=b'7').contains(byte));
    let value = digits.clone().fold(0u64, |value, digit| value << 3 | u64::from(digit - b'0'));
    let is_empty = blanks == field.len();
    (is_empty || digits.count() > 0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        for (field, want) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"  644 \0", Some(0o644)),
            (b"\0\x20644\0", Some(0o644)),
            (b"12x99", Some(0o12)),
            (b"\0\0\0", Some(0)),
            (b"junk", None),
            (b"777777777777", Some((1 << 36) - 1)),
            (b"\x80\0\0\0\0\0\0\x01\x02\x03\x04\x05", Some(0x01_0203_0405)),
            (b"\x80\x01\0\0\0\0\0\0\0\0\0\0", Some(u64::MAX)),
            (b"\xff\xff\xff\xff", None),
            (b"", None),
        ] {
            assert_eq!(number(field), want, "{field:?}");
        }
    }
}
