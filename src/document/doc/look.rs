//! How characters look (MS-DOC 2.9.33, 2.8.5): only what hides them. Set by styles, as people do it, it is not seen.

use crate::bytes::Reader;

/// What hides a run of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    /// It is set hidden.
    Vanished,
    /// It is white.
    White,
    /// It is two points high or less.
    Tiny,
}

impl Hidden {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Vanished => "hidden text",
            Self::White => "white text",
            Self::Tiny => "tiny text",
        }
    }
}

/// Runs of bytes of the stream that are hidden, by their start.
#[derive(Debug, Default)]
pub(super) struct Looks(Vec<(u32, u32, Hidden)>);

/// Pages of properties that are read.
const MOST_PAGES: usize = 20_000;
/// Bytes of a page.
const PAGE: usize = 512;

impl Looks {
    /// Reads every page that the table names.
    pub(super) fn read(table: &[u8], stream: &[u8]) -> Self {
        let count = (table.len().saturating_sub(4) / 8).min(MOST_PAGES);
        let mut runs = Vec::new();
        let mut pages = Reader::at(table, (count + 1) * 4);
        for _ in 0..count {
            let Some(number) = pages.as_mut().and_then(Reader::u32) else { break };
            let start = usize::try_from(number & 0x3f_ffff).unwrap_or(0).saturating_mul(PAGE);
            if let Some(page) = stream.get(start..start.saturating_add(PAGE)) {
                page_runs(page, &mut runs);
            }
        }
        runs.sort_unstable_by_key(|(start, _, _)| *start);
        Self(runs)
    }

    /// What hides the character at that byte, and the byte at which that may change.
    pub(super) fn at(&self, offset: u32) -> (Option<Hidden>, u32) {
        let before = self.0.partition_point(|(start, _, _)| *start <= offset);
        let own = before.checked_sub(1).and_then(|at| self.0.get(at)).filter(|(_, end, _)| offset < *end);
        let next = self.0.get(before).map_or(u32::MAX, |(start, _, _)| *start);
        own.map_or((None, next), |(_, end, hidden)| (Some(*hidden), (*end).min(next)))
    }
}

/// A page: the bounds of its runs, and for each the half of the offset of its properties.
fn page_runs(page: &[u8], runs: &mut Vec<(u32, u32, Hidden)>) {
    let count = page.last().copied().map_or(0, usize::from);
    let mut bounds = Reader::new(page);
    let Some(mut places) = Reader::at(page, (count + 1) * 4) else { return };
    let Some(mut start) = bounds.u32() else { return };
    for _ in 0..count {
        let (Some(end), Some(half)) = (bounds.u32(), places.u8()) else { return };
        let properties = Reader::at(page, usize::from(half) * 2).filter(|_| half != 0);
        let hidden = properties.and_then(|mut reader| {
            let length = usize::from(reader.u8()?);
            hidden(reader.take_up_to(length))
        });
        runs.extend(hidden.filter(|_| end > start).map(|hidden| (start, end, hidden)));
        start = end;
    }
}

/// The properties (2.6.1): code and operand, whose size the code says.
fn hidden(properties: &[u8]) -> Option<Hidden> {
    let mut reader = Reader::new(properties);
    let mut found = None;
    while let Some(code) = reader.u16() {
        let size = match code >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            _ => usize::from(reader.u8()?),
        };
        let operand = reader.take(size)?;
        found = match (code, operand) {
            (0x083c, [1 | 0x81]) => return Some(Hidden::Vanished),
            (0x2a42, [8]) | (0x6870, [0xff, 0xff, 0xff, 0]) => Some(Hidden::White),
            (0x4a43, [1..=4, 0]) => Some(Hidden::Tiny),
            _ => found,
        };
    }
    found
}
