//! The standard security handler (ISO 32000-2 7.6): revisions 2 to 6, RC4 and AES, with crypt filters.
//!
//! Left out: handlers with certificates (`Adobe.PubSec`), which no password opens, and `Perms`, which only says what a
//! reader should not let a person do.

use super::aes_cbc;
use super::object::{Dict, Object};
use super::password::Verifier;
use super::rc4;
use md5::{Digest, Md5};
use std::borrow::Cow;

/// What one kind of content is encrypted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Identity,
    Rc4,
    /// AES-128 under a key of the object.
    AesV2,
    /// AES-256 under the key of the file.
    AesV3,
}

/// An encryption dictionary that can be opened with a password.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    pub(super) verifier: Verifier,
    strings: Method,
    streams: Method,
    files: Method,
    encrypts_metadata: bool,
}

/// A handler whose password was found.
#[derive(Clone, Debug)]
pub(super) struct Crypt {
    handler: Handler,
    key: Vec<u8>,
}

impl Handler {
    /// Reads an encryption dictionary whose values are resolved; `id` is the first half of the file's identifier.
    /// `None` where it is none that a password opens.
    pub(super) fn read(dict: &Dict, id: &[u8]) -> Option<Self> {
        if !dict.is("Filter", "Standard") {
            return None;
        }
        let int = |key| dict.get(key).and_then(Object::int);
        let version = int("V").unwrap_or_default();
        let encrypts_metadata = dict.get("EncryptMetadata") != Some(&Object::Bool(false));
        let (strings, streams, files) = match version {
            1..=3 => (Method::Rc4, Method::Rc4, Method::Rc4),
            4 | 5 => {
                let streams = named(dict, "StmF", Method::Identity)?;
                let files = if dict.get("EFF").is_some() { named(dict, "EFF", streams)? } else { streams };
                (named(dict, "StrF", Method::Identity)?, streams, files)
            }
            _ => return None,
        };
        let length = int("Length").filter(|bits| (40..=128).contains(bits) && bits % 8 == 0);
        let key = match version {
            1 => 5,
            4 => usize::try_from(length.unwrap_or(128)).ok()? / 8,
            5 => 32,
            _ => usize::try_from(length.unwrap_or(40)).ok()? / 8,
        };
        let verifier = Verifier::read(dict, id, key, encrypts_metadata)?;
        Some(Self { verifier, strings, streams, files, encrypts_metadata })
    }

    /// The handler with its key.
    pub(super) fn unlocked(self, key: Vec<u8>) -> Crypt {
        Crypt { handler: self, key }
    }

    /// Whether all but the embedded files is in the clear.
    pub(super) fn shuts_files_only(&self) -> bool {
        self.strings == Method::Identity && self.streams == Method::Identity
    }

    /// How it is named where a password opened it.
    pub(super) fn scheme(&self) -> &'static str {
        let methods = [self.strings, self.streams, self.files];
        let is_aes = methods.iter().any(|method| matches!(method, Method::AesV2 | Method::AesV3));
        if is_aes { "pdf-aes" } else { "pdf-rc4" }
    }
}

/// The method of the crypt filter that `key` names (7.6.6).
fn named(dict: &Dict, key: &str, otherwise: Method) -> Option<Method> {
    let Some(name) = dict.get(key).and_then(Object::name) else { return Some(otherwise) };
    if name == b"Identity" {
        return Some(Method::Identity);
    }
    let filter = dict.get("CF")?.dict()?.get(std::str::from_utf8(name).ok()?)?.dict()?;
    match filter.get("CFM").and_then(Object::name).unwrap_or(b"None") {
        b"None" => Some(Method::Identity),
        b"V2" => Some(Method::Rc4),
        b"AESV2" => Some(Method::AesV2),
        b"AESV3" => Some(Method::AesV3),
        _ => None,
    }
}

impl Crypt {
    /// Decrypts every string in an object of the file.
    pub(super) fn strings(&self, object: &mut Object, place: (u32, u16)) {
        match object {
            Object::Text(text) => *text = self.decrypt(self.handler.strings, place, text).into_owned(),
            Object::Array(items) => items.iter_mut().for_each(|item| self.strings(item, place)),
            Object::Dict(dict) => dict.0.iter_mut().for_each(|(_, value)| self.strings(value, place)),
            _ => {}
        }
    }

    /// Decrypts a stream of the file.
    pub(super) fn stream<'a>(&self, dict: &Dict, place: (u32, u16), raw: &'a [u8]) -> Cow<'a, [u8]> {
        let is_clear =
            dict.is("Type", "XRef") || (dict.is("Type", "Metadata") && !self.handler.encrypts_metadata);
        let method = if dict.is("Type", "EmbeddedFile") { self.handler.files } else { self.handler.streams };
        self.decrypt(if is_clear { Method::Identity } else { method }, place, raw)
    }

    fn decrypt<'a>(&self, method: Method, place: (u32, u16), data: &'a [u8]) -> Cow<'a, [u8]> {
        match method {
            Method::Identity => Cow::Borrowed(data),
            Method::Rc4 => Cow::Owned(rc4::apply(&self.object_key(place, b""), data)),
            Method::AesV2 => Cow::Owned(aes_cbc::open(&self.object_key(place, b"sAlT"), data)),
            Method::AesV3 => Cow::Owned(aes_cbc::open(&self.key, data)),
        }
    }

    /// The key of one object (7.6.3.3): number and generation, low bytes first, join the key of the file.
    fn object_key(&self, (number, generation): (u32, u16), salt: &[u8]) -> Vec<u8> {
        let number = number.to_le_bytes();
        let mut hash = Md5::new_with_prefix(&self.key);
        hash.update(number.get(..3).unwrap_or_default());
        hash.update(generation.to_le_bytes());
        hash.update(salt);
        let length = (self.key.len() + 5).min(16);
        hash.finalize().get(..length).unwrap_or_default().to_vec()
    }
}
