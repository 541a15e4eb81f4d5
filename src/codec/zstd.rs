//! zstd frames (RFC 8878), one behind the other, skippable ones passed over. A frame that breaks off gives out its
//! window all the same.

use super::DICTIONARY;
use super::stepped::MOST_STREAMS;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, Read};

/// zstd frames being read.
pub struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    broken: Option<String>,
    /// How many frames began.
    count: u32,
    /// Bytes in skippable frames.
    skipped: u64,
    /// Whether the checksum of a frame was wrong.
    is_wrong: bool,
}

/// An empty raw block marked as the last one, and a checksum. The decoder holds back a whole window until the
/// frame has ended; after a fault this ends it, so that the window comes out.
const CLOSING: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// RFC 8878 3.1.1: how a frame begins.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

impl<R: BufRead> Zstd<R> {
    /// The frames of a source.
    ///
    /// # Errors
    /// The source does not begin with a frame, or its window is too large.
    pub fn new(source: R) -> io::Result<Self> {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(u64::from(DICTIONARY));
        let mut frames = Self { source, decoder, broken: None, count: 1, skipped: 0, is_wrong: false };
        frames.skip()?;
        frames.decoder.reset(&mut frames.source).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(frames)
    }

    /// The source, standing behind the last frame that was read.
    pub fn source(&self) -> &R {
        &self.source
    }

    /// Bytes in skippable frames.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Whether the checksum of a frame was wrong.
    pub fn is_wrong(&self) -> bool {
        self.is_wrong
    }

    /// Decodes until there is something to give out or the last frame is over.
    fn fill(&mut self) {
        while self.decoder.can_collect() == 0 && self.broken.is_none() {
            if self.decoder.is_finished() && !self.go_on() {
                return;
            }
            let block = BlockDecodingStrategy::UptoBlocks(1);
            if let Err(error) = self.decoder.decode_blocks(&mut self.source, block) {
                self.broken = Some(error.to_string());
                let _closed = self.decoder.decode_blocks(CLOSING.as_slice(), BlockDecodingStrategy::All);
            }
        }
    }

    /// Checks the frame that ended and begins the next, if there is one.
    fn go_on(&mut self) -> bool {
        let told = self.decoder.get_checksum_from_data();
        self.is_wrong |= told.is_some() && told != self.decoder.get_calculated_checksum();
        let begun = self.skip().and_then(|()| {
            if !self.source.fill_buf()?.starts_with(&MAGIC) {
                return Ok(false);
            }
            self.count += 1;
            if self.count > MOST_STREAMS {
                return Err(io::Error::other("there are too many zstd frames"));
            }
            self.decoder.reset(&mut self.source).map_err(|error| io::Error::other(error.to_string()))?;
            Ok(true)
        });
        begun.unwrap_or_else(|error| {
            self.broken = Some(error.to_string());
            false
        })
    }

    /// Passes over skippable frames (RFC 8878 3.1.2): a magic, a length, that many bytes.
    fn skip(&mut self) -> io::Result<()> {
        while let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] = *self.source.fill_buf()? {
            self.source.consume(8);
            let mut left = u64::from(u32::from_le_bytes([a, b, c, d]));
            self.skipped += left;
            while left > 0 {
                let there = self.source.fill_buf()?.len();
                if there == 0 {
                    return Err(io::Error::other("the packed data ends too early"));
                }
                let length = usize::try_from(left).unwrap_or(there).min(there);
                self.source.consume(length);
                left -= length as u64;
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return Ok(0);
        }
        self.fill();
        match (self.decoder.read(output)?, &self.broken) {
            (0, Some(why)) => Err(io::Error::other(why.clone())),
            (made, _) => Ok(made),
        }
    }
}
