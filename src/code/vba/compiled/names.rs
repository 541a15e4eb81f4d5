//! The names that compiled code refers to: the table at the end of the `_VBA_PROJECT` stream. No specification
//! describes it (MS-OVBA 2.3.4.1 calls it the performance cache); every part before it has to be stepped over.

use super::vba_3;
use crate::bytes::Reader;
use crate::text;

/// The names of a project, in the order in which code numbers them, and what decides how it numbers.
#[derive(Debug, Default)]
pub(in crate::code::vba) struct Names {
    /// The names.
    pub(super) list: Vec<String>,
    /// The version of Office that compiled, as it calls itself.
    pub(super) version: u16,
    /// Whether it was compiled by a 64-bit Office.
    pub(super) is_64_bit: bool,
    /// Whether Excel 5.0 or 95 compiled, which numbers by place.
    pub(super) is_vba_3: bool,
}

/// The first versions of VBA 6 and 7.
pub(super) const VBA_6: u16 = 0x6b;
const VBA_7: u16 = 0x97;

/// How the stream begins.
const MAGIC: u16 = 0x61cc;
/// More names than a project can number.
const MOST: u16 = 0x7fff;

impl Names {
    /// Reads the table as far as it goes.
    pub(in crate::code::vba) fn read(stream: &[u8], page: u16, is_64_bit: bool) -> Self {
        let mut names = Self { is_64_bit, ..Self::default() };
        let mut reader = Reader::new(stream);
        if reader.u16() == Some(MAGIC) {
            names.version = reader.u16().unwrap_or_default();
            // Ends where the stream does; what was read until then stays.
            let _end = names.read_list(&mut Steps { reader }, page);
        }
        names
    }

    /// Whether there are any.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The name of a number that stands in code. Numbers below 0x200 are words of the language, which are not told.
    pub(super) fn get(&self, number: u16) -> Option<&str> {
        if self.is_vba_3 {
            return self.list.get(vba_3::index(number)?).map(String::as_str);
        }
        let mut index = (number >> 1).checked_sub(0x100)?;
        if self.version >= VBA_7 {
            index = index.checked_sub(if self.is_64_bit { 7 } else { 4 })?;
            index -= u16::from(index > 0xbe);
        }
        self.list.get(usize::from(index)).map(String::as_str)
    }

    fn read_list(&mut self, steps: &mut Steps, page: u16) -> Option<()> {
        let version = self.version;
        steps.reader.skip(0x1e - 4)?;
        let is_odd = matches!(version, 0x60 | 0x62 | 0x63);
        let wide_references = version >= 0x5b && !is_odd || version == 0x4e;
        for _ in 0..steps.count_then(2)? {
            steps.reference(wide_references)?;
        }
        // Classes and forms, constants, then texts about the project.
        steps.block(2)?;
        steps.block(4)?;
        steps.reader.skip(2)?;
        for _ in 0..3 {
            steps.optional_block()?;
        }
        steps.reader.skip(0x64)?;
        for _ in 0..steps.reader.u16()? {
            steps.module(version)?;
        }
        steps.reader.skip(6)?;
        let length = usize::try_from(steps.reader.u32()?).ok()?;
        steps.reader.skip(length)?;
        steps.reader.skip(6)?;
        let (first, all, second) = (steps.reader.u16()?, steps.reader.u16()?, steps.reader.u16()?);
        steps.reader.skip(4)?;
        for _ in 0..all.wrapping_add(second).wrapping_sub(first).min(MOST) {
            steps.reader.skip(4)?;
            steps.name()?;
        }
        for _ in 0..first.wrapping_sub(second).min(MOST) {
            let (name, is_word) = steps.name_or_word()?;
            if !name.is_empty() {
                self.list.push(text::code_page(page, name));
            }
            if !is_word {
                steps.reader.skip(4)?;
            }
        }
        Some(())
    }
}

/// Steps over the parts of the stream.
struct Steps<'a> {
    reader: Reader<'a>,
}

impl<'a> Steps<'a> {
    /// A count of sixteen bits and bytes behind it.
    fn count_then(&mut self, skipped: usize) -> Option<u16> {
        let count = self.reader.u16()?;
        self.reader.skip(skipped)?;
        Some(count)
    }

    /// A count and as many elements of `size` bytes.
    fn block(&mut self, size: usize) -> Option<()> {
        let count = usize::from(self.reader.u16()?);
        self.reader.skip(count.checked_mul(size)?)
    }

    /// Bytes after their count, which is -1 where there are none.
    fn optional_block(&mut self) -> Option<()> {
        match self.reader.u16()? {
            0xffff => Some(()),
            count => self.reader.skip(usize::from(count)),
        }
    }

    /// A reference to a type library or project.
    fn reference(&mut self, is_wide: bool) -> Option<()> {
        match usize::from(self.reader.u16()?) {
            0 => self.reader.skip(6)?,
            length => {
                let text = self.reader.take(length)?;
                let place = if is_wide { 4 } else { 2 };
                if matches!(text.get(place), Some(b'C' | b'D')) && length > place {
                    self.block(1)?;
                }
            }
        }
        self.reader.skip(10)?;
        if self.reader.u16()? != 0 {
            self.block(1)?;
            let length = usize::from(self.reader.u16()?);
            self.reader.skip(length + 30 + if length > 0 { 2 } else { 0 })?;
        }
        Some(())
    }

    /// The description of a module.
    fn module(&mut self, version: u16) -> Option<()> {
        let is_odd = matches!(version, 0x60 | 0x62 | 0x63);
        let is_wide = version >= 0x59 && !is_odd || version == 0x4e;
        let is_narrow = version <= 0x59 && version != 0x4e || is_odd;
        let mut length = self.reader.u16()?;
        if is_wide {
            self.reader.skip(usize::from(length))?;
        }
        if is_narrow {
            if is_wide && length > 0 {
                length = self.reader.u16()?;
            }
            self.reader.skip(usize::from(length))?;
        }
        self.block(1)?;
        self.optional_block()?;
        self.reader.skip(2)?;
        if version >= VBA_6 {
            self.optional_block()?;
        }
        self.optional_block()?;
        self.reader.skip(if version == 0x51 { 2 } else { 6 })?;
        self.block(8)?;
        self.reader.skip(11)
    }

    /// The bytes of a name: its length, what it is, and more of it where that says so.
    fn name(&mut self) -> Option<&'a [u8]> {
        let (length, kind) = (self.reader.u8()?, self.reader.u8()?);
        self.rest(length, kind)
    }

    fn rest(&mut self, length: u8, kind: u8) -> Option<&'a [u8]> {
        if kind & 0x80 != 0 {
            self.reader.skip(6)?;
        }
        self.reader.take(usize::from(length))
    }

    /// A name, or a word of the language that was used as one.
    fn name_or_word(&mut self) -> Option<(&'a [u8], bool)> {
        let (length, kind) = (self.reader.u8()?, self.reader.u8()?);
        if length == 0 && kind == 0 {
            self.reader.skip(2)?;
            return Some((self.name()?, true));
        }
        Some((self.rest(length, kind)?, false))
    }
}
