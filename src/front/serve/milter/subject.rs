//! The mark before the subject of a tagged message. What the sender wrote stays byte for byte, so that encoded
//! words (RFC 2047) stay whole; a mark that is not ASCII becomes an encoded word of its own.

use crate::verdict::Verdict;
use anyhow::ensure;

/// Whether a mark can stand in a header.
///
/// # Errors
/// It is too long or holds characters that must not stand there.
pub(in crate::front::serve) fn check(mark: &str) -> anyhow::Result<()> {
    ensure!(!mark.chars().any(crate::text::is_deceptive), "`subject` holds characters that cannot be shown");
    ensure!(filled(mark, "unverified").len() <= MARK, "`subject` is longer than {MARK} bytes");
    Ok(())
}

/// The most bytes of a mark: as many as one encoded word may hold.
const MARK: usize = 45;

/// The subject with the mark before it. `old` is the value as the mail server gave it.
pub(in crate::front::serve) fn tagged(mark: &str, verdict: Option<Verdict>, old: &[u8]) -> Vec<u8> {
    let mark = filled(mark, super::verdict_word(verdict));
    let old = old.trim_ascii_start();
    let mark =
        if mark.is_ascii() { mark } else { format!("=?UTF-8?B?{}?= ", base64(mark.trim_end().as_bytes())) };
    if old.starts_with(mark.as_bytes()) {
        return old.to_vec();
    }
    [mark.as_bytes(), old].concat()
}

fn filled(mark: &str, verdict: &str) -> String {
    mark.replace("{verdict}", verdict)
}

/// Base64 (RFC 4648) in one line.
pub(in crate::front::serve) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = usize::try_from(bits >> (18 - 6 * digit) & 63).unwrap_or(0);
            let digit = DIGITS.get(value).filter(|_| digit <= chunk.len());
            out.push(digit.map_or('=', |digit| char::from(*digit)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_goes_before_and_the_rest_stays() {
        let tag = |mark, old: &str| {
            String::from_utf8(tagged(mark, Some(Verdict::Suspicious), old.as_bytes())).unwrap()
        };
        let encoded = "=?ISO-2022-JP?B?GyRCQEE1YT1xGyhC?=\n =?ISO-2022-JP?B?GyRCQEE1YT1xGyhC?=";
        assert_eq!(tag("[tenpu: {verdict}] ", encoded), format!("[tenpu: suspicious] {encoded}"));
        assert_eq!(tag("[x] ", " Re: a"), "[x] Re: a");
        assert_eq!(tag("[x] ", " [x] Re: a"), "[x] Re: a");
        assert_eq!(tag("[x] ", ""), "[x] ");
        assert_eq!(tag("【要注意】 ", "a"), "=?UTF-8?B?44CQ6KaB5rOo5oSP44CR?= a");
    }

    #[test]
    fn marks_are_checked() {
        assert!(check("[tenpu: {verdict}] ").is_ok() && check("").is_ok());
        for mark in ["a\nb", "a\u{202e}", &"x".repeat(46)] {
            assert!(check(mark).is_err(), "{mark}");
        }
    }

    #[test]
    fn base64_of_every_remainder() {
        let rows = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (text, want) in rows {
            assert_eq!(base64(text.as_bytes()), want);
        }
    }
}
