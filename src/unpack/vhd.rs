//! Virtual hard disks of Virtual PC (Microsoft's Virtual Hard Disk Image Format Specification 1.0): fixed, dynamic
//! and differencing. A double click mounts one as a drive, whose files bear no mark of the web.
//!
//! The disk is looked at block by block where the allocation table says it stands; nothing is unfolded. The bitmaps
//! of blocks are not asked: in a dynamic disk what they exclude is zero, and in a differencing one the blocks that
//! are there are read with what is missing as zeros. The parent of a differencing disk is left (unread).

use super::disk::image::{Flat, Image, Piece, field, peek};
use super::disk::shelf::Shelf;
use super::disk::volumes;
use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};

/// The format.
pub(super) struct Vhd;

impl Format for Vhd {
    fn id(&self) -> &'static str {
        "vhd"
    }

    /// The first bytes of a fixed disk are its own, so that it may be anything else, too.
    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "vhd" || crate::kind::is_vhd(&artifact.bytes)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let bytes = artifact.bytes.as_slice();
        let Some(footer) = Footer::find(bytes) else {
            out.broke("vhd-no-footer", "neither its end nor its start tells of a disk");
            out.missed("damaged", "no footer was found");
            return Ok(());
        };
        if footer.sort == DIFFERENCING {
            out.facts.push(Fact::Trick { what: "vhd-differencing", detail: parent(bytes, &footer) });
            out.missed("unsupported-method", "what a differencing disk leaves to its parent");
        }
        let mut shelf = Shelf::new(artifact, "vhd", out);
        if footer.sort == FIXED {
            return volumes(&Flat(bytes.get(..footer.at).unwrap_or_default()), &mut shelf, budget);
        }
        let Some(disk) = Dynamic::read(bytes, &footer) else {
            shelf.out.broke("vhd-no-header", "the header of a dynamic disk is missing");
            shelf.lost("the header of a dynamic disk");
            return Ok(());
        };
        volumes(&disk, &mut shelf, budget)
    }
}

/// Disk types.
const FIXED: u32 = 2;
const DIFFERENCING: u32 = 4;

/// What the footer tells, big-endian.
struct Footer {
    /// Where it stands.
    at: usize,
    sort: u32,
    /// Where the header of a dynamic disk stands.
    header: u64,
    /// Bytes of the disk.
    size: u64,
}

impl Footer {
    /// The footer at the end of a file, or its copy at the start.
    fn find(bytes: &[u8]) -> Option<Self> {
        let end = bytes.len().saturating_sub(1024);
        let last = memchr::memmem::rfind(bytes.get(end..)?, b"conectix").map(|at| end + at);
        last.into_iter().chain([0]).find_map(|at| Self::read(bytes, at))
    }

    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let disk = Flat(bytes.get(at..)?);
        if field(&disk, 0)? != *b"conectix" {
            return None;
        }
        let sort = u32::from_be_bytes(field(&disk, 60)?);
        let (header, size) = (u64::from_be_bytes(field(&disk, 16)?), u64::from_be_bytes(field(&disk, 48)?));
        (2..=4).contains(&sort).then_some(Self { at, sort, header, size })
    }
}

/// A dynamic disk.
struct Dynamic<'a> {
    file: Flat<'a>,
    size: u64,
    /// Where the block allocation table stands, and its entries.
    table: u64,
    entries: u64,
    block: u64,
}

impl<'a> Dynamic<'a> {
    fn read(bytes: &'a [u8], footer: &Footer) -> Option<Self> {
        let file = Flat(bytes);
        if field(&file, footer.header)? != *b"cxsparse" {
            return None;
        }
        let at = |offset: u64| footer.header.checked_add(offset);
        let table = u64::from_be_bytes(field(&file, at(16)?)?);
        let entries = u64::from(u32::from_be_bytes(field(&file, at(28)?)?));
        let block = u64::from(u32::from_be_bytes(field(&file, at(32)?)?));
        let is_sound = block.is_power_of_two() && block >= 512;
        is_sound.then_some(Self { file, size: footer.size, table, entries, block })
    }

    /// Where a block stands in the file, behind its bitmap; `None` if it is not stored.
    fn stored(&self, index: u64) -> Option<u64> {
        let entry = field(&self.file, self.table.checked_add(index.checked_mul(4)?)?)?;
        let sector = u32::from_be_bytes(entry);
        let bitmap = (self.block / 512).div_ceil(8).next_multiple_of(512);
        (sector != u32::MAX).then(|| u64::from(sector) * 512 + bitmap)
    }
}

impl Image for Dynamic<'_> {
    fn piece(&self, at: u64) -> Piece<'_> {
        let (index, inside) = (at / self.block, at % self.block);
        if at >= self.size || index >= self.entries {
            return Piece::Gone;
        }
        let left = self.block - inside;
        match self.stored(index) {
            Some(place) => self.file.piece(place + inside).up_to(left),
            None => Piece::Zeros(left),
        }
    }
}

/// The name of the parent in the header of a differencing disk.
fn parent(bytes: &[u8], footer: &Footer) -> String {
    let name = peek(&Flat(bytes), footer.header.saturating_add(64), 512);
    let (units, _) = name.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit)).take_while(|unit| *unit != 0);
    format!("parent: {}", String::from_utf16_lossy(&units.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::super::disk::fixtures::{
        FAT12, NTFS, bytes, image, names, open, open_artifact, pattern, reasons, torture, tree, tricks,
    };
    use super::*;
    use crate::kind::Kind;
    use crate::limits::Limits;

    fn footer(sort: u32, size: u64) -> Vec<u8> {
        let mut footer = [0u8; 512];
        footer[..8].copy_from_slice(b"conectix");
        footer[12..16].copy_from_slice(&[0, 1, 0, 0]);
        footer[16..24].copy_from_slice(&512u64.to_be_bytes());
        footer[48..56].copy_from_slice(&size.to_be_bytes());
        footer[60..64].copy_from_slice(&sort.to_be_bytes());
        footer.to_vec()
    }

    /// A dynamic disk of `size` bytes: its blocks of 4 KiB by the places this function gives them.
    fn dynamic(sort: u32, size: u64, disk: &[u8], entry: impl Fn(usize) -> u32) -> Vec<u8> {
        let blocks = usize::try_from(size.div_ceil(4096)).unwrap().min(1 << 16);
        let mut header = [0u8; 1024];
        header[..8].copy_from_slice(b"cxsparse");
        header[16..24].copy_from_slice(&1536u64.to_be_bytes());
        header[28..32].copy_from_slice(&u32::try_from(blocks).unwrap().to_be_bytes());
        header[32..36].copy_from_slice(&4096u32.to_be_bytes());
        header[64..70].copy_from_slice(b"\0p\0.\0v");
        let mut out = [footer(sort, size), header.to_vec()].concat();
        out.extend((0..blocks).flat_map(|block| entry(block).to_be_bytes()));
        while !out.len().is_multiple_of(512) {
            out.push(0);
        }
        for block in disk.chunks(4096).filter(|block| block.iter().any(|byte| *byte != 0)) {
            out.extend_from_slice(&[255; 512]);
            out.extend_from_slice(block);
        }
        out.extend(footer(sort, size));
        out
    }

    /// The whole of a disk as a dynamic one.
    fn whole(sort: u32, disk: &[u8]) -> Vec<u8> {
        let table = (disk.len().div_ceil(4096) * 4).div_ceil(512);
        let is_stored = |block: &&[u8]| block.iter().any(|byte| *byte != 0);
        let places: Vec<u32> = (0..disk.len().div_ceil(4096))
            .map(|index| {
                let before = disk.chunks(4096).take(index).filter(is_stored).count();
                let stored = disk.chunks(4096).nth(index).filter(is_stored).is_some();
                if stored { u32::try_from(3 + table + before * 9).unwrap() } else { u32::MAX }
            })
            .collect();
        dynamic(sort, disk.len() as u64, disk, |block| places[block])
    }

    #[test]
    fn fixed_and_dynamic_disks_hold_the_same_files() {
        let (disk, _) = image(FAT12);
        let fixed = [disk.clone(), footer(2, disk.len() as u64)].concat();
        for vhd in [fixed, whole(3, &disk)] {
            assert_eq!(Kind::of("a.bin", &vhd).id, "vhd");
            let out = open(&Vhd, vhd);
            assert_eq!(
                names(&out),
                ["readme.txt", "run.bat", "sub/empty.txt", "sub/pattern.bin", "請求書.txt"]
            );
            assert_eq!(bytes(&out, "sub/pattern.bin"), pattern());
            assert!(out.damage.is_empty() && reasons(&out).is_empty());
            assert!(out.children.iter().all(|child| child.via == "vhd"));
        }
    }

    #[test]
    fn a_differencing_disk_is_read_as_far_as_it_goes() {
        let out = open(&Vhd, whole(4, &image(FAT12).0));
        assert_eq!(tricks(&out, "vhd-differencing"), ["parent: p.v"]);
        assert_eq!(reasons(&out), ["unsupported-method"]);
        assert!(names(&out).contains(&"run.bat"));
    }

    #[test]
    fn without_its_footer_a_dynamic_disk_is_known_by_the_copy() {
        let mut vhd = whole(3, &image(FAT12).0);
        vhd.truncate(vhd.len() - 600);
        assert!(names(&open(&Vhd, vhd.clone())).contains(&"run.bat"));
        vhd[512] = b'x';
        assert_eq!(reasons(&open(&Vhd, vhd)), ["damaged"]);
    }

    #[test]
    fn a_disk_of_terabytes_in_which_all_blocks_are_one_ends_soon() {
        let (ntfs, _) = image(NTFS);
        for (size, entry) in
            [(2u64 << 40, 515u32), (2 << 40, u32::MAX), (2 << 40, 0), (u64::MAX, 0x7fff_ffff)]
        {
            let limits = Limits { made_bytes: 16 << 20, artifact_bytes: 1 << 20, ..Limits::default() };
            let vhd = dynamic(3, size, &ntfs[..4096], |_| entry);
            let (out, _) = open_artifact(&Vhd, tree("vhd", vhd).get(0).unwrap(), &limits);
            assert!(out.children.len() < 10);
        }
    }

    #[test]
    fn broken_anywhere_it_ends() {
        let vhd = whole(3, &image(FAT12).0);
        let length = vhd.len();
        torture(&Vhd, vhd, &[0..700, 1500..1700, length - 512..length], 1);
    }
}
