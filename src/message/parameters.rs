//! The parameters of `Content-Type` and `Content-Disposition` (RFC 2045 section 5.1, RFC 2231): quoted or not,
//! folded, continued, encoded by either standard or by none, repeated.
//!
//! All values of a name are kept: where two disagree, mail programs disagree on which one counts, and a file name
//! that only some of them see is a way past a filter.

use super::headers::{decoded, unfold, unit};
use super::transfer;
use crate::text;

/// A field value that has parameters.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// What stands before the first semicolon, in lower case: `text/plain`, `attachment`.
    pub(super) value: String,
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Reads a field value.
pub(super) fn parse(raw: &[u8]) -> Parameters {
    let line = unfold(raw.get(..LONGEST).unwrap_or(raw));
    let wide = std::str::from_utf8(&line).is_err();
    let mut rest = line.as_slice();
    let value = token(&mut rest, wide, b";");
    let value = String::from_utf8_lossy(&value).trim().to_lowercase();
    // `text/plain charset=x` without the semicolon is still a type.
    let value = value.split([' ', '\t', '"']).find(|word| !word.is_empty()).unwrap_or_default().to_string();
    let mut pairs = Vec::new();
    while !rest.is_empty() && pairs.len() < MOST_PAIRS {
        pairs.extend(pair(&mut rest, wide));
    }
    Parameters { value, pairs }
}

/// Bytes of one field and parameters in it that are read.
const LONGEST: usize = 256 << 10;
const MOST_PAIRS: usize = 2_000;

/// Takes one `name=value` off the front; a word without a value is none.
fn pair(rest: &mut &[u8], wide: bool) -> Option<(Vec<u8>, Vec<u8>)> {
    while let Some(after) = rest.strip_prefix(b";").or_else(|| strip_blank(rest)) {
        *rest = after;
    }
    let name = token(rest, wide, b";=\"").trim_ascii().to_ascii_lowercase();
    // `a.doc" junk filename=` leaves the name at the end of the words before the sign.
    let name = name.rsplit(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default().to_vec();
    match rest.split_first() {
        Some((b'=', after)) => *rest = after,
        Some((b'"', after)) => {
            *rest = after;
            return None;
        }
        _ => return None,
    }
    while let Some(after) = strip_blank(rest) {
        *rest = after;
    }
    let value = match rest.strip_prefix(b"\"") {
        Some(after) => {
            *rest = after;
            quoted(rest, wide)
        }
        None => token(rest, wide, b";").trim_ascii_end().to_vec(),
    };
    (!name.is_empty()).then_some((name, value))
}

fn strip_blank<'a>(bytes: &&'a [u8]) -> Option<&'a [u8]> {
    bytes.split_first().filter(|(byte, _)| byte.is_ascii_whitespace()).map(|(_, after)| after)
}

/// Takes bytes off the front up to one of `ends`, comments left out.
fn token(rest: &mut &[u8], wide: bool, ends: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut comments = rest.contains(&b')');
    while let Some((&byte, after)) = rest.split_first() {
        if ends.contains(&byte) {
            break;
        }
        if comments && byte == b'(' && (out.is_empty() || out.ends_with(b" ")) {
            comments = after.contains(&b')');
            *rest = if comments { after_comment(after) } else { after };
            continue;
        }
        take_unit(rest, wide, &mut out);
    }
    out
}

/// What follows a comment, nested ones included (RFC 5322 section 3.2.2).
fn after_comment(bytes: &[u8]) -> &[u8] {
    let mut depth = 1u32;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return bytes.get(at + 1..).unwrap_or_default();
        }
    }
    &[]
}

/// Takes a quoted string off the front, its opening quote already gone; a missing closing one is forgiven. Only
/// quotes and backslashes are escaped in real mail: any other backslash is part of a path or of a kanji.
fn quoted(rest: &mut &[u8], wide: bool) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some((&byte, after)) = rest.split_first() {
        match (byte, after.first()) {
            (b'"', _) => {
                *rest = after;
                break;
            }
            (b'\\', Some(escaped @ (b'"' | b'\\'))) => {
                out.push(*escaped);
                *rest = after.get(1..).unwrap_or_default();
            }
            _ => take_unit(rest, wide, &mut out),
        }
    }
    out
}

fn take_unit(rest: &mut &[u8], wide: bool, out: &mut Vec<u8>) {
    let (taken, after) = rest.split_at_checked(unit(rest, wide)).unwrap_or((rest, &[]));
    out.extend_from_slice(taken);
    *rest = after;
}

impl Parameters {
    /// All values of a parameter that differ, decoded; the one that RFC 2231 wrote before plain ones.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        let plain = self.pairs.iter().filter(|(key, _)| key == name.as_bytes()).map(|(_, raw)| decoded(raw));
        for value in self.extended(name).into_iter().chain(plain).take(MOST_VALUES) {
            if !value.is_empty() && !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// The first value of a parameter.
    pub(super) fn first(&self, name: &str) -> Option<String> {
        self.values(name).into_iter().next()
    }

    /// The boundaries of a multipart: as they stand, because delimiter lines are compared as bytes, and as RFC 2231
    /// wrote them.
    pub(super) fn boundaries(&self) -> Vec<Vec<u8>> {
        let plain = self.pairs.iter().filter(|(key, _)| key == b"boundary").map(|(_, raw)| raw.clone());
        let extended = self.extended("boundary").map(String::into_bytes);
        let mut found: Vec<Vec<u8>> = Vec::new();
        for boundary in plain.chain(extended).take(MOST_VALUES) {
            let boundary = boundary.trim_ascii_end().to_vec();
            if !boundary.is_empty() && !found.contains(&boundary) {
                found.push(boundary);
            }
        }
        found
    }

    /// RFC 2231: the pieces `name*0*=`, `name*1=` or the whole `name*=`, joined before their charset is decoded,
    /// because mailers cut inside characters.
    fn extended(&self, name: &str) -> Option<String> {
        let mut pieces: Vec<(u32, bool, &[u8])> = Vec::new();
        for (key, raw) in &self.pairs {
            let Some(index) = key.strip_prefix(name.as_bytes()).and_then(|key| key.strip_prefix(b"*")) else {
                continue;
            };
            let (digits, encoded) = match index.strip_suffix(b"*") {
                Some(digits) => (digits, true),
                None => (index, index.is_empty()),
            };
            let number = std::str::from_utf8(digits).ok().filter(|digits| !digits.is_empty());
            pieces.push((number.map_or(Some(0), |digits| digits.parse().ok())?, encoded, raw));
        }
        pieces.sort_by_key(|(number, _, _)| *number);
        pieces.dedup_by_key(|(number, _, _)| *number);
        (!pieces.is_empty()).then(|| joined(&pieces))
    }
}

/// Different values of one parameter that are kept.
const MOST_VALUES: usize = 16;

/// The text of RFC 2231 pieces in order.
fn joined(pieces: &[(u32, bool, &[u8])]) -> String {
    let mut charset = String::new();
    let mut bytes = Vec::new();
    let mut any_encoded = false;
    for (place, (_, encoded, raw)) in pieces.iter().enumerate() {
        let mut raw = *raw;
        if place == 0 && *encoded {
            let mut parts = raw.splitn(3, |byte| *byte == b'\'');
            if let (Some(label), Some(_), Some(value)) = (parts.next(), parts.next(), parts.next()) {
                charset = String::from_utf8_lossy(label).into_owned();
                raw = value;
            }
        }
        any_encoded |= *encoded;
        if *encoded {
            transfer::unescape(raw, b'%', &mut bytes);
        } else {
            bytes.extend_from_slice(raw);
        }
    }
    if any_encoded && !bytes.windows(2).any(|pair| pair == b"=?") {
        text::decode(&charset, &bytes)
    } else {
        decoded(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(raw: &[u8]) -> Vec<String> {
        parse(raw).values("filename")
    }

    #[test]
    fn values_are_read_quoted_bare_and_folded() {
        let read = parse(b" Application/MSWord (a;b);\r\n\tname=\"a b.doc\" ; charset = x (note); flag; y=1");
        assert_eq!(read.value, "application/msword");
        assert_eq!(read.first("name").as_deref(), Some("a b.doc"));
        assert_eq!(read.first("charset").as_deref(), Some("x"));
        assert_eq!(read.first("y").as_deref(), Some("1"));
        assert_eq!(names(b"attachment; filename=my file.doc ; x=1"), ["my file.doc"]);
        assert_eq!(names(b"attachment; filename=\"a.doc\"junk; x=1"), ["a.doc"]);
        assert_eq!(names(b"attachment; name=\"x\" filename=\"a.doc\""), ["a.doc"]);
        assert_eq!(names(b"attachment; filename=\"a.doc"), ["a.doc"]);
        assert_eq!(names(b"attachment; filename=\"a\\\"b\\c.doc\""), ["a\"b\\c.doc"]);
        assert_eq!(names(b"attachment; filename=report(1).doc"), ["report(1).doc"]);
    }

    #[test]
    fn names_are_decoded_in_every_way_mailers_write_them() {
        for raw in [
            &b"attachment; filename=\"=?ISO-2022-JP?B?GyRCQEE1YT1xGyhC?=.zip\""[..],
            b"attachment; filename==?ISO-2022-JP?B?GyRCQEE1YT1xGyhC?=.zip",
            b"attachment; filename*=utf-8'ja'%E8%AB%8B%E6%B1%82%E6%9B%B8.zip",
            b"attachment; filename*0*=utf-8''%E8%AB%8B%E6;\r\n filename*1*=%B1%82%E6%9B%B8;\r\n filename*2=.zip",
            b"attachment; filename*1*=a%3Dq%1B%28B.zip; filename*0*=iso-2022-jp''%1B%24B%40A5",
            b"attachment; filename=\"\x90\xbf\x8b\x81\x8f\x91.zip\"",
            b"attachment; filename=\"\x1b$B@A5a=q\x1b(B.zip\"",
            b"attachment; filename*=%90%BF%8B%81%8F%91.zip",
            b"attachment; filename*0=\"=?utf-8?B?6KuL5rGC\"; filename*1=\"5pu4?=.zip\"",
        ] {
            assert_eq!(names(raw), ["請求書.zip"], "{}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn letters_of_other_charsets_are_not_syntax() {
        assert_eq!(names(b"attachment; filename=\"\x95\x5c.doc\""), ["表.doc"]);
        assert_eq!(names(b"attachment; filename=\"\x1b$B!\"!;\\\\\x1b(B.doc\"; x=1").len(), 1);
    }

    #[test]
    fn all_values_that_differ_are_kept() {
        let raw =
            b"attachment; filename=\"a.txt\"; filename=\"b.exe\"; filename*=utf-8''c.doc; filename=a.txt";
        assert_eq!(names(raw), ["c.doc", "a.txt", "b.exe"]);
    }

    #[test]
    fn boundaries_are_bytes() {
        let read = parse(b"multipart/mixed; boundary=\"=?a?b?\x95\x5c \"; boundary*=us-ascii''b%20c");
        assert_eq!(read.boundaries(), [&b"=?a?b?\x95\x5c"[..], b"b c"]);
    }

    #[test]
    fn damage_is_harmless() {
        let whole = b"a/b (c; (d); x=\"1\\\"2\"; f*0*=u'l'%41; f*1=b; f*99999999999=c; =; \"; (((\x1b$B";
        for length in 0..whole.len() {
            parse(&whole[..length]).values("f");
            let mut flipped = whole.to_vec();
            flipped[length] ^= 0x11;
            parse(&flipped).values("x");
        }
        assert!(parse(&b"(".repeat(1 << 20)).value.len() <= LONGEST);
        assert!(parse(&b";a=b(".repeat(1 << 20)).pairs.len() <= MOST_PAIRS);
    }
}
