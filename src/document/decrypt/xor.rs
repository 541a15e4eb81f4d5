//! XOR obfuscation (MS-OFFCRYPTO 2.3.7): sixteen bytes made of the password, laid over the data again and again.
//!
//! The tables of the specification are what a shift register of 16 bits gives, which is how they are made here.

/// Bytes of the pattern.
const PERIOD: usize = 16;
/// Characters a password may have; the rest is cut off.
const LONGEST: usize = 15;

/// Key and verifier of a password as the document keeps them, and the pattern they stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// 2.3.7.2.
    pub(super) key: u16,
    /// 2.3.7.1.
    pub(super) verifier: u16,
    bytes: [u8; PERIOD],
}

impl Pattern {
    /// `None` for an empty password, which locks nothing.
    pub(super) fn new(password: &[u8]) -> Option<Self> {
        let password = password.get(..LONGEST).unwrap_or(password);
        let key = key(password);
        (!password.is_empty()).then(|| Self {
            key,
            verifier: verifier(password),
            bytes: pattern(password, key),
        })
    }

    /// The byte of the pattern at a place in the data.
    pub(super) fn at(&self, place: u64) -> u8 {
        let place = usize::try_from(place % 16).unwrap_or_default();
        self.bytes.get(place).copied().unwrap_or_default()
    }
}

/// What a password of text may be in bytes: the low bytes of its characters (2.3.7.4), or a code page of Windows.
pub(super) fn encodings(text: &str) -> Vec<Vec<u8>> {
    let low = text.encode_utf16().map(|unit| match unit.to_le_bytes() {
        [0, high] => high,
        [low, _] => low,
    });
    let mut out = vec![low.collect::<Vec<u8>>()];
    for encoding in [encoding_rs::SHIFT_JIS, encoding_rs::WINDOWS_1252] {
        let (bytes, _, unmappable) = encoding.encode(text);
        if !unmappable && !out.iter().any(|known| *known == *bytes) {
            out.push(bytes.into_owned());
        }
    }
    out
}

fn verifier(password: &[u8]) -> u16 {
    let length = u8::try_from(password.len()).unwrap_or_default();
    let bytes = password.iter().rev().chain([&length]);
    bytes.fold(0u16, |sum, byte| ((sum << 1 & 0x7fff) | (sum >> 14 & 1)) ^ u16::from(*byte)) ^ 0xce4b
}

/// One step of the register.
fn shift(register: u16) -> u16 {
    let turned = register.rotate_left(1);
    if turned & 1 == 1 { turned ^ 0x1020 } else { turned }
}

/// Every bit of the password, the last character first, adds a state of the register; a second register turns with
/// the length alone.
fn key(password: &[u8]) -> u16 {
    let (mut register, mut closing, mut key) = (0x8000u16, 0xffffu16, 0u16);
    for byte in password.iter().rev() {
        for bit in 0..8 {
            register = shift(register);
            closing = shift(closing);
            if (byte & 0x7f) >> bit & 1 == 1 {
                key ^= register;
            }
        }
    }
    key ^ closing
}

/// 2.3.7.2: the password, filled up, combined with the two bytes of the key in turn, each byte rotated by one.
fn pattern(password: &[u8], key: u16) -> [u8; PERIOD] {
    const FILL: [u8; LONGEST] =
        [0xbb, 0xff, 0xff, 0xba, 0xff, 0xff, 0xb9, 0x80, 0x00, 0xbe, 0x0f, 0x00, 0xbf, 0x0f, 0x00];
    let mut out = [0; PERIOD];
    let filled = password.iter().chain(&FILL).zip(key.to_le_bytes().into_iter().cycle());
    out.iter_mut().zip(filled).for_each(|(out, (byte, key))| *out = (byte ^ key).rotate_right(1));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys and verifiers as Excel wrote them for these passwords.
    #[test]
    fn keys_and_verifiers_are_those_of_excel() {
        for (password, key, verifier) in [("abc", 0x514a, 0xcc1a), ("VelvetSweatshop", 0xb359, 0x9a0a)] {
            let pattern = Pattern::new(password.as_bytes()).unwrap();
            assert_eq!((pattern.key, pattern.verifier), (key, verifier), "{password}");
        }
        assert_eq!(Pattern::new(b""), None);
        assert_eq!(Pattern::new(b"123456789012345"), Pattern::new(b"1234567890123456"));
    }

    #[test]
    fn a_password_has_the_bytes_of_its_code_page() {
        assert_eq!(encodings("ab"), [b"ab"]);
        assert_eq!(encodings("表1"), [b"\x681".to_vec(), b"\x95\x5c1".to_vec()]);
        assert_eq!(encodings("あ"), [b"\x42".to_vec(), b"\x82\xa0".to_vec()]);
    }
}
