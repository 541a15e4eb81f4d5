//! The name of an entry as text (APPNOTE 4.4.17, 4.6.9, appendix D).
//!
//! A name is UTF-8 if the entry says so or the bytes are; else CP932, which Japanese archivers wrote for decades
//! and which must be taken as a whole, because its second bytes may look like `\` (`表.doc` is `95 5C 2E …`); else
//! CP437, which takes any bytes.

use super::record::Header;
use crate::bytes::Reader;

/// The name of an entry.
pub(super) fn of(header: &Header<'_>) -> String {
    if header.is_utf8()
        && let Ok(text) = std::str::from_utf8(header.name)
    {
        return text.to_string();
    }
    unicode_path(header).unwrap_or_else(|| decode(header.name))
}

/// A name of unknown encoding.
pub(crate) fn decode(raw: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(raw) {
        return text.to_string();
    }
    let cp932 = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(raw);
    cp932.map_or_else(|| raw.iter().map(|byte| cp437(*byte)).collect(), std::borrow::Cow::into_owned)
}

/// The Info-ZIP Unicode Path field, if it was made for this name.
fn unicode_path(header: &Header<'_>) -> Option<String> {
    let mut field: Reader<'_> = header.extra(0x7075)?;
    let (version, crc) = (field.u8()?, field.u32()?);
    let text = std::str::from_utf8(field.rest()).ok()?;
    (version == 1 && crc == crc32fast::hash(header.name)).then(|| text.to_string())
}

fn cp437(byte: u8) -> char {
    let high = byte.checked_sub(0x80).and_then(|place| CP437.chars().nth(usize::from(place)));
    high.unwrap_or(char::from(byte))
}

/// The upper half of code page 437.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(flags: u16, name: &'a [u8], extra: &'a [u8]) -> Header<'a> {
        Header { version: 20, flags, method: 0, time: 0, crc: 0, packed: 0, size: 0, name, extra }
    }

    #[test]
    fn names_of_every_encoding_become_text() {
        assert_eq!(CP437.chars().count(), 128);
        for (raw, want) in [
            (&b"plain.txt"[..], "plain.txt"),
            ("請求書.doc".as_bytes(), "請求書.doc"),
            (b"\x95\x5c.doc", "表.doc"),
            (b"\x90\xbf\x8b\x81\x8f\x91.xls", "請求書.xls"),
            (b"na\xfe\xffve", "na■\u{a0}ve"),
        ] {
            assert_eq!(of(&header(0, raw, b"")), want);
        }
    }

    #[test]
    fn the_unicode_path_counts_only_with_the_right_crc() {
        let mut extra = b"\x75\x70\x0f\0\x01".to_vec();
        extra.extend(crc32fast::hash(b"??.doc").to_le_bytes());
        extra.extend("請求.x".as_bytes());
        extra[2] = u8::try_from(extra.len() - 4).unwrap();
        assert_eq!(of(&header(0, b"??.doc", &extra)), "請求.x");
        assert_eq!(of(&header(0, b"!!.doc", &extra)), "!!.doc");
    }

    #[test]
    fn a_false_utf8_flag_does_not_lose_the_name() {
        assert_eq!(of(&header(1 << 11, b"\x95\x5c.doc", b"")), "表.doc");
    }
}
