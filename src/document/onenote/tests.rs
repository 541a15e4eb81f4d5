use super::*;
use crate::artifact::Tree;
use crate::limits::Limits;

const HEADER: &[u8] = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3";
const LIST: &[u8] = b"\xc4\xf4\xf7\xf5\xb1\x7a\x56\xa4";
const FILE: &[u8] = b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

fn word(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_le_bytes()
}

/// A node with both parts of its reference in 32 bits.
fn node(id: u32, data: &[u8]) -> Vec<u8> {
    let size = u32::try_from(data.len() + 4).unwrap();
    [&(id | size << 10 | 1 << 23).to_le_bytes()[..], data].concat()
}

/// A property set with one object and text properties.
fn object(container: u32, texts: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = (1u32 | 1 << 31).to_le_bytes().to_vec();
    bytes.extend(container.to_le_bytes());
    bytes.extend(u16::try_from(texts.len() + 1).unwrap().to_le_bytes());
    bytes.extend(0x2000_1d9bu32.to_le_bytes());
    texts.iter().for_each(|(id, _)| bytes.extend(id.to_le_bytes()));
    for (_, text) in texts {
        bytes.extend(word(text.len()));
        bytes.extend(text);
    }
    bytes
}

fn file(content: &[u8]) -> Vec<u8> {
    [FILE, &(content.len() as u64).to_le_bytes(), &[0; 12], content].concat()
}

/// A revision store with one embedded file, a picture, and a text.
fn section(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes =
        [HEADER, &[0; 32], b"\x3f\xdd\x9a\x10\x1b\x91\xf5\x49\xa5\xd0\x17\x91\xed\xc8\xae\xd8"].concat();
    bytes.extend([0; 960]);
    let shown = bytes.len();
    let texts = [
        (0x1c00_1d9c, wide(name)),
        (0x1c00_1d9d, wide("Z:\\build\\a.bin")),
        (0x1c00_1c22, wide("Double click to view")),
    ];
    bytes.extend(object(0x0102, &texts));
    let end = bytes.len();
    let stored = bytes.len();
    bytes.extend(file(content));
    bytes.extend(file(b"\x89PNG\r\n\x1a\n"));
    let place = "<ifndf>{00112233-4455-6677-8899-AABBCCDDEEFF}";
    let guid = b"\x33\x22\x11\0\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff";
    let text = |text: &str| {
        [&word(text.len())[..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat()
    };
    let nodes = [
        node(0xa4, &[&word(shown)[..], &word(end - shown), &[9; 10]].concat()),
        node(0x72, &[&0x0102u32.to_le_bytes()[..], &[0; 5], &text(place), &text(".bin")].concat()),
        node(0x94, &[&word(stored)[..], &word(10), guid].concat()),
    ];
    bytes.extend([LIST, &[0; 8], &nodes.concat(), &[0; 20]].concat());
    bytes
}

fn open(bytes: &[u8]) -> Opened {
    let tree = Tree::new(Child::new("a.one", "file", bytes.to_vec()));
    let mut out = Opened::default();
    assert!(OneNote.matches(tree.get(0).unwrap()));
    let budget = &mut Budget::new(&Limits::default());
    OneNote.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, budget).unwrap();
    out
}

fn names(out: &Opened) -> Vec<&str> {
    out.children.iter().map(|child| child.name.as_str()).collect()
}

#[test]
fn files_come_with_their_names_and_text() {
    let out = open(&section("請求書.hta", b"content"));
    assert_eq!(names(&out), ["text", "請求書.hta", ""]);
    assert_eq!(out.children[0].bytes, b"Double click to view\n");
    assert_eq!(out.children[1].bytes, b"content");
    assert!(out.damage.is_empty() && out.unread.is_empty(), "{out:?}");
    let source = Fact::External { relation: "onenote-source".into(), target: "Z:\\build\\a.bin".into() };
    assert!(out.facts.contains(&source));
}

#[test]
fn a_file_without_its_lists_is_found_and_known_by_its_content() {
    let bytes = [HEADER, &file(b"@echo off\r\nstart calc\r\n")].concat();
    let mut out = open(&bytes);
    assert_eq!(Tree::new(out.children.remove(0)).get(0).unwrap().kind.id, "bat");
    // What is cut off is kept and told.
    let out = open(&bytes[..bytes.len() - 5]);
    assert_eq!(out.children[0].bytes, b"@echo off\r\nstart c");
    assert_eq!((out.damage[0].what, out.unread[0].reason), ("onenote-file-cut", "damaged"));
}

#[test]
fn links_of_text_and_pictures_are_told_where_they_start_something() {
    let mark = "\u{fddf}HYPERLINK \"http://203.0.113.4/inv.iso\"Open, or \u{fddf}HYPERLINK \"https://a.example/\"ask";
    let texts = [(0x1c00_1c22, wide(mark)), (0x1c00_1e20, wide("search-ms:query=x"))];
    let shown = object(1, &texts);
    let mut bytes = section("a.pdf", b"%PDF-1.4");
    let (at, length) = (word(bytes.len()), word(shown.len()));
    bytes.extend(&shown);
    bytes.extend([LIST, &[0; 8], &node(0xa4, &[&at[..], &length, &[9; 10]].concat()), &[0; 20]].concat());
    let leads = open(&bytes).facts.into_iter().filter_map(|fact| match fact {
        Fact::External { relation, target } if !relation.starts_with("onenote") => Some((relation, target)),
        _ => None,
    });
    let want = [("download-link", "http://203.0.113.4/inv.iso"), ("hyperlink", "search-ms:query=x")];
    assert_eq!(leads.collect::<Vec<_>>(), want.map(|(a, b)| (a.to_string(), b.to_string())));
}

#[test]
fn copies_are_told() {
    let bytes = [HEADER, &file(b"x y z"), &file(b"x y z")].concat();
    assert!(
        open(&bytes)
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::Trick { what: "onenote-repeated-file", .. }))
    );
    let pictures = [HEADER, &file(b"\x89PNG\r\n\x1a\n"), &file(b"\x89PNG\r\n\x1a\n")].concat();
    assert!(open(&pictures).facts.is_empty());
}

/// A packaged store: an object with a name, and two files.
fn packaged(content: &[u8]) -> Vec<u8> {
    let mut bytes = [HEADER, &[0; 32], PACKAGED, &[0; 4]].concat();
    let start = |kind: u32, body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap();
        [&(2 | kind << 3 | length << 17).to_le_bytes()[..], body].concat()
    };
    let item = |data: &[u8]| [&[u8::try_from(data.len()).unwrap() << 1 | 1][..], data].concat();
    let long = |data: &[u8]| [&u16::try_from(data.len() << 2 | 2).unwrap().to_le_bytes()[..], data].concat();
    let shown = object(1, &[(0x1c00_1d9c, wide("a.vbs")), (0x1c00_1c22, wide("Minutes"))]);
    bytes.extend(start(0x16, &[&[3, 4][..], &[7; 16], &[1], &long(&shown)].concat()));
    bytes.extend([0x05, 0x03, 0]);
    bytes.extend(start(2, &item(b"\x89PNG\r\n\x1a\n")));
    bytes.extend(start(2, &item(content)));
    bytes.push(0x05);
    bytes
}

#[test]
fn a_packaged_section_is_read() {
    let out = open(&packaged(b"content"));
    assert_eq!(names(&out), ["text", "", "a.vbs"]);
    assert_eq!((&out.children[2].bytes[..], out.damage.len()), (&b"content"[..], 0));
}

#[test]
fn damage_is_borne() {
    for whole in [section("a.hta", b"content"), packaged(b"content")] {
        for length in HEADER.len()..whole.len() {
            open(&whole[..length]);
        }
        for at in HEADER.len()..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            open(&bytes);
        }
    }
}

#[test]
fn a_section_of_nothing_but_marks_ends() {
    open(&[HEADER, &FILE.repeat(20_000)].concat());
    open(&[HEADER, &LIST.repeat(20_000)].concat());
    let store = [HEADER, &[0; 32], PACKAGED, &[0; 4]].concat();
    open(&[&store[..], &[5; 100_000]].concat());
    open(&[&store[..], &[0; 100_000]].concat());
}
