//! Word files: `.doc` (MS-DOC) with a header that says where its text is, macros, and controls of the object pool.

use super::forms;
use super::ole::{self, Damage};
use super::vba::{Project, wide};
use super::wordbasic::{self, Macros};
use serde::Deserialize;

/// A `.doc` as a recipe gives it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Doc {
    pub text: String,
    pub vba: Option<Project>,
    /// Macros of Word 95, which make the document one of that version.
    pub wordbasic: Option<Macros>,
    /// Text of ActiveX text boxes: `ObjectPool/_1600000001/contents` and on.
    pub controls: Vec<String>,
    pub damage: Damage,
}

impl Doc {
    pub fn bytes(&self) -> Vec<u8> {
        let text = self.text.trim_start_matches('\n').replace('\n', "\r") + "\r";
        let main = match &self.wordbasic {
            Some(macros) => wordbasic::document(&text, macros),
            None => document(&text),
        };
        let mut streams = vec![
            ("WordDocument".to_string(), main),
            ("1Table".to_string(), pieces(&text)),
            ("\u{1}CompObj".to_string(), comp_obj()),
        ];
        if let Some(project) = &self.vba {
            streams.extend(project.streams("Macros"));
        }
        for (index, control) in self.controls.iter().enumerate() {
            let storage = format!("ObjectPool/_{}", 1_600_000_001 + index);
            streams.push((format!("{storage}/contents"), forms::text_box(control)));
            streams.push((format!("{storage}/\u{3}OCXNAME"), wide(&format!("TextBox{}\0", index + 1))));
            streams.push((format!("{storage}/\u{3}ObjInfo"), vec![0x40, 0, 3, 0, 4, 0]));
        }
        ole::compound(ole::class("00020906-0000-0000-C000-000000000046"), &streams, self.damage)
    }
}

/// Where the text starts in the document stream.
const TEXT: u32 = 0x0800;

/// MS-DOC 2.5.1: the FIB of Word 97, and the text as UTF-16.
fn document(text: &str) -> Vec<u8> {
    let units = u32::try_from(text.encode_utf16().count()).unwrap();
    let mut fib = Vec::new();
    for short in [0xa5ec_u16, 0x00c1, 0, 0x0411, 0, 0x1200, 0x00bf, 0, 0, 0, 0, 0] {
        fib.extend(short.to_le_bytes());
    }
    fib.extend(TEXT.to_le_bytes());
    fib.extend((TEXT + 2 * units).to_le_bytes());
    fib.extend(0x0e_u16.to_le_bytes());
    fib.extend([0; 28]);
    fib.extend(0x16_u16.to_le_bytes());
    let end = TEXT + 2 * units;
    for place in 0..22 {
        let value = match place {
            0 => end,
            3 => units,
            _ => 0,
        };
        fib.extend(value.to_le_bytes());
    }
    fib.extend(0x5d_u16.to_le_bytes());
    for place in 0..0x5d {
        let (offset, length) = if place == 33 { (0_u32, 21_u32) } else { (0, 0) };
        fib.extend(offset.to_le_bytes());
        fib.extend(length.to_le_bytes());
    }
    fib.extend([0, 0]);
    fib.resize(TEXT as usize, 0);
    fib.extend(wide(text));
    fib.resize(fib.len().max(4096), 0);
    fib
}

/// MS-DOC 2.8.35: the piece table, one piece.
fn pieces(text: &str) -> Vec<u8> {
    let units = u32::try_from(text.encode_utf16().count()).unwrap();
    let mut table = vec![2];
    for long in [16, 0, units] {
        table.extend(long.to_le_bytes());
    }
    table.extend([0, 0]);
    table.extend(TEXT.to_le_bytes());
    table.extend([0, 0]);
    table
}

fn comp_obj() -> Vec<u8> {
    let mut out = b"\x01\x00\xfe\xff\x03\x0a\x00\x00\xff\xff\xff\xff".to_vec();
    out.extend(ole::class("00020906-0000-0000-C000-000000000046"));
    for text in ["Microsoft Word 97-2003 Document", "MSWordDoc", "Word.Document.8"] {
        out.extend(u32::try_from(text.len() + 1).unwrap().to_le_bytes());
        out.extend(text.bytes());
        out.push(0);
    }
    out.extend(b"\xf4\x39\xb2\x71\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    out
}
