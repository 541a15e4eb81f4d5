use super::*;
use crate::artifact::Tree;
use crate::codec::lzx::tests::{PACKED, SHA256, SIZE, hex, plain};
use crate::limits::Limits;

/// A folder: its method and its blocks, each with the size it unpacks to.
struct Packed {
    method: u16,
    blocks: Vec<(Vec<u8>, usize)>,
}

fn stored(bytes: &[u8]) -> Packed {
    Packed { method: 0, blocks: vec![(bytes.to_vec(), bytes.len())] }
}

/// Name, folder, offset, size.
type Entry<'a> = (&'a [u8], u16, u32, u32);

/// A cabinet with `reserved` bytes in all places that may have some.
fn cabinet(folders: &[Packed], files: &[Entry<'_>], reserved: u8) -> Vec<u8> {
    let extra: Vec<u8> = std::iter::repeat_n(b'r', reserved.into()).collect();
    let short = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    let long = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let flags = if reserved > 0 { 4u16 } else { 0 };
    let sizes = if reserved > 0 { vec![reserved, 0, reserved, reserved] } else { Vec::new() };
    let records: Vec<u8> = files
        .iter()
        .flat_map(|(name, folder, offset, size)| {
            let fixed =
                [&size.to_le_bytes()[..], &offset.to_le_bytes(), &folder.to_le_bytes(), &[0; 6]].concat();
            [fixed.as_slice(), name, &[0]].concat()
        })
        .collect();
    let first = 36 + sizes.len() + extra.len() + folders.len() * (8 + extra.len());
    let (mut heads, mut data) = (Vec::new(), Vec::new());
    for folder in folders {
        let start = first + records.len() + data.len();
        heads.extend(
            [&long(start)[..], &short(folder.blocks.len()), &folder.method.to_le_bytes(), &extra].concat(),
        );
        for (packed, size) in &folder.blocks {
            let sizes = [short(packed.len()), short(*size)].concat();
            let sum = folder::checksum(packed) ^ folder::checksum(&sizes);
            data.extend([&sum.to_le_bytes()[..], &sizes, &extra, packed].concat());
        }
    }
    let whole = first + records.len() + data.len();
    let counts = [short(folders.len()), short(files.len()), flags.to_le_bytes(), [7, 0], [0, 0]].concat();
    let header = [b"MSCF\0\0\0\0".as_slice(), &long(whole), &[0; 4], &long(first), &[0; 4], &[3, 1], &counts];
    [&header.concat(), &sizes, &extra, &heads, &records, &data].map(Vec::as_slice).concat()
}

fn tree(bytes: Vec<u8>) -> Tree {
    Tree::new(Child::new("a.cab", "file", bytes))
}

fn open_within(bytes: Vec<u8>, limits: &Limits) -> (Opened, Result<(), Stop>) {
    let (tree, mut out) = (tree(bytes), Opened::default());
    let ended = Cab.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits));
    (out, ended)
}

fn open(bytes: Vec<u8>) -> Opened {
    let (out, ended) = open_within(bytes, &Limits::default());
    assert_eq!(ended, Ok(()));
    out
}

fn contents(out: &Opened) -> Vec<(&str, &[u8])> {
    out.children.iter().map(|child| (child.name.as_str(), child.bytes.as_slice())).collect()
}

/// 40,000 bytes, and two blocks of MSZIP that hold them, the second of which copies from the first. Packed by zlib with
/// the first block as its dictionary; cabextract unpacks them.
fn ms_zip() -> (Vec<u8>, Packed) {
    let lines = (1..=12).cycle().flat_map(|line| format!("line {line} of a text that packs\n").into_bytes());
    let first =
        hex("434bedd0bb0902411806c0dc2afe125cdf96b3c81d8a870a6e60f962035f2e4c3cd92cb7c754ad9e73f51ad367\
             d4b8f651af7eb9bf57cbcf36c1b6c176c1f6c10ec18ec14ec1cec1da3a619a69a946a952a54a952a55aa54a952\
             a54a952a55aa54a952a54a952a55aa54a952a54a952a55aa54a952a54a952a55aa54a952a54a952a55aa54a952\
             a54a952a55aa54a952a54a952a55aa54a952a54a952a55aa54a952a54a952a55aa54a952a54a952a55aa54a952\
             a54a952a55aa54a952a54a952a55aa54a952a54a952a55aa54a952a54a952a55aa54a952a54a95fe57e917");
    let second =
        hex("434bedd0210100000080a0ffaf4dbe20d350aa54a952a54a952a55aa54a952a54a952a55aa54a952a54a952a55\
             aa54a9d231");
    (lines.take(40_000).collect(), Packed { method: 1, blocks: vec![(first, 32_768), (second, 7232)] })
}

#[test]
fn every_file_is_found_by_its_place() {
    let files: &[Entry<'_>] = &[
        (b"b", 0, 5, 6),
        (b"a", 0, 0, 5),
        (b"\x95\x5c.exe", 1, 0, 4),
        (b"a", 1, 4, 2),
        (b"twin", 0, 0, 5),
        (b"", 0, 0, 0),
    ];
    for reserved in [0, 3] {
        let out = open(cabinet(&[stored(b"hello world"), stored(b"MZ..ab")], files, reserved));
        let want: [(&str, &[u8]); 5] =
            [("", b""), ("a", b"hello"), ("b", b" world"), ("表.exe", b"MZ.."), ("a", b"ab")];
        assert_eq!(contents(&out), want);
        assert_eq!(out.children[1].facts, [Fact::OtherName("twin".into())]);
        assert_eq!((out.damage.len(), out.unread.len(), out.facts.len()), (0, 0, 0));
        assert!(out.children.iter().all(|child| child.unread.is_empty()));
    }
}

#[test]
fn files_that_overlap_are_all_read() {
    let out =
        open(cabinet(&[stored(b"hello world")], &[(b"a", 0, 0, 8), (b"b", 0, 3, 8), (b"c", 0, 2, 2)], 0));
    assert_eq!(contents(&out), [("a", &b"hello wo"[..]), ("c", b"ll"), ("b", b"lo world")]);
}

#[test]
fn blocks_of_ms_zip_copy_from_those_before() {
    let (plain, folder) = ms_zip();
    let out = open(cabinet(&[folder], &[(b"a", 0, 0, 30_000), (b"b", 0, 30_000, 10_000)], 0));
    assert!(out.children[0].bytes == plain[..30_000] && out.children[1].bytes == plain[30_000..]);
    assert!(out.children.iter().all(|child| child.unread.is_empty()));
}

#[test]
fn lzx_is_unpacked_frame_by_frame() {
    let size = u32::try_from(SIZE).unwrap();
    let packed = Packed { method: 3 | 16 << 8, blocks: vec![(hex(PACKED), SIZE)] };
    let bytes: Vec<u8> = b"0123456789".repeat(5000);
    let frames = plain(&bytes).into_iter().zip(bytes.chunks(32 << 10).map(<[u8]>::len)).collect();
    let folders = [packed, Packed { method: 3 | 21 << 8, blocks: frames }];
    let out = open(cabinet(&folders, &[(b"a", 0, 0, size), (b"b", 1, 0, 50_000)], 0));
    let sha256: [u8; 32] =
        sha2::Digest::finalize(sha2::Digest::chain_update(sha2::Sha256::default(), &out.children[0].bytes))
            .into();
    assert_eq!(sha256.to_vec(), hex(SHA256));
    assert!(out.children[1].bytes == bytes);
}

#[test]
fn what_nobody_knows_or_begins_elsewhere_is_unread() {
    let quantum = Packed { method: 2 | 7 << 4 | 21 << 8, blocks: vec![(b"??".to_vec(), 9)] };
    let files: &[Entry<'_>] = &[
        (b"q", 0, 0, 9),
        (b"s", 1, 0, 2),
        (b"before", 0xfffd, 0, 9),
        (b"after", 0xfffe, 2, 9),
        (b"none", 7, 0, 9),
    ];
    let mut split = stored(b"abcd");
    split.blocks.push((b"efg".to_vec(), 0));
    let out = open(cabinet(&[quantum, split], files, 0));
    let unread: Vec<_> = out.unread.iter().map(|unread| (unread.reason, unread.detail.as_str())).collect();
    let want = [
        ("unsupported-format", "1 files begin in another cabinet: before"),
        ("damaged", "1 files lie in no folder"),
        ("unsupported-method", "q: Quantum"),
    ];
    assert_eq!(unread, want);
    assert_eq!(contents(&out), [("s", &b"ab"[..]), ("after", b"cd")]);
    assert_eq!(out.children[1].unread[0].detail, "the folder goes on in the next cabinet");
}

#[test]
fn a_set_is_told() {
    let mut file = cabinet(&[stored(b"x")], &[(b"a", 0, 0, 1)], 0);
    file[30] = 2;
    file.splice(36..36, *b"b.cab\0Disk 2\0");
    file[16] += 13;
    file[36 + 13] += 13;
    let out = open(file);
    assert_eq!(out.facts, [Fact::Trick { what: "cab-part-of-set", detail: "b.cab, Disk 2".into() }]);
    assert_eq!(contents(&out), [("a", &b"x"[..])]);
}

#[test]
fn a_wrong_checksum_is_told_for_every_file_of_the_block() {
    let mut file = cabinet(&[stored(b"hello")], &[(b"a", 0, 0, 3), (b"b", 0, 3, 2)], 0);
    let end = file.len();
    file[end - 1] ^= 1;
    let out = open(file);
    assert_eq!(contents(&out), [("a", &b"hel"[..]), ("b", b"ln")]);
    assert!(out.children.iter().all(|child| child.unread[0].detail == "the checksum of a block is wrong"));
}

#[test]
fn a_program_with_cabinets_in_it_is_opened() {
    let inner = |name: &'static [u8]| cabinet(&[stored(b"x = 1")], &[(name, 0, 0, 5)], 0);
    let mut program =
        [b"MZ".as_slice(), &[0; 58], &[64, 0, 0, 0], b"PE\0\0 MSCF\0\0\0\0 is what it looks for"].concat();
    program.extend([0; 300]);
    assert!(!Cab.matches(tree(program.clone()).get(0).unwrap()));
    program.extend([inner(b"a.vbs"), b"between".to_vec(), inner(b"b.vbs")].concat());
    assert!(Cab.matches(tree(program.clone()).get(0).unwrap()));
    assert_eq!(contents(&open(program)), [("a.vbs", &b"x = 1"[..]), ("b.vbs", b"x = 1")]);
}

#[test]
fn many_overlapping_files_are_paid_for() {
    let bytes = [7; 30_000];
    let files: Vec<(Vec<u8>, u32)> = (1..60).map(|at| (format!("{at}").into_bytes(), at)).collect();
    let files: Vec<Entry<'_>> = files.iter().map(|(name, at)| (name.as_slice(), 0, *at, 29_000)).collect();
    let limits = Limits { made_bytes: 1 << 20, ..Limits::default() };
    let (out, ended) = open_within(cabinet(&[stored(&bytes)], &files, 0), &limits);
    assert_eq!((ended, out.children.len()), (Err(Stop::Bytes), 37));
}

#[test]
fn cut_or_flipped_anywhere_nothing_panics() {
    let packed = Packed { method: 3 | 16 << 8, blocks: vec![(hex(PACKED), SIZE)] };
    let zipped = ms_zip().1;
    let files: &[Entry<'_>] = &[(b"a", 0, 0, 600), (b"b", 1, 9, 39_991), (b"c", 2, 0, 5)];
    let whole = cabinet(&[packed, zipped, stored(b"hello")], files, 2);
    let limits = Limits { made_bytes: 1 << 20, ..Limits::default() };
    for at in (8..whole.len()).step_by(7) {
        let (out, _) = open_within(whole[..at].to_vec(), &limits);
        let of_children = out.children.iter().flat_map(|child| &child.unread);
        assert!(out.unread.iter().chain(of_children).count() > 0, "cut at {at}");
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        let _any = open_within(bad, &limits);
    }
}
