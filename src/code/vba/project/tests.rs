use super::super::Vba;
use super::super::compiled::vba_3_tests;
use super::super::decompress::tests::compress;
use super::super::dir::tests::{Written, write as write_dir};
use crate::artifact::{Child, Fact, Format, Opened, Tree};
use crate::keyring::Keyring;
use crate::limits::{Budget, Limits};
use std::io::{Cursor, Write};

const CODE: &[u8] = b"Attribute VB_Name = \"Module1\"\r\nSub AutoOpen()\r\nMsgBox \"hello\"\r\nEnd Sub\r\n";

fn file(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in streams {
        let (storage, _) = path.rsplit_once('/').unwrap();
        file.create_storage_all(storage).unwrap();
        file.create_stream(path).unwrap().write_all(bytes).unwrap();
    }
    file.into_inner().into_inner()
}

/// A project of one module whose source stands behind 20 bytes of compiled code.
fn project(module: &Written, stream: &str, code: &[u8]) -> Vec<u8> {
    let dir = compress(&write_dir(932, std::slice::from_ref(module)), true);
    let stored = [b"compiled".repeat(3)[..20].to_vec(), compress(code, true)].concat();
    file(&[("/Macros/VBA/dir", dir), (stream, stored), ("/Macros/PROJECT", b"Module=A\r\n".to_vec())])
}

fn module1() -> Written<'static> {
    Written { name: b"Module1", narrow: b"Module1", wide: "Module1", offset: 20 }
}

fn open(bytes: &[u8]) -> Opened {
    let tree = Tree::new(Child::new("a.doc", "file", bytes.to_vec()));
    let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
    if Vba.matches(artifact) {
        Vba.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    }
    out
}

fn modules(out: &Opened) -> Vec<(&str, &str)> {
    out.children
        .iter()
        .map(|child| (child.name.as_str(), std::str::from_utf8(&child.bytes).unwrap()))
        .collect()
}

#[test]
fn a_module_comes_out_as_it_was_written() {
    let out = open(&project(&module1(), "/Macros/VBA/Module1", CODE));
    assert_eq!(modules(&out), [("Module1.bas", std::str::from_utf8(CODE).unwrap())]);
    assert_eq!((out.children[0].via, out.children[0].kind.unwrap().id), ("vba-module", "vba"));
    assert_eq!(out.facts, [Fact::VbaProject { code_page: 932, modules: 1, locked: false }]);
    assert_eq!(out.damage, []);
}

#[test]
fn japanese_names_and_sources_are_decoded() {
    let name = b"\x95\x5c\x8cv";
    let written = Written { name, narrow: name, wide: "表計", offset: 20 };
    let code = b"Attribute VB_Name = \"\x95\x5c\x8cv\"\r\n' \x93\x59\x95\x74\r\n";
    let out = open(&project(&written, "/Macros/VBA/表計", code));
    assert_eq!(modules(&out), [("表計.bas", "Attribute VB_Name = \"表計\"\r\n' 添付\r\n")]);
    assert_eq!(out.facts.len(), 1);
}

#[test]
fn modules_that_the_editor_does_not_show_are_told() {
    let seen = || Written { name: b"Seen", narrow: b"Seen", wide: "Seen", offset: 20 };
    let open = |project: &[u8]| {
        let dir = compress(&write_dir(1252, &[module1(), seen()]), true);
        let stored = [b"compiled".repeat(3)[..20].to_vec(), compress(CODE, true)].concat();
        open(&file(&[("/VBA/dir", dir), ("/VBA/Module1", stored), ("/PROJECT", project.to_vec())])).facts
    };
    let hidden = Fact::Trick { what: "vba-hidden-module", detail: "Module1".into() };
    assert!(open(b"ID=\"{0}\"\r\nModule=Seen\r\n").contains(&hidden));
    assert!(!open(b"ID=\"{0}\"\r\nModule=MODULE1\r\nModule=Seen\r\n").contains(&hidden));
    assert!(!open(b"ID=\"{0}\"\r\n").contains(&hidden));
}

#[test]
fn a_scrambled_name_is_told_and_read_past() {
    let written = Written { narrow: b"LAHTPHWS", ..module1() };
    let out = open(&project(&written, "/Macros/VBA/Module1", CODE));
    assert_eq!(modules(&out).len(), 1);
    let trick = Fact::Trick { what: "vba-scrambled-module-name", detail: "LAHTPHWS for Module1".into() };
    assert_eq!(out.facts[0], trick);
}

#[test]
fn a_wrong_offset_or_stream_name_is_searched_past() {
    let out = open(&project(&Written { offset: 9999, ..module1() }, "/Macros/VBA/Module1", CODE));
    assert_eq!((modules(&out)[0].0, out.damage[0].what), ("Module1.bas", "vba-module-offset"));
    let out = open(&project(&module1(), "/Macros/VBA/Other", CODE));
    assert_eq!((modules(&out)[0].0, out.damage[0].what), ("Module1.bas", "vba-module-missing"));
    assert!(matches!(out.children[0].facts[..], [Fact::Trick { what: "vba-unlisted-module", .. }]));
}

/// A cache of `size` bytes that ends in a table of two full lines and an empty one.
fn cache(size: usize) -> Vec<u8> {
    let line = |length: u8| [0, 0, 0, 0, length, 0, 0, 0, 0, 0, 0, 0];
    let table = [&[0xfe, 0xca, 1, 0, 3, 0][..], &line(8), &line(0), &line(9)].concat();
    let before = std::iter::repeat_n(7, size - table.len());
    before.chain(table).collect()
}

#[test]
fn compiled_code_without_source_is_told() {
    let code = b"Attribute VB_Name = \"Module1\"\r\n";
    for (source, count) in [(compress(code, true), 1), (Vec::new(), 0), ([0; 300].to_vec(), 0)] {
        let dir = compress(&write_dir(1252, &[Written { offset: 3000, ..module1() }]), true);
        let stream = [cache(3000), source].concat();
        let out = open(&file(&[("/VBA/dir", dir), ("/VBA/Module1", stream)]));
        let detail = "Module1: 2 lines of compiled code, no source".into();
        assert_eq!(out.facts[0], Fact::Trick { what: "vba-source-missing", detail });
        assert_eq!(out.children.len(), count);
    }
}

#[test]
fn modules_of_excel_95_are_unread_where_they_stand_alone() {
    let old = [("/_VBA_PROJECT/dir", b"\xcca\x04".to_vec()), ("/_VBA_PROJECT/1a", b"old".to_vec())];
    let out = open(&file(&old));
    assert_eq!((out.unread[0].reason, out.facts.len(), out.damage.len()), ("unsupported-format", 0, 0));
    let stored = [b"compiled".repeat(3)[..20].to_vec(), compress(CODE, true)].concat();
    let dir = compress(&write_dir(1252, &[module1()]), true);
    let new = [("/_VBA_PROJECT_CUR/VBA/dir", dir), ("/_VBA_PROJECT_CUR/VBA/Module1", stored)];
    let out = open(&file(&[old.as_slice(), new.as_slice()].concat()));
    assert_eq!((out.unread.len(), out.children.len()), (0, 1));
}

#[test]
fn modules_of_excel_95_are_given_as_what_their_code_says() {
    let (dir, code) = vba_3_tests::sample();
    let out = open(&file(&[("/_VBA_PROJECT/dir", dir.clone()), ("/_VBA_PROJECT/1a", code.clone())]));
    assert_eq!((out.unread.len(), out.damage.len()), (0, 0));
    assert_eq!(out.facts, [Fact::VbaProject { code_page: 1252, modules: 1, locked: false }]);
    let listing = String::from_utf8_lossy(&out.children[0].bytes);
    assert!(listing.starts_with("Sub Auto_Open()\r\nShell "), "{listing}");
    assert_eq!((out.children[0].name.as_str(), out.children[0].via), ("1a (compiled).bas", "vba-pcode"));
    // What is cut is given and said to be unread.
    let cut = code[..code.len() - 3].to_vec();
    let out = open(&file(&[("/_VBA_PROJECT/dir", dir), ("/_VBA_PROJECT/1a", cut)]));
    assert_eq!((out.unread[0].reason, out.children.len()), ("unsupported-format", 1));
}

#[test]
fn without_a_dir_stream_and_without_a_project_sources_are_found() {
    let stored = [b"compiled".to_vec(), compress(CODE, true)].concat();
    let out = open(&file(&[("/VBA/_VBA_PROJECT", b"x".to_vec()), ("/VBA/A", stored.clone())]));
    assert_eq!(modules(&out)[0].0, "Module1.bas");
    let out = open(&file(&[("/nowhere/A", stored.clone())]));
    assert_eq!((modules(&out)[0].0, out.damage[0].what), ("Module1.bas", "vba-without-project"));
    let out = open(&[b"\x01\x02\0".to_vec(), stored].concat());
    assert_eq!(modules(&out)[0].0, "Module1.bas");
    assert_eq!(out.facts, [Fact::VbaProject { code_page: 0, modules: 1, locked: false }]);
}

#[test]
fn no_cut_and_no_flipped_bit_panics() {
    let whole = project(&module1(), "/Macros/VBA/Module1", CODE);
    for length in (0..whole.len()).step_by(29) {
        open(&whole[..length]);
    }
    for at in (0..whole.len()).filter(|at| whole[*at] != 0 || at % 97 == 0) {
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        open(&bad);
    }
}

/// Every kind of document of Office that may hold a project: streams that make it one, and where the project lies.
const HOLDERS: &[(&str, &[&str], &str)] = &[
    ("pub", &["/Quill/QuillSub/CONTENTS", "/Contents"], "/VBA/VBA"),
    ("vsd", &["/VisioDocument"], "/VBA"),
    ("mpp", &["/   114/Props", "/Props14"], "/PROJECT/VBA"),
    ("xls", &["/Workbook"], "/_VBA_PROJECT_CUR/VBA"),
];

#[test]
fn projects_are_found_in_files_of_publisher_visio_and_project() {
    let dir = compress(&write_dir(932, &[module1()]), true);
    let stored = [b"compiled".repeat(3)[..20].to_vec(), compress(CODE, true)].concat();
    for (kind, marks, place) in HOLDERS {
        let (dir_path, module_path) = (format!("{place}/dir"), format!("{place}/Module1"));
        let mut streams: Vec<_> = marks.iter().map(|mark| (*mark, b"content".to_vec())).collect();
        streams.extend([(dir_path.as_str(), dir.clone()), (module_path.as_str(), stored.clone())]);
        let bytes = file(&streams);
        assert_eq!(crate::kind::Kind::of("a.bin", &bytes).id, *kind);
        assert_eq!(modules(&open(&bytes)), [("Module1.bas", std::str::from_utf8(CODE).unwrap())], "{kind}");
    }
}

#[test]
fn a_project_in_a_drawing_of_visio_2013_is_found() {
    use crate::document::ooxml::Ooxml;
    use crate::zip::writer::{archive, deflated, stored};
    let bytes = archive(&[
        stored("[Content_Types].xml", b"<Types><Default Extension=\"bin\" ContentType=\"application/vnd.ms-office.vbaProject\"/></Types>"),
        deflated("visio/document.xml", b"<?xml version=\"1.0\"?><VisioDocument/>"),
        deflated("visio/vbaProject.bin", &project(&module1(), "/Macros/VBA/Module1", CODE)),
    ]);
    let tree = Tree::new(Child::new("a.vsdm", "file", bytes));
    let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
    assert_eq!(artifact.kind.id, "vsdx");
    Ooxml.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    let part = out.children.iter().find(|child| child.name == "visio/vbaProject.bin").unwrap();
    assert_eq!(modules(&open(&part.bytes)).len(), 1);
}

#[test]
fn a_module_in_a_page_of_a_database_is_found() {
    let page =
        [&b"\0\x01\0\0Standard ACE DB\0\x02"[..], &[0; 4000], &compress(CODE, true), &[0; 96]].concat();
    assert_eq!(modules(&open(&page)), [("Module1.bas", std::str::from_utf8(CODE).unwrap())]);
}
