//! LZ4 frames (`lz4_Frame_format.md` 1.6.4), legacy ones too, one behind the other, skippable ones passed over; and
//! the blocks in them (`lz4_Block_format.md`).
//!
//! Left out: frames that need a dictionary from elsewhere break where they refer to it; checksums of headers and of
//! single blocks, where that of the content says it too.

use crate::bytes::Reader;
use std::hash::Hasher;
use std::io::{self, Read};
use twox_hash::XxHash32;

/// The frames in some bytes.
pub struct Lz4<'a> {
    reader: Reader<'a>,
    frame: Option<Frame>,
    /// What was decoded: up to 64 KiB that may still be referred to, then what is to be given out.
    window: Vec<u8>,
    given: usize,
    broken: Option<&'static str>,
    skipped: u64,
    is_wrong: bool,
    /// Whether any frame began.
    has_begun: bool,
}

/// A frame being read.
struct Frame {
    is_legacy: bool,
    has_block_sums: bool,
    content_sum: Option<XxHash32>,
}

/// How far back a block may refer.
const REACH: usize = 64 << 10;

/// Bytes one block may unpack to: 4 MiB, in legacy frames 8 MiB.
const LARGEST_BLOCK: usize = 8 << 20;

const CUT: &str = "the packed data ends too early";

impl<'a> Lz4<'a> {
    /// The frames in `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(data),
            frame: None,
            window: Vec::new(),
            given: 0,
            broken: None,
            skipped: 0,
            is_wrong: false,
            has_begun: false,
        }
    }

    /// What stands behind the last frame.
    pub fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// Bytes in skippable frames.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Whether the checksum of a frame was wrong.
    pub fn is_wrong(&self) -> bool {
        self.is_wrong
    }

    /// Decodes one block, or begins or ends a frame. False at the end.
    fn advance(&mut self) -> Result<bool, &'static str> {
        let Some(frame) = self.frame.as_mut() else { return self.begin() };
        let before = self.reader;
        let size = match self.reader.u32() {
            // Legacy frames have no end of their own.
            Some(size) if frame.is_legacy && is_magic(size) => {
                self.reader = before;
                self.frame = None;
                return Ok(true);
            }
            None if frame.is_legacy && self.reader.is_empty() => return Ok(false),
            size => size.ok_or(CUT)?,
        };
        if size == 0 && !frame.is_legacy {
            return self.end();
        }
        let is_stored = size >> 31 == 1 && !frame.is_legacy;
        let size = if is_stored { size & 0x7fff_ffff } else { size };
        let block = self.reader.take_up_to(usize::try_from(size).unwrap_or(usize::MAX));
        let is_cut = (block.len() as u64) < u64::from(size);
        if frame.has_block_sums {
            let _sum = self.reader.take_up_to(4);
        }
        let start = self.window.len();
        let decoded = match is_stored {
            true => {
                self.window.extend_from_slice(block);
                Ok(())
            }
            false => decode(block, &mut self.window),
        };
        if let (Some(sum), Some(made)) = (&mut frame.content_sum, self.window.get(start..)) {
            sum.write(made);
        }
        decoded.and(if is_cut { Err(CUT) } else { Ok(true) })
    }

    /// Begins the next frame. False if none follows.
    fn begin(&mut self) -> Result<bool, &'static str> {
        let before = self.reader;
        let header = match self.reader.u32() {
            Some(SKIPPABLE..=SKIPPABLE_LAST) => {
                let length = self.reader.u32().ok_or(CUT)?;
                self.skipped += u64::from(length);
                self.reader.skip(usize::try_from(length).unwrap_or(usize::MAX)).ok_or(CUT)?;
                return Ok(true);
            }
            Some(MAGIC) => self.header(),
            Some(LEGACY) => Some(Frame { is_legacy: true, has_block_sums: false, content_sum: None }),
            _ => {
                self.reader = before;
                return if self.has_begun { Ok(false) } else { Err("the header is broken") };
            }
        };
        self.has_begun = true;
        self.frame = Some(header.ok_or(CUT)?);
        // Frames do not refer to each other.
        self.window.clear();
        self.given = 0;
        Ok(true)
    }

    /// The frame descriptor: two bytes of flags, and what they say follows.
    fn header(&mut self) -> Option<Frame> {
        let flags = self.reader.u8()?;
        let _largest_block = self.reader.u8()?;
        let more = if flags & 8 != 0 { 8 } else { 0 } + if flags & 1 != 0 { 4 } else { 0 };
        self.reader.skip(more + 1)?;
        let content_sum = (flags & 4 != 0).then(|| XxHash32::with_seed(0));
        Some(Frame { is_legacy: false, has_block_sums: flags & 16 != 0, content_sum })
    }

    fn end(&mut self) -> Result<bool, &'static str> {
        let sum = self.frame.take().and_then(|frame| frame.content_sum);
        if let Some(sum) = sum {
            let told = self.reader.u32().ok_or(CUT)?;
            self.is_wrong |= u64::from(told) != sum.finish();
        }
        Ok(true)
    }
}

const MAGIC: u32 = 0x184d_2204;
const LEGACY: u32 = 0x184c_2102;
const SKIPPABLE: u32 = 0x184d_2a50;
const SKIPPABLE_LAST: u32 = 0x184d_2a5f;

fn is_magic(word: u32) -> bool {
    matches!(word, MAGIC | LEGACY | SKIPPABLE..=SKIPPABLE_LAST)
}

impl Read for Lz4<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.given == self.window.len() && self.broken.is_none() {
            let spare = self.window.len().saturating_sub(REACH);
            self.window.drain(..spare);
            self.given = self.window.len();
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(why) => self.broken = Some(why),
            }
        }
        let made = self.window.get(self.given..).unwrap_or_default().read(output)?;
        self.given += made;
        match self.broken {
            Some(why) if made == 0 && !output.is_empty() => Err(io::Error::other(why)),
            _ => Ok(made),
        }
    }
}

/// Decodes a block behind what is in `out`. What was made before a fault stays there.
fn decode(block: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
    let most = out.len() + LARGEST_BLOCK;
    let mut reader = Reader::new(block);
    while let Some(token) = reader.u8() {
        let length = long(token >> 4, &mut reader).ok_or(CUT)?;
        let literals = reader.take_up_to(length);
        out.extend_from_slice(literals);
        if literals.len() < length {
            return Err(CUT);
        }
        if reader.is_empty() {
            return Ok(());
        }
        let distance = usize::from(reader.u16().ok_or(CUT)?);
        let length = long(token & 15, &mut reader).ok_or(CUT)? + 4;
        let start = out.len().checked_sub(distance).filter(|_| distance > 0);
        let start = start.ok_or("a copy reaches before the beginning")?;
        if length > most - out.len().min(most) {
            return Err("a block is larger than any may be");
        }
        copy(start, length, out);
    }
    Ok(())
}

/// Appends bytes that begin at `start`, which may run into themselves.
fn copy(start: usize, length: usize, out: &mut Vec<u8>) {
    let mut left = length;
    while left > 0 {
        let there = (out.len() - start).min(left);
        out.extend_from_within(start..start + there);
        left -= there;
    }
}

/// A length of four bits that goes on in further bytes.
fn long(nibble: u8, reader: &mut Reader<'_>) -> Option<usize> {
    let mut length = usize::from(nibble);
    if nibble == 15 {
        loop {
            let more = reader.u8()?;
            length += usize::from(more);
            if more != 255 {
                break;
            }
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Budget, Decoded, Limits};

    fn unpack(data: &[u8]) -> (Decoded, usize, bool) {
        let mut frames = Lz4::new(data);
        let decoded = Budget::new(&Limits::default()).read(&mut frames);
        (decoded, frames.rest().len(), frames.is_wrong())
    }

    /// A frame of one packed and one stored block, with the sum of its content.
    pub(crate) fn frame() -> Vec<u8> {
        let block = [0x32, b'a', b'b', b'c', 3, 0, 0x10, b'!'];
        [
            &[4, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7, 8, 0, 0, 0][..],
            &block,
            &[2, 0, 0, 0x80, b'x', b'y', 0, 0, 0, 0],
            &XxHash32::oneshot(0, b"abcabcabc!xy").to_le_bytes(),
        ]
        .concat()
    }

    #[test]
    fn frames_are_joined_and_checked() {
        let skippable = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9];
        let legacy = [2, 0x21, 0x4c, 0x18, 3, 0, 0, 0, 0x20, b'h', b'i'];
        let file = [&skippable[..], &frame(), &legacy, &frame(), b"junk"].concat();
        let (out, rest, wrong) = unpack(&file);
        assert_eq!(out.bytes, b"abcabcabc!xyhiabcabcabc!xy");
        assert_eq!((out.broken, rest, wrong), (None, 4, false));
        let mut bad = frame();
        let last = bad.len() - 1;
        bad[last] ^= 1;
        assert!(unpack(&bad).2);
    }

    #[test]
    fn cuts_and_flipped_bits_keep_what_came() {
        let whole = frame();
        for cut in 0..whole.len() {
            let (out, ..) = unpack(&whole[..cut]);
            assert!(b"abcabcabc!xy".starts_with(&out.bytes) && out.broken.is_some(), "{cut}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bad = whole.clone();
                bad[at] ^= 1 << bit;
                let _any = unpack(&bad);
            }
        }
    }

    #[test]
    fn a_block_does_not_grow_without_end() {
        let head = [4, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73];
        let block: Vec<u8> = [0x1f, b'a', 1, 0].into_iter().chain([255; 200_000]).chain([0]).collect();
        let size = u32::try_from(block.len()).unwrap().to_le_bytes();
        let (out, ..) = unpack(&[&head[..], &size, &block].concat());
        assert_eq!((out.bytes.len(), out.broken.as_deref()), (1, Some("a block is larger than any may be")));
    }
}
