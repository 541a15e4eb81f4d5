//! RC4 as Office takes it: with 40-bit keys (MS-OFFCRYPTO 2.3.6) and by the CryptoAPI (2.3.5), each block of a
//! stream under a key of its own.

use super::hash::Hash;
use super::passwords::wide;
use crate::bytes::Reader;

/// The cipher.
#[derive(Clone)]
pub(super) struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    pub(super) fn new(key: &[u8]) -> Self {
        let mut state = [0; 256];
        (0..=255).zip(&mut state).for_each(|(value, place)| *place = value);
        let mut new = Self { state, i: 0, j: 0 };
        let mut j = 0u8;
        for (i, key) in (0..=255u8).zip(key.iter().cycle()) {
            j = j.wrapping_add(new.at(i)).wrapping_add(*key);
            new.state.swap(i.into(), j.into());
        }
        new
    }

    fn at(&self, place: u8) -> u8 {
        self.state.get(usize::from(place)).copied().unwrap_or_default()
    }

    /// The next byte to be combined with the data.
    fn step(&mut self) -> u8 {
        self.i = self.i.wrapping_add(1);
        let x = self.at(self.i);
        self.j = self.j.wrapping_add(x);
        let y = self.at(self.j);
        self.state.swap(self.i.into(), self.j.into());
        self.at(x.wrapping_add(y))
    }

    pub(super) fn apply(&mut self, data: &mut [u8]) {
        data.iter_mut().for_each(|byte| *byte ^= self.step());
    }
}

/// What a document tells of its key.
#[derive(Debug)]
pub(super) struct Lock {
    salt: [u8; 16],
    verifier: [u8; 16],
    /// Hash of the verifier, both encrypted in one go.
    hash: Vec<u8>,
    /// Bytes of the key by the CryptoAPI; none for the older way.
    api: Option<usize>,
}

/// What a password makes of it.
#[derive(Clone, Debug)]
pub(super) struct Key {
    hash: Vec<u8>,
    api: Option<usize>,
}

impl Lock {
    /// The header of 2.3.6.1 or 2.3.5.1, from its version on. `None` for any other.
    pub(super) fn read(header: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(header);
        match (reader.u16()?, reader.u16()?) {
            (1, 1) => {
                let (salt, verifier, hash) = (reader.array()?, reader.array()?, reader.take(16)?.to_vec());
                Some(Self { salt, verifier, hash, api: None })
            }
            (2..=4, 2) => Self::read_api(reader),
            _ => None,
        }
    }

    /// Flags, then the header with its size in front, then the verifier (2.3.2, 2.3.3).
    fn read_api(mut reader: Reader) -> Option<Self> {
        reader.skip(4)?;
        let length = usize::try_from(reader.u32()?).ok()?;
        let mut header = Reader::new(reader.take(length)?);
        header.skip(8)?;
        let (cipher, hash, bits) = (header.u32()?, header.u32()?, header.u32()?);
        let bits = if bits == 0 { 40 } else { usize::try_from(bits).ok()? };
        let is_known = matches!(cipher, 0 | 0x6801) && matches!(hash, 0 | 0x8004);
        if !is_known || !(40..=128).contains(&bits) || bits % 8 != 0 || reader.u32()? != 16 {
            return None;
        }
        let (salt, verifier) = (reader.array()?, reader.array()?);
        reader.skip(4)?;
        Some(Self { salt, verifier, hash: reader.take(20)?.to_vec(), api: Some(bits / 8) })
    }

    /// The name of the scheme in reports.
    pub(super) fn scheme(&self) -> &'static str {
        if self.api.is_some() { "office-rc4-cryptoapi" } else { "office-rc4" }
    }

    /// What one try costs, in compressions of its hash.
    pub(super) fn cost(&self) -> u64 {
        if self.api.is_some() { 4 } else { 10 }
    }

    /// The key, if this is the password.
    pub(super) fn open(&self, password: &str) -> Option<Key> {
        let key = self.key(password);
        let mut cipher = key.cipher(0);
        let (mut verifier, mut hash) = (self.verifier, self.hash.clone());
        cipher.apply(&mut verifier);
        cipher.apply(&mut hash);
        (key.function().digest(&[&verifier]) == hash).then_some(key)
    }

    /// 2.3.6.2 and 2.3.5.2, up to the number of the block.
    fn key(&self, password: &str) -> Key {
        let (password, api) = (wide(password), self.api);
        if api.is_some() {
            return Key { hash: Hash::Sha1.digest(&[&self.salt, &password]), api };
        }
        let first = Hash::Md5.digest(&[&password]);
        let salted = [first.get(..5).unwrap_or_default(), &self.salt].concat().repeat(16);
        let hash = Hash::Md5.digest(&[&salted]).get(..5).unwrap_or_default().to_vec();
        Key { hash, api }
    }
}

impl Key {
    fn function(&self) -> Hash {
        if self.api.is_some() { Hash::Sha1 } else { Hash::Md5 }
    }

    /// The cipher of a block. A key of 40 bits is filled up with zeros by the CryptoAPI.
    pub(super) fn cipher(&self, block: u32) -> Rc4 {
        let mut key = self.function().digest(&[&self.hash, &block.to_le_bytes()]);
        key.truncate(self.api.unwrap_or(16));
        if key.len() == 5 {
            key.extend([0; 11]);
        }
        Rc4::new(&key)
    }
}

/// The cipher over a stream: a key for every block of that many bytes, by their place in the stream.
pub(super) struct Blocks {
    key: Key,
    size: u64,
    at: u64,
    cipher: Rc4,
}

impl Blocks {
    pub(super) fn new(key: Key, size: u64) -> Self {
        let cipher = key.cipher(0);
        Self { key, size, at: 0, cipher }
    }

    /// What the next byte of the stream is to be combined with.
    pub(super) fn step(&mut self) -> u8 {
        if self.at > 0 && self.at.is_multiple_of(self.size) {
            self.cipher = self.key.cipher(u32::try_from(self.at / self.size).unwrap_or(u32::MAX));
        }
        self.at += 1;
        self.cipher.step()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors that everybody gives for RC4.
    #[test]
    fn rc4_gives_the_known_texts() {
        for (key, plain, sealed) in [
            (&b"Key"[..], &b"Plaintext"[..], &b"\xbb\xf3\x16\xe8\xd9\x40\xaf\x0a\xd3"[..]),
            (b"Wiki", b"pedia", b"\x10\x21\xbf\x04\x20"),
        ] {
            let mut data = plain.to_vec();
            Rc4::new(key).apply(&mut data);
            assert_eq!(data, sealed);
        }
    }

    #[test]
    fn a_header_of_another_cipher_or_cut_anywhere_is_none() {
        let mut header = [2, 0, 2, 0, 4, 0, 0, 0, 32, 0, 0, 0].to_vec();
        header.extend([4u32, 0, 0x6801, 0x8004, 0, 1, 0, 0, 16].map(u32::to_le_bytes).concat());
        header.extend([7; 32]);
        header.extend([20, 0, 0, 0]);
        header.extend([9; 20]);
        assert_eq!(Lock::read(&header).and_then(|lock| lock.api), Some(5));
        assert!((0..header.len()).all(|length| Lock::read(&header[..length]).is_none()));
        for (at, byte) in [(0, 5), (2, 1), (20, 0x0e), (24, 1), (28, 24), (28, 41), (44, 8)] {
            let mut other = header.clone();
            other[at] = byte;
            assert!(Lock::read(&other).is_none(), "{at}");
        }
    }
}
