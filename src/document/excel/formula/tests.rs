//! Every kind of token in the versions that write it differently, and damaged ones.

use super::operand::{Elsewhere, Target};
use super::*;

fn names() -> Names {
    Names {
        defined: vec!["Auto_Open".into(), "Total".into()],
        sheets: vec!["Sheet1".into(), "Macro 1".into()],
        targets: vec![
            Target { book: 0, first: 0, last: 0 },
            Target { book: 0, first: 0, last: 1 },
            Target { book: 1, first: 0, last: 0 },
            Target { book: 2, first: -2, last: -2 },
        ],
        books: vec![
            Elsewhere { is_own: true, ..Elsewhere::default() },
            Elsewhere {
                path: "rates.xls".into(),
                sheets: vec!["May".into()],
                names: vec!["Rate".into()],
                ..Elsewhere::default()
            },
            Elsewhere { path: "cmd|/c x".into(), names: vec!["A0".into()], ..Elsewhere::default() },
        ],
        code_page: 1252,
    }
}

fn written(version: Version, tokens: &[u8], extra: &[u8]) -> String {
    let names = names();
    text(tokens, extra, Context { version, names: &names, base: Place { row: 4, column: 2 } })
}

fn biff8(tokens: &[u8]) -> String {
    written(Version::Biff8, tokens, &[])
}

/// `PtgStr`.
fn string(text: &str) -> Vec<u8> {
    [&[0x17, u8::try_from(text.len()).unwrap(), 0], text.as_bytes()].concat()
}

#[test]
fn calls_of_functions_and_commands() {
    let exec = [string("calc"), vec![0x42, 1, 110, 0]].concat();
    assert_eq!(biff8(&exec), "EXEC(\"calc\")");
    assert_eq!(biff8(&[0x42, 0, 0x36, 0]), "HALT()");
    assert_eq!(biff8(&[&[0x1e, 61, 0, 0x41, 111, 0], &string("A")[..], &[0x08]].concat()), "CHAR(61)&\"A\"");
    let formula = [&string("=1")[..], &[0x24, 4, 0, 0, 0xc0, 0x42, 2, 0x60, 0x80]].concat();
    assert_eq!(biff8(&formula), "FORMULA(\"=1\",A5)");
    assert_eq!(biff8(&[&string("x")[..], &[0x42, 1, 0x76, 0x80]].concat()), "ALERT(\"x\")");
    let own = [&[0x23, 2, 0, 0, 0, 0x1e, 7, 0][..], &[0x42, 2, 0xff, 0]].concat();
    assert_eq!(biff8(&own), "Total(7)");
    assert_eq!(biff8(&[0x1e, 1, 0, 0x42, 1, 0xe8, 0x03]), "FUNCTION.1000(1)");
    assert_eq!(biff8(&[0x1e, 1, 0, 0x42, 1, 0xe8, 0x83]), "COMMAND.1000(1)");
}

#[test]
fn operators_constants_and_groups() {
    let sum = [0x1e, 1, 0, 0x1e, 2, 0, 0x03, 0x15, 0x1e, 3, 0, 0x05, 0x13, 0x14];
    assert_eq!(biff8(&sum), "-(1+2)*3%");
    let number = [&[0x1f][..], &1.5f64.to_le_bytes(), &[0x1d, 1, 0x0b, 0x1c, 0x2a, 0x0e]].concat();
    assert_eq!(biff8(&number), "1.5=TRUE<>#N/A");
    assert_eq!(biff8(&[0x16, 0x1e, 1, 0, 0x42, 2, 1, 0]), "IF(,1)");
    assert_eq!(biff8(&string("a\"b")), "\"a\"\"b\"");
    assert_eq!(biff8(&[0x17, 1, 1, 0x42, 0x30]), "\"あ\"");
}

#[test]
fn references_absolute_relative_and_on_other_sheets() {
    assert_eq!(biff8(&[0x24, 0, 0, 0, 0]), "$A$1");
    assert_eq!(biff8(&[0x44, 9, 0, 27, 0x40]), "AB$10");
    assert_eq!(biff8(&[0x25, 0, 0, 1, 0, 0, 0xc0, 1, 0xc0]), "A1:B2");
    // Distances from C5: one row up, one column left.
    assert_eq!(biff8(&[0x2c, 0xff, 0xff, 0xff, 0xc0]), "B4");
    assert_eq!(biff8(&[0x3a, 0, 0, 0, 0, 0, 0]), "Sheet1!$A$1");
    assert_eq!(biff8(&[0x3a, 1, 0, 0, 0, 0, 0]), "'Sheet1:Macro 1'!$A$1");
    assert_eq!(biff8(&[0x3a, 2, 0, 0, 0, 0, 0]), "'[rates.xls]May'!$A$1");
    assert_eq!(biff8(&[0x3a, 9, 0, 0, 0, 0, 0]), "SHEET.9!$A$1");
    assert_eq!(biff8(&[0x39, 2, 0, 1, 0, 0, 0]), "'rates.xls'!Rate");
    assert_eq!(biff8(&[0x39, 3, 0, 1, 0, 0, 0]), "cmd|'/c x'!A0");
    assert_eq!(biff8(&[0x39, 0, 0, 1, 0, 0, 0]), "Auto_Open");
    assert_eq!(biff8(&[0x23, 9, 0, 0, 0]), "NAME.9");
    assert_eq!(biff8(&[0x2a, 0, 0, 0, 0, 0x3c, 0, 0, 0, 0, 0, 0, 0x08]), "#REF!&Sheet1!#REF!");
}

#[test]
fn attributes_change_nothing_but_the_sum() {
    let choose = [0x1e, 1, 0, 0x19, 0x04, 1, 0, 9, 9, 9, 9, 0x1e, 5, 0, 0x19, 0x08, 3, 0, 0x42, 2, 100, 0];
    assert_eq!(biff8(&choose), "CHOOSE(1,5)");
    assert_eq!(biff8(&[0x25, 0, 0, 1, 0, 0, 0xc0, 0, 0xc0, 0x19, 0x10, 0, 0]), "SUM(A1:A2)");
    assert_eq!(biff8(&[0x19, 0x40, 0, 1, 0x1e, 1, 0]), "1");
}

#[test]
fn arrays_and_memory_tokens() {
    let constants = [&[1, 0, 0][..], &[1], &2f64.to_le_bytes(), &[2, 1, 0, 0, b'x']].concat();
    assert_eq!(written(Version::Biff8, &[0x60, 0, 0, 0, 0, 0, 0, 0], &constants), "{2,\"x\"}");
    assert_eq!(written(Version::Biff8, &[0x60, 0, 0, 0, 0, 0, 0, 0], &constants[..14]), "{2,}");
    let union = [0x26, 0, 0, 0, 0, 11, 0, 0x24, 0, 0, 0, 0, 0x24, 1, 0, 0, 0, 0x10];
    assert_eq!(biff8(&union), "$A$1,$A$2");
    assert_eq!(biff8(&[0x29, 5, 0, 0x24, 0, 0, 0, 0]), "$A$1");
}

#[test]
fn older_and_newer_versions() {
    assert_eq!(written(Version::Biff5, &[0x24, 0, 0xc0, 2], &[]), "C1");
    assert_eq!(written(Version::Biff5, &[0x17, 2, b'h', b'i'], &[]), "\"hi\"");
    let far = [&[0x3a, 0xff, 0xff][..], &[0; 8], &[1, 0, 1, 0], &[0, 0, 0]].concat();
    assert_eq!(written(Version::Biff5, &far, &[]), "'Macro 1'!$A$1");
    let exec = [0x17, 1, b'c', 0x42, 1, 110];
    assert_eq!(written(Version::Biff3, &exec, &[]), "EXEC(\"c\")");
    assert_eq!(written(Version::Biff2, &[0x17, 1, b'c', 0x58, 1, 118], &[]), "ALERT(\"c\")");
    assert_eq!(written(Version::Biff4, &[0x1e, 65, 0, 0x41, 111, 0], &[]), "CHAR(65)");
    let wide = [&[0x17, 1, 0, b'c', 0][..], &[0x44, 4, 0, 0, 0, 0, 0xc0], &[0x08]].concat();
    assert_eq!(written(Version::Biff12, &wide, &[]), "\"c\"&A5");
    assert_eq!(written(Version::Biff12, &[0x23, 1, 0, 0, 0], &[]), "Auto_Open");
}

#[test]
fn what_nobody_knows_keeps_what_came_before() {
    assert_eq!(biff8(&[&string("cmd")[..], &[0x7e, 1, 2]].concat()), "\"cmd\" ?7e");
    assert_eq!(biff8(&[0x80]), "?80");
    assert_eq!(biff8(&[0x08]), "?&?");
    assert_eq!(biff8(&[0x42, 9, 110, 0]), "EXEC()");
    assert_eq!(biff8(&[]), "");
}

#[test]
fn shared_formulas_are_told_apart() {
    assert_eq!(leads_to(&[0x01, 2, 0, 3, 0], Version::Biff8), Some(Place { row: 2, column: 3 }));
    assert_eq!(leads_to(&[0x1e, 2, 0], Version::Biff8), None);
}

#[test]
fn deep_and_long_formulas_end() {
    let groups = [&[0x1e, 1, 0][..], &[0x15; 30_000]].concat();
    assert!(biff8(&groups).len() <= 60_010);
    let joined = [0x17, 1, 0, b'x'].repeat(5_000);
    assert!(biff8(&[&joined[..], &[0x08; 4_999]].concat()).starts_with("\"x\"&\"x\""));
    let long = string(&"y".repeat(200)).repeat(160);
    assert!(biff8(&long).len() <= MOST_TEXT + 300);
}

#[test]
fn no_cut_and_no_flipped_bit_panics() {
    let tokens = [
        &string("cmd")[..],
        &[0x24, 0, 0, 0, 0, 0x3a, 0, 0, 0, 0, 0, 0, 0x19, 0x04, 1, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 0, 0, 0],
        &[0x39, 3, 0, 1, 0, 0, 0, 0x42, 3, 110, 0, 0x26, 0, 0, 0, 0, 2, 0, 0x18, 0x1d, 0, 0, 0, 0],
    ]
    .concat();
    let versions =
        [Version::Biff2, Version::Biff3, Version::Biff4, Version::Biff5, Version::Biff8, Version::Biff12];
    for version in versions {
        for length in 0..tokens.len() {
            written(version, &tokens[..length], &[1, 0, 0, 2]);
        }
        for at in 0..tokens.len() * 8 {
            let mut bad = tokens.clone();
            bad[at / 8] ^= 1 << (at % 8);
            written(version, &bad, &[0xff; 40]);
        }
    }
}
