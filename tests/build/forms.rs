//! UserForms and the state of ActiveX controls (MS-OFORMS): the places where programs keep long strings.

use super::ole::Stream;
use super::vba::wide;
use serde::Deserialize;

/// A form and its text boxes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Form {
    pub name: String,
    pub caption: String,
    pub controls: Vec<Control>,
}

/// A text box: its name, what stands in it, and its tag.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Control {
    pub name: String,
    pub text: String,
    pub tag: String,
}

impl Form {
    /// The streams of the form's storage.
    pub fn streams(&self, storage: &str) -> Vec<Stream> {
        let texts: Vec<Vec<u8>> = self.controls.iter().map(|control| text_box(&control.text)).collect();
        let frame = format!(
            "VERSION 5.00\r\nBegin {{C62A69F0-16DC-11CE-9E98-00AA00574A4F}} {} \r\n   Caption         =   \"{}\"\r\n   ClientHeight    =   3015\r\n   ClientWidth     =   4560\r\nEnd\r\n",
            self.name, self.caption
        );
        let frame = encoding_rs::SHIFT_JIS.encode(&frame).0.into_owned();
        vec![
            (format!("{storage}/f"), self.form(&texts)),
            (format!("{storage}/o"), texts.concat()),
            (format!("{storage}/\u{3}VBFrame"), frame),
        ]
    }

    /// MS-OFORMS 2.2.10: FormControl with its sites.
    fn form(&self, texts: &[Vec<u8>]) -> Vec<u8> {
        let mut sites = Vec::new();
        for _ in &self.controls {
            sites.extend([0, 1]);
        }
        sites.resize(sites.len().next_multiple_of(4), 0);
        for (id, (control, text)) in self.controls.iter().zip(texts).enumerate() {
            sites.extend(site(id, control, text.len()));
        }
        let mut out = vec![0, 4];
        let sizes: Vec<u8> = [8043_u32, 5318, 8043, 5318].iter().flat_map(|n| n.to_le_bytes()).collect();
        out.extend(u16::try_from(4 + sizes.len()).unwrap().to_le_bytes());
        out.extend(0x0000_0c00_u32.to_le_bytes());
        out.extend(sizes);
        out.extend([0, 0]);
        out.extend(u32::try_from(self.controls.len()).unwrap().to_le_bytes());
        out.extend(u32::try_from(sites.len()).unwrap().to_le_bytes());
        out.extend(sites);
        out
    }
}

/// MS-OFORMS 2.2.10.12: OleSiteConcrete with name, tag, id, size in `o` and class (23 is a text box).
fn site(id: usize, control: &Control, size: usize) -> Vec<u8> {
    let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let mut data = Vec::new();
    data.extend(number(control.name.len() | COMPRESSED));
    data.extend(number(control.tag.len() | COMPRESSED));
    data.extend(number(id + 1));
    data.extend(number(size));
    data.extend(u16::try_from(id).unwrap().to_le_bytes());
    data.extend(23_u16.to_le_bytes());
    for text in [&control.name, &control.tag] {
        assert!(text.is_ascii(), "names and tags are ASCII");
        data.extend(text.bytes());
        data.resize(data.len().next_multiple_of(4), 0);
    }
    data.extend([0; 8]);
    let mut out = vec![0, 0];
    out.extend(u16::try_from(4 + data.len()).unwrap().to_le_bytes());
    out.extend(0x0000_01e7_u32.to_le_bytes());
    out.extend(data);
    out
}

/// MS-OFORMS 2.4.14: the count of bytes says by its highest bit that a string has one byte a character.
const COMPRESSED: usize = 0x8000_0000;

/// MS-OFORMS 2.2.5: MorphDataControl of a text box with this value.
pub fn text_box(text: &str) -> Vec<u8> {
    let (value, count) = if text.is_ascii() {
        (text.as_bytes().to_vec(), text.len() | COMPRESSED)
    } else {
        (wide(text), text.encode_utf16().count() * 2)
    };
    let mut data = 0x2c80_081b_u32.to_le_bytes().to_vec();
    data.extend(u32::try_from(count).unwrap().to_le_bytes());
    data.extend(8043_u32.to_le_bytes());
    data.extend(2117_u32.to_le_bytes());
    data.extend(value);
    data.resize(data.len().next_multiple_of(4), 0);
    let mut out = vec![0, 2];
    out.extend(u16::try_from((8 + data.len()) & 0xffff).unwrap().to_le_bytes());
    out.extend((1_u64 | 1 << 8 | 1 << 22).to_le_bytes());
    out.extend(data);
    out.extend(
        b"\x00\x02\x18\x00\x35\x00\x00\x00\x06\x00\x00\x80\xa5\x00\x00\x00\x80\x02\x00\x00Tahoma\x00\x00",
    );
    out
}
