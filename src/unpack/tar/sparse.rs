//! Files with holes, as GNU tar stores them: only the pieces between the holes stand in the archive.

use super::header::{BLOCK, field, number};
use super::pax::decimal;
use crate::bytes::Reader;
use std::io::{self, Read};

/// A piece of a sparse file: where it belongs and how many bytes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) at: u64,
    pub(super) length: u64,
}

/// The map in an old GNU header and in the blocks behind it (type `S`); answers also how many bytes these blocks
/// are. A piece is two numbers of twelve characters.
pub(super) fn old_map(block: &[u8], behind: &[u8]) -> (Vec<Piece>, usize) {
    let mut pieces = Vec::new();
    pieces_of(field(block, 386, 96), &mut pieces);
    let mut goes_on = field(block, 482, 1) == [1];
    let mut used = 0;
    for more in behind.chunks_exact(BLOCK) {
        if !goes_on {
            break;
        }
        pieces_of(field(more, 0, 504), &mut pieces);
        goes_on = field(more, 504, 1) == [1];
        used += BLOCK;
    }
    (pieces, used)
}

/// The size of an old GNU sparse file with its holes.
pub(super) fn old_real_size(block: &[u8]) -> Option<u64> {
    number(field(block, 483, 12))
}

fn pieces_of(map: &[u8], pieces: &mut Vec<Piece>) {
    for pair in map.chunks_exact(24) {
        let (Some(at), Some(length)) = (number(field(pair, 0, 12)), number(field(pair, 12, 12))) else {
            return;
        };
        if field(pair, 12, 1) == [0] {
            return;
        }
        pieces.push(Piece { at, length });
    }
}

/// The map before the data of a PAX 1.0 sparse file, and the data: lines of decimal numbers, their count first, filled
/// up to whole blocks. Lines of comment may stand before it.
pub(super) fn inner_map(data: &[u8]) -> Option<(Vec<Piece>, &[u8])> {
    let mut reader = Reader::new(data);
    while reader.rest().starts_with(b"#") {
        let comment = memchr::memchr(b'\n', reader.rest())?;
        reader.skip(comment + 1)?;
    }
    let count = line(&mut reader)?;
    let mut pieces = Vec::new();
    for _ in 0..count {
        pieces.push(Piece { at: line(&mut reader)?, length: line(&mut reader)? });
    }
    let data = data.get(reader.position().next_multiple_of(BLOCK)..).unwrap_or_default();
    Some((pieces, data))
}

fn line(reader: &mut Reader<'_>) -> Option<u64> {
    let length = memchr::memchr(b'\n', reader.rest().get(..32).unwrap_or(reader.rest()))?;
    let number = decimal(reader.take(length)?);
    reader.skip(1)?;
    number
}

/// A sparse file with its holes filled by zeros.
pub(super) struct Filled<'a> {
    data: &'a [u8],
    pieces: std::vec::IntoIter<Piece>,
    /// Zeros, then bytes of the data that come next.
    hole: u64,
    piece: u64,
    at: u64,
    real_size: u64,
}

impl<'a> Filled<'a> {
    /// The file whose pieces are `data`; none if the map does not run forward, or the whole would be larger than
    /// `most`.
    pub(super) fn new(data: &'a [u8], pieces: Vec<Piece>, real_size: u64, most: u64) -> Option<Self> {
        let mut end = 0u64;
        for piece in &pieces {
            (piece.at >= end).then_some(())?;
            end = piece.at.checked_add(piece.length)?;
        }
        let real_size = real_size.max(end);
        let pieces = pieces.into_iter();
        (real_size <= most).then_some(Self { data, pieces, hole: 0, piece: 0, at: 0, real_size })
    }

    /// The next hole and piece; the last hole reaches to the end.
    fn advance(&mut self) {
        match self.pieces.next() {
            Some(next) => (self.hole, self.piece) = (next.at.saturating_sub(self.at), next.length),
            None => self.hole = self.real_size.saturating_sub(self.at),
        }
    }
}

impl Read for Filled<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.hole == 0 && self.piece == 0 && self.at < self.real_size {
            self.advance();
        }
        let wanted = if self.hole > 0 { self.hole } else { self.piece };
        let length = usize::try_from(wanted).unwrap_or(usize::MAX).min(output.len());
        let target = output.get_mut(..length).unwrap_or_default();
        let made = if self.hole > 0 {
            target.fill(0);
            length
        } else {
            self.data.read(target)?
        };
        if made == 0 && length > 0 {
            return Err(io::Error::other("the archive ends inside the file"));
        }
        let left = wanted - made as u64;
        if self.hole > 0 {
            self.hole = left
        } else {
            self.piece = left
        }
        self.at += made as u64;
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Budget, Limits};

    fn filled(data: &[u8], pieces: &[(u64, u64)], real_size: u64) -> Option<(Vec<u8>, bool)> {
        let pieces = pieces.iter().map(|(at, length)| Piece { at: *at, length: *length }).collect();
        let mut file = Filled::new(data, pieces, real_size, 1 << 20)?;
        let decoded = Budget::new(&Limits::default()).read(&mut file);
        Some((decoded.bytes, decoded.broken.is_some()))
    }

    #[test]
    fn holes_are_zeros() {
        assert_eq!(filled(b"abc", &[(2, 2), (6, 1)], 8), Some((b"\0\0ab\0\0c\0".to_vec(), false)));
        assert_eq!(filled(b"abc", &[(0, 3), (3, 0)], 3), Some((b"abc".to_vec(), false)));
        assert_eq!(filled(b"", &[], 3), Some((b"\0\0\0".to_vec(), false)));
        assert_eq!(filled(b"a", &[(0, 3)], 3), Some((b"a".to_vec(), true)));
        assert_eq!(filled(b"ab", &[(5, 1), (0, 1)], 6), None);
        assert_eq!(filled(b"a", &[(u64::MAX, 1)], 3), None);
        assert_eq!(filled(b"a", &[(0, 1)], 1 << 21), None);
    }

    #[test]
    fn the_inner_map_ends_at_a_block() {
        let file = [&b"2\n0\n3\n10\n2\n"[..], &[0; 501], b"abcde"].concat();
        let (pieces, data) = inner_map(&file).unwrap();
        assert_eq!((pieces.len(), pieces[1], data), (2, Piece { at: 10, length: 2 }, &b"abcde"[..]));
        assert!(inner_map(b"9999999999\n0\n1\n").is_none());
        assert_eq!(inner_map(b"#!gnu-sparse-format\n#format:1.0\n1\n0\n3\n").unwrap().0.len(), 1);
    }
}
