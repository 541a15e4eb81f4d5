//! Packages written part by part.

use super::*;
use crate::artifact::{Child, Tree};
use crate::document::relations::resolve;
use crate::limits::Limits;
use crate::zip::writer::{archive, deflated};

const MACRO: &str = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet";

fn open(parts: &[(&str, &[u8])]) -> Opened {
    let items: Vec<_> = parts.iter().map(|(name, bytes)| deflated(name, bytes)).collect();
    open_bytes(archive(&items))
}

fn open_bytes(bytes: Vec<u8>) -> Opened {
    let tree = Tree::new(Child::new("a.xlsm", "file", bytes).of_kind("xlsx"));
    let mut out = Opened::default();
    Package
        .open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
        .unwrap();
    out
}

fn relations(rows: &[(&str, &str, &str)]) -> Vec<u8> {
    let rows: String = rows
        .iter()
        .map(|(id, kind, target)| format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"/>"))
        .collect();
    format!("<Relationships>{rows}</Relationships>").into_bytes()
}

fn texts(out: &Opened) -> Vec<(&str, String)> {
    let kind = |child: &Child| child.kind.map_or("", |kind| kind.id);
    out.children.iter().map(|c| (kind(c), String::from_utf8(c.bytes.clone()).unwrap())).collect()
}

/// A macro sheet under an unusual name, and a worksheet that it reads.
fn workbook() -> Vec<(&'static str, Vec<u8>)> {
    let main = b"<x:workbook xmlns:x=\"a\" xmlns:r=\"b\"><x:sheets><x:sheet name=\"Data\" r:id=\"r1\"/>\
        <x:sheet name=\"M\" state=\"veryHidden\" r:id=\"r2\"/></x:sheets><x:definedNames>\
        <x:definedName name=\"_xlnm.Auto_Open\" hidden=\"1\">M!$A$1</x:definedName></x:definedNames></x:workbook>";
    vec![
        ("[Content_Types].xml", b"<Types/>".to_vec()),
        ("_rels/.rels", relations(&[("a", "http://x/officeDocument", "odd/Book.xml")])),
        ("odd/book.xml", main.to_vec()),
        (
            "odd/_rels/Book.xml.rels",
            relations(&[
                ("r1", "http://x/worksheet", "one.xml"),
                ("r2", MACRO, "/odd/sub/../two.xml"),
                ("r3", "http://x/externalLink", "link.xml"),
            ]),
        ),
        ("odd/one.xml", b"<worksheet><row><c r=\"B2\" t=\"str\"><v>calc</v></c></row></worksheet>".to_vec()),
        ("odd/two.xml", b"<macrosheet><row><c r=\"A1\"><f>EXEC(Data!B2)</f></c></row></macrosheet>".to_vec()),
        (
            "odd/link.xml",
            b"<externalLink><ddeLink ddeService=\"cmd\" ddeTopic=\"/c x\"><ddeItem name=\"A\"/></ddeLink></externalLink>".to_vec(),
        ),
    ]
}

fn borrowed<'a>(parts: &'a [(&'a str, Vec<u8>)]) -> Vec<(&'a str, &'a [u8])> {
    parts.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect()
}

#[test]
fn macro_sheets_are_found_by_their_relationship() {
    let out = open(&borrowed(&workbook()));
    let want = [
        ("xlm", "' _xlnm.Auto_Open (hidden): =M!$A$1\nA1: =EXEC(Data!B2)\n".to_string()),
        ("xlm-texts", "M!A1: =EXEC(\"calc\")\n".to_string()),
        ("text", "Data!B2\tcalc\n".to_string()),
    ];
    assert_eq!(texts(&out), want);
    let hidden = Fact::Trick { what: "xlm-hidden-sheet", detail: "M: very hidden".into() };
    assert_eq!(out.children[0].facts, [hidden]);
    assert_eq!(out.facts, [Fact::External { relation: "dde".into(), target: "cmd|/c x!A".into() }]);
}

#[test]
fn a_content_type_makes_a_macro_sheet_too() {
    let mut parts = workbook();
    parts[0].1 = b"<Types><Override PartName=\"/odd/two.xml\" ContentType=\"application/vnd.ms-excel.intlmacrosheet+xml\"/></Types>".to_vec();
    parts[3].1 =
        relations(&[("r1", "http://x/worksheet", "one.xml"), ("r2", "http://x/worksheet", "two.xml")]);
    assert_eq!(open(&borrowed(&parts)).children[0].kind.unwrap().id, "xlm");
    parts[0].1 = b"<Types/>".to_vec();
    assert_eq!(open(&borrowed(&parts)).children.len(), 0);
}

/// A record of MS-XLSB.
fn record(id: u16, data: &[u8]) -> Vec<u8> {
    let id = if id < 128 {
        vec![u8::try_from(id).unwrap()]
    } else {
        vec![u8::try_from(id & 0x7f).unwrap() | 0x80, u8::try_from(id >> 7).unwrap()]
    };
    [id, vec![u8::try_from(data.len()).unwrap()], data.to_vec()].concat()
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [u32::try_from(units.len() / 2).unwrap().to_le_bytes().to_vec(), units].concat()
}

fn binary() -> Vec<(&'static str, Vec<u8>)> {
    let name = [
        &[1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff][..],
        &wide("_xlnm.Auto_Open"),
        &[9, 0, 0, 0, 0x3a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let sheet = |state: u8, id: u8, relation: &str, name: &str| {
        record(156, &[&[state, 0, 0, 0, id, 0, 0, 0][..], &wide(relation), &wide(name)].concat())
    };
    let main = [
        record(131, &[]),
        sheet(2, 1, "r1", "M"),
        sheet(0, 2, "r2", "Data"),
        record(357, &[]),
        record(362, &[&[1, 0, 0, 0][..], &[0; 12]].concat()),
        record(39, &name),
    ]
    .concat();
    let exec = [&[0x17, 3, 0, b'c', 0, b'm', 0, b'd', 0][..], &[0x42, 1, 110, 0]].concat();
    let cell = [&[0; 8][..], &7f64.to_le_bytes(), &[0, 0, 13, 0, 0, 0], &exec, &[0; 4]].concat();
    let macros = [record(0, &[4, 0, 0, 0]), record(9, &cell)].concat();
    let data = [record(0, &[0; 4]), record(7, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])].concat();
    vec![
        ("_rels/.rels", relations(&[("a", "http://x/officeDocument", "xl/workbook.bin")])),
        ("xl/workbook.bin", main),
        (
            "xl/_rels/workbook.bin.rels",
            relations(&[
                ("r1", MACRO, "macrosheets/sheet1.bin"),
                ("r2", "http://x/worksheet", "worksheets/sheet1.bin"),
                ("r3", "http://x/sharedStrings", "sharedStrings.bin"),
            ]),
        ),
        ("xl/macrosheets/sheet1.bin", macros),
        ("xl/worksheets/sheet1.bin", data),
        ("xl/sharedStrings.bin", record(19, &[vec![0], wide("hello")].concat())),
    ]
}

#[test]
fn binary_workbooks_are_the_same() {
    let out = open(&borrowed(&binary()));
    let want = [
        ("xlm", "' _xlnm.Auto_Open (hidden): =M!$A$1\nA5: =EXEC(\"cmd\")\n".to_string()),
        ("text", "Data!B1\thello\n".to_string()),
    ];
    assert_eq!(texts(&out), want);
}

/// The formula `HYPERLINK` of a text that starts something, in tokens of MS-XLSB.
fn starts_something() -> Vec<u8> {
    let text: Vec<u8> = "ms-msdt:/id".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u8::try_from(text.len() / 2).unwrap();
    [&[0x17, length, 0][..], &text, &[0x42, 1, 0x67, 1]].concat()
}

/// Formats of cells: an ordinary one, one with white letters, one that shows nothing.
fn binary_styles() -> Vec<u8> {
    let font =
        |kind: u8, number: u8| record(43, &[&[0; 12][..], &[kind << 1, number, 0, 0, 0, 0, 0, 0]].concat());
    let cell = |format: u8, font: u8| record(47, &[0, 0, format, 0, font, 0, 0, 0, 0, 0]);
    [
        record(44, &[&[164, 0][..], &wide(";;;")].concat()),
        font(3, 1),
        font(3, 0),
        record(45, &[0; 20]),
        cell(0, 1),
        record(617, &[2, 0, 0, 0]),
        cell(0, 0),
        cell(0, 1),
        cell(164, 0),
        record(618, &[]),
    ]
    .concat()
}

#[test]
fn binary_workbooks_without_macros_are_looked_at() {
    let mut parts = binary();
    let tokens = starts_something();
    let length = u32::try_from(tokens.len()).unwrap().to_le_bytes();
    let cell = [&[0; 8][..], &7f64.to_le_bytes(), &[0, 0], &length, &tokens, &[0; 4]].concat();
    let text = |column: u8, style: u8, text: &str| {
        record(6, &[&[column, 0, 0, 0, style, 0, 0, 0][..], &wide(text)].concat())
    };
    let row = |number: u8, flags: u8| record(0, &[number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, flags, 0]);
    let sheet = [
        record(60, &[6, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
        row(0, 0),
        record(9, &cell),
        text(1, 0, "cmd /c seen"),
        text(2, 1, "cmd /c white"),
        text(3, 2, "cmd /c blank"),
        text(6, 0, "cmd /c column"),
        row(1, 0x10),
        text(0, 0, "cmd /c row"),
    ];
    parts[2].1 = relations(&[
        ("r2", "http://x/worksheet", "worksheets/sheet1.bin"),
        ("r4", "http://x/styles", "styles.bin"),
        ("r5", "http://x/externalLink", "link.bin"),
    ]);
    parts[4].1 = sheet.concat();
    parts.push(("xl/styles.bin", binary_styles()));
    parts.push(("xl/link.bin", record(360, &[&[1, 0][..], &wide("cmd"), &wide("/c x")].concat())));
    let out = open(&borrowed(&parts));
    let external =
        |relation: &str, target: &str| Fact::External { relation: relation.into(), target: target.into() };
    for fact in
        [external("dde", "cmd|/c x"), external("dde-link", "cmd /c x"), external("hyperlink", "ms-msdt:/id")]
    {
        assert!(out.facts.contains(&fact), "{fact:?}: {:?}", out.facts);
    }
    let hidden = "Data!C1 (colour of the cell) = cmd /c white\nData!D1 (empty format) = cmd /c blank\n\
        Data!G1 (hidden column) = cmd /c column\nData!A2 (hidden row) = cmd /c row\n";
    let (kind, text) = &texts(&out)[0];
    assert_eq!((*kind, text.as_str()), ("hidden-text", hidden));
    for part in [4, 6, 7] {
        for at in 0..parts[part].1.len() {
            let mut bad = parts.clone();
            bad[part].1[at] ^= 1 << (at % 8);
            let cut = bad[part].1[..at].to_vec();
            open(&borrowed(&bad));
            bad[part].1 = cut;
            open(&borrowed(&bad));
        }
    }
}

#[test]
fn workbooks_in_xml_are_walked_for_what_is_not_seen() {
    let parts = |sheet: &str, state: &str| {
        let main = format!(
            "<workbook><sheets><sheet name=\"S\" state=\"{state}\" r:id=\"r1\"/></sheets></workbook>"
        );
        let strings = "<sst><si><t>plain</t></si><si><t>powershell -w 1</t></si></sst>";
        let parts = vec![
            ("_rels/.rels", relations(&[("a", "http://x/officeDocument", "xl/workbook.xml")])),
            ("xl/workbook.xml", main.into_bytes()),
            (
                "xl/_rels/workbook.xml.rels",
                relations(&[
                    ("r1", "http://x/worksheet", "s.xml"),
                    ("r2", "http://x/sharedStrings", "sst.xml"),
                ]),
            ),
            ("xl/sst.xml", strings.as_bytes().to_vec()),
            ("xl/s.xml", sheet.as_bytes().to_vec()),
        ];
        texts(&open(&borrowed(&parts)))
            .into_iter()
            .map(|(kind, text)| format!("{kind}: {text}"))
            .collect::<Vec<_>>()
    };
    let cell = |attributes: &str, number: u8| {
        format!(
            "<worksheet><sheetData><row {attributes}><c r=\"A1\" t=\"s\"><v>{number}</v></c></row></sheetData></worksheet>"
        )
    };
    assert_eq!(parts(&cell("", 1), "visible"), [""; 0]);
    assert_eq!(parts(&cell("hidden=\"1\"", 0), "visible"), [""; 0]);
    let told = parts(&cell("hidden=\"1\"", 1), "visible");
    assert_eq!(told, ["hidden-text: S!A1 (hidden row) = powershell -w 1\n"]);
    let told = parts(&cell("", 1), "veryHidden");
    assert_eq!(told, ["hidden-text: S!A1 (hidden sheet) = powershell -w 1\n"]);
}

#[test]
fn no_flipped_bit_of_a_part_panics() {
    for parts in [binary(), workbook()] {
        for part in 0..parts.len() {
            for at in 0..parts[part].1.len() {
                let mut bad = parts.clone();
                bad[part].1[at] ^= 1 << (at % 8);
                let items: Vec<_> =
                    bad.iter().map(|(name, bytes)| crate::zip::writer::stored(name, bytes)).collect();
                open_bytes(archive(&items));
            }
        }
    }
}

#[test]
fn places_are_resolved() {
    assert_eq!(resolve("xl", "worksheets/s.xml"), "xl/worksheets/s.xml");
    assert_eq!(resolve("xl/a", "..\\b.xml"), "xl/b.xml");
    assert_eq!(resolve("xl", "/c.xml"), "c.xml");
    assert_eq!(resolve("", "../../d.xml"), "d.xml");
}
