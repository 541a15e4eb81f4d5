//! Standard encryption (MS-OFFCRYPTO 2.3.4.5 to 2.3.4.9): AES block by block, the key from 50,000 rounds of SHA-1.

use super::aes::Aes;
use super::hash::Hash;
use super::passwords::wide;
use crate::bytes::Reader;

const ROUNDS: u32 = 50_000;

/// What a document tells of its key.
#[derive(Debug)]
pub(super) struct Standard {
    /// Bytes of the key.
    key: usize,
    salt: Vec<u8>,
    verifier: [u8; 16],
    hash: [u8; 32],
}

impl Standard {
    /// The header behind its flags and the verifier (2.3.2, 2.3.3), or what of it is not known.
    pub(super) fn read(mut reader: Reader) -> Result<Self, String> {
        let (cipher, hash, bits) = header(&mut reader).ok_or("the header is cut")?;
        let key = match (cipher, bits) {
            (0x660e, _) | (0, 0 | 128) => 16,
            (0x660f, _) | (0, 192) => 24,
            (0x6610, _) | (0, 256) => 32,
            _ => return Err(format!("the cipher {cipher:#06x}, {bits} bits")),
        };
        if !matches!(hash, 0 | 0x8004) {
            return Err(format!("the hash {hash:#06x}"));
        }
        let verifier = verifier(&mut reader).ok_or("the verifier is cut")?;
        Ok(Self { key, ..verifier })
    }

    /// What one try costs, in compressions of its hash.
    pub(super) fn cost(&self) -> u64 {
        u64::from(ROUNDS) + 8
    }

    /// The key of the package, if this is the password.
    pub(super) fn open(&self, password: &str) -> Option<Aes> {
        let spun = Hash::Sha1.spin(&Hash::Sha1.digest(&[&self.salt, &wide(password)]), ROUNDS);
        let aes = Aes::new(self.key(&Hash::Sha1.digest(&[&spun, &[0; 4]])).get(..self.key)?)?;
        let (mut verifier, mut hash) = (self.verifier, self.hash);
        aes.each(&mut verifier);
        aes.each(&mut hash);
        hash.starts_with(&Hash::Sha1.digest(&[&verifier])).then_some(aes)
    }

    /// 2.3.4.7: the hash laid over two pads, each hashed again.
    fn key(&self, hash: &[u8]) -> Vec<u8> {
        let half = |fill: u8| {
            let mut pad = [fill; 64];
            pad.iter_mut().zip(hash).for_each(|(pad, byte)| *pad ^= byte);
            Hash::Sha1.digest(&[&pad])
        };
        [half(0x36), half(0x5c)].concat()
    }
}

/// Cipher, hash and bits of the key.
fn header(reader: &mut Reader) -> Option<(u32, u32, u32)> {
    let length = usize::try_from(reader.u32()?).ok()?;
    let mut header = Reader::new(reader.take(length)?);
    header.skip(8)?;
    Some((header.u32()?, header.u32()?, header.u32()?))
}

fn verifier(reader: &mut Reader) -> Option<Standard> {
    let length = usize::try_from(reader.u32()?).ok()?;
    let salt = reader.take(length.min(16))?.to_vec();
    let verifier = reader.array()?;
    reader.skip(4)?;
    Some(Standard { key: 0, salt, verifier, hash: reader.array()? })
}
