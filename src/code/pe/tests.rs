use super::version::tests::write as version;
use super::writer::Image as Writer;
use super::*;
use crate::artifact::{Child, Tree};
use crate::codec::{Codec, tests::pack};
use crate::limits::Limits;

fn open(bytes: &[u8]) -> Opened {
    let tree = Tree::new(Child::new("a.xll", "file", bytes.to_vec()).of_kind("exe"));
    let mut out = Opened::default();
    Pe.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    out
}

fn told<'a>(out: &'a Opened, wanted: &str) -> Vec<&'a str> {
    let values = out.facts.iter().filter_map(|fact| match fact {
        Fact::Header { name, value } if *name == wanted => Some(value.as_str()),
        _ => None,
    });
    values.collect()
}

#[test]
fn a_library_for_excel_is_told_by_its_functions() {
    for is_wide in [false, true] {
        let exports: &[&str] = &["DllMain", "_xlAutoOpen@0", "xlAutoClose"];
        let image = Writer { is_library: true, is_wide, subsystem: 2, exports, ..Writer::default() };
        let out = open(&image.write());
        assert_eq!(told(&out, "pe-type"), ["dll"]);
        assert_eq!(told(&out, "pe-machine"), [if is_wide { "x86-64" } else { "x86" }]);
        assert_eq!(told(&out, "pe-subsystem"), ["windows"]);
        assert_eq!(told(&out, "pe-exports"), ["DllMain, _xlAutoOpen@0, xlAutoClose"]);
        assert_eq!(told(&out, "pe-role"), ["excel-addin"]);
        assert_eq!((out.children.len(), out.damage.len(), out.unread.len()), (0, 0, 0));
    }
}

#[test]
fn other_roles_drivers_and_what_has_none() {
    for (name, want) in
        [("CPlApplet", "control-panel"), ("wdAutoOpen", "word-addin"), ("DllRegisterServer", "com-server")]
    {
        let out = open(&Writer { is_library: true, exports: &[name], ..Writer::default() }.write());
        assert_eq!(told(&out, "pe-role"), [want]);
    }
    let driver = open(&Writer { subsystem: 1, ..Writer::default() }.write());
    assert_eq!((told(&driver, "pe-type"), told(&driver, "pe-role")), (vec!["driver"], vec![]));
    let plain = open(&Writer { subsystem: 3, exports: &["xlAutoOpener"], ..Writer::default() }.write());
    assert_eq!((told(&plain, "pe-type"), told(&plain, "pe-role")), (vec!["exe"], vec![]));
    assert_eq!(told(&open(b"MZ\0\0 of old"), "pe-type"), ["program of 16 bits, or damaged"]);
}

#[test]
fn a_name_behind_thousands_is_found() {
    let names: Vec<String> =
        (0..12_000).map(|number| format!("f{number}")).chain(["xlAutoOpen".into()]).collect();
    let exports: Vec<&str> = names.iter().map(String::as_str).collect();
    let out = open(&Writer { is_library: true, exports: &exports, ..Writer::default() }.write());
    assert_eq!(told(&out, "pe-role"), ["excel-addin"]);
    assert!(told(&out, "pe-exports")[0].ends_with("f39, … of 12001"));
}

#[test]
fn version_runtime_and_certificates_are_told() {
    let version = version(&[("CompanyName", "A company"), ("OriginalFilename", "b.exe")]);
    let image = Writer {
        resources: &[("#3", "icon", b"icon"), ("#16", "one", &version)],
        runtime: Some("v4.0.30319\0\0"),
        certificate: &[0x30; 16],
        ..Writer::default()
    };
    let out = open(&image.write());
    assert_eq!(told(&out, "pe-company"), ["A company"]);
    assert_eq!(told(&out, "pe-original-name"), ["b.exe"]);
    assert_eq!(told(&out, "pe-dotnet"), ["v4.0.30319"]);
    assert_eq!(told(&out, "pe-certificates"), ["16 bytes"]);
    assert_eq!((told(&out, "pe-overlay").len(), out.children.len()), (0, 0));
}

#[test]
fn what_is_appended_is_a_child_where_it_is_a_file() {
    let told_of = |overlay: &[u8], certificate: &[u8]| {
        let out = open(&Writer { overlay, certificate, ..Writer::default() }.write());
        let kinds: Vec<_> = out.children.iter().map(|child| child.bytes.clone()).collect();
        (told(&out, "pe-overlay").join(";"), kinds)
    };
    assert_eq!(told_of(b"%PDF-1.4", b"0"), ("at 512, 8 bytes".into(), vec![b"%PDF-1.4".to_vec()]));
    assert_eq!(told_of(b"\x01\x02\x03", b""), ("at 512, 3 bytes".into(), vec![]));
    assert_eq!(told_of(b"7z\xbc\xaf\x27\x1c", b""), ("at 512, 6 bytes".into(), vec![]));
    assert_eq!(told_of(&[0; 8], b"0"), (String::new(), vec![]));
}

#[test]
fn a_program_without_sections_is_not_appended_to_itself() {
    let mut image = Writer::default().write();
    // The number of sections, behind the signature and the machine.
    let at = usize::try_from(u32::from_le_bytes(image[0x3c..0x40].try_into().unwrap())).unwrap() + 6;
    image[at..at + 2].fill(0);
    let out = open(&image);
    assert_eq!((told(&out, "pe-overlay").len(), out.children.len()), (0, 0));
}

#[test]
fn parts_of_excel_dna_are_given_out() {
    let packed = pack(Codec::Lzma { size: None }, b"MZ an assembly, an assembly, an assembly");
    let lzma = [&packed[4..9], &[0xff; 8], &packed[9..]].concat();
    let image = Writer {
        is_library: true,
        exports: &["xlAutoOpen"],
        resources: &[
            ("ASSEMBLY_LZMA", "ADDIN", &lzma),
            ("DNA", "__MAIN__", b"<DnaLibrary/>"),
            ("ASSEMBLY_LZMA", "BROKEN", b"\xff"),
        ],
        ..Writer::default()
    };
    let out = open(&image.write());
    let parts: Vec<_> =
        out.children.iter().map(|child| (child.name.as_str(), child.bytes.as_slice())).collect();
    assert_eq!(
        parts,
        [("ADDIN", &b"MZ an assembly, an assembly, an assembly"[..]), ("__MAIN__", b"<DnaLibrary/>")]
    );
    assert_eq!(told(&out, "pe-excel-dna"), ["ADDIN, __MAIN__, BROKEN"]);
    assert_eq!(out.unread[0].reason, "damaged");
}

fn full() -> Vec<u8> {
    let version = version(&[("CompanyName", "A")]);
    Writer {
        is_library: true,
        is_wide: true,
        exports: &["xlAutoOpen", "CPlApplet"],
        resources: &[("#16", "v", &version), ("DNA", "d", b"<DnaLibrary/>")],
        runtime: Some("v2.0"),
        certificate: &[0x30; 9],
        overlay: b"%PDF-1.4",
        ..Writer::default()
    }
    .write()
}

#[test]
fn no_cut_panics_and_what_is_there_stays() {
    let whole = full();
    for length in 0..whole.len() {
        let out = open(&whole[..length]);
        assert!(out.children.len() <= 2 && !out.facts.is_empty());
        assert!(length < 68 || !out.damage.is_empty(), "{length}");
    }
    assert_eq!(told(&open(&whole[..whole.len() - 20]), "pe-role"), ["excel-addin", "control-panel"]);
}

#[test]
fn no_flipped_bit_panics_or_grows() {
    let whole = full();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bad = whole.clone();
            bad[at] ^= 1 << bit;
            let out = open(&bad);
            let made: usize = out.children.iter().map(|child| child.bytes.len()).sum();
            assert!(out.facts.len() < 30 && made <= 2 * whole.len(), "{at} {bit}");
        }
    }
}

#[test]
fn a_tree_of_resources_that_leads_back_ends() {
    let bytes = Writer { resources: &[("DNA", "d", b"x")], ..Writer::default() }.write();
    // Every directory has far more entries than there are bytes for.
    let mut bad = bytes.clone();
    bad[0x200 + 12..0x200 + 16].fill(0xff);
    let all: Vec<u8> = std::iter::repeat_n([0x00, 0x00, 0x00, 0x80], 200_000).flatten().collect();
    bad.splice(0x200 + 16..0x400, all);
    let section = memchr::memmem::find(&bad, b".all").unwrap();
    bad[section + 16..section + 20].copy_from_slice(&800_016u32.to_le_bytes());
    assert!(open(&bad).children.len() <= 64);
}
