//! Base64 (RFC 2045 section 6.8) that goes on where strict decoders stop.

use super::transfer::{Decoded, note};
use crate::kind::{Class, Kind};

/// Base64 (RFC 2045 section 6.8), skipping what is not of its alphabet, going on after padding where more follows,
/// and stopping at the footer that a mailing list put below.
pub(super) fn decode(body: &[u8]) -> Decoded {
    let (coded, footer) = split_footer(body);
    let mut out = Decoded::default();
    let (mut bits, mut held) = (0u32, 0u32);
    let (mut junk, mut after_padding, mut padded) = (0u64, false, false);
    let mut rest = coded;
    loop {
        if held == 0 && !padded {
            rest = whole_groups(rest, &mut out.bytes);
        }
        let Some((&byte, after)) = rest.split_first() else { break };
        rest = after;
        match sextet(byte) {
            Some(value) => {
                after_padding |= padded;
                padded = false;
                bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
                held += 1;
                if held == 4 {
                    let [_, a, b, c] = bits.to_be_bytes();
                    out.bytes.extend([a, b, c]);
                    held = 0;
                }
            }
            None if byte == b'=' => {
                flush(bits, held, &mut out.bytes);
                held = 0;
                padded = true;
            }
            None if byte.is_ascii_whitespace() => {}
            None => junk += 1,
        }
    }
    if held == 1 {
        note(&mut out.damage, "base64-cut", "the last group is incomplete");
    }
    flush(bits, held, &mut out.bytes);
    if junk > 0 {
        note(&mut out.damage, "base64-junk", format!("{junk} bytes that are not base64"));
    }
    if after_padding {
        note(&mut out.damage, "base64-padding-inside", "more follows after the padding");
    }
    if footer > 0 {
        note(&mut out.damage, "base64-footer", format!("{footer} bytes of text after the end"));
    }
    out
}

/// Decodes the groups of four letters at the start, which is nearly all of a clean body; answers what follows them.
fn whole_groups<'a>(coded: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let (groups, _) = coded.as_chunks::<4>();
    let mut read = 0;
    for group in groups {
        let [a, b, c, d] = group.map(letter_value);
        if (a | b | c | d) == NO_LETTER {
            break;
        }
        let bits = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        let [_, bytes @ ..] = bits.to_be_bytes();
        out.extend_from_slice(&bytes);
        read += group.len();
    }
    coded.get(read..).unwrap_or_default()
}

/// The bytes of an incomplete group: two letters make one, three make two.
fn flush(bits: u32, held: u32, out: &mut Vec<u8>) {
    let [_, a, b, _] = (bits << (24 - 6 * held.min(4))).to_be_bytes();
    match held {
        2 => out.push(a),
        3 => out.extend([a, b]),
        _ => {}
    }
}

/// The value of a base64 letter.
pub(super) fn sextet(byte: u8) -> Option<u8> {
    Some(letter_value(byte)).filter(|value| *value != NO_LETTER)
}

/// The value of a base64 letter, or [`NO_LETTER`].
fn letter_value(byte: u8) -> u8 {
    LETTER_VALUES.get(usize::from(byte)).copied().unwrap_or(NO_LETTER)
}

/// Stands for what is no letter. All its bits are set, so that it shows through when values are or-ed.
const NO_LETTER: u8 = 0xff;

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "worked out by the compiler")]
static LETTER_VALUES: [u8; 256] = {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NO_LETTER; 256];
    let mut value = 0;
    while value < letters.len() {
        values[letters[value] as usize] = value as u8;
        value += 1;
    }
    values
};

fn is_letter(byte: u8) -> bool {
    sextet(byte).is_some()
}

/// Splits text off that follows the base64. Up to the last full clean line everything is data, however dirty;
/// behind it the data ends at the first line that is made of words.
fn split_footer(body: &[u8]) -> (&[u8], usize) {
    let (mut at, mut last_full, mut ends) = (0usize, 0usize, Vec::new());
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let start = at;
        at += line.len();
        let text = line.trim_ascii();
        if text.len() >= FULL_LINE && text.iter().all(|byte| is_letter(*byte)) {
            last_full = at;
            ends.clear();
        } else if ends.is_empty() && is_words(text) {
            ends.push(start);
        }
    }
    let end = ends.first().copied().filter(|end| last_full > 0 && *end >= last_full).unwrap_or(body.len());
    let (coded, footer) = body.split_at_checked(end).unwrap_or((body, &[]));
    (coded, footer.trim_ascii().len())
}

/// Encoders write lines of 60 to 76 letters; no footer has so long a word.
const FULL_LINE: usize = 56;

/// Whether a line is text rather than data: blanks between words, or mostly not base64.
fn is_words(line: &[u8]) -> bool {
    let foreign = line.iter().filter(|byte| !is_letter(**byte) && **byte != b'=').count();
    line.contains(&b' ') || foreign * 3 > line.len()
}

/// Whether the body is base64 and nothing else: only its letters, in lines.
pub(super) fn is_all(body: &[u8]) -> bool {
    let mut letters = 0usize;
    let mut lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let clean = lines.all(|line| {
        letters += line.len();
        line.iter().all(|byte| is_letter(*byte) || *byte == b'=')
    });
    clean && letters >= 16
}

/// What a body without a declared encoding holds if it is base64 of a known kind of file.
pub(super) fn unannounced(body: &[u8]) -> Option<Vec<u8>> {
    if !is_all(body) {
        return None;
    }
    let decoded = decode(body).bytes;
    is_known_kind(&decoded).then_some(decoded)
}

/// Whether content alone says what kind of file the bytes are.
pub(super) fn is_known_kind(bytes: &[u8]) -> bool {
    !matches!(Kind::of("", bytes).class, Class::Text | Class::Data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(body: &[u8]) -> (Vec<u8>, Vec<&'static str>) {
        let decoded = decode(body);
        (decoded.bytes, decoded.damage.iter().map(|damage| damage.what).collect())
    }

    #[test]
    fn base64_goes_on_where_strict_decoders_stop() {
        let clean: &[(&[u8], &[u8])] = &[
            (b"SGVs\r\nbG8=\r\n", b"Hello"),
            (b"SGVsbG8", b"Hello"),
            (b"SGVsbG8hIQ", b"Hello!!"),
            (b"", b""),
        ];
        for (coded, plain) in clean {
            assert_eq!(run(coded), (plain.to_vec(), vec![]));
        }
        assert_eq!(run(b"SG!Vs\x85bG8="), (b"Hello".to_vec(), vec!["base64-junk"]));
        assert_eq!(run(b"SGVsbG8=SGVsbG8="), (b"HelloHello".to_vec(), vec!["base64-padding-inside"]));
        assert_eq!(run(b"SGVsbG8hI"), (b"Hello!".to_vec(), vec!["base64-cut"]));
    }

    #[test]
    fn a_footer_after_base64_is_not_data() {
        let line = "QUFB".repeat(19);
        let body =
            format!("{line}\n{line}\nSGVsbG8=\n\n_____________\nlist mailing list\nhttp://list.example/\n");
        let (bytes, damage) = run(body.as_bytes());
        assert!(bytes.ends_with(b"AAAHello"));
        assert_eq!(damage, ["base64-footer"]);
        let dirty = format!("{line}\nbad line here\n{line}\nSGVs!bG8=");
        assert_eq!(run(dirty.as_bytes()).1, ["base64-junk"]);
    }

    #[test]
    fn unannounced_base64_is_seen_by_what_it_makes() {
        assert_eq!(
            unannounced(b"UEsDBBQAAAAIAAAAIQA=\n"),
            Some(b"PK\x03\x04\x14\0\0\0\x08\0\0\0!\0".to_vec())
        );
        assert_eq!(unannounced(b"abcdefghijklmnopqrst"), None);
    }

    #[test]
    fn every_cut_and_flip_decodes_to_something() {
        let body = b"QUJD\r\nREVG=\r\n==\x85 QUJD\nfooter of the list\n";
        for length in 0..body.len() {
            run(&body[..length]);
            let mut flipped = body.to_vec();
            flipped[length] ^= 0x15;
            run(&flipped);
        }
    }
}
