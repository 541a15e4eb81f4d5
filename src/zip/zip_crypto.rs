//! The traditional encryption of PKWARE (APPNOTE 6.1): three running keys, a header of twelve bytes.
//!
//! The header ends in a check byte, which one wrong password in 256 passes. It only says which passwords to try in
//! earnest; the proof is the CRC-32 of the whole content.

use std::io::{self, Read};

/// The three keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys(u32, u32, u32);

/// Length of the encryption header.
pub(super) const HEADER: usize = 12;

impl Keys {
    /// The keys a password begins with.
    pub(super) fn new(password: &[u8]) -> Self {
        let mut keys = Self(0x1234_5678, 0x2345_6789, 0x3456_7890);
        for byte in password {
            keys.update(*byte);
        }
        keys
    }

    /// The keys behind the header, if its last byte is one of `checks`.
    pub(super) fn open(mut self, header: &[u8; HEADER], checks: [u8; 2]) -> Option<Self> {
        let mut last = 0;
        for byte in header {
            last = self.decrypt(*byte);
        }
        checks.contains(&last).then_some(self)
    }

    fn update(&mut self, plain: u8) {
        self.0 = crc(self.0, plain);
        let [low, ..] = self.0.to_le_bytes();
        self.1 = self.1.wrapping_add(u32::from(low)).wrapping_mul(134_775_813).wrapping_add(1);
        let [.., high] = self.1.to_le_bytes();
        self.2 = crc(self.2, high);
    }

    fn decrypt(&mut self, byte: u8) -> u8 {
        let plain = byte ^ self.mask();
        self.update(plain);
        plain
    }

    /// Encrypts the next byte.
    pub(super) fn encrypt(&mut self, plain: u8) -> u8 {
        let byte = plain ^ self.mask();
        self.update(plain);
        byte
    }

    /// What the next byte is mixed with.
    fn mask(&self) -> u8 {
        let [low, high, ..] = (self.2 | 2).to_le_bytes();
        let t = u16::from_le_bytes([low, high]);
        let [_, mask] = t.wrapping_mul(t ^ 1).to_le_bytes();
        mask
    }
}

/// A stream being decrypted.
#[derive(Debug)]
pub(super) struct Decrypt<'a> {
    pub(super) keys: Keys,
    pub(super) data: &'a [u8],
}

impl Read for Decrypt<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let length = self.data.read(output)?;
        for byte in output.iter_mut().take(length) {
            *byte = self.keys.decrypt(*byte);
        }
        Ok(length)
    }
}

fn crc(crc: u32, byte: u8) -> u32 {
    let [low, ..] = crc.to_le_bytes();
    // The table has a value for every byte.
    crc >> 8 ^ TABLE.get(usize::from(low ^ byte)).copied().unwrap_or_default()
}

/// The table of CRC-32 (APPNOTE 4.4.7).
static TABLE: [u32; 256] = table();

#[expect(clippy::indexing_slicing, reason = "the place is below the length, and this runs in the compiler")]
const fn table() -> [u32; 256] {
    let mut table = [0u32; 256];
    let mut place = 0;
    let mut start = 0u32;
    while place < table.len() {
        let mut value = start;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0xedb8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[place] = value;
        place += 1;
        start += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by Info-ZIP `zip -0 -P secret`: the twelve bytes of header and the content `hello\n`.
    const INFO_ZIP: [u8; 18] = [
        0x1b, 0x2b, 0x8a, 0x2f, 0xc4, 0x75, 0x6b, 0xc4, 0x93, 0x8f, 0x6a, 0x3e, 0x90, 0xc5, 0x3f, 0xca, 0x8d,
        0x5f,
    ];
    const CRC: u32 = 0x363a_3020;

    #[test]
    fn what_another_program_wrote_is_decrypted() {
        let (header, data) = INFO_ZIP.split_first_chunk().unwrap();
        let check = 0x19;
        let keys = Keys::new(b"secret").open(header, [check, check]).unwrap();
        let mut plain = [0; 6];
        assert_eq!(Decrypt { keys, data }.read(&mut plain).unwrap(), 6);
        assert_eq!(&plain, b"hello\n");
        assert_eq!(crc32fast::hash(&plain), CRC);
        assert!(Keys::new(b"Secret").open(header, [check, check]).is_none());
    }
}
