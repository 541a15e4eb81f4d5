//! A folder: some packed streams, the coders they run through, and the files that come out one behind the other.
//!
//! Coders are joined by bonds, from an input of one to the output of another; the output no bond leads to is the
//! folder's own. What is written there need not be a tree, so each coder is used once only.

use super::coder::{Coder, Fault, Meter};
use super::lock::{Key, Lock};
use super::record::number;
use crate::bytes::Reader;
use std::io::{self, Read};
use std::rc::Rc;

/// A folder and the files in it.
#[derive(Debug, Default)]
pub(super) struct Folder {
    coders: Vec<Coder>,
    /// Input and the output it takes from.
    bonds: Vec<(u64, u64)>,
    /// The inputs that take the packed streams, in the order of these.
    inputs: Vec<u64>,
    /// The first of its packed streams among those of the archive.
    pub(super) first_pack: u64,
    /// What each output makes.
    pub(super) sizes: Vec<u64>,
    /// CRC-32 of all it makes.
    pub(super) crc: Option<u32>,
    /// The files, as many as are kept.
    pub(super) files: Vec<File>,
    /// Whether no file is in it, so that nobody who unpacks the archive sees what it holds.
    pub(super) is_hidden: bool,
}

/// A file in a folder.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    /// Its name; empty if the archive has none for it.
    pub(super) name: String,
    /// Its attributes as Windows has them; the upper half may be a mode of Unix.
    pub(super) attributes: u32,
    /// Its length.
    pub(super) size: u64,
    /// Its CRC-32.
    pub(super) crc: Option<u32>,
}

/// The packed streams of an archive.
#[derive(Debug, Default)]
pub(super) struct Packs {
    /// Where each begins, counted from the end of the start header, and its length.
    pub(super) places: Vec<(u64, u64)>,
}

impl Packs {
    /// The bytes of one, as far as the archive has them.
    fn get<'a>(&self, area: &'a [u8], index: u64) -> Option<&'a [u8]> {
        let (offset, length) = self.places.get(usize::try_from(index).ok()?)?;
        let rest = area.get(usize::try_from(*offset).ok()?..)?;
        Some(usize::try_from(*length).ok().and_then(|length| rest.get(..length)).unwrap_or(rest))
    }
}

/// The most coders of a folder, and inputs or outputs of a coder (7-Zip has the same limits).
const MOST: u64 = 32;

impl Folder {
    /// The record of a folder.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let count = number(reader)?;
        if count == 0 || count > MOST {
            return None;
        }
        let mut folder = Self::default();
        for _ in 0..count {
            let coder = Coder::read(reader)?;
            if coder.inputs > MOST || coder.outputs > MOST {
                return None;
            }
            folder.coders.push(coder);
        }
        let inputs: u64 = folder.coders.iter().map(|coder| coder.inputs).sum();
        for _ in 1..folder.outputs() {
            folder.bonds.push((number(reader)?, number(reader)?));
        }
        let packed = inputs.checked_sub(folder.bonds.len() as u64)?;
        if packed == 1 {
            let free = (0..inputs).find(|input| folder.bonds.iter().all(|bond| bond.0 != *input))?;
            folder.inputs.push(free);
        } else {
            for _ in 0..packed {
                folder.inputs.push(number(reader)?);
            }
        }
        Some(folder)
    }

    /// How many outputs all coders have.
    pub(super) fn outputs(&self) -> u64 {
        self.coders.iter().map(|coder| coder.outputs).sum()
    }

    /// How many packed streams it takes.
    pub(super) fn packs(&self) -> u64 {
        self.inputs.len() as u64
    }

    /// What it makes in all.
    pub(super) fn size(&self) -> u64 {
        self.main().and_then(|main| self.sizes.get(main)).copied().unwrap_or_default()
    }

    /// The coder whose output no other takes.
    fn main(&self) -> Option<usize> {
        (0..self.coders.len()).rev().find(|coder| self.bonds.iter().all(|bond| bond.1 != *coder as u64))
    }

    /// What encrypts it, in the order of its coders; none if nothing does.
    pub(super) fn locks(&self) -> Vec<Option<Lock>> {
        self.coders
            .iter()
            .filter(|coder| coder.is_lock())
            .map(|coder| Lock::read(&coder.properties))
            .collect()
    }

    /// What it makes, from the packed streams in `area`; `keys` are those of its locks.
    pub(super) fn open<'a>(
        &self,
        area: &'a [u8],
        packs: &Packs,
        keys: &[Key],
        meter: &Rc<Meter>,
    ) -> Result<Box<dyn Read + 'a>, Fault> {
        if self.coders.iter().any(|coder| coder.outputs != 1) {
            return Err(Fault::Broken("a coder has several outputs"));
        }
        let main = self.main().ok_or(Fault::Broken("the coders of a folder form a circle"))?;
        let mut keys = keys.iter();
        let coders = self.coders.iter().map(|coder| {
            let key = if coder.is_lock() { keys.next().copied() } else { None };
            Some((coder, key))
        });
        let mut chain = Chain { folder: self, area, packs, meter, coders: coders.collect() };
        let reader = chain.coder(main)?;
        Ok(Box::new(Exactly { reader, left: self.size(), meter: None }))
    }
}

/// A folder being put together.
struct Chain<'a, 'f> {
    folder: &'f Folder,
    area: &'a [u8],
    packs: &'f Packs,
    meter: &'f Rc<Meter>,
    /// The coders not yet used, with their keys.
    coders: Vec<Option<(&'f Coder, Option<Key>)>>,
}

impl<'a> Chain<'a, '_> {
    /// The output of a coder.
    fn coder(&mut self, index: usize) -> Result<Box<dyn Read + 'a>, Fault> {
        let unused = self.coders.get_mut(index).and_then(Option::take);
        let (coder, key) = unused.ok_or(Fault::Broken("the coders of a folder form a circle"))?;
        let first: u64 = self.folder.coders.iter().take(index).map(|coder| coder.inputs).sum();
        let mut inputs = Vec::new();
        for input in first..first + coder.inputs {
            inputs.push(self.input(input)?);
        }
        coder.open(inputs, self.size(index), key.as_ref(), self.meter)
    }

    /// What comes into an input.
    fn input(&mut self, input: u64) -> Result<Box<dyn Read + 'a>, Fault> {
        if let Some((_, output)) = self.folder.bonds.iter().find(|bond| bond.0 == input) {
            let index = usize::try_from(*output).map_err(|_| Fault::Broken("a bond leads nowhere"))?;
            let reader = self.coder(index)?;
            return Ok(Box::new(Exactly { reader, left: self.size(index), meter: Some(self.meter.clone()) }));
        }
        let place = self.folder.inputs.iter().position(|packed| *packed == input);
        let index = place.and_then(|place| self.folder.first_pack.checked_add(place as u64));
        let packed = index.and_then(|index| self.packs.get(self.area, index));
        packed.map_or(Err(Fault::Broken("its packed data are nowhere")), |bytes| Ok(Box::new(bytes)))
    }

    fn size(&self, coder: usize) -> u64 {
        self.folder.sizes.get(coder).copied().unwrap_or_default()
    }
}

/// A reader that ends after so many bytes, and breaks if there are less.
struct Exactly<'a> {
    reader: Box<dyn Read + 'a>,
    left: u64,
    /// Counts what only goes into another coder.
    meter: Option<Rc<Meter>>,
}

impl Read for Exactly<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(output.len());
        if most == 0 {
            return Ok(0);
        }
        let length = self.reader.read(output.get_mut(..most).unwrap_or_default())?;
        if length == 0 {
            return Err(io::Error::other("the packed data ends too early"));
        }
        self.left -= length as u64;
        if let Some(meter) = &self.meter {
            meter.count(length as u64)?;
        }
        Ok(length)
    }
}
