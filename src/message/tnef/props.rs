//! Properties as the envelope writes them (MS-OXTNEF 2.1.3.4): a count, then number, type and value of each, padded to
//! four bytes.

use crate::artifact::Opened;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use crate::message::mapi::{BINARY, OBJECT, Properties, Property, STRING8, UNICODE};

/// Marks a type of several values (MS-OXCDATA 2.11.1).
const SEVERAL: u16 = 0x1000;

/// Types of fixed length and their lengths with padding.
const LENGTHS: &[(u16, usize)] = &[
    (0x0001, 4),
    (0x0002, 4),
    (0x0003, 4),
    (0x0004, 4),
    (0x0005, 8),
    (0x0006, 8),
    (0x0007, 8),
    (0x000a, 4),
    (0x000b, 4),
    (0x0014, 8),
    (0x0040, 8),
    (0x0048, 16),
];

/// Reads the properties of an attribute.
///
/// # Errors
/// A spent limit.
pub(super) fn read(
    data: &[u8],
    properties: &mut Properties,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let mut reader = Reader::new(data);
    if !read_list(&mut reader, properties, budget)? {
        out.broke("tnef-properties", format!("at byte {} of {}", reader.position(), data.len()));
        out.missed("damaged", "a list of properties is cut");
    }
    Ok(())
}

/// Reads a list of properties; answers whether it is whole.
///
/// # Errors
/// A spent limit.
pub(super) fn read_list(
    reader: &mut Reader<'_>,
    properties: &mut Properties,
    budget: &mut Budget,
) -> Result<bool, Stop> {
    let Some(count) = reader.u32() else { return Ok(false) };
    for _ in 0..count {
        budget.tick()?;
        let Some((id, kind)) = head(reader) else { return Ok(false) };
        let Some(value) = value(reader, kind) else { return Ok(false) };
        if Property::is_read(id) && kind & SEVERAL == 0 {
            let mut bytes = value.bytes;
            let mut decoded = budget.read(&mut bytes);
            decoded.broken = value.is_cut.then(|| "the property is cut".into());
            let stop = decoded.stop;
            let has_room = properties.add(Property { id, kind, value: decoded });
            stop.map_or(Ok(()), Err)?;
            if !has_room {
                return Ok(false);
            }
        }
        if value.is_cut {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The number and the type of the next property; the name of a named one is stepped over.
fn head(reader: &mut Reader<'_>) -> Option<(u16, u16)> {
    let (kind, id) = (reader.u16()?, reader.u16()?);
    if id >= 0x8000 {
        reader.skip(16)?;
        if reader.u32()? == 0 {
            reader.skip(4)?;
        } else {
            let length = usize::try_from(reader.u32()?).ok()?;
            reader.skip(length.checked_next_multiple_of(4)?)?;
        }
    }
    Some((id, kind))
}

/// The bytes of one value.
struct Value<'a> {
    bytes: &'a [u8],
    is_cut: bool,
}

/// The value of a property of that type, or the last where there are several; `None` where the type is unknown.
fn value<'a>(reader: &mut Reader<'a>, kind: u16) -> Option<Value<'a>> {
    let single = kind & !SEVERAL;
    let is_variable = matches!(single, OBJECT | STRING8 | UNICODE | BINARY);
    let count = if is_variable || kind != single { reader.u32()? } else { 1 };
    let mut last = Value { bytes: &[], is_cut: false };
    for _ in 0..count {
        last = if is_variable { variable(reader)? } else { fixed(reader, single)? };
        if last.is_cut {
            break;
        }
    }
    Some(last)
}

fn fixed<'a>(reader: &mut Reader<'a>, kind: u16) -> Option<Value<'a>> {
    let (_, length) = LENGTHS.iter().find(|(known, _)| *known == kind)?;
    Some(Value { bytes: reader.take(*length)?, is_cut: false })
}

fn variable<'a>(reader: &mut Reader<'a>) -> Option<Value<'a>> {
    let length = usize::try_from(reader.u32()?).ok()?;
    let bytes = reader.take_up_to(length);
    // The padding of the very last value is not always written.
    reader.take_up_to(length.next_multiple_of(4) - length);
    Some(Value { bytes, is_cut: bytes.len() < length })
}
