//! Whether a password is the right one, and the key of the file it gives (ISO 32000-2 7.6.4).

use super::aes_cbc;
use super::object::{Dict, Object};
use super::rc4;
use crate::limits::{Budget, Stop};
use md5::{Digest, Md5};
use sha2::{Sha256, Sha384, Sha512};
use unicode_normalization::UnicodeNormalization;

/// What a password is held against.
#[derive(Clone, Debug)]
pub(super) struct Verifier {
    revision: i64,
    /// Bytes of the key.
    length: usize,
    owner: Vec<u8>,
    user: Vec<u8>,
    owner_key: Vec<u8>,
    user_key: Vec<u8>,
    /// The permissions, low byte first.
    permissions: [u8; 4],
    id: Vec<u8>,
    encrypts_metadata: bool,
}

/// What fills a password up to 32 bytes (7.6.4.3.2).
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e,
    0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];

/// What one check costs, in compressions of a hash: MD5 and RC4 fifty and twenty times, for the user and for the
/// owner; SHA-2 over 64 times a few blocks in at least 64 rounds.
const OLD: u64 = 150;
const NEW: u64 = 8_000;

impl Verifier {
    pub(super) fn read(dict: &Dict, id: &[u8], length: usize, encrypts_metadata: bool) -> Option<Self> {
        let text = |key| dict.get(key).and_then(Object::text).map(<[u8]>::to_vec);
        let revision = dict.get("R").and_then(Object::int).filter(|revision| (2..=6).contains(revision))?;
        let permissions = dict.get("P").and_then(Object::int).unwrap_or_default();
        let permissions = u32::try_from(permissions & 0xffff_ffff).ok()?.to_le_bytes();
        Some(Self {
            revision,
            length,
            owner: text("O")?,
            user: text("U")?,
            owner_key: text("OE").unwrap_or_default(),
            user_key: text("UE").unwrap_or_default(),
            permissions,
            id: id.to_vec(),
            encrypts_metadata,
        })
    }

    /// The key of the file, if this is the password of the user or of the owner.
    pub(super) fn key(&self, password: &[u8], budget: &mut Budget) -> Result<Option<Vec<u8>>, Stop> {
        if self.revision >= 5 {
            budget.derive(if self.revision == 5 { 4 } else { 2 * NEW })?;
            return Ok(self.new_key(password));
        }
        budget.derive(OLD)?;
        Ok(self.old_key(password).or_else(|| self.old_key(&self.user_password(password))))
    }

    /// Algorithms 2, 4 and 5 of 7.6.4: the key of the file if this is the password of the user.
    fn old_key(&self, password: &[u8]) -> Option<Vec<u8>> {
        let mut hash = Md5::new();
        hash.update(padded(password));
        hash.update(self.owner.get(..32)?);
        hash.update(self.permissions);
        hash.update(&self.id);
        if self.revision >= 4 && !self.encrypts_metadata {
            hash.update([0xff; 4]);
        }
        let key = self.stretched(hash.finalize().to_vec());
        let is_right = if self.revision == 2 {
            rc4::apply(&key, &PADDING) == self.user.get(..32)?
        } else {
            let hashed = Md5::new_with_prefix(PADDING).chain_update(&self.id).finalize();
            many_times(&key, hashed.to_vec(), 0..20) == self.user.get(..16)?
        };
        is_right.then_some(key)
    }

    /// A hash made into a key: revision 3 hashes it fifty times more.
    fn stretched(&self, mut key: Vec<u8>) -> Vec<u8> {
        key.truncate(self.length);
        for _ in 0..if self.revision >= 3 { 50 } else { 0 } {
            key = Md5::digest(&key).to_vec();
            key.truncate(self.length);
        }
        key
    }

    /// Algorithm 7 of 7.6.4: the password of the user, if this is the one of the owner.
    fn user_password(&self, password: &[u8]) -> Vec<u8> {
        let key = self.stretched(Md5::digest(padded(password)).to_vec());
        let sealed = self.owner.get(..32).unwrap_or_default().to_vec();
        if self.revision == 2 { rc4::apply(&key, &sealed) } else { many_times(&key, sealed, (0..20).rev()) }
    }

    /// Algorithm 2.A of 7.6.4: hash, salt to check with, salt of the key.
    fn new_key(&self, password: &[u8]) -> Option<Vec<u8>> {
        let text: String = std::str::from_utf8(password).ok()?.nfkc().collect();
        let password = text.as_bytes().get(..127).unwrap_or(text.as_bytes());
        let user = self.user.get(..48)?;
        let pairs = [(user, &[][..], &self.user_key), (self.owner.get(..48)?, user, &self.owner_key)];
        for (stored, joined, sealed) in pairs {
            let (wanted, salts) = stored.split_at_checked(32)?;
            let (check, salt) = salts.split_at_checked(8)?;
            if self.hash(password, check, joined) == wanted {
                let key = self.hash(password, salt, joined);
                return Some(aes_cbc::decrypt(&key, &[0; 16], sealed.get(..32)?));
            }
        }
        None
    }

    /// Algorithm 2.B of 7.6.4; revision 5 knew only its first step.
    fn hash(&self, password: &[u8], salt: &[u8], user: &[u8]) -> Vec<u8> {
        let mut key = Sha256::digest([password, salt, user].concat()).to_vec();
        if self.revision == 5 {
            return key;
        }
        let mut round = 0u32;
        loop {
            let mut data = [password, &key, user].concat().repeat(64);
            let (Some((first, rest)), true) = (key.split_first_chunk::<16>(), key.len() >= 32) else { break };
            let Some(vector) = rest.first_chunk::<16>() else { break };
            aes_cbc::encrypt(first, vector, &mut data);
            let sum: u32 = data.iter().take(16).copied().map(u32::from).sum();
            let last = data.last().copied().map(u32::from).unwrap_or_default();
            key = match sum % 3 {
                0 => Sha256::digest(&data).to_vec(),
                1 => Sha384::digest(&data).to_vec(),
                _ => Sha512::digest(&data).to_vec(),
            };
            round += 1;
            if round >= 64 && last + 32 <= round {
                break;
            }
        }
        key.truncate(32);
        key
    }
}

/// A password filled up to 32 bytes, or cut to them.
fn padded(password: &[u8]) -> Vec<u8> {
    password.iter().chain(&PADDING).take(32).copied().collect()
}

/// RC4 under the key with each of its bytes changed by the number of the round.
fn many_times(key: &[u8], mut data: Vec<u8>, rounds: impl Iterator<Item = u8>) -> Vec<u8> {
    for round in rounds {
        let key: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
        data = rc4::apply(&key, &data);
    }
    data
}
