//! The header of a member, levels 0 to 3, and its extended headers.
//!
//! All levels have the same first fields: method, packed and unpacked size, time, attribute, level. Level 0 and 1
//! have a checksum and a name in the header itself; level 1 and above have extended headers, chained by the size of
//! the next one, in which later fields go before earlier ones.

use crate::bytes::Reader;
use crate::text;
use crate::zip::decode_name;

/// A member of an archive.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) method: [u8; 5],
    /// Its name with directories.
    pub(super) name: String,
    /// Its name by another field, where that says something else.
    pub(super) other_name: Option<String>,
    /// Where it leads, if it is a symbolic link.
    pub(super) target: Option<String>,
    /// The packed bytes, as many as there are.
    pub(super) data: &'a [u8],
    /// Bytes it unpacks to.
    pub(super) size: u64,
    /// CRC-16 of these; none in headers that are cut before it.
    pub(super) crc: Option<u16>,
    /// Whether the file ends before the packed bytes do.
    pub(super) is_cut: bool,
    /// What follows.
    pub(super) rest: &'a [u8],
}

/// Whether a header seems to begin here: a method of LZH and a level.
pub(super) fn is_header(bytes: &[u8]) -> bool {
    let method = bytes.get(2..7).unwrap_or_default();
    let family = method.get(..3).is_some_and(|start| [b"-lh", b"-lz", b"-pm"].iter().any(|f| *f == start));
    family && method.ends_with(b"-") && bytes.get(20).is_some_and(|level| *level <= 3)
}

/// Reads the member that begins here. `None` where no whole header does, or one whose checksum is wrong.
pub(super) fn read(bytes: &[u8]) -> Option<Member<'_>> {
    if !is_header(bytes) {
        return None;
    }
    let level = bytes.get(20)?;
    let mut reader = Reader::at(bytes, 2)?;
    let method = reader.array()?;
    let (packed, size) = (u64::from(reader.u32()?), u64::from(reader.u32()?));
    let fields = match level {
        0 | 1 => short_header(bytes, *level == 1)?,
        2 => long_header(bytes, 24, bytes.get(..2)?.try_into().map(u16::from_le_bytes).ok()?.into())?,
        _ => long_header(bytes, 28, Reader::at(bytes, 24)?.u32()?)?,
    };
    let Fields { after, crc, extended, .. } = &fields;
    // Level 1 counts its extended headers among the packed bytes.
    let (packed, size) = extended.sizes.unwrap_or((packed.checked_sub(fields.counted)?, size));
    let mut reader = Reader::at(bytes, *after)?;
    let data = reader.take_up_to(usize::try_from(packed).unwrap_or(usize::MAX));
    let (name, other_name) = fields.names();
    let (name, target) = match name.split_once('|').filter(|_| &method == b"-lhd-") {
        Some((name, target)) => (name.to_string(), Some(target.to_string())),
        None => (name, None),
    };
    let is_cut = (data.len() as u64) < packed;
    Some(Member { method, name, other_name, target, data, size, crc: *crc, is_cut, rest: reader.rest() })
}

/// What a header says besides the first fields.
#[derive(Debug, Default)]
struct Fields<'a> {
    /// Where the header ends.
    after: usize,
    /// Bytes of extended headers that the packed size counts.
    counted: u64,
    crc: Option<u16>,
    /// The name in the header itself.
    name: &'a [u8],
    extended: Extended<'a>,
}

/// What the extended headers say.
#[derive(Debug, Default)]
struct Extended<'a> {
    name: Option<&'a [u8]>,
    folder: Option<&'a [u8]>,
    wide_name: Option<&'a [u8]>,
    wide_folder: Option<&'a [u8]>,
    code_page: Option<u16>,
    /// Packed and unpacked size in 64 bits.
    sizes: Option<(u64, u64)>,
    /// CRC-16 of the whole header, and where it stands.
    header_crc: Option<(u16, usize)>,
}

/// Levels 0 and 1: size, checksum, …, name, CRC-16, and in level 1 the system and the extended headers.
fn short_header(bytes: &[u8], is_extended: bool) -> Option<Fields<'_>> {
    let mut reader = Reader::new(bytes);
    let (length, sum) = (usize::from(reader.u8()?), reader.u8()?);
    let header = reader.take(length)?;
    if header.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) != sum {
        return None;
    }
    let mut fields = Reader::at(header, 19)?;
    let length = usize::from(fields.u8()?);
    let name = fields.take(length)?;
    let crc = fields.u16();
    let mut after = reader.position();
    let mut extended = Extended::default();
    if is_extended {
        let first = header.get(header.len().checked_sub(2)?..)?.try_into().map(u16::from_le_bytes).ok()?;
        after = extended.read(bytes, after, usize::from(first), 2)?;
    }
    let counted = (after - reader.position()) as u64;
    Some(Fields { after, counted, crc, name, extended })
}

/// Levels 2 and 3: a fixed header with CRC-16 and system, then extended headers up to the `whole` size.
fn long_header(bytes: &[u8], fixed: usize, whole: u32) -> Option<Fields<'_>> {
    let whole = usize::try_from(whole).ok().filter(|whole| *whole <= LONGEST)?;
    let width = if fixed == 24 { 2 } else { 4 };
    let header = bytes.get(..whole)?;
    let crc = Reader::at(header, 21)?.u16()?;
    let mut reader = Reader::at(header, fixed)?;
    let first = if width == 2 { reader.u16()?.into() } else { reader.u32()? };
    let mut extended = Extended::default();
    extended.read(header, reader.position(), usize::try_from(first).ok()?, width)?;
    if let Some((told, at)) = extended.header_crc {
        let (before, rest) = header.split_at_checked(at)?;
        if crc16(&[before, &[0, 0], rest.get(2..)?].concat()) != told {
            return None;
        }
    }
    Some(Fields { after: whole, counted: 0, crc: Some(crc), name: &[], extended })
}

/// The longest header that is read: all names a path may have fit in, and looking for a header among bytes that only
/// look like one stays cheap.
const LONGEST: usize = 4 << 10;

impl<'a> Extended<'a> {
    /// Reads the chain that begins at `at` with a header of `size` bytes; answers where it ends. Sizes have `width`
    /// bytes and count themselves.
    fn read(&mut self, bytes: &'a [u8], at: usize, mut size: usize, width: usize) -> Option<usize> {
        let mut reader = Reader::at(bytes, at)?;
        while size != 0 {
            if reader.position() > at + LONGEST {
                return None;
            }
            let length = size.checked_sub(width + 1)?;
            let kind = reader.u8()?;
            let place = reader.position();
            self.note(kind, reader.take(length)?, place);
            size = if width == 2 { reader.u16()?.into() } else { usize::try_from(reader.u32()?).ok()? };
        }
        Some(reader.position())
    }

    fn note(&mut self, kind: u8, content: &'a [u8], at: usize) {
        let mut reader = Reader::new(content);
        match kind {
            0x00 => self.header_crc = reader.u16().map(|crc| (crc, at)),
            0x01 => self.name = Some(content),
            0x02 => self.folder = Some(content),
            0x42 => self.sizes = reader.u64().zip(reader.u64()),
            0x44 => self.wide_name = Some(content),
            0x45 => self.wide_folder = Some(content),
            0x46 => self.code_page = reader.u32().and_then(|page| u16::try_from(page).ok()),
            _ => {}
        }
    }
}

impl Fields<'_> {
    /// The name with directories, and the one by the other kind of fields where it differs. Wide fields go before
    /// narrow ones, because those who write them do so where the narrow ones cannot hold the name.
    fn names(&self) -> (String, Option<String>) {
        let Extended { name, folder, wide_name, wide_folder, code_page, .. } = &self.extended;
        let narrow = |raw: &[u8]| match code_page {
            Some(page) if *page != 932 && *page != 65001 => text::code_page(*page, raw),
            _ => decode_name(raw),
        };
        let parts = |raw: &[u8]| raw.split(|byte| *byte == 0xff).map(narrow).collect::<Vec<_>>().join("/");
        let folder = folder.map(parts).unwrap_or_default();
        let name = join(&folder, &narrow(name.filter(|name| !name.is_empty()).unwrap_or(self.name)));
        if wide_name.is_none() && wide_folder.is_none() {
            return (name, None);
        }
        let wide = |raw: &Option<&[u8]>| raw.map(wide_text).unwrap_or_default();
        let wide_name = join(&wide(wide_folder), &wide(wide_name));
        match wide_name.is_empty() {
            true => (name, None),
            false if name.is_empty() || name == wide_name => (wide_name, None),
            false => (wide_name, Some(name)),
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    let slash = if folder.is_empty() || name.is_empty() || folder.ends_with('/') { "" } else { "/" };
    format!("{folder}{slash}{name}")
}

/// UTF-16 with `FFFF` between directories.
fn wide_text(raw: &[u8]) -> String {
    let (units, _) = raw.as_chunks();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    let units: Vec<u16> = units.map(|unit| if unit == 0xffff { 0x2f } else { unit }).collect();
    String::from_utf16_lossy(&units)
}

/// CRC-16 as LHA has it (reflected 8005).
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    crc16_on(0, bytes)
}

/// The same, going on from the CRC of what came before.
pub(super) fn crc16_on(before: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(before, |crc, byte| {
        let place = usize::from((crc ^ u16::from(*byte)) & 0xff);
        crc >> 8 ^ CRC.get(place).copied().unwrap_or_default()
    })
}

const CRC: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0u16;
    let mut rest: &mut [u16] = &mut table;
    while let [first, behind @ ..] = rest {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 };
            bit += 1;
        }
        *first = crc;
        byte += 1;
        rest = behind;
    }
    table
};
