//! How discs and disks are known. They have few signatures and many fields, so that the numbers are looked at, too:
//! arbitrary data must not pass for a disk.

/// ECMA-119 8.1 and ECMA-167 2/9.1: a volume descriptor in sector 16 or, after a UDF bridge, 17 or 18. A copy of raw
/// sectors (ECMA-130 14) has 16 or 24 bytes before the data of each.
pub(crate) fn is_disc(bytes: &[u8]) -> bool {
    let is_raw = bytes.starts_with(b"\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0");
    let sectors: &[(usize, usize)] = if is_raw { &[(2352, 16), (2352, 24)] } else { &[(2048, 0)] };
    let is_descriptor = |at: usize| {
        bytes.get(at..at + 5).is_some_and(|id| [&b"CD001"[..], b"BEA01", b"NSR02", b"NSR03"].contains(&id))
    };
    sectors.iter().any(|(size, before)| (16..19).any(|sector| is_descriptor(sector * size + before + 1)))
}

/// The footer of a virtual hard disk, 512 bytes or in old ones 511, or the copy at its start: its mark and version 1.
pub(crate) fn is_vhd(bytes: &[u8]) -> bool {
    let is_footer = |bytes: &[u8]| bytes.starts_with(b"conectix") && bytes.get(12..16) == Some(&[0, 1, 0, 0]);
    let end = bytes.get(bytes.len().saturating_sub(1024)..).unwrap_or_default();
    is_footer(bytes)
        || memchr::memmem::find_iter(end, b"conectix").any(|at| end.get(at..).is_some_and(is_footer))
}

/// A hard disk or floppy: a partition table, or the boot sector of a file system that Windows mounts.
pub(super) fn is_disk(bytes: &[u8]) -> bool {
    is_volume(bytes) || is_fat(bytes) || is_partitioned(bytes)
}

/// The boot sector of NTFS, exFAT, `ReFS` or a volume locked by `BitLocker`: a jump, and its name.
fn is_volume(bytes: &[u8]) -> bool {
    let is_jump = matches!(bytes, [0xeb, _, 0x90, ..] | [0xe9, ..] | [0, 0, 0, ..]);
    let names: [&[u8]; 4] = [b"NTFS    ", b"EXFAT   ", b"-FVE-FS-", b"ReFS\0\0\0\0"];
    bytes.len() >= 512 && is_jump && bytes.get(3..11).is_some_and(|name| names.contains(&name))
}

/// The boot sector of FAT: a jump, and numbers that a volume can have (FAT specification 1.03, 3.1).
pub(crate) fn is_fat(bytes: &[u8]) -> bool {
    let word =
        |at: usize| bytes.get(at..at + 2).and_then(|word| word.try_into().ok()).map(u16::from_le_bytes);
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let sectors = || word(19) != Some(0) || bytes.get(32..36).is_some_and(|total| total != [0; 4]);
    let table = || word(22) != Some(0) || bytes.get(36..40).is_some_and(|table| table != [0; 4]);
    bytes.len() >= 512
        && matches!(bytes, [0xeb, _, 0x90, ..] | [0xe9, ..])
        && word(11).is_some_and(|size| matches!(size, 512 | 1024 | 2048 | 4096))
        && byte(13).is_power_of_two()
        && word(14) != Some(0)
        && matches!(byte(16), 1 | 2)
        && matches!(byte(21), 0xf0 | 0xf8..)
        && sectors()
        && table()
}

/// A master boot record with at least one partition; entries that are not in use are empty.
pub(crate) fn is_partitioned(bytes: &[u8]) -> bool {
    let Some(table) = bytes.get(446..510) else { return false };
    let is_empty = |entry: &[u8]| entry.iter().all(|byte| *byte == 0);
    let is_used = |entry: &[u8]| {
        let filled = |range| entry.get(range).is_some_and(|number: &[u8]| !is_empty(number));
        matches!(entry.first(), Some(0 | 0x80)) && filled(4..5) && filled(8..12) && filled(12..16)
    };
    bytes.get(510..512) == Some(b"\x55\xaa")
        && table.chunks(16).all(|entry| is_empty(entry) || is_used(entry))
        && table.chunks(16).any(is_used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    fn record(entries: &[[u8; 16]]) -> Vec<u8> {
        let mut sector = [0u8; 512];
        for (at, entry) in entries.iter().enumerate() {
            sector[446 + at * 16..][..16].copy_from_slice(entry);
        }
        sector[510..].copy_from_slice(b"\x55\xaa");
        sector.to_vec()
    }

    const NTFS: [u8; 16] = [0x80, 1, 1, 0, 7, 254, 63, 10, 63, 0, 0, 0, 0, 8, 0, 0];

    #[test]
    fn a_partition_table_needs_a_partition_and_nothing_that_is_none() {
        assert!(is_partitioned(&record(&[NTFS])));
        assert!(is_partitioned(&record(&[[0; 16], NTFS])));
        assert!(!is_partitioned(&record(&[])));
        for (at, value) in [(0, 1), (4, 0), (8, 0), (13, 0)] {
            let mut entry = NTFS;
            entry[at] = value;
            assert!(!is_partitioned(&record(&[NTFS, entry])), "{at}");
        }
        assert!(!is_partitioned(&record(&[NTFS])[..511]));
    }

    #[test]
    fn arbitrary_bytes_with_the_boot_mark_are_no_disk() {
        let mut state = 1u32;
        for _ in 0..2000 {
            let noise = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            });
            let mut bytes: Vec<u8> = noise.take(512).collect();
            bytes[..3].copy_from_slice(b"\xeb\x3c\x90");
            bytes[510..].copy_from_slice(b"\x55\xaa");
            assert!(!is_disk(&bytes));
        }
    }

    #[test]
    fn a_text_that_ends_in_the_mark_is_no_virtual_disk() {
        assert_eq!(Kind::of("a.txt", b"the footer begins with conectix").id, "text");
        let footer = [&b"conectix\0\0\0\x02\0\x01\0\0"[..], &[0; 496]].concat();
        assert_eq!(Kind::of("a.bin", &[&[1, 0, 2][..], &footer].concat()).id, "vhd");
        assert_eq!(Kind::of("a.bin", &[&[1, 0, 2][..], &footer[..511]].concat()).id, "vhd");
    }

    #[test]
    fn raw_sectors_of_either_mode_are_a_disc() {
        for before in [16, 24] {
            let sync = b"\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0";
            let mut bytes: Vec<u8> = sync.iter().copied().chain([0; 2352 * 18]).collect();
            assert!(!is_disc(&bytes));
            let at = 2352 * 16 + before + 1;
            bytes[at..at + 5].copy_from_slice(b"CD001");
            assert_eq!(Kind::of("a.bin", &bytes).id, "iso");
        }
    }
}
