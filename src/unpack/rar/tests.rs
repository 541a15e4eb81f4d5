//! Tests of the whole format.

use super::writer::*;
use super::*;
use crate::artifact::{Child, Tree};
use crate::keyring::{Candidate, Origin, Source};
use crate::limits::Limits;
use std::time::Duration;

fn origin() -> Origin {
    Origin { source: Source::Body, place: "line 3".into() }
}

fn open_as(bytes: Vec<u8>, texts: &[&str], limits: &Limits) -> (Opened, Result<(), Stop>) {
    let tree = Tree::new(Child::new("a.rar", "file", bytes));
    let mut keys = Keyring::new();
    for text in texts {
        keys.add(Candidate { text: (*text).into(), rank: 10, origin: origin() });
    }
    let mut out = Opened::default();
    let result = Rar.open(tree.get(0).unwrap(), &keys, &mut out, &mut Budget::new(limits));
    (out, result)
}

fn open(bytes: Vec<u8>, texts: &[&str]) -> Opened {
    let (out, result) = open_as(bytes, texts, &Limits::default());
    assert_eq!(result, Ok(()));
    out
}

fn names(out: &Opened) -> Vec<&str> {
    out.children.iter().map(|child| child.name.as_str()).collect()
}

fn is_clean(out: &Opened) -> bool {
    let children = out.children.iter().all(|child| child.unread.is_empty() && child.damage.is_empty());
    children && out.damage.is_empty() && out.unread.is_empty()
}

fn opened_with(scheme: &'static str) -> Fact {
    Fact::OpenedWith { scheme, password: "747".into(), origin: origin() }
}

#[test]
fn every_version_is_unpacked_solid_too() {
    for digits in [RAR15_PLAIN, RAR20_PLAIN, RAR29_PLAIN, RAR50_PLAIN] {
        let out = open(hex(digits), &[]);
        assert_eq!(names(&out), ["a.txt", "b.txt"]);
        assert_eq!((&out.children[0].bytes, &out.children[1].bytes), (&first(), &second()));
        assert_eq!((is_clean(&out), out.facts, out.children[0].via), (true, vec![], "rar"));
    }
}

#[test]
fn the_password_of_the_message_opens_it_and_no_other_does() {
    for (digits, scheme) in [(RAR29_LOCKED, "rar3-aes"), (RAR50_LOCKED, "rar5-aes"), (RAR50_SHUT, "rar5-aes")]
    {
        let out = open(hex(digits), &["wrong", "747"]);
        assert_eq!((&out.children[0].bytes, &out.children[1].bytes), (&first(), &second()));
        assert_eq!((is_clean(&out), out.facts), (true, vec![opened_with(scheme)]));
        let out = open(hex(digits), &["wrong"]);
        assert_eq!((out.children.len(), out.unread[0].reason), (0, "encrypted"));
        let locked = [Fact::LockedName("a.txt".into()), Fact::LockedName("b.txt".into())];
        assert_eq!(out.facts, if digits == RAR50_SHUT { &[][..] } else { &locked });
    }
}

#[test]
fn what_is_stored_and_locked_is_proved_by_its_crc() {
    let blocks = [old_locked(b"a.doc", b"some content", "747"), old_file(b"b.doc", b"plain")];
    for bytes in [old(0, &blocks), old_shut(&blocks, "747")] {
        let out = open(bytes.clone(), &["wrong", "747"]);
        let mut contents: Vec<&[u8]> = out.children.iter().map(|child| child.bytes.as_slice()).collect();
        contents.sort_unstable();
        assert_eq!((contents, is_clean(&out)), (vec![&b"plain"[..], b"some content"], true));
        assert_eq!(out.facts, [opened_with("rar3-aes")]);
        assert_eq!(open(bytes, &["wrong"]).unread[0].reason, "encrypted");
    }
    let bytes =
        new(&[new_locked("表.doc".as_bytes(), b"some content", "747"), new_file(b"b", b"plain", &[])]);
    let out = open(bytes.clone(), &["wrong", "747"]);
    assert_eq!(names(&out), ["b", "表.doc"]);
    assert_eq!(out.facts, [opened_with("rar5-aes")]);
    let out = open(bytes, &["wrong"]);
    assert_eq!(names(&out), ["b"]);
    assert_eq!(out.facts, [Fact::LockedName("表.doc".into())]);
}

#[test]
fn the_work_of_derivation_is_bounded_and_the_rest_is_read() {
    let limits = Limits { derivation_rounds: 1000, ..Limits::default() };
    let bytes = old(0, &[old_locked(b"a.doc", b"some content", "747"), old_file(b"b.doc", b"plain")]);
    let (out, result) = open_as(bytes, &["747"], &limits);
    assert_eq!((result, names(&out)), (Ok(()), vec!["b.doc"]));
    let reasons: Vec<&str> = out.unread.iter().map(|unread| unread.reason).collect();
    assert_eq!(reasons, ["encrypted", "limit-key-derivation"]);
}

#[test]
fn links_copies_streams_and_paths_are_told_of() {
    let link = |kind: u8, target: &[u8]| {
        record(5, &[&[kind, 0, u8::try_from(target.len()).unwrap()], target].concat())
    };
    let stream = |name: &[u8]| new_block(3, b"STM", b"x", b"x", &record(7, name), 0);
    let out = open(
        new(&[
            new_file(b"a.pdf", b"content", &[]),
            stream(b":Zone.Identifier"),
            stream(b":..\\..\\run.lnk"),
            new_block(3, b"CMT", b"a comment", b"a comment", &[], 0),
            new_file(b"copy.exe", b"", &link(5, b"a.pdf")),
            new_file(b"link", b"", &link(1, b"/etc/passwd")),
            new_file(b"../up.exe", b"y", &[]),
        ]),
        &[],
    );
    assert_eq!(names(&out), ["a.pdf", "a.pdf:Zone.Identifier", "a.pdf:..\\..\\run.lnk", "../up.exe"]);
    assert_eq!(out.children[0].facts, [Fact::OtherName("copy.exe".into())]);
    let trick = |what, detail: &str| Fact::Trick { what, detail: detail.into() };
    let want = [
        trick("rar-stream-path", "a.pdf:..\\..\\run.lnk"),
        trick("rar-path-traversal", "../up.exe"),
        trick("rar-link", "copy.exe → a.pdf"),
        trick("rar-link", "link → /etc/passwd"),
    ];
    assert_eq!((is_clean(&out), out.facts), (true, want.to_vec()));
}

#[test]
fn streams_and_large_sizes_of_rar_4_are_known() {
    let stream: Vec<u8> = ":s".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut large = old_file(b"", b"large");
    large.flags |= 0x100;
    large.fields.extend([0; 8]);
    large.fields.extend(b"name");
    large.fields[19] = 4;
    let blocks = [
        old_file(b"d\\a.txt", b"a"),
        old_block(0x7a, 0x8000, b"STM", b"hidden", b"hidden", &stream),
        old_block(0x74, 0x80e0, b"d", b"", b"", &[]),
        large,
    ];
    let out = open(old(0, &blocks), &[]);
    assert_eq!((names(&out), is_clean(&out)), (vec!["d/a.txt", "d/a.txt:s", "name"], true));
    assert_eq!(out.children[1].bytes, b"hidden");
}

#[test]
fn a_wrong_crc_is_unread_and_the_bytes_stay() {
    let mut new_bytes = new(&[new_file(b"a", b"hello", &[])]);
    let place = memchr::memmem::find(&new_bytes, b"hello").unwrap();
    new_bytes[place] = b'j';
    let mut packed = hex(RAR29_PLAIN);
    // Within the packed text of the first file.
    let place = memchr::memmem::find(&packed, b"a.txt").unwrap() + 20;
    packed[place] ^= 1;
    assert_eq!(open(new_bytes.clone(), &[]).children[0].bytes, b"jello");
    for bytes in [new_bytes, packed] {
        let out = open(bytes, &[]);
        assert!(
            out.children.iter().any(|child| child.unread[..].iter().any(|unread| unread.reason == "damaged"))
        );
    }
}

#[test]
fn behind_a_broken_header_the_next_one_is_found() {
    let mut bytes = old(0, &[old_file(b"a", b"first"), old_file(b"b", b"second"), old_file(b"c", b"third")]);
    let place = memchr::memmem::find(&bytes, b"first").unwrap() + 5 + 2;
    // The header of `b` is of no known type now, and of no possible size.
    bytes[place] = 1;
    bytes[place + 3..place + 5].copy_from_slice(&[3, 0]);
    let out = open(bytes, &[]);
    assert_eq!((names(&out), out.damage[0].what), (vec!["a", "c"], "rar-broken-header"));
    assert_eq!(out.unread[0].reason, "damaged");
    let mut bytes =
        new(&[new_file(b"a", b"first", &[]), new_file(b"b", b"second", &[]), new_file(b"c", b"third", &[])]);
    let place = memchr::memmem::find(&bytes, b"first").unwrap() + 5;
    bytes[place + 4..place + 8].copy_from_slice(&[0xff; 4]);
    let out = open(bytes.clone(), &[]);
    assert_eq!((names(&out), out.damage[0].what), (vec!["a", "c"], "rar-broken-header"));
    // RAR goes on where a header has the wrong CRC and looks well.
    let mut bytes = new(&[new_file(b"a", b"first", &[]), new_file(b"b", b"second", &[])]);
    let place = memchr::memmem::find(&bytes, b"first").unwrap() + 5;
    bytes[place] ^= 1;
    let out = open(bytes, &[]);
    assert_eq!((names(&out), out.damage[0].what), (vec!["a", "b"], "rar-header-crc"));
}

#[test]
fn a_part_of_a_split_archive_is_unread_and_named() {
    let mut first = old_file(b"a.exe", b"MZ the first half");
    first.flags |= 2;
    let mut rest = old_file(b"b.exe", b"the rest");
    rest.flags |= 1;
    let out = open(old(1, &[first, rest]), &[]);
    assert_eq!((names(&out), out.unread[0].reason), (vec!["a.exe", "b.exe"], "unsupported-format"));
    assert_eq!(out.children[0].bytes, b"MZ the first half");
    assert!(out.children.iter().all(|child| child.unread.len() == 1));
}

#[test]
fn windows_beyond_measure_and_unknown_methods_are_unread() {
    // 4 GiB of dictionary; a method of the future.
    let mut huge = new_block(2, b"huge", b"", b"\0\0\0", &[], 15 << 10 | 3 << 7);
    let size = huge.fields.len() - 5 - 8;
    let mut told = Vec::new();
    rebuilt::vint(&mut told, 1 << 32);
    assert_eq!(huge.fields[5], 0);
    huge.fields.splice(5..6, told);
    assert!(size < huge.fields.len());
    let future = new_block(2, b"future", b"x", b"x", &[], 3 << 7 | 9);
    let out = open(new(&[huge, future]), &[]);
    assert_eq!(names(&out), ["huge", "future"]);
    assert!(out.children.iter().all(|child| child.unread[0].reason == "unsupported-method"));
}

#[test]
fn an_archive_is_known_behind_a_program_and_not_inside_a_picture() {
    let archive = new(&[new_file(b"a.js", b"x", &[])]);
    let mut stub = [0; 0x144].to_vec();
    stub[..2].copy_from_slice(b"MZ");
    stub[0x3c] = 0x40;
    stub[0x40..0x44].copy_from_slice(b"PE\0\0");
    stub[0x50..0x58].copy_from_slice(rar5::SIGNATURE);
    let matches =
        |bytes: &[u8]| Rar.matches(Tree::new(Child::new("a", "file", bytes.to_vec())).get(0).unwrap());
    for head in [&stub[..], b"\0\x01\x02", b""] {
        let bytes = [head, &archive].concat();
        assert!(matches(&bytes));
        let out = open(bytes, &[]);
        assert_eq!(names(&out), ["a.js"]);
        assert_eq!((out.facts, out.damage), (vec![], vec![]));
    }
    assert!(!matches(&[&b"\x89PNG\r\n\x1a\n"[..], &archive].concat()));
    assert!(!matches(&stub));
    let out = open([&archive[..], b"more"].concat(), &[]);
    assert_eq!(out.facts, [Fact::Trick { what: "rar-data-after", detail: "4 bytes".into() }]);
}

#[test]
fn cut_anywhere_it_says_so_and_keeps_what_came() {
    let stored = new(&[new_file(b"a", b"first content", &[]), new_file(b"b", b"second", &[])]);
    for whole in [hex(RAR50_PLAIN), stored] {
        let all = open(whole.clone(), &[]);
        for cut in 9..whole.len() {
            let out = open(whole[..cut].to_vec(), &[]);
            assert!(!is_clean(&out), "{cut}");
            for (child, want) in out.children.iter().zip(&all.children) {
                assert!(want.bytes.starts_with(&child.bytes), "{cut}");
            }
        }
    }
    let whole = hex(RAR29_PLAIN);
    for cut in 9..whole.len() {
        let _any = open(whole[..cut].to_vec(), &[]);
    }
}

#[test]
fn bits_turned_over_never_panic() {
    let stored = old(0, &[old_file(b"a", b"first content"), old_locked(b"b", b"second", "747")]);
    let samples = [hex(RAR15_PLAIN), hex(RAR20_PLAIN), hex(RAR29_PLAIN), hex(RAR50_PLAIN), stored];
    let limits = Limits { derivation_rounds: 10_000, time: Duration::from_secs(600), ..Limits::default() };
    for sample in samples {
        for at in 7..sample.len() {
            let mut bad = sample.clone();
            bad[at] ^= 1 << (at % 8);
            let (_, result) = open_as(bad, &["747"], &limits);
            assert_eq!(result, Ok(()), "{at}");
        }
    }
}

#[test]
fn limits_end_the_archive_and_what_came_stays() {
    let limits = Limits { made_bytes: 1500, ..Limits::default() };
    let (out, result) = open_as(hex(RAR50_PLAIN), &[], &limits);
    assert_eq!((out.children.len(), result), (2, Err(Stop::Bytes)));
    assert_eq!(out.children[1].unread[0].reason, "limit-bytes");
    let limits = Limits { artifact_bytes: 100, ..Limits::default() };
    let (out, _) = open_as(hex(RAR29_PLAIN), &[], &limits);
    assert_eq!((out.children[0].bytes.len(), out.children[0].size), (100, first().len() as u64));
    let limits = Limits { artifacts: 2, ..Limits::default() };
    let blocks = [b"a", b"b", b"c"].map(|name| new_file(name, b"x", &[]));
    let (out, result) = open_as(new(&blocks), &[], &limits);
    assert_eq!((names(&out), result), (vec!["a", "b"], Ok(())));
    assert_eq!(out.unread[0].reason, "limit-artifacts");
    let limits = Limits { time: Duration::ZERO, ..Limits::default() };
    assert_eq!(open_as(hex(RAR29_PLAIN), &[], &limits).1, Err(Stop::Time));
}
