//! A VBA project (MS-OVBA) of one module in a compound file (MS-CFB): as much as a real document has, and no more.
//! All streams are small and lie in the mini stream; nothing is compressed, though chunks are written as such.

/// One module, and what stands in it.
const MODULE: &str = "ThisDocument";

/// The compound file, `vbaProject.bin` of a document.
pub(super) fn project(source: &str) -> Vec<u8> {
    let source = format!(
        "Attribute VB_Name = \"{MODULE}\"\r\nAttribute VB_Base = \"1Normal.ThisDocument\"\r\n{source}"
    );
    compound(&[TEXT.as_bytes(), &packed(&directory()), NAMES, &packed(source.as_bytes())])
}

/// MS-OVBA 2.3.1. The three keys say that nothing is protected.
const TEXT: &str = concat!(
    "ID=\"{5F1C2A3B-0000-4E5F-8A9B-0123456789AB}\"\r\nDocument=ThisDocument/&H00000000\r\nName=\"VBAProject\"\r\n",
    "HelpContextID=\"0\"\r\nVersionCompatible32=\"393222000\"\r\nCMG=\"1715ACD7B4D9BFDDBFDDBFDDBFDD\"\r\n",
    "DPB=\"1715ACD7B4D9BADABADABA\"\r\nGC=\"1715ACD7B4D9BADABADA45\"\r\n\r\n[Host Extender Info]\r\n",
    "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000\r\n",
);

/// MS-OVBA 2.3.4.1: that there is no performance cache.
const NAMES: &[u8] = b"\xcc\x61\xff\xff\x00\x00\x00";

/// MS-OVBA 2.3.4.2: the project, one reference, one module.
fn directory() -> Vec<u8> {
    let library =
        b"*\\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\\Windows\\System32\\stdole2.tlb#OLE Automation";
    let registered = [&long(library.len()), &library[..], &[0; 6]].concat();
    let records: [(u16, &[u8]); 31] = [
        (0x01, &[1, 0, 0, 0]),
        (0x02, &[9, 4, 0, 0]),
        (0x14, &[9, 4, 0, 0]),
        (0x03, &[0xe4, 4]),
        (0x04, b"VBAProject"),
        (0x05, b""),
        (0x40, b""),
        (0x06, b""),
        (0x3d, b""),
        (0x07, &[0; 4]),
        (0x08, &[0; 4]),
        // Its length does not count the minor version behind it.
        (0x09, &[1, 0, 0, 0, 2, 0]),
        (0x0c, b""),
        (0x3c, b""),
        (0x16, b"stdole"),
        (0x3e, &wide("stdole")),
        (0x0d, &registered),
        (0x0f, &[1, 0]),
        (0x13, &[0xff, 0xff]),
        (0x19, MODULE.as_bytes()),
        (0x47, &wide(MODULE)),
        (0x1a, MODULE.as_bytes()),
        (0x32, &wide(MODULE)),
        (0x1c, b""),
        (0x48, b""),
        (0x31, &[0; 4]),
        (0x1e, &[0; 4]),
        (0x2c, &[0xff, 0xff]),
        (0x22, b""),
        (0x2b, b""),
        (0x10, b""),
    ];
    let mut out = Vec::new();
    for (id, data) in records {
        let length = if id == 0x09 { 4 } else { data.len() };
        out.extend([&id.to_le_bytes()[..], &long(length), data].concat());
    }
    out
}

/// MS-OVBA 2.4.1: one chunk that consists of literals only.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let tokens: Vec<u8> = bytes.chunks(8).flat_map(|eight| [&[0], eight].concat()).collect();
    let size = u16::try_from(tokens.len().saturating_sub(1)).unwrap_or_default();
    [&[1], &(0xb000 | size).to_le_bytes()[..], &tokens].concat()
}

const SECTOR: usize = 512;
const MINI: usize = 64;
const FREE: u32 = 0xffff_ffff;
const END: u32 = 0xffff_fffe;
const FAT: u32 = 0xffff_fffd;

/// The compound file with `PROJECT`, `VBA/dir`, `VBA/_VBA_PROJECT` and the module, in this order. Sectors: the mini
/// stream, its table, two of directory, the table of sectors.
fn compound(streams: &[&[u8]; 4]) -> Vec<u8> {
    let (mut mini, mut mini_table, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for stream in streams {
        places.push((count(mini_table.len()), stream.len()));
        mini.extend_from_slice(stream);
        pad(&mut mini, MINI, 0);
        chain(&mut mini_table, mini.len() / MINI);
    }
    let size = mini.len();
    pad(&mut mini, SECTOR, 0);
    let mut table = Vec::new();
    chain(&mut table, mini.len() / SECTOR);
    let mini_table_at = count(table.len());
    let table_at = mini_table_at + 3;
    table.extend([END, mini_table_at + 2, END, FAT]);
    let sectors = [mini, longs(&mini_table), entries(&places, size), longs(&table)].concat();
    [header(mini_table_at, table_at), sectors].concat()
}

/// MS-CFB 2.2.
fn header(mini_table: u32, table: u32) -> Vec<u8> {
    let mut head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    head.extend([0; 16]);
    head.extend([0x3e_u16, 3, 0xfffe, 9, 6, 0, 0, 0].iter().flat_map(|short| short.to_le_bytes()));
    let fields = [0, 1, mini_table + 1, 0, 4096, mini_table, 1, END, 0, table];
    head.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    pad(&mut head, SECTOR, 0xff);
    head
}

/// MS-CFB 2.6: the two storages and what is in them; names of equal length are ordered by their capital letters.
fn entries(places: &[(u32, usize)], mini: usize) -> Vec<u8> {
    let place = |n: usize| places.get(n).copied().unwrap_or((END, 0));
    let none = [FREE; 3];
    type Row<'a> = (&'a str, u8, [u32; 3], (u32, usize));
    let rows: [Row; 6] = [
        ("Root Entry", 5, [FREE, FREE, 2], (0, mini)),
        ("VBA", 1, [FREE, FREE, 5], (0, 0)),
        ("PROJECT", 2, [1, FREE, FREE], place(0)),
        ("dir", 2, none, place(1)),
        ("_VBA_PROJECT", 2, none, place(2)),
        (MODULE, 2, [3, 4, FREE], place(3)),
    ];
    let mut out = Vec::new();
    for (name, kind, links, (start, size)) in rows {
        let mut entry = wide(name);
        let length = u16::try_from(entry.len() + 2).unwrap_or_default();
        pad(&mut entry, 64, 0);
        entry.extend(length.to_le_bytes());
        // Black, as every node of so flat a tree may be.
        entry.extend([kind, 1]);
        entry.extend(links.iter().flat_map(|link| link.to_le_bytes()));
        entry.extend([0; 36]);
        entry.extend(start.to_le_bytes());
        entry.extend((size as u64).to_le_bytes());
        out.extend(entry);
    }
    pad(&mut out, 2 * SECTOR, 0);
    out
}

/// Continues a table until it tells of so many sectors, the new ones as one chain.
fn chain(table: &mut Vec<u32>, until: usize) {
    while table.len() < until {
        let next = count(table.len() + 1);
        table.push(if table.len() + 1 == until { END } else { next });
    }
}

/// One sector of a table.
fn longs(table: &[u32]) -> Vec<u8> {
    let mut out = table.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    pad(&mut out, SECTOR, 0xff);
    out
}

fn pad(bytes: &mut Vec<u8>, unit: usize, with: u8) {
    let missing = bytes.len().next_multiple_of(unit) - bytes.len();
    bytes.extend(std::iter::repeat_n(with, missing));
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn long(number: usize) -> [u8; 4] {
    count(number).to_le_bytes()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn another_reader_finds_the_streams() {
        let file = project("Sub AutoOpen()\r\nEnd Sub\r\n");
        let mut compound = cfb::CompoundFile::open_strict(std::io::Cursor::new(file)).unwrap();
        let mut read = |path: &str| {
            let stream = compound.open_stream(path).unwrap();
            stream.bytes().map(Result::unwrap).collect::<Vec<u8>>()
        };
        assert_eq!(read("PROJECT"), TEXT.as_bytes());
        assert_eq!(read("VBA/_VBA_PROJECT"), NAMES);
        assert_eq!(read("VBA/dir"), packed(&directory()));
        assert!(read("VBA/ThisDocument").starts_with(b"\x01"));
    }
}
