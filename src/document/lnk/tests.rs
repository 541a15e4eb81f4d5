use super::*;
use crate::artifact::Tree;
use crate::limits::Limits;

/// A link with strings in UTF-16 and a target named by the environment.
fn link(target: &str, strings: [&str; 5], behind: &[u8]) -> Vec<u8> {
    let flags = HAS_NAME | HAS_RELATIVE_PATH | HAS_WORKING_DIR | HAS_ARGUMENTS | HAS_ICON | IS_UNICODE;
    let mut bytes = header(flags);
    for text in strings {
        bytes.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    }
    bytes.extend(block(0xa000_0001, &environment(target)));
    bytes.extend([0; 4]);
    bytes.extend(behind);
    bytes
}

fn header(flags: u32) -> Vec<u8> {
    let mut bytes = b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46".to_vec();
    bytes.extend(flags.to_le_bytes());
    bytes.extend([0; 36]);
    bytes.extend(7u32.to_le_bytes());
    bytes.extend([0; 12]);
    bytes
}

fn environment(target: &str) -> Vec<u8> {
    let mut data = [0; 780].to_vec();
    data[..target.len()].copy_from_slice(target.as_bytes());
    data
}

fn block(signature: u32, data: &[u8]) -> Vec<u8> {
    let size = u32::try_from(data.len() + 8).unwrap();
    [&size.to_le_bytes()[..], &signature.to_le_bytes(), data].concat()
}

fn open(bytes: &[u8]) -> Opened {
    let tree = Tree::new(Child::new("a.lnk", "file", bytes.to_vec()));
    let mut out = Opened::default();
    assert!(Lnk.matches(tree.get(0).unwrap()));
    let budget = &mut Budget::new(&Limits::default());
    Lnk.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, budget).unwrap();
    out
}

fn target(out: &Opened) -> &str {
    out.facts
        .iter()
        .find_map(|fact| match fact {
            Fact::Shortcut { target, .. } => Some(target.as_str()),
            _ => None,
        })
        .unwrap()
}

const STRINGS: [&str; 5] = ["請求書", "..\\cmd.exe", "C:\\", "/c p^owershell -enc AAAA", "C:\\a.pdf"];

#[test]
fn a_link_says_what_it_starts() {
    let out = open(&link("%ComSpec%", STRINGS, b""));
    let want = Fact::Shortcut {
        target: "%ComSpec%".into(),
        arguments: STRINGS[3].into(),
        icon: "C:\\a.pdf".into(),
        is_minimized: true,
    };
    assert_eq!(out.facts[0], want);
    assert!(out.damage.is_empty() && out.children.len() == 1, "{out:?}");
    let command = String::from_utf8(out.children[0].bytes.clone()).unwrap();
    assert!(command.starts_with("%ComSpec%\n..\\cmd.exe\n/c p^owershell -enc AAAA\n"), "{command}");
    assert!(
        command.ends_with("C:\\Windows\\system32\\cmd.exe\n..\\cmd.exe\n/c powershell -enc AAAA\n"),
        "{command}"
    );
}

#[test]
fn what_stands_behind_is_a_child() {
    let out = open(&link("a", STRINGS, b"\r\n@echo off\r\nstart calc\r\n"));
    assert_eq!((out.children[1].via, out.children[1].kind.unwrap().id), ("lnk-appended", "bat"));
    assert_eq!(open(&link("a", STRINGS, &[0; 9])).children.len(), 1);
    // Without a terminal block the rest is found all the same.
    let mut bytes = link("a", STRINGS, b"");
    bytes.truncate(bytes.len() - 4);
    assert!(open(&bytes).damage.is_empty());
    bytes.extend(b"MZ program without end");
    let out = open(&bytes);
    assert_eq!(out.children[1].bytes, b"MZ program without end");
    assert_eq!(out.damage[0].what, "lnk-cut");
}

/// A file entry with a short name and a long one in its extension block.
fn file_item(short: &[u8], long: &str) -> Vec<u8> {
    let mut item = b"\x32\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    item.extend(short);
    item.extend([0, 0].iter().take(2 - short.len() % 2));
    let names: Vec<u8> = long.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let mut extension = b"\x09\0\x04\0\xef\xbe".to_vec();
    extension.extend([0; 38]);
    extension.extend(names);
    let size = u16::try_from(extension.len() + 2).unwrap();
    item.extend(size.to_le_bytes());
    item.extend(extension);
    sized_item(&item)
}

fn sized_item(item: &[u8]) -> Vec<u8> {
    [&u16::try_from(item.len() + 2).unwrap().to_le_bytes()[..], item].concat()
}

#[test]
fn shell_items_lead_to_a_path() {
    let computer = sized_item(b"\x1f\x50\xe0\x4f\xd0\x20\xea\x3a\x69\x10\xa2\xd8\x08\0\x2b\x30\x30\x9d");
    let items = [
        computer,
        sized_item(b"\x2fC:\\\0\0\0\0"),
        file_item(b"PROGRA~1", "Program Files"),
        file_item(b"A.EXE", "長い名前.exe"),
        vec![0, 0],
    ]
    .concat();
    let mut bytes = header(HAS_ITEMS);
    bytes.extend(u16::try_from(items.len()).unwrap().to_le_bytes());
    bytes.extend(&items);
    assert_eq!(target(&open(&bytes)), "C:\\Program Files\\長い名前.exe");
    assert_eq!(items::path(&sized_item(b"\xc3\x01\x81\\\\srv\\share\0")), "\\\\srv\\share");
    assert_eq!(items::path(&sized_item(b"\x61\x80\0\0h\0t\0t\0p\0:\0/\0/\0a\0\0\0")), "http://a");
    assert!(
        items::path(&sized_item(b"\x1f\0\x80\x53\x1c\x87\xa0\x42\x69\x10\xa2\xea\x08\0\x2b\x30\x30\x9d"))
            .starts_with("::{871C5380")
    );
}

#[test]
fn a_share_and_the_rest_of_the_path_belong_together() {
    let mut info = Vec::new();
    // A share "\\s\t" at 28 and a suffix behind it.
    for word in [0u32, 28, 2, 0, 0, 28, 28 + 20 + 6] {
        info.extend(word.to_le_bytes());
    }
    for word in [26u32, 2, 20, 0, 0] {
        info.extend(word.to_le_bytes());
    }
    info.extend(b"\\\\s\\t\0x.exe\0");
    let size = u32::try_from(info.len()).unwrap();
    info[..4].copy_from_slice(&size.to_le_bytes());
    let bytes = [header(HAS_LOCATION), info].concat();
    assert_eq!(target(&open(&bytes)), "\\\\s\\t\\x.exe");
}

#[test]
fn properties_name_a_target_and_the_tracker_a_machine() {
    let text: Vec<u8> = "C:\\x.exe\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut property =
        [&2u32.to_le_bytes()[..], &[0], &0x1fu32.to_le_bytes(), &9u32.to_le_bytes(), &text].concat();
    let size = u32::try_from(property.len() + 4).unwrap();
    property.splice(..0, size.to_le_bytes());
    let format = b"\xfc\xb3\xb4\xb9\x51\x2b\x42\x4a\xb5\xd8\x32\x41\x46\xaf\xcf\x25";
    let mut store = [b"1SPS", &format[..], &property, &[0; 4]].concat();
    let size = u32::try_from(store.len() + 4).unwrap();
    store.splice(..0, size.to_le_bytes());
    store.extend([0; 4]);
    let mut tracker = [&[0x58, 0, 0, 0, 0, 0, 0, 0][..], b"desktop-1\0\0\0\0\0\0\0", &[0; 16]].concat();
    tracker.extend(b"\0\0\0\0\0\0\x01\x10\0\0\xaa\xbb\xcc\xdd\xee\xff");
    tracker.extend([0; 32]);
    let bytes =
        [header(0), block(0xa000_0009, &store), block(0xa000_0003, &tracker), [0; 4].to_vec()].concat();
    let out = open(&bytes);
    assert_eq!(target(&out), "C:\\x.exe");
    let machine =
        Fact::External { relation: "lnk-machine".into(), target: "desktop-1 aa:bb:cc:dd:ee:ff".into() };
    assert!(out.facts.contains(&machine), "{out:?}");
}

#[test]
fn damage_is_borne() {
    let whole = link("%ComSpec%", STRINGS, b"x");
    for length in 8..whole.len() {
        open(&whole[..length]);
    }
    for at in 8..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            open(&bytes);
        }
    }
}
