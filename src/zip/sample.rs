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
    use super::*;
    use crate::keyring::{Candidate, Keyring, Origin, Source};
    use crate::scan::{Input, Scanner};

    #[test]
    fn what_is_locked_opens_with_its_password_alone() {
        let mail = b"Subject: x\r\n\r\nhello\r\n";
        let zip = locked("sample.eml.bin", mail, "infected", [7; HEADER - 1], (0x5464, 0x4980)).unwrap();
        assert!(!zip.windows(5).any(|five| five == b"hello"));
        let open = |password: &str| {
            let mut keys = Keyring::new();
            let origin = Origin { source: Source::Given, place: String::new() };
            keys.add(Candidate { text: password.into(), rank: 0, origin });
            let size = zip.len() as u64;
            let input = Input {
                path: "a.zip".into(),
                name: "a.zip".into(),
                bytes: zip.clone(),
                size,
                ..Input::default()
            };
            let (report, tree) = Scanner::default().session().scan(input, &keys);
            assert!(tree.get(0).unwrap().damage.is_empty(), "{:?}", report.artifacts);
            let inner = tree.get(1);
            inner
                .filter(|inner| !inner.bytes.is_empty())
                .map(|inner| (inner.name.clone(), inner.bytes.clone()))
        };
        assert_eq!(open("infected"), Some(("sample.eml.bin".to_string(), mail.to_vec())));
    }
}
