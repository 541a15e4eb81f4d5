//! Names as RAR 3 and 4 pack them: bytes of the system's code page, a zero, and what is needed to make Unicode of
//! them.

use crate::bytes::Reader;
use crate::zip::decode_name;

/// The name in the name field of a file header; `is_unicode` is flag 0x0200.
pub(super) fn of(field: &[u8], is_unicode: bool) -> String {
    let name = match memchr::memchr(0, field).filter(|_| is_unicode) {
        Some(end) => {
            let (plain, packed) = field.split_at_checked(end).unwrap_or_default();
            unpack(plain, packed.get(1..).unwrap_or_default()).unwrap_or_else(|| decode_name(plain))
        }
        None => decode_name(field),
    };
    // The separator of these versions, on every system.
    name.replace('\\', "/")
}

/// Text in UTF-16LE.
pub(super) fn wide(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    String::from_utf16_lossy(&units).trim_end_matches('\0').to_string()
}

/// Two bits a step tell how the next character is made: a byte as it is, a byte in the common page, two bytes, or a
/// run of the plain name.
fn unpack(plain: &[u8], packed: &[u8]) -> Option<String> {
    let mut reader = Reader::new(packed);
    let mut units: Vec<u16> = Vec::new();
    let high = u16::from(reader.u8()?) << 8;
    let (mut flags, mut left) = (0u8, 0u8);
    while !reader.is_empty() && units.len() < plain.len().max(packed.len()) {
        if left == 0 {
            (flags, left) = (reader.u8()?, 4);
        }
        let Some(byte) = reader.u8() else { break };
        match flags >> 6 {
            0 => units.push(u16::from(byte)),
            1 => units.push(u16::from(byte) | high),
            2 => units.push(u16::from(byte) | u16::from(reader.u8()?) << 8),
            _ => {
                let (change, high) = if byte & 0x80 != 0 { (reader.u8()?, high) } else { (0, 0) };
                for _ in 0..(byte & 0x7f) + 2 {
                    let Some(plain) = plain.get(units.len()) else { break };
                    units.push(u16::from(plain.wrapping_add(change)) | high);
                }
            }
        }
        (flags, left) = (flags << 2, left - 1);
    }
    Some(String::from_utf16_lossy(&units)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_make_a_character_is_known() {
        // Page 0x30; a byte, one in the page, two bytes, a run of three; then a run of two in the page, shifted by one.
        let packed = [0x30, 0b00_01_10_11, b'a', 0x42, 0x77, 0x6d, 1, 0b11_00_00_00, 0x80, 1];
        let field = [b"a??.js45", &[0][..], &packed].concat();
        assert_eq!(of(&field, true), "aあ海.js\u{3035}\u{3036}");
        assert_eq!(of(b"dir\\a.txt", false), "dir/a.txt");
        assert_eq!(of("表.txt".as_bytes(), true), "表.txt");
        assert_eq!(of(b"\x95\x5c.txt", false), "表.txt");
        assert_eq!(of(b"plain\0", true), "plain");
        assert_eq!(wide(b":\0x\0\0\0"), ":x");
    }
}
