//! What seals other content and is not opened: S/MIME (CMS, RFC 5652), OpenPGP (RFC 9580), mail under rights
//! management (MS-OXORMMS). Told to be unread; nothing else is taken from them.
//!
//! A detached signature holds no content and is not told of.

use crate::artifact::{Artifact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::{Class, extension};
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
        _budget: &mut Budget,
    ) -> Result<(), Stop> {
        if let Some((reason, detail)) = seal(artifact) {
            out.missed(reason, detail);
        }
        Ok(())
    }
}

/// Why the content of an artifact is unread, and what seals it.
fn seal(artifact: &Artifact) -> Option<(&'static str, &'static str)> {
    let bytes = artifact.bytes.as_slice();
    match artifact.kind.class {
        Class::Data if bytes.starts_with(RIGHTS) => Some(("encrypted", "mail under rights management")),
        Class::Data => cms(bytes).or_else(|| openpgp(artifact)).or_else(|| declared(artifact)),
        Class::Text => lines(bytes).or_else(|| declared(artifact)),
        _ => None,
    }
}

/// How `message.rpmsg` begins (MS-OXORMMS).
const RIGHTS: &[u8] = b"\x76\xe8\x04\x60\xc4\x11\xe3\x86";

/// A part that is called S/MIME or OpenPGP and looks like neither.
fn declared(artifact: &Artifact) -> Option<(&'static str, &'static str)> {
    let media_type = artifact.media_type.as_deref().unwrap_or_default();
    let is_cms = matches!(media_type, "application/pkcs7-mime" | "application/x-pkcs7-mime");
    (is_cms && !is_detached(&artifact.bytes) && !artifact.bytes.is_empty()).then_some(("encrypted", "S/MIME"))
}

/// Texts that open a sealed block, at the start of a line, and what the block is.
const OPENINGS: &[(&[u8], &str, &str)] = &[
    (b"-----BEGIN PGP MESSAGE", "encrypted", "OpenPGP"),
    (b"-----BEGIN PKCS7-----", "encrypted", "S/MIME"),
    (b"-----BEGIN CMS-----", "encrypted", "S/MIME"),
];

fn lines(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let opens = |opening: &[u8]| {
        memchr::memmem::find_iter(bytes, opening)
            .any(|at| at == 0 || bytes.get(at - 1).is_some_and(|byte| matches!(byte, b'\n' | b'\r')))
    };
    let found = OPENINGS.iter().find(|(opening, ..)| opens(opening));
    found.map(|(_, reason, detail)| (*reason, *detail))
}

/// The content types of CMS (RFC 5652 section 14) by the bytes of their object identifiers.
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const SIGNED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const CMS: &[&[u8]] = &[
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x04",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06",
    // AuthenticatedData, CompressedData (RFC 3274), AuthEnvelopedData (RFC 5083).
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x02",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
];

/// A CMS `ContentInfo` that holds content.
fn cms(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let content = content_info(bytes)?;
    if CMS.iter().any(|id| content.starts_with(id)) {
        return Some(("encrypted", "S/MIME"));
    }
    (content.starts_with(SIGNED) && !is_detached(bytes)).then_some(("unsupported-format", "S/MIME, signed"))
}

/// What stands in the outermost sequence, whatever the form of its length.
fn content_info(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.strip_prefix(b"\x30")?.split_first()?;
    let more = if *length > 0x80 { usize::from(length & 0x7f) } else { 0 };
    rest.get(more..)
}

/// Whether signed data have no content of their own (RFC 5652 5.2): behind the type of the encapsulated content
/// stands no `[0]`.
fn is_detached(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let signed = content_info(bytes).is_some_and(|content| content.starts_with(SIGNED));
    let inner = memchr::memmem::find(head, DATA).and_then(|at| head.get(at + DATA.len()));
    signed && inner.is_some_and(|next| *next != 0xa0)
}

/// Where the type of the encapsulated content stands: behind the list of digest algorithms.
const HEAD: usize = 1024;

/// A binary OpenPGP message. Its first byte says little, so a name must say it too.
fn openpgp(artifact: &Artifact) -> Option<(&'static str, &'static str)> {
    let named = matches!(extension(&artifact.name).as_str(), "gpg" | "pgp");
    let first = *artifact.bytes.first()?;
    // RFC 9580 4.2: the tag of the packet in the new or the old form.
    let tag = match first {
        0xc0.. => first & 0x3f,
        0x80.. => first >> 2 & 0x0f,
        _ => return None,
    };
    (named && MESSAGES.contains(&tag)).then_some(("encrypted", "OpenPGP"))
}

/// Packets that begin a message: session keys, encrypted, compressed and literal data, a one-pass signature.
const MESSAGES: &[u8] = &[1, 3, 4, 8, 9, 11, 18, 20];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};

    fn told(name: &str, media_type: Option<&str>, bytes: &[u8]) -> Option<&'static str> {
        let mut child = Child::new(name, "attachment", bytes.to_vec());
        child.media_type = media_type.map(str::to_string);
        seal(Tree::new(child).get(0).unwrap()).map(|(reason, _)| reason)
    }

    #[test]
    fn sealed_content_is_told_whatever_it_is_called() {
        let enveloped = [b"\x30\x82\x10\0", CMS[0], b"\xa0\x82\x0f\0"].concat();
        assert_eq!(told("x.bin", None, &enveloped), Some("encrypted"));
        let endless = [b"\x30\x80", CMS[0], b"\xa0\x80"].concat();
        assert_eq!(told("smime.p7m", None, &endless), Some("encrypted"));
        assert_eq!(told("smime.p7m", Some("application/pkcs7-mime"), b"\0\x01 what?"), Some("encrypted"));
        assert_eq!(told("message.rpmsg", None, &[RIGHTS, b"\0\x10"].concat()), Some("encrypted"));
        assert_eq!(told("a.doc.gpg", None, b"\x85\x02\x0c\x03\0\0"), Some("encrypted"));
        assert_eq!(told("a.dat", None, b"\x85\x02\x0c\x03\0\0"), None);
        assert_eq!(told("", None, b"hello\r\n-----BEGIN PGP MESSAGE-----\r\n"), Some("encrypted"));
        assert_eq!(told("", None, b"they wrote: -----BEGIN PGP MESSAGE-----"), None);
        assert_eq!(told("", None, b"-----BEGIN PGP SIGNED MESSAGE-----\r\n"), None);
    }

    #[test]
    fn a_signature_alone_holds_nothing_and_signed_content_does() {
        let signed = |encapsulated: &[u8]| {
            let inner = [b"\xa0\x80\x30\x80\x02\x01\x01\x31\0\x30\x80", DATA, encapsulated].concat();
            [b"\x30\x80", SIGNED, &inner].concat()
        };
        assert_eq!(told("smime.p7s", None, &signed(b"\0\0")), None);
        assert_eq!(told("smime.p7m", Some("application/pkcs7-mime"), &signed(b"\0\0")), None);
        assert_eq!(told("smime.p7m", None, &signed(b"\xa0\x80\x24\x80")), Some("unsupported-format"));
        let whole = signed(b"\xa0\x80");
        for length in 0..whole.len() {
            let _any = told("a.p7m", None, &whole[..length]);
        }
    }
}
