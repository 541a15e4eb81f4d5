//! ZIP files (PKWARE APPNOTE 6.3.10): stored, deflated, or locked with the traditional encryption.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::{self, Write};

/// A file in the archive.
pub(super) struct Entry<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What it begins with.
    pub(super) bytes: &'a [u8],
    /// So many zeros follow; they are packed.
    pub(super) zeros: usize,
    /// It is locked with this.
    pub(super) password: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// A file as it is.
    pub(super) fn plain(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, bytes, zeros: 0, password: None }
    }
}

/// The archive.
///
/// # Errors
/// None that a writer into memory has.
pub(super) fn archive(entries: &[Entry]) -> io::Result<Vec<u8>> {
    let (mut files, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let start = long(files.len());
        let (fields, body) = entry.written()?;
        files.extend([&b"PK\x03\x04\x14\0"[..], &fields, entry.name.as_bytes(), &body].concat());
        directory.extend([&b"PK\x01\x02\x14\0\x14\0"[..], &fields, &[0; 10], &start].concat());
        directory.extend(entry.name.bytes());
    }
    let count = u16::try_from(entries.len()).unwrap_or_default().to_le_bytes();
    let end =
        [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &long(directory.len()), &long(files.len()), &[0; 2]];
    Ok([files, directory, end.concat()].concat())
}

impl Entry<'_> {
    /// What both headers say, from the flags to the lengths, and the packed content.
    fn written(&self) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let mut check = crc32fast::Hasher::new();
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
        for piece in std::iter::once(self.bytes).chain(zeros(self.zeros)) {
            check.update(piece);
            packer.write_all(piece)?;
        }
        let (check, packed) = (check.finalize(), packer.finish()?);
        let (flags, body) = match self.password {
            Some(password) => (1_u16, Keys::new(password).lock(&packed, check)),
            None => (0, packed),
        };
        let shorts = [flags | 0x800, 8, 0x6a21, 0x5000].map(u16::to_le_bytes).concat();
        let name = u16::try_from(self.name.len()).unwrap_or_default().to_le_bytes();
        let size = long(self.bytes.len() + self.zeros);
        Ok(([&shorts[..], &check.to_le_bytes(), &long(body.len()), &size, &name, &[0; 2]].concat(), body))
    }
}

/// So many zeros, in pieces.
fn zeros<'a>(count: usize) -> impl Iterator<Item = &'a [u8]> {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    let rest = ZEROS.get(..count % ZEROS.len()).unwrap_or_default();
    std::iter::repeat_n(&ZEROS[..], count / ZEROS.len()).chain([rest])
}

/// APPNOTE 6.1.
struct Keys([u32; 3]);

impl Keys {
    fn new(password: &str) -> Self {
        let mut keys = Self([0x1234_5678, 0x2345_6789, 0x3456_7890]);
        password.bytes().for_each(|byte| keys.update(byte));
        keys
    }

    /// The header of twelve bytes, whose last one is a check, and the content.
    fn lock(mut self, packed: &[u8], check: u32) -> Vec<u8> {
        let [.., high] = check.to_le_bytes();
        let head = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 77, high];
        head.iter().chain(packed).map(|byte| self.encrypt(*byte)).collect()
    }

    fn encrypt(&mut self, plain: u8) -> u8 {
        let [.., key] = self.0;
        let t = (key & 0xffff) | 2;
        let [_, mask, ..] = t.wrapping_mul(t ^ 1).to_le_bytes();
        self.update(plain);
        plain ^ mask
    }

    fn update(&mut self, plain: u8) {
        let [one, two, three] = &mut self.0;
        *one = step(*one, plain);
        *two = two.wrapping_add(*one & 0xff).wrapping_mul(134_775_813).wrapping_add(1);
        let [.., high] = two.to_le_bytes();
        *three = step(*three, high);
    }
}

/// One byte of CRC-32, bit by bit.
fn step(crc: u32, byte: u8) -> u32 {
    let bit = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    (0..8).fold(crc ^ u32::from(byte), |crc, _| bit(crc))
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or_default().to_le_bytes()
}
