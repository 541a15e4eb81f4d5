use super::cms::writer::{compressed, info, signed};
use super::*;
use crate::artifact::Tree;
use crate::limits::Limits;
use std::io::Write;

const ENVELOPED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
const SIGNED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

fn opened(name: &str, media_type: Option<&str>, bytes: &[u8]) -> Opened {
    let mut child = Child::new(name, "attachment", bytes.to_vec());
    child.media_type = media_type.map(str::to_string);
    let tree = Tree::new(child);
    let mut out = Opened::default();
    let artifact = tree.get(0).unwrap();
    if Sealed.matches(artifact) {
        Sealed.open(artifact, &Keyring::default(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    }
    out
}

fn told(name: &str, media_type: Option<&str>, bytes: &[u8]) -> Option<&'static str> {
    opened(name, media_type, bytes).unread.first().map(|unread| unread.reason)
}

#[test]
fn sealed_content_is_told_whatever_it_is_called() {
    let enveloped = info(ENVELOPED, b"\x02\x01\0");
    assert_eq!(told("x.bin", None, &enveloped), Some("encrypted"));
    let endless = [b"\x30\x80\x06\x09", ENVELOPED, b"\xa0\x80"].concat();
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
fn a_signature_alone_holds_nothing() {
    let endless = |encapsulated: &[u8]| {
        let data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
        let inner = [b"\xa0\x80\x30\x80\x02\x01\x01\x31\0\x30\x80", data.as_slice(), encapsulated].concat();
        [b"\x30\x80\x06\x09", SIGNED, &inner].concat()
    };
    assert_eq!(told("smime.p7s", None, &endless(b"\0\0")), None);
    assert_eq!(told("smime.p7m", Some("application/pkcs7-mime"), &endless(b"\0\0")), None);
    assert_eq!(told("smime.p7m", None, &endless(b"\xa0\x80\x02\x01\x01")), Some("unsupported-format"));
    assert_eq!(told("smime.p7m", None, &endless(b"\xa0\x80\x24\x80\x04\x08abc")), Some("damaged"));
}

#[test]
fn what_is_only_signed_or_compressed_is_opened() {
    let entity = b"Content-Type: text/plain\r\n\r\nhello\r\n";
    let mail = opened("smime.p7m", Some("application/pkcs7-mime"), &signed(entity));
    let child = mail.children.first().unwrap();
    assert_eq!((child.kind.map(|kind| kind.id), child.bytes.as_slice()), (Some("eml"), entity.as_slice()));
    let file = opened("bill.xml.p7m", None, &signed(b"<?xml version=\"1.0\"?><a/>"));
    let child = file.children.first().unwrap();
    assert_eq!((child.name.as_str(), child.kind.is_none(), child.via), ("bill.xml", true, "sealed"));
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(entity).unwrap();
    let small = opened("smime.p7z", None, &compressed(&packer.finish().unwrap()));
    assert_eq!((small.children[0].bytes.as_slice(), small.unread.len()), (entity.as_slice(), 0));
    assert_eq!(told("smime.p7z", None, &compressed(b"no zlib")), None);
    assert_eq!(opened("smime.p7z", None, &compressed(b"no zlib")).children[0].unread[0].reason, "damaged");
}

#[test]
fn armour_is_taken_off() {
    let armour = |text: &str| format!("Please see:\n-----BEGIN PKCS7-----\n{text}\n-----END PKCS7-----\n");
    let found = opened("a.pdf.p7m", None, armour(BLOCK).as_bytes());
    assert_eq!((found.children[0].bytes.as_slice(), found.unread.len()), (b"%PDF-1.4".as_slice(), 0));
    assert_eq!(told("a.txt", None, armour("AAAA").as_bytes()), Some("encrypted"));
    assert_eq!(told("a.txt", None, b"-----BEGIN CMS-----\nAAAA"), Some("encrypted"));
}

/// A signed file of eight bytes.
const BLOCK: &str = "MIQAAABJBoQAAAAJKoZIhvcNAQcCoIQAAAA0MIQAAAAuAgEBMQAwhAAAACMGhAAA\nAAkqhkiG9w0BBwGghAAAAA4EhAAAAAglUERGLTEuNA==";
