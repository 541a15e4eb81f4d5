//! Disc images: ISO 9660 with Joliet, UDF, and discs that are both. A double click on one shows its files in a
//! window, without the mark of the web that files from a mail bear.
//!
//! Copies of raw sectors (`.bin`, `.img` of CD writers) are read as the discs they hold. The file systems stand in
//! `disk`.

use super::disk::disc;
use super::disk::image::{Flat, RawSectors};
use super::disk::shelf::Shelf;
use crate::artifact::{Artifact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::is_disc;
use crate::limits::{Budget, Stop};

/// The format.
pub(super) struct Iso;

impl Format for Iso {
    fn id(&self) -> &'static str {
        "iso"
    }

    /// The first 32 KiB of a disc are free, so that it may be anything else, too.
    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "iso" || is_disc(&artifact.bytes)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut shelf = Shelf::new(artifact, "iso", out);
        match RawSectors::new(&artifact.bytes) {
            Some(sectors) => disc::take(&sectors, 0, &mut shelf, budget),
            None => disc::take(&Flat(&artifact.bytes), 0, &mut shelf, budget),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::fixtures::{
        BRIDGE, DISC, bytes, image, names, open, open_artifact, pattern, reasons, torture, tree, tricks,
    };
    use super::*;
    use crate::artifact::Fact;
    use crate::kind::Kind;
    use crate::limits::Limits;

    const FILES: [&str; 5] = ["readme.txt", "run.bat", "sub/empty.txt", "sub/pattern.bin", "請求書.txt"];

    /// The UDF disc of the bridge, without the descriptors of ISO 9660.
    fn udf_only() -> Vec<u8> {
        let (mut disc, _) = image(BRIDGE);
        let bridge: Vec<u8> = disc[16 * 2048..24 * 2048].to_vec();
        let (sectors, _) = bridge.as_chunks::<2048>();
        let udf = sectors.iter().filter(|sector| !matches!(&sector[1..6], b"CD001")).flatten().copied();
        let udf: Vec<u8> = udf.chain(std::iter::repeat(0)).take(8 * 2048).collect();
        disc[16 * 2048..24 * 2048].copy_from_slice(&udf);
        disc
    }

    /// Where a text stands in an image.
    fn find(disc: &[u8], text: &[u8]) -> usize {
        memchr::memmem::find(disc, text).unwrap()
    }

    #[test]
    fn joliet_names_go_first_and_what_one_tree_hides_is_given_out_and_noted() {
        let out = open(&Iso, image(DISC).0);
        let want = [&["ONLY_PRI.TXT", "only-joliet.txt"][..], &FILES[..]].concat();
        assert_eq!(names(&out), want);
        assert_eq!(bytes(&out, "請求書.txt"), b"seikyuu\nseikyuu\nseikyuu\n");
        assert_eq!(bytes(&out, "sub/pattern.bin"), pattern());
        assert_eq!(
            tricks(&out, "iso-views-disagree"),
            ["ONLY_PRI.TXT: not in joliet", "only-joliet.txt: not in primary"]
        );
        assert_eq!(tricks(&out, "iso-hidden-file"), ["run.bat", "RUN.BAT"]);
        assert!(out.damage.is_empty() && reasons(&out).is_empty());
        assert!(out.children.iter().all(|child| child.via == "iso"));
    }

    #[test]
    fn udf_is_read_with_and_without_the_other_trees() {
        for disc in [image(BRIDGE).0, udf_only()] {
            assert_eq!(Kind::of("a.bin", &disc).id, "iso");
            let out = open(&Iso, disc);
            assert_eq!(names(&out), FILES);
            assert_eq!(bytes(&out, "sub/pattern.bin"), pattern());
            assert!(out.facts.is_empty() && out.damage.is_empty() && reasons(&out).is_empty());
        }
    }

    /// Lays a metadata partition over the partition of a disc, block over block, and puts all directories into it.
    fn with_metadata_partition(mut disc: Vec<u8>) -> Vec<u8> {
        let tags = |disc: &[u8], tag: u16| -> Vec<usize> {
            let is = |at: &usize| disc[*at..*at + 2] == tag.to_le_bytes();
            (32 * 2048..disc.len() - 40).step_by(4).filter(is).collect()
        };
        let start = tags(&disc, 5).into_iter().find(|at| at % 2048 == 0).unwrap();
        let start = u32::from_le_bytes(disc[start + 188..start + 192].try_into().unwrap()) as usize * 2048;
        let blocks = u32::try_from((disc.len() - start) / 2048).unwrap();
        let mut file = [0u8; 2048];
        file[..2].copy_from_slice(&261u16.to_le_bytes());
        file[27] = 250;
        file[56..64].copy_from_slice(&(u64::from(blocks) * 2048).to_le_bytes());
        file[172..176].copy_from_slice(&8u32.to_le_bytes());
        file[176..180].copy_from_slice(&(blocks * 2048).to_le_bytes());
        for at in tags(&disc, 6).into_iter().filter(|at| at % 2048 == 0) {
            disc[at + 256] = 1;
            disc[at + 264..at + 272].copy_from_slice(&[70, 0, 0, 0, 2, 0, 0, 0]);
            disc[at + 446..at + 448].copy_from_slice(&[2, 64]);
            disc[at + 451..at + 474].copy_from_slice(b"*UDF Metadata Partition");
            disc[at + 486..at + 490].copy_from_slice(&blocks.to_le_bytes());
        }
        for at in tags(&disc, 256).into_iter().filter(|at| at % 2048 == 0) {
            disc[at + 408] = 1;
        }
        for at in tags(&disc, 257) {
            disc[at + 28] = 1;
        }
        disc.extend_from_slice(&file);
        disc
    }

    #[test]
    fn directories_in_a_metadata_partition_are_found() {
        let out = open(&Iso, with_metadata_partition(udf_only()));
        assert_eq!(names(&out), FILES);
        assert_eq!(bytes(&out, "sub/pattern.bin"), pattern());
        let mut disc = with_metadata_partition(udf_only());
        let file = disc.len() - 2048;
        disc[file] = 0;
        let out = open(&Iso, disc);
        assert_eq!((out.damage[0].what, reasons(&out)), ("udf-no-root", vec!["damaged"]));
    }

    #[test]
    fn a_file_hidden_in_udf_is_noted() {
        let mut disc = udf_only();
        let name = find(&disc, b"run.bat");
        disc[name - 1 - 38 + 18] |= 1;
        assert_eq!(tricks(&open(&Iso, disc), "udf-hidden-file"), ["run.bat"]);
    }

    #[test]
    fn raw_sectors_hold_the_same_disc() {
        let (disc, _) = image(DISC);
        let mut raw = Vec::new();
        for sector in disc.chunks(2048) {
            raw.extend_from_slice(b"\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\x02\0\x01");
            raw.extend_from_slice(sector);
            raw.extend_from_slice(&[0; 288]);
        }
        assert_eq!(names(&open(&Iso, raw)), names(&open(&Iso, disc)));
    }

    #[test]
    fn names_that_trees_give_the_same_bytes_are_told_where_the_sort_differs() {
        let (mut disc, _) = image(DISC);
        let joliet: Vec<u8> = "readme.txt".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let at = find(&disc, &joliet);
        let name: Vec<u8> = "readme.exe".encode_utf16().flat_map(u16::to_be_bytes).collect();
        disc[at..at + name.len()].copy_from_slice(&name);
        let out = open(&Iso, disc);
        assert_eq!(tricks(&out, "iso-names-disagree"), ["readme.exe: README.TXT in primary"]);
        let child = out.children.iter().find(|child| child.name == "readme.exe").unwrap();
        assert_eq!(child.facts, [Fact::OtherName("README.TXT".into())]);
    }

    #[test]
    fn a_directory_that_is_its_own_child_is_read_once() {
        let (mut disc, _) = image(DISC);
        let root = disc[17 * 2048 + 158..][..4].to_vec();
        let name: Vec<u8> = "sub".encode_utf16().flat_map(u16::to_be_bytes).collect();
        // The path tables, which stand first, have the name too.
        let at = memchr::memmem::rfind(&disc, &name).unwrap();
        disc[at - 31..at - 27].copy_from_slice(&root);
        let joliet = disc;

        let mut disc = udf_only();
        let is_parent = |at: &usize| disc[*at..*at + 2] == [1, 1] && disc[*at + 18] == 0x0a;
        let parent = (0..disc.len() - 40).step_by(4).find(is_parent).unwrap();
        let root = disc[parent + 24..parent + 28].to_vec();
        let at = find(&disc, b"\x08sub") - 38;
        disc[at + 24..at + 28].copy_from_slice(&root);

        for disc in [joliet, disc] {
            let out = open(&Iso, disc);
            assert_eq!(out.damage[0].what, "directory-loop");
            assert!(names(&out).contains(&"run.bat"));
        }
    }

    #[test]
    fn what_a_cut_disc_lost_is_named_by_the_cut() {
        let (disc, _) = image(DISC);
        let end = find(&disc, &pattern()[..64]) + 4096;
        let out = open(&Iso, disc[..end].to_vec());
        assert_eq!(bytes(&out, "sub/pattern.bin"), &pattern()[..4096]);
        assert!(reasons(&out).iter().all(|reason| *reason == "damaged"));
        let mut tree = tree("iso", disc[..end].to_vec());
        tree.get_mut(0).unwrap().size = 1 << 30;
        let (out, _) = open_artifact(&Iso, tree.get(0).unwrap(), &Limits::default());
        assert_eq!(bytes(&out, "sub/pattern.bin"), &pattern()[..4096]);
        assert!(!reasons(&out).is_empty());
        assert!(reasons(&out).iter().all(|reason| *reason == "limit-artifact-bytes"));
    }

    #[test]
    fn a_disc_may_begin_as_anything() {
        let (mut disc, _) = image(DISC);
        disc[..5].copy_from_slice(b"%PDF-");
        let tree = crate::artifact::Tree::new(crate::artifact::Child::new("a.pdf", "file", disc));
        assert!(Iso.matches(tree.get(0).unwrap()));
        assert!(!Iso.matches(self::tree("data", b"CD001".to_vec()).get(0).unwrap()));
    }

    #[test]
    fn a_million_entries_end_by_the_limit() {
        let (mut disc, _) = image(DISC);
        let at = find(&disc, b"README.TXT;1") - 33;
        let record = disc[at..at + usize::from(disc[at])].to_vec();
        let sector = record.repeat(2048 / record.len());
        let sector: Vec<u8> = sector.into_iter().chain(std::iter::repeat(0)).take(2048).collect();
        disc.extend(sector.iter().cycle().take(20_000 * 20));
        let root = 16 * 2048 + 156;
        let first = 88_064u32 / 2048;
        disc[root + 2..root + 6].copy_from_slice(&first.to_le_bytes());
        disc[root + 10..root + 14].copy_from_slice(&u32::MAX.to_le_bytes());
        let limits = Limits { artifacts: 300, ..Limits::default() };
        let (out, _) = open_artifact(&Iso, tree("iso", disc).get(0).unwrap(), &limits);
        assert!(reasons(&out).contains(&"limit-artifacts"), "{:?}", reasons(&out));
        assert!(out.children.len() < 20);
    }

    #[test]
    fn broken_anywhere_it_ends() {
        let (disc, used) = image(DISC);
        torture(&Iso, disc, &used, 7);
        let (_, used) = image(BRIDGE);
        torture(&Iso, udf_only(), &used, 11);
    }
}
