//! Archives made by the programs that people use, opened here: every file comes out with the bytes that went in.
//!
//! The programs are Debian's; one that is not installed is named and passed over.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, starts programs, and says which of them are missing"
)]

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tenpu::keyring::{Candidate, Keyring, Origin, Source};
use tenpu::limits::{Budget, Limits};
use tenpu::message::neighbours::Neighbours;
use tenpu::scan::{Input, open};

/// A way of packing: what the archive is called, and the shell command that makes it from the files `$@` in the
/// folder it runs in. The first word is the program that must be there.
type Packer = (&'static str, &'static str);

const PACKERS: &[Packer] = &[
    ("a.7z", "7z a -bd a.7z $@"),
    ("lzma.7z", "7z a -bd -m0=lzma lzma.7z $@"),
    ("ppmd.7z", "7z a -bd -m0=ppmd ppmd.7z $@"),
    ("bzip2.7z", "7z a -bd -m0=bzip2 bzip2.7z $@"),
    ("deflate.7z", "7z a -bd -m0=deflate deflate.7z $@"),
    ("bcj2.7z", "7z a -bd -m0=bcj2 -m1=lzma -m2=lzma -m3=lzma -mb0:1 -mb0s1:2 -mb0s2:3 bcj2.7z $@"),
    ("delta.7z", "7z a -bd -m0=delta:4 -m1=lzma2 delta.7z $@"),
    ("single.7z", "7z a -bd -ms=off single.7z $@"),
    ("locked.7z", "7z a -bd -pk7Rm2x locked.7z $@"),
    ("names-locked.7z", "7z a -bd -mhe=on -pk7Rm2x names-locked.7z $@"),
    ("deflated.zip", "7z a -bd -tzip deflated.zip $@"),
    ("deflate64.zip", "7z a -bd -tzip -mm=Deflate64 deflate64.zip $@"),
    ("bzip2.zip", "7z a -bd -tzip -mm=BZip2 bzip2.zip $@"),
    ("lzma.zip", "7z a -bd -tzip -mm=LZMA lzma.zip $@"),
    ("aes.zip", "7z a -bd -tzip -mem=AES256 -pk7Rm2x aes.zip $@"),
    ("crypto.zip", "7z a -bd -tzip -mem=ZipCrypto -pk7Rm2x crypto.zip $@"),
    ("a.tar", "bsdtar -cf a.tar $@"),
    ("pax.tar", "bsdtar --format=pax -cf pax.tar $@"),
    ("ustar.tar", "bsdtar --format=ustar -cf ustar.tar $@"),
    ("a.tar.gz", "bsdtar -czf a.tar.gz $@"),
    ("a.tar.bz2", "bsdtar -cjf a.tar.bz2 $@"),
    ("a.tar.xz", "bsdtar -cJf a.tar.xz $@"),
    ("a.tar.lzma", "bsdtar --lzma -cf a.tar.lzma $@"),
    ("a.tar.zst", "bsdtar --zstd -cf a.tar.zst $@"),
    ("a.tar.Z", "bsdtar -cZf a.tar.Z $@"),
    ("newc.cpio", "bsdtar --format=newc -cf newc.cpio $@"),
    ("odc.cpio", "bsdtar --format=odc -cf odc.cpio $@"),
    ("libarchive.zip", "bsdtar --format=zip -cf libarchive.zip $@"),
    ("libarchive.7z", "bsdtar --format=7zip -cf libarchive.7z $@"),
    ("libarchive.iso", "bsdtar --format=iso9660 -cf libarchive.iso $@"),
    ("joliet.iso", "genisoimage -quiet -input-charset utf-8 -J -o joliet.iso $@"),
    ("rock-ridge.iso", "genisoimage -quiet -input-charset utf-8 -R -o rock-ridge.iso $@"),
    ("bridge.iso", "genisoimage -quiet -input-charset utf-8 -J -udf -o bridge.iso $@"),
    ("a.lzh", "jlha a a.lzh $@"),
    ("mszip.cab", "gcab -c -z mszip.cab $@"),
    ("stored.cab", "gcab -c stored.cab $@"),
    ("a.arj", "arj a -y a.arj $@"),
    ("locked.arj", "arj a -y -gk7Rm2x locked.arj $@"),
];

/// The files: text, data that pack well and badly, a program that BCJ filters touch, Japanese and long names.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let noise = |count: usize| {
        let steps = std::iter::successors(Some(7u32), |n| {
            Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
        });
        steps.map(|n| (n >> 24).to_le_bytes()[0]).take(count).collect::<Vec<u8>>()
    };
    let text: String =
        (0..9_000).map(|n| format!("line {n} of a text that packs well, {}\r\n", n % 97)).collect();
    let calls: Vec<u8> =
        (0..20_000u32).flat_map(|n| [&[0xe8][..], &(n * 5).to_le_bytes()].concat()).collect();
    vec![
        ("text.txt", text.into_bytes()),
        ("noise.bin", noise(70_000)),
        ("calls.bin", calls),
        ("見積書 ソ表.dat", noise(5_000)),
        ("short", b"x".to_vec()),
        ("zeros.bin", [0; 300_000].to_vec()),
    ]
}

#[test]
fn what_others_pack_comes_out_whole() {
    let folder = Folder::new();
    let files = files();
    for (name, bytes) in &files {
        fs::write(folder.0.join(name), bytes).unwrap();
    }
    let mut made = 0;
    let mut wrong = Vec::new();
    for (archive, command) in PACKERS {
        let program = command.split(' ').next().unwrap();
        if !is_there(program) {
            eprintln!("{program} is not installed: {archive} is skipped");
            continue;
        }
        // Old archivers write names in one byte a letter; what they are given is named so.
        let plain = ["arj", "jlha"].contains(&program);
        let given: Vec<&str> =
            files.iter().map(|(name, _)| *name).filter(|name| !plain || name.is_ascii()).collect();
        pack(&folder.0, command, &given);
        made += 1;
        let got = hashes(&folder.0.join(archive));
        let lacking: Vec<&str> = files
            .iter()
            .filter(|(name, bytes)| given.contains(name) && !got.contains(&hash(bytes)))
            .map(|(name, _)| *name)
            .collect();
        if !lacking.is_empty() {
            wrong.push(format!("{archive} lacks {lacking:?}"));
        }
    }
    eprintln!("{made} of {} archives were made", PACKERS.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_there(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

fn pack(folder: &Path, command: &str, files: &[&str]) {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command.replace("$@", "\"$@\"")).arg("sh").args(files);
    shell.current_dir(folder).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    let output = shell.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command}: {said}");
}

/// The hashes of everything that was found inside, with the one password given.
fn hashes(archive: &Path) -> BTreeSet<[u8; 32]> {
    let bytes = fs::read(archive).unwrap();
    let name = archive.file_name().unwrap().to_string_lossy().into_owned();
    let input = Input { size: bytes.len() as u64, name, bytes, ..Input::default() };
    let mut keys = Keyring::new();
    for text in ["wrong", "k7Rm2x"] {
        let origin = Origin { source: Source::Given, place: String::new() };
        keys.add(Candidate { text: text.into(), rank: 10, origin });
    }
    let tree = open(input, keys, &Neighbours::default(), &mut Budget::new(&Limits::default()));
    tree.iter().map(|artifact| artifact.sha256).collect()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("tenpu-oracle-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}
