//! The fields 7z records are made of, and the two fixed ones at the start of an archive.

use crate::bytes::Reader;

/// The first bytes of an archive.
pub(super) const SIGNATURE: &[u8; 6] = b"7z\xbc\xaf\x27\x1c";

/// The length of signature header and start header; what is packed follows.
pub(super) const START: usize = 32;

/// The start header: where the header stands that lists the files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// Bytes from the end of the start header to the header.
    pub(super) offset: u64,
    /// Length of the header; none in an archive without files.
    pub(super) size: u64,
    /// Its CRC-32.
    pub(super) crc: u32,
    /// Whether the CRC-32 of the start header itself is right.
    pub(super) is_right: bool,
}

impl Start {
    /// The start header of the archive at the beginning of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.array()? != *SIGNATURE {
            return None;
        }
        reader.skip(2)?;
        let told = reader.u32()?;
        let fields = reader.take(20)?;
        let mut reader = Reader::new(fields);
        let (offset, size, crc) = (reader.u64()?, reader.u64()?, reader.u32()?);
        Some(Self { offset, size, crc, is_right: told == crc32fast::hash(fields) })
    }

    /// Where the archive ends, counted from its signature.
    pub(super) fn end(&self) -> Option<usize> {
        let end = self.offset.checked_add(self.size)?.checked_add(START as u64)?;
        usize::try_from(end).ok()
    }
}

/// A number of one to nine bytes: the leading one bits of the first byte tell how many follow.
pub(super) fn number(reader: &mut Reader<'_>) -> Option<u64> {
    let first = reader.u8()?;
    let length = first.leading_ones();
    let mut bytes = [0; 8];
    let low = reader.take(usize::try_from(length).ok()?)?;
    bytes.iter_mut().zip(low).for_each(|(byte, low)| *byte = *low);
    let high = u64::from(first) & (0x7f >> length.min(7));
    Some(u64::from_le_bytes(bytes) | high.checked_shl(8 * length).unwrap_or(0))
}

/// One bit for each of some things, the highest bit of a byte first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Whether every bit is set and none is written.
    all: bool,
}

impl<'a> Bits<'a> {
    /// `count` bits.
    pub(super) fn read(reader: &mut Reader<'a>, count: u64) -> Option<Self> {
        let length = usize::try_from(count.div_ceil(8)).ok()?;
        Some(Self { bytes: reader.take(length)?, all: false })
    }

    /// `count` bits behind a byte that tells whether they all are set.
    pub(super) fn read_or_all(reader: &mut Reader<'a>, count: u64) -> Option<Self> {
        match reader.u8()? {
            0 => Self::read(reader, count),
            _ => Some(Self { bytes: &[], all: true }),
        }
    }

    /// The bit at a place; not set where none is written.
    pub(super) fn get(&self, place: u64) -> bool {
        let byte = usize::try_from(place / 8).ok().and_then(|at| self.bytes.get(at));
        self.all || byte.is_some_and(|byte| byte & (0x80 >> (place % 8)) != 0)
    }

    /// How many are set.
    pub(super) fn count(&self) -> u64 {
        self.bytes.iter().map(|byte| u64::from(byte.count_ones())).sum()
    }

    /// How many places there are.
    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64 * 8
    }
}

/// The CRC-32 of `count` things, where they have one; only the first `keep` are kept.
pub(super) fn digests(reader: &mut Reader<'_>, count: u64, keep: usize) -> Option<Vec<Option<u32>>> {
    let bits = Bits::read_or_all(reader, count)?;
    let mut out = Vec::new();
    for place in 0..count {
        let crc = if bits.get(place) { Some(reader.u32()?) } else { None };
        if out.len() < keep {
            out.push(crc);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        for (bytes, want) in [
            (&[0x7f][..], 0x7f),
            (&[0x80, 0x80], 0x80),
            (&[0xbf, 0xff], 0x3fff),
            (&[0xc1, 2, 3], 0x01_0302),
            (&[0xf0, 1, 2, 3, 4], 0x0403_0201),
            (&[0xf7, 1, 2, 3, 4], 0x07_0403_0201),
            (&[0xfe, 1, 2, 3, 4, 5, 6, 7], 0x07_0605_0403_0201),
            (&[0xff, 1, 2, 3, 4, 5, 6, 7, 8], 0x0807_0605_0403_0201),
        ] {
            let mut reader = Reader::new(bytes);
            assert_eq!((number(&mut reader), reader.is_empty()), (Some(want), true), "{bytes:x?}");
            assert_eq!(number(&mut Reader::new(&bytes[..bytes.len() - 1])), None);
        }
    }

    #[test]
    fn bits_beyond_what_is_written_are_not_set_and_a_huge_count_is_refused() {
        let bits = Bits::read(&mut Reader::new(&[0b1010_0000]), 3).unwrap();
        assert_eq!((0..9).map(|at| bits.get(at)).collect::<Vec<_>>().iter().filter(|bit| **bit).count(), 2);
        assert!(bits.get(0) && !bits.get(1) && bits.get(2));
        assert!(Bits::read(&mut Reader::new(&[0; 9]), u64::MAX).is_none());
        assert_eq!(digests(&mut Reader::new(&[1, 1, 0, 0, 0]), u64::MAX, 5), None);
    }
}
