//! AES (FIPS 197) with a key of any of its lengths: block by block, chained (CBC), and as a stream.

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use std::io::{self, Read};

/// Bytes of a block.
pub const BLOCK: usize = 16;

/// A key made ready.
#[derive(Debug)]
pub enum Aes {
    /// Of 16 bytes.
    Short(Box<Aes128>),
    /// Of 24 bytes.
    Middle(Box<Aes192>),
    /// Of 32 bytes.
    Long(Box<Aes256>),
}

impl Aes {
    /// `None` where a key is not of 16, 24 or 32 bytes.
    pub fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128::new_from_slice(key).ok().map(|key| Self::Short(Box::new(key))),
            24 => Aes192::new_from_slice(key).ok().map(|key| Self::Middle(Box::new(key))),
            32 => Aes256::new_from_slice(key).ok().map(|key| Self::Long(Box::new(key))),
            _ => None,
        }
    }

    fn block(&self, block: &mut [u8; BLOCK]) {
        match self {
            Self::Short(key) => key.decrypt_block(block.into()),
            Self::Middle(key) => key.decrypt_block(block.into()),
            Self::Long(key) => key.decrypt_block(block.into()),
        }
    }

    /// Decrypts every whole block by itself (ECB).
    pub fn each(&self, data: &mut [u8]) {
        let (blocks, _) = data.as_chunks_mut();
        blocks.iter_mut().for_each(|block| self.block(block));
    }

    /// Decrypts whole blocks, each chained to the one before it (CBC).
    pub fn chained(&self, start: [u8; BLOCK], data: &mut [u8]) {
        let mut before = start;
        let (blocks, _) = data.as_chunks_mut::<BLOCK>();
        for block in blocks {
            let encrypted = *block;
            self.block(block);
            block.iter_mut().zip(before).for_each(|(byte, before)| *byte ^= before);
            before = encrypted;
        }
    }
}

/// The decrypted bytes of a stream in CBC mode. A last block that is cut is an error behind the whole ones.
pub fn chained_reader<'a>(source: impl Read + 'a, key: Aes, start: [u8; BLOCK]) -> impl Read + 'a {
    Chained { source, key, before: start, bytes: Vec::new(), given: 0, whole: 0, end: None }
}

/// Encrypts whole blocks with AES-128, each chained to the one before it.
pub fn encrypt_chained(key: &[u8; 16], start: [u8; BLOCK], data: &mut [u8]) {
    let cipher = Aes128::new(key.into());
    let mut before = start;
    let (blocks, _) = data.as_chunks_mut::<BLOCK>();
    for plain in blocks {
        plain.iter_mut().zip(before).for_each(|(byte, before)| *byte ^= before);
        cipher.encrypt_block(plain.into());
        before = *plain;
    }
}

/// A stream being decrypted.
struct Chained<R> {
    source: R,
    key: Aes,
    /// The last encrypted block.
    before: [u8; BLOCK],
    /// Decrypted blocks, then the beginning of one still encrypted.
    bytes: Vec<u8>,
    given: usize,
    whole: usize,
    end: Option<io::Result<()>>,
}

impl<R: Read> Chained<R> {
    fn fill(&mut self) {
        self.bytes.drain(..self.whole);
        (self.given, self.whole) = (0, 0);
        let mut chunk = [0; 4096];
        match self.source.read(&mut chunk) {
            Ok(0) if self.bytes.is_empty() => self.end = Some(Ok(())),
            Ok(0) => self.end = Some(Err(io::Error::other("the encrypted data ends within a block"))),
            Ok(length) => {
                self.bytes.extend_from_slice(chunk.get(..length).unwrap_or_default());
                let (blocks, _) = self.bytes.as_chunks::<BLOCK>();
                let last = blocks.last().copied();
                self.whole = blocks.len() * BLOCK;
                self.key.chained(self.before, self.bytes.get_mut(..self.whole).unwrap_or_default());
                self.before = last.unwrap_or(self.before);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.end = Some(Err(error)),
        }
    }
}

impl<R: Read> Read for Chained<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.given == self.whole {
            match &mut self.end {
                Some(end) => return std::mem::replace(end, Ok(())).map(|()| 0),
                None if output.is_empty() => return Ok(0),
                None => self.fill(),
            }
        }
        let mut whole = self.bytes.get(self.given..self.whole).unwrap_or_default();
        let length = whole.read(output)?;
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Budget, Limits};

    /// NIST SP 800-38A F.2.1: the first block of CBC-AES128.
    #[test]
    fn the_block_of_sp_800_38a() {
        let key =
            [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];
        let start: [u8; 16] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let plain =
            [0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a];
        let want =
            [0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce, 0xe9, 0x8e, 0x9b, 0x12, 0xe9, 0x19, 0x7d];
        let mut data = plain;
        encrypt_chained(&key, start, &mut data);
        assert_eq!(data, want);
        Aes::new(&key).unwrap().chained(start, &mut data);
        assert_eq!(data, plain);
    }

    #[test]
    fn a_stream_is_decrypted_in_any_pieces_and_a_cut_block_is_told() {
        struct Drips<'a>(&'a [u8]);
        impl Read for Drips<'_> {
            fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
                let length = output.len().min(7);
                self.0.read(&mut output[..length])
            }
        }
        let plain: Vec<u8> = (0..160u8).collect();
        let mut data = plain.clone();
        encrypt_chained(&[7; 16], [9; 16], &mut data);
        let read = |source: &[u8]| {
            let key = Aes::new(&[7; 16]).unwrap();
            Budget::new(&Limits::default()).read(&mut chained_reader(Drips(source), key, [9; 16]))
        };
        let whole = read(&data);
        assert_eq!((whole.bytes, whole.broken), (plain.clone(), None));
        for cut in 1..data.len() {
            let out = read(&data[..cut]);
            assert_eq!(out.bytes, plain[..cut / 16 * 16], "{cut}");
            assert_eq!(out.broken.is_some(), cut % 16 != 0, "{cut}");
        }
    }

    #[test]
    fn keys_have_three_lengths() {
        for length in 0..40 {
            assert_eq!(Aes::new(&[1u8; 40][..length]).is_some(), [16, 24, 32].contains(&length));
        }
    }
}
