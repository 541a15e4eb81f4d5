//! Tests of the whole format.

use super::*;
use crate::artifact::Tree;
use crate::keyring::{Candidate, Origin, Source as Place};
use crate::limits::Limits;

/// `a.txt` and `b.txt`, packed with method 1 and with method 4.
const PACKED: [&str; 2] = [
    "\
60ea2a00220b0102100002d2dde4066bdde4066b0000000000000000000000000000000000006d312e61726a00006e1051a9\
000060ea35002e0b0102100100dd20401f622600000098030000833364a70000a41100000000000020401f62dde4066b0000\
0000612e7478740000708e79200000001b446e70ffa833485102063ddc82cff80af05356016608e55d495bf0c6b348f6c1b3\
66df6060ea35002e0b0102100100dd20401f625c010000bd03000072bc5b900000a41100000000000020401f62dde4066b00\
000000622e7478740000f48855e00000012460130232bfd484028000be801800182aaa8000000ccfd98db66fdb002aaaaaa8\
000000000000000000000048aaa5555557216e27805203c48200e201021c026f208044a080898210d800050c1650204906e5\
6e56ffb7339a55ce2b2c2de79717981899199a743a26a6c6e70727476787a7c7e808285d203a7d4434445464748494a4b0c9\
89a9c9ea0a2a4a6a8aaacaeb01d65696d73abd6ebf63b3daedf7175797d8185898d9195999da1a5a9adb1b5b9bdc1c5c9cdd\
1d5d843b89780450b7918f4f63470f20f8442244ca3ebf3fc040c141c242f77bddff0787c5e3f2797cde7f47a7d50d0f1113\
1517191b1d1f21232527292b2d2f31333537393b3d3f41434547494b4d4f51535557595b5d5f61636567696b6d6f71737577\
797b7d7f81838587898b8d8f91939597999b9d9fa1a3a5a7a9abadafb1b3b5b7b9bbbdbfc1ebe1f67171fb7ddeff87c7e5c9\
f3fa7d7edf7fc7e7f5fbfe7f7fc060ea0000",
    "\
60ea2a00220b0102100002d2dde4066bdde4066b0000000000000000000000000000000000006d342e61726a0000c93f69fb\
000060ea35002e0b0102100400dd20401f622600000098030000833364a70000a411000000000000dde4066bdde4066b0000\
0000612e74787400004ca2e26d00003a1a0ca20389d4c2723a194e46c3c880cc69339d4e465398b041fff82dfff82dfff82d\
fc002c60ea35002e0b0102100400dd20401f624f010000bd03000072bc5b900000a411000000000000dde4066bdde4066b00\
000000622e7478740000722b76140000379b8c665101b4de72328e840743419440713a984e474329c8d87910198d2673a9c8\
ca73167ffe0b7ffe0b7f360b0000202018100a0603820120a058301a0e078402212098502a160b860321a0d8703a1e0f8804\
222118904a26138a0522a158b05a2e178c06232198d06a361b8e0723a1d8f07a3e1f9008242219108a4623920924a259309a\
4e27940a25229950aa562b960b25a2d970ba5e2f980c26231990ca66339a0d26a359b0da6e379c0e272399d0ea763b9e0f27\
a3d9f0fa7e3fa01028241a110a8643a21128a45a311a8e47a41229249a512a964ba61329a4da713a9e4fa8142a251a914aa6\
53aa152aa55ab15aae57ac162b259ad16ab65bae172ba5daf17abe5fb0182c261b118ac663b2192ca65b319ace67b41a2d26\
9b51aad66bb61b2da6db71bade6fb81c2e271b91cae673ba1d2ea75bb1daee77bc1e2f279bd1eaf67bbe1f2fa7dbf1fafe7f\
8060ea0000",
];

/// `a.txt`, garbled with `747`.
const GARBLED: &str = "\
60ea2900220b010211000200dde4066bdde4066b000000000000000000000000010000000000672e61726a0000463cc1f000\
0060ea35002e0b0102110100dd20401f622600000098030000833364a70000a411000000000000dde4066bdde4066b000000\
00612e7478740000f3d2cc290000140a507a61ebbc225c45131229cd96dbe91ee4424215771cf14c5d4fe1d2a759e2d5a272\
cb7160ea0000";

fn first() -> Vec<u8> {
    b"the quarterly figures, ".repeat(40)
}

fn second() -> Vec<u8> {
    let bytes: Vec<u8> = (0..=255).collect();
    [&b"once more: "[..], &b"the quarterly figures, ".repeat(30), &bytes].concat()
}

fn hex(digits: &str) -> Vec<u8> {
    let value = |digit: u8| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap();
    digits.as_bytes().chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

fn header(fields: &[u8]) -> Vec<u8> {
    let size = u16::try_from(fields.len()).unwrap().to_le_bytes();
    [&[0x60, 0xea][..], &size, fields, &crc32fast::hash(fields).to_le_bytes(), &[0, 0]].concat()
}

/// Name, content, flags, method, type.
type File<'a> = (&'a [u8], &'a [u8], u8, u8, u8);

/// An archive of stored files.
fn archive(files: &[File<'_>]) -> Vec<u8> {
    let mut out = header(&[&[30, 11, 1, 2, 0, 0, 2, 0][..], &[0; 22], b"a.arj\0\0"].concat());
    for (name, content, flags, method, kind) in files {
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        let crc = crc32fast::hash(content).to_le_bytes();
        let fixed = [30, 11, 1, 2, *flags, *method, *kind, 0, 0, 0, 0, 0];
        out.extend(header(&[&fixed[..], &size, &size, &crc, &[0; 6], name, b"\0\0"].concat()));
        out.extend(*content);
    }
    [&out[..], &[0x60, 0xea, 0, 0]].concat()
}

fn open_as(kind: &str, bytes: Vec<u8>, texts: &[&str], limits: &Limits) -> (Opened, Result<(), Stop>) {
    let tree = Tree::new(Child::new("a.arj", "file", bytes).of_kind(kind));
    let mut keys = Keyring::new();
    for text in texts {
        let origin = Origin { source: Place::Body, place: "line 3".into() };
        keys.add(Candidate { text: (*text).into(), rank: 10, origin });
    }
    let mut out = Opened::default();
    let result = Arj.open(tree.get(0).unwrap(), &keys, &mut out, &mut Budget::new(limits));
    (out, result)
}

fn open(bytes: Vec<u8>, texts: &[&str]) -> Opened {
    let (out, result) = open_as("arj", bytes, texts, &Limits::default());
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

#[test]
fn both_ways_of_packing_are_unpacked() {
    for digits in PACKED {
        let out = open(hex(digits), &[]);
        assert_eq!((names(&out), is_clean(&out)), (vec!["a.txt", "b.txt"], true));
        assert_eq!((&out.children[0].bytes, &out.children[1].bytes), (&first(), &second()));
        assert_eq!((out.facts, out.children[0].via), (vec![], "arj"));
    }
}

#[test]
fn the_password_of_the_message_opens_it_and_no_other_does() {
    let out = open(hex(GARBLED), &["wrong", "747"]);
    assert_eq!((&out.children[0].bytes, is_clean(&out)), (&first(), true));
    let origin = Origin { source: Place::Body, place: "line 3".into() };
    let fact = Fact::OpenedWith { scheme: "arj-garble", password: "747".into(), origin };
    assert_eq!(out.facts, [fact]);
    let out = open(hex(GARBLED), &["wrong", ""]);
    assert_eq!((out.children.len(), out.unread[0].reason), (0, "encrypted"));
    assert_eq!(out.facts, [Fact::LockedName("a.txt".into())]);
    let limits = Limits { derivation_rounds: 9, ..Limits::default() };
    let (out, result) = open_as("arj", hex(GARBLED), &["747"], &limits);
    assert_eq!((result, out.unread[0].reason), (Ok(()), "limit-key-derivation"));
}

#[test]
fn names_links_paths_and_methods_are_told_of() {
    let files: [File<'_>; 7] = [
        (b"d\\\x95\x5c.doc", b"content", 0, 0, 0),
        (b"d", b"", 0, 0, 3),
        (b"../up.exe", b"x", 0x10, 0, 0),
        (b"link", b"/etc/passwd", 0x10, 0, 6),
        (b"new.exe", b"x", 0, 9, 0),
        (b"part.exe", b"MZ the first half", 4, 0, 0),
        (b"label", b"", 0, 0, 4),
    ];
    let out = open(archive(&files), &[]);
    assert_eq!(names(&out), ["d/表.doc", "../up.exe", "new.exe", "part.exe"]);
    let trick = |what, detail: &str| Fact::Trick { what, detail: detail.into() };
    assert_eq!(out.facts, [trick("arj-path-traversal", "../up.exe"), trick("arj-link", "link")]);
    let reasons: Vec<Option<&str>> =
        out.children.iter().map(|child| child.unread.first().map(|unread| unread.reason)).collect();
    assert_eq!(reasons, [None, None, Some("unsupported-method"), Some("damaged")]);
    assert_eq!((out.damage[0].what, out.unread[0].reason), ("arj-split", "unsupported-format"));
}

#[test]
fn an_archive_is_known_behind_a_program() {
    let archive = archive(&[(b"a.js", b"x", 0, 0, 0)]);
    let stub = [&b"MZ a program with \x60\xea in it"[..], &[0; 99]].concat();
    let bytes = [&stub[..], &archive].concat();
    let matches = |bytes: Vec<u8>| {
        Arj.matches(Tree::new(Child::new("a.exe", "file", bytes).of_kind("exe")).get(0).unwrap())
    };
    assert!(matches(bytes.clone()) && !matches(stub));
    let (out, result) = open_as("exe", bytes, &[], &Limits::default());
    assert_eq!((names(&out), is_clean(&out), result), (vec!["a.js"], true, Ok(())));
    let out = open([&archive[..], b"more"].concat(), &[]);
    assert_eq!(out.facts, [Fact::Trick { what: "arj-data-after", detail: "4 bytes".into() }]);
}

#[test]
fn behind_a_broken_header_the_next_one_is_found() {
    let mut bytes = archive(&[(b"a", b"first", 0, 0, 0), (b"b", b"second", 0, 0, 0), (b"c", b"x", 0, 0, 0)]);
    let place = memchr::memmem::find(&bytes, b"first").unwrap() + 5;
    bytes[place] = 0;
    let out = open(bytes.clone(), &[]);
    assert_eq!((names(&out), out.damage[0].what), (vec!["a", "c"], "arj-broken-header"));
    assert_eq!(out.unread[0].reason, "damaged");
    bytes[place] = 0x60;
    bytes[place + 40] ^= 1;
    let out = open(bytes, &[]);
    assert_eq!((out.children.len(), out.damage[0].what), (3, "arj-header-crc"));
}

#[test]
fn cut_anywhere_it_says_so_and_keeps_what_came() {
    for digits in PACKED {
        let whole = hex(digits);
        for cut in 0..whole.len() {
            let out = open(whole[..cut].to_vec(), &[]);
            assert!(!is_clean(&out) || cut == 0, "{cut}");
            for (child, want) in out.children.iter().zip([first(), second()]) {
                assert!(want.starts_with(&child.bytes), "{cut}");
            }
        }
    }
}

#[test]
fn bits_turned_over_never_panic() {
    for digits in [PACKED[0], PACKED[1], GARBLED] {
        let whole = hex(digits);
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            let _any = open_as("arj", bad, &["747"], &Limits { made_bytes: 1 << 20, ..Limits::default() });
        }
    }
}

#[test]
fn limits_end_the_archive_and_what_came_stays() {
    let limits = Limits { made_bytes: 1500, ..Limits::default() };
    let (out, result) = open_as("arj", hex(PACKED[0]), &[], &limits);
    assert_eq!((out.children.len(), result), (2, Err(Stop::Bytes)));
    let files: Vec<File<'_>> = (0..9).map(|_| (&b"a"[..], &b"x"[..], 0, 0, 0)).collect();
    let limits = Limits { artifacts: 4, ..Limits::default() };
    let (out, result) = open_as("arj", archive(&files), &[], &limits);
    assert_eq!((out.children.len(), out.unread[0].reason, result), (4, "limit-artifacts", Ok(())));
}
