//! ISO 9660 (ECMA-119): every directory tree of a disc, the one of the primary volume descriptor and those of the
//! supplementary ones, where Joliet keeps names in UCS-2.
//!
//! Windows shows Joliet names where there are any, else the primary ones. Rock Ridge names (IEEE P1282) are what
//! other systems show; one that is of another sort than the name Windows shows is noted. Left: El Torito boot
//! images, the path tables (Windows walks the directories), associated files' own meaning, High Sierra discs.

use super::image::{Image, Run, peek};
use super::listing::{Body, File, Folders, Listing, gather};
use super::shelf::is_other_sort;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use crate::zip::decode_name;

/// A directory tree of a disc.
pub(in crate::unpack) struct View {
    /// `joliet`, `primary` …
    pub(in crate::unpack) label: &'static str,
    /// What it lists.
    pub(in crate::unpack) listing: Listing,
}

/// ECMA-119 6.1: a sector, and where the volume descriptors begin.
const SECTOR: u64 = 2048;
const FIRST_DESCRIPTOR: u64 = 16 * SECTOR;

/// How many descriptors are looked at. A disc has two to four.
const MOST_DESCRIPTORS: u64 = 64;

/// How many trees are walked. A disc has two.
const MOST_VIEWS: usize = 8;

/// Every directory tree, Joliet first.
pub(in crate::unpack) fn views(image: &dyn Image, budget: &mut Budget) -> Result<Vec<View>, Stop> {
    let mut volumes: Vec<Volume> = Vec::new();
    for index in 0..MOST_DESCRIPTORS {
        let sector = peek(image, FIRST_DESCRIPTOR + index * SECTOR, SECTOR);
        match sector.get(..6) {
            Some([0xff, b'C', b'D', b'0', b'0', b'1']) => break,
            Some([_, b'C', b'D', b'0', b'0', b'1']) => {}
            // A bridge disc may have the UDF descriptors before or behind; a gap ends the list.
            _ => continue,
        }
        let Some(volume) = Volume::read(&sector) else { continue };
        if !volumes.iter().any(|known| (known.root, known.is_wide) == (volume.root, volume.is_wide)) {
            volumes.push(volume);
        }
    }
    volumes.sort_by_key(|volume| volume.rank);
    let is_cut = volumes.len() > MOST_VIEWS;
    let mut views: Vec<View> = Vec::new();
    for volume in volumes.into_iter().take(MOST_VIEWS) {
        let mut listing = Listing::default();
        volume.walk(image, &mut listing, budget)?;
        views.push(View { label: volume.label, listing });
    }
    if let Some(first) = views.first_mut().filter(|_| is_cut) {
        first.listing.missed("limit-directories", "trees of the disc");
    }
    Ok(views)
}

/// A volume descriptor (ECMA-119 8.4, 8.5).
struct Volume {
    label: &'static str,
    /// Order in which Windows believes the trees.
    rank: u8,
    is_wide: bool,
    block: u64,
    root: (u32, u32),
}

impl Volume {
    fn read(sector: &[u8]) -> Option<Self> {
        let kind = *sector.first()?;
        let is_wide = sector.get(88..90)? == b"%/" && matches!(sector.get(90)?, b'@' | b'C' | b'E');
        let (label, rank) = match (kind, is_wide) {
            (2, true) => ("joliet", 0),
            (1, _) => ("primary", 1),
            (2, false) => ("supplementary", 2),
            _ => return None,
        };
        let block = match Reader::at(sector, 128)?.u16()? {
            size @ (512 | 1024 | 2048) => u64::from(size),
            _ => SECTOR,
        };
        let mut root = Reader::at(sector, 158)?;
        let first = root.u32()?;
        root.skip(4)?;
        Some(Self { label, rank, is_wide: is_wide && kind == 2, block, root: (first, root.u32()?) })
    }

    fn walk(&self, image: &dyn Image, listing: &mut Listing, budget: &mut Budget) -> Result<(), Stop> {
        let root = self.runs(self.root.0, 0, self.root.1);
        let mut folders = Folders::new(u64::from(self.root.0), vec![root]);
        while let Some(folder) = folders.next() {
            let bytes = gather(image, folder.place.clone(), &folder.path, listing, budget)?;
            // A file of several extents has a record for each (ECMA-119 6.5.1, 9.1.6 bit 7).
            let mut runs = Vec::new();
            for record in records(&bytes, listing, &folder.path) {
                if listing.is_full() {
                    return Ok(());
                }
                let name = record.name(self.is_wide);
                runs.push(self.runs(record.extent, record.extended, record.size));
                if record.flags & MULTI_EXTENT != 0 && record.flags & DIRECTORY == 0 {
                    continue;
                }
                let runs = std::mem::take(&mut runs);
                if record.flags & HIDDEN != 0 {
                    listing.hidden("iso-hidden-file", &folder.path, &name);
                }
                if record.flags & DIRECTORY != 0 {
                    let key = u64::from(record.extent);
                    folders.add((key, runs), (&folder, &name), listing);
                } else {
                    record.list(&folder.path, &name, runs, listing, budget)?;
                }
            }
        }
        Ok(())
    }

    fn runs(&self, extent: u32, extended: u8, length: u32) -> Run {
        Run::new((u64::from(extent) + u64::from(extended)) * self.block, u64::from(length))
    }
}

/// Flags of a record (ECMA-119 9.1.6).
const HIDDEN: u8 = 1;
const DIRECTORY: u8 = 2;
const MULTI_EXTENT: u8 = 0x80;

/// A directory record (ECMA-119 9.1).
struct Record<'a> {
    extent: u32,
    /// Blocks of the extended attribute record before the data.
    extended: u8,
    size: u32,
    flags: u8,
    is_interleaved: bool,
    name: &'a [u8],
    system_use: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let extended = reader.u8()?;
        let extent = reader.u32()?;
        reader.skip(4)?;
        let size = reader.u32()?;
        reader.skip(4 + 7)?;
        let (flags, unit, gap) = (reader.u8()?, reader.u8()?, reader.u8()?);
        reader.skip(4)?;
        let length = reader.u8()?;
        let name = reader.take(usize::from(length))?;
        if length % 2 == 0 {
            reader.take_up_to(1);
        }
        let is_interleaved = unit != 0 || gap != 0;
        Some(Self { extent, extended, size, flags, is_interleaved, name, system_use: reader.rest() })
    }

    /// The name without its version, and without the dot of a name that has no extension.
    fn name(&self, is_wide: bool) -> String {
        let name = if is_wide {
            encoding_rs::UTF_16BE.decode_without_bom_handling(self.name).0.into_owned()
        } else {
            decode_name(self.name)
        };
        let bare = name.rsplit_once(';').filter(|(_, version)| version.parse::<u16>().is_ok());
        let bare = bare.map_or(name.as_str(), |(bare, _)| bare);
        bare.strip_suffix('.').unwrap_or(bare).to_string()
    }

    /// Puts a file onto the list.
    fn list(
        &self,
        path: &str,
        name: &str,
        runs: Vec<Run>,
        listing: &mut Listing,
        budget: &Budget,
    ) -> Result<(), Stop> {
        let full = format!("{path}{name}");
        let rock_ridge = RockRidge::read(self.system_use);
        if rock_ridge.name.as_deref().is_some_and(|other| is_other_sort(name, other)) {
            let other = rock_ridge.name.unwrap_or_default();
            listing.trick("iso-names-disagree", format!("{full}: {other} in Rock Ridge"));
        }
        if rock_ridge.is_link {
            listing.trick("iso-symlink", full.as_str());
            return Ok(());
        }
        let size = runs.iter().map(|run| run.length).sum();
        let body = if self.is_interleaved {
            Body::Shut("unsupported-method", "its blocks are interleaved".to_string())
        } else {
            Body::Runs(runs)
        };
        listing.add(File::new(full, size, body), budget)
    }
}

/// The records of a directory but those of itself and its parent. A record never crosses a sector; a zero instead of
/// its length sends the reader to the next one.
fn records<'a>(bytes: &'a [u8], listing: &mut Listing, path: &str) -> Vec<Record<'a>> {
    let mut found = Vec::new();
    for sector in bytes.chunks(2048) {
        let mut reader = Reader::new(sector);
        while let Some(length) = reader.u8().filter(|length| *length > 0) {
            let Some(record) = reader.take(usize::from(length) - 1).and_then(Record::read) else {
                listing.broke("iso-directory-record", path);
                listing.missed("damaged", format!("the directory {path}/"));
                break;
            };
            if !matches!(record.name, [] | [0 | 1]) {
                found.push(record);
            }
        }
    }
    found
}

/// The System Use entries that rename a file (SUSP 1.12, Rock Ridge 1.12). A name that goes on elsewhere is cut.
#[derive(Default)]
struct RockRidge {
    name: Option<String>,
    is_link: bool,
}

impl RockRidge {
    fn read(system_use: &[u8]) -> Self {
        let mut reader = Reader::new(system_use);
        let mut found = Self::default();
        let mut name = Vec::new();
        while let Some([a, b, length, _]) = reader.array() {
            let Some(entry) = usize::from(length).checked_sub(4).and_then(|length| reader.take(length))
            else {
                break;
            };
            match (&[a, b], entry) {
                (b"NM", [flags, part @ ..]) if flags & 6 == 0 => name.extend_from_slice(part),
                (b"SL", _) => found.is_link = true,
                _ => {}
            }
        }
        found.name = (!name.is_empty()).then(|| decode_name(&name));
        found
    }
}
