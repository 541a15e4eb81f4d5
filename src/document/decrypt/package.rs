//! Encrypted packages (MS-OFFCRYPTO 2.3.4): an OOXML file in the stream `EncryptedPackage`, behind its size, and in
//! `EncryptionInfo` how it is encrypted: agile (4.4) or standard (2.2, 3.2, 4.2).

use super::aes::{Aes, BLOCK};
use super::agile::Agile;
use super::hash::Hmac;
use super::passwords::{EXCEL, POWER_POINT, Passwords};
use super::standard::Standard;
use super::{Door, Tried};
use crate::artifact::{Child, Opened};
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use std::io::{self, Read};

/// The transform of rights management (2.2.6).
const RIGHTS: &str = "\u{6}DataSpaces/TransformInfo/DRMEncryptedTransform";

pub(super) fn open(
    door: &Door,
    passwords: &mut Passwords,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Tried, Stop> {
    if door.compound.find(RIGHTS).is_some() {
        return Ok(Tried::Shut(Some("rights management")));
    }
    let Some(info) = door.sibling("EncryptionInfo") else { return Ok(Tried::Shut(None)) };
    let scheme = match Scheme::read(&door.head(info, budget)?, budget) {
        Ok(scheme) => scheme,
        Err(what) => {
            out.missed("unsupported-method", format!("{}: {what}", info.path));
            return Ok(Tried::Shut(None));
        }
    };
    let built_in = [EXCEL, POWER_POINT];
    let Some(found) = passwords.find(&built_in, scheme.cost(), budget, |text| scheme.open(text))? else {
        return Ok(Tried::Shut(None));
    };
    Ok(Tried::Open(take(door, found.noted(scheme.name(), out), out, budget)))
}

/// Takes the package out, as the document itself where it lies in no storage.
fn take(door: &Door, key: Key, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let mut package = Package::new(door.compound.reader(door.stream), key);
    let decoded = budget.read(&mut package);
    let stop = decoded.stop;
    let is_whole = stop.is_none() && decoded.broken.is_none();
    if is_whole && !package.finish() {
        out.broke("office-integrity", format!("{}: the check of integrity fails", door.stream.path));
    }
    let parent = door.stream.parent.and_then(|parent| door.compound.entries().get(parent));
    let name = parent.map_or(door.name, |parent| parent.path.as_str());
    out.push(Child::decoded(name, "decrypted", decoded), budget)?;
    stop.map_or(Ok(()), Err)
}

/// How a package is encrypted.
enum Scheme {
    Agile(Agile),
    Standard(Standard),
}

impl Scheme {
    /// By the version in front of `EncryptionInfo`; else what is not known of it.
    fn read(info: &[u8], budget: &mut Budget) -> Result<Self, String> {
        let mut reader = Reader::new(info);
        let version = reader.u16().zip(reader.u16()).ok_or("it is cut")?;
        // Flags, which the header repeats; in agile encryption a fixed number.
        reader.skip(4).ok_or("it is cut")?;
        match version {
            (4, 4) => Agile::read(reader.rest(), budget).map(Self::Agile),
            (2..=4, 2) => Standard::read(reader).map(Self::Standard),
            (3 | 4, 3) => Err("extensible encryption".to_string()),
            (major, minor) => Err(format!("version {major}.{minor}")),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Agile(_) => "office-agile",
            Self::Standard(_) => "office-standard",
        }
    }

    fn cost(&self) -> u64 {
        match self {
            Self::Agile(agile) => agile.cost(),
            Self::Standard(standard) => standard.cost(),
        }
    }

    fn open(&self, password: &str) -> Option<Key> {
        match self {
            Self::Agile(agile) => agile.open(password),
            Self::Standard(standard) => {
                standard.open(password).map(|aes| Key { aes, segments: None, check: None })
            }
        }
    }
}

/// What decrypts a package.
pub(super) struct Key {
    pub(super) aes: Aes,
    /// What each segment of the package is chained to, by its number; without it every block stands alone.
    pub(super) segments: Option<Box<dyn Fn(u32) -> [u8; BLOCK]>>,
    /// The code over the stream, and what it should be.
    pub(super) check: Option<(Hmac, Vec<u8>)>,
}

/// Bytes of a segment (2.3.4.15).
const SEGMENT: usize = 4096;

/// A package being decrypted.
struct Package<R> {
    source: R,
    key: Key,
    /// Bytes of the package that are still to come, once its size was read.
    left: Option<u64>,
    number: u32,
    segment: [u8; SEGMENT],
    /// Which part of the segment is to be given out.
    ready: std::ops::Range<usize>,
}

impl<R: Read> Package<R> {
    fn new(source: R, key: Key) -> Self {
        Self { source, key, left: None, number: 0, segment: [0; SEGMENT], ready: 0..0 }
    }

    /// Reads as much as there is, up to `length`, into the segment, and adds it to the check.
    fn fetch(&mut self, length: usize) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(room) = self.segment.get_mut(filled..length).filter(|room| !room.is_empty()) {
            match self.source.read(room) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(_) if filled > 0 => break,
                Err(error) => return Err(error),
            }
        }
        if let Some((code, _)) = &mut self.key.check {
            code.update(self.segment.get(..filled).unwrap_or_default());
        }
        Ok(filled)
    }

    /// Decrypts the next segment.
    fn fill(&mut self) -> io::Result<()> {
        let left = match self.left {
            Some(left) => left,
            None => {
                let length = self.fetch(8)?;
                let size = self.segment.get(..length).and_then(|bytes| Reader::new(bytes).u64());
                size.ok_or_else(|| io::Error::other("the size of the package is missing"))?
            }
        };
        self.left = Some(left);
        if left == 0 {
            return Ok(());
        }
        let length = self.fetch(SEGMENT)? / BLOCK * BLOCK;
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(length);
        if wanted == 0 {
            return Err(io::Error::other("the package ends before its size"));
        }
        let data = self.segment.get_mut(..length).unwrap_or_default();
        match &self.key.segments {
            Some(start) => self.key.aes.chained(start(self.number), data),
            None => self.key.aes.each(data),
        }
        self.number = self.number.wrapping_add(1);
        self.left = Some(left - wanted as u64);
        self.ready = 0..wanted;
        Ok(())
    }

    /// Answers whether the check fits, once all was read; what stands behind the package counts too. Where there is no
    /// check, it fits.
    fn finish(mut self) -> bool {
        while self.fetch(SEGMENT).is_ok_and(|length| length > 0) {}
        self.key.check.is_none_or(|(code, wanted)| code.finish() == wanted)
    }
}

impl<R: Read> Read for Package<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() {
            self.fill()?;
        }
        let ready = self.segment.get(self.ready.clone()).unwrap_or_default();
        let length = ready.len().min(out.len());
        out.iter_mut().zip(ready).for_each(|(out, byte)| *out = *byte);
        self.ready.start += length;
        Ok(length)
    }
}
