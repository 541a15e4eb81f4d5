//! The lines of compiled code in a module's stream, and the names of procedures they point to. In no specification:
//! a mark 0xCAFE, a number, a count, twelve bytes a line of which bytes 4 and 5 are its length and bytes 8 to 11 its
//! place, ten bytes, then the code. VBA 3 has the length in bytes 6 and 7, the place in
//! bytes 10 and 11, and eight bytes before the code.

use super::names::{Names, VBA_6};
use super::vba_3;
use crate::bytes::Reader;

/// The compiled code of a module.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    table: &'a [[u8; 12]],
    code: &'a [u8],
    /// The table that declarations of procedures point into.
    declared: &'a [u8],
    /// What procedures of libraries are: the library and the name there.
    libraries: &'a [u8],
    shape: Shape,
}

/// What differs between the versions: where a line has its length, how much stands before the code, where a
/// declaration has its name, and where its place among those of libraries.
#[derive(Clone, Copy, Debug)]
struct Shape {
    length: usize,
    before_code: usize,
    name: usize,
    library: usize,
    has_short_places: bool,
}

const VBA_3: Shape =
    Shape { length: 6, before_code: 8, name: 4, library: usize::MAX, has_short_places: true };
const VBA_5: Shape = Shape { length: 4, before_code: 10, name: 2, library: 44, has_short_places: false };
const VBA_6_NARROW: Shape = Shape { library: 48, ..VBA_5 };
const VBA_6_WIDE: Shape = Shape { library: 64, ..VBA_5 };

impl Shape {
    fn of(names: &Names) -> Self {
        match (names.is_vba_3, names.version >= VBA_6, names.is_64_bit) {
            (true, ..) => VBA_3,
            (_, false, _) => VBA_5,
            (.., false) => VBA_6_NARROW,
            (.., true) => VBA_6_WIDE,
        }
    }
}

impl<'a> Lines<'a> {
    /// Finds the last table of lines that is all there.
    pub(super) fn find(cache: &'a [u8], names: &Names) -> Option<Self> {
        let shape = Shape::of(names);
        let found =
            memchr::memmem::rfind_iter(cache, &[0xfe, 0xca]).find_map(|at| Self::at(cache, at, shape));
        let found = found.filter(|lines| lines.filled() > 0)?;
        let (libraries, declared) = match names.is_vba_3 {
            true => vba_3::blocks(cache),
            false => (block_at(cache).unwrap_or_default(), declared(cache, names).unwrap_or_default()),
        };
        Some(Self { declared, libraries, ..found })
    }

    fn at(cache: &'a [u8], at: usize, shape: Shape) -> Option<Self> {
        let mut reader = Reader::at(cache, at)?;
        reader.skip(4)?;
        let count = usize::from(reader.u16()?);
        let (table, _) = reader.take(count.checked_mul(12)?)?.as_chunks::<12>();
        let code = reader.rest().get(shape.before_code..).unwrap_or_default();
        Some(Self { table, code, declared: &[], libraries: &[], shape })
    }

    /// How many lines are not empty.
    pub(super) fn filled(&self) -> usize {
        self.table.iter().filter(|line| self.length(line) > 0).count()
    }

    /// The code of every line, in order; empty where there is none at its place.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        let code = self.code;
        self.table.iter().filter(|line| self.length(line) > 0).map(move |line| {
            let rest = self.place(line).and_then(|at| code.get(at..)).unwrap_or_default();
            rest.get(..self.length(line)).unwrap_or(rest)
        })
    }

    /// The number of the name of a procedure whose declaration stands at that place.
    pub(super) fn declared(&self, place: u32) -> Option<u16> {
        let at = usize::try_from(place).ok()?.checked_add(self.shape.name)?;
        Reader::at(self.declared, at)?.u16()
    }

    /// Everything that is declared and not written in a module of VBA 3.
    pub(super) fn libraries_of_vba_3(&self) -> Vec<(u16, &'a [u8])> {
        if self.shape.has_short_places { vba_3::libraries(self.libraries) } else { Vec::new() }
    }

    /// The number of the library and the name there of a procedure that is declared and not written.
    pub(super) fn library(&self, place: u32) -> Option<(u16, &'a [u8])> {
        let at = usize::try_from(place).ok()?.checked_add(self.shape.library)?;
        let entry = usize::from(Reader::at(self.declared, at)?.u16()?);
        let mut reader = Reader::at(self.libraries, entry)?;
        reader.skip(2)?;
        let (library, name) = (reader.u16()?, usize::from(reader.u16()?));
        // The name stands behind its entry; what points elsewhere is no declaration.
        let text = self.libraries.get(name..).filter(|_| name == entry + LIBRARY_ENTRY)?;
        Some((library, name_in_library(text)?))
    }

    fn place(&self, line: &[u8; 12]) -> Option<usize> {
        let [.., a, b, c, d] = *line;
        let place = if self.shape.has_short_places { [c, d, 0, 0] } else { [a, b, c, d] };
        usize::try_from(u32::from_le_bytes(place)).ok()
    }

    fn length(&self, line: &[u8; 12]) -> usize {
        let length = Reader::at(line, self.shape.length).and_then(|mut reader| reader.u16());
        usize::from(length.unwrap_or_default())
    }
}

/// How the first block of a module begins, before its size: that of libraries.
pub(super) const FIRST: [u8; 4] = [0xff, 0xff, 1, 1];
/// Bytes of an entry of libraries before the name.
const LIBRARY_ENTRY: usize = 0x14;

/// The name of a procedure in its library, at the beginning of a text.
pub(super) fn name_in_library(text: &[u8]) -> Option<&[u8]> {
    let (name, _) = text.split_at_checked(memchr::memchr(0, text)?)?;
    let is_name = |byte: &u8| byte.is_ascii_graphic() || *byte > 0x7f;
    (!name.is_empty() && name.iter().all(is_name)).then_some(name)
}

/// The first block with content that begins as libraries do.
pub(super) fn block_at(cache: &[u8]) -> Option<&[u8]> {
    memchr::memmem::find_iter(cache, &FIRST).find_map(|at| {
        let mut reader = Reader::at(cache, at + FIRST.len())?;
        let length = usize::try_from(reader.u32()?).ok()?;
        reader.take(length).filter(|bytes| !bytes.is_empty())
    })
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
