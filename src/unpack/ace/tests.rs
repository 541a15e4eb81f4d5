//! Tests of the whole format.

use super::*;
use crate::artifact::Tree;
use crate::limits::Limits;

fn header(fields: &[u8]) -> Vec<u8> {
    let [low, high, ..] = checksum(fields).to_le_bytes();
    let size = u16::try_from(fields.len()).unwrap().to_le_bytes();
    [&[low, high][..], &size, fields].concat()
}

/// Name, content, flags, method, attributes.
type File<'a> = (&'a [u8], &'a [u8], u16, u8, u8);

fn archive(flags: u16, files: &[File<'_>]) -> Vec<u8> {
    let mut out = header(&[&[0][..], &flags.to_le_bytes(), MARK, &[20, 20, 2, 0], &[0; 12]].concat());
    for (name, content, flags, method, attributes) in files {
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let sizes = [&size[..], &size, &[0; 4], &[*attributes, 0, 0, 0]].concat();
        let rest = [&checksum(content).to_le_bytes()[..], &[*method, 3, 10, 0, 0, 0], &length, name].concat();
        out.extend(header(&[&[1][..], &(flags | 1).to_le_bytes(), &sizes, &rest].concat()));
        out.extend(*content);
    }
    out
}

fn open_as(kind: &str, bytes: Vec<u8>, limits: &Limits) -> (Opened, Result<(), Stop>) {
    let tree = Tree::new(Child::new("a.ace", "file", bytes).of_kind(kind));
    let mut out = Opened::default();
    let result = Ace.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits));
    (out, result)
}

fn open(bytes: Vec<u8>) -> Opened {
    let (out, result) = open_as("ace", bytes, &Limits::default());
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

const PLAIN: [File<'_>; 3] =
    [(b"d", b"", 0, 0, 0x10), (b"d\\\x95\x5c.doc", b"content", 0, 0, 0x20), (b"b.txt", b"x", 0, 0, 0x20)];

#[test]
fn stored_files_come_out_and_folders_do_not() {
    let bytes = archive(0, &PLAIN);
    assert_eq!(crate::kind::Kind::of("a", &bytes).id, "ace");
    let out = open(bytes);
    assert_eq!((names(&out), is_clean(&out)), (vec!["d/表.doc", "b.txt"], true));
    assert_eq!((out.children[0].bytes.as_slice(), out.children[0].via), (&b"content"[..], "ace"));
    assert_eq!(out.facts, []);
}

#[test]
fn what_is_packed_locked_or_leads_out_is_named() {
    let files: [File<'_>; 5] = [
        (b"packed.exe", b"whatever", 0, 1, 0x20),
        (b"locked.exe", b"whatever", flag::LOCKED, 1, 0x20),
        (b"C:\\C:C:../Startup\\run.exe", b"MZ", 0, 0, 0x20),
        (b"empty.txt", b"", 0, 1, 0x20),
        (b"part.exe", b"MZ the first half", flag::GOES_ON, 0, 0x20),
    ];
    let out = open(archive(0, &files));
    assert_eq!(names(&out), ["packed.exe", "C:/C:C:../Startup/run.exe", "empty.txt", "part.exe"]);
    let reasons: Vec<Option<&str>> =
        out.children.iter().map(|child| child.unread.first().map(|unread| unread.reason)).collect();
    assert_eq!(reasons, [Some("unsupported-method"), None, None, Some("damaged")]);
    let name = "C:/C:C:../Startup/run.exe".to_string();
    let trick = Fact::Trick { what: "ace-path-traversal", detail: name };
    assert_eq!(out.facts, [Fact::LockedName("locked.exe".into()), trick]);
    let reasons: Vec<&str> = out.unread.iter().map(|unread| unread.reason).collect();
    assert_eq!((reasons, out.damage[0].what), (vec!["unsupported-format", "encrypted"], "ace-split"));
}

#[test]
fn an_archive_is_known_behind_a_program() {
    let archive = archive(0, &PLAIN);
    let bytes = [&b"MZ a program that knows **ACE** files"[..], &archive].concat();
    let exe = |bytes: Vec<u8>| Tree::new(Child::new("a.exe", "file", bytes).of_kind("exe"));
    assert!(Ace.matches(exe(bytes.clone()).get(0).unwrap()));
    assert!(!Ace.matches(exe(bytes[..50].to_vec()).get(0).unwrap()));
    let (out, result) = open_as("exe", [&bytes[..], b"signature"].concat(), &Limits::default());
    assert_eq!((names(&out), is_clean(&out), result), (vec!["d/表.doc", "b.txt"], true, Ok(())));
}

#[test]
fn what_is_broken_is_told_and_the_rest_is_read() {
    let whole = archive(0, &PLAIN);
    let place = memchr::memmem::find(&whole, b"content").unwrap();
    let mut bad = whole.clone();
    bad[place] = b'k';
    let out = open(bad);
    assert_eq!(
        (out.children[0].bytes.as_slice(), out.children[0].unread[0].reason),
        (&b"kontent"[..], "damaged")
    );
    let mut bad = whole.clone();
    bad[place - 2] ^= 1;
    let out = open(bad);
    assert_eq!((names(&out), out.damage[0].what), (vec!["b.txt"], "ace-broken-header"));
    assert_eq!(out.unread[0].reason, "damaged");
}

#[test]
fn every_cut_and_every_bit_is_survived() {
    let whole = archive(0, &PLAIN);
    let ends: Vec<usize> = (1..=PLAIN.len()).map(|count| archive(0, &PLAIN[..count]).len()).collect();
    let main = archive(0, &[]).len();
    for cut in 14..whole.len() {
        let out = open(whole[..cut].to_vec());
        // An archive says nowhere how many files it has.
        assert!(!is_clean(&out) || cut == main || ends.contains(&cut), "{cut}");
    }
    for at in 0..whole.len() {
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(!is_clean(&open(bad)), "{at}");
    }
}

#[test]
fn limits_end_the_archive_and_what_came_stays() {
    let bytes = archive(0, &PLAIN);
    let (out, result) = open_as("ace", bytes.clone(), &Limits { made_bytes: 3, ..Limits::default() });
    assert_eq!((out.children.len(), result), (1, Err(Stop::Bytes)));
    let (out, result) = open_as("ace", bytes, &Limits { artifacts: 2, ..Limits::default() });
    assert_eq!((names(&out), result), (vec!["d/表.doc"], Ok(())));
    assert_eq!(out.unread[0].reason, "limit-artifacts");
}
