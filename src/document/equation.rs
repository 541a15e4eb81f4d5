//! Equations of the Equation Editor: MTEF versions 1 to 3 behind the header that OLE puts before it (`EQNOLEFILEHDR`). The
//! layout of versions 4 and 5 is published, and the earlier ones differ little.
//!
//! Only what an attack shows is looked for: records that no editor writes because it could not read them back. The
//! names of fonts and the parts of matrices are copied into room of a fixed size (CVE-2017-11882, CVE-2018-0802,
//! CVE-2018-0798). Left out: the formula itself.

use crate::artifact::Fact;
use crate::bytes::Reader;

/// What is wrong with the native data of an object of the Equation Editor; nothing where it is a formula that an editor
/// may have written.
pub(super) fn facts(native: &[u8]) -> Option<Fact> {
    let start = if native.starts_with(&[28, 0]) { HEADER } else { 0 };
    let mtef = native.get(start..).unwrap_or_default();
    let trick = |what, detail| Some(Fact::Trick { what, detail });
    let (Some(version @ 1..=5), Some(records)) = (mtef.first().copied(), mtef.get(MTEF_HEADER..)) else {
        let head: String = native.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let what = if native.len() < LEAST { "equation-malformed" } else { "equation-not-mtef" };
        return trick(what, format!("{} bytes: {head}", native.len()));
    };
    // MathType 3 wrote version 4 with the characters of early versions.
    let is_mathtype_3 = matches!(mtef, [4, _, 0, 3, ..]);
    walk(if is_mathtype_3 { 2 } else { version }, records).and_then(|(what, detail)| trick(what, detail))
}

/// The same of an object whose class is not known: MathType writes version 5 into streams of the same name.
pub(super) fn facts_of_any(native: &[u8]) -> Option<Fact> {
    let start = if native.starts_with(&[28, 0]) { HEADER } else { 0 };
    let is_early = native.get(start).is_some_and(|version| (1..=3).contains(version));
    is_early.then(|| facts(native)).flatten()
}

/// The shortest formula; what is shorter was lost on the way.
const LEAST: usize = 16;
/// Bytes of `EQNOLEFILEHDR`.
const HEADER: usize = 28;
/// Bytes of the header of MTEF: version, platform, product, its version and revision.
const MTEF_HEADER: usize = 5;
/// The longest name of a font (`LF_FACESIZE`, the zero at its end left out).
const LONGEST_NAME: usize = 31;
/// The most rows or columns whose lines have room in the editor.
const MOST_ROWS: u8 = 27;
/// Tab stops of a ruler.
const MOST_STOPS: u8 = 64;

/// Walks the records; answers what is wrong with the first that no editor writes.
fn walk(version: u8, records: &[u8]) -> Option<(&'static str, String)> {
    let mut reader = Reader::new(records);
    let mut depth = 1u32;
    while let Some(tag) = reader.u8() {
        let at = reader.position() - 1;
        match tag & 0x0f {
            0 => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return None;
                }
            }
            8 => {
                if let Some(wrong) = font(&mut reader) {
                    return Some(wrong);
                }
            }
            5 => {
                if let Some(wrong) = matrix(&mut reader, tag) {
                    return Some(("equation-overflow", wrong));
                }
                depth += 1;
            }
            15 => return Some(("equation-malformed", format!("record 0x{tag:02x} at {at}"))),
            // What ends within a record is cut, and a cut formula harms nobody.
            kind => depth += plain(&mut reader, version, tag, kind)?,
        }
    }
    None
}

/// Steps over a record of fixed layout; answers how many lists begin in it.
fn plain(reader: &mut Reader, version: u8, tag: u8, kind: u8) -> Option<u32> {
    let has = |option: u8| tag & option != 0;
    if matches!(kind, 1..=4 | 6) && has(NUDGED) {
        nudge(reader)?;
    }
    match kind {
        // A line; with `NULL` it has no list.
        1 => {
            if has(SPACED) {
                reader.skip(1)?;
            }
            if has(RULED) {
                ruler(reader)?;
            }
            Some(u32::from(!has(NULL)))
        }
        // A character: typeface and code, which early versions write in one byte; with embellishments a list of them.
        2 => {
            reader.skip(if version < 3 { 2 } else { 3 })?;
            Some(u32::from(has(EMBELLISHED)))
        }
        // A template: selector, variation, options.
        3 => reader.skip(3).map(|()| 1),
        // A pile of lines.
        4 => {
            reader.skip(2)?;
            if has(RULED) {
                ruler(reader)?;
            }
            Some(1)
        }
        6 => reader.skip(1).map(|()| 0),
        7 => ruler_body(reader).map(|()| 0),
        9 => {
            match reader.u8()? {
                101 => reader.skip(2)?,
                100 => reader.skip(3)?,
                _ => reader.skip(1)?,
            }
            Some(0)
        }
        _ => Some(0),
    }
}

const NUDGED: u8 = 0x80;
const SPACED: u8 = 0x40;
const RULED: u8 = 0x20;
const EMBELLISHED: u8 = 0x20;
const NULL: u8 = 0x10;

/// Two bytes, or two words behind two bytes of 128.
fn nudge(reader: &mut Reader) -> Option<()> {
    let small = reader.array::<2>()?;
    if small == [128, 128] { reader.skip(4) } else { Some(()) }
}

/// A ruler within another record, with its tag.
fn ruler(reader: &mut Reader) -> Option<()> {
    reader.skip(1)?;
    ruler_body(reader)
}

fn ruler_body(reader: &mut Reader) -> Option<()> {
    let stops = reader.u8().filter(|stops| *stops <= MOST_STOPS)?;
    reader.skip(usize::from(stops) * 3)
}

/// A font: typeface, style, name. Answers what is wrong with its name.
fn font(reader: &mut Reader) -> Option<(&'static str, String)> {
    reader.skip(2)?;
    let rest = reader.rest();
    let length = memchr::memchr(0, rest).unwrap_or(rest.len());
    let name = reader.take(length)?;
    let _end = reader.skip(1);
    let shown = String::from_utf8_lossy(name.get(..48).unwrap_or(name)).into_owned();
    let told = format!("a font name of {length} bytes: {shown}");
    let is_text = name.iter().all(|byte| *byte >= b' ' && *byte != 0x7f);
    match length > LONGEST_NAME {
        true => Some(("equation-overflow", told)),
        // What is short fits, whatever it is.
        false => (!is_text).then_some(("equation-malformed", told)),
    }
}

/// A matrix: alignments, rows and columns, then two bits for each line between them.
fn matrix(reader: &mut Reader, tag: u8) -> Option<String> {
    if tag & NUDGED != 0 {
        nudge(reader)?;
    }
    reader.skip(3)?;
    let [rows, columns] = reader.array::<2>()?;
    if rows > MOST_ROWS || columns > MOST_ROWS {
        return Some(format!("a matrix of {rows} rows and {columns} columns"));
    }
    let bytes = |lines: u8| (2 * (usize::from(lines) + 1)).div_ceil(8);
    let _rest = reader.skip(bytes(rows) + bytes(columns));
    None
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The header of OLE, that of MTEF, and records.
    pub(in crate::document) fn write(records: &[u8]) -> Vec<u8> {
        let header = [28, 0, 0, 0, 2, 0, 0x8c, 0xc2];
        let length = u32::try_from(records.len() + 5).unwrap().to_le_bytes();
        [&header[..], &length, &[0; 16], &[3, 1, 1, 3, 1], records].concat()
    }

    /// A sum in a line, as the editor writes it: sizes, templates, embellishments, a named font.
    pub(in crate::document) const HONEST: &[u8] =
        b"\x0a\x01\x08\x0a\x00Euclid Extra\x00\x03\x0e\x00\x00\x01\x02\x84\xc3\x03\x22\x84\x61\x00\x06\x02\x00\x00\x01\x09\x64\x02\x00\x01\x02\x88\x31\x00\x00\x11\x00\x00\x00";

    fn what(native: &[u8]) -> Option<&'static str> {
        facts(native).map(|fact| match fact {
            Fact::Trick { what, .. } => what,
            _ => "",
        })
    }

    #[test]
    fn an_honest_formula_has_nothing_wrong() {
        assert_eq!(what(&write(HONEST)), None);
        let matrix = b"\x0a\x01\x05\x01\x00\x00\x02\x03\x00\x00\x01\x02\x81x\x00\x00\x00\x00";
        assert_eq!(what(&write(matrix)), None);
        assert_eq!(facts_of_any(&[&[28, 0][..], &[0; 26], &[5, 1, 0, 4, 0, 0x1f, 8, 8, 8]].concat()), None);
        let stored = write(HONEST);
        assert_eq!((facts(&stored), facts_of_any(&stored)), (None, None));
    }

    #[test]
    fn early_versions_write_characters_in_one_byte() {
        let records = b"\x0a\x01\x12\x83\x46\x02\x82\x25\x03\x03\x00\x00\x01\x02\x88\x31\x02\x86\x2d\x00\x11\x00\x00\x00";
        assert_eq!(facts(&[&[2, 0, 0, 3, 0][..], records].concat()), None);
    }

    #[test]
    fn mathtype_3_writes_version_4_with_characters_in_one_byte() {
        let records = b"\x0a\x01\x02\x86\x3d\x02\x88\x35\x03\x0e\0\0\x01\x02\x88\x38\0\x11\0\0\0";
        let native = |product: u8| [&[4, 1, product, 3, 5][..], records].concat();
        assert_eq!(what(&native(0)), None);
        assert!(what(&native(1)).is_some());
        let long = [&[4, 1, 0, 3, 5, 0x0a, 1, 8, 0x5a, 0x5a][..], &[b'A'; 44]].concat();
        assert_eq!(what(&long), Some("equation-overflow"));
    }

    #[test]
    fn names_and_matrices_that_overflow_are_told() {
        let long = [b"\x0a\x0a\x01\x08\x5a\x5a".as_slice(), &[b'A'; 44], b"\x12\x0c\x43\x00\x00"].concat();
        assert_eq!(what(&write(&long)), Some("equation-overflow"));
        assert_eq!(
            what(&write(b"\x0a\x01\x08\x5a\x5a\xb8\x44\xeb\x71\x12\xba\x78\x00")),
            Some("equation-malformed")
        );
        assert_eq!(what(&write(b"\x0a\x05\x00\x00\x00\x60\x60\x90\x90")), Some("equation-overflow"));
        assert_eq!(what(&[&[3, 0x1e, 1, 11, 113][..], &long].concat()), Some("equation-overflow"));
        let piled =
            [b"\x03\x01\x01\x03\x0a\x0a\x04\x01\x01\x01\x12\x83a\0\x08\0\0".as_slice(), &[b'a'; 88]].concat();
        assert_eq!(what(&piled), Some("equation-overflow"));
        let mathtype = [&[5, 1, 0, 4, 0, 8, 1, 1][..], &[b'a'; 44]].concat();
        assert_eq!((what(&mathtype), facts_of_any(&mathtype)), (Some("equation-overflow"), None));
    }

    #[test]
    fn other_data_are_no_formula() {
        assert_eq!(what(b"MZ\x90 this is something else altogether"), Some("equation-not-mtef"));
        assert_eq!(what(b"short"), Some("equation-malformed"));
        assert_eq!(what(&write(b"\x0a\x0f\x0f")), Some("equation-malformed"));
    }

    #[test]
    fn cut_or_flipped_it_ends() {
        let whole = write(HONEST);
        for length in 0..whole.len() {
            let _any = facts(&whole[..length]);
        }
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            let _any = facts(&bad);
        }
        assert_eq!(what(&write(&[1; 1_000_000])), None);
    }
}
