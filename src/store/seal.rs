//! Bytes at rest: packed (deflate, RFC 1951), then encrypted (XChaCha20-Poly1305) under the key of the store. What a
//! seal belongs to goes into its check, so that a row cannot be put in the place of another.
//!
//! Layout: a version byte, a nonce of 24 random bytes, the encrypted text with its tag.

use super::{Error, Result, random};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use flate2::Compression;
use flate2::write::{DeflateDecoder, DeflateEncoder};
use std::io::Write;

/// Bytes of a key.
pub(super) const KEY: usize = 32;

/// Bytes of a nonce.
const NONCE: usize = 24;

/// The layout above.
const VERSION: u8 = 1;

/// Seals and opens.
pub(super) struct Seal {
    cipher: XChaCha20Poly1305,
}

impl Seal {
    /// Under a key.
    pub(super) fn new(key: &[u8; KEY]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.into()) }
    }

    /// Packs and encrypts.
    pub(super) fn seal(&self, owner: &str, text: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = random()?;
        let damaged = || Error::Damaged(owner.to_string());
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::default());
        let packed = packer.write_all(text).and_then(|()| packer.finish()).map_err(|_| damaged())?;
        let payload = Payload { msg: &packed, aad: owner.as_bytes() };
        let secret = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| damaged())?;
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&secret);
        Ok(sealed)
    }

    /// Decrypts and unpacks. What was packed here is trusted to unpack to what it was: the tag says so.
    pub(super) fn open(&self, owner: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        self.opened(owner, sealed).ok_or_else(|| Error::Damaged(owner.to_string()))
    }

    fn opened(&self, owner: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, secret) = rest.split_first_chunk::<NONCE>().filter(|_| *version == VERSION)?;
        let payload = Payload { msg: secret, aad: owner.as_bytes() };
        let packed = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        let mut unpacker = DeflateDecoder::new(Vec::new());
        unpacker.write_all(&packed).ok()?;
        unpacker.finish().ok()
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Seal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_whole_in_its_place_and_with_its_key() {
        let seal = Seal::new(&[7; KEY]);
        let text = "パスワード k7Rm2x ".repeat(50).into_bytes();
        let sealed = seal.seal("mail 1", &text).unwrap();
        assert!(sealed.len() < text.len() / 2, "{}", sealed.len());
        assert!(!sealed.windows(6).any(|window| window == b"k7Rm2x"));
        assert_eq!(seal.open("mail 1", &sealed).unwrap(), text);
        assert_ne!(seal.seal("mail 1", &text).unwrap(), sealed, "each has a nonce of its own");
        assert!(matches!(seal.open("mail 2", &sealed), Err(Error::Damaged(owner)) if owner == "mail 2"));
        assert!(Seal::new(&[8; KEY]).open("mail 1", &sealed).is_err());
        for at in 0..sealed.len() {
            assert!(seal.open("mail 1", &sealed[..at]).is_err());
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(seal.open("mail 1", &flipped).is_err(), "bit at {at}");
        }
        assert_eq!(seal.open("", &seal.seal("", b"").unwrap()).unwrap(), b"");
    }
}
