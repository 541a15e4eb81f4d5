//! File entries (ECMA-167 4/14.9, 4/14.17) and their allocation descriptors (4/14.14).

use super::volume::Volume;
use crate::bytes::Reader;
use crate::unpack::disk::image::{Image, Run, peek};
use crate::unpack::disk::listing::Body;

/// A block of a partition (ECMA-167 4/7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) block: u32,
    /// Which partition map of the volume.
    pub(super) partition: u16,
}

/// What an entry stands for (ECMA-167 4/14.6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Link,
}

/// A file entry or extended file entry.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where it stands on the disk.
    pub(super) at: u64,
    pub(super) kind: Kind,
    /// The file type as it is written.
    pub(super) file_type: u8,
    pub(super) size: u64,
    pub(super) body: Body,
    pub(super) has_streams: bool,
}

impl Entry {
    /// The entry at an address.
    pub(super) fn read(image: &dyn Image, volume: &Volume, address: Address) -> Option<Self> {
        let at = volume.place(address)?;
        let block = peek(image, at, volume.block);
        let tag = Reader::new(&block).u16()?;
        let (lengths, has_streams) = match tag {
            261 => (168, false),
            266 => (208, Reader::at(&block, 152)?.u32()? & LENGTH != 0),
            _ => return None,
        };
        let file_type = *block.get(27)?;
        let flags = Reader::at(&block, 34)?.u16()?;
        let size = Reader::at(&block, 56)?.u64()?;
        let mut reader = Reader::at(&block, lengths)?;
        let (extended, allocation) = (reader.u32()?, reader.u32()?);
        reader.skip(usize::try_from(extended).ok()?)?;
        let descriptors = reader.take_up_to(usize::try_from(allocation).ok()?);
        let body = match flags & 7 {
            3 => Body::Bytes(descriptors.to_vec()),
            form @ 0..=2 => {
                Allocation { image, volume, form, partition: address.partition }.body(descriptors, size)
            }
            other => Body::Shut("unsupported-method", format!("allocation {other}")),
        };
        let kind = match file_type {
            4 | 13 => Kind::Directory,
            12 => Kind::Link,
            _ => Kind::File,
        };
        Some(Self { at, kind, file_type, size, body, has_streams })
    }
}

/// The part of an extent length that is one; the two bits above tell what the extent is.
const LENGTH: u32 = 0x3fff_ffff;

/// The most allocation extents and descriptors of one file. Each may hold a gigabyte less a block.
const MOST_EXTENTS: usize = 4096;
const MOST_DESCRIPTORS: usize = 1 << 16;

/// How the allocation descriptors of an entry are written.
struct Allocation<'a> {
    image: &'a dyn Image,
    volume: &'a Volume,
    /// 0 short, 1 long, 2 extended.
    form: u16,
    partition: u16,
}

impl Allocation<'_> {
    /// The runs of a file of `size` bytes.
    fn body(&self, descriptors: &[u8], size: u64) -> Body {
        let mut runs = Vec::new();
        let mut left = size;
        let mut bytes = descriptors.to_vec();
        for _ in 0..MOST_EXTENTS {
            let Some(next) = self.list(&bytes, &mut runs, &mut left) else { return Body::Runs(runs) };
            if runs.len() > MOST_DESCRIPTORS {
                break;
            }
            match self.continuation(next) {
                Some(more) => bytes = more,
                None => return Body::Runs(runs),
            }
        }
        Body::Shut("limit-fragments", "too many allocation extents".to_string())
    }

    /// Takes the descriptors in; answers where they go on.
    fn list(&self, bytes: &[u8], runs: &mut Vec<Run>, left: &mut u64) -> Option<Address> {
        let mut reader = Reader::new(bytes);
        while *left > 0 {
            let word = reader.u32()?;
            let (kind, length) = (word >> 30, u64::from(word & LENGTH));
            if self.form == 2 {
                reader.skip(8)?;
            }
            let block = reader.u32()?;
            let partition = if self.form == 0 { self.partition } else { reader.u16()? };
            match self.form {
                1 => reader.skip(6)?,
                2 => reader.skip(2)?,
                _ => {}
            }
            let address = Address { block, partition };
            if kind == 3 {
                return Some(address);
            }
            if length == 0 {
                return None;
            }
            let length = length.min(*left);
            *left -= length;
            match kind {
                0 => self.volume.runs(address, length, runs),
                _ => runs.push(Run::hole(length)),
            }
        }
        None
    }

    /// The descriptors of an allocation extent descriptor (ECMA-167 4/14.5).
    fn continuation(&self, address: Address) -> Option<Vec<u8>> {
        let block = peek(self.image, self.volume.place(address)?, self.volume.block);
        let mut reader = Reader::new(&block);
        if reader.u16()? != 258 {
            return None;
        }
        reader.skip(18)?;
        let length = reader.u32()?;
        Some(reader.take_up_to(usize::try_from(length).ok()?).to_vec())
    }
}
