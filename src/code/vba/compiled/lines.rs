//! The lines of compiled code in a module's stream, and the names of procedures they point to. In no specification:
//! a mark 0xCAFE, a number, a count, twelve bytes a line of which bytes 4 and 5 are its length and bytes 8 to 11 its
//! place, ten bytes, then the code.

use super::names::{Names, VBA_6};
use crate::bytes::Reader;

/// The compiled code of a module.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    table: &'a [[u8; 12]],
    code: &'a [u8],
    /// The table that declarations of procedures point into.
    declared: &'a [u8],
}

impl<'a> Lines<'a> {
    /// Finds the last table of lines that is all there.
    pub(super) fn find(cache: &'a [u8], names: &Names) -> Option<Self> {
        let found = memchr::memmem::rfind_iter(cache, &[0xfe, 0xca]).find_map(|at| Self::at(cache, at));
        let found = found.filter(|lines| lines.filled() > 0)?;
        Some(Self { declared: declared(cache, names).unwrap_or_default(), ..found })
    }

    fn at(cache: &'a [u8], at: usize) -> Option<Self> {
        let mut reader = Reader::at(cache, at)?;
        reader.skip(4)?;
        let count = usize::from(reader.u16()?);
        let (table, _) = reader.take(count.checked_mul(12)?)?.as_chunks::<12>();
        Some(Self { table, code: reader.rest().get(10..).unwrap_or_default(), declared: &[] })
    }

    /// How many lines are not empty.
    pub(super) fn filled(&self) -> usize {
        self.table.iter().filter(|line| length(line) > 0).count()
    }

    /// The code of every line, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        let code = self.code;
        self.table.iter().filter(|line| length(line) > 0).filter_map(move |line| {
            let at = line.last_chunk::<4>().map(|place| u32::from_le_bytes(*place))?;
            let rest = code.get(usize::try_from(at).ok()?..)?;
            Some(rest.get(..length(line)).unwrap_or(rest))
        })
    }

    /// The number of the name of a procedure whose declaration stands at that place.
    pub(super) fn declared(&self, place: u32) -> Option<u16> {
        let at = usize::try_from(place).ok()?.checked_add(2)?;
        Reader::at(self.declared, at)?.u16()
    }
}

fn length(line: &[u8; 12]) -> usize {
    let [_, _, _, _, low, high, ..] = *line;
    usize::from(u16::from_le_bytes([low, high]))
}

/// The table of declarations: a size, then its bytes.
fn declared<'a>(cache: &'a [u8], names: &Names) -> Option<&'a [u8]> {
    let number = |at: usize| usize::try_from(Reader::at(cache, at)?.u32()?).ok();
    let at = if names.version >= VBA_6 {
        number(0x11)?.checked_add(if names.is_64_bit { 12 } else { 10 })?
    } else {
        // Five blocks of varying size stand before it in VBA 5.
        let mut reader = Reader::at(cache, 11)?;
        block(&mut reader)?;
        reader.skip(64)?;
        let count = usize::from(reader.u16()?);
        reader.skip(count.checked_mul(16)?)?;
        block(&mut reader)?;
        reader.skip(6)?;
        block(&mut reader)?;
        reader.skip(8)?;
        usize::try_from(reader.u32()?).ok()?.checked_add(10)?
    };
    let mut reader = Reader::at(cache, at)?;
    let length = usize::try_from(reader.u32()?).ok()?;
    Some(reader.take_up_to(length))
}

fn block(reader: &mut Reader) -> Option<()> {
    let length = usize::try_from(reader.u32()?).ok()?;
    reader.skip(length)
}
