use super::*;
use crate::artifact::Tree;
use crate::compound::pack_name;
use crate::limits::Limits;
use std::io::{Cursor, Write};

/// A table: its rows of numbers, written column after column.
fn table(widths: &[usize], rows: &[[u32; 5]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (at, width) in widths.iter().enumerate() {
        bytes.extend(rows.iter().flat_map(|row| row[at].to_le_bytes()[..*width].to_vec()));
    }
    bytes
}

/// A database with these custom actions and streams.
fn database(actions: &[(&str, u32, &str, &str)], streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut strings =
        ["CustomAction", "Action", "Type", "Source", "Target", "ExtendedType"].map(String::from).to_vec();
    let names = 1..=5u32;
    let types = [0x2d48, 0x0502, 0x1d48, 0x1dff, 0x1104];
    let columns: Vec<[u32; 5]> = names
        .map(|at| [1, at | 0x8000, at + 1, types[usize::try_from(at).unwrap() - 1] | 0x8000, 0])
        .collect();
    let mut number = |text: &str| {
        if text.is_empty() {
            return 0;
        }
        strings.push(text.to_string());
        u32::try_from(strings.len()).unwrap()
    };
    let row = |(name, kind, source, target): &(&str, u32, &str, &str)| {
        [number(name), kind | 0x8000, number(source), number(target), 0x8000_0000]
    };
    let rows: Vec<[u32; 5]> = actions.iter().map(row).collect();
    let mut pool = [0xe4, 4, 0, 0].to_vec();
    for text in &strings {
        let length = u32::try_from(text.len()).unwrap();
        // Longer ones take the place of two.
        let fields = if length < 1 << 16 { vec![length | 1 << 16] } else { vec![1 << 16, length] };
        pool.extend(fields.into_iter().flat_map(u32::to_le_bytes));
    }
    let tables = [
        ("!_StringPool", pool),
        ("!_StringData", strings.concat().into_bytes()),
        ("!_Columns", table(&[2, 2, 2, 2], &columns)),
        ("!CustomAction", table(&[2, 2, 2, 2, 4], &rows)),
    ];
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in
        tables.iter().map(|(name, bytes)| (*name, bytes.as_slice())).chain(streams.iter().copied())
    {
        file.create_stream(format!("/{}", pack_name(name))).unwrap().write_all(bytes).unwrap();
    }
    file.create_stream("/\u{5}SummaryInformation").unwrap().write_all(b"properties").unwrap();
    let mut bytes = file.into_inner().into_inner();
    let name: Vec<u8> = "Root Entry".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let root = memchr::memmem::find(&bytes, &name).unwrap();
    bytes[root + 80..root + 96].copy_from_slice(b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46");
    bytes
}

fn open(bytes: Vec<u8>) -> Opened {
    let tree = Tree::new(Child::new("a.msi", "file", bytes));
    let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
    if Msi.matches(artifact) {
        Msi.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    }
    out
}

fn sample() -> Vec<u8> {
    let actions = [
        ("Run", 34, "INSTALLDIR", "powershell -w hidden -c \"'tenpu test'\""),
        ("Call", 5 | 2048, "Helper", "main"),
        ("Inline", 38, "", "MsgBox \"tenpu\""),
    ];
    database(&actions, &[("Binary.Helper", b"var a = 1;"), ("data.cab", b"MSCF"), ("Icon.i", b"")])
}

#[test]
fn streams_and_actions_are_given_out_under_their_names() {
    let out = open(sample());
    let mut found: Vec<_> =
        out.children.iter().map(|child| (child.name.as_str(), child.bytes.as_slice())).collect();
    found.sort_unstable();
    let text =
        b"Action\tType\tSource\tTarget\nRun\t34\tINSTALLDIR\tpowershell -w hidden -c \"'tenpu test'\"\n\
                 Call\t2053\tHelper\tmain\nInline\t38\t\tMsgBox \"tenpu\"\n";
    let want: [(&str, &[u8]); 4] = [
        ("Binary.Helper.js", b"var a = 1;"),
        ("CustomAction.Inline.vbs", b"MsgBox \"tenpu\""),
        ("CustomAction.txt", text),
        ("data.cab", b"MSCF"),
    ];
    assert_eq!(found, want);
    assert_eq!(Tree::new(Child::new("a", "file", sample())).get(0).unwrap().kind.id, "msi");
}

#[test]
fn a_long_string_takes_two_places() {
    let long = "x".repeat(70_000);
    let out = open(database(&[("A", 38, "", &long), ("B", 38, "", "next")], &[]));
    let sizes: Vec<_> = out.children.iter().map(|child| (child.name.as_str(), child.bytes.len())).collect();
    assert_eq!(sizes[1..], [("CustomAction.A.vbs", 70_000), ("CustomAction.B.vbs", 4)]);
}

#[test]
fn what_is_no_installer_is_left_alone() {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream(format!("/{}", pack_name("data"))).unwrap().write_all(b"x").unwrap();
    assert_eq!(open(file.into_inner().into_inner()).children.len(), 0);
}

#[test]
fn no_cut_and_no_flipped_bit_panics() {
    let whole = sample();
    for at in (8..whole.len()).step_by(13) {
        open(whole[..at].to_vec());
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        open(bad);
    }
}
