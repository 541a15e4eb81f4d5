//! Streams read through a cipher that works byte by byte.

use super::rc4::Blocks;
use super::xor::Pattern;
use std::io::{self, Read};

/// What a cipher makes of the next byte of a stream.
pub(super) trait Step {
    fn step(&mut self, byte: u8) -> u8;
}

/// A stream and the cipher it is read through.
pub(super) struct Through<R, S> {
    source: R,
    cipher: S,
}

impl<R: Read, S: Step> Through<R, S> {
    pub(super) fn new(source: R, cipher: S) -> Self {
        Self { source, cipher }
    }
}

impl<R: Read, S: Step> Read for Through<R, S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(out)?;
        out.iter_mut().take(length).for_each(|byte| *byte = self.cipher.step(*byte));
        Ok(length)
    }
}

/// What is laid over the bytes of a stream.
pub(super) enum Layer {
    Rc4(Box<Blocks>),
    Xor(Pattern),
}

impl Layer {
    pub(super) fn rc4(blocks: Blocks) -> Self {
        Self::Rc4(Box::new(blocks))
    }
}
