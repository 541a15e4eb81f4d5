//! The hash functions that Office takes for keys and checks, chosen by name when a document is opened.

use md5::Md5;
use sha1::Sha1;
use sha2::digest::{Digest, DynDigest};
use sha2::{Sha256, Sha384, Sha512};

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By the name of MS-OFFCRYPTO 2.3.4.10, case and hyphen ignored.
    pub(super) fn named(name: &str) -> Option<Self> {
        let bare = name.replace('-', "").to_ascii_uppercase();
        let known = [
            ("MD5", Self::Md5),
            ("SHA1", Self::Sha1),
            ("SHA256", Self::Sha256),
            ("SHA384", Self::Sha384),
            ("SHA512", Self::Sha512),
        ];
        known.iter().find(|(known, _)| *known == bare).map(|(_, hash)| *hash)
    }

    /// The hash of the parts, one behind the other.
    pub(super) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut hasher = self.hasher();
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finalize().into_vec()
    }

    /// Hashes `first` over and over, each time behind the number of the round (2.3.4.7, 2.3.4.11).
    pub(super) fn spin(self, first: &[u8], rounds: u32) -> Vec<u8> {
        match self {
            Self::Md5 => spin::<Md5>(first, rounds),
            Self::Sha1 => spin::<Sha1>(first, rounds),
            Self::Sha256 => spin::<Sha256>(first, rounds),
            Self::Sha384 => spin::<Sha384>(first, rounds),
            Self::Sha512 => spin::<Sha512>(first, rounds),
        }
    }

    fn hasher(self) -> Box<dyn DynDigest> {
        match self {
            Self::Md5 => Box::new(Md5::new()),
            Self::Sha1 => Box::new(Sha1::new()),
            Self::Sha256 => Box::new(Sha256::new()),
            Self::Sha384 => Box::new(Sha384::new()),
            Self::Sha512 => Box::new(Sha512::new()),
        }
    }

    /// Bytes of a hash.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Bytes of a block, to which HMAC fills up its key.
    fn block(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }
}

fn spin<D: Digest>(first: &[u8], rounds: u32) -> Vec<u8> {
    let Some(first) =
        rounds.checked_sub(1).map(|_| D::new().chain_update(0u32.to_le_bytes()).chain_update(first))
    else {
        return first.to_vec();
    };
    let mut hash = first.finalize();
    for round in 1..rounds {
        hash = D::new().chain_update(round.to_le_bytes()).chain_update(&hash).finalize();
    }
    hash.to_vec()
}

/// HMAC (RFC 2104) over bytes that come piece by piece.
pub(super) struct Hmac {
    inner: Box<dyn DynDigest>,
    outer: Box<dyn DynDigest>,
}

impl Hmac {
    pub(super) fn new(hash: Hash, key: &[u8]) -> Self {
        let hashed = hash.digest(&[key]);
        let key = if key.len() > hash.block() { &hashed } else { key };
        let padded = |fill: u8| {
            let bytes = key.iter().copied().chain(std::iter::repeat(0)).take(hash.block());
            let mut hasher = hash.hasher();
            hasher.update(&bytes.map(|byte| byte ^ fill).collect::<Vec<_>>());
            hasher
        };
        Self { inner: padded(0x36), outer: padded(0x5c) }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.outer.update(&self.inner.finalize());
        self.outer.finalize().into_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hmac_gives_the_codes_of_rfc_4231_and_2202() {
        let code = |hash, key: &[u8], message: &[u8]| {
            let mut hmac = Hmac::new(hash, key);
            message.chunks(3).for_each(|piece| hmac.update(piece));
            hex(&hmac.finish())
        };
        let question = b"what do ya want for nothing?";
        assert_eq!(code(Hash::Sha1, b"Jefe", question), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(
            code(Hash::Sha384, b"Jefe", question),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
        );
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(
            code(Hash::Sha256, &[0xaa; 131], long),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    /// Made with `hashlib` of Python.
    #[test]
    fn each_round_hashes_its_number_and_the_hash_before() {
        assert_eq!(Hash::Md5.spin(b"x", 0), b"x");
        assert_eq!(
            Hash::named("sha-512").map(|hash| hash.digest(&[b"a", b"b"])),
            Some(Hash::Sha512.digest(&[b"ab"]))
        );
        assert_eq!(hex(&Hash::Sha1.spin(b"x", 3)), "022770a870ca2afcd0968e26764b7d326b9f765a");
        assert_eq!(
            hex(&Hash::Sha384.spin(b"x", 2)),
            "c4ffc776a4042fd6a408d298d75f786db45d722dbdfa327de311bcfe0cb5cec4b39b27485ec0ebb40d30e8bcfbf89c5f"
        );
        assert_eq!(Hash::named("WHIRLPOOL"), None);
    }
}
