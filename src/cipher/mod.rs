//! The ciphers that several formats share: AES and RC4. ZIP's own ones stand with ZIP.

mod aes;
mod rc4;

pub use self::aes::{Aes, BLOCK, chained_reader, encrypt_chained};
pub use rc4::Rc4;
