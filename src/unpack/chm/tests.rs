use super::*;
use crate::artifact::Tree;
use crate::codec::lzx::tests::plain;
use crate::limits::Limits;

fn number(value: usize) -> Vec<u8> {
    let groups = std::iter::successors(Some(value), |rest| Some(rest >> 7).filter(|rest| *rest > 0));
    let mut groups: Vec<u8> = groups.map(|rest| rest.to_le_bytes()[0] | 0x80).collect();
    groups[0] &= 0x7f;
    groups.reverse();
    groups
}

/// A help file with these files of section 0, and these of section 1, which begins anew every two frames.
fn help(stored: &[(&str, &[u8])], packed: &[(&str, &[u8])]) -> Vec<u8> {
    let all: Vec<u8> = packed.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    let (mut frames, mut places) = (Vec::new(), Vec::new());
    for group in all.chunks(FRAME * 2) {
        for frame in plain(group) {
            places.extend((frames.len() as u64).to_le_bytes());
            frames.extend(frame);
        }
    }
    let control = [&[6, 0, 0, 0][..], b"LZXC", &[2, 0, 0, 0], &[2, 0, 0, 0], &[2, 0, 0, 0], &[0; 8]].concat();
    let sizes = [all.len() as u64, frames.len() as u64, FRAME as u64].map(u64::to_le_bytes);
    let counts = [2, u32::try_from(places.len() / 8).unwrap(), 8, 0x28].map(u32::to_le_bytes);
    let table = [counts.as_flattened(), sizes.as_flattened(), &places].concat();
    let names = ["ControlData", "Content", RESET_TABLE].map(|name| format!("{PLACE}{name}"));
    let records = names.iter().map(String::as_str).zip([control.as_slice(), &frames, &table]);
    let (mut entries, mut content) = (Vec::new(), Vec::new());
    let mut add = |name: &str, section, offset, size| {
        entries.extend(
            [&number(name.len()), name.as_bytes(), &number(section), &number(offset), &number(size)].concat(),
        );
    };
    let mut at = 0;
    for (name, bytes) in packed {
        add(name, 1, at, bytes.len());
        at += bytes.len();
    }
    for (name, bytes) in stored.iter().copied().chain(records) {
        add(name, 0, content.len(), bytes.len());
        content.extend_from_slice(bytes);
    }
    add("/folder/", 0, 0, 0);
    let chunk = 0x14 + entries.len() + 20;
    let long = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    let leaf = [b"PMGL", &long(20)[..], &[0; 12], &entries, &[0; 20]].concat();
    let tree = [b"ITSP", &long(1)[..], &long(0x54), &[0; 4], &long(chunk), &[0; 0x40]].concat();
    let wide = |value: usize| (value as u64).to_le_bytes();
    let places = [wide(0x60), wide(tree.len() + leaf.len()), wide(0x60 + tree.len() + leaf.len())];
    let head = [b"ITSF\x03\0\0\0".as_slice(), &long(0x60), &[0; 0x3c], places.as_flattened()].concat();
    [head, tree, leaf, content].concat()
}

fn open_within(bytes: Vec<u8>, limits: &Limits) -> (Opened, Result<(), Stop>) {
    let tree = Tree::new(Child::new("a.chm", "file", bytes));
    let mut out = Opened::default();
    let ended = Chm.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits));
    (out, ended)
}

fn open(bytes: Vec<u8>) -> Opened {
    let (out, ended) = open_within(bytes, &Limits::default());
    assert_eq!(ended, Ok(()));
    out
}

fn pages() -> Vec<u8> {
    (0..70_000u32).map(|at| (at % 251).to_le_bytes()[0]).collect()
}

#[test]
fn files_of_both_sections_are_read() {
    let bytes = pages();
    let file =
        help(&[("/plain.js", b"x = 1")], &[("/a.html", b"<html>"), ("/b/c.html", &bytes), ("/d", b"end")]);
    let tree = Tree::new(Child::new("a.bin", "file", file.clone()));
    assert!(Chm.matches(tree.get(0).unwrap()));
    let out = open(file);
    let names: Vec<_> = out.children.iter().map(|child| (child.name.as_str(), child.bytes.len())).collect();
    assert_eq!(names, [("plain.js", 5), ("a.html", 6), ("b/c.html", 70_000), ("d", 3)]);
    assert!(out.children[2].bytes == bytes && out.children[3].bytes == b"end" && out.damage.is_empty());
    assert!(out.children.iter().all(|child| child.unread.is_empty()));
}

#[test]
fn behind_a_broken_frame_reading_begins_anew() {
    let bytes = pages();
    let file = help(&[], &[("/a", &bytes[..65_000]), ("/b", &bytes[..10_000]), ("/c", b"end")]);
    let frame = memchr::memmem::find(&file, &[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2]).unwrap() - 4;
    let mut bad = file.clone();
    // No kind of block.
    bad[frame + 1] = 0x70;
    let out = open(bad);
    let unread: Vec<_> = out.children.iter().map(|child| (child.bytes.len(), child.unread.len())).collect();
    assert_eq!(unread, [(0, 1), (0, 1), (3, 0)]);
}

#[test]
fn without_its_records_the_packed_section_is_unread() {
    let file = help(&[], &[("/a", b"text")]);
    let at = memchr::memmem::find(&file, b"LZXC").unwrap();
    let mut bad = file.clone();
    bad[at] = b'X';
    let out = open(bad);
    assert_eq!((out.damage[0].what, out.unread[0].detail.as_str()), ("chm-no-section", "packed files: 1"));
    assert_eq!(open(b"ITSF\x03\0\0\0".to_vec()).unread[0].reason, "damaged");
}

#[test]
fn cut_or_flipped_anywhere_nothing_panics() {
    let whole = help(&[("/s", b"stored")], &[("/a", &pages()[..300]), ("/b", b"end")]);
    let limits = Limits { made_bytes: 1 << 20, artifacts: 50, ..Limits::default() };
    for at in 8..whole.len() {
        let (out, ended) = open_within(whole[..at].to_vec(), &limits);
        let of_children = out.children.iter().flat_map(|child| &child.unread);
        assert!(out.unread.iter().chain(of_children).count() > 0 || ended.is_err(), "cut at {at}");
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        let _any = open_within(bad, &limits);
    }
}
