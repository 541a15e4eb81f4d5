//! Fonts, number formats, the palette and the formats of cells (MS-XLS 2.4.122, 2.4.126, 2.4.188, 2.4.353; before BIFF8
//! the OpenOffice.org documentation), for what they hide.

use super::records::Record;
use crate::bytes::Reader;
use crate::document::excel::formula::{Version, short_string};
use crate::document::excel::styles::{Colour, Parts, Styles};
use crate::text;

/// What was read of the styles.
#[derive(Debug, Default)]
pub(super) struct Formats {
    parts: Parts,
    /// Numbers of colours: of the letters of each font.
    fonts: Vec<u16>,
    /// Number format, font and fill of each format of cells.
    cells: Vec<(u16, u16, Fill)>,
    /// The palette, which begins with the eighth colour.
    palette: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Fill {
    pattern: u8,
    colour: u16,
}

/// Fonts and formats that are kept; Excel takes fewer.
const MOST: usize = 66_000;
/// The palette begins here.
const PALETTE: u16 = 8;
/// There is no font of this number.
const NO_FONT: u16 = 4;

impl Formats {
    pub(super) fn take(&mut self, record: &Record, version: Version) {
        if version >= Version::Biff5 {
            self.read(record, version).unwrap_or_default();
        }
    }

    fn read(&mut self, record: &Record, version: Version) -> Option<()> {
        let mut reader = record.reader();
        match record.id {
            0x0031 if self.fonts.len() < MOST => {
                reader.skip(4)?;
                self.fonts.push(reader.u16()?);
            }
            0x041e => {
                let number = reader.u16()?;
                let code = if version == Version::Biff8 {
                    let length = reader.u16()?.into();
                    short_string(&mut reader, length)?
                } else {
                    let length = reader.u8()?.into();
                    text::code_page(0, reader.take_up_to(length))
                };
                self.parts.number_format(number.into(), &code);
            }
            0x0092 => {
                let count = reader.u16()?;
                for _ in 0..count.min(256) {
                    let [red, green, blue, _] = reader.array()?;
                    self.palette.push(u32::from_be_bytes([0, red, green, blue]));
                }
            }
            0x00e0 if self.cells.len() < MOST => {
                let (font, number_format) = (reader.u16()?, reader.u16()?);
                self.cells.push((number_format, font, fill(&mut reader, version)?));
            }
            _ => {}
        }
        Some(())
    }

    pub(super) fn done(self) -> Styles {
        let mut parts = self.parts;
        let colour = |number: u16| {
            let told = number.checked_sub(PALETTE).and_then(|at| self.palette.get(usize::from(at)));
            told.map_or_else(|| Colour::indexed(number.into()), |rgb| Colour::Rgb(*rgb))
        };
        for (number_format, font, fill) in self.cells {
            let at = if font > NO_FONT { font - 1 } else { font };
            const AUTOMATIC: u16 = 0x7fff;
            let letters = match self.fonts.get(usize::from(at)) {
                None | Some(&AUTOMATIC) => Colour::BLACK,
                Some(number) => colour(*number),
            };
            let behind = match fill.pattern {
                0 => Colour::WHITE,
                1 => colour(fill.colour),
                _ => Colour::Unknown,
            };
            parts.cell_of(number_format.into(), letters, behind);
        }
        parts.done()
    }
}

/// Pattern and foreground of a format of cells, behind the numbers of font and number format.
fn fill(reader: &mut Reader, version: Version) -> Option<Fill> {
    reader.skip(4)?;
    if version == Version::Biff8 {
        reader.skip(2 + 4)?;
        let borders = reader.u32()?;
        let colours = reader.u16()?;
        return Some(Fill { pattern: u8::try_from(borders >> 26).ok()?, colour: colours & 0x7f });
    }
    let area = reader.u32()?;
    let (pattern, colour) = (area >> 16 & 0x3f, area & 0x7f);
    Some(Fill { pattern: u8::try_from(pattern).ok()?, colour: u16::try_from(colour).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::excel::unseen::Why;

    fn read(records: &[(u16, Vec<u8>)], version: Version) -> Styles {
        let mut formats = Formats::default();
        for (id, data) in records {
            formats.take(&Record { id: *id, data, more: Vec::new(), offset: 0, count: 0 }, version);
        }
        formats.done()
    }

    fn font(colour: u8) -> (u16, Vec<u8>) {
        (0x0031, vec![200, 0, 0, 0, colour, 0, 0x90, 1])
    }

    fn cell(font: u8, format: u8, pattern: u8, fore: u8) -> (u16, Vec<u8>) {
        let head = [font, 0, format, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        (0x00e0, [&head[..], &[0, 0, 0, pattern << 2, fore, 0]].concat())
    }

    #[test]
    fn white_letters_and_blank_formats_hide() {
        let blank = (0x041e, vec![164, 0, 3, 0, 0, b';', b';', b';']);
        let fonts = [font(8), font(9), font(8), font(8), font(20)];
        let mut records = fonts.to_vec();
        records.push(blank);
        records.extend([
            cell(0, 0, 0, 64),
            cell(1, 0, 0, 64),
            cell(1, 0, 1, 20),
            cell(5, 0, 1, 20),
            cell(0, 164, 0, 64),
        ]);
        let styles = read(&records, Version::Biff8);
        let told: Vec<_> = (0..6).map(|number| styles.why(number)).collect();
        assert_eq!(told, [None, Some(Why::Colour), None, Some(Why::Colour), Some(Why::Format), None]);
        // The palette makes the ninth colour black, and the twentieth white.
        let mut palette = vec![13, 0];
        for number in 8..=20 {
            palette.extend(if number == 20 { [255, 255, 255, 0] } else { [0; 4] });
        }
        records.push((0x0092, palette));
        let styles = read(&records, Version::Biff8);
        assert_eq!((styles.why(1), styles.why(2)), (None, None));
    }

    #[test]
    fn the_old_layout_is_read_and_cuts_do_no_harm() {
        let old = |font: u8, pattern: u8, fore: u8| {
            (0x00e0, vec![font, 0, 0, 0, 0, 0, 0, 0, fore, 0, pattern, 0, 0, 0, 0, 0])
        };
        let records = [font(8), font(9), old(0, 0, 0), old(1, 0, 0), old(1, 1, 12)];
        let styles = read(&records, Version::Biff5);
        assert_eq!([0, 1, 2].map(|number| styles.why(number)), [None, Some(Why::Colour), None]);
        for (id, data) in &records {
            for length in 0..data.len() {
                read(&[(*id, data[..length].to_vec())], Version::Biff5);
                read(&[(*id, data[..length].to_vec())], Version::Biff8);
            }
        }
    }
}
