//! The styles of `.xlsb` workbooks, for what they hide.

use super::{Records, wide};
use crate::bytes::Reader;
use crate::document::excel::styles::{Colour, Parts, Styles};

/// The part that tells the styles (MS-XLSB 2.1.7.50): fonts, fills and number formats before the formats of cells.
pub(in crate::document::excel) fn styles(bytes: &[u8]) -> Styles {
    const CELLS: u32 = 617;
    const END_OF_CELLS: u32 = 618;
    let mut parts = Parts::default();
    let mut in_cells = false;
    let mut records = Records::new(bytes);
    while let Some((id, mut reader)) = records.next() {
        match id {
            CELLS => in_cells = true,
            END_OF_CELLS => break,
            _ => style(id, &mut reader, in_cells, &mut parts).unwrap_or_default(),
        }
    }
    parts.done()
}

fn style(id: u32, reader: &mut Reader, in_cells: bool, parts: &mut Parts) -> Option<()> {
    match id {
        44 => {
            let number = reader.u16()?;
            parts.number_format(number.into(), &wide(reader)?);
        }
        43 => {
            let mut read = || {
                reader.skip(12)?;
                colour(reader)
            };
            parts.font(read().unwrap_or(Colour::Unknown));
        }
        45 => {
            let fill = match reader.u32()? {
                0 => Colour::WHITE,
                1 => colour(reader).unwrap_or(Colour::Unknown),
                _ => Colour::Unknown,
            };
            parts.fill(fill);
        }
        47 if in_cells => {
            reader.skip(2)?;
            let (number_format, font, fill) = (reader.u16()?, reader.u16()?, reader.u16()?);
            parts.cell(number_format.into(), font.into(), fill.into());
        }
        _ => {}
    }
    Some(())
}

/// A colour (MS-XLSB 2.5.19): how it is told, its number, how much lighter or darker, red, green, blue.
fn colour(reader: &mut Reader) -> Option<Colour> {
    let (kind, number) = (reader.u8()? >> 1, reader.u8()?);
    let tint = reader.u16()?.cast_signed();
    let [red, green, blue, _] = reader.array()?;
    Some(match kind {
        0 => Colour::BLACK,
        1 => Colour::indexed(number.into()),
        2 => Colour::Rgb(u32::from_be_bytes([0, red, green, blue])),
        3 => Colour::theme(number.into(), tint.into()),
        _ => Colour::Unknown,
    })
}
