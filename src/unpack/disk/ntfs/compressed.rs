//! Data that NTFS keeps compressed: in units of usually 16 clusters, each packed by LZNT1 (MS-XCA 2.5) where that
//! saves a cluster. A unit with all its clusters is plain, one with none is zeros, one that ends in a hole is packed.

use crate::bytes::Reader;
use crate::unpack::disk::image::{Image, Run, Runs, to_usize};
use std::collections::VecDeque;
use std::io::{self, Read};

/// The largest unit there is: 16 clusters of 64 KiB, and room for odd ones.
pub(super) const LARGEST_UNIT: u64 = 2 << 20;

/// The plain bytes of a compressed stream.
pub(in crate::unpack) struct Units<'a> {
    image: &'a dyn Image,
    runs: VecDeque<Run>,
    /// Bytes of a unit.
    unit: u64,
    ready: Vec<u8>,
    given: usize,
}

impl<'a> Units<'a> {
    /// A reader of the units in these runs.
    pub(in crate::unpack) fn new(image: &'a dyn Image, runs: Vec<Run>, unit: u64) -> Self {
        let unit = unit.clamp(512, LARGEST_UNIT);
        Self { image, runs: runs.into(), unit, ready: Vec::new(), given: 0 }
    }

    /// Makes the next unit ready.
    fn unfold(&mut self) -> io::Result<()> {
        let (mut left, mut stored) = (self.unit, Vec::new());
        while let Some(run) = self.runs.front_mut().filter(|_| left > 0) {
            let length = run.length.min(left);
            if run.at.is_some() {
                stored.push(Run { at: run.at, length });
            }
            left -= length;
            run.length -= length;
            run.at = run.at.map(|at| at.saturating_add(length));
            if run.length == 0 {
                self.runs.pop_front();
            }
        }
        let whole = self.unit - left;
        let is_plain = stored.iter().map(|run| run.length).sum::<u64>() == whole;
        let is_hole = stored.is_empty();
        let bytes = gather(self.image, stored)?;
        self.given = 0;
        self.ready = if is_plain || is_hole { bytes } else { lznt1(&bytes, to_usize(whole))? };
        let missing = to_usize(whole).saturating_sub(self.ready.len());
        self.ready.extend(std::iter::repeat_n(0, missing));
        Ok(())
    }
}

impl Read for Units<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.ready.len() {
            self.unfold()?;
        }
        let length = self.ready.get(self.given..).unwrap_or_default().read(out)?;
        self.given += length;
        Ok(length)
    }
}

/// The bytes of the clusters of a unit.
fn gather(image: &dyn Image, runs: Vec<Run>) -> io::Result<Vec<u8>> {
    let mut reader = Runs::new(image, runs);
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match reader.read(&mut chunk)? {
            0 => return Ok(bytes),
            length => bytes.extend_from_slice(chunk.get(..length).unwrap_or_default()),
        }
    }
}

/// Bytes that one chunk makes.
const CHUNK: usize = 4096;

/// Unpacks chunks until a header of zero, the end, or `most` bytes.
fn lznt1(bytes: &[u8], most: usize) -> io::Result<Vec<u8>> {
    let broken = || io::Error::other("the LZNT1 data are broken");
    let mut reader = Reader::new(bytes);
    let mut out = Vec::new();
    while let Some(header @ 1..) = reader.u16().filter(|_| out.len() < most) {
        let chunk = reader.take(usize::from(header & 0xfff) + 1).ok_or_else(broken)?;
        let start = out.len();
        if header & 0x8000 == 0 {
            out.extend_from_slice(chunk);
        } else {
            unpack(chunk, &mut out).ok_or_else(broken)?;
        }
        // A chunk that makes less is followed by zeros.
        let missing = (start + CHUNK).saturating_sub(out.len());
        out.extend(std::iter::repeat_n(0, missing));
    }
    out.truncate(most);
    Ok(out)
}

/// Unpacks one chunk. A flag tells for each of eight tokens whether it is a byte or a place and length in what came
/// before; the farther the chunk has come, the more bits of these are the place.
fn unpack(chunk: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    let mut reader = Reader::new(chunk);
    while let Some(flags) = reader.u8() {
        for bit in 0..8 {
            if reader.is_empty() || out.len() - start >= CHUNK {
                break;
            }
            if flags >> bit & 1 == 0 {
                out.push(reader.u8()?);
                continue;
            }
            let token = usize::from(reader.u16()?);
            let place_bits =
                (out.len() - start).checked_sub(1)?.checked_ilog2().map_or(4, |bits| (bits + 1).max(4));
            let distance = (token >> (16 - place_bits)) + 1;
            let length = (token & (0xffff >> place_bits)) + 3;
            let from = out.len().checked_sub(distance).filter(|from| *from >= start)?;
            for at in from..from + length.min(CHUNK + start - out.len()) {
                out.push(*out.get(at)?);
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unpack::disk::image::Flat;

    #[test]
    fn the_example_of_the_specification_unfolds() {
        // MS-XCA 3.3: the text and its packed form.
        let text = b"F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# \
E D E A F# F# G A A G F# E D D E F# E D D\0";
        let packed = [
            0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xa2, 0x47, 0x01,
            0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xc0, 0x45, 0x20, 0x05, 0x24,
            0x13, 0x88, 0x05, 0xb4, 0x02, 0x4a, 0x44, 0xef, 0x03, 0x58, 0x02, 0x8c, 0x09, 0x16, 0x01, 0x48,
            0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00,
        ];
        assert_eq!(lznt1(&packed, text.len()).unwrap(), text);
        for at in 0..packed.len() {
            assert!(lznt1(&packed[..at], CHUNK).map_or(0, |out| out.len()) <= CHUNK);
            let mut bad = packed;
            bad[at] ^= 1 << (at % 8);
            assert!(lznt1(&bad, CHUNK).map_or(0, |out| out.len()) <= CHUNK);
        }
    }

    #[test]
    fn units_are_plain_packed_or_zeros() {
        let mut disk = [7u8; 4096].to_vec();
        // A chunk of one byte, and a repetition of it for the rest.
        disk[2048..2056].copy_from_slice(&[0x03, 0xb0, 0x02, b'a', 0xfc, 0x0f, 0, 0]);
        let runs =
            vec![Run::new(0, 2048), Run::new(2048, 512), Run::hole(1536), Run::hole(2048), Run::new(4096, 9)];
        let disk = Flat(&disk);
        let mut units = Units::new(&disk, runs, 2048);
        let mut got = Vec::new();
        let mut chunk = [0; 1000];
        let error = loop {
            match units.read(&mut chunk) {
                Ok(length) => got.extend_from_slice(&chunk[..length]),
                Err(error) => break error,
            }
        };
        assert_eq!(got, [[7; 2048], [b'a'; 2048], [0; 2048]].concat());
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
