//! Files uuencoded into a text (POSIX `uuencode`): `begin 644 name`, lines, `end`; the base64 form of the same; and
//! xxencode, which has other letters.
//!
//! The end may be missing and lines may have lost their trailing blanks on the way; the first line that is neither
//! data nor an end closes the block.

use super::base64;
use super::wrapped::{Block, Wrapping, line, starts_of_lines};

/// The format of texts that are or hold such files.
pub(super) const UUENCODE: Wrapping =
    Wrapping { id: "uuencode", endings: &["uu", "uue", "xx", "xxe"], opens, blocks: |text, _| blocks(text) };

/// Whether a line of the text opens a block.
fn opens(text: &[u8]) -> bool {
    starts_of_lines(text, b"begin")
        .any(|at| text.get(at..).is_some_and(|rest| opening(line(rest).0).is_some()))
}

/// All blocks of a text, in order.
pub(super) fn blocks(text: &[u8]) -> Vec<Block> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = text.get(at..).and_then(|rest| memchr::memmem::find(rest, b"begin")) {
        let begin = at + begin;
        let rest = text.get(begin..).unwrap_or_default();
        let starts_line = begin == 0 || text.get(begin - 1).is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
        at = begin + 5;
        if !starts_line {
            continue;
        }
        if let Some(block) = block(rest, begin) {
            at = block.place.end;
            found.push(block);
        }
    }
    found
}

/// The block that opens at the start of `text`, if one does and holds something.
fn block(text: &[u8], begin: usize) -> Option<Block> {
    let (first, rest) = line(text);
    let (name, in_base64) = opening(first)?;
    let opened = text.len() - rest.len();
    let (bytes, used, complete) = if in_base64 {
        let (coded, used, complete) = until_equals(rest);
        (base64::decode(coded).bytes, used, complete)
    } else {
        let (uu, xx) = (lines(rest), lines_of(rest, xx_value));
        let is_xx = (xx.2, xx.0.len()) > (uu.2, uu.0.len());
        if is_xx { xx } else { uu }
    };
    let place = begin..begin + opened + used;
    let broken = (!complete).then_some(("uuencode-cut", "the end line is missing"));
    (!bytes.is_empty()).then(|| Block { broken, ..Block::new("uuencode", name, bytes, place) })
}

/// The name in an opening line, and whether the base64 form follows.
fn opening(first: &[u8]) -> Option<(&[u8], bool)> {
    let (rest, in_base64) = match first.strip_prefix(b"begin-base64 ") {
        Some(rest) => (rest, true),
        None => (first.strip_prefix(b"begin ")?, false),
    };
    let digits = rest.iter().take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let name = rest.get(digits..)?.strip_prefix(b" ")?.trim_ascii();
    ((3..=6).contains(&digits) && !name.is_empty()).then_some((name, in_base64))
}

/// Decodes data lines up to the end line; answers the bytes, how much of the text was used and whether the end was
/// there.
pub(super) fn lines(text: &[u8]) -> (Vec<u8>, usize, bool) {
    lines_of(text, uu_value)
}

/// The same, with the value of each letter.
fn lines_of(text: &[u8], value: fn(u8) -> Option<u8>) -> (Vec<u8>, usize, bool) {
    let mut bytes = Vec::new();
    let mut rest = text;
    loop {
        let (data, after) = line(rest);
        if data.trim_ascii() == b"end" {
            return (bytes, text.len() - after.len(), true);
        }
        let empty = data.is_empty() || matches!(data.trim_ascii(), [only] if value(*only) == Some(0));
        if rest.is_empty() || (!empty && !data_line(data, value, &mut bytes)) {
            return (bytes, text.len() - rest.len(), false);
        }
        rest = after;
    }
}

/// Decodes one line: a length character, then four characters for every three bytes.
fn data_line(data: &[u8], value: fn(u8) -> Option<u8>, bytes: &mut Vec<u8>) -> bool {
    let Some((&first, coded)) = data.split_first() else { return false };
    let Some(length) = value(first).map(usize::from) else { return false };
    let legal = data.iter().all(|byte| value(*byte).is_some());
    let needed = length.div_ceil(3) * 4;
    // Trailing blanks get lost on the way, and some encoders add a check character or two.
    if !legal || length == 0 || coded.len() > needed + 3 || coded.len() + 3 < needed.min(8) {
        return false;
    }
    let mut values = coded.iter().filter_map(|byte| value(*byte)).chain(std::iter::repeat(0));
    let mut left = length;
    while left > 0 {
        let group = values.by_ref().take(4).fold(0u32, |group, value| group << 6 | u32::from(value));
        let [_, made @ ..] = group.to_be_bytes();
        bytes.extend(made.iter().take(left));
        left = left.saturating_sub(3);
    }
    true
}

/// The value of a letter of uuencode; blank and grave accent are both zero.
fn uu_value(letter: u8) -> Option<u8> {
    (0x20..=0x60).contains(&letter).then(|| letter.wrapping_sub(0x20) & 0x3f)
}

/// The value of a letter of xxencode: signs, digits, capitals, small letters.
fn xx_value(letter: u8) -> Option<u8> {
    Some(match letter {
        b'+' => 0,
        b'-' => 1,
        b'0'..=b'9' => letter - b'0' + 2,
        b'A'..=b'Z' => letter - b'A' + 12,
        b'a'..=b'z' => letter - b'a' + 38,
        _ => return None,
    })
}

/// The lines before `====`, how much was used, and whether it was there.
fn until_equals(text: &[u8]) -> (&[u8], usize, bool) {
    let mut rest = text;
    while !rest.is_empty() {
        let (data, after) = line(rest);
        let used = text.len() - rest.len();
        if data.trim_ascii() == b"====" {
            return (text.get(..used).unwrap_or_default(), text.len() - after.len(), true);
        }
        if !data.trim_ascii().iter().all(|byte| base64::sextet(*byte).is_some() || *byte == b'=') {
            return (text.get(..used).unwrap_or_default(), used, false);
        }
        rest = after;
    }
    (text, text.len(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_between_lines_of_text_is_found() {
        let text = b"Hello\r\nbegin 644 a b.zip\r\n%:&5L;&\\\r\n`\r\nend\r\nBye\r\n";
        let found = blocks(text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_slice(), found[0].bytes.as_slice()), (&b"a b.zip"[..], &b"hello"[..]));
        assert!(found[0].broken.is_none());
        assert_eq!(&text[found[0].place.clone()][..5], b"begin");
        assert_eq!(&text[found[0].place.end..], b"Bye\r\n");
    }

    #[test]
    fn a_missing_end_costs_nothing() {
        let found = blocks(b"begin 644 a\n%:&5L;&\\\nand then text\n");
        assert_eq!((found[0].bytes.as_slice(), found[0].broken.is_none()), (&b"hello"[..], false));
        assert_eq!(blocks(b"begin 644 a\n%:&5L;&\\")[0].bytes, b"hello");
    }

    #[test]
    fn trailing_blanks_that_were_lost_are_zeros() {
        assert_eq!(blocks(b"begin 644 a\n#  \nend\n")[0].bytes, [0, 0, 0]);
    }

    #[test]
    fn the_base64_form_is_read() {
        let found = blocks(b"begin-base64 644 a\naGVsbG8=\n====\nx");
        assert_eq!((found[0].bytes.as_slice(), found[0].broken.is_none()), (&b"hello"[..], true));
    }

    #[test]
    fn the_letters_of_xxencode_are_known() {
        let found = blocks(b"begin 644 a\nGR4VdQm-dQm-kP43dPW-oNLVo\n+\nend\n");
        assert_eq!((found[0].bytes.as_slice(), found[0].broken), (&b"this is plain text"[..], None));
    }

    #[test]
    fn prose_that_begins_is_no_block() {
        assert_eq!(blocks(b"begin at 644 once\nbegin 644 \nbegin 64 x\nwe begin 644 x\n%:&5L;&\\\n"), []);
        assert_eq!(blocks(b"begin 644 x\nthis is prose\n"), []);
    }

    #[test]
    fn cuts_and_repetition_are_harmless() {
        let text = b"begin 644 a\n%:&5L;&\\\n`\nend\n".repeat(3);
        for length in 0..text.len() {
            assert!(blocks(&text[..length]).len() <= 3);
        }
        assert_eq!(blocks(&b"begin 644 a\n".repeat(100_000)), []);
    }
}
