//! How fast messages are scanned, and the decoders most of the time goes into. Fixtures come from the recipes of
//! the tests; run with `cargo bench --bench scan`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a bench may panic, and reads the project's own files"
)]

#[path = "../tests/build/mod.rs"]
mod build;

use build::cases;
use build::vba::compress;
use build::zip::{Archive, Encrypt, Member, Names};
use build::{Content, NoMore};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use std::fs;
use std::path::Path;
use tenpu::Scanner;
use tenpu::code::vba::decompress;
use tenpu::keyring::{Candidate, Keyring, Origin, Source, Trials};
use tenpu::limits::{Budget, Limits};
use tenpu::message::body::html_text;
use tenpu::message::neighbours::Neighbours;
use tenpu::scan::{Input, open};
use tenpu::zip;

fn main() {
    divan::main();
}

/// The harmless office mail of the repository, one language after the other.
#[divan::bench]
fn benign_mail(bencher: Bencher) {
    let folders = ["samples-benign/en", "samples-benign/ja"].map(cases::place);
    let files = folders.iter().flat_map(|folder| cases::sorted(folder));
    scan(bencher, &files.map(|file| fs::read(file).unwrap()).collect::<Vec<_>>());
}

/// Single messages: a document with a macro, archives whose password is in the body, a document blown up to 80 MiB.
#[divan::bench(args = [
    "emotet-userform-text-doc",
    "zipcrypto-password-in-japanese-text",
    "aes128-password-in-english",
    "padded-doc-in-zip",
])]
fn case(bencher: Bencher, name: &str) {
    scan(bencher, &[case_bytes(name)]);
}

/// A ZipCrypto archive that none of 1,000 passwords opens.
#[divan::bench]
fn zip_crypto_passwords(bencher: Bencher) {
    try_passwords(bencher, Encrypt::ZipCrypto, 1000);
}

/// A WinZip AES archive that none of 100 passwords opens.
#[divan::bench]
fn winzip_aes_passwords(bencher: Bencher) {
    try_passwords(bencher, Encrypt::Aes256, 100);
}

/// A 7z archive with encrypted names that none of 20 passwords opens.
#[divan::bench]
fn seven_zip_passwords(bencher: Bencher) {
    let mut message = case_recipe("script-in-locked-7z").message;
    let bytes = message.parts.pop().unwrap().content.bytes();
    let keys = wrong_passwords(20);
    let scanner: Scanner = cases::scanner(Limits::default());
    let mut session = scanner.session();
    let input =
        || Input { name: "a.7z".into(), size: bytes.len() as u64, bytes: bytes.clone(), ..Input::default() };
    bencher
        .counter(ItemsCount::new(keys.len()))
        .with_inputs(input)
        .bench_local_values(|input| session.scan(input, &keys));
}

/// An encrypted workbook that none of so many passwords opens, nor those of Office.
#[divan::bench(args = [("agile", 10), ("standard", 10), ("rc4", 1000), ("rc4-cryptoapi", 1000), ("xor", 1000)])]
fn office_passwords(bencher: Bencher, (scheme, count): (&str, usize)) {
    let content = if matches!(scheme, "agile" | "standard") { "xlsx" } else { "xls" };
    let recipe = format!("scheme = \"{scheme}\"\npassword = \"right\"\n[{content}]\nrows = [[\"1\"]]\n");
    let bytes = Content::Encrypted(toml::from_str(&recipe).unwrap()).bytes();
    let keys = wrong_passwords(count);
    let input = || Input {
        name: "book.xls".into(),
        size: bytes.len() as u64,
        bytes: bytes.clone(),
        ..Input::default()
    };
    let limits = Limits::default();
    bencher.counter(ItemsCount::new(count)).with_inputs(|| (input(), keys.clone())).bench_values(
        |(input, keys)| {
            let tree = open(input, keys, &Neighbours::default(), &mut Budget::new(&limits));
            assert_eq!(tree.get(0).unwrap().unread[0].reason, "encrypted");
        },
    );
}

/// The source of a VBA module, 256 KiB; bytes are those made.
#[divan::bench]
fn vba_decompression(bencher: Bencher) {
    let lines = (0..)
        .map(|n| format!("    Cells({n}, 3).Value = Worksheets(\"Data\").Range(\"B{n}\").Text & \";\"\r\n"));
    let source = first_bytes(lines, 256 << 10);
    let packed = compress(source.as_bytes());
    let limits = Limits::default();
    bencher
        .counter(BytesCount::of_str(&source))
        .bench(|| decompress(divan::black_box(&packed), &mut Budget::new(&limits)));
}

/// A long newsletter, 256 KiB, to the text its reader sees.
#[divan::bench]
fn html_to_text(bencher: Bencher) {
    let rows = (0..).map(|n| {
        format!("<tr><td style=\"padding:4px\"><b>第{n}号</b></td><td><a href=\"https://news.example/{n}\">お知らせ &amp; News</a></td></tr>\n")
    });
    let page =
        format!("<!doctype html><html><body><table>{}</table></body></html>", first_bytes(rows, 256 << 10));
    bencher.counter(BytesCount::of_str(&page)).bench(|| html_text(divan::black_box(&page)));
}

/// Scans every message once with one session.
fn scan(bencher: Bencher, messages: &[Vec<u8>]) {
    let scanner: Scanner = cases::scanner(Limits::default());
    let keys = Keyring::new();
    let input = |bytes: &Vec<u8>| Input {
        path: "message.eml".into(),
        name: "message.eml".into(),
        size: bytes.len() as u64,
        bytes: bytes.clone(),
        ..Input::default()
    };
    let mut session = scanner.session();
    bencher
        .counter(ItemsCount::new(messages.len()))
        .counter(BytesCount::new(messages.iter().map(Vec::len).sum::<usize>()))
        .with_inputs(|| messages.iter().map(input).collect::<Vec<_>>())
        .bench_local_values(|inputs| {
            inputs.into_iter().map(|input| session.scan(input, &keys)).collect::<Vec<_>>()
        });
}

/// Tries so many wrong passwords on the first entry of a locked archive.
fn try_passwords(bencher: Bencher, encrypt: Encrypt, count: usize) {
    let bytes = locked(encrypt);
    let keys = wrong_passwords(count);
    let limits = Limits::default();
    bencher.counter(ItemsCount::new(count)).bench(|| {
        let mut budget = Budget::new(&limits);
        let archive = zip::Archive::read(&bytes, &budget).unwrap();
        let mut passwords = Trials::new(&keys, &budget);
        let opened = archive.entries[0].unlock(&mut passwords, &mut budget).unwrap();
        assert!(opened.is_none());
    });
}

fn wrong_passwords(count: usize) -> Keyring {
    let mut keys = Keyring::new();
    for number in 0..count {
        let origin = Origin { source: Source::Body, place: String::new() };
        keys.add(Candidate { text: format!("wrong{number}"), rank: 50, origin });
    }
    keys
}

fn locked(encrypt: Encrypt) -> Vec<u8> {
    let text = "The figures of the quarter.\n".repeat(400);
    let member =
        Member { hidden: false, name: "figures.txt".into(), content: Content::Text(text), no_more: NoMore };
    let archive = Archive {
        encrypt,
        password: "right".into(),
        names: Names::default(),
        stored: false,
        ae: 2,
        prefix: String::new(),
        suffix: String::new(),
        no_directory: false,
        members: vec![member],
    };
    archive.bytes()
}

fn case_bytes(name: &str) -> Vec<u8> {
    case_recipe(name).message.bytes()
}

fn case_recipe(name: &str) -> cases::Recipe {
    cases::recipe(&cases::place(&format!("tests/cases/{name}")).join(Path::new("build.toml")))
}

/// Lines until they are of that many bytes together.
fn first_bytes(lines: impl Iterator<Item = String>, bytes: usize) -> String {
    let mut text = String::new();
    for line in lines {
        if text.len() + line.len() > bytes {
            break;
        }
        text.push_str(&line);
    }
    text
}
