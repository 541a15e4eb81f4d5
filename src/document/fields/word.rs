//! Fields in Word's binary files: the marks 0x13, 0x14 and 0x15 in the text of the `WordDocument` stream (MS-DOC
//! 2.8.25), which is of eight bits or of sixteen, piece by piece.
//!
//! The piece table is not asked: every begin mark that is followed by an instruction that leads outside is read as
//! both, so that text which no piece holds any more is read as well.

use super::{Fields, template};
use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::compound::{Compound, is_compound};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};

/// The fields of Word's binary files.
pub(crate) struct WordFields;

const STREAM: &str = "WordDocument";

impl Format for WordFields {
    fn id(&self) -> &'static str {
        "doc-fields"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "doc" && is_compound(&artifact.bytes)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(compound) = Compound::read(&artifact.bytes, budget) else { return Ok(()) };
        for stream in compound.streams().filter(|stream| stream.name.eq_ignore_ascii_case(STREAM)) {
            let decoded = compound.stream(stream, budget);
            decoded.stop.map_or(Ok(()), Err)?;
            out.facts.extend(facts(&decoded.bytes));
            let table = template::table_name(&decoded.bytes);
            if let Some(table) = compound.child(stream.parent, table) {
                let table = compound.stream(table, budget);
                table.stop.map_or(Ok(()), Err)?;
                out.facts.extend(template::template(&decoded.bytes, &table.bytes));
            }
        }
        Ok(())
    }
}

const BEGIN: u16 = 0x13;
const SEPARATE: u16 = 0x14;
const END: u16 = 0x15;

/// How many characters of one field are read, and of all fields of a stream.
const LONGEST: usize = 16 << 10;
const MOST: usize = 4 << 20;

/// What the fields in a stream do, each once.
fn facts(stream: &[u8]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for width in [1, 2] {
        let (mut fields, mut from, mut room) = (Fields::default(), 0, MOST);
        while let Some(at) = memchr::memchr(0x13, stream.get(from..).unwrap_or_default()) {
            let used = field(stream.get(from + at..).unwrap_or_default(), width, &mut fields);
            from += at + (used * width).max(1);
            room = room.saturating_sub(used);
            if room == 0 {
                break;
            }
        }
        for fact in fields.finish() {
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
    }
    facts
}

/// Reads the field that begins at the first byte, with those in it; answers how many characters it has.
fn field(bytes: &[u8], width: usize, fields: &mut Fields) -> usize {
    for (count, unit) in bytes.chunks_exact(width).take(LONGEST).enumerate() {
        let unit = match unit {
            [low, high] => u16::from_le_bytes([*low, *high]),
            [byte] => u16::from(*byte),
            _ => return count,
        };
        match unit {
            BEGIN => fields.begin(),
            SEPARATE => fields.separate(),
            END => fields.end(),
            0 => break_off(fields),
            _ => {
                let c = char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER);
                fields.text(c.encode_utf8(&mut [0; 4]));
            }
        }
        if !fields.is_open() {
            return count + 1;
        }
    }
    break_off(fields);
    LONGEST.min(bytes.len() / width)
}

/// Ends what is open: no text goes on here.
fn break_off(fields: &mut Fields) {
    while fields.is_open() {
        fields.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "text\r\u{13} DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe \"/k calc\" \u{14}result\u{15}\r\
        \u{13} INCLUDETEXT \u{13} QUOTE 65 66 \u{15}\\\\c \u{15} \u{13} PAGE \u{14}1\u{15}";

    fn want() -> Vec<Fact> {
        [("dde-field", r"c:\windows\system32\cmd.exe /k calc"), ("include-text", r"AB\c")]
            .map(|(relation, target)| Fact::External { relation: relation.into(), target: target.into() })
            .to_vec()
    }

    #[test]
    fn fields_are_read_in_both_widths() {
        let wide: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(facts(TEXT.as_bytes()), want());
        assert_eq!(facts(&wide), want());
        assert_eq!(facts(&[b"\0".as_slice(), &wide].concat()), want());
        assert_eq!(facts(b"\x13\x13 PAGE \x13"), []);
    }

    #[test]
    fn no_cut_no_flipped_bit_and_no_flood_of_marks_harms() {
        for length in 0..TEXT.len() {
            facts(&TEXT.as_bytes()[..length]);
        }
        for at in 0..TEXT.len() * 8 {
            let mut bad = TEXT.as_bytes().to_vec();
            bad[at / 8] ^= 1 << (at % 8);
            facts(&bad);
        }
        assert_eq!(facts(&b"\x13D".repeat(3 << 20)), []);
        assert!(facts(&b"\x13 DDE a\0\x13 DDE b".repeat(10_000)).len() <= 400);
    }
}
