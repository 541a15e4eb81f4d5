//! UDF 1.02 to 2.60 (ECMA-167 with OSTA's restrictions): anchor, volume descriptors, partition maps, then the
//! directories from the root on.
//!
//! The main descriptor sequence is read, and the reserve where that gives no root. Checksums of descriptors are not
//! asked for; their tags are. Left: strategy 4096 of write-once media, sparing tables, extended attributes.

mod file;
mod volume;

use super::image::{Image, peek};
use super::listing::{Body, File, Folder, Folders, Listing, gather};
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use file::{Address, Entry, Kind};
use volume::Volume;

/// What the UDF file system of an image lists; `None` if there is no UDF on it.
pub(in crate::unpack) fn read(image: &dyn Image, budget: &mut Budget) -> Result<Option<Listing>, Stop> {
    if !is_announced(image) {
        return Ok(None);
    }
    let mut listing = Listing::default();
    match Volume::read(image, budget)? {
        Some(volume) => walk(image, &volume, &mut listing, budget)?,
        None => {
            listing.broke("udf-no-root", "no volume descriptor leads to a root directory");
            listing.missed("damaged", "the UDF file system");
        }
    }
    Ok(Some(listing))
}

/// Whether the volume recognition sequence (ECMA-167 2/8.3) names UDF.
fn is_announced(image: &dyn Image) -> bool {
    (16..80).any(|sector: u64| {
        let id = peek(image, sector * 2048, 6);
        matches!(id.get(1..6), Some(b"NSR02" | b"NSR03"))
    })
}

/// A directory or the directory of a file's streams: what stands between its path and the names in it.
type Place = Entry;

fn walk(image: &dyn Image, volume: &Volume, listing: &mut Listing, budget: &mut Budget) -> Result<(), Stop> {
    let Some(root) = Entry::read(image, volume, volume.root) else {
        listing.broke("udf-no-root", "the root directory is no file entry");
        listing.missed("damaged", "the UDF file system");
        return Ok(());
    };
    let mut folders = Folders::new(root.at, root);
    while let Some(folder) = folders.next() {
        let bytes = match &folder.place.body {
            Body::Runs(runs) => gather(image, runs.clone(), &folder.path, listing, budget)?,
            Body::Bytes(bytes) => bytes.clone(),
            Body::Units { .. } => continue,
            Body::Shut(reason, detail) => {
                listing.missed(reason, format!("the directory {}/: {detail}", folder.path));
                continue;
            }
        };
        let mut reader = Reader::new(&bytes);
        while !listing.is_full() && !is_blank(reader.rest()) {
            let Some(named) = Named::read(&mut reader) else {
                listing.broke("udf-directory-record", folder.path.as_str());
                listing.missed("damaged", format!("the directory {}/", folder.path));
                break;
            };
            if !named.is(DELETED) && !named.is(PARENT) {
                follow(image, volume, &named, &folder, &mut folders, listing, budget)?;
            }
        }
    }
    Ok(())
}

/// Whether nothing but padding follows.
fn is_blank(rest: &[u8]) -> bool {
    rest.iter().take(38).all(|byte| *byte == 0)
}

/// Puts what a name stands for onto the list or among the directories to be read.
fn follow(
    image: &dyn Image,
    volume: &Volume,
    named: &Named,
    folder: &Folder<Place>,
    folders: &mut Folders<Place>,
    listing: &mut Listing,
    budget: &Budget,
) -> Result<(), Stop> {
    budget.tick()?;
    let name = format!("{}{}", folder.path, named.name);
    let Some(entry) = Entry::read(image, volume, named.icb) else {
        listing.broke("udf-no-file-entry", name.as_str());
        listing.missed("damaged", name);
        return Ok(());
    };
    if named.is(HIDDEN) {
        listing.hidden("udf-hidden-file", &folder.path, &named.name);
    }
    if entry.has_streams && entry.kind != Kind::Directory {
        listing.missed("unsupported-method", format!("named streams of {name}"));
    }
    match entry.kind {
        Kind::Directory => {
            folders.add((entry.at, entry), (folder, &named.name), listing);
            Ok(())
        }
        Kind::Link => {
            listing.trick("udf-symlink", name);
            Ok(())
        }
        Kind::File => listing.add(File::new(name, entry.size, entry.body), budget),
    }
}

/// File characteristics (ECMA-167 4/14.4.3).
const HIDDEN: u8 = 1;
const DELETED: u8 = 4;
const PARENT: u8 = 8;

/// A file identifier descriptor (ECMA-167 4/14.4).
struct Named {
    name: String,
    flags: u8,
    icb: Address,
}

impl Named {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let before = reader.position();
        if reader.u16()? != 257 {
            return None;
        }
        reader.skip(16)?;
        let (flags, length) = (reader.u8()?, reader.u8()?);
        reader.skip(4)?;
        let icb = Address { block: reader.u32()?, partition: reader.u16()? };
        reader.skip(6)?;
        let implementation = reader.u16()?;
        reader.skip(usize::from(implementation))?;
        let name = compressed_unicode(reader.take(usize::from(length))?);
        let length = reader.position() - before;
        reader.take_up_to(length.next_multiple_of(4) - length);
        Some(Self { name, flags, icb })
    }

    fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// OSTA compressed unicode (UDF 2.1.1): 8 or 16 bits a character, as the first byte says.
fn compressed_unicode(bytes: &[u8]) -> String {
    match bytes {
        [8 | 254, rest @ ..] => rest.iter().copied().map(char::from).collect(),
        [16 | 255, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        other => crate::zip::decode_name(other),
    }
}
