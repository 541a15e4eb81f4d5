//! Text strings (ISO 32000-1 7.9.2) as text.

/// A text string: UTF-16 or UTF-8 by its mark, else `PDFDocEncoding`. Writers in Japan left CP932 and UTF-8 unmarked,
/// so these are taken where the bytes are such as a whole.
pub(super) fn decode(bytes: &[u8]) -> String {
    let marked = [
        (&b"\xfe\xff"[..], encoding_rs::UTF_16BE),
        (b"\xff\xfe", encoding_rs::UTF_16LE),
        (b"\xef\xbb\xbf", encoding_rs::UTF_8),
    ];
    for (mark, encoding) in marked {
        if let Some(text) = bytes.strip_prefix(mark) {
            return without_language(&encoding.decode_without_bom_handling(text).0);
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_string();
    }
    let cp932 = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
    match cp932.filter(|text| text.chars().any(is_japanese)) {
        Some(text) => text.into_owned(),
        None => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Escape sequences that name a language stand between two escape characters.
fn without_language(text: &str) -> String {
    let pieces = text.split('\u{1b}').enumerate();
    pieces.filter(|(at, _)| at % 2 == 0).map(|(_, piece)| piece).collect()
}

/// Kana and kanji, not the half-width kana that western letters look like in CP932.
fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_in_use_is_read() {
        let rows: &[(&[u8], &str)] = &[
            (b"plain", "plain"),
            (b"\xfe\xff\x8a\xcb\x6c\x42", "請求"),
            (b"\xff\xfe\xcb\x8a\x42\x6c", "請求"),
            (b"\xfe\xff\x00\x1b\x00j\x00a\x00\x1b\x00x", "x"),
            ("請求".as_bytes(), "請求"),
            (b"\x90\xbf\x8b\x81.exe", "請求.exe"),
            (b"r\xe9sum\xe9", "résumé"),
        ];
        for (bytes, want) in rows {
            assert_eq!(decode(bytes), *want);
        }
    }
}
