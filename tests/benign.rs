//! Mail that must stay clean: `samples-benign` is built from the recipes of `tests/build/office_mail`, and every
//! message of it ends `clean`.
//!
//! `UPDATE=1` writes the folder anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads the project's own files"
)]

mod build;

use build::cases::{self, Recipe};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tenpu::keyring::Keyring;
use tenpu::limits::Limits;
use tenpu::scan::Input;
use tenpu::verdict::Verdict;

/// The messages of `samples-benign/mbox`, in order.
const MBOX: &[&str] = &[
    "en/meeting-notes",
    "ja/tsuuchi-shiyakusho",
    "en/quoted-thread-reply",
    "ja/seikyuusho-pdf",
    "ja/henshin-inyou",
];

/// Those of the Maildir: folder, unique name, recipe.
const MAILDIR: &[(&str, &str, &str)] = &[
    ("cur", "1650341122.M1P811.mail.example", "ja/gijiroku-ppap"),
    ("cur", "1650341163.M2P811.mail.example", "ja/shiryou-password"),
    ("new", "1650416832.M3P902.mail.example", "ja/fukugouki-scan"),
    ("new", "1650506400.M4P915.mail.example", "en/copier-scan"),
];

/// Every recipe by its path without the extension: `ja/kintaihyou`.
fn recipes() -> BTreeMap<String, Recipe> {
    let mut recipes = BTreeMap::new();
    for language in cases::sorted(&cases::place("tests/build/office_mail")) {
        for file in cases::sorted(&language) {
            let folder = language.file_name().unwrap().to_str().unwrap();
            let stem = file.file_stem().unwrap().to_str().unwrap();
            recipes.insert(format!("{folder}/{stem}"), cases::recipe(&file));
        }
    }
    recipes
}

/// What `samples-benign` holds: path and content.
fn samples(recipes: &BTreeMap<String, Recipe>) -> BTreeMap<String, Vec<u8>> {
    let message = |name: &str| recipes[name].message.bytes();
    let mut samples: BTreeMap<String, Vec<u8>> =
        recipes.keys().map(|name| (format!("{name}.eml"), message(name))).collect();
    let folder = MBOX.iter().flat_map(|name| mbox_entry(&message(name)));
    samples.insert("mbox".into(), folder.collect());
    for (folder, unique, name) in MAILDIR {
        samples.insert(format!("Maildir/{folder}/{unique}"), message(name));
    }
    samples.insert("Maildir/tmp/.keep".into(), Vec::new());
    samples
}

/// mboxrd: a `From ` line in front, lines that begin like one quoted, an empty line behind; lines end in LF.
fn mbox_entry(message: &[u8]) -> Vec<u8> {
    let mut out = b"From MAILER-DAEMON Mon Apr 11 16:42:05 2022\n".to_vec();
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        let bare = &line[line.iter().take_while(|byte| **byte == b'>').count()..];
        out.extend(bare.starts_with(b"From ").then_some(b'>'));
        out.extend(line.strip_suffix(b"\r\n").map_or(line.to_vec(), |text| [text, b"\n"].concat()));
    }
    out.push(b'\n');
    out
}

#[test]
fn samples_are_as_built() {
    let recipes = recipes();
    assert!(recipes.len() >= 30, "only {} recipes", recipes.len());
    let root = cases::place("samples-benign");
    let samples = samples(&recipes);
    if std::env::var_os("UPDATE").is_some() {
        write(&root, &samples);
    }
    for (path, bytes) in &samples {
        let file = fs::read(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(file == *bytes, "{path} is not as its recipe builds it; UPDATE=1 writes it anew");
    }
    for file in walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap) {
        let path = file.path().strip_prefix(&root).unwrap().to_str().unwrap().to_string();
        let known = file.file_type().is_dir()
            || samples.contains_key(&path)
            || ["README.md", ".gitattributes"].contains(&path.as_str());
        assert!(known, "{path} has no recipe");
    }
}

fn write(root: &Path, samples: &BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in samples {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

#[test]
fn every_sample_is_clean() {
    let scanner = cases::scanner(Limits::default());
    let recipes: Vec<(String, Recipe)> = recipes().into_iter().collect();
    let wrong = cases::spread(&recipes, |(name, recipe)| {
        let bytes = recipe.message.bytes();
        let input =
            Input { name: format!("{name}.eml"), size: bytes.len() as u64, bytes, ..Input::default() };
        let (report, _) = scanner.session().scan(input, &Keyring::new());
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
        let unread: Vec<&str> = report.unread.iter().map(|unread| unread.reason).collect();
        let said = format!("{name} is {:?}: {found:?}, unread {unread:?}", report.verdict);
        (report.verdict != Verdict::Clean).then_some(said)
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "alarms on harmless mail:\n{}", wrong.join("\n"));
}
