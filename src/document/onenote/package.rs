//! The packaged store (MS-ONESTORE 2.8), as cloud services hand sections out: stream objects (MS-FSSHTTPB 2.2.1.5), one
//! behind the other, of which those are read that hold the data of objects or of files.

use super::{File, Store};
use crate::artifact::Opened;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};

/// Where the stream objects begin: four identifiers and four reserved bytes.
const START: usize = 68;

/// Object Data BLOB (2.2.1.12.8): a file.
const BLOB: u32 = 2;

/// Object Group Object Data (2.2.1.12.6.4): an object or a file.
const OBJECT: u32 = 0x16;

/// Reads all stream objects.
pub(super) fn read<'a>(bytes: &'a [u8], out: &mut Opened, budget: &Budget) -> Result<Store<'a>, Stop> {
    let mut store = Store::default();
    let Some(mut reader) = Reader::at(bytes, START) else { return Ok(store) };
    while !reader.is_empty() {
        budget.tick()?;
        match step(&mut reader) {
            Some(Step::Start(kind, body)) => take(kind, body, &mut store),
            Some(Step::End) => {}
            // The last end may be half of one.
            None if reader.rest().len() < 2 => break,
            None => {
                out.broke("onenote-package-cut", format!("at byte {}", reader.position()));
                break;
            }
        }
    }
    Ok(store)
}

/// The beginning of a stream object with its kind and its own data, or its end.
enum Step<'a> {
    Start(u32, &'a [u8]),
    End,
}

/// A header of 16 or 32 bits, or an end of 8 or 16 (2.2.1.5).
fn step<'a>(reader: &mut Reader<'a>) -> Option<Step<'a>> {
    let first = reader.rest().first().copied()?;
    match first & 3 {
        0 => {
            let header = u32::from(reader.u16()?);
            let body = reader.take(usize::try_from(header >> 9).ok()?)?;
            Some(Step::Start((header >> 3) & 0x3f, body))
        }
        2 => {
            let header = reader.u32()?;
            let short = header >> 17;
            let length = if short == 0x7fff { compact(reader)? } else { short.into() };
            let body = reader.take(usize::try_from(length).ok()?)?;
            Some(Step::Start((header >> 3) & 0x3fff, body))
        }
        1 => reader.u8().map(|_| Step::End),
        _ => reader.u16().map(|_| Step::End),
    }
}

fn take<'a>(kind: u32, body: &'a [u8], store: &mut Store<'a>) {
    let mut body = Reader::new(body);
    let data = match kind {
        BLOB => item(&mut body),
        OBJECT => references(&mut body).and_then(|()| item(&mut body)),
        _ => None,
    };
    let Some(data) = data.filter(|data| !data.is_empty()) else { return };
    if kind == BLOB {
        store.files.push(File { name: String::new(), bytes: data });
    } else {
        let _name = store.page.take(data);
    }
}

/// The objects and cells that an object refers to.
fn references(reader: &mut Reader) -> Option<()> {
    for _ in 0..compact(reader)? {
        extended(reader)?;
    }
    for _ in 0..compact(reader)? {
        extended(reader)?;
        extended(reader)?;
    }
    Some(())
}

/// An extended identifier (2.2.1.7): a number of one to five bytes, and sixteen more unless it is null.
fn extended(reader: &mut Reader) -> Option<()> {
    let first = reader.u8()?;
    let more = match first {
        0 => return Some(()),
        first if first & 7 == 4 => 0,
        first if first & 0x3f == 0x20 => 1,
        first if first & 0x7f == 0x40 => 2,
        0x80 => 4,
        _ => return None,
    };
    reader.skip(more + 16)
}

/// A binary item (2.2.1.3): bytes behind their count.
fn item<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = compact(reader)?;
    Some(reader.take_up_to(usize::try_from(length).ok()?))
}

/// A compact integer (2.2.1.1): the lowest bit set in its first byte says how many bytes it has.
fn compact(reader: &mut Reader) -> Option<u64> {
    let first = reader.rest().first().copied()?;
    if first == 0 {
        return reader.u8().map(u64::from);
    }
    let width = first.trailing_zeros() + 1;
    if width == 8 {
        reader.skip(1)?;
        return reader.u64();
    }
    let bytes = reader.take(usize::try_from(width).ok()?)?;
    let value = bytes.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    Some(value >> width)
}
