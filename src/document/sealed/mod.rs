//! What seals other content: S/MIME (CMS, RFC 5652), OpenPGP (RFC 9580), mail under rights management (MS-OXORMMS).
//! What is only signed or compressed is opened; what is encrypted is told to be unread.
//!
//! A detached signature holds no content and is not told of. No signature is checked.

mod cms;

use super::base64;
use crate::artifact::{Artifact, Child, Format, Opened};
use crate::codec;
use crate::keyring::Keyring;
use crate::kind::{Class, Kind, extension};
use crate::limits::{Budget, Stop};

/// Signed and encrypted content.
pub struct Sealed;

impl Format for Sealed {
    fn id(&self) -> &'static str {
        "sealed"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        seal(artifact).is_some()
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        match seal(artifact) {
            Some(Seal::Armour(block)) => {
                let decoded = base64::decode(block, budget);
                decoded.stop.map_or(Ok(()), Err)?;
                open(artifact, &decoded.bytes, out, budget)?;
            }
            Some(Seal::Cms) => open(artifact, &artifact.bytes, out, budget)?,
            Some(Seal::Shut(detail)) => out.missed("encrypted", detail),
            None => {}
        }
        Ok(())
    }
}

/// Hands on what is only signed or compressed.
fn open(artifact: &Artifact, bytes: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    match cms::sealed(bytes) {
        Some(cms::Sealed::Nothing) => {}
        Some(cms::Sealed::Unknown) => out.missed("unsupported-format", "S/MIME, signed"),
        Some(cms::Sealed::Signed(content)) => {
            budget.pay(content.bytes.len() as u64)?;
            if content.is_cut {
                out.broke("cms-cut", "the signed content ends early");
                out.missed("damaged", "the signed content ends early");
            }
            out.push(inner(artifact, |name| Child::new(name, "sealed", content.bytes)), budget)?;
        }
        Some(cms::Sealed::Compressed(content)) => {
            let made = budget.read(&mut codec::zlib(&content.bytes));
            let stop = made.stop;
            out.push(inner(artifact, |name| Child::decoded(name, "sealed", made)), budget)?;
            stop.map_or(Ok(()), Err)?;
        }
        Some(cms::Sealed::Encrypted) | None => out.missed("encrypted", "S/MIME"),
    }
    Ok(())
}

/// What was sealed: a MIME entity, which S/MIME seals (RFC 8551 3.1), or a file that is named as the seal without its
/// own extension.
fn inner(artifact: &Artifact, child: impl FnOnce(&str) -> Child) -> Child {
    let name = artifact.name.as_str();
    let is_own = |own: &str| OWN.contains(&own.to_ascii_lowercase().as_str());
    let mut child =
        child(name.rsplit_once('.').filter(|(_, own)| is_own(own)).map_or(name, |(rest, _)| rest));
    let head = child.bytes.trim_ascii_start();
    let begins = |field: &[u8]| head.get(..field.len()).is_some_and(|head| head.eq_ignore_ascii_case(field));
    if begins(b"content-") || begins(b"mime-version:") {
        child.name = String::new();
        child.kind = Kind::named("eml");
    }
    child
}

/// Extensions of CMS.
const OWN: &[&str] = &["p7m", "p7s", "p7z", "p7"];

/// How content is sealed.
enum Seal<'a> {
    Cms,
    /// CMS in base64, between lines that say so.
    Armour(&'a str),
    /// By what is not opened.
    Shut(&'static str),
}

/// What seals the content of an artifact.
fn seal(artifact: &Artifact) -> Option<Seal<'_>> {
    let bytes = artifact.bytes.as_slice();
    let cms = || cms::is_sealed(bytes).then_some(Seal::Cms);
    match artifact.kind.class {
        Class::Data if bytes.starts_with(RIGHTS) => Some(Seal::Shut("mail under rights management")),
        Class::Data => cms().or_else(|| openpgp(artifact)).or_else(|| declared(artifact)),
        Class::Text => lines(bytes).or_else(|| declared(artifact)),
        _ => None,
    }
}

/// How `message.rpmsg` begins (MS-OXORMMS).
const RIGHTS: &[u8] = b"\x76\xe8\x04\x60\xc4\x11\xe3\x86";

/// A part that is called S/MIME and looks otherwise.
fn declared(artifact: &Artifact) -> Option<Seal<'_>> {
    let media_type = artifact.media_type.as_deref().unwrap_or_default();
    let is_cms = matches!(media_type, "application/pkcs7-mime" | "application/x-pkcs7-mime");
    (is_cms && !artifact.bytes.is_empty()).then_some(Seal::Shut("S/MIME"))
}

/// Texts that open a sealed block, at the start of a line, and close it.
const ARMOUR: &[(&[u8], &str)] =
    &[(b"-----BEGIN PKCS7-----", "-----END PKCS7-----"), (b"-----BEGIN CMS-----", "-----END CMS-----")];
const PGP: &[u8] = b"-----BEGIN PGP MESSAGE";

fn lines(bytes: &[u8]) -> Option<Seal<'_>> {
    let opens = |opening: &[u8]| {
        memchr::memmem::find_iter(bytes, opening)
            .find(|at| *at == 0 || bytes.get(at - 1).is_some_and(|byte| matches!(byte, b'\n' | b'\r')))
    };
    if opens(PGP).is_some() {
        return Some(Seal::Shut("OpenPGP"));
    }
    ARMOUR.iter().find_map(|(opening, closing)| {
        let block = bytes.get(opens(opening)? + opening.len()..)?;
        let text = block.split(|byte| *byte == b'-').next()?;
        let is_closed = block.get(text.len()..)?.starts_with(closing.as_bytes());
        Some(std::str::from_utf8(text).ok().filter(|_| is_closed).map_or(Seal::Shut("S/MIME"), Seal::Armour))
    })
}

/// A binary OpenPGP message. Its first byte says little, so a name must say it too.
fn openpgp(artifact: &Artifact) -> Option<Seal<'_>> {
    let named = matches!(extension(&artifact.name).as_str(), "gpg" | "pgp");
    let first = *artifact.bytes.first()?;
    // RFC 9580 4.2: the tag of the packet in the new or the old form.
    let tag = match first {
        0xc0.. => first & 0x3f,
        0x80.. => first >> 2 & 0x0f,
        _ => return None,
    };
    (named && MESSAGES.contains(&tag)).then_some(Seal::Shut("OpenPGP"))
}

/// Packets that begin a message: session keys, encrypted, compressed and literal data, a one-pass signature.
const MESSAGES: &[u8] = &[1, 3, 4, 8, 9, 11, 18, 20];

#[cfg(test)]
mod tests;
