//! The locks of RAR: AES in CBC mode under keys that take long to derive.
//!
//! RAR 3 and 4 hash password (UTF-16LE) and salt 2^18 times with SHA-1 and have no check of their own: the CRC-32 of
//! the content is the proof. RAR 5 derives by PBKDF2 with HMAC-SHA-256 from the password in UTF-8; 32 rounds further
//! on it has a check value.
//!
//! Left out: the ciphers of RAR 1.5 and 2; passwords of 28 characters and more under RAR 3 and 4, whose hash differs
//! from SHA-1 in a way of its own.

use crate::limits::{Budget, Stop};
use aes::cipher::{Array, BlockCipherDecrypt, KeyInit};
use sha1::Sha1;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{self, Read};

/// How a member is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    Open,
    /// A cipher of RAR 1.5 or 2.
    Old,
    /// RAR 3 and 4; without a salt from the password alone.
    Sha1 {
        salt: Option<[u8; 8]>,
    },
    /// RAR 5.
    Pbkdf2(Pbkdf2),
}

/// What RAR 5 tells of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pbkdf2 {
    /// Logarithm of the number of rounds.
    pub(super) rounds: u8,
    pub(super) salt: [u8; 16],
    /// What the password must give.
    pub(super) check: Option<[u8; 8]>,
    /// Where the encrypted bytes begin.
    pub(super) iv: [u8; 16],
    /// Whether checksums are made with the key.
    pub(super) is_signed: bool,
}

/// A key with all that is needed to decrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Aes128 { key: [u8; 16], iv: [u8; 16] },
    Aes256 { key: [u8; 32], iv: [u8; 16], signing: Option<[u8; 32]> },
}

/// Keys that were derived once, by password and salt.
#[derive(Debug, Default)]
pub(super) struct Keys {
    old: HashMap<OldPlace, OldKey>,
    new: HashMap<NewPlace, [[u8; 32]; 3]>,
}

/// Password and salt.
type OldPlace = (Vec<u8>, Option<[u8; 8]>);
/// Key and initialization vector.
type OldKey = ([u8; 16], [u8; 16]);
/// Password, rounds and salt.
type NewPlace = (Vec<u8>, u8, [u8; 16]);

/// More rounds than 2^24 no writer uses, and no reader of RAR takes.
const MOST_ROUNDS: u8 = 24;

impl Lock {
    /// Whether the lock itself tells a wrong password.
    pub(super) fn has_check(&self) -> bool {
        matches!(self, Self::Pbkdf2(Pbkdf2 { check: Some(_), .. }))
    }
}

impl Keys {
    /// The key that a password (UTF-8) gives, unless the lock tells that it is the wrong one.
    pub(super) fn derive(
        &mut self,
        lock: &Lock,
        password: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Key>, Stop> {
        let Ok(text) = std::str::from_utf8(password) else { return Ok(None) };
        match lock {
            Lock::Open | Lock::Old => Ok(None),
            Lock::Sha1 { salt } => self.derive_old(*salt, text, budget).map(Some),
            Lock::Pbkdf2(lock) => self.derive_new(lock, text, budget),
        }
    }

    fn derive_old(&mut self, salt: Option<[u8; 8]>, text: &str, budget: &mut Budget) -> Result<Key, Stop> {
        let place = (text.as_bytes().to_vec(), salt);
        if let Some((key, iv)) = self.old.get(&place) {
            return Ok(Key::Aes128 { key: *key, iv: *iv });
        }
        let mut seed: Vec<u8> = text.encode_utf16().take(127).flat_map(u16::to_le_bytes).collect();
        seed.extend(salt.iter().flatten());
        budget.derive((u64::from(OLD_ROUNDS) * (seed.len() as u64 + 3)).div_ceil(64))?;
        let (key, iv) = old_key(&seed);
        self.old.insert(place, (key, iv));
        Ok(Key::Aes128 { key, iv })
    }

    fn derive_new(&mut self, lock: &Pbkdf2, text: &str, budget: &mut Budget) -> Result<Option<Key>, Stop> {
        if lock.rounds > MOST_ROUNDS {
            return Ok(None);
        }
        let place = (text.as_bytes().to_vec(), lock.rounds, lock.salt);
        let known = self.new.get(&place).copied();
        let derived = match known {
            Some(derived) => derived,
            None => {
                budget.derive(2 * ((1 << lock.rounds) + 32))?;
                new_keys(text.as_bytes(), &lock.salt, lock.rounds)
            }
        };
        self.new.insert(place, derived);
        let [key, signing, check] = derived;
        if lock.check.is_some_and(|wanted| wanted != folded(&check)) {
            return Ok(None);
        }
        Ok(Some(Key::Aes256 { key, iv: lock.iv, signing: lock.is_signed.then_some(signing) }))
    }
}

const OLD_ROUNDS: u32 = 1 << 18;

/// Key and initialization vector of RAR 3: one byte of the vector each sixteenth of the way.
fn old_key(seed: &[u8]) -> OldKey {
    let mut hash = Sha1::new();
    let mut iv = [0; 16];
    // Some hundred rounds at a time, so that the hash is fed whole blocks.
    let mut rounds = Vec::new();
    for round in 0..OLD_ROUNDS {
        let [low, middle, high, _] = round.to_le_bytes();
        rounds.extend_from_slice(seed);
        rounds.extend_from_slice(&[low, middle, high]);
        let is_step = round % (OLD_ROUNDS / 16) == 0;
        if is_step || round % 256 == 255 {
            hash.update(&rounds);
            rounds.clear();
        }
        let place = usize::try_from(round / (OLD_ROUNDS / 16)).ok();
        if let Some(byte) = place.and_then(|place| iv.get_mut(place)).filter(|_| is_step) {
            *byte = hash.clone().finalize().last().copied().unwrap_or_default();
        }
    }
    let digest: [u8; 20] = hash.finalize().into();
    let mut key = [0; 16];
    let (words, _) = digest.as_chunks::<4>();
    for (place, word) in key.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *place = u32::from_be_bytes(*word).to_le_bytes();
    }
    (key, iv)
}

/// Key, signing key and check of RAR 5: the sums of PBKDF2 after all rounds, 16 and 32 rounds further on.
fn new_keys(password: &[u8], salt: &[u8; 16], rounds: u8) -> [[u8; 32]; 3] {
    let hmac = Hmac::new(password);
    let mut last = hmac.sign(&[&salt[..], &1u32.to_be_bytes()].concat());
    let mut sum = last;
    let mut out = [[0; 32]; 3];
    let first = 1u32.checked_shl(u32::from(rounds)).unwrap_or(1).saturating_sub(1);
    for (key, rounds) in out.iter_mut().zip([first, 16, 16]) {
        for _ in 0..rounds {
            last = hmac.sign_digest(&last);
            sum.iter_mut().zip(last).for_each(|(sum, word)| *sum ^= word);
        }
        *key = bytes(sum);
    }
    out
}

/// 32 bytes as the eight that RAR 5 keeps.
fn folded(check: &[u8; 32]) -> [u8; 8] {
    let mut out = [0; 8];
    for eight in check.as_chunks::<8>().0 {
        out.iter_mut().zip(eight).for_each(|(out, byte)| *out ^= byte);
    }
    out
}

/// HMAC-SHA-256 (RFC 2104) after the pads of its key were hashed.
struct Hmac {
    inner: [u32; 8],
    outer: [u32; 8],
}

/// FIPS 180-4 5.3.3.
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

impl Hmac {
    fn new(key: &[u8]) -> Self {
        let hashed = Sha256::digest(key);
        let key = if key.len() > 64 { hashed.as_slice() } else { key };
        let state = |fill: u8| {
            let mut pad = [fill; 64];
            pad.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
            let mut state = START;
            compress256(&mut state, &[pad]);
            state
        };
        Self { inner: state(0x36), outer: state(0x5c) }
    }

    /// The code of a message of at most 55 bytes.
    fn sign(&self, message: &[u8]) -> [u32; 8] {
        let mut inner = self.inner;
        compress256(&mut inner, &[closed(message)]);
        self.close(inner)
    }

    /// The code of a code.
    fn sign_digest(&self, digest: &[u32; 8]) -> [u32; 8] {
        let mut inner = self.inner;
        compress256(&mut inner, &[closed(&bytes(*digest))]);
        self.close(inner)
    }

    fn close(&self, inner: [u32; 8]) -> [u32; 8] {
        let mut outer = self.outer;
        compress256(&mut outer, &[closed(&bytes(inner))]);
        outer
    }
}

/// The last block of a hash whose first block was the pad: message, mark, length in bits.
fn closed(message: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    block.iter_mut().zip(message.iter().chain([&0x80])).for_each(|(to, from)| *to = *from);
    let bits = (64 + message.len() as u64) * 8;
    if let Some(end) = block.last_chunk_mut() {
        *end = bits.to_be_bytes();
    }
    block
}

fn bytes(words: [u32; 8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.as_chunks_mut::<4>().0.iter_mut().zip(words).for_each(|(to, word)| *to = word.to_be_bytes());
    out
}

impl Key {
    /// The decrypted bytes, in whole blocks of 16.
    pub(super) fn decrypt<'a>(&self, data: &'a [u8]) -> Box<dyn Read + 'a> {
        let blocks = data.as_chunks().0;
        match self {
            Self::Aes128 { key, iv } => {
                let cipher = aes::Aes128Dec::new(&Array(*key));
                Box::new(Cbc { cipher, last: *iv, blocks, made: [0; 16], left: 0 })
            }
            Self::Aes256 { key, iv, .. } => {
                let cipher = aes::Aes256Dec::new(&Array(*key));
                Box::new(Cbc { cipher, last: *iv, blocks, made: [0; 16], left: 0 })
            }
        }
    }

    /// The same key for other bytes.
    pub(super) fn at(self, start: [u8; 16]) -> Self {
        match self {
            Self::Aes128 { key, .. } => Self::Aes128 { key, iv: start },
            Self::Aes256 { key, signing, .. } => Self::Aes256 { key, iv: start, signing },
        }
    }

    /// A CRC-32 as the archive writes it under this key.
    pub(super) fn sign_crc(&self, crc: u32) -> u32 {
        let Self::Aes256 { signing: Some(signing), .. } = self else { return crc };
        let code = bytes(Hmac::new(signing).sign(&crc.to_le_bytes()));
        code.as_chunks().0.iter().fold(0, |sum, word| sum ^ u32::from_le_bytes(*word))
    }
}

/// A stream in CBC mode being decrypted.
struct Cbc<'a, C> {
    cipher: C,
    last: [u8; 16],
    blocks: &'a [[u8; 16]],
    made: [u8; 16],
    left: usize,
}

impl<C: BlockCipherDecrypt<BlockSize = aes::cipher::consts::U16>> Cbc<'_, C> {
    fn step(&mut self) -> bool {
        let Some((block, rest)) = self.blocks.split_first() else { return false };
        let mut plain = Array(*block);
        self.cipher.decrypt_block(&mut plain);
        self.made = plain.0;
        self.made.iter_mut().zip(self.last).for_each(|(made, last)| *made ^= last);
        (self.last, self.blocks, self.left) = (*block, rest, 16);
        true
    }
}

impl<C: BlockCipherDecrypt<BlockSize = aes::cipher::consts::U16>> Read for Cbc<'_, C> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while count < output.len() && (self.left > 0 || self.step()) {
            let made = self.made.get(16 - self.left..).unwrap_or_default();
            let room = output.get_mut(count..).unwrap_or_default();
            let length = made.len().min(room.len());
            room.iter_mut().zip(made).for_each(|(to, from)| *to = *from);
            count += length;
            self.left -= length;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    /// RFC 7914 11: PBKDF2-HMAC-SHA-256 of "passwd" and "salt" has a salt of four bytes; this one was made with the
    /// `hashlib` of Python: `pbkdf2_hmac('sha256', b'password', bytes(range(16)), n)`.
    #[test]
    fn new_keys_are_those_of_pbkdf2() {
        let salt = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let keys = new_keys(b"password", &salt, 5);
        let hex = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&keys[0]), "d5b02b7fecb03357dcee1f17f3a1e5415f1301f4a3d7b26a6973a00966a6ec60");
        assert_eq!(hex(&keys[1]), "9ac15985e1c53ddf3b83388039f4b6573c9fc41285b02db96331cacb6273fa87");
        assert_eq!(hex(&keys[2]), "d93a4bb5c3abd3e7fc81e2addf535fcaa1aae3724bac69f02c73383a4090145a");
    }

    #[test]
    fn a_derivation_is_paid_once() {
        let limits = Limits { derivation_rounds: 200_000, ..Limits::default() };
        let mut budget = Budget::new(&limits);
        let mut keys = Keys::default();
        let lock = Lock::Sha1 { salt: Some([1; 8]) };
        let first = keys.derive(&lock, b"747", &mut budget).unwrap();
        assert!(first.is_some());
        for _ in 0..9 {
            assert_eq!(keys.derive(&lock, b"747", &mut budget).unwrap(), first);
        }
        assert_eq!(keys.derive(&lock, b"\xff", &mut budget), Ok(None));
        let long = [&b"long"[..]; 30].concat();
        assert_eq!(keys.derive(&lock, &long, &mut budget), Err(Stop::KeyDerivation));
        let new = Pbkdf2 { rounds: 25, salt: [0; 16], check: None, iv: [0; 16], is_signed: false };
        assert_eq!(keys.derive(&Lock::Pbkdf2(new), b"747", &mut budget), Ok(None));
    }
}
