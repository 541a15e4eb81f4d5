//! The `f` stream of a form (MS-OFORMS 2.2.10): the form's own properties and the sites of its controls.

use super::class::{FORM, SITE};
use super::record::Record;
use crate::bytes::Reader;

/// A form and the sites of its controls.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// The form's own record.
    pub(super) caption: String,
    /// Its controls in their order, which is also that of their data in `o`.
    pub(super) sites: Vec<Record>,
    /// Whether all of it could be read as the specification says.
    pub(super) whole: bool,
}

/// Controls of one form that are read; Office stops before.
const MOST_SITES: u32 = 4096;
/// FORM_FLAG_DONTSAVECLASSTABLE (2.2.10.3).
const NO_CLASS_TABLE: u32 = 1 << 15;
/// Bits of the form's mask for what follows its record.
const MOUSE_ICON: u32 = 15;
const FONT: u32 = 20;
const PICTURE: u32 = 21;

impl Sheet {
    /// Reads as much of an `f` stream as fits.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut sheet = Self::default();
        if let Some(form) = Record::read(bytes, &FORM) {
            sheet.caption = form.text("Caption").unwrap_or_default().to_string();
            sheet.whole = sheet.fill(bytes, &form).is_some() && form.whole;
        }
        sheet
    }

    fn fill(&mut self, bytes: &[u8], form: &Record) -> Option<()> {
        let mut reader = Reader::at(bytes, form.length)?;
        if form.has(MOUSE_ICON) {
            picture(&mut reader)?;
        }
        if form.has(FONT) {
            font(&mut reader)?;
        }
        if form.has(PICTURE) {
            picture(&mut reader)?;
        }
        if form.number("flags").unwrap_or(0) & NO_CLASS_TABLE == 0 {
            for _ in 0..reader.u16()? {
                reader.skip(2)?;
                let length = reader.u16()?;
                reader.skip(usize::from(length))?;
            }
        }
        let count = reader.u32()?;
        reader.skip(4)?;
        depths(&mut reader, count)?;
        for _ in 0..count.min(MOST_SITES) {
            let site = Record::read(reader.rest(), &SITE)?;
            let length = site.length;
            self.sites.push(site);
            reader.skip(length)?;
        }
        Some(())
    }
}

/// 2.2.10.7: depth and type of every site, with runs counted; padded to four.
fn depths(reader: &mut Reader, count: u32) -> Option<()> {
    let start = reader.position();
    let mut left = count;
    while left > 0 {
        reader.skip(1)?;
        let kind = reader.u8()?;
        let run = if kind & 0x80 == 0 { 1 } else { u32::from(kind & 0x7f) };
        if kind & 0x80 != 0 {
            reader.skip(1)?;
        }
        left = left.saturating_sub(run.max(1));
    }
    let past = (reader.position() - start) % 4;
    if past == 0 { Some(()) } else { reader.skip(4 - past) }
}

/// 2.4.8: a picture behind its class.
fn picture(reader: &mut Reader) -> Option<()> {
    reader.skip(20)?;
    let length = reader.u32()?;
    reader.skip(usize::try_from(length).ok()?)
}

/// 2.4.7: a font behind its class, in one of two forms.
fn font(reader: &mut Reader) -> Option<()> {
    let class: [u8; 16] = reader.array()?;
    if class.starts_with(&[0x03, 0x52, 0xe3, 0x0b]) {
        reader.skip(10)?;
        let length = reader.u8()?;
        return reader.skip(usize::from(length));
    }
    reader.skip(2)?;
    let length = reader.u16()?;
    reader.skip(usize::from(length))
}
