//! The texts of a version resource (`VS_VERSIONINFO`): blocks in blocks, each with a length, a key and a value.

use crate::bytes::Reader;

/// Fields that are told, and the names of their facts.
const FIELDS: &[(&str, &str)] = &[
    ("CompanyName", "pe-company"),
    ("FileDescription", "pe-description"),
    ("InternalName", "pe-internal-name"),
    ("OriginalFilename", "pe-original-name"),
    ("ProductName", "pe-product"),
];

/// The texts stand in `StringFileInfo` in the root, in a table for each language.
const TEXTS: usize = 3;
/// Code units of a key or value that are read.
const LONGEST: usize = 1024;

/// The names and texts of the fields of the first language that has them.
pub(super) fn fields(bytes: &[u8]) -> impl Iterator<Item = (&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    walk(bytes, 0, bytes.len(), 0, &mut |key, value| {
        let Some((_, name)) = FIELDS.iter().find(|(known, _)| *known == key) else { return };
        if !value.trim().is_empty() && !found.iter().any(|(known, _)| known == name) {
            found.push((name, value.trim().to_string()));
        }
    });
    found.into_iter()
}

/// Calls back with key and value of every text between two places. Blocks within a block lie within its length.
fn walk(bytes: &[u8], mut at: usize, end: usize, depth: usize, visit: &mut dyn FnMut(&str, &str)) {
    while let Some(block) = Block::read(bytes, at, end) {
        if depth == TEXTS {
            visit(&block.key, &text(bytes.get(block.value..block.end).unwrap_or_default()));
        } else {
            let within = if depth == 0 { block.value + block.length } else { block.value };
            walk(bytes, aligned(within), block.end, depth + 1, visit);
        }
        at = aligned(block.end);
    }
}

/// The head of a block.
struct Block {
    key: String,
    /// Where its value begins, and the length of that.
    value: usize,
    length: usize,
    end: usize,
}

impl Block {
    fn read(bytes: &[u8], at: usize, end: usize) -> Option<Self> {
        let bytes = bytes.get(..end)?;
        let mut reader = Reader::at(bytes, at)?;
        let size = usize::from(reader.u16()?);
        let length = usize::from(reader.u16()?);
        reader.skip(2)?;
        let key = text(reader.rest());
        let value = aligned(reader.position() + key.encode_utf16().count() * 2 + 2);
        // A block is longer than its own head, so that every walk ends.
        (size > 6).then(|| Self { key, value, length, end: at.saturating_add(size).min(end) })
    }
}

/// Blocks and values begin at multiples of four.
fn aligned(at: usize) -> usize {
    at.saturating_add(3) & !3
}

/// UTF-16 up to its zero.
fn text(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks();
    let units =
        units.iter().take(LONGEST).map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A block of a version resource.
    fn block(key: &str, value: &[u8], inner: &[Vec<u8>]) -> Vec<u8> {
        let pad = |bytes: &mut Vec<u8>| bytes.extend(std::iter::repeat_n(0, bytes.len().wrapping_neg() % 4));
        let mut body = [0; 6].to_vec();
        body.extend(key.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        pad(&mut body);
        body.extend(value);
        for inner in inner {
            pad(&mut body);
            body.extend(inner);
        }
        let size = u16::try_from(body.len()).unwrap();
        body[..2].copy_from_slice(&size.to_le_bytes());
        body[2..4].copy_from_slice(&u16::try_from(value.len()).unwrap().to_le_bytes());
        body
    }

    /// A version resource of these fields.
    pub(in crate::code::pe) fn write(fields: &[(&str, &str)]) -> Vec<u8> {
        let wide = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let texts: Vec<_> = fields.iter().map(|(key, value)| block(key, &wide(value), &[])).collect();
        let table = block("041104b0", &[], &texts);
        let info = block("StringFileInfo", &[], &[table]);
        block("VS_VERSION_INFO", &[0xbd; 52], &[info])
    }

    #[test]
    fn fields_are_read_and_empty_ones_are_not() {
        let bytes =
            write(&[("CompanyName", "株式会社 A"), ("ProductName", " "), ("OriginalFilename", "a.dll")]);
        let want = [("pe-company", "株式会社 A".to_string()), ("pe-original-name", "a.dll".to_string())];
        assert_eq!(fields(&bytes).collect::<Vec<_>>(), want);
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        let bytes = write(&[("CompanyName", "A"), ("InternalName", "b")]);
        for length in 0..bytes.len() {
            assert!(fields(&bytes[..length]).count() <= 2);
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bad = bytes.clone();
                bad[at] ^= 1 << bit;
                assert!(fields(&bad).count() <= 5);
            }
        }
    }
}
