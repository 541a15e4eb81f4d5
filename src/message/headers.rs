//! Header fields: the raw block to fields (RFC 5322 section 2.2), and raw field bytes to text.
//!
//! Text is decoded from what the bytes show, not from what the standard allows: encoded words (RFC 2047) anywhere,
//! also inside quoted strings; characters split over adjacent words, as Japanese mailers split them; raw Shift_JIS,
//! EUC-JP, UTF-8 and ISO-2022-JP.

use super::{base64, transfer};
use crate::text;

/// One field of a header block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    /// The value as it stands: folded, encoded.
    pub(super) value: &'a [u8],
}

impl Field<'_> {
    /// Whether this is the field of that name, in any case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The fields of a header block, in order; lines that are none are skipped.
pub(super) fn fields(block: &[u8]) -> Vec<Field<'_>> {
    let mut found: Vec<Field<'_>> = Vec::new();
    let mut at = 0;
    let mut open: Option<(&[u8], usize)> = None;
    for line in block.split_inclusive(|byte| *byte == b'\n') {
        let start = at;
        at += line.len();
        let before = block.get(..start).unwrap_or_default();
        if open.is_some() && continues(line, before) {
            continue;
        }
        if let Some((name, from)) = open.take() {
            found.push(Field { name, value: block.get(from..start).unwrap_or_default() });
        }
        // What says how the message is put together counts however late it comes.
        let full = |name: &[u8]| match found.len() {
            MOST_FIELDS.. => found.len() >= 2 * MOST_FIELDS || !is_mime(name),
            _ => false,
        };
        open = field_name(line).filter(|(name, _)| !full(name)).map(|(name, length)| (name, start + length));
    }
    if let Some((name, from)) = open {
        found.push(Field { name, value: block.get(from..).unwrap_or_default() });
    }
    found
}

/// Fields of one block that are read, and MIME fields that are read beyond them. Long-travelled mail has some hundred.
const MOST_FIELDS: usize = 4_000;

fn is_mime(name: &[u8]) -> bool {
    name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"))
}

/// Whether a line goes on with the field before it: folded as RFC 5322 2.2.3 has it, or a parameter that a mailer
/// put on a line of its own without the blank.
pub(super) fn continues(line: &[u8], before: &[u8]) -> bool {
    let names_parameter = || field_name(line).is_none_or(|(name, _)| name.contains(&b'='));
    let blank = line.trim_ascii().is_empty();
    line.starts_with(b" ")
        || line.starts_with(b"\t")
        || (!blank && ends_in_semicolon(before) && names_parameter())
}

/// Whether a parameter must follow. Only the last bytes are looked at, which keeps a long block linear.
fn ends_in_semicolon(before: &[u8]) -> bool {
    let tail = before.get(before.len().saturating_sub(8)..).unwrap_or_default();
    tail.trim_ascii_end().ends_with(b";")
}

/// The field name that opens a line, and where its value starts. White space before the colon is allowed, as mail
/// software allows it.
pub(super) fn field_name(line: &[u8]) -> Option<(&[u8], usize)> {
    let head = line.get(..LONGEST_NAME).unwrap_or(line);
    let colon = memchr::memchr(b':', head)?;
    let name = line.get(..colon)?.trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some((name, colon + 1))
}

/// RFC 5322 allows 998; no field has more than 80.
const LONGEST_NAME: usize = 256;

/// The text of a field value: unfolded, encoded words decoded, raw bytes guessed.
pub(super) fn decoded(value: &[u8]) -> String {
    let unfolded = unfold(value.get(..LONGEST_VALUE).unwrap_or(value));
    let mut out = String::new();
    let mut run = Run::default();
    let mut rest = unfolded.as_slice();
    let mut last_end = None;
    while !rest.is_empty() {
        let (raw, word, after) = next_word(rest, &mut last_end);
        let between_words = word.is_some() && !run.is_empty() && raw.iter().all(u8::is_ascii_whitespace);
        if !between_words && !raw.is_empty() {
            run.finish(&mut out);
            out.push_str(&text::guess(raw));
        }
        if let Some(word) = word {
            run.add(&word, &mut out);
        }
        rest = after;
    }
    run.finish(&mut out);
    out
}

/// Bytes of one field that are decoded. A header of megabytes is an attack on the reader.
const LONGEST_VALUE: usize = 256 << 10;

/// The value on one line, without white space at its ends.
pub(super) fn unfold(value: &[u8]) -> Vec<u8> {
    value.trim_ascii().iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect()
}

/// An encoded word.
struct Word<'a> {
    charset: &'a [u8],
    base64: bool,
    text: &'a [u8],
}

/// The raw bytes before the next encoded word, the word, and what follows it. `last_end` remembers that there is no
/// further `?=`, so that a line of openings is read once and not once for each.
fn next_word<'a>(bytes: &'a [u8], last_end: &mut Option<()>) -> (&'a [u8], Option<Word<'a>>, &'a [u8]) {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if last_end.is_none() && rest.starts_with(b"=?") {
            if memchr::memmem::find(rest, b"?=").is_none() {
                *last_end = Some(());
            } else if let Some((word, length)) = word(rest) {
                let raw = bytes.get(..at).unwrap_or_default();
                return (raw, Some(word), rest.get(length..).unwrap_or_default());
            }
        }
        at += unit(rest, false);
    }
    (bytes, None, &[])
}

/// The encoded word at the start, and its length.
fn word(bytes: &[u8]) -> Option<(Word<'_>, usize)> {
    let inner = bytes.strip_prefix(b"=?")?;
    let charset_end = memchr::memchr(b'?', inner.get(..64).unwrap_or(inner))?;
    let charset = inner.get(..charset_end)?;
    let base64 = match inner.get(charset_end + 1)? {
        b'b' | b'B' => true,
        b'q' | b'Q' => false,
        _ => return None,
    };
    let text = inner.get(charset_end + 2..)?.strip_prefix(b"?")?;
    let text = text.get(..LONGEST_WORD).unwrap_or(text);
    let length = memchr::memmem::find(text, b"?=")?;
    let charset = charset.split(|byte| *byte == b'*').next().unwrap_or_default();
    let word = Word { charset: charset.trim_ascii(), base64, text: text.get(..length)? };
    Some((word, 2 + charset_end + 3 + length + 2))
}

/// RFC 2047 allows 75 characters; mailers that never learned to split write a whole subject.
const LONGEST_WORD: usize = 16 << 10;

/// How many bytes at the start belong together: an ISO-2022 stretch up to its way back to ASCII, whose bytes are
/// letters and not syntax; with `wide`, also a double byte of Shift_JIS, whose second may be a backslash.
pub(super) fn unit(bytes: &[u8], wide: bool) -> usize {
    match bytes {
        [0x1b, b'$' | b'(', rest @ ..] => {
            let stretch = rest.get(..LONGEST_VALUE).unwrap_or(rest);
            memchr::memmem::find(stretch, b"\x1b(").map_or(bytes.len(), |at| at + 5).min(bytes.len())
        }
        [0x81..=0x9f | 0xe0..=0xfc, 0x40..=0x7e | 0x80..=0xfc, ..] if wide => 2,
        _ => 1,
    }
}

/// Adjacent encoded words, gathered as long as their charset is the same, because a character may be split between
/// them.
#[derive(Default)]
struct Run {
    charset: Vec<u8>,
    bytes: Vec<u8>,
    /// Base64 whose last group goes on in the next word.
    open: Vec<u8>,
    filled: bool,
}

impl Run {
    fn is_empty(&self) -> bool {
        !self.filled
    }

    fn add(&mut self, word: &Word<'_>, out: &mut String) {
        if self.filled && !self.charset.eq_ignore_ascii_case(word.charset) {
            self.finish(out);
        }
        self.filled = true;
        self.charset = word.charset.to_vec();
        if word.base64 {
            self.open.extend_from_slice(word.text);
            let letters = word.text.iter().filter(|byte| base64::sextet(**byte).is_some()).count();
            if letters % 4 == 0 || word.text.contains(&b'=') {
                self.close();
            }
        } else {
            self.close();
            let spaced: Vec<u8> =
                word.text.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
            transfer::unescape(&spaced, b'=', &mut self.bytes);
        }
    }

    fn close(&mut self) {
        self.bytes.extend(base64::decode(&self.open).bytes);
        self.open.clear();
    }

    fn finish(&mut self, out: &mut String) {
        self.close();
        out.push_str(&text::decode(&String::from_utf8_lossy(&self.charset), &self.bytes));
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_at_lines_that_are_not_folded() {
        let block = b"Subject: a\r\n b\r\nX : y\njunk line\nTo:z";
        let found: Vec<_> = fields(block).iter().map(|field| (field.name, field.value)).collect();
        assert_eq!(found, [(&b"Subject"[..], &b" a\r\n b\r\n"[..]), (b"X", b" y\n"), (b"To", b"z")]);
    }

    #[test]
    fn a_parameter_on_a_line_of_its_own_belongs_to_the_field() {
        let block = b"Content-Type: multipart/mixed;\nboundary=\"b\"\nTo: a;\nCc: b";
        let found: Vec<_> = fields(block).iter().map(|field| field.value).collect();
        assert_eq!(found, [&b" multipart/mixed;\nboundary=\"b\"\n"[..], b" a;\n", b" b"]);
    }

    #[test]
    fn encoded_words_are_decoded_wherever_they_stand() {
        assert_eq!(decoded(b" =?ISO-2022-JP?B?GyRCQEE1YT1xGyhC?=\r\n"), "請求書");
        assert_eq!(decoded(b"Re: =?utf-8?Q?=E8=AB=8B_a?= =?utf-8?q?b?= c"), "Re: 請 ab c");
        assert_eq!(decoded(b"\"=?utf-8?B?6KuL?=\" <a@b.example>"), "\"請\" <a@b.example>");
        assert_eq!(decoded(b"=?utf-8*ja?Q?x?=(=?us-ascii?Q??=)"), "x()");
    }

    #[test]
    fn a_character_split_between_words_is_joined() {
        assert_eq!(decoded(b"=?utf-8?B?6Ks=?=\r\n =?UTF-8?B?iw==?="), "請");
        assert_eq!(decoded(b"=?utf-8?Q?=E8=AB?= =?utf-8?Q?=8B?="), "請");
        assert_eq!(decoded(b"=?utf-8?B?6K?= =?utf-8?B?uL?="), "請");
        assert_eq!(decoded(b"=?iso-2022-jp?B?GyRCQEE1?= =?iso-2022-jp?B?YT1xGyhC?="), "請求書");
    }

    #[test]
    fn raw_bytes_are_guessed() {
        assert_eq!(decoded(b"Re: \x90\xbf\x8b\x81\x8f\x91"), "Re: 請求書");
        assert_eq!(decoded(b"\x1b$B@A5a=q\x1b(B 1"), "請求書 1");
        assert_eq!(decoded("請求書".as_bytes()), "請求書");
        assert_eq!(decoded(b"\xc0\xc1\xb5\xe1\xbd\xf1"), "請求書");
        // 0x3d 0x3f is 戎 in JIS X 0208 and no opening of a word.
        assert_eq!(decoded(b"\x1b$B=?\x1b(B?b?x?="), "戎?b?x?=");
    }

    #[test]
    fn what_is_no_word_stays() {
        for text in ["a =? b", "=?utf-8?X?a?=", "=?utf-8?B?abc", "?=", "=?=?=?"] {
            assert_eq!(decoded(text.as_bytes()), text);
        }
    }

    #[test]
    fn a_header_of_ten_megabytes_is_read_in_part() {
        assert_eq!(decoded(&b"=?".repeat(5_000_000)).len(), LONGEST_VALUE);
        assert!(decoded(&b"=?u?Q?a".repeat(1_000_000)).len() <= LONGEST_VALUE);
        assert_eq!(decoded(&b"\x1b$B".repeat(1_000_000)), "\u{1b}", "the last escape is cut");
        let many = [b"a:\n".repeat(100_000), b"Content-Type: a/b\n".repeat(2)].concat();
        let found = fields(&many);
        assert_eq!((found.len(), found[MOST_FIELDS].value), (MOST_FIELDS + 2, &b" a/b\n"[..]));
        assert_eq!(fields(&b"Content-Type: a/b\n".repeat(100_000)).len(), 2 * MOST_FIELDS);
    }
}
