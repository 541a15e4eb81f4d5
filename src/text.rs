//! Text in and out: charsets of mail and documents, width folding, and the printing of what an attacker named.

use std::fmt::Write;
use unicode_normalization::UnicodeNormalization;

/// Decodes bytes of a named charset to text; never fails, bad bytes become U+FFFD.
///
/// The label is what mail and documents write (`iso-2022-jp`, `cp932`, `utf-8` …); where it is unknown or empty
/// the charset is guessed from the bytes: [`guess`].
pub fn decode(label: &str, bytes: &[u8]) -> String {
    match encoding_rs::Encoding::for_label(label.trim().as_bytes()) {
        Some(encoding) => encoding.decode(bytes).0.into_owned(),
        None => guess(bytes),
    }
}

/// Decodes bytes without a label: UTF-8 if valid, else ISO-2022-JP, Shift_JIS, EUC-JP or Windows-1252.
pub fn guess(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) => encoding_rs::SHIFT_JIS.decode(bytes).0.into_owned(),
    }
}

/// Full-width and half-width forms folded to their usual ones, marks composed (Unicode NFKC).
pub fn nfkc(text: &str) -> String {
    text.nfkc().collect()
}

/// Text that an attacker named, made safe to print: control characters, bidirectional overrides and invisible
/// characters are shown by number (`⟨U+202E⟩`), so that a name looks the way its bytes stand.
pub fn printable(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if is_deceptive(c) {
            let _infallible = write!(out, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Characters that do not show themselves or move others: controls, bidi marks and overrides, joiners, fillers,
/// tags, private use.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
        || matches!(c, '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{e000}'..='\u{f8ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(printable("exe\u{202e}cod.doc"), "exe⟨U+202E⟩cod.doc");
        assert_eq!(printable("a\x1b[2J\n請求書"), "a⟨U+001B⟩[2J⟨U+000A⟩請求書");
    }

    #[test]
    fn widths_are_folded() {
        assert_eq!(nfkc("ＰＷ：ﾊﾟｽﾜｰﾄﾞ"), "PW:パスワード");
    }
}
