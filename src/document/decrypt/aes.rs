//! AES (FIPS 197) with a key whose length the document tells, block by block and chained.

use aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};

/// Bytes of a block.
pub(super) const BLOCK: usize = 16;

/// A key made ready.
pub(super) enum Aes {
    Short(Box<Aes128>),
    Middle(Box<Aes192>),
    Long(Box<Aes256>),
}

impl Aes {
    /// `None` where a key is not of 16, 24 or 32 bytes.
    pub(super) fn new(key: &[u8]) -> Option<Self> {
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
    pub(super) fn each(&self, data: &mut [u8]) {
        let (blocks, _) = data.as_chunks_mut();
        blocks.iter_mut().for_each(|block| self.block(block));
    }

    /// Decrypts whole blocks, each chained to the one before it (CBC).
    pub(super) fn chained(&self, start: [u8; BLOCK], data: &mut [u8]) {
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
