//! Macros of Word 6.0 and 95: a `WordDocument` stream whose table of commands names them, in the codes of WordBasic.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The macros of a document.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Macros {
    /// What every byte of the macros is mixed with, as "execute only" leaves them.
    pub key: u8,
    /// Sources by name: words, numbers and quoted texts, apart from each other by blanks.
    pub sources: BTreeMap<String, String>,
}

/// Words that have a code of their own; others are names.
const WORDS: &[(&str, &[u8])] = &[
    ("=", &[0x0c]),
    ("+", &[0x07]),
    (",", &[0x12]),
    ("(", &[0x05]),
    (")", &[0x06]),
    ("End", &[0x1a]),
    ("Sub", &[0x1b]),
    ("If", &[0x1d]),
    ("Then", &[0x1e]),
    ("FileSaveAs", &[0x67, 0x54, 0]),
    ("ToolsOptionsSave", &[0x67, 0xd1, 0]),
    ("FileName$", &[0x67, 0x25, 0x80]),
    ("MsgBox", &[0x67, 0x2b, 0x80]),
    ("Shell", &[0x67, 0x2d, 0x80]),
    ("Environ$", &[0x67, 0xee, 0x80]),
    ("Insert", &[0x67, 0x12, 0x80]),
    ("MacroCopy", &[0x67, 0xc2, 0x80]),
    (".GlobalDotPrompt", &[0x73, 0xac, 0x03]),
];

/// The stream: header, text in one run, macros, table.
pub fn document(text: &str, macros: &Macros) -> Vec<u8> {
    let mut out = vec![0; 0x800];
    out[..4].copy_from_slice(&[0xdc, 0xa5, 0x68, 0]);
    out[0x18..0x1c].copy_from_slice(&long(0x800));
    out.extend(text.bytes());
    let end = long(out.len());
    out[0x1c..0x20].copy_from_slice(&end);
    let mut list = [&[0xff, 1][..], &short(macros.sources.len())].concat();
    let mut names = [&[0x11][..], &short(macros.sources.len())].concat();
    for (number, (name, source)) in macros.sources.iter().enumerate() {
        let codes = codes(source);
        list.extend([&[0x55, macros.key][..], &short(number), &short(number), &[0xff; 6]].concat());
        list.extend([long(codes.len()), long(0), long(out.len())].concat());
        out.extend(codes.iter().map(|byte| byte ^ macros.key));
        names.extend([&short(number)[..], &counted(name), &[0]].concat());
    }
    let table = [list, names, vec![0x40]].concat();
    let place = long(out.len());
    out[0x118..0x11c].copy_from_slice(&place);
    out[0x11c..0x120].copy_from_slice(&long(table.len()));
    out.extend(table);
    out
}

fn codes(source: &str) -> Vec<u8> {
    let mut out = vec![1, 0];
    for line in source.trim().lines() {
        // Every other piece stands between quotation marks.
        for (index, piece) in line.split('"').enumerate() {
            if index % 2 == 1 {
                out.extend([vec![0x6a], counted(piece)].concat());
                continue;
            }
            for word in piece.split_whitespace() {
                match (WORDS.iter().find(|(known, _)| *known == word), word.parse::<u16>()) {
                    (Some((_, code)), _) => out.extend(*code),
                    (None, Ok(number)) => out.extend([&[0x6c][..], &number.to_le_bytes()].concat()),
                    (None, Err(_)) => out.extend([vec![0x69], counted(word)].concat()),
                }
            }
        }
        out.push(0x64);
    }
    out
}

fn counted(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap().to_le_bytes()
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_le_bytes()
}
