//! AES in CBC mode as PDF uses it: the first block is the vector, the last ends in its padding.

use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};

const BLOCK: usize = 16;

/// Decrypts a string or a stream. What is left of a broken last block is dropped, a wrong padding stays.
pub(super) fn open(key: &[u8], data: &[u8]) -> Vec<u8> {
    let Some((vector, data)) = data.split_first_chunk::<BLOCK>() else { return Vec::new() };
    let mut plain = decrypt(key, vector, data);
    let padding = plain.last().map_or(0, |last| usize::from(*last));
    if (1..=BLOCK).contains(&padding) {
        plain.truncate(plain.len().saturating_sub(padding));
    }
    plain
}

/// Decrypts whole blocks without padding.
pub(super) fn decrypt(key: &[u8], vector: &[u8; BLOCK], data: &[u8]) -> Vec<u8> {
    match key.len() {
        32 => decrypt_with::<Aes256>(key, vector, data),
        _ => decrypt_with::<Aes128>(key, vector, data),
    }
}

fn decrypt_with<C: KeyInit + BlockCipherDecrypt>(key: &[u8], vector: &[u8; BLOCK], data: &[u8]) -> Vec<u8> {
    let Ok(cipher) = C::new_from_slice(key) else { return Vec::new() };
    let mut plain = Vec::new();
    let mut before = vector;
    let (blocks, _) = data.as_chunks::<BLOCK>();
    for packed in blocks {
        let Ok(mut block) = Block::<C>::try_from(packed.as_slice()) else { break };
        cipher.decrypt_block(&mut block);
        plain.extend(block.iter().zip(before).map(|(byte, before)| byte ^ before));
        before = packed;
    }
    plain
}

/// Encrypts whole blocks with AES-128 and without padding.
pub(super) fn encrypt(key: &[u8; BLOCK], vector: &[u8; BLOCK], data: &mut [u8]) {
    let cipher = Aes128::new(key.into());
    let mut before = *vector;
    let (blocks, _) = data.as_chunks_mut::<BLOCK>();
    for plain in blocks {
        plain.iter_mut().zip(before).for_each(|(byte, before)| *byte ^= before);
        cipher.encrypt_block(plain.into());
        before = *plain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encrypted_is_decrypted() {
        let (key, vector) = ([7u8; 16], [9u8; 16]);
        let mut data = *b"sixteen letters.and four more\x03\x03\x03";
        encrypt(&key, &vector, &mut data);
        let sealed = [&vector[..], &data].concat();
        assert_eq!(open(&key, &sealed), b"sixteen letters.and four more");
        for cut in 0..sealed.len() {
            open(&key, &sealed[..cut]);
        }
        assert_eq!(open(b"odd key", &sealed), b"");
    }

    /// NIST SP 800-38A F.2.1: the first block of CBC-AES128.
    #[test]
    fn the_block_of_sp_800_38a() {
        let key =
            [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];
        let vector: [u8; 16] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let plain =
            [0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a];
        let want =
            [0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce, 0xe9, 0x8e, 0x9b, 0x12, 0xe9, 0x19, 0x7d];
        let mut data = plain;
        encrypt(&key, &vector, &mut data);
        assert_eq!(data, want);
        assert_eq!(decrypt(&key, &vector, &data), plain);
    }
}
