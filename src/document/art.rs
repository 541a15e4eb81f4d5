//! Words in drawings (MS-ODRAW 2.2.9, 2.3): what a shape is described as, its name, the letters of WordArt.
//!
//! Property tables are found by their headers alone, whatever holds them: documents, slides and sheets nest drawings
//! in records of their own.

use crate::bytes::Reader;
use crate::text;

/// How text that is not shown is reached, and what it is.
pub(super) const ID: &str = "hidden-text";

/// OfficeArtFOPT.
const TABLE: [u8; 2] = [0x0b, 0xf0];
/// The properties that are text.
const TEXTS: &[(u16, &str)] = &[
    (0x00c0, "Shape.TextEffect.Text"),
    (0x0380, "Shape.Name"),
    (0x0381, "Shape.AlternativeText"),
    (0x0382, "Shape.Hyperlink"),
];
/// Property tables that are read of one stream.
const MOST: usize = 20_000;
/// Bytes of one text.
const LONGEST: usize = 1 << 20;

/// The words of every drawing in `bytes`.
pub(super) fn texts(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut end = 0;
    for at in memchr::memmem::find_iter(bytes, &TABLE).take(MOST) {
        let Some(start) = at.checked_sub(2).filter(|start| *start >= end) else { continue };
        if let Some(length) = table(bytes.get(start..).unwrap_or_default(), &mut found) {
            end = start + length;
        }
    }
    found
}

/// One property table; answers its length.
fn table(bytes: &[u8], found: &mut Vec<(&'static str, String)>) -> Option<usize> {
    let mut reader = Reader::new(bytes);
    let head = reader.u16()?;
    (head & 0xf == 3).then_some(())?;
    let count = usize::from(head >> 4);
    reader.skip(2)?;
    let length = usize::try_from(reader.u32()?).ok()?;
    let body = reader.take(length)?;
    let (mut fixed, mut complex) = (Reader::new(body), Reader::at(body, count * 6)?);
    for _ in 0..count {
        let (code, value) = (fixed.u16()?, fixed.u32()?);
        if code & 0x8000 == 0 {
            continue;
        }
        let data = complex.take_up_to(usize::try_from(value).ok()?);
        let data = data.get(..LONGEST).unwrap_or(data);
        if let Some((_, name)) = TEXTS.iter().find(|(known, _)| *known == code & 0x3fff) {
            let text = text::decode("utf-16le", data);
            let text = text.trim_end_matches('\0');
            if *name != "Shape.Hyperlink" && !text.is_empty() {
                found.push((name, text.to_string()));
            }
        }
    }
    Some(8 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let (name, words) = (wide("Picture 1\0"), wide("a description\0"));
        let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
        let entry = |code: u16, value: usize| [&code.to_le_bytes()[..], &number(value)].concat();
        let body =
            [entry(0x0104, 1), entry(0xc380, name.len()), entry(0xc381, words.len()), name, words].concat();
        [&b"junk\x33\0\x0b\xf0"[..], &number(body.len()), &body, b"junk"].concat()
    }

    #[test]
    fn names_and_descriptions_are_found() {
        let want = [("Shape.Name", "Picture 1"), ("Shape.AlternativeText", "a description")];
        assert_eq!(texts(&sample()), want.map(|(name, text)| (name, text.to_string())));
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics_or_grows() {
        let whole = sample();
        for length in 0..whole.len() {
            assert!(texts(&whole[..length]).is_empty() || length >= whole.len() - 4);
        }
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(texts(&bad).iter().map(|(_, text)| text.len()).sum::<usize>() <= 2 * whole.len());
        }
    }
}
