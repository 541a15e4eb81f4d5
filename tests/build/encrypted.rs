//! Encrypted Office files, the other way round (MS-OFFCRYPTO): packages, and the streams of workbooks, texts and
//! presentations. Salts and keys are made of the password, so that the same recipe gives the same bytes.
//!
//! The tests of the reader include this file too, so it stands on crates alone.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "writers of fixtures handle no hostile input and may panic; no test uses all of them"
)]

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// How a binary file is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Rc4,
    /// By the CryptoAPI, with a key of that many bits.
    CryptoApi(u32),
    Xor,
}

fn digest(hash: &str, parts: &[&[u8]]) -> Vec<u8> {
    let bytes = parts.concat();
    match hash {
        "MD5" => Md5::digest(bytes).to_vec(),
        "SHA1" => Sha1::digest(bytes).to_vec(),
        "SHA256" => Sha256::digest(bytes).to_vec(),
        "SHA384" => Sha384::digest(bytes).to_vec(),
        _ => Sha512::digest(bytes).to_vec(),
    }
}

fn spin(hash: &str, salt: &[u8], password: &str, rounds: u32) -> Vec<u8> {
    let first = digest(hash, &[salt, &wide(password)]);
    (0..rounds).fold(first, |before, round| digest(hash, &[&round.to_le_bytes(), &before]))
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// So many bytes that look random and are not.
fn noise(seed: &str, count: usize) -> Vec<u8> {
    let blocks = (0u8..).flat_map(|number| digest("SHA256", &[seed.as_bytes(), &[number]]));
    blocks.take(count).collect()
}

fn fit(mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
    bytes.resize(length, 0x36);
    bytes
}

fn encrypt_block(key: &[u8], block: &mut [u8]) {
    let block = block.try_into().unwrap();
    match key.len() {
        16 => aes::Aes128::new_from_slice(key).unwrap().encrypt_block(block),
        24 => aes::Aes192::new_from_slice(key).unwrap().encrypt_block(block),
        _ => aes::Aes256::new_from_slice(key).unwrap().encrypt_block(block),
    }
}

/// AES, every block by itself; filled up with zeros.
fn each(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    out.resize(data.len().next_multiple_of(16), 0);
    out.chunks_mut(16).for_each(|block| encrypt_block(key, block));
    out
}

/// AES, blocks chained.
fn chained(key: &[u8], start: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    out.resize(data.len().next_multiple_of(16), 0);
    let mut before = start.to_vec();
    for block in out.chunks_mut(16) {
        block.iter_mut().zip(&before).for_each(|(byte, before)| *byte ^= before);
        encrypt_block(key, block);
        before = block.to_vec();
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits =
            group.iter().chain([&0; 2]).take(3).fold(0usize, |bits, byte| bits << 8 | usize::from(*byte));
        let letters = (0..4).map(|at| char::from(LETTERS[bits >> (18 - 6 * at) & 63])).take(group.len() + 1);
        letters.chain(std::iter::repeat('=')).take(4).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

fn hmac(hash: &str, key: &[u8], message: &[u8]) -> Vec<u8> {
    let block = if matches!(hash, "SHA384" | "SHA512") { 128 } else { 64 };
    let pad = |fill: u8| {
        let mut pad = key.to_vec();
        pad.resize(block, 0);
        pad.iter_mut().for_each(|byte| *byte ^= fill);
        pad
    };
    digest(hash, &[&pad(0x5c), &digest(hash, &[&pad(0x36), message])])
}

/// `EncryptionInfo` and `EncryptedPackage` of agile encryption (2.3.4.10 to 2.3.4.15).
pub fn agile(package: &[u8], password: &str, hash: &str, bits: usize, rounds: u32) -> [(String, Vec<u8>); 2] {
    let (salt, data_salt) = (noise(&format!("salt {password}"), 16), noise(&format!("data {password}"), 16));
    let secret = noise(&format!("key {password}"), bits / 8);
    let spun = spin(hash, &salt, password, rounds);
    let seal = |purpose: [u8; 8], data: &[u8]| {
        let key = fit(digest(hash, &[&spun, &purpose]), bits / 8);
        base64(&chained(&key, &salt, data))
    };
    let verifier = noise("verifier", 16);
    let input = seal([0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79], &verifier);
    let value = seal([0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e], &digest(hash, &[&verifier]));
    let key = seal([0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6], &secret);
    let start = |what: &[u8]| fit(digest(hash, &[&data_salt, what]), 16);
    let mut stream = (package.len() as u64).to_le_bytes().to_vec();
    for (number, segment) in (0u32..).zip(package.chunks(4096)) {
        stream.extend(chained(&secret, &start(&number.to_le_bytes()), segment));
    }
    let code_key = noise("code", digest(hash, &[]).len());
    let [code_key_start, code_start] = [
        start(&[0x5f, 0xb2, 0xad, 0x01, 0x0c, 0xb9, 0xe1, 0xf6]),
        start(&[0xa0, 0x67, 0x7f, 0x02, 0xb2, 0x2c, 0x84, 0x33]),
    ];
    let sealed_key = base64(&chained(&secret, &code_key_start, &code_key));
    let code = base64(&chained(&secret, &code_start, &hmac(hash, &code_key, &stream)));
    let method = |salt: &[u8]| {
        format!(
            "saltSize=\"16\" blockSize=\"16\" keyBits=\"{bits}\" hashSize=\"{}\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"{hash}\" saltValue=\"{}\"",
            code_key.len(),
            base64(salt)
        )
    };
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<encryption xmlns=\"http://schemas.microsoft.com/office/2006/encryption\" xmlns:p=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><keyData {}/><dataIntegrity encryptedHmacKey=\"{sealed_key}\" encryptedHmacValue=\"{code}\"/><keyEncryptors><keyEncryptor uri=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><p:encryptedKey spinCount=\"{rounds}\" {} encryptedVerifierHashInput=\"{input}\" encryptedVerifierHashValue=\"{value}\" encryptedKeyValue=\"{key}\"/></keyEncryptor></keyEncryptors></encryption>",
        method(&data_salt),
        method(&salt)
    );
    let info = [&[4, 0, 4, 0, 0x40, 0, 0, 0], xml.as_bytes()].concat();
    [("EncryptionInfo".into(), info), ("EncryptedPackage".into(), stream)]
}

/// The header of 2.3.2: flags, sizes, provider.
fn header(flags: u32, cipher: u32, bits: u32, provider: u32) -> Vec<u8> {
    let name = wide("Microsoft Cryptographic Provider\0");
    let length = u32::try_from(32 + name.len()).unwrap();
    let fields = [flags, length, flags, 0, cipher, 0x8004, bits, provider, 0, 0];
    [fields.map(u32::to_le_bytes).concat(), name].concat()
}

/// `EncryptionInfo` and `EncryptedPackage` of standard encryption (2.3.4.5 to 2.3.4.9).
pub fn standard(package: &[u8], password: &str, bits: u32) -> [(String, Vec<u8>); 2] {
    let salt = noise(&format!("salt {password}"), 16);
    let last = digest("SHA1", &[&spin("SHA1", &salt, password, 50_000), &[0; 4]]);
    let half = |fill: u8| {
        let mut pad = [fill; 64];
        pad.iter_mut().zip(&last).for_each(|(pad, byte)| *pad ^= byte);
        digest("SHA1", &[&pad])
    };
    let mut key = [half(0x36), half(0x5c)].concat();
    key.truncate(bits as usize / 8);
    let cipher = match bits {
        128 => 0x660e,
        192 => 0x660f,
        _ => 0x6610,
    };
    let verifier = noise("verifier", 16);
    let mut info = vec![4, 0, 2, 0];
    info.extend(header(0x24, cipher, bits, 0x18));
    info.extend(16_u32.to_le_bytes());
    info.extend(&salt);
    info.extend(each(&key, &verifier));
    info.extend(20_u32.to_le_bytes());
    info.extend(each(&key, &digest("SHA1", &[&verifier])));
    let stream = [&(package.len() as u64).to_le_bytes()[..], &each(&key, package)].concat();
    [("EncryptionInfo".into(), info), ("EncryptedPackage".into(), stream)]
}

/// RC4, the plain way.
fn rc4(key: &[u8], length: usize) -> Vec<u8> {
    let mut state: Vec<usize> = (0..256).collect();
    let mut j = 0;
    for i in 0..256 {
        j = (j + state[i] + usize::from(key[i % key.len()])) % 256;
        state.swap(i, j);
    }
    let (mut i, mut j) = (0, 0);
    let next = |_| {
        i = (i + 1) % 256;
        j = (j + state[i]) % 256;
        state.swap(i, j);
        u8::try_from(state[(state[i] + state[j]) % 256]).unwrap()
    };
    (0..length).map(next).collect()
}

/// The key of a block (2.3.5.2, 2.3.6.2).
fn block_key(how: Binary, password: &str, block: u32) -> Vec<u8> {
    let salt = noise(&format!("salt {password}"), 16);
    let number = block.to_le_bytes();
    match how {
        Binary::CryptoApi(bits) => {
            let first = digest("SHA1", &[&salt, &wide(password)]);
            let mut key = digest("SHA1", &[&first, &number]);
            key.truncate(bits as usize / 8);
            if bits == 40 { [key, vec![0; 11]].concat() } else { key }
        }
        _ => {
            let first = digest("MD5", &[&wide(password)]);
            let salted = digest("MD5", &[&[&first[..5], &salt].concat().repeat(16)]);
            digest("MD5", &[&salted[..5], &number])
        }
    }
}

/// What is laid over a stream of blocks.
fn layer(how: Binary, password: &str, block: usize, length: usize) -> Vec<u8> {
    let blocks = 0..u32::try_from(length.div_ceil(block)).unwrap();
    blocks.flat_map(|number| rc4(&block_key(how, password, number), block)).take(length).collect()
}

/// The header of RC4 (2.3.5.1, 2.3.6.1).
pub fn rc4_header(how: Binary, password: &str) -> Vec<u8> {
    let (verifier, hash, mut out) = match how {
        Binary::CryptoApi(bits) => {
            ("verifier", "SHA1", [&[2, 0, 2, 0][..], &header(4, 0x6801, bits, 1)].concat())
        }
        _ => ("verifier", "MD5", vec![1, 0, 1, 0]),
    };
    let verifier = noise(verifier, 16);
    let hash = digest(hash, &[&verifier]);
    let stream = rc4(&block_key(how, password, 0), 64);
    let sealed: Vec<u8> =
        [&verifier[..], &hash].concat().iter().zip(stream).map(|(byte, key)| byte ^ key).collect();
    let is_api = how != Binary::Rc4;
    out.extend(if is_api { 16_u32.to_le_bytes().to_vec() } else { Vec::new() });
    out.extend(noise(&format!("salt {password}"), 16));
    out.extend(&sealed[..16]);
    out.extend(if is_api { 20_u32.to_le_bytes().to_vec() } else { Vec::new() });
    out.extend(&sealed[16..]);
    out
}

/// Key, verifier and pattern of XOR obfuscation (2.3.7.1, 2.3.7.2) for a password of one-byte characters.
pub fn xor(password: &[u8]) -> (u16, u16, Vec<u8>) {
    let turn = |n: u16| if n & 0x8000 == 0 { n << 1 } else { (n << 1 | 1) ^ 0x1020 };
    let (mut register, mut end, mut key) = (0x8000, 0xffff, 0);
    let mut verifier = 0_u16;
    for byte in password.iter().rev() {
        for bit in 0..8 {
            (register, end) = (turn(register), turn(end));
            key ^= if byte >> bit & 1 == 1 && bit < 7 { register } else { 0 };
        }
        verifier = (verifier << 1 & 0x7fff | verifier >> 14 & 1) ^ u16::from(*byte);
    }
    key ^= end;
    verifier =
        (verifier << 1 & 0x7fff | verifier >> 14 & 1) ^ u16::try_from(password.len()).unwrap() ^ 0xce4b;
    let fill = [0xbb, 0xff, 0xff, 0xba, 0xff, 0xff, 0xb9, 0x80, 0x00, 0xbe, 0x0f, 0x00, 0xbf, 0x0f, 0x00];
    let pattern = password.iter().copied().chain(fill).take(16).enumerate();
    let pattern = pattern.map(|(at, byte)| (byte ^ key.to_le_bytes()[at % 2]).rotate_right(1));
    (key, verifier, pattern.collect())
}

/// A workbook stream, encrypted (MS-XLS 2.2.10): FilePass stands behind the first record, and the places of the
/// sheets move by its length.
pub fn workbook(plain: &[u8], how: Binary, password: &str, before_biff8: bool) -> Vec<u8> {
    let mut pass = match how {
        Binary::Xor => {
            let (key, verifier, _) = xor(password.as_bytes());
            let kind = if before_biff8 { vec![] } else { vec![0, 0] };
            [kind, key.to_le_bytes().to_vec(), verifier.to_le_bytes().to_vec()].concat()
        }
        how => [vec![1, 0], rc4_header(how, password)].concat(),
    };
    let length = u16::try_from(pass.len()).unwrap().to_le_bytes();
    pass = [&[0x2f, 0], &length[..], &pass].concat();
    let first = 4 + usize::from(u16::from_le_bytes([plain[2], plain[3]]));
    let mut out = [&plain[..first], &pass, &plain[first..]].concat();
    let keys = if how == Binary::Xor { Vec::new() } else { layer(how, password, 1024, out.len()) };
    let pattern = if how == Binary::Xor { xor(password.as_bytes()).2 } else { Vec::new() };
    let mut at = first + pass.len();
    while at + 4 <= out.len() {
        let [id, size] = [at, at + 2].map(|at| u16::from_le_bytes([out[at], out[at + 1]]));
        let (start, end) = (at + 4, (at + 4 + usize::from(size)).min(out.len()));
        let clear = match id {
            0x0809 | 0x00e1 | 0x0194 | 0x0195 | 0x0196 | 0x0138 => end - start,
            0x0085 => {
                let place = u32::from_le_bytes(out[start..start + 4].try_into().unwrap());
                let moved = place + u32::try_from(pass.len()).unwrap();
                out[start..start + 4].copy_from_slice(&moved.to_le_bytes());
                4
            }
            _ => 0,
        };
        for place in start + clear..end {
            out[place] = match how {
                Binary::Xor => out[place].rotate_left(5) ^ pattern[(place + usize::from(size)) % 16],
                _ => out[place] ^ keys[place],
            };
        }
        at = end;
    }
    out
}

/// The streams of a Word file, encrypted (MS-DOC 2.2.6): text, table and data. The text has the flags of FibBase
/// set; the header stands in front of the table.
pub fn word(text: &[u8], table: &[u8], data: &[u8], how: Binary, password: &str) -> [Vec<u8>; 3] {
    let is_xor = how == Binary::Xor;
    let header = if is_xor { Vec::new() } else { rc4_header(how, password) };
    let (key, verifier, pattern) = xor(password.as_bytes());
    let cover = |stream: &[u8], clear: usize| {
        let keys = if is_xor {
            pattern.repeat(stream.len() / 16 + 1)
        } else {
            layer(how, password, 512, stream.len())
        };
        let byte = |(at, (byte, key)): (usize, (&u8, u8))| match byte ^ key {
            _ if at < clear || (is_xor && *byte == 0) => *byte,
            0 if is_xor => *byte,
            sealed => sealed,
        };
        stream.iter().zip(keys).enumerate().map(byte).collect::<Vec<u8>>()
    };
    let mut text = text.to_vec();
    text[0x0b] |= if is_xor { 0x81 } else { 0x01 };
    let lock = if is_xor {
        u32::from(key) << 16 | u32::from(verifier)
    } else {
        u32::try_from(header.len()).unwrap()
    };
    text[0x0e..0x12].copy_from_slice(&lock.to_le_bytes());
    let is_old = text[0x0b] & 0x10 == 0;
    let table = [&header[..], table].concat();
    [cover(&text, if is_old { 52 } else { 68 }), cover(&table, header.len()), cover(data, 0)]
}

/// A record of MS-PPT 2.3.1.
pub fn atom(version: u16, kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    [&version.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
}

/// `Current User` and `PowerPoint Document` of a presentation of these objects, encrypted (MS-PPT 2.3.7).
pub fn slides(objects: &[Vec<u8>], how: Binary, password: &str) -> [(String, Vec<u8>); 2] {
    let mut stream = Vec::new();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(objects) {
        places.push(u32::try_from(stream.len()).unwrap());
        let keys = rc4(&block_key(how, password, number), object.len());
        stream.extend(object.iter().zip(keys).map(|(byte, key)| byte ^ key));
    }
    places.push(u32::try_from(stream.len()).unwrap());
    stream.extend(atom(0xf, 0x2f14, &rc4_header(how, password)));
    let count = u32::try_from(places.len()).unwrap();
    let directory = u32::try_from(stream.len()).unwrap();
    let run = [&[count << 20 | 1][..], &places].concat();
    stream.extend(atom(0, 0x1772, &run.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>()));
    let edit = u32::try_from(stream.len()).unwrap();
    let fields = [0, 0x0300_0000, 0, directory, 1, count + 1, 1, count];
    stream.extend(atom(0, 0x0ff5, &fields.map(u32::to_le_bytes).concat()));
    let user = [20, 0xf3d1_c4df, edit].map(u32::to_le_bytes).concat();
    let user = atom(0, 0x0ff6, &[&user[..], &[0, 0, 0xf4, 3, 3, 0, 0, 0, 8, 0, 0, 0]].concat());
    [("Current User".into(), user), ("PowerPoint Document".into(), stream)]
}
