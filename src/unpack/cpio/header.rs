//! The headers of all forms of cpio.

use crate::bytes::Reader;

/// What a header tells of its member.
pub(super) struct Header<'a> {
    pub(super) name: &'a [u8],
    pub(super) mode: u32,
    pub(super) links: u32,
    pub(super) size: u64,
    /// The sum of the bytes, in the form that has one.
    pub(super) sum: Option<u32>,
    /// Bytes that fill up the data.
    pub(super) filler: usize,
}

/// What a form starts with, and its reader.
type Form = (&'static [u8], for<'a> fn(&mut Reader<'a>) -> Option<Header<'a>>);

/// The forms. A `07070` begins three of them, so that these are found together.
const FORMS: &[Form] = &[
    (b"070701", |reader| hexadecimal(reader, false)),
    (b"070702", |reader| hexadecimal(reader, true)),
    (b"070707", octal),
    (b"\xc7\x71", |reader| binary(reader, u16::from_le_bytes)),
    (b"\x71\xc7", |reader| binary(reader, u16::from_be_bytes)),
];

impl<'a> Header<'a> {
    /// The header at the reader, which then stands at the data; the reader does not move where there is none.
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let (_, read) = FORMS.iter().find(|(mark, _)| reader.rest().starts_with(mark))?;
        let mut fields = *reader;
        let header = read(&mut fields)?;
        *reader = fields;
        Some(header)
    }
}

/// How many bytes stand before the next header that is one; all, if none follows. The old binary form has too short a
/// mark to be looked for.
pub(super) fn to_next(rest: &[u8]) -> usize {
    memchr::memmem::find_iter(rest, b"07070")
        .filter(|at| *at > 0)
        .find(|at| Reader::at(rest, *at).is_some_and(|mut reader| Header::read(&mut reader).is_some()))
        .unwrap_or(rest.len())
}

/// Thirteen numbers of eight digits behind the mark; name and data are filled up to groups of four.
fn hexadecimal<'a>(reader: &mut Reader<'a>, has_sum: bool) -> Option<Header<'a>> {
    reader.skip(6)?;
    let mut fields = [0u32; 13];
    for field in &mut fields {
        *field = u32::try_from(number(reader.take(8)?, 16)?).ok()?;
    }
    let [_, mode, _, _, links, _, size, _, _, _, _, name_size, sum] = fields;
    let name = name(reader, u64::from(name_size))?;
    let _filler = reader.take_up_to(filler(110 + u64::from(name_size), 4));
    let sum = has_sum.then_some(sum);
    Some(Header { name, mode, links, size: size.into(), sum, filler: filler(size.into(), 4) })
}

/// Numbers of six digits, but for time and size, which have eleven.
fn octal<'a>(reader: &mut Reader<'a>) -> Option<Header<'a>> {
    reader.skip(6 + 12)?;
    let mode = u32::try_from(number(reader.take(6)?, 8)?).ok()?;
    reader.skip(12)?;
    let links = u32::try_from(number(reader.take(6)?, 8)?).ok()?;
    reader.skip(6 + 11)?;
    let name_size = number(reader.take(6)?, 8)?;
    let size = number(reader.take(11)?, 8)?;
    Some(Header { name: name(reader, name_size)?, mode, links, size, sum: None, filler: 0 })
}

/// Thirteen words; of a long number the upper word stands first.
fn binary<'a>(reader: &mut Reader<'a>, word: fn([u8; 2]) -> u16) -> Option<Header<'a>> {
    let mut fields = [0u16; 13];
    for field in &mut fields {
        *field = word(reader.array()?);
    }
    let [_, _, _, mode, _, _, links, _, _, _, name_size, high, low] = fields;
    let size = u64::from(high) << 16 | u64::from(low);
    let name = name(reader, name_size.into())?;
    let _filler = reader.take_up_to(filler(name_size.into(), 2));
    Some(Header { name, mode: mode.into(), links: links.into(), size, sum: None, filler: filler(size, 2) })
}

/// The name, which ends in a zero.
fn name<'a>(reader: &mut Reader<'a>, size: u64) -> Option<&'a [u8]> {
    let name = reader.take(usize::try_from(size).ok()?)?;
    (size <= LONGEST_NAME).then_some(name)?.strip_suffix(b"\0")
}

/// Bytes of the longest name there is.
const LONGEST_NAME: u64 = 64 << 10;

fn filler(size: u64, group: u64) -> usize {
    usize::try_from(size.next_multiple_of(group) - size).unwrap_or_default()
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?.trim(), radix).ok()
}
