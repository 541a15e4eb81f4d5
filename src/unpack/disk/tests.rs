//! Tests of raw disks and of the file systems on them.

use super::fixtures::{
    EXFAT, FAT12, FAT16, FAT32, NTFS, bytes, image, names, open, open_artifact, pattern, reasons, torture,
    tree, tricks,
};
use super::*;
use crate::artifact::Fact;
use crate::kind::Kind;
use crate::limits::Limits;

const FILES: [&str; 5] = ["readme.txt", "run.bat", "sub/empty.txt", "sub/pattern.bin", "請求書.txt"];

/// Where a text stands in an image.
fn find(disk: &[u8], text: &[u8]) -> usize {
    memchr::memmem::find(disk, text).unwrap()
}

/// A hard disk with volumes at these sectors.
fn partitioned(volumes: &[(u8, u32, &[u8])]) -> Vec<u8> {
    let end = volumes.iter().map(|(_, first, bytes)| *first as usize * 512 + bytes.len()).max().unwrap();
    let mut disk: Vec<u8> = std::iter::repeat_n(0, end).collect();
    for (index, (sort, first, bytes)) in volumes.iter().enumerate() {
        let at = *first as usize * 512;
        disk[at..at + bytes.len()].copy_from_slice(bytes);
        let entry = 446 + index * 16;
        disk[entry + 4] = *sort;
        disk[entry + 8..entry + 12].copy_from_slice(&first.to_le_bytes());
        disk[entry + 12..entry + 16].copy_from_slice(&9u32.to_le_bytes());
    }
    disk[510..512].copy_from_slice(b"\x55\xaa");
    disk
}

#[test]
fn every_fat_gives_its_files_under_long_names() {
    for fixture in [FAT12, FAT16, FAT32] {
        let (disk, _) = image(fixture);
        assert_eq!(Kind::of("a.img", &disk).id, "disk");
        let out = open(&Disk, disk);
        assert_eq!(names(&out), FILES);
        assert_eq!(bytes(&out, "sub/pattern.bin"), pattern());
        assert_eq!(bytes(&out, "run.bat"), b"rem inert\r\n");
        assert_eq!(tricks(&out, "fat-hidden-file"), ["run.bat"]);
        assert!(out.damage.is_empty() && reasons(&out).is_empty());
    }
}

#[test]
fn short_names_and_long_names_of_others_are_told_apart() {
    let (mut disk, _) = image(FAT12);
    let short = find(&disk, b"README  TXT");
    // The long name before it no longer belongs to it; Windows shows the short one in the case that is noted.
    disk[short] = b'X';
    disk[short + 12] = 8 | 16;
    assert!(names(&open(&Disk, disk)).contains(&"xeadme.txt"));
}

#[test]
fn a_chain_that_comes_back_ends_and_is_told() {
    let (mut disk, _) = image(FAT12);
    // All entries of both tables lead to cluster 3, and the file claims four gigabytes.
    disk[512 + 3..512 + 512].fill(0);
    for entry in disk[512 + 3..512 * 2].chunks_exact_mut(3) {
        entry.copy_from_slice(&[0x03, 0x30, 0x00]);
    }
    let entry = find(&disk, b"README  TXT");
    disk[entry + 28..entry + 32].copy_from_slice(&u32::MAX.to_le_bytes());
    let out = open(&Disk, disk);
    assert!(out.damage.iter().any(|damage| damage.what == "fat-loop"));
    assert!(reasons(&out).contains(&"damaged"));
}

#[test]
fn a_directory_that_is_its_own_child_is_read_once() {
    let (mut disk, _) = image(FAT12);
    let sub = disk.windows(11).position(|name| name == b"SUB        ").unwrap();
    disk[sub + 26..sub + 28].copy_from_slice(&[0, 0]);
    let out = open(&Disk, disk);
    assert_eq!(out.damage[0].what, "directory-loop");
    assert_eq!(names(&out), ["readme.txt", "run.bat", "請求書.txt"]);
}

#[test]
fn ntfs_gives_files_streams_and_other_names_but_no_metafiles() {
    let (disk, _) = image(NTFS);
    assert_eq!(Kind::of("a.bin", &disk).id, "disk");
    let out = open(&Disk, disk);
    let want = [
        "linked.bin",
        "readme.txt",
        "readme.txt:note.bat",
        "run.bat",
        "sparse.bin",
        "sub/empty.txt",
        "請求書.txt",
    ];
    assert_eq!(names(&out), want);
    assert_eq!(bytes(&out, "linked.bin"), pattern());
    assert_eq!(bytes(&out, "readme.txt:note.bat"), b"rem inert stream");
    let sparse = bytes(&out, "sparse.bin");
    assert!(sparse.len() == 20_003 && sparse.ends_with(b"\0end") && sparse[..20_000].iter().all(|b| *b == 0));
    let linked = out.children.iter().find(|child| child.name == "linked.bin").unwrap();
    assert_eq!(linked.facts, [Fact::OtherName("sub/pattern.bin".into())]);
    assert_eq!(tricks(&out, "ntfs-hidden-file"), ["run.bat"]);
    assert!(out.damage.is_empty() && reasons(&out).is_empty());
}

/// The record of the file of that name, and where the header of its attribute of that type is.
fn attribute(disk: &[u8], name: &str, sort: u32) -> (usize, usize) {
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let record = find(disk, &wide) / 1024 * 1024;
    let mut at = record + usize::from(u16::from_le_bytes([disk[record + 20], disk[record + 21]]));
    while disk[at..at + 4] != sort.to_le_bytes() {
        at += usize::from(u16::from_le_bytes([disk[at + 4], disk[at + 5]]));
    }
    (record, at)
}

#[test]
fn runs_that_lead_nowhere_and_locked_data_are_unread() {
    let (whole, _) = image(NTFS);
    let (_, data) = attribute(&whole, "linked.bin", 0x80);
    let pairs = data + usize::from(whole[data + 32]);
    for (places, values, want) in [
        (data + 12..data + 14, &[1, 0][..], "unsupported-method"),
        (data + 12..data + 14, &[0, 0x40], "encrypted"),
        (pairs..pairs + 4, &[0x21, 0x09, 0xff, 0x7f], "damaged"),
        (pairs..pairs + 4, &[0x21, 0x09, 0xff, 0xff], "damaged"),
        (pairs..pairs + 1, &[0], "damaged"),
    ] {
        let mut disk = whole.clone();
        disk[places].copy_from_slice(values);
        let out = open(&Disk, disk);
        let child = out.children.iter().find(|child| child.name == "linked.bin").unwrap();
        assert_eq!(child.unread[0].reason, want);
    }
}

#[test]
fn a_sparse_file_of_terabytes_costs_the_limit() {
    let (mut disk, _) = image(NTFS);
    let (_, data) = attribute(&disk, "linked.bin", 0x80);
    let pairs = data + usize::from(disk[data + 32]);
    disk[data + 48..data + 56].copy_from_slice(&(2u64 << 40).to_le_bytes());
    disk[data + 56..data + 64].copy_from_slice(&(2u64 << 40).to_le_bytes());
    disk[pairs..pairs + 8].copy_from_slice(&[0x05, 0, 0, 0, 0, 1, 0, 0]);
    let limits = Limits { made_bytes: 4 << 20, artifact_bytes: 1 << 20, ..Limits::default() };
    let (out, result) = open_artifact(&Disk, tree("disk", disk).get(0).unwrap(), &limits);
    assert_eq!(result, Err(Stop::Bytes));
    assert!(out.children.iter().any(|child| child.name == "linked.bin" && child.bytes.len() == 1 << 20));
}

#[test]
fn directories_that_hold_each_other_end() {
    let (mut disk, _) = image(NTFS);
    let (_, name) = attribute(&disk, "sub", 0x30);
    // The directory lies in itself.
    let own = u32::from_le_bytes(disk[name / 1024 * 1024 + 44..][..4].try_into().unwrap());
    let parent = name + usize::from(disk[name + 20]);
    disk[parent..parent + 4].copy_from_slice(&own.to_le_bytes());
    let out = open(&Disk, disk);
    assert!(out.damage.iter().any(|damage| damage.what == "directory-loop"));
    assert!(names(&out).contains(&"empty.txt"));
}

#[test]
fn exfat_gives_its_files_and_zeros_for_what_was_never_written() {
    let out = open(&Disk, image(EXFAT).0);
    let want =
        ["readme.txt", "run.bat", "sub/empty.txt", "sub/half written.bin", "sub/pattern.bin", "請求書.txt"];
    assert_eq!(names(&out), want);
    assert_eq!(bytes(&out, "sub/pattern.bin"), pattern());
    let half = bytes(&out, "sub/half written.bin");
    assert!(half.starts_with(b"abc\0") && half.len() == 6000 && half[3..].iter().all(|byte| *byte == 0));
    assert_eq!(tricks(&out, "exfat-hidden-file"), ["run.bat"]);
    assert!(out.damage.is_empty() && reasons(&out).is_empty());
}

#[test]
fn every_partition_is_read_and_what_is_unknown_is_told() {
    let (fat, ntfs) = (image(FAT12).0, image(NTFS).0);
    let linux: Vec<u8> = std::iter::repeat_n(7, 2048).collect();
    let disk = partitioned(&[(6, 63, &fat), (7, 1000, &ntfs), (0x83, 6000, &linux)]);
    assert_eq!(Kind::of("a.bin", &disk).id, "disk");
    let out = open(&Disk, disk);
    let told = names(&out);
    assert!(told.contains(&"1/sub/pattern.bin") && told.contains(&"2/readme.txt:note.bat"), "{told:?}");
    assert_eq!(reasons(&out), ["unsupported-format"]);
    let lost = partitioned(&[(6, 63, &fat), (7, 1000, &[])]);
    assert_eq!(reasons(&open(&Disk, lost)), ["damaged"]);
}

#[test]
fn logical_partitions_are_followed_and_their_loops_end() {
    let (fat, _) = image(FAT12);
    let logical = partitioned(&[(6, 63, &fat)]);
    let mut disk = partitioned(&[(5, 100, &logical)]);
    assert_eq!(names(&open(&Disk, disk.clone())), FILES);
    // The record names itself as the next one.
    let next = 100 * 512 + 446 + 16;
    disk[next + 4] = 5;
    assert_eq!(names(&open(&Disk, disk.clone())), FILES);
    disk[next + 8] = 1;
    assert_eq!(names(&open(&Disk, disk)), FILES);
}

#[test]
fn the_guid_table_is_read_at_either_end() {
    let (fat, _) = image(FAT12);
    let mut disk = partitioned(&[(0xee, 1, &[])]);
    disk.extend(std::iter::repeat_n(0, 63 * 512));
    disk.extend_from_slice(&fat);
    let mut header = b"EFI PART".to_vec();
    header.extend([0; 64]);
    header.extend(2u64.to_le_bytes());
    header.extend(4u32.to_le_bytes());
    header.extend(128u32.to_le_bytes());
    let mut entry = b"\xa2\xa0\xd0\xeb".to_vec();
    entry.extend([7; 28]);
    entry.extend(64u64.to_le_bytes());
    disk[512..512 + header.len()].copy_from_slice(&header);
    disk[1024..1024 + entry.len()].copy_from_slice(&entry);
    assert_eq!(names(&open(&Disk, disk.clone())), FILES);
    disk[512..1024].fill(0);
    disk.extend_from_slice(&header);
    disk.extend(std::iter::repeat_n(0, 512 - header.len()));
    assert_eq!(names(&open(&Disk, disk)), FILES);
}

#[test]
fn locked_and_foreign_volumes_are_told() {
    let boot = |name: &[u8; 8]| [&b"\xeb\x58\x90"[..], name, &[1; 501]].concat();
    assert_eq!(reasons(&open(&Disk, boot(b"-FVE-FS-"))), ["encrypted"]);
    assert_eq!(reasons(&open(&Disk, boot(b"ReFS\0\0\0\0"))), ["unsupported-format"]);
    assert_eq!(reasons(&open(&Disk, boot(b"NTFS    "))), ["damaged"]);
    assert_eq!(reasons(&open(&Disk, boot(b"EXFAT   "))), ["damaged"]);
}

#[test]
fn broken_anywhere_it_ends() {
    for (fixture, step) in [(FAT12, 3), (NTFS, 7), (EXFAT, 5)] {
        let (disk, used) = image(fixture);
        torture(&Disk, disk, &used, step);
    }
}
