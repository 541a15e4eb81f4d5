use super::*;
use crate::artifact::Tree;
use crate::limits::Limits;
use std::io::{Cursor, Write};

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap().to_le_bytes()
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_le_bytes()
}

fn counted(code: u8, text: &str) -> Vec<u8> {
    [&[code, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

/// `Sub MAIN`, a copy into the template, a switch of the warning, a command.
fn codes() -> Vec<u8> {
    [
        vec![1, 0, 0x1b],
        counted(0x69, "MAIN"),
        vec![0x64, 0x6e, 2, 0x67, 0xc2, 0x80],
        counted(0x6a, "a:AutoOpen"),
        vec![0x12],
        counted(0x6a, "Global:AutoOpen"),
        vec![0x64, 0x67, 0xd1, 0, 0x73, 0xac, 3, 0x0c, 0x6c, 0, 0, 0x64, 0x67, 0x2d, 0x80],
        counted(0x6a, "say \"x\""),
        vec![0x64, 0x67, 0x34, 0x12, 0x05, 0x79, 2, 0, b'h', 0, b'i', 0, 0x06],
        counted(0x6b, " told"),
        vec![0x64, 0x68],
        1.5f64.to_le_bytes().to_vec(),
        vec![0x64, 0x1a, 0x1b],
    ]
    .concat()
}

const SOURCE: &str = "Sub AutoOpen\r\n  MacroCopy \"a:AutoOpen\", \"Global:AutoOpen\"\r\n\
    ToolsOptionsSave .GlobalDotPrompt = 0\r\nShell \"say \"\"x\"\"\"\r\nCommand1234(\"hi\") ' told\r\n1.5\r\nEnd Sub";

/// A `WordDocument` stream of Word 95 with macros of that name and key.
fn stream(macros: &[(&str, u8)], codes: &[u8]) -> Vec<u8> {
    let mut out = [0u8; 0x300].to_vec();
    out[..4].copy_from_slice(&[0xdc, 0xa5, 0x68, 0]);
    let mut list = [&[0xff, 1][..], &short(macros.len())].concat();
    let mut names = [&[0x11][..], &short(macros.len())].concat();
    for (number, (name, key)) in macros.iter().enumerate() {
        let place = out.len();
        out.extend(codes.iter().map(|byte| byte ^ key));
        list.extend([&[0x55, *key][..], &short(number), &short(9), &[0xff; 6]].concat());
        list.extend([long(codes.len()), long(0), long(place)].concat());
        names.extend([&short(number)[..], &counted(0, name)[1..], &[0]].concat());
    }
    let keys = [&[3, 1, 0][..], &[7; 14], &[2, 1, 0], &[7; 4]].concat();
    let strings = [&[0x10][..], &short(2 + 5), &counted(0, "ab")[1..], &[1, 0], &names].concat();
    let table = [list, keys, strings, vec![0x40]].concat();
    let place = out.len();
    out.extend(&table);
    out[0x118..0x11c].copy_from_slice(&long(place));
    out[0x11c..0x120].copy_from_slice(&long(table.len()));
    out
}

fn document(stream: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream("WordDocument").unwrap().write_all(stream).unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn open(stream: &[u8]) -> Opened {
    let tree = Tree::new(Child::new("a.doc", "attachment", document(stream)));
    let mut out = Opened::default();
    let mut budget = Budget::new(&Limits::default());
    let root = tree.get(0).unwrap();
    assert!(WordBasic.matches(root));
    WordBasic.open(root, &Keyring::new(), &mut out, &mut budget).unwrap();
    out
}

#[test]
fn macros_become_sources_under_their_names() {
    let out = open(&stream(&[("AutoOpen", 0)], &codes()));
    assert_eq!((out.children[0].name.as_str(), out.children[0].kind.unwrap().id), ("AutoOpen.bas", "vba"));
    assert_eq!(String::from_utf8_lossy(&out.children[0].bytes), SOURCE);
    assert_eq!(out.facts, [Fact::VbaProject { code_page: 0, modules: 1, locked: false }]);
    assert!(out.unread.is_empty() && out.damage.is_empty());
}

#[test]
fn names_and_texts_are_of_the_language_of_the_document() {
    let codes = [&[1, 0, 0x6a, 2][..], b"\xcf\xcf"].concat();
    let mut japanese = stream(&[("A", 0)], &codes);
    for (language, want, code_page) in [(0x0411u16, "\"ﾏﾏ\"", 932), (0x0419, "\"ПП\"", 1251)] {
        japanese[6..8].copy_from_slice(&language.to_le_bytes());
        let out = open(&japanese);
        assert_eq!(String::from_utf8_lossy(&out.children[0].bytes), want);
        assert_eq!(out.facts, [Fact::VbaProject { code_page, modules: 1, locked: false }]);
    }
    let pages = [0x0804u16, 0x0404, 0x0419, 0x0407].map(|language| {
        japanese[6..8].copy_from_slice(&language.to_le_bytes());
        page(&japanese)
    });
    assert_eq!((pages, page(b"")), ([936, 950, 1251, 0], 0));
}

#[test]
fn execute_only_macros_are_read() {
    let out = open(&stream(&[("Other", 0), ("AutoOpen", 0xa7)], &codes()));
    assert_eq!(out.children.len(), 2);
    assert_eq!(String::from_utf8_lossy(&out.children[1].bytes), SOURCE);
    assert_eq!(out.facts[0], Fact::Trick { what: "wordbasic-execute-only", detail: "AutoOpen".into() });
    assert_eq!(out.facts[1], Fact::VbaProject { code_page: 0, modules: 2, locked: true });
}

#[test]
fn what_cannot_be_read_is_said() {
    let unknown = [&codes()[..], &[0x63, 0x7e]].concat();
    let out = open(&stream(&[("A", 0)], &unknown));
    assert_eq!(out.unread[0].reason, "unsupported-format");
    assert!(out.unread[0].detail.starts_with("2 unknown"));
    let cut = [&codes()[..], &[0x6a, 9, b'x']].concat();
    let out = open(&stream(&[("A", 0)], &cut));
    assert_eq!((out.unread[0].reason, out.damage[0].what), ("damaged", "wordbasic-macro-cut"));
    let mut odd = stream(&[("A", 0)], &codes());
    let end = odd.len() - 1;
    odd[end] = 0x77;
    let out = open(&odd);
    assert_eq!((out.unread[0].reason, out.damage[0].what), ("damaged", "wordbasic-table-damaged"));
    assert_eq!(out.children[0].name, "A.bas");
}

#[test]
fn documents_without_macros_and_of_other_versions_give_nothing() {
    let whole = stream(&[("AutoOpen", 0)], &codes());
    for (at, byte) in [(2, 0xc1), (0, 0xec), (11, 1), (0x11c, 0)] {
        let mut other = whole.clone();
        other[at] = byte;
        if at == 0x11c {
            other[at + 1] = 0;
        }
        let out = open(&other);
        assert!(out.children.is_empty() && out.unread.is_empty(), "{at}");
    }
}

#[test]
fn no_cut_and_no_flipped_bit_panics() {
    let whole = stream(&[("AutoOpen", 3), ("B", 0)], &codes());
    for length in 0x11f..whole.len() {
        open_stream(&whole[..length]);
    }
    for at in (0..whole.len()).filter(|at| *at < 12 || *at >= 0x118) {
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        let found = open_stream(&bad);
        assert!(found.children.iter().all(|child| child.bytes.len() < 64 << 10));
    }
}

/// As the format does behind the compound file.
fn open_stream(stream: &[u8]) -> Opened {
    let mut out = Opened::default();
    let mut budget = Budget::new(&Limits::default());
    for entry in Table::read(stream, 932).unwrap_or_default().macros {
        give(&entry, stream, 932, &mut out, &mut budget).unwrap();
    }
    out
}
