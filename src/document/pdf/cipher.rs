//! The ciphers as PDF uses them: of AES the first block is the vector and the last ends in its padding.

use crate::cipher::{Aes, BLOCK, Rc4};

/// Decrypts a string or a stream under AES. What is left of a broken last block is dropped, a wrong padding stays.
pub(super) fn open(key: &[u8], data: &[u8]) -> Vec<u8> {
    let Some((vector, data)) = data.split_first_chunk::<BLOCK>() else { return Vec::new() };
    let mut plain = decrypt(key, vector, data);
    let padding = plain.last().map_or(0, |last| usize::from(*last));
    if (1..=BLOCK).contains(&padding) {
        plain.truncate(plain.len().saturating_sub(padding));
    }
    plain
}

/// Decrypts whole blocks under AES without padding.
pub(super) fn decrypt(key: &[u8], vector: &[u8; BLOCK], data: &[u8]) -> Vec<u8> {
    let Some(cipher) = Aes::new(key) else { return Vec::new() };
    let mut plain = data.get(..data.len() / BLOCK * BLOCK).unwrap_or_default().to_vec();
    cipher.chained(*vector, &mut plain);
    plain
}

/// Encrypts or decrypts under RC4. Without a key, the data stay as they are.
pub(super) fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    if !key.is_empty() {
        Rc4::new(key).apply(&mut data);
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::encrypt_chained;

    #[test]
    fn what_was_encrypted_is_decrypted() {
        let (key, vector) = ([7u8; 16], [9u8; 16]);
        let mut data = *b"sixteen letters.and four more\x03\x03\x03";
        encrypt_chained(&key, vector, &mut data);
        let sealed = [&vector[..], &data].concat();
        assert_eq!(open(&key, &sealed), b"sixteen letters.and four more");
        for cut in 0..sealed.len() {
            open(&key, &sealed[..cut]);
        }
        assert_eq!(open(b"odd key", &sealed), b"");
        assert_eq!(rc4(b"", b"as it is"), b"as it is");
        assert_eq!(rc4(b"key", &rc4(b"key", b"there and back")), b"there and back");
    }
}
