//! Raw disk images: hard disks with a partition table, floppies and bare volumes. And what all images of disks and
//! discs share: how their bytes are reached, the file systems, and how files are taken out.
//!
//! ```text
//! bytes → image (a disk piece by piece) → partitions → fat, exfat, ntfs, iso9660, udf → listing → shelf → children
//! ```
//!
//! Every partition that Windows would mount is read, and a file system that begins at the first sector too. Left:
//! dynamic disks (LDM), storage spaces, `ReFS`, file systems of other systems (unread), deleted files.

pub(super) mod disc;
mod exfat;
mod fat;
#[cfg(test)]
pub(super) mod fixtures;
pub(super) mod image;
mod iso9660;
mod listing;
mod ntfs;
mod partitions;
pub(super) mod shelf;
#[cfg(test)]
mod tests;
mod udf;

use crate::artifact::{Artifact, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use image::{Flat, Image, Window, peek};
use partitions::Partition;
use shelf::Shelf;

/// The format.
pub(super) struct Disk;

impl Format for Disk {
    fn id(&self) -> &'static str {
        "disk"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "disk"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut shelf = Shelf::new(artifact, "disk", out);
        volumes(&Flat(&artifact.bytes), &mut shelf, budget)
    }
}

/// Takes out the files of every volume on a disk.
pub(super) fn volumes(image: &dyn Image, shelf: &mut Shelf<'_>, budget: &mut Budget) -> Result<(), Stop> {
    let boot = peek(image, 0, 512);
    let bare = System::of(image, &boot);
    let partitions = partitions::read(image);
    if boot.is_empty() {
        shelf.lost("the first sector");
    } else if bare != System::Unknown {
        volume(image, &Partition { start: 0, sort: String::new() }, bare, shelf, budget)?;
    } else if partitions.is_empty() && !is_blank(image) {
        shelf.out.missed("unsupported-format", "a disk without partitions and without a known file system");
    }
    for (index, partition) in partitions.iter().enumerate() {
        if partitions.len() > 1 {
            shelf.prefix = format!("{}/", index + 1);
        }
        let window = Window { image, start: partition.start };
        let boot = peek(&window, 0, 512);
        if boot.is_empty() {
            shelf.lost(format!("partition {} begins behind the end of the image", index + 1));
        } else {
            volume(&window, partition, System::of(&window, &boot), shelf, budget)?;
        }
    }
    Ok(())
}

/// Whether nothing was ever written to the beginning of a volume.
fn is_blank(image: &dyn Image) -> bool {
    peek(image, 0, 64 << 10).iter().all(|byte| *byte == 0)
}

/// A file system, as its first sector tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Fat,
    ExFat,
    Ntfs,
    Disc,
    BitLocker,
    ReFs,
    Unknown,
}

impl System {
    fn of(image: &dyn Image, boot: &[u8]) -> Self {
        match boot.get(3..11) {
            Some(b"NTFS    ") => Self::Ntfs,
            Some(b"EXFAT   ") => Self::ExFat,
            Some(b"-FVE-FS-") => Self::BitLocker,
            Some(b"ReFS\0\0\0\0") => Self::ReFs,
            _ if crate::kind::is_fat(boot) => Self::Fat,
            _ if disc::is_here(image) => Self::Disc,
            _ => Self::Unknown,
        }
    }
}

/// Takes out the files of one volume.
fn volume(
    image: &dyn Image,
    partition: &Partition,
    system: System,
    shelf: &mut Shelf<'_>,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let listing = match system {
        System::Fat => fat::read(image, budget)?,
        System::ExFat => exfat::read(image, budget)?,
        System::Ntfs => ntfs::read(image, budget)?,
        System::Disc => return disc::take(image, partition.start, shelf, budget),
        System::BitLocker => {
            shelf.out.missed("encrypted", format!("a volume of BitLocker{}", partition.sort));
            return Ok(());
        }
        System::ReFs => {
            shelf.out.missed("unsupported-format", format!("a volume of ReFS{}", partition.sort));
            return Ok(());
        }
        System::Unknown => {
            if !is_blank(image) && !partition.is_reserved() {
                shelf.out.missed("unsupported-format", format!("no known file system{}", partition.sort));
            }
            return Ok(());
        }
    };
    shelf.take(image, partition.start, listing, budget)
}
