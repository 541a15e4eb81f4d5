//! ZIP archives (APPNOTE): stored or deflated, plain, ZipCrypto or WinZip AES, names in UTF-8 or CP932, with
//! something in front or behind, or without a central directory. Salts and times are fixed.

use super::{Content, NoMore};
use aes::cipher::{KeyIvInit, StreamCipher};
use flate2::{Compression, write::DeflateEncoder};
use serde::Deserialize;
use sha1::{Digest, Sha1};
use std::io::Write;

/// An archive as a recipe gives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    #[serde(default)]
    pub encrypt: Encrypt,
    /// Typed by the sender; encoded like the names.
    #[serde(default)]
    pub password: String,
    #[serde(default)]
    pub names: Names,
    #[serde(default)]
    pub stored: bool,
    /// WinZip AES version: 1 keeps the CRC, 2 does not.
    #[serde(default = "two")]
    pub ae: u16,
    /// Text in front of and behind the archive.
    #[serde(default)]
    pub prefix: String,
    #[serde(default)]
    pub suffix: String,
    /// Everything from the central directory on is missing.
    #[serde(default)]
    pub no_directory: bool,
    #[serde(rename = "member")]
    pub members: Vec<Member>,
}

fn two() -> u16 {
    2
}

#[derive(Debug, Deserialize)]
pub struct Member {
    pub name: String,
    /// It stands in the archive, and no directory tells of it.
    #[serde(default)]
    pub hidden: bool,
    #[serde(flatten)]
    pub content: Content,
    #[serde(flatten)]
    pub no_more: NoMore,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encrypt {
    #[default]
    None,
    ZipCrypto,
    Aes128,
    Aes256,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    #[default]
    Utf8,
    Cp932,
}

impl Names {
    fn encode(self, text: &str) -> Vec<u8> {
        if self == Self::Cp932 { encoding_rs::SHIFT_JIS.encode(text).0.into_owned() } else { text.into() }
    }
}

impl Archive {
    /// A plain deflated archive of these members.
    pub fn plain(members: Vec<(&str, Vec<u8>)>) -> Vec<u8> {
        let mut zip = Zip::default();
        for (name, bytes) in members {
            zip.add(name.as_bytes(), 0, &packed(&bytes, false), crc32fast::hash(&bytes), bytes.len());
        }
        zip.finish(true)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut zip = Zip { out: self.prefix.clone().into_bytes(), ..Zip::default() };
        for member in &self.members {
            let before = (zip.directory.len(), zip.count);
            self.add(&mut zip, &self.names.encode(&member.name), &member.content.bytes());
            if member.hidden {
                zip.directory.truncate(before.0);
                zip.count = before.1;
            }
        }
        let mut out = zip.finish(!self.no_directory);
        out.extend(self.suffix.bytes());
        out
    }

    fn add(&self, zip: &mut Zip, name: &[u8], bytes: &[u8]) {
        let utf8 = if self.names == Names::Utf8 && !name.is_ascii() { 0x0800 } else { 0 };
        let crc = crc32fast::hash(bytes);
        let mut data = packed(bytes, self.stored);
        let password = self.names.encode(&self.password);
        match self.encrypt {
            Encrypt::None => {}
            Encrypt::ZipCrypto => data.bytes = zip_crypto(&data.bytes, &password, crc),
            Encrypt::Aes128 => self.aes(&mut data, &password, Strength { code: 1, key: 16 }, name),
            Encrypt::Aes256 => self.aes(&mut data, &password, Strength { code: 3, key: 32 }, name),
        }
        let locked = u16::from(self.encrypt != Encrypt::None);
        let crc = if data.method == AES && self.ae == 2 { 0 } else { crc };
        zip.add(name, utf8 | locked, &data, crc, bytes.len());
    }

    /// WinZip AE-1 and AE-2: salt, password check, CTR-mode data, authentication code.
    fn aes(&self, data: &mut Packed, password: &[u8], strength: Strength, name: &[u8]) {
        let salt = &Sha1::digest(name)[..strength.key / 2];
        let keys = pbkdf2(password, salt, 2 * strength.key + 2);
        let (key, rest) = keys.split_at(strength.key);
        let (mac_key, check) = rest.split_at(strength.key);
        let mut counter = [0; 16];
        counter[0] = 1;
        if strength.key == 16 {
            ctr::Ctr128LE::<aes::Aes128>::new_from_slices(key, &counter)
                .unwrap()
                .apply_keystream(&mut data.bytes);
        } else {
            ctr::Ctr128LE::<aes::Aes256>::new_from_slices(key, &counter)
                .unwrap()
                .apply_keystream(&mut data.bytes);
        }
        let mac = hmac(mac_key, &data.bytes);
        data.bytes = [salt, check, &data.bytes, &mac[..10]].concat();
        data.extra = [0x9901_u16, 7, self.ae].iter().flat_map(|n| n.to_le_bytes()).collect();
        data.extra.extend(b"AE");
        data.extra.push(strength.code);
        data.extra.extend(data.method.to_le_bytes());
        data.method = AES;
    }
}

const AES: u16 = 99;

#[derive(Clone, Copy)]
struct Strength {
    code: u8,
    key: usize,
}

struct Packed {
    method: u16,
    bytes: Vec<u8>,
    extra: Vec<u8>,
}

fn packed(bytes: &[u8], stored: bool) -> Packed {
    if stored {
        return Packed { method: 0, bytes: bytes.to_vec(), extra: Vec::new() };
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    Packed { method: 8, bytes: encoder.finish().unwrap(), extra: Vec::new() }
}

/// Local headers and data as they come, the central directory at the end (APPNOTE 4.3.6).
#[derive(Default)]
struct Zip {
    out: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    fn add(&mut self, name: &[u8], flags: u16, data: &Packed, crc: u32, size: usize) {
        let offset = u32::try_from(self.out.len()).unwrap();
        let version = if data.method == AES { 51 } else { 20 };
        let mut fields: Vec<u8> =
            [version, flags, data.method, TIME, DAY].iter().flat_map(|n| n.to_le_bytes()).collect();
        fields.extend(crc.to_le_bytes());
        for length in [data.bytes.len(), size] {
            fields.extend(u32::try_from(length).unwrap().to_le_bytes());
        }
        for length in [name.len(), data.extra.len()] {
            fields.extend(u16::try_from(length).unwrap().to_le_bytes());
        }
        self.out.extend([b"PK\x03\x04", &fields[..], name, &data.extra, &data.bytes].concat());
        self.directory.extend([b"PK\x01\x02\x14\x00", &fields[..], &[0; 6], &[0x20, 0, 0, 0]].concat());
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend([name, &data.extra].concat());
        self.count += 1;
    }

    fn finish(mut self, with_directory: bool) -> Vec<u8> {
        if !with_directory {
            return self.out;
        }
        let offset = u32::try_from(self.out.len()).unwrap();
        self.out.extend(&self.directory);
        self.out.extend(b"PK\x05\x06\0\0\0\0");
        self.out.extend(self.count.to_le_bytes());
        self.out.extend(self.count.to_le_bytes());
        self.out.extend(u32::try_from(self.directory.len()).unwrap().to_le_bytes());
        self.out.extend(offset.to_le_bytes());
        self.out.extend([0, 0]);
        self.out
    }
}

/// 2 March 2022, 10:37:28, as MS-DOS writes it.
const DAY: u16 = (2022 - 1980) << 9 | 3 << 5 | 2;
const TIME: u16 = 10 << 11 | 37 << 5 | 14;

/// APPNOTE 6.1: the header of twelve bytes ends in the high byte of the CRC.
fn zip_crypto(bytes: &[u8], password: &[u8], crc: u32) -> Vec<u8> {
    let mut keys = [0x1234_5678_u32, 0x2345_6789, 0x3456_7890];
    for byte in password {
        turn(&mut keys, *byte);
    }
    let mut head = *b"tenpu-salt-?";
    head[11] = crc.to_be_bytes()[0];
    let encrypt = |plain: &u8| {
        let word = (keys[2] | 2) & 0xffff;
        let key = (word * (word ^ 1)).to_le_bytes()[1];
        turn(&mut keys, *plain);
        plain ^ key
    };
    head.iter().chain(bytes).map(encrypt).collect()
}

fn turn(keys: &mut [u32; 3], byte: u8) {
    keys[0] = crc_step(keys[0], byte);
    keys[1] = keys[1].wrapping_add(keys[0] & 0xff).wrapping_mul(134_775_813).wrapping_add(1);
    keys[2] = crc_step(keys[2], keys[1].to_be_bytes()[0]);
}

fn crc_step(crc: u32, byte: u8) -> u32 {
    let mut low = (crc ^ u32::from(byte)) & 0xff;
    for _ in 0..8 {
        low = if low & 1 == 1 { low >> 1 ^ 0xedb8_8320 } else { low >> 1 };
    }
    crc >> 8 ^ low
}

/// RFC 2898 5.2 with HMAC-SHA1 and the 1000 rounds of WinZip.
fn pbkdf2(password: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for block in 1_u32.. {
        if out.len() >= length {
            break;
        }
        let mut round = hmac(password, &[salt, &block.to_be_bytes()].concat());
        let mut sum = round;
        for _ in 1..1000 {
            round = hmac(password, &round);
            sum.iter_mut().zip(round).for_each(|(sum, byte)| *sum ^= byte);
        }
        out.extend(sum);
    }
    out.truncate(length);
    out
}

/// RFC 2104 with SHA-1.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut block = [0_u8; 64];
    let key = if key.len() > 64 { Sha1::digest(key).to_vec() } else { key.to_vec() };
    block[..key.len()].copy_from_slice(&key);
    let inner = Sha1::digest([&block.map(|byte| byte ^ 0x36), message].concat());
    Sha1::digest([&block.map(|byte| byte ^ 0x5c)[..], &inner].concat()).into()
}
