//! The piece table (MS-DOC 2.8.35, 2.9.38): which characters stand where in the stream, and in which width.

use crate::bytes::Reader;

/// A run of characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Its characters.
    pub(super) characters: u32,
    /// Its first byte in the stream.
    pub(super) offset: usize,
    /// Whether it has one byte a character, of code page 1252, or two.
    pub(super) narrow: bool,
}

/// Pieces that are read; heavily edited documents have thousands.
const MOST: usize = 100_000;

/// The pieces in a Clx.
pub(super) fn read(clx: &[u8]) -> Vec<Piece> {
    table(clx).map(pieces).unwrap_or_default()
}

/// Steps over property changes to the table itself.
fn table(clx: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(clx);
    loop {
        match reader.u8()? {
            1 => {
                let length = reader.u16()?;
                reader.skip(usize::from(length))?;
            }
            2 => {
                let length = reader.u32()?;
                return Some(reader.take_up_to(usize::try_from(length).ok()?));
            }
            _ => return None,
        }
    }
}

fn pieces(table: &[u8]) -> Vec<Piece> {
    let count = (table.len().saturating_sub(4) / 12).min(MOST);
    let (mut bounds, mut places) = (Reader::new(table), Reader::at(table, (count + 1) * 4));
    let mut found = Vec::new();
    let mut start = bounds.u32().unwrap_or(0);
    for _ in 0..count {
        let (Some(end), Some(place)) = (bounds.u32(), places.as_mut()) else { break };
        let Some((_, at, _)) = read_place(place) else { break };
        let narrow = at & 0x4000_0000 != 0;
        let at = at & 0x3fff_ffff;
        let offset = usize::try_from(if narrow { at / 2 } else { at }).unwrap_or(usize::MAX);
        found.push(Piece { characters: end.saturating_sub(start), offset, narrow });
        start = end;
    }
    found
}

fn read_place(reader: &mut Reader) -> Option<(u16, u32, u16)> {
    Some((reader.u16()?, reader.u32()?, reader.u16()?))
}
