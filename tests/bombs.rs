//! Bombs: small files that unfold to more than a message may cost. Each ends inside its limits, is not clean, and
//! says which limit it was; what was read before is still judged. The limits are small here, so that the bombs are.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "writers of fixtures handle no hostile input, and a test may panic"
)]

mod build;

use build::cases;
use build::zip::Archive;
use std::io::Write;
use tenpu::limits::Limits;
use tenpu::report::Report;
use tenpu::verdict::Verdict;

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.artifact_bytes = 1 << 20;
    limits.made_bytes = 16 << 20;
    limits.artifacts = 200;
    limits
}

fn scan(name: &str, bytes: Vec<u8>) -> Report {
    cases::scan(&cases::scanner(limits()), name, bytes).0
}

fn reasons(report: &Report) -> Vec<&str> {
    report.unread.iter().map(|unread| unread.reason).collect()
}

/// 32 MiB of one byte and a last one that is another, so that they are not taken for padding.
fn much() -> Vec<u8> {
    let mut much = [0; 32 << 20].to_vec();
    much.push(1);
    much
}

#[test]
fn every_codec_stops_where_the_bytes_are_spent() {
    let much = much();
    let gzip = || {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(&much).unwrap();
        out.finish().unwrap()
    };
    let bzip2 = || {
        let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        out.write_all(&much).unwrap();
        out.finish().unwrap()
    };
    let xz = || {
        let mut out = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).unwrap();
        out.write_all(&much).unwrap();
        out.finish().unwrap()
    };
    let zstd =
        || ruzstd::encoding::compress_to_vec(much.as_slice(), ruzstd::encoding::CompressionLevel::Fastest);
    let bombs: [(&str, Vec<u8>); 5] = [
        ("a.gz", gzip()),
        ("a.bz2", bzip2()),
        ("a.xz", xz()),
        ("a.zst", zstd()),
        ("a.zip", Archive::plain(vec![("a.bin", much.clone())])),
    ];
    for (name, bytes) in bombs {
        let report = scan(name, bytes);
        assert_eq!(report.verdict, Verdict::Unverified, "{name}");
        assert!(reasons(&report).contains(&"limit-bytes"), "{name}: {:?}", reasons(&report));
    }
}

#[test]
fn archives_in_archives_end_at_the_depth_and_at_the_count() {
    let mut deep = Archive::plain(vec![("a.txt", b"x".to_vec())]);
    for _ in 0..60 {
        deep = Archive::plain(vec![("a.zip", deep)]);
    }
    let report = scan("deep.zip", deep);
    assert_eq!((report.verdict, reasons(&report)), (Verdict::Unverified, vec!["limit-depth"]));
    let mut wide = Archive::plain(vec![("a.txt", b"x".to_vec())]);
    for _ in 0..4 {
        let names: Vec<String> = (0..16).map(|n| format!("{n}.zip")).collect();
        wide = Archive::plain(names.iter().map(|name| (name.as_str(), wide.clone())).collect());
    }
    let report = scan("wide.zip", wide);
    assert_eq!(report.verdict, Verdict::Unverified);
    assert!(reasons(&report).contains(&"limit-artifacts"), "{:?}", reasons(&report));
    assert!(report.artifacts.len() <= 201);
}

#[test]
fn long_listings_end_and_what_came_first_is_judged() {
    let names: Vec<String> = (0..5_000).map(|n| format!("{n}.txt")).collect();
    let mut members = vec![("a.zip", Archive::plain(vec![("invoice.js", b"WScript.Echo(1);".to_vec())]))];
    members.extend(names.iter().map(|name| (name.as_str(), b"x".to_vec())));
    let report = scan("a.zip", Archive::plain(members));
    assert!(reasons(&report).contains(&"limit-artifacts"), "{:?}", reasons(&report));
    let tar: Vec<u8> = (0..5_000).flat_map(|n| tar_header(&format!("{n}.txt"))).collect();
    let report = scan("a.tar", tar);
    assert_eq!(report.verdict, Verdict::Unverified);
    assert!(reasons(&report).contains(&"limit-artifacts"), "{:?}", reasons(&report));
}

/// The header of an empty file (POSIX.1-1988 ustar).
fn tar_header(name: &str) -> Vec<u8> {
    let mut header = [0u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(b"00000000000");
    header[136..147].copy_from_slice(b"00000000000");
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header.to_vec()
}

#[test]
fn a_spent_budget_of_key_derivation_does_not_hide_the_rest() {
    let recipe: build::cases::Recipe = toml::from_str(
        r#"
        [message]
        from = "a@sender.example"
        to = "b@receiver.example"
        subject = "x"
        [[message.part]]
        text = "Password: right\n"
        [[message.part]]
        name = "locked.zip"
        [message.part.zip]
        encrypt = "aes256"
        password = "nobody says this"
        [[message.part.zip.member]]
        name = "a.txt"
        text = "a"
        [[message.part]]
        name = "open.zip"
        [message.part.zip]
        [[message.part.zip.member]]
        name = "invoice.js"
        text = "WScript.Echo(1);"
        "#,
    )
    .unwrap();
    let mut limits = limits();
    limits.derivation_rounds = 5_000;
    let report = cases::scan(&cases::scanner(limits), "a.eml", recipe.message.bytes()).0;
    assert!(reasons(&report).contains(&"limit-key-derivation"), "{:?}", reasons(&report));
    assert!(report.findings.iter().any(|finding| finding.id == "script-in-archive"));
}
