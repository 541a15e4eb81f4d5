//! The file information block (MS-DOC 2.5.1), which says where everything else lies.

use crate::bytes::Reader;

/// What is needed of the block.
#[derive(Debug, Default)]
pub(super) struct Fib {
    /// Whether the text is encrypted or obfuscated.
    pub(super) encrypted: bool,
    /// The name of the stream that holds the tables.
    pub(super) table: &'static str,
    /// Where the text lies in files that have no piece table: Word 6 and 95.
    pub(super) plain: (u32, u32),
    /// Whether the file is of Word 97 or later.
    pub(super) modern: bool,
    /// Characters of the parts of the document, in their order (2.5.4).
    pub(super) parts: Vec<(&'static str, u32)>,
    /// Offset and length of tables (2.5.6).
    tables: Vec<(u32, u32)>,
}

/// Places in the list of tables.
pub(super) const CHARACTER_PAGES: usize = 12;
pub(super) const PIECES: usize = 33;
pub(super) const DRAWINGS: usize = 50;
pub(super) const VARIABLES: usize = 60;

/// The parts of a document by the places of their lengths.
const PARTS: &[(usize, &str)] = &[
    (3, "text"),
    (4, "footnote"),
    (5, "header"),
    (6, "macro"),
    (7, "comment"),
    (8, "endnote"),
    (9, "text box"),
    (10, "header text box"),
];

/// The first version with two table streams: Word 97.
const WORD_97: u16 = 0xc1;
/// Tables that are looked at.
const MOST_TABLES: u16 = 256;

impl Fib {
    /// Reads the start of the `WordDocument` stream.
    pub(super) fn read(stream: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(stream);
        let (mark, version) = (reader.u16()?, reader.u16()?);
        matches!(mark, 0xa5ec | 0xa5dc | 0xa5db | 0xa699 | 0xa697).then_some(())?;
        reader.skip(6)?;
        let flags = reader.u16()?;
        reader.skip(12)?;
        let plain = (reader.u32()?, reader.u32()?);
        let mut fib = Self {
            encrypted: flags & 0x0100 != 0,
            table: if flags & 0x0200 == 0 { "0Table" } else { "1Table" },
            plain,
            modern: version >= WORD_97,
            ..Self::default()
        };
        if fib.modern {
            let _rest = fib.tables(&mut reader);
        }
        Some(fib)
    }

    /// A table's bytes.
    pub(super) fn table<'a>(&self, place: usize, tables: &'a [u8]) -> &'a [u8] {
        let Some((offset, length)) = self.tables.get(place) else { return &[] };
        let Some(mut reader) = usize::try_from(*offset).ok().and_then(|at| Reader::at(tables, at)) else {
            return &[];
        };
        reader.take_up_to(usize::try_from(*length).unwrap_or(0))
    }

    fn tables(&mut self, reader: &mut Reader) -> Option<()> {
        let shorts = reader.u16()?;
        reader.skip(usize::from(shorts) * 2)?;
        let longs = reader.u16()?;
        let mut numbers = Reader::new(reader.take(usize::from(longs) * 4)?);
        let mut lengths = Vec::new();
        while let Some(number) = numbers.u32() {
            lengths.push(number);
        }
        let length = |place: &usize| lengths.get(*place).copied().unwrap_or(0);
        self.parts = PARTS.iter().map(|(place, name)| (*name, length(place))).collect();
        for _ in 0..reader.u16()?.min(MOST_TABLES) {
            self.tables.push((reader.u32()?, reader.u32()?));
        }
        Some(())
    }
}
