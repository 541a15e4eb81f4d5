//! Compiled help files: the pages, scripts and pictures in them.
//!
//! Microsoft describes them nowhere; the layout is that of the notes of Matthew Russotto and of chmlib, which other
//! readers share. A directory (ITSP, leaves PMGL) names files and where they lie: section 0 holds bytes as they are,
//! section 1 one stream in LZX, which begins anew at intervals.
//!
//! Left out: the index of the directory (PMGI), because the leaves are read in their order in the file; other
//! sections, which no compiler writes.

mod directory;

use crate::artifact::{Artifact, Child, Format, Opened};
use crate::bytes::Reader;
use crate::codec::lzx::{FRAME, Lzx};
use crate::keyring::Keyring;
use crate::limits::{Budget, Decoded, Stop};
use directory::{Directory, Entry};
use std::io::{self, Read};

/// The format.
pub(super) struct Chm;

impl Format for Chm {
    fn id(&self) -> &'static str {
        "chm"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "chm"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let directory = directory::read(&artifact.bytes, budget)?;
        if let Some(why) = directory.broken {
            out.broke("chm-directory-broken", why);
            out.missed("damaged", why);
        }
        let mut packed: Vec<&Entry> = Vec::new();
        for entry in directory.files() {
            match entry.section {
                0 => put(entry, stored(&directory, entry, budget), out, budget)?,
                1 => packed.push(entry),
                section => out.missed("unsupported-method", format!("{}: section {section}", entry.name)),
            }
        }
        packed.sort_by_key(|entry| (entry.offset, entry.size));
        put_packed(&directory, &packed, out, budget)
    }
}

fn put(entry: &Entry, decoded: Decoded, out: &mut Opened, budget: &Budget) -> Result<(), Stop> {
    let stop = decoded.stop;
    let name = entry.name.strip_prefix('/').unwrap_or(&entry.name);
    let room = out.push(Child::decoded(name, "chm", decoded), budget);
    stop.map_or(room, Err)
}

/// A file of section 0.
fn stored(directory: &Directory<'_>, entry: &Entry, budget: &mut Budget) -> Decoded {
    let bytes = directory.stored(entry);
    let mut decoded = budget.read(&mut { bytes });
    if (bytes.len() as u64) < entry.size && decoded.stop.is_none() {
        decoded.broken = Some("the help file ends before this file does".to_string());
    }
    decoded
}

/// The files of section 1, in the order of their bytes.
fn put_packed(
    directory: &Directory<'_>,
    entries: &[&Entry],
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    if entries.is_empty() {
        return Ok(());
    }
    let Some(section) = Section::read(directory) else {
        out.broke("chm-no-section", "the records of the packed section are missing or unknown");
        out.missed("damaged", format!("packed files: {}", entries.len()));
        return Ok(());
    };
    let mut stream = Stream::new(&section, 0);
    for entry in entries {
        budget.tick()?;
        if !stream.leads_to(entry.offset) {
            stream = Stream::new(&section, entry.offset);
        }
        let decoded = match stream.skip_to(entry.offset, budget)? {
            Some(why) => Decoded { broken: Some(why), ..Decoded::default() },
            None => budget.read(&mut stream.by_ref().take(entry.size)),
        };
        put(entry, whole(decoded, entry), out, budget)?;
    }
    Ok(())
}

/// What was read of a file, which is broken if it is not all of it.
fn whole(mut decoded: Decoded, entry: &Entry) -> Decoded {
    if decoded.size < entry.size && decoded.stop.is_none() && decoded.broken.is_none() {
        decoded.broken = Some("the packed section ends before this file does".to_string());
    }
    decoded
}

/// The packed section.
struct Section<'a> {
    packed: &'a [u8],
    /// Where the frames begin in it.
    frames: Vec<usize>,
    /// Bytes it unpacks to.
    size: u64,
    /// The window, as a power of two.
    window: u32,
    /// Frames between two beginnings.
    interval: usize,
}

const PLACE: &str = "::DataSpace/Storage/MSCompressed/";
const RESET_TABLE: &str = "Transform/{7FC28940-9D31-11D0-9B27-00A0C91E9C7C}/InstanceData/ResetTable";

impl<'a> Section<'a> {
    fn read(directory: &Directory<'a>) -> Option<Self> {
        let record = |name: &str| Some(directory.stored(directory.find(&format!("{PLACE}{name}"))?));
        let mut control = Reader::at(record("ControlData")?, 4)?;
        let (mark, version) = (control.array::<4>()?, control.u32()?);
        let unit = if version == 1 { 1 } else { 0x8000 };
        let [interval, window] =
            [control.u32()?, control.u32()?].map(|units: u32| units.saturating_mul(unit));
        let interval = usize::try_from(interval).ok()? / FRAME;
        if &mark != b"LZXC" || !window.is_power_of_two() || interval == 0 {
            return None;
        }
        let packed = record("Content")?;
        let (size, frames) = reset_table(record(RESET_TABLE)?)?;
        Some(Self { packed, frames, size, window: window.trailing_zeros(), interval })
    }
}

impl Section<'_> {
    /// The last frame at or before `offset` with which LZX begins anew.
    fn beginning(&self, offset: u64) -> usize {
        let frame = usize::try_from(offset / FRAME as u64).unwrap_or(usize::MAX);
        frame - frame % self.interval
    }

    /// The packed bytes of a frame.
    fn packed(&self, frame: usize) -> Option<&[u8]> {
        let end = self.frames.get(frame + 1).copied().unwrap_or(self.packed.len());
        self.packed.get(*self.frames.get(frame)?..end)
    }
}

/// The unpacked size and where the frames begin.
fn reset_table(bytes: &[u8]) -> Option<(u64, Vec<usize>)> {
    let mut reader = Reader::at(bytes, 8)?;
    let (width, start) = (reader.u32()?, reader.u32()?);
    let size = reader.u64()?;
    let mut reader = Reader::at(bytes, usize::try_from(start).ok()?).filter(|_| width == 8)?;
    let places =
        std::iter::from_fn(|| reader.u64()).map(|place| usize::try_from(place).unwrap_or(usize::MAX));
    Some((size, places.collect()))
}

/// The packed section being unpacked.
struct Stream<'s> {
    section: &'s Section<'s>,
    /// Where the next byte handed out stands.
    at: u64,
    lzx: Option<Lzx>,
    /// The frame to unpack next.
    next: usize,
    made: Vec<u8>,
    given: usize,
    is_broken: bool,
}

impl<'s> Stream<'s> {
    /// The stream from the last beginning at or before `offset`.
    fn new(section: &'s Section<'s>, offset: u64) -> Self {
        let next = section.beginning(offset);
        let at = (next as u64).saturating_mul(FRAME as u64);
        Self { section, at, lzx: None, next, made: Vec::new(), given: 0, is_broken: false }
    }

    /// Whether reading on is the shortest way to `offset`.
    fn leads_to(&self, offset: u64) -> bool {
        let begun = (self.section.beginning(offset) as u64).saturating_mul(FRAME as u64);
        !self.is_broken && self.at <= offset && self.at >= begun
    }

    /// Unpacks up to `offset` without keeping anything; answers why it does not come so far.
    fn skip_to(&mut self, offset: u64, budget: &mut Budget) -> Result<Option<String>, Stop> {
        let mut chunk = [0; 4096];
        while self.at < offset {
            let wanted = usize::try_from(offset - self.at).unwrap_or(chunk.len()).min(chunk.len());
            let length = match self.read(chunk.get_mut(..wanted).unwrap_or_default()) {
                Ok(0) => return Ok(Some("the packed section ends before this file begins".to_string())),
                Ok(length) => length,
                Err(error) => return Ok(Some(error.to_string())),
            };
            budget.pay(length as u64)?;
        }
        Ok(None)
    }

    /// Unpacks the next frame; there is none where the section ends.
    fn frame(&mut self) -> Option<()> {
        let before = (self.next as u64).checked_mul(FRAME as u64)?;
        let size = self.section.size.checked_sub(before).filter(|left| *left > 0)?.min(FRAME as u64);
        if self.next.is_multiple_of(self.section.interval) {
            self.lzx = Lzx::new(self.section.window);
        }
        let packed = self.section.packed(self.next);
        self.next += 1;
        self.made.clear();
        self.given = 0;
        let (lzx, size) = (self.lzx.as_mut(), usize::try_from(size).ok()?);
        let made = lzx.zip(packed).and_then(|(lzx, packed)| lzx.frame(packed, size, &mut self.made));
        self.is_broken = made.is_none();
        Some(())
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.given == self.made.len() {
            if self.is_broken {
                return Err(io::Error::other("the LZX data are corrupt or end too early"));
            }
            if self.frame().is_none() {
                return Ok(0);
            }
        }
        let length = self.made.get(self.given..).unwrap_or_default().read(output)?;
        self.given += length;
        self.at += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests;
