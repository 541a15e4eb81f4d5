//! The AES encryption of `WinZip` (AE-1 and AE-2): PBKDF2 with HMAC-SHA-1 and 1,000 rounds (RFC 2898 5.2), AES in
//! counter mode with a little-endian counter from 1, and ten bytes of HMAC-SHA-1 over what is encrypted.
//!
//! ```text
//! salt (half a key)   verifier (2)   encrypted data   authentication (10)
//! ```
//!
//! The derived bytes are key, authentication key, verifier. They come in independent blocks of 20, so a wrong
//! password costs only the block the verifier lies in; and the pads of HMAC are hashed once for all rounds.

use crate::limits::{Budget, Stop};
use ctr::cipher::{KeyIvInit, StreamCipher};
use sha1::block_api::compress;
use sha1::{Digest, Sha1};
use std::io::{self, Read};

/// The parts of an encrypted entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sealed<'a> {
    key: usize,
    salt: &'a [u8],
    verifier: [u8; 2],
    data: &'a [u8],
    authentication: &'a [u8],
}

const ROUNDS: u32 = 1000;
const BLOCK: usize = 20;

impl<'a> Sealed<'a> {
    /// The parts of `data`, encrypted under a key of `key` bytes.
    pub(super) fn new(key: usize, data: &'a [u8]) -> Option<Self> {
        let (salt, rest) = data.split_at_checked(key / 2)?;
        let (verifier, rest) = rest.split_first_chunk()?;
        let (data, authentication) = rest.split_last_chunk::<10>()?;
        Some(Self { key, salt, verifier: *verifier, data, authentication })
    }

    /// The decrypted data, if this is the password: verifier and authentication both fit.
    pub(super) fn open(
        &self,
        password: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Box<dyn Read + 'a>>, Stop> {
        let hmac = Hmac::new(password);
        let place = 2 * self.key;
        budget.derive(u64::from(ROUNDS))?;
        let last = hmac.derive(self.salt, place / BLOCK);
        if last.get(place % BLOCK..place % BLOCK + 2) != Some(&self.verifier) {
            return Ok(None);
        }
        let mut derived = Vec::new();
        for block in 0..place / BLOCK {
            budget.derive(u64::from(ROUNDS))?;
            derived.extend(hmac.derive(self.salt, block));
        }
        derived.extend(last);
        let (Some(key), Some(signing)) = (derived.get(..self.key), derived.get(self.key..place)) else {
            return Ok(None);
        };
        let is_right = Hmac::new(signing).sign(self.data).get(..10) == Some(self.authentication);
        Ok(is_right.then(|| self.stream(key)).flatten())
    }

    fn stream(&self, key: &[u8]) -> Option<Box<dyn Read + 'a>> {
        let mut counter = [0; 16];
        if let Some(low) = counter.first_mut() {
            *low = 1;
        }
        fn keyed<'a, C: KeyIvInit + StreamCipher + 'a>(
            key: &[u8],
            counter: &[u8],
            data: &'a [u8],
        ) -> Option<Box<dyn Read + 'a>> {
            let cipher = C::new_from_slices(key, counter).ok()?;
            Some(Box::new(Decrypt { cipher, data }))
        }
        match self.key {
            16 => keyed::<ctr::Ctr128LE<aes::Aes128>>(key, &counter, self.data),
            24 => keyed::<ctr::Ctr128LE<aes::Aes192>>(key, &counter, self.data),
            _ => keyed::<ctr::Ctr128LE<aes::Aes256>>(key, &counter, self.data),
        }
    }
}

/// A stream being decrypted.
struct Decrypt<'a, C> {
    cipher: C,
    data: &'a [u8],
}

impl<C: StreamCipher> Read for Decrypt<'_, C> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let length = self.data.read(output)?;
        self.cipher.apply_keystream(output.get_mut(..length).unwrap_or_default());
        Ok(length)
    }
}

/// HMAC-SHA-1 (RFC 2104) after the pads of its key were hashed.
struct Hmac {
    inner: [u32; 5],
    outer: [u32; 5],
    pads: [[u8; 64]; 2],
}

/// FIPS 180-4 5.3.1.
const START: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

impl Hmac {
    fn new(key: &[u8]) -> Self {
        let hashed = Sha1::digest(key);
        let key = if key.len() > 64 { hashed.as_slice() } else { key };
        let pad = |fill: u8| {
            let mut pad = [fill; 64];
            pad.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
            pad
        };
        let pads = [pad(0x36), pad(0x5c)];
        let (mut inner, mut outer) = (START, START);
        compress(&mut inner, &pads[..1]);
        compress(&mut outer, &pads[1..]);
        Self { inner, outer, pads }
    }

    /// Block number `block`, from 0, of PBKDF2.
    fn derive(&self, salt: &[u8], block: usize) -> [u8; BLOCK] {
        let number = u32::try_from(block + 1).unwrap_or(u32::MAX).to_be_bytes();
        let mut last = self.sign_short(&[salt, &number].concat());
        let mut sum = last;
        let mut block = closed(&[0; BLOCK]);
        for _ in 1..ROUNDS {
            put(&mut block, last);
            last = self.sign_block(&mut block);
            sum.iter_mut().zip(last).for_each(|(sum, word)| *sum ^= word);
        }
        bytes(sum)
    }

    /// The code of a message of at most 55 bytes: two blocks of SHA-1.
    fn sign_short(&self, message: &[u8]) -> [u32; 5] {
        let mut inner = self.inner;
        compress(&mut inner, &[closed(message)]);
        let mut outer = self.outer;
        compress(&mut outer, &[closed(&bytes(inner))]);
        outer
    }

    /// The code of a message as long as a code, which stands in `block` behind its closing; a round of PBKDF2 is
    /// nothing else, so the closing is written once for all rounds.
    fn sign_block(&self, block: &mut [u8; 64]) -> [u32; 5] {
        let mut inner = self.inner;
        compress(&mut inner, std::slice::from_ref(block));
        put(block, inner);
        let mut outer = self.outer;
        compress(&mut outer, std::slice::from_ref(block));
        outer
    }

    /// The code of a message of any length.
    fn sign(&self, message: &[u8]) -> [u8; BLOCK] {
        let [inner, outer] = &self.pads;
        let hashed = Sha1::new().chain_update(inner).chain_update(message).finalize();
        Sha1::new().chain_update(outer).chain_update(hashed).finalize().into()
    }
}

/// The last block of SHA-1 (FIPS 180-4 5.1.1) of a message behind one block of pad.
fn closed(message: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    block.iter_mut().zip(message.iter().chain([&0x80])).for_each(|(to, from)| *to = *from);
    let bits = 8 * (64 + message.len() as u64);
    block.iter_mut().skip(56).zip(bits.to_be_bytes()).for_each(|(to, from)| *to = from);
    block
}

fn bytes(words: [u32; 5]) -> [u8; BLOCK] {
    let mut bytes = [0; BLOCK];
    put(&mut bytes, words);
    bytes
}

/// Writes the words to the start of `bytes`.
fn put(bytes: &mut [u8], words: [u32; 5]) {
    let (places, _) = bytes.as_chunks_mut();
    places.iter_mut().zip(words).for_each(|(place, word)| *place = word.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hmac_gives_the_codes_of_rfc_2202() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
            (b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                &[0xaa; 80],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "aa4ae5e15272d00e95705637ce8a3b55ed402112",
            ),
        ];
        for (key, message, want) in cases {
            let hmac = Hmac::new(key);
            assert_eq!(hex(&hmac.sign(message)), want);
            assert_eq!(hex(&bytes(hmac.sign_short(message))), want);
            let code = hmac.sign(message);
            assert_eq!(hmac.sign_block(&mut closed(&code)), hmac.sign_short(&code));
        }
    }

    /// Made with `hashlib.pbkdf2_hmac("sha1", b"password", b"saltsalt", 1000, 40)` of Python.
    #[test]
    fn pbkdf2_gives_independent_blocks() {
        let hmac = Hmac::new(b"password");
        assert_eq!(hex(&hmac.derive(b"saltsalt", 0)), "e9febff54bfce668fde301acc85563cc9dc71ef6");
        assert_eq!(hex(&hmac.derive(b"saltsalt", 1)), "f8d7aaef067365be0e5e6522ef61bae1b00bc13b");
    }

    #[test]
    fn data_too_short_for_their_parts_are_no_entry() {
        for length in 0..16 + 2 + 10 {
            assert!(Sealed::new(32, &[0u8; 28][..length]).is_none(), "{length}");
        }
        assert!(Sealed::new(32, &[0u8; 28]).is_some());
    }
}
