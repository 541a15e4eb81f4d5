//! One zstd frame (RFC 8878), which gives out its window also when the frame breaks off.

use super::DICTIONARY;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, Read};

/// A zstd frame being read.
pub(super) struct Frame<R> {
    source: R,
    decoder: FrameDecoder,
    broken: Option<String>,
}

/// An empty raw block marked as the last one, and a checksum. The decoder holds back a whole window until the
/// frame has ended; after a fault this ends it, so that the window comes out.
const CLOSING: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

impl<R: Read> Frame<R> {
    pub(super) fn new(mut source: R) -> io::Result<Self> {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(u64::from(DICTIONARY));
        decoder.reset(&mut source).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self { source, decoder, broken: None })
    }

    /// Decodes until there is something to give out or the frame is over.
    fn fill(&mut self) {
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() && self.broken.is_none() {
            let block = BlockDecodingStrategy::UptoBlocks(1);
            if let Err(error) = self.decoder.decode_blocks(&mut self.source, block) {
                self.broken = Some(error.to_string());
                let _closed = self.decoder.decode_blocks(CLOSING.as_slice(), BlockDecodingStrategy::All);
            }
        }
    }
}

impl<R: Read> Read for Frame<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.fill();
        match (self.decoder.read(output)?, &self.broken) {
            (0, Some(why)) if !output.is_empty() => Err(io::Error::other(why.clone())),
            (made, _) => Ok(made),
        }
    }
}
