//! Virtual hard disks of Hyper-V (MS-VHDX): region table, metadata and block allocation table.
//!
//! The disk is looked at block by block where the table says it stands. Checksums are not asked for. Left: the replay
//! of a log that was not yet written out (noted, and unread), and the parent of a differencing disk (unread).

use super::disk::image::{Flat, Image, Piece, field, peek};
use super::disk::shelf::Shelf;
use super::disk::volumes;
use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::bytes::Reader;
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};

/// The format.
pub(super) struct Vhdx;

impl Format for Vhdx {
    fn id(&self) -> &'static str {
        "vhdx"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "vhdx"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut shelf = Shelf::new(artifact, "vhdx", out);
        let Some(disk) = Disk::read(&artifact.bytes) else {
            shelf.out.broke("vhdx-no-regions", "no region table leads to the disk");
            shelf.lost("its tables");
            return Ok(());
        };
        if has_log(&disk.file) {
            shelf.out.broke("vhdx-log", "its log was not written out");
            shelf.out.missed("unsupported-method", "changes that are in the log only");
        }
        if disk.has_parent {
            let detail = "it holds what differs from another disk".to_string();
            shelf.out.facts.push(Fact::Trick { what: "vhdx-differencing", detail });
            shelf.out.missed("unsupported-method", "what a differencing disk leaves to its parent");
        }
        volumes(&disk, &mut shelf, budget)
    }
}

/// Where the headers and the region tables stand (MS-VHDX 2.2).
const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
const REGION_TABLES: [u64; 2] = [192 << 10, 256 << 10];

/// Regions and metadata items by their GUIDs as they are written (MS-VHDX 2.2.3.2, 2.6.2).
const BLOCK_TABLE: [u8; 16] = *b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
const METADATA: [u8; 16] = *b"\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
const FILE_PARAMETERS: [u8; 16] = *b"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b";
const DISK_SIZE: [u8; 16] = *b"\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8";
const SECTOR_SIZE: [u8; 16] = *b"\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f";

/// Whether the newer header names a log that is not empty.
fn has_log(file: &Flat<'_>) -> bool {
    let header = |at: u64| {
        let header = peek(file, at, 80);
        let sequence = Reader::at(&header, 8)?.u64()?;
        let log = Reader::at(&header, 48)?.array::<16>()?;
        header.starts_with(b"head").then_some((sequence, log != [0; 16]))
    };
    HEADERS.into_iter().filter_map(header).max().is_some_and(|(_, has_log)| has_log)
}

/// The virtual disk.
struct Disk<'a> {
    file: Flat<'a>,
    /// Where the block allocation table stands.
    table: u64,
    block: u64,
    /// How many blocks stand in the table before an entry for their sector bitmap.
    chunk: u64,
    size: u64,
    has_parent: bool,
}

impl<'a> Disk<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let file = Flat(bytes);
        REGION_TABLES.into_iter().find_map(|regions| {
            let table = region(&file, regions, BLOCK_TABLE)?;
            let metadata = region(&file, regions, METADATA)?;
            let parameters = item(&file, metadata, FILE_PARAMETERS)?;
            let block = u64::from(u32::from_le_bytes(field(&file, parameters)?));
            let flags = u32::from_le_bytes(field(&file, parameters.checked_add(4)?)?);
            let size = u64::from_le_bytes(field(&file, item(&file, metadata, DISK_SIZE)?)?);
            let sector = item(&file, metadata, SECTOR_SIZE).and_then(|at| field(&file, at));
            let sector = u64::from(sector.map_or(512, u32::from_le_bytes)).clamp(512, 4096);
            let is_sound = block.is_power_of_two() && (1 << 20..=256 << 20).contains(&block);
            let chunk = ((sector << 23) / block.max(1)).max(1);
            let file = Flat(bytes);
            is_sound.then_some(Self { file, table, block, chunk, size, has_parent: flags & 2 != 0 })
        })
    }
}

/// Where a region stands.
fn region(file: &Flat<'_>, table: u64, wanted: [u8; 16]) -> Option<u64> {
    let bytes = peek(file, table, 64 << 10);
    let mut reader = Reader::new(&bytes);
    if reader.take(4)? != b"regi" {
        return None;
    }
    reader.skip(4)?;
    let count = reader.u32()?;
    reader.skip(4)?;
    (0..count.min(2047)).map_while(|_| reader.take(32)).find_map(|entry| {
        let place = || Reader::at(entry, 16)?.u64();
        if entry.starts_with(&wanted) { place() } else { None }
    })
}

/// Where a metadata item stands.
fn item(file: &Flat<'_>, metadata: u64, wanted: [u8; 16]) -> Option<u64> {
    let bytes = peek(file, metadata, 64 << 10);
    let mut reader = Reader::new(&bytes);
    if reader.take(8)? != b"metadata" {
        return None;
    }
    reader.skip(2)?;
    let count = reader.u16()?;
    reader.skip(20)?;
    (0..count.min(2047)).map_while(|_| reader.take(32)).find_map(|entry| {
        let place = || metadata.checked_add(u64::from(Reader::at(entry, 16)?.u32()?));
        if entry.starts_with(&wanted) { place() } else { None }
    })
}

/// States of a block that is stored (MS-VHDX 2.5.1.1).
const FULLY_PRESENT: u64 = 6;
const PARTIALLY_PRESENT: u64 = 7;

impl Image for Disk<'_> {
    fn piece(&self, at: u64) -> Piece<'_> {
        if at >= self.size {
            return Piece::Gone;
        }
        let (index, inside) = (at / self.block, at % self.block);
        let left = (self.block - inside).min(self.size - at);
        let slot = (index + index / self.chunk).checked_mul(8).and_then(|slot| slot.checked_add(self.table));
        let Some(entry) = slot.and_then(|slot| field(&self.file, slot)).map(u64::from_le_bytes) else {
            return Piece::Gone;
        };
        match entry & 7 {
            FULLY_PRESENT | PARTIALLY_PRESENT => {
                let place = (entry >> 20 << 20).checked_add(inside);
                place.map_or(Piece::Gone, |place| self.file.piece(place).up_to(left))
            }
            _ => Piece::Zeros(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::fixtures::{
        FAT12, bytes, image, names, open, open_artifact, pattern, reasons, torture, tree, tricks,
    };
    use super::*;
    use crate::kind::Kind;
    use crate::limits::Limits;

    const MIB: usize = 1 << 20;

    fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
        file[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// A disk of blocks of 1 MiB, of which the first is stored.
    fn vhdx(disk: &[u8], size: u64) -> Vec<u8> {
        let mut file: Vec<u8> = std::iter::repeat_n(0, 4 * MIB).collect();
        put(&mut file, 0, b"vhdxfile");
        put(&mut file, 64 << 10, b"head");
        for table in [192 << 10, 256 << 10] {
            put(&mut file, table, b"regi\0\0\0\0\x02");
            put(&mut file, table + 16, &[&BLOCK_TABLE[..], &(2 * MIB as u64).to_le_bytes()].concat());
            put(&mut file, table + 48, &[&METADATA[..], &(MIB as u64).to_le_bytes()].concat());
        }
        put(&mut file, MIB, b"metadata\0\0\x03");
        let items = [
            (FILE_PARAMETERS, (1u64 << 20).to_le_bytes().to_vec()),
            (DISK_SIZE, size.to_le_bytes().to_vec()),
            (SECTOR_SIZE, 512u32.to_le_bytes().to_vec()),
        ];
        for (index, (item, value)) in items.into_iter().enumerate() {
            let place = u32::try_from((64 << 10) + index * 8).unwrap();
            put(&mut file, MIB + 32 + index * 32, &[&item[..], &place.to_le_bytes()].concat());
            put(&mut file, MIB + (64 << 10) + index * 8, &value);
        }
        put(&mut file, 2 * MIB, &((3 * MIB as u64) | FULLY_PRESENT).to_le_bytes());
        put(&mut file, 3 * MIB, disk);
        file
    }

    #[test]
    fn blocks_are_found_by_the_table() {
        let file = vhdx(&image(FAT12).0, 1 << 40);
        assert_eq!(Kind::of("a.bin", &file).id, "vhdx");
        let out = open(&Vhdx, file);
        assert_eq!(names(&out), ["readme.txt", "run.bat", "sub/empty.txt", "sub/pattern.bin", "請求書.txt"]);
        assert_eq!(bytes(&out, "sub/pattern.bin"), pattern());
        assert!(out.facts.len() == 1 && out.damage.is_empty() && reasons(&out).is_empty());
        assert!(out.children.iter().all(|child| child.via == "vhdx"));
    }

    #[test]
    fn a_log_and_a_parent_are_told() {
        let mut file = vhdx(&image(FAT12).0, 1 << 30);
        file[(64 << 10) + 48] = 1;
        file[MIB + (64 << 10) + 4] = 2;
        let out = open(&Vhdx, file);
        assert_eq!(out.damage[0].what, "vhdx-log");
        assert_eq!(tricks(&out, "vhdx-differencing").len(), 1);
        assert_eq!(reasons(&out), ["unsupported-method", "unsupported-method"]);
        assert!(names(&out).contains(&"run.bat"));
    }

    #[test]
    fn one_region_table_is_enough_and_none_is_damage() {
        let mut file = vhdx(&image(FAT12).0, 1 << 30);
        file[192 << 10] = b'x';
        assert!(names(&open(&Vhdx, file.clone())).contains(&"run.bat"));
        file[256 << 10] = b'x';
        let out = open(&Vhdx, file.clone());
        assert_eq!((out.damage[0].what, reasons(&out)), ("vhdx-no-regions", vec!["damaged"]));
        let mut tree = tree("vhdx", file);
        tree.get_mut(0).unwrap().size = 1 << 30;
        let (out, _) = open_artifact(&Vhdx, tree.get(0).unwrap(), &Limits::default());
        assert_eq!(reasons(&out), ["limit-artifact-bytes"]);
    }

    #[test]
    fn broken_anywhere_it_ends() {
        let file = vhdx(&image(FAT12).0, 1 << 30);
        let tables = [64 << 10..(64 << 10) + 80, 192 << 10..(192 << 10) + 80, 256 << 10..(256 << 10) + 80];
        let metadata = [MIB..MIB + 128, MIB + (64 << 10)..MIB + (64 << 10) + 24, 2 * MIB..2 * MIB + 16];
        torture(&Vhdx, file, &[tables, metadata].concat(), 1);
    }
}
