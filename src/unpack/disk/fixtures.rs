//! Images for tests, made with genisoimage, mkfs.fat, mtools, mkfs.exfat and ntfs-3g from five inert files:
//! `readme.txt`, `請求書.txt`, `run.bat` (hidden), `sub/pattern.bin`, `sub/empty.txt`. What no reader looks at
//! (boot code, journals, indexes, case tables) was zeroed.
//!
//! A fixture is base64 of a deflated list: the length of the image, then for each part that is not zero its place,
//! its length and its bytes.

use crate::artifact::{Artifact, Child, Fact, Format, Opened, Tree};
use crate::bytes::Reader;
use crate::codec::inflate;
use crate::keyring::Keyring;
use crate::limits::{Budget, Limits, Stop};
use std::ops::Range;

/// A disc with Joliet and Rock Ridge; one file hidden, one only in each tree.
pub(in crate::unpack) const DISC: &str = include_str!("fixtures/disc.iso.b64");
/// A disc with UDF, Joliet and the primary tree.
pub(in crate::unpack) const BRIDGE: &str = include_str!("fixtures/bridge.iso.b64");
/// A floppy of 160 KiB.
pub(in crate::unpack) const FAT12: &str = include_str!("fixtures/fat12.img.b64");
pub(in crate::unpack) const FAT16: &str = include_str!("fixtures/fat16.img.b64");
pub(in crate::unpack) const FAT32: &str = include_str!("fixtures/fat32.img.b64");
/// Also `readme.txt:note.bat`, a hard link and a sparse file.
pub(in crate::unpack) const NTFS: &str = include_str!("fixtures/ntfs.img.b64");
/// Also a file of which the first three bytes were written; `pattern.bin` is in pieces.
pub(in crate::unpack) const EXFAT: &str = include_str!("fixtures/exfat.img.b64");

/// The image of a fixture, and where it is not zero.
pub(in crate::unpack) fn image(fixture: &str) -> (Vec<u8>, Vec<Range<usize>>) {
    let packed = base64(fixture);
    let plain = Budget::new(&Limits::default()).read(&mut inflate(packed.as_slice())).bytes;
    let mut reader = Reader::new(&plain);
    let mut number = || reader.u32().map(|number| usize::try_from(number).unwrap());
    let length = number().unwrap();
    let mut image: Vec<u8> = std::iter::repeat_n(0, length).collect();
    let mut used = Vec::new();
    let mut reader = Reader::at(&plain, 4).unwrap();
    while let (Some(at), Some(length)) = (reader.u32(), reader.u32()) {
        let (at, length) = (usize::try_from(at).unwrap(), usize::try_from(length).unwrap());
        image[at..at + length].copy_from_slice(reader.take(length).unwrap());
        used.push(at..at + length);
    }
    (image, used)
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|byte| !b"=\r\n".contains(byte)).map(digit).collect();
    let mut out = Vec::new();
    for four in digits.chunks(4) {
        let bits =
            four.iter().fold(0u32, |bits, digit| bits << 6 | u32::from(*digit)) << (6 * (4 - four.len()));
        out.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    out
}

/// `sub/pattern.bin`.
pub(in crate::unpack) fn pattern() -> Vec<u8> {
    (0..9000u32).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect()
}

/// The image as an artifact whose kind is known.
pub(in crate::unpack) fn tree(kind: &str, bytes: Vec<u8>) -> Tree {
    Tree::new(Child::new("image", "file", bytes).of_kind(kind))
}

/// Opens an artifact.
pub(in crate::unpack) fn open_artifact(
    format: &dyn Format,
    artifact: &Artifact,
    limits: &Limits,
) -> (Opened, Result<(), Stop>) {
    let mut out = Opened::default();
    let result = format.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(limits));
    (out, result)
}

/// Opens an image within the default limits.
pub(in crate::unpack) fn open(format: &dyn Format, bytes: Vec<u8>) -> Opened {
    let tree = tree(format.id(), bytes);
    let (out, result) = open_artifact(format, tree.get(0).unwrap(), &Limits::default());
    assert_eq!(result, Ok(()));
    out
}

/// The names of the children, sorted.
pub(in crate::unpack) fn names(out: &Opened) -> Vec<&str> {
    let mut names: Vec<&str> = out.children.iter().map(|child| child.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// The bytes of a child.
pub(in crate::unpack) fn bytes<'a>(out: &'a Opened, name: &str) -> &'a [u8] {
    &out.children.iter().find(|child| child.name == name).unwrap().bytes
}

/// The details of the tricks of one sort.
pub(in crate::unpack) fn tricks<'a>(out: &'a Opened, wanted: &str) -> Vec<&'a str> {
    let detail = |fact: &'a Fact| match fact {
        Fact::Trick { what, detail } if *what == wanted => Some(detail.as_str()),
        _ => None,
    };
    out.facts.iter().filter_map(detail).collect()
}

/// What is unread, of the image and of its children.
pub(in crate::unpack) fn reasons(out: &Opened) -> Vec<&'static str> {
    let of_children = out.children.iter().flat_map(|child| &child.unread);
    out.unread.iter().chain(of_children).map(|unread| unread.reason).collect()
}

/// Opens an image with a bit flipped at each byte that is not zero, and cut at many lengths: whatever comes out,
/// nothing breaks and nothing grows.
pub(in crate::unpack) fn torture(format: &dyn Format, bytes: Vec<u8>, used: &[Range<usize>], step: usize) {
    let limits = Limits { made_bytes: 8 << 20, artifact_bytes: 1 << 20, ..Limits::default() };
    let mut tree = tree(format.id(), bytes);
    for at in used.iter().cloned().flatten().step_by(step) {
        tree.get_mut(0).unwrap().bytes[at] ^= 1 << (at % 8);
        let (out, _) = open_artifact(format, tree.get(0).unwrap(), &limits);
        assert!(out.children.len() <= 10_001 && out.damage.len() < 500 && out.facts.len() < 500, "{at}");
        tree.get_mut(0).unwrap().bytes[at] ^= 1 << (at % 8);
    }
    let ends: Vec<usize> = used.iter().flat_map(|part| [part.start, part.start + 77, part.end]).collect();
    for cut in ends.into_iter().rev() {
        tree.get_mut(0).unwrap().bytes.truncate(cut);
        let _any = open_artifact(format, tree.get(0).unwrap(), &limits);
    }
}
