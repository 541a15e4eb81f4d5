//! The encryption of 7z (06F10701): AES-256 in CBC mode under a key that is SHA-256 over two to the power of some
//! 19 repetitions of salt, password in UTF-16LE, and a counter of eight bytes.

use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use cbc::cipher::{Array, BlockModeDecrypt, KeyIvInit};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{self, Read};

/// An AES-256 key.
pub(super) type Key = [u8; 32];

/// The properties of an encrypted stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lock {
    power: u8,
    salt: Vec<u8>,
    vector: [u8; 16],
}

/// The power that stands for no hashing at all.
const PLAIN: u8 = 0x3f;

/// The largest power 7-Zip itself takes.
const MOST: u8 = 24;

/// How many repetitions are hashed at once.
const BATCH: u64 = 64;

impl Lock {
    /// A byte with the power and two flags, a byte with the lengths of salt and vector, and these two.
    pub(super) fn read(properties: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(properties);
        let first = reader.u8()?;
        let second = if first & 0xc0 == 0 { 0 } else { reader.u8()? };
        let salt = reader.take(usize::from((first >> 7) + (second >> 4)))?.to_vec();
        let written = reader.take(usize::from((first >> 6 & 1) + (second & 15)))?;
        let mut vector = [0; 16];
        vector.iter_mut().zip(written).for_each(|(byte, written)| *byte = *written);
        let power = first & 0x3f;
        (power == PLAIN || power <= MOST).then_some(Self { power, salt, vector })
    }

    /// How many blocks of 64 bytes are hashed for a password of that many bytes.
    fn compressions(&self, password: usize) -> u64 {
        let repeated = (self.salt.len() + password + 8) as u64;
        if self.power == PLAIN { 1 } else { (repeated << self.power) / 64 + 1 }
    }

    /// The key of a password in UTF-16LE.
    pub(super) fn key(&self, password: &[u8]) -> Key {
        if self.power == PLAIN {
            let mut key = [0; 32];
            key.iter_mut().zip(self.salt.iter().chain(password)).for_each(|(key, byte)| *key = *byte);
            return key;
        }
        let count = 1u64 << self.power;
        let batch = count.min(BATCH);
        let repeated = [&self.salt, password, &[0; 8]].concat();
        let mut block: Vec<u8> = (0..batch).flat_map(|_| repeated.iter().copied()).collect();
        let mut hasher = Sha256::new();
        for first in (0..count).step_by(usize::try_from(batch).unwrap_or(1)) {
            for (number, repeated) in (first..).zip(block.chunks_exact_mut(repeated.len())) {
                if let Some(counter) = repeated.last_chunk_mut() {
                    *counter = number.to_le_bytes();
                }
            }
            hasher.update(&block);
        }
        hasher.finalize().into()
    }
}

/// The keys made so far, by password, power and salt.
#[derive(Debug, Default)]
pub(super) struct Keys(HashMap<(String, u8, Vec<u8>), Key>);

impl Keys {
    /// The keys of a password for each of some locks. A derivation is paid once.
    pub(super) fn of(
        &mut self,
        locks: &[Lock],
        password: &str,
        budget: &mut Budget,
    ) -> Result<Vec<Key>, Stop> {
        let mut keys = Vec::new();
        for lock in locks {
            let known = (password.to_string(), lock.power, lock.salt.clone());
            let key = match self.0.get(&known) {
                Some(key) => *key,
                None => {
                    let bytes: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
                    budget.derive(lock.compressions(bytes.len()))?;
                    *self.0.entry(known).or_insert_with(|| lock.key(&bytes))
                }
            };
            keys.push(key);
        }
        Ok(keys)
    }
}

/// The decrypted bytes of `source`, to the last whole block.
pub(super) fn decrypt<'a>(source: impl Read + 'a, key: &Key, lock: &Lock) -> impl Read + 'a {
    let cipher = cbc::Decryptor::new(&Array::from(*key), &Array::from(lock.vector));
    Decrypt { source, cipher, bytes: Vec::new(), given: 0, whole: 0, end: None }
}

struct Decrypt<R> {
    source: R,
    cipher: cbc::Decryptor<aes::Aes256>,
    /// Decrypted blocks, then the beginning of one still encrypted.
    bytes: Vec<u8>,
    given: usize,
    whole: usize,
    end: Option<io::Result<()>>,
}

impl<R: Read> Decrypt<R> {
    fn fill(&mut self) {
        self.bytes.drain(..self.whole);
        (self.given, self.whole) = (0, 0);
        let mut chunk = [0; 4096];
        match self.source.read(&mut chunk) {
            Ok(0) if self.bytes.is_empty() => self.end = Some(Ok(())),
            Ok(0) => self.end = Some(Err(io::Error::other("the encrypted data ends within a block"))),
            Ok(length) => {
                self.bytes.extend_from_slice(chunk.get(..length).unwrap_or_default());
                let (blocks, _) = self.bytes.as_chunks_mut::<16>();
                self.whole = blocks.len() * 16;
                self.cipher.decrypt_blocks(Array::cast_slice_from_core_mut(blocks));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.end = Some(Err(error)),
        }
    }
}

impl<R: Read> Read for Decrypt<R> {
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
    use crate::limits::Limits;

    #[test]
    fn the_key_is_the_hash_of_everything_in_a_row() {
        let lock = Lock { power: 8, salt: vec![9, 8, 7], vector: [0; 16] };
        let password = [0x41, 0, 0x42, 0];
        let row: Vec<u8> = (0..256u64)
            .flat_map(|number| [&[9, 8, 7][..], &password, &number.to_le_bytes()].concat())
            .collect();
        assert_eq!(lock.key(&password), <[u8; 32]>::from(Sha256::digest(&row)));
        assert_eq!(lock.compressions(4), row.len() as u64 / 64 + 1);
        let plain = Lock { power: PLAIN, ..lock };
        assert_eq!(plain.key(&password)[..8], [9, 8, 7, 0x41, 0, 0x42, 0, 0]);
    }

    #[test]
    fn a_derivation_is_paid_before_it_is_done_and_once() {
        let lock = Lock { power: 10, salt: Vec::new(), vector: [0; 16] };
        let cost = lock.compressions(6);
        let mut budget = Budget::new(&Limits { derivation_rounds: 2 * cost, ..Limits::default() });
        let mut keys = Keys::default();
        for _ in 0..5 {
            assert_eq!(keys.of(std::slice::from_ref(&lock), "abc", &mut budget).unwrap().len(), 1);
        }
        assert!(keys.of(std::slice::from_ref(&lock), "abd", &mut budget).is_ok());
        assert_eq!(keys.of(&[lock], "abe", &mut budget), Err(Stop::KeyDerivation));
    }

    #[test]
    fn properties_are_read_to_their_lengths() {
        let lock = Lock::read(&[0xd3, 0x11, 1, 2, 3, 4]).unwrap();
        assert_eq!((lock.power, lock.salt.as_slice()), (0x13, &[1, 2][..]));
        assert_eq!(lock.vector[..3], [3, 4, 0]);
        for bad in [&[][..], &[0xd3], &[0xd3, 0x11, 1, 2, 3], &[25], &[0x3e]] {
            assert_eq!(Lock::read(bad), None, "{bad:x?}");
        }
        assert!(Lock::read(&[0x13]).is_some() && Lock::read(&[0x3f]).is_some());
    }
}
