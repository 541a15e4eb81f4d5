use super::*;
use crate::artifact::{Child, Fact, Tree};
use crate::limits::Limits;
use std::io::{Cursor, Write};

/// A string as MS-OFORMS keeps it: compressed where it is ASCII.
fn string(text: &str) -> (u32, Vec<u8>) {
    let (mut bytes, mark) = if text.is_ascii() {
        (text.as_bytes().to_vec(), 0x8000_0000)
    } else {
        (text.encode_utf16().flat_map(u16::to_le_bytes).collect(), 0)
    };
    let length = u32::try_from(bytes.len()).unwrap() | mark;
    while !bytes.len().is_multiple_of(4) {
        bytes.push(0);
    }
    (length, bytes)
}

fn headed(version: [u8; 2], body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() & 0xffff).unwrap().to_le_bytes();
    [&version[..], &length, body].concat()
}

/// A text box, option button and the like with value, caption and group.
fn morph(value: &str, caption: &str, group: &str) -> Vec<u8> {
    let (value, caption, group) = (string(value), string(caption), string(group));
    let mask = (1u64 | 1 << 4 | 1 << 8 | 1 << 22 | 1 << 23 | 1 << 32).to_le_bytes();
    let mut body = [&mask[..], &0x2c80_081bu32.to_le_bytes(), &[1, 0, 0, 0]].concat();
    for (length, _) in [&value, &caption, &group] {
        body.extend(length.to_le_bytes());
    }
    body.extend([9; 8]);
    body.extend([value.1, caption.1, group.1].concat());
    [headed([0, 2], &body), headed([0, 2], &[0; 8])].concat()
}

fn label(caption: &str) -> Vec<u8> {
    let caption = string(caption);
    let body = [&(1u32 << 3 | 1 << 5 | 1 << 6).to_le_bytes()[..], &caption.0.to_le_bytes(), &[3, 0, 0, 0]];
    [headed([0, 2], &[body.concat(), caption.1, [7; 8].to_vec()].concat()), headed([0, 2], &[0; 8])].concat()
}

struct Site<'a> {
    name: &'a str,
    tag: &'a str,
    tip: &'a str,
    class: u16,
    size: usize,
}

fn site(site: &Site) -> Vec<u8> {
    let (name, tag, tip) = (string(site.name), string(site.tag), string(site.tip));
    let mask = 1u32 | 1 << 1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 11;
    let mut body = mask.to_le_bytes().to_vec();
    body.extend([name.0, tag.0, 1, u32::try_from(site.size).unwrap()].iter().flat_map(|n| n.to_le_bytes()));
    body.extend([0, 0]);
    body.extend(site.class.to_le_bytes());
    body.extend(tip.0.to_le_bytes());
    body.extend([name.1, tag.1, [0; 8].to_vec(), tip.1].concat());
    headed([0, 0], &body)
}

/// The `f` stream of a form with a font, a class table and these sites.
fn form(caption: &str, sites: &[Site]) -> Vec<u8> {
    let caption = string(caption);
    let mask = (1u32 << 10 | 1 << 19 | 1 << 20).to_le_bytes();
    let body = [&mask[..], &caption.0.to_le_bytes(), &[0xff, 0xff, 0, 0], &[5; 8], &caption.1].concat();
    let font = [
        &b"\x03\x52\xe3\x0b\x91\x8f\xce\x11\x9d\xe3\x00\xaa\x00\x4b\xb8\x51\x01"[..],
        &[0; 9],
        b"\x06Tahoma",
    ];
    let table = [&[1u8, 0][..], &headed([0, 0], &[0; 6])].concat();
    let mut list = vec![0, 0x80 | u8::try_from(sites.len()).unwrap(), 1, 0];
    list.extend(sites.iter().flat_map(site));
    let counts: Vec<u8> =
        [sites.len(), list.len()].iter().flat_map(|n| u32::try_from(*n).unwrap().to_le_bytes()).collect();
    [headed([0, 4], &body), font.concat(), table, counts, list].concat()
}

fn file(streams: &[(&str, Vec<u8>)], classes: &[(&str, &str)]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in streams {
        if let Some((storage, _)) = path.rsplit_once('/') {
            file.create_storage_all(format!("/{storage}")).unwrap();
        }
        file.create_stream(format!("/{path}")).unwrap().write_all(bytes).unwrap();
    }
    for (storage, class) in classes {
        file.set_storage_clsid(format!("/{storage}"), class.parse().unwrap()).unwrap();
    }
    file.into_inner().into_inner()
}

fn open(bytes: Vec<u8>) -> Opened {
    let tree = Tree::new(Child::new("activeX1.bin", "part", bytes));
    let mut out = Opened::default();
    let artifact = tree.get(0).unwrap();
    if Form.matches(artifact) {
        Form.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    }
    out
}

fn lines(out: &Opened) -> Vec<String> {
    out.children
        .iter()
        .flat_map(|child| {
            String::from_utf8_lossy(&child.bytes).lines().map(str::to_string).collect::<Vec<_>>()
        })
        .collect()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A form with a text box and a label, and a frame with an option button in it.
fn sample() -> Vec<u8> {
    let (text, caption, option) =
        (morph("表 value", "", ""), label("press here"), morph("1", "choose", "group x"));
    let sites = [
        Site { name: "TextBox1", tag: "a tag", tip: "a tip", class: 23, size: text.len() },
        Site { name: "Label1", tag: "", tip: "", class: 21, size: caption.len() },
        Site { name: "Frame1", tag: "", tip: "", class: 14, size: 0 },
    ];
    let inner = [Site { name: "Option1", tag: "", tip: "", class: 27, size: option.len() }];
    let frame = b"VERSION 5.00\r\nBegin {x} UserForm1 \r\n   Caption         =   \"A title\"\r\n   ClientHeight    =   3015\r\nEnd\r\n";
    file(
        &[
            ("Macros/UserForm1/f", form("A title", &sites)),
            ("Macros/UserForm1/o", [text, caption].concat()),
            ("Macros/UserForm1/\u{3}VBFrame", frame.to_vec()),
            ("Macros/UserForm1/i03/f", form("the frame", &inner)),
            ("Macros/UserForm1/i03/o", option),
            ("Macros/VBA/dir", b"x".to_vec()),
        ],
        &[],
    )
}

#[test]
fn a_form_is_listed_with_what_lies_within() {
    let out = open(sample());
    assert_eq!(
        lines(&out),
        [
            "UserForm1.Caption = A title",
            "UserForm1.TextBox1.Tag = a tag",
            "UserForm1.TextBox1.ControlTipText = a tip",
            "UserForm1.TextBox1.Text = 表 value",
            "UserForm1.Label1.Caption = press here",
            "UserForm1.Caption = the frame",
            "UserForm1.Option1.Value = 1",
            "UserForm1.Option1.Caption = choose",
            "UserForm1.Option1.GroupName = group x",
        ]
    );
    assert_eq!(
        out.children.iter().map(|child| (child.name.as_str(), child.via)).collect::<Vec<_>>(),
        [("UserForm1", "form")]
    );
    assert_eq!((out.facts.len(), out.damage.len(), out.unread.len()), (0, 0, 0));
}

#[test]
fn controls_of_a_document_are_told_by_their_class() {
    const BUTTON: &str = "d7053240-ce69-11cd-a777-00dd01143c57";
    let caption = string("Run");
    let button =
        headed([0, 2], &[&(1u32 << 3).to_le_bytes()[..], &caption.0.to_le_bytes(), &caption.1].concat());
    let out = open(file(
        &[
            ("ObjectPool/_1/contents", morph("a value", "", "")),
            ("ObjectPool/_1/\u{3}OCXNAME", wide("Box7\0")),
            ("ObjectPool/_2/contents", button),
            ("ObjectPool/_3/contents", b"\x07\x00unknown class\x00\x01".to_vec()),
            ("Quill/QuillSub/CONTENTS", b"text of a publication".to_vec()),
        ],
        &[("ObjectPool/_2", BUTTON)],
    ));
    let mut found = lines(&out);
    found.sort_unstable();
    assert_eq!(found, ["Box7.Text = a value", "_2.Caption = Run", "_3.Strings = unknown class"]);
}

#[test]
fn a_part_is_its_class_and_its_data() {
    let class = b"\x10\x1d\xd2\x8b\x42\xec\xce\x11\x9e\x0d\x00\xaa\x00\x60\x02\xf3";
    let mut child =
        Child::new("word/activeX/activeX1.bin", "part", [&class[..], &morph("a value", "", "")].concat());
    child.media_type = Some(PART.into());
    let tree = Tree::new(child);
    let mut out = Opened::default();
    Form.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    assert_eq!(lines(&out), ["activeX1.Text = a value"]);
    let mut tree = tree;
    let name = Fact::Header { name: "control-name", value: "TextBox7".into() };
    tree.get_mut(0).unwrap().facts.push(name);
    let mut out = Opened::default();
    Form.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    assert_eq!(lines(&out), ["TextBox7.Text = a value"]);
}

#[test]
fn encoded_text_shows_whole_in_pieces_and_between_other_letters() {
    let payload = "JABzAD0AJwBoAGUAbABsAG8AJwA7AFcAcgBpAHQAZQAtAEgAbwBzAHQAIAAkAHMA".repeat(3);
    let strewn: String = payload.chars().map(|c| format!("{c}表")).collect();
    let backwards: String = payload.chars().rev().collect();
    let filled: String = payload.chars().map(|c| format!("{c}qwxyz")).collect();
    for text in [&payload, &strewn, &backwards, &filled] {
        let data = morph(text, "", "");
        let sites = [Site { name: "T", tag: "", tip: "", class: 23, size: data.len() }];
        let out = open(file(&[("M/F/f", form("", &sites)), ("M/F/o", data)], &[]));
        let place = out.facts.iter().find_map(|fact| match fact {
            Fact::HiddenText { place, length, .. } => Some((place.as_str(), *length)),
            _ => None,
        });
        assert!(
            place.is_some_and(|(place, length)| place == "F.T.Text" && length >= payload.len()),
            "{text}"
        );
    }
    let chars: Vec<char> = payload.repeat(2).chars().collect();
    let tags: Vec<String> = chars.chunks(40).map(|piece| piece.iter().collect()).collect();
    let sites: Vec<Site> =
        tags.iter().map(|tag| Site { name: "L", tag, tip: "", class: 12, size: 0 }).collect();
    let out = open(file(&[("M/F/f", form("", &sites))], &[]));
    assert!(
        matches!(&out.facts[..], [Fact::HiddenText { place, length, .. }] if place == "M/F" && *length == chars.len())
    );
}

#[test]
fn what_does_not_fit_gives_its_runs_of_text() {
    let out = open(file(
        &[("M/F/f", b"\x00\x04\xff".to_vec()), ("M/F/o", b"\x01\x02cmd /c start\x00\x03".to_vec())],
        &[],
    ));
    assert_eq!(lines(&out), ["F.Strings = cmd /c start"]);
    let out = open(file(&[("Ctls", b"\x01\x02cmd /c start\x00\x03".to_vec())], &[]));
    assert_eq!(lines(&out), ["Ctls.Strings = cmd /c start"]);
}

#[test]
fn no_cut_and_no_flipped_bit_panics() {
    let (text, caption) = (morph("表 value", "c", "g"), label("press here"));
    let sites = [
        Site { name: "TextBox1", tag: "a tag", tip: "a tip", class: 23, size: text.len() },
        Site { name: "Label1", tag: "", tip: "", class: 21, size: caption.len() },
    ];
    let (f, o) = (form("A title", &sites), [text, caption].concat());
    let read = |f: &[u8], o: &[u8]| {
        let sheet = Sheet::read(f);
        let whole = file(&[], &[]);
        let compound = Compound::read(&whole, &Budget::new(&Limits::default())).unwrap();
        let mut walk =
            Walk { compound: &compound, name: "F", listing: Listing::default(), loose: Vec::new() };
        walk.controls(&sheet, o);
        assert!(walk.loose.iter().map(String::len).sum::<usize>() <= 4 * (f.len() + o.len()));
    };
    for length in 0..f.len() {
        read(&f[..length], &o);
    }
    for length in 0..o.len() {
        read(&f, &o[..length]);
    }
    for at in 0..f.len().max(o.len()) {
        let (mut f, mut o) = (f.clone(), o.clone());
        for bytes in [&mut f, &mut o] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (at % 8);
            }
        }
        read(&f, &o);
    }
}
