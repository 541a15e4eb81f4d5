//! Every scheme, written by the encryptors of `tests/build` and read back.

use super::*;
use crate::artifact::{Child, Fact, Tree};
use crate::document::ppt::Ppt;
use crate::keyring::{Candidate, Origin, Source};
use std::io::{Cursor, Write};
use writer::Binary;

#[path = "../../../tests/build/encrypted.rs"]
mod writer;

const PASSWORD: &str = "見積2022-03";
const ASCII: &str = "Quote-2022";

fn file<N: AsRef<str>, B: AsRef<[u8]>>(streams: &[(N, B)]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in streams {
        let path = path.as_ref();
        if let Some((storage, _)) = path.rsplit_once('/') {
            file.create_storage_all(format!("/{storage}")).unwrap();
        }
        file.create_stream(format!("/{path}")).unwrap().write_all(bytes.as_ref()).unwrap();
    }
    file.into_inner().into_inner()
}

fn ring(texts: &[&str]) -> Keyring {
    let mut keys = Keyring::new();
    for text in texts {
        let origin = Origin { source: Source::Body, place: "line 1".into() };
        keys.add(Candidate { text: (*text).to_string(), rank: 10, origin });
    }
    keys
}

fn open_within(limits: &Limits, name: &str, bytes: Vec<u8>, texts: &[&str]) -> (Result<(), Stop>, Opened) {
    let tree = Tree::new(Child::new(name, "file", bytes));
    let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
    let mut ended = Ok(());
    if OfficeEncryption.matches(artifact) {
        ended = OfficeEncryption.open(artifact, &ring(texts), &mut out, &mut Budget::new(limits));
    }
    (ended, out)
}

fn open(bytes: Vec<u8>, texts: &[&str]) -> Opened {
    let (ended, out) = open_within(&Limits::default(), "見積書.xlsx", bytes, texts);
    assert_eq!(ended, Ok(()));
    out
}

/// Names and bytes of the children, all reached by decryption, if one password opened everything.
fn opened<'o>(out: &'o Opened, scheme: &str, password: &str) -> Vec<(&'o str, &'o [u8])> {
    let [Fact::OpenedWith { scheme: found, password: with, .. }] = out.facts.as_slice() else {
        panic!("{out:?}")
    };
    assert_eq!((*found, with.as_str()), (scheme, password));
    assert!(out.unread.is_empty() && out.damage.is_empty(), "{out:?}");
    assert!(out.children.iter().all(|child| child.via == "decrypted" && child.unread.is_empty()), "{out:?}");
    out.children.iter().map(|child| (child.name.as_str(), child.bytes.as_slice())).collect()
}

fn unread(out: &Opened) -> Vec<(&str, &str)> {
    out.unread.iter().map(|unread| (unread.reason, unread.detail.as_str())).collect()
}

/// Of no whole number of blocks or segments.
fn package() -> Vec<u8> {
    [b"PK\x03\x04".to_vec(), (0..9_001u16).flat_map(u16::to_be_bytes).collect()].concat()
}

#[test]
fn packages_open_under_every_hash_and_key() {
    let tries = ["wrong", PASSWORD, "later"];
    for (hash, bits) in
        [("SHA512", 256), ("SHA384", 192), ("SHA256", 128), ("SHA1", 128), ("SHA1", 256), ("MD5", 256)]
    {
        let out = open(file(&writer::agile(&package(), PASSWORD, hash, bits, 300)), &tries);
        assert_eq!(
            opened(&out, "office-agile", PASSWORD),
            [("見積書.xlsx", &package()[..])],
            "{hash} {bits}"
        );
    }
    for bits in [128, 192, 256] {
        let out = open(file(&writer::standard(&package(), PASSWORD, bits)), &tries);
        assert_eq!(opened(&out, "office-standard", PASSWORD), [("見積書.xlsx", &package()[..])], "{bits}");
    }
}

#[test]
fn a_package_in_a_storage_bears_its_name() {
    let streams = writer::agile(b"PK", PASSWORD, "SHA1", 128, 10)
        .map(|(name, bytes)| (format!("pool/_1/{name}"), bytes));
    assert_eq!(
        opened(&open(file(&streams), &[PASSWORD]), "office-agile", PASSWORD),
        [("pool/_1", &b"PK"[..])]
    );
}

#[test]
fn what_no_password_opens_is_unread_as_a_whole() {
    let shut = |streams: &[(String, Vec<u8>)]| open(file(streams), &["wrong", "見積2022-04"]);
    let out = shut(&writer::agile(&package(), PASSWORD, "SHA512", 256, 100));
    assert_eq!(unread(&out), [("encrypted", "EncryptedPackage: the whole package")]);
    assert!(out.children.is_empty() && out.facts.is_empty());
    let out = open(file(&[("EncryptedPackage", "junk"), ("EncryptionInfo", "x")]), &["wrong"]);
    let want = [
        ("unsupported-method", "EncryptionInfo: it is cut"),
        ("encrypted", "EncryptedPackage: the whole package"),
    ];
    assert_eq!(unread(&out), want);
    let out = open(file(&[("EncryptedPackage", "junk")]), &["wrong"]);
    assert_eq!(unread(&out), [("encrypted", "EncryptedPackage: the whole package")]);
    let out = open(file(&[("Workbook", b"\x09\x08\x02\0ab\x2f\0\x02\0xx\x0a\0\0\0")]), &["wrong"]);
    assert_eq!(unread(&out).last(), Some(&("encrypted", "Workbook: the sheets")));
}

#[test]
fn what_is_not_read_of_the_scheme_is_said() {
    let info = |info: &[u8]| {
        let out = open(file(&[("EncryptedPackage", &b"junk"[..]), ("EncryptionInfo", info)]), &[]);
        unread(&out).first().map(|(reason, detail)| format!("{reason} {detail}")).unwrap_or_default()
    };
    assert_eq!(info(b"\x03\0\x03\0abcd<x/>"), "unsupported-method EncryptionInfo: extensible encryption");
    assert_eq!(info(b"\x07\0\x01\0abcd"), "unsupported-method EncryptionInfo: version 7.1");
    let [(_, bytes), _] = writer::agile(b"x", PASSWORD, "SHA1", 128, 10);
    let changed = |from: &str, to: &str| {
        info(&String::from_utf8(bytes.clone()).unwrap().replace(from, to).into_bytes())
    };
    assert!(changed("\"AES\"", "\"RC2\"").ends_with("the cipher RC2-128 ChainingModeCBC"));
    assert!(changed("\"SHA1\"", "\"WHIRLPOOL\"").ends_with("the hash WHIRLPOOL"));
    assert!(changed("spinCount=\"10\"", "spinCount=\"10000001\"").ends_with("the number of rounds"));
    assert!(changed("p:encryptedKey spin", "p:encryptedKey s").ends_with("no password opens it"));
}

#[test]
fn rights_management_is_said_by_name() {
    let mut streams = writer::agile(b"PK", PASSWORD, "SHA1", 128, 10).to_vec();
    streams.push((
        "\u{6}DataSpaces/TransformInfo/DRMEncryptedTransform/\u{6}Primary".into(),
        b"licence".to_vec(),
    ));
    let out = open(file(&streams), &[PASSWORD]);
    assert_eq!(unread(&out), [("encrypted", "EncryptedPackage: rights management")]);
    let out = open(file(&[("\u{9}DRMContent", "sealed")]), &[PASSWORD]);
    assert_eq!(unread(&out), [("encrypted", "\u{9}DRMContent: rights management")]);
}

#[test]
fn a_package_that_was_changed_is_read_and_damaged() {
    let mut streams = writer::agile(&package(), PASSWORD, "SHA256", 256, 10);
    streams[1].1[5_000] ^= 1;
    let out = open(file(&streams), &[PASSWORD]);
    assert_eq!(out.damage[0].what, "office-integrity");
    assert_eq!((out.children[0].size, out.unread.len()), (package().len() as u64, 0));
    streams[1].1.truncate(9_000);
    let out = open(file(&streams), &[PASSWORD]);
    assert!(package().starts_with(&out.children[0].bytes) || out.children[0].bytes.len() > 8_900);
    assert_eq!(out.children[0].unread[0].reason, "damaged");
}

#[test]
fn passwords_of_office_itself_come_first() {
    for (text, place) in
        [("VelvetSweatshop", "built into Excel"), ("/01Hannes Ruescher/01", "built into PowerPoint")]
    {
        let out = open(file(&writer::agile(b"PK", text, "SHA1", 128, 10)), &["a", text]);
        let origin = Origin { source: Source::WellKnown, place: place.into() };
        let want = Fact::OpenedWith { scheme: "office-agile", password: text.into(), origin };
        assert_eq!(out.facts, [want]);
    }
}

#[test]
fn a_spent_limit_of_derivation_is_told_and_ends_nothing_else() {
    let bytes = file(&writer::agile(b"PK", PASSWORD, "SHA1", 128, 100));
    let limits = Limits { derivation_rounds: 250, ..Limits::default() };
    let (ended, out) = open_within(&limits, "a.xlsx", bytes.clone(), &[PASSWORD]);
    assert_eq!(ended, Ok(()));
    let want = [("encrypted", "EncryptedPackage: the whole package"), ("limit-key-derivation", "")];
    assert_eq!(unread(&out), want);
    let limits = Limits { derivation_rounds: 350, ..Limits::default() };
    assert_eq!(opened(&open_within(&limits, "a", bytes, &[PASSWORD]).1, "office-agile", PASSWORD).len(), 1);
}

#[test]
fn a_spent_limit_of_bytes_keeps_what_was_made() {
    let bytes = file(&writer::agile(&package(), PASSWORD, "SHA1", 128, 10));
    let limits = Limits { made_bytes: 15_000, ..Limits::default() };
    let (ended, out) = open_within(&limits, "a.xlsx", bytes, &[PASSWORD]);
    assert_eq!((ended, out.children.len(), out.children[0].unread.len()), (Err(Stop::Bytes), 1, 1));
    assert_eq!(out.unread, [] as [Unread; 0]);
}

/// Globals with a sheet, then records longer than a block.
fn biff(version: u16) -> Vec<u8> {
    let record = |id: u16, data: &[u8]| {
        [&id.to_le_bytes()[..], &u16::try_from(data.len()).unwrap().to_le_bytes(), data].concat()
    };
    let bof = [version.to_le_bytes(), 5u16.to_le_bytes()].concat();
    let bof = if version == 0x0600 { [&bof[..], &[0; 12]].concat() } else { [&bof[..], &[0; 4]].concat() };
    let long: Vec<u8> = (0..1_500u16).flat_map(u16::to_le_bytes).collect();
    [
        record(0x0809, &bof),
        record(0x00e1, &[0xb0, 4]),
        record(0x0042, &[0xb0, 4]),
        record(0x0085, b"\x40\x01\0\0\0\x01\x06\0Sheet1"),
        record(0x00c1, &[]),
        record(0x00fc, &long),
        record(0x000a, &[]),
        record(0x0809, &bof),
        record(0x00fd, b"cells"),
        record(0x000a, &[]),
    ]
    .concat()
}

/// The stream as it is after decryption: with zeros in place of FilePass, the sheets moved.
fn with_gap(plain: &[u8], sealed: &[u8]) -> Vec<u8> {
    let first = 4 + usize::from(plain[2]);
    let gap = sealed.len() - plain.len();
    let mut want = plain.to_vec();
    let sheet = plain.windows(4).position(|bytes| bytes == b"\x40\x01\0\0").unwrap();
    want[sheet..sheet + 2].copy_from_slice(&u16::try_from(0x140 + gap).unwrap().to_le_bytes());
    let length = u16::try_from(gap - 4).unwrap().to_le_bytes();
    let zeros = [&[0, 0][..], &length, &[0].repeat(gap - 4)].concat();
    [&want[..first], &zeros, &want[first..]].concat()
}

#[test]
fn workbooks_open_under_every_scheme() {
    let cases = [
        (Binary::Rc4, "office-rc4", PASSWORD),
        (Binary::CryptoApi(40), "office-rc4-cryptoapi", PASSWORD),
        (Binary::CryptoApi(128), "office-rc4-cryptoapi", PASSWORD),
        (Binary::Xor, "office-xor", ASCII),
    ];
    for (how, scheme, password) in cases {
        let sealed = writer::workbook(&biff(0x0600), how, password, false);
        let out = open(file(&[("Workbook", &sealed)]), &["wrong", password]);
        let want = with_gap(&biff(0x0600), &sealed);
        assert_eq!(opened(&out, scheme, password), [("Workbook", &want[..])], "{how:?}");
        let tree = Tree::new(Child::new("Workbook", "decrypted", want));
        assert_eq!(tree.get(0).unwrap().kind.id, "biff");
        assert!(!OfficeEncryption.matches(tree.get(0).unwrap()));
    }
}

#[test]
fn older_workbooks_open_in_a_compound_file_and_bare() {
    let sealed = writer::workbook(&biff(0x0500), Binary::Xor, ASCII, true);
    let want = with_gap(&biff(0x0500), &sealed);
    let out = open(file(&[("Book", &sealed)]), &[ASCII]);
    assert_eq!(opened(&out, "office-xor", ASCII), [("Book", &want[..])]);
    let out = open(sealed.clone(), &[ASCII]);
    assert_eq!(opened(&out, "office-xor", ASCII), [("見積書.xlsx", &want[..])]);
    assert_eq!(unread(&open(sealed, &["wrong"])), [("encrypted", "見積書.xlsx: the sheets")]);
}

#[test]
fn records_are_decrypted_whatever_the_pieces_they_come_in() {
    struct Bytewise<'a>(&'a [u8]);
    impl std::io::Read for Bytewise<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(out.get_mut(..1).unwrap_or_default())
        }
    }
    let sealed = writer::workbook(&biff(0x0600), Binary::CryptoApi(128), ASCII, false);
    let (mut out, mut budget) = (Opened::default(), Budget::new(&Limits::default()));
    let keys = ring(&[ASCII]);
    let mut passwords = Passwords::new(&keys, &budget);
    let tried = workbook::open_stream("w", &sealed, Bytewise(&sealed), &mut passwords, &mut out, &mut budget);
    assert!(matches!(tried, Ok(Tried::Open(Ok(())))));
    assert_eq!(out.children[0].bytes, with_gap(&biff(0x0600), &sealed));
}

/// FibBase and text, the table being `1Table`.
fn fib(flags: u16) -> Vec<u8> {
    let mut text = b"\xec\xa5\xc1\0\0\0\0\0\0\0".to_vec();
    text.extend(flags.to_le_bytes());
    text.extend((0..3_000u16).flat_map(u16::to_le_bytes));
    text[0x0e..0x12].fill(0);
    text
}

#[test]
fn texts_open_under_every_scheme() {
    let (table, data) = (b"the table".repeat(90), b"\0pictures\0".repeat(120));
    for (how, scheme, password) in [
        (Binary::Rc4, "office-rc4", PASSWORD),
        (Binary::CryptoApi(128), "office-rc4-cryptoapi", PASSWORD),
        (Binary::Xor, "office-xor", ASCII),
    ] {
        let [text, sealed, more] = writer::word(&fib(0x1200), &table, &data, how, password);
        let bytes =
            file(&[("WordDocument", &text), ("1Table", &sealed), ("Data", &more), ("0Table", &vec![1])]);
        let out = open(bytes, &["wrong", password]);
        let header = if how == Binary::Xor { Vec::new() } else { writer::rc4_header(how, password) };
        let table = [&header[..], &table].concat();
        let want = [("WordDocument", &fib(0x1200)[..]), ("1Table", &table), ("Data", &data)];
        assert_eq!(opened(&out, scheme, password), want, "{how:?}");
    }
    let [text, ..] = writer::word(&fib(0x1200), &table, &data, Binary::Rc4, PASSWORD);
    assert_eq!(
        unread(&open(file(&[("WordDocument", &text)]), &[PASSWORD])),
        [("encrypted", "WordDocument: the text")]
    );
}

#[test]
fn texts_before_word_97_are_one_stream_under_xor() {
    let [text, ..] = writer::word(&fib(0), b"", b"", Binary::Xor, ASCII);
    let out = open(file(&[("WordDocument", &text)]), &[ASCII]);
    assert_eq!(opened(&out, "office-xor", ASCII), [("WordDocument", &fib(0)[..])]);
}

#[test]
fn presentations_open_and_give_their_objects() {
    let storage = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an object";
    let objects = [
        writer::atom(0xf, 0x03e8, &writer::atom(0, 0x0fa0, b"text")),
        writer::atom(0, 0x1011, storage),
        writer::atom(0, 0x0fa0, b"the end"),
    ];
    for text in [PASSWORD, "/01Hannes Ruescher/01"] {
        let streams = writer::slides(&objects, Binary::CryptoApi(128), text);
        let out = open(file(&streams), &["wrong", PASSWORD]);
        let [(name, bytes)] = opened(&out, "office-rc4-cryptoapi", text)[..] else { panic!("{out:?}") };
        assert_eq!(name, "PowerPoint Document");
        assert!(bytes.starts_with(&objects.concat()));
        let tree = Tree::new(out.children.into_iter().next().unwrap());
        let mut out = Opened::default();
        assert!(Ppt.matches(tree.get(0).unwrap()));
        Ppt.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
            .unwrap();
        let objects = out.children.iter().filter(|child| child.via == "stream");
        assert_eq!(objects.map(|child| &child.bytes[..]).collect::<Vec<_>>(), [storage]);
    }
    let out = open(file(&writer::slides(&objects, Binary::CryptoApi(128), "other")), &[PASSWORD]);
    assert_eq!(unread(&out), [("encrypted", "Current User: the slides")]);
}

#[test]
fn files_without_marks_are_left_alone() {
    let word = fib(0x1200);
    for streams in
        [vec![("WordDocument", &word)], vec![("Workbook", &biff(0x0600))], vec![("EncryptionInfo", &word)]]
    {
        let tree = Tree::new(Child::new("a.doc", "file", file(&streams)));
        assert!(!OfficeEncryption.matches(tree.get(0).unwrap()));
    }
    let tree = Tree::new(Child::new("a.xls", "file", biff(0x0500)));
    assert!(!OfficeEncryption.matches(tree.get(0).unwrap()));
}

/// One file of each form, all under the same password.
fn samples() -> Vec<Vec<(String, Vec<u8>)>> {
    let named = |name: &str, bytes: Vec<u8>| (name.to_string(), bytes);
    let api = Binary::CryptoApi(40);
    let [text, table, data] = writer::word(&fib(0x1200), b"table", b"data", api, ASCII);
    let mut samples = vec![
        writer::agile(b"PK short", ASCII, "SHA1", 128, 9).to_vec(),
        writer::slides(&[writer::atom(0, 0x1011, b"object")], api, ASCII).to_vec(),
        vec![named("WordDocument", text), named("1Table", table), named("Data", data)],
    ];
    for how in [Binary::Rc4, api, Binary::Xor] {
        samples.push(vec![named("Workbook", writer::workbook(&biff(0x0600), how, ASCII, false))]);
    }
    samples
}

#[test]
fn no_cut_and_no_flipped_bit_panics() {
    let limits = Limits { derivation_rounds: 100_000, ..Limits::default() };
    let try_one = |streams: &[(String, Vec<u8>)]| open_within(&limits, "a.xls", file(streams), &[ASCII]);
    for sample in samples() {
        for stream in 0..sample.len() {
            let (name, bytes) = &sample[stream];
            let length = bytes.len().min(if name == "EncryptionInfo" { 1_300 } else { 250 });
            for at in 0..length {
                let mut cut = sample.clone();
                cut[stream].1.truncate(at);
                drop(try_one(&cut));
                let mut flipped = sample.clone();
                flipped[stream].1[at] ^= 1 << (at % 8);
                drop(try_one(&flipped));
            }
        }
    }
}
