//! Agile encryption (MS-OFFCRYPTO 2.3.4.10 to 2.3.4.15): an XML descriptor names hash, cipher and rounds.
//!
//! Read: AES in CBC under the hashes of [`Hash`]. Left out: CFB, the older ciphers, and keys that belong to a
//! certificate, which no password opens.

use super::aes::{Aes, BLOCK};
use super::hash::{Hash, Hmac};
use super::package::Key;
use super::passwords::wide;
use crate::document::base64;
use crate::document::xml::{self, Attributes, Node};
use crate::limits::Budget;

/// The most rounds that the specification allows; Office opens nothing beyond.
const ROUNDS: u32 = 10_000_000;

/// Bytes that the name of a method may have; what is longer is none.
const NAME: usize = 32;

/// What the key to each value is derived with (2.3.4.11, 2.3.4.14).
const VERIFIER: [u8; 8] = [0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79];
const VERIFIER_HASH: [u8; 8] = [0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e];
const SECRET: [u8; 8] = [0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6];
const CHECK_KEY: [u8; 8] = [0x5f, 0xb2, 0xad, 0x01, 0x0c, 0xb9, 0xe1, 0xf6];
const CHECK: [u8; 8] = [0xa0, 0x67, 0x7f, 0x02, 0xb2, 0x2c, 0x84, 0x33];

/// A descriptor.
#[derive(Debug)]
pub(super) struct Agile {
    package: Method,
    password: Method,
    rounds: u32,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
    secret: Vec<u8>,
    check_key: Vec<u8>,
    check: Vec<u8>,
}

/// How something is encrypted: the attributes that `keyData` and `encryptedKey` share.
#[derive(Clone, Debug)]
struct Method {
    hash: Hash,
    /// Bytes of the key.
    key: usize,
    salt: Vec<u8>,
}

impl Agile {
    /// The descriptor in `xml`, or what of it is not known.
    pub(super) fn read(xml: &[u8], budget: &mut Budget) -> Result<Self, String> {
        let mut bytes = |attributes: &Attributes, name| {
            base64::decode(attributes.value(name).unwrap_or_default(), budget).bytes
        };
        let (mut package, mut password, mut check) = (None, None, None);
        xml::walk(xml, &mut |node| {
            let Node::Open { name, attributes } = node else { return };
            match name {
                "keyData" if package.is_none() => package = Some(Method::read(attributes, &mut bytes)),
                "dataIntegrity" if check.is_none() => {
                    check =
                        Some(["encryptedHmacKey", "encryptedHmacValue"].map(|name| bytes(attributes, name)));
                }
                "encryptedKey" if password.is_none() && attributes.value("spinCount").is_some() => {
                    let names =
                        ["encryptedVerifierHashInput", "encryptedVerifierHashValue", "encryptedKeyValue"];
                    let rounds = attributes.value("spinCount").and_then(|count| count.trim().parse().ok());
                    let values = names.map(|name| bytes(attributes, name));
                    password = Some((Method::read(attributes, &mut bytes), rounds, values));
                }
                _ => {}
            }
        });
        let (method, rounds, [verifier, verifier_hash, secret]) = password.ok_or("no password opens it")?;
        let [check_key, check] = check.unwrap_or_default();
        let rounds = rounds.filter(|rounds| *rounds <= ROUNDS).ok_or("the number of rounds")?;
        let package = package.ok_or("keyData is missing")??;
        Ok(Self { package, password: method?, rounds, verifier, verifier_hash, secret, check_key, check })
    }

    /// What one try costs, in compressions of its hash.
    pub(super) fn cost(&self) -> u64 {
        u64::from(self.rounds) + 8
    }

    /// The key of the package, if this is the password.
    pub(super) fn open(&self, password: &str) -> Option<Key> {
        let Method { hash, key, salt } = &self.password;
        let spun = hash.spin(&hash.digest(&[salt, &wide(password)]), self.rounds);
        let start = fit(salt.clone(), BLOCK);
        let open = |purpose: [u8; 8], data: &[u8]| {
            Some(decrypt(&Aes::new(&fit(hash.digest(&[&spun, &purpose]), *key))?, &start, data))
        };
        let mut verifier = open(VERIFIER, &self.verifier)?;
        verifier.truncate(salt.len());
        if !open(VERIFIER_HASH, &self.verifier_hash)?.starts_with(&hash.digest(&[&verifier])) {
            return None;
        }
        let secret = open(SECRET, &self.secret)?;
        let aes = Aes::new(secret.get(..self.package.key)?)?;
        let check = self.check(&aes);
        let Method { hash, salt, .. } = self.package.clone();
        let segments = move |number: u32| block(hash.digest(&[&salt, &number.to_le_bytes()]));
        Some(Key { aes, segments: Some(Box::new(segments)), check })
    }

    /// 2.3.4.14: the check of integrity, if there is one.
    fn check(&self, aes: &Aes) -> Option<(Hmac, Vec<u8>)> {
        let Method { hash, salt, .. } = &self.package;
        let open = |purpose: [u8; 8], data: &[u8]| {
            let mut plain = decrypt(aes, &block(hash.digest(&[salt, &purpose])), data);
            plain.truncate(hash.size());
            plain
        };
        let (key, code) = (open(CHECK_KEY, &self.check_key), open(CHECK, &self.check));
        (code.len() == hash.size()).then(|| (Hmac::new(*hash, &key), code))
    }
}

impl Method {
    fn read(
        attributes: &Attributes,
        bytes: &mut dyn FnMut(&Attributes, &'static str) -> Vec<u8>,
    ) -> Result<Self, String> {
        let value = |name| attributes.value(name).filter(|value| value.len() <= NAME).unwrap_or("?");
        let (cipher, chaining, name) =
            (value("cipherAlgorithm"), value("cipherChaining"), value("hashAlgorithm"));
        let hash = Hash::named(name).ok_or_else(|| format!("the hash {name}"))?;
        let key = value("keyBits").trim().parse().ok().filter(|bits| matches!(bits, 128 | 192 | 256));
        let key = key.filter(|_| cipher == "AES" && chaining == "ChainingModeCBC");
        let key = key.ok_or_else(|| format!("the cipher {cipher}-{} {chaining}", value("keyBits")))?;
        Ok(Self { hash, key: key / 8, salt: bytes(attributes, "saltValue") })
    }
}

/// A hash as long as is wanted (2.3.4.11).
fn fit(mut hash: Vec<u8>, length: usize) -> Vec<u8> {
    hash.truncate(length);
    let lacking = length - hash.len();
    hash.extend(std::iter::repeat_n(0x36, lacking));
    hash
}

/// The first block of a hash, as what is chained to.
fn block(hash: Vec<u8>) -> [u8; BLOCK] {
    fit(hash, BLOCK).try_into().unwrap_or_default()
}

fn decrypt(aes: &Aes, start: &[u8], data: &[u8]) -> Vec<u8> {
    let mut plain = data.to_vec();
    aes.chained(start.try_into().unwrap_or_default(), &mut plain);
    plain
}
