//! Real mail parses: every message of the corpus gives its parts and none makes the reader panic.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic and print"
)]

use std::path::{Path, PathBuf};
use tenpu::artifact::{Artifact, Tree};
use tenpu::keyring::Keyring;
use tenpu::limits::{Budget, Limits};
use tenpu::scan::{self, Input};

#[test]
fn every_mail_of_the_corpus_gives_its_parts() {
    let Some(corpus) = std::env::var_os("TENPU_CORPUS") else {
        eprintln!("skipped: TENPU_CORPUS is not set");
        return;
    };
    let files = files(&Path::new(&corpus).join("mail"));
    assert!(files.len() > 200, "{} mails", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        let tree = open(std::fs::read(file).unwrap());
        let faulty =
            tree.iter().any(|artifact| artifact.unread.iter().any(|unread| unread.reason == "reader-fault"));
        let empty =
            tree.iter().any(|artifact| is_multipart(artifact) && tree.children(artifact.id).next().is_none());
        let known_empty = EMPTY.iter().any(|name| file.ends_with(name));
        if faulty || (empty && !known_empty) {
            wrong.push(file.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "without parts:\n{}", wrong.join("\n"));
}

#[test]
fn every_mail_of_the_corpus_opens_cut_short() {
    let Some(corpus) = std::env::var_os("TENPU_CORPUS") else {
        eprintln!("skipped: TENPU_CORPUS is not set");
        return;
    };
    for file in files(&Path::new(&corpus).join("mail")) {
        let bytes = std::fs::read(&file).unwrap();
        for tenth in 1..10 {
            let cut = bytes.get(..bytes.len() * tenth / 10).unwrap().to_vec();
            let tree = open(cut);
            let faulty = tree
                .iter()
                .any(|artifact| artifact.unread.iter().any(|unread| unread.reason == "reader-fault"));
            assert!(!faulty, "{} cut at {tenth}/10", file.display());
        }
    }
}

/// Multiparts whose parts are empty or that have only delimiters.
const EMPTY: [&str; 3] = ["2d7f3c24656eb3b9.eml", "80d33f6b106dbccc.eml", "860aaa3141a66533.eml"];

fn open(bytes: Vec<u8>) -> Tree {
    let input = Input { name: "mail.eml".into(), size: bytes.len() as u64, bytes, ..Input::default() };
    scan::open(
        input,
        Keyring::new(),
        &tenpu::message::neighbours::Neighbours::default(),
        &mut Budget::new(&Limits::default()),
    )
}

/// Whether an artifact is a message that says it has parts and has some.
fn is_multipart(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(&artifact.bytes).to_lowercase().replace("\r\n", "\n");
    let Some((header, body)) = head.split_once("\n\n") else { return false };
    artifact.kind.id == "eml" && header.contains("\ncontent-type: multipart/") && body.contains("\n--")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
    walk.into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}
