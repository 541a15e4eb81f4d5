//! Writes a ZIP of one file under a password, as samples are handed on: so that neither a scanner on the way nor a
//! click opens it by accident. The encryption is the traditional one, which every unpacker knows; it hides nothing from
//! anybody who wants to know.

use super::zip_crypto::{HEADER, Keys};

/// A ZIP file (APPNOTE 4.3) with one stored, encrypted entry. `salt` is the random part of the encryption header, `time`
/// that of MS-DOS: date and time. `None` if the content is too large for a ZIP without extensions.
pub fn locked(
    name: &str,
    content: &[u8],
    password: &str,
    salt: [u8; HEADER - 1],
    time: (u16, u16),
) -> Option<Vec<u8>> {
    let crc = crc32fast::hash(content);
    let size = u32::try_from(content.len()).ok()?;
    let packed = size.checked_add(u32::try_from(HEADER).ok()?)?;
    let fields = fields(crc, packed, size, name, time)?;
    let mut keys = Keys::new(password.as_bytes());
    // The last byte of the header tells the password: the highest of the CRC.
    let [.., check] = crc.to_le_bytes();
    let plain = salt.iter().chain([&check]).chain(content);
    let mut out = Vec::new();
    out.extend_from_slice(b"PK\x03\x04");
    out.extend_from_slice(&fields);
    out.extend_from_slice(name.as_bytes());
    out.extend(plain.map(|byte| keys.encrypt(*byte)));
    let start = u32::try_from(out.len()).ok()?;
    out.extend_from_slice(b"PK\x01\x02\x14\x00");
    out.extend_from_slice(&fields);
    // Length of a comment, disk, inner and outer attributes, place of the local header: all zero.
    out.extend_from_slice(&[0; 14]);
    out.extend_from_slice(name.as_bytes());
    let length = u32::try_from(out.len()).ok()?.checked_sub(start)?;
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    Some(out)
}

/// What both headers have: version 2.0, encrypted and in UTF-8, stored.
fn fields(crc: u32, packed: u32, size: u32, name: &str, time: (u16, u16)) -> Option<Vec<u8>> {
    let name = u16::try_from(name.len()).ok()?;
    let (date, time) = time;
    let shorts = [20, 0x0801, 0, time, date].map(u16::to_le_bytes).concat();
    let longs = [crc, packed, size].map(u32::to_le_bytes).concat();
    Some([shorts, longs, [name, 0].map(u16::to_le_bytes).concat()].concat())
}

#[cfg(test)]
mod tests {
    use super::super::Archive;
    use super::super::zip_crypto::Decrypt;
    use super::*;
    use crate::limits::{Budget, Limits};
    use std::io::Read;

    const NAME: &str = "sample.eml.bin";
    const MAIL: &[u8] = b"Subject: x\r\n\r\nhello\r\n";

    #[test]
    fn what_is_locked_opens_with_its_password_alone() {
        let zip = locked(NAME, MAIL, "infected", [7; HEADER - 1], (0x5464, 0x4980)).unwrap();
        let body = zip.get(30 + NAME.len()..).unwrap();
        let (header, data) = body.split_first_chunk::<HEADER>().unwrap();
        let check = crc32fast::hash(MAIL).to_le_bytes()[3];
        let keys = Keys::new(b"infected").open(header, [check, check]).unwrap();
        let mut plain = [0; MAIL.len()];
        Decrypt { keys, data }.read_exact(&mut plain).unwrap();
        assert_eq!(plain, MAIL);
        assert!(!data.starts_with(MAIL));
    }

    #[test]
    fn both_headers_tell_one_story() {
        let zip = locked(NAME, MAIL, "infected", [7; HEADER - 1], (0x5464, 0x4980)).unwrap();
        let archive = Archive::read(&zip, &Budget::new(&Limits::default())).unwrap();
        assert!(archive.damage.is_empty() && archive.facts.is_empty(), "{archive:?}");
        assert_eq!(archive.entries.len(), 1);
        assert!(locked(&"x".repeat(70_000), MAIL, "infected", [7; HEADER - 1], (0, 0)).is_none());
    }
}
