//! The headers of a program and where its sections lie (sections 2 to 4 of the specification).

use crate::bytes::Reader;

/// The headers of a program.
#[derive(Debug)]
pub(super) struct Image<'a> {
    /// The whole file, or its head.
    pub(super) bytes: &'a [u8],
    /// Whether the headers break off.
    pub(super) is_cut: bool,
    machine: u16,
    characteristics: u16,
    subsystem: u16,
    headers_end: u32,
    directories: Vec<(u32, u32)>,
    sections: Vec<Section>,
}

/// Where a section lies in memory and in the file.
#[derive(Clone, Copy, Debug)]
struct Section {
    address: u32,
    size: u32,
    offset: u32,
    length: u32,
}

/// Data directories by their place in the table (3.4.3).
#[derive(Clone, Copy, Debug)]
pub(super) enum Directory {
    Exports = 0,
    Resources = 2,
    Certificates = 4,
    Runtime = 14,
}

/// Sections of one image; Windows loads no more.
const MOST_SECTIONS: u16 = 96;
/// Directories of one image.
const MOST_DIRECTORIES: u32 = 16;
/// 3.3.2: the flag of a library.
const LIBRARY: u16 = 0x2000;
/// The subsystem of drivers.
const NATIVE: u16 = 1;

/// 3.3.1: machines.
const MACHINES: &[(u16, &str)] = &[
    (0x014c, "x86"),
    (0x8664, "x86-64"),
    (0xaa64, "ARM64"),
    (0x01c4, "ARM"),
    (0x01c0, "ARM"),
    (0x0200, "Itanium"),
];

/// 3.4.2: subsystems.
const SUBSYSTEMS: &[(u16, &str)] = &[
    (NATIVE, "native"),
    (2, "windows"),
    (3, "console"),
    (7, "posix"),
    (9, "windows-ce"),
    (10, "efi"),
    (11, "efi"),
    (12, "efi"),
    (14, "xbox"),
];

impl<'a> Image<'a> {
    /// The image, if the marks of one are there.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let at = usize::try_from(Reader::at(bytes, 0x3c)?.u32()?).ok()?;
        let mut reader = Reader::at(bytes, at)?;
        let mut image = Self {
            bytes,
            is_cut: true,
            machine: 0,
            characteristics: 0,
            subsystem: 0,
            headers_end: 0,
            directories: Vec::new(),
            sections: Vec::new(),
        };
        if reader.take(4)? != b"PE\0\0" {
            return None;
        }
        image.is_cut = image.headers(&mut reader).is_none();
        Some(image)
    }

    /// Reads the file header, the optional header and the table of sections; none where they break off.
    fn headers(&mut self, reader: &mut Reader<'a>) -> Option<()> {
        self.machine = reader.u16()?;
        let count = reader.u16()?;
        reader.skip(12)?;
        let length = usize::from(reader.u16()?);
        self.characteristics = reader.u16()?;
        let optional = reader.take_up_to(length);
        self.optional(optional);
        for _ in 0..count.min(MOST_SECTIONS) {
            reader.skip(8)?;
            let (size, address) = (reader.u32()?, reader.u32()?);
            let (length, offset) = (reader.u32()?, reader.u32()?);
            reader.skip(16)?;
            self.sections.push(Section { address, size, offset, length });
        }
        (optional.len() == length).then_some(())
    }

    /// What is read of the optional header, which has two layouts.
    fn optional(&mut self, bytes: &[u8]) -> Option<()> {
        let is_wide = Reader::new(bytes).u16()? == 0x020b;
        self.headers_end = Reader::at(bytes, 60)?.u32()?;
        self.subsystem = Reader::at(bytes, 68)?.u16()?;
        let mut reader = Reader::at(bytes, if is_wide { 108 } else { 92 })?;
        for _ in 0..reader.u32()?.min(MOST_DIRECTORIES) {
            self.directories.push((reader.u32()?, reader.u32()?));
        }
        Some(())
    }

    /// Where a directory lies and how long it is, if the image has it.
    pub(super) fn directory(&self, which: Directory) -> Option<(u32, u32)> {
        self.directories.get(which as usize).copied().filter(|(at, size)| *at > 0 && *size > 0)
    }

    /// The bytes that are loaded to an address, up to the end of what the file has of its section.
    pub(super) fn loaded(&self, address: u32) -> Option<&'a [u8]> {
        let in_section = self.sections.iter().find_map(|section| {
            let into = address.checked_sub(section.address)?;
            // Windows rounds the offset down to a sector.
            let start = section.offset & !0x1ff;
            let length = section.length.saturating_add(section.offset - start);
            let is_there = into < length && into < section.size.max(section.length);
            is_there.then(|| (start.saturating_add(into), start.saturating_add(length)))
        });
        let in_headers = || (address < self.headers_end).then_some((address, self.headers_end));
        let (start, end) = in_section.or_else(in_headers)?;
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        self.bytes.get(start..end.min(self.bytes.len()))
    }

    /// Where the last section ends in the file.
    pub(super) fn end(&self) -> u64 {
        let ends = self.sections.iter().filter(|section| section.length > 0);
        let ends = ends.map(|section| u64::from(section.offset) + u64::from(section.length));
        ends.max().unwrap_or_default().max(u64::from(self.headers_end))
    }

    /// What the image is to Windows.
    pub(super) fn role(&self) -> &'static str {
        match (self.subsystem, self.characteristics & LIBRARY != 0) {
            (NATIVE, false) => "driver",
            (_, true) => "dll",
            (_, false) => "exe",
        }
    }

    pub(super) fn machine_name(&self) -> String {
        named(MACHINES, self.machine)
    }

    pub(super) fn subsystem_name(&self) -> String {
        named(SUBSYSTEMS, self.subsystem)
    }

    /// The version of .NET that the image asks for, if it is made for .NET (ECMA-335 II.24.2.1, II.25.3.3).
    pub(super) fn runtime(&self) -> Option<String> {
        let (at, _) = self.directory(Directory::Runtime)?;
        let version = || {
            let metadata = Reader::at(self.loaded(at)?, 8)?.u32()?;
            let mut reader = Reader::new(self.loaded(metadata)?);
            reader.take(4).filter(|mark| *mark == b"BSJB")?;
            reader.skip(8)?;
            let length = usize::try_from(reader.u32()?).ok()?;
            let version = reader.take(length.min(LONGEST_VERSION))?;
            Some(String::from_utf8_lossy(version).trim_end_matches('\0').to_string())
        };
        Some(version().unwrap_or_else(|| "unknown version".into()))
    }
}

/// The longest version of .NET that is read (ECMA-335 II.24.2.1).
const LONGEST_VERSION: usize = 255;

fn named(table: &[(u16, &str)], code: u16) -> String {
    let known = table.iter().find(|(known, _)| *known == code);
    known.map_or_else(|| format!("0x{code:04x}"), |(_, name)| (*name).to_string())
}
