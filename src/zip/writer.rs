//! Writes ZIP files for tests, honest or not: every field of both headers may be set apart. The encryption here is
//! written from the specifications a second time, so that reader and writer do not share a mistake.

use crate::codec::{Codec, tests::pack};
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use sha1::{Digest, Sha1};

/// An entry to write.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) local: Fields,
    pub(crate) central: Fields,
    pub(crate) body: Vec<u8>,
    /// Written behind the body.
    pub(crate) descriptor: Vec<u8>,
    /// Written before the local header.
    pub(crate) before: Vec<u8>,
    /// Whether the directory names it.
    pub(crate) is_listed: bool,
    /// The place the directory gives, if not the true one.
    pub(crate) offset: Option<u32>,
}

/// The fields of a header.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) time: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) extra: Vec<u8>,
}

pub(crate) fn stored(name: impl AsRef<[u8]>, plain: &[u8]) -> Item {
    item(name, 0, Codec::Stored, plain)
}

pub(crate) fn deflated(name: impl AsRef<[u8]>, plain: &[u8]) -> Item {
    item(name, 8, Codec::Deflate, plain)
}

pub(crate) fn item(name: impl AsRef<[u8]>, method: u16, codec: Codec, plain: &[u8]) -> Item {
    let body = pack(codec, plain);
    let fields = Fields {
        method,
        time: 0x6a21,
        crc: crc32fast::hash(plain),
        packed: length(&body),
        size: length(plain),
        name: name.as_ref().to_vec(),
        ..Fields::default()
    };
    let (descriptor, before) = (Vec::new(), Vec::new());
    Item { local: fields.clone(), central: fields, body, descriptor, before, is_listed: true, offset: None }
}

impl Item {
    /// Changes both headers.
    pub(crate) fn both(mut self, change: impl Fn(&mut Fields)) -> Self {
        change(&mut self.local);
        change(&mut self.central);
        self
    }

    pub(crate) fn local(mut self, change: impl Fn(&mut Fields)) -> Self {
        change(&mut self.local);
        self
    }

    pub(crate) fn central(mut self, change: impl Fn(&mut Fields)) -> Self {
        change(&mut self.central);
        self
    }

    pub(crate) fn hidden(self) -> Self {
        Self { is_listed: false, ..self }
    }

    fn body(self, body: Vec<u8>) -> Self {
        let packed = length(&body);
        Self { body, ..self }.both(|fields| fields.packed = packed)
    }

    /// As a stream is written: zeros in the local header, a descriptor behind the data.
    pub(crate) fn streamed(mut self, is_signed: bool) -> Self {
        let Fields { crc, packed, size, .. } = self.local;
        let numbers = [crc, packed, size].map(u32::to_le_bytes).concat();
        self.descriptor = if is_signed { [b"PK\x07\x08", numbers.as_slice()].concat() } else { numbers };
        self.both(|fields| fields.flags |= 8)
            .local(|fields| (fields.crc, fields.packed, fields.size) = (0, 0, 0))
    }

    /// Encrypted as APPNOTE 6.1 says. Call after `streamed` to have the check byte of the time.
    pub(crate) fn crypto(self, password: &[u8]) -> Self {
        let check =
            if self.local.flags & 8 == 0 { self.central.crc >> 24 } else { u32::from(self.local.time >> 8) };
        let mut keys = [0x1234_5678u32, 0x2345_6789, 0x3456_7890];
        for byte in password {
            update(&mut keys, *byte);
        }
        let header = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 77, check.to_le_bytes()[0]];
        let plain = [&header[..], &self.body].concat();
        let encrypt = |byte: &u8| {
            let t = (keys[2] & 0xffff) | 2;
            let mask = ((t * (t ^ 1)) >> 8).to_le_bytes()[0];
            update(&mut keys, *byte);
            byte ^ mask
        };
        let body = plain.iter().map(encrypt).collect();
        let streamed = self.local.flags & 8 != 0;
        let sizes = (self.local.packed, self.local.size, self.local.crc);
        let mut item = self.body(body).both(|fields| fields.flags |= 1);
        if streamed {
            (item.local.packed, item.local.size, item.local.crc) = sizes;
            let at = item.descriptor.len() - 8;
            item.descriptor.splice(at..at + 4, item.central.packed.to_le_bytes());
        }
        item
    }

    /// Encrypted as `WinZip` does: `strength` 1 to 3, `version` 1 or 2.
    pub(crate) fn aes(self, password: &[u8], strength: u8, version: u8) -> Self {
        let key = 8 + 8 * usize::from(strength);
        let salt: Vec<u8> = (1..).take(key / 2).collect();
        let derived = pbkdf2(password, &salt, 2 * key + 2);
        let data: Vec<u8> = self
            .body
            .chunks(16)
            .zip(1u128..)
            .flat_map(|(chunk, counter)| {
                let mut block = aes::cipher::Array::from(counter.to_le_bytes());
                match key {
                    16 => aes::Aes128::new_from_slice(&derived[..key]).unwrap().encrypt_block(&mut block),
                    24 => aes::Aes192::new_from_slice(&derived[..key]).unwrap().encrypt_block(&mut block),
                    _ => aes::Aes256::new_from_slice(&derived[..key]).unwrap().encrypt_block(&mut block),
                }
                chunk.iter().zip(block).map(|(byte, mask)| byte ^ mask).collect::<Vec<_>>()
            })
            .collect();
        let code = hmac(&derived[key..2 * key], &data);
        let body = [&salt, &derived[2 * key..], &data, &code[..10]].concat();
        let [method, _] = self.local.method.to_le_bytes();
        let extra = [0x01, 0x99, 7, 0, version, 0, b'A', b'E', strength, method, 0];
        self.body(body).both(|fields| {
            fields.flags |= 1;
            fields.method = 99;
            fields.extra.extend(extra);
            if version == 2 {
                fields.crc = 0;
            }
        })
    }
}

/// The file.
pub(crate) fn archive(items: &[Item]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for item in items {
        out.extend(&item.before);
        let start = item.offset.unwrap_or_else(|| length(&out));
        out.extend(b"PK\x03\x04\x14\0");
        out.extend(item.local.written(&[]));
        out.extend([item.local.name.as_slice(), &item.local.extra, &item.body, &item.descriptor].concat());
        if item.is_listed {
            directory.extend(b"PK\x01\x02\x14\0\x14\0");
            directory.extend(item.central.written(&[0; 10]));
            directory.extend(start.to_le_bytes());
            directory.extend([item.central.name.as_slice(), &item.central.extra].concat());
        }
    }
    let count = u16::try_from(items.iter().filter(|item| item.is_listed).count()).unwrap();
    let end = end_record(count, length(&directory), length(&out));
    [out, directory, end].concat()
}

/// An end of central directory record.
pub(crate) fn end_record(count: u16, size: u32, offset: u32) -> Vec<u8> {
    let counts = [count, count].map(u16::to_le_bytes).concat();
    [&b"PK\x05\x06\0\0\0\0"[..], &counts, &size.to_le_bytes(), &offset.to_le_bytes(), &[0, 0]].concat()
}

impl Fields {
    /// From the flags to the lengths of the variable fields and what stands between.
    fn written(&self, more: &[u8]) -> Vec<u8> {
        let words = [self.flags, self.method, self.time, 0x5000].map(u16::to_le_bytes).concat();
        let longs = [self.crc, self.packed, self.size].map(u32::to_le_bytes).concat();
        let lengths =
            [&self.name, &self.extra].map(|field| u16::try_from(field.len()).unwrap().to_le_bytes());
        [words, longs, lengths.concat(), more.to_vec()].concat()
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap()
}

fn update(keys: &mut [u32; 3], byte: u8) {
    keys[0] = crc_step(keys[0], byte);
    keys[1] = (keys[1].wrapping_add(keys[0] & 0xff)).wrapping_mul(0x0808_8405).wrapping_add(1);
    keys[2] = crc_step(keys[2], keys[1].to_be_bytes()[0]);
}

/// One byte of CRC-32, bit by bit.
fn crc_step(crc: u32, byte: u8) -> u32 {
    (0..8)
        .fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
}

fn pbkdf2(password: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let block = |number: u32| {
        let mut last = hmac(password, &[salt, &number.to_be_bytes()].concat());
        let mut sum = last.clone();
        for _ in 1..1000 {
            last = hmac(password, &last);
            sum.iter_mut().zip(&last).for_each(|(sum, byte)| *sum ^= byte);
        }
        sum
    };
    (1..).flat_map(block).take(length).collect()
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut padded = [0u8; 64];
    padded[..key.len()].copy_from_slice(key);
    let inner = Sha1::digest([&padded.map(|byte| byte ^ 0x36)[..], message].concat());
    Sha1::digest([&padded.map(|byte| byte ^ 0x5c)[..], &inner].concat()).to_vec()
}
