//! Opens every document of a corpus named by `TENPU_CORPUS`: nothing panics, and what the cfb crate reads is read.
//! With `TENPU_MODULES` set to a file, the SHA-256 of every macro source is written there, to compare with others.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and reads whole files"
)]

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use tenpu::artifact::{Artifact, Fact, Tree};
use tenpu::compound::{Compound, is_compound};
use tenpu::keyring::{Candidate, Keyring, Origin, Source};
use tenpu::limits::{Budget, Limits};
use tenpu::scan::{Input, open};

#[derive(Debug, Default)]
struct Counts {
    files: usize,
    compounds: usize,
    projects: usize,
    modules: usize,
    damaged: usize,
    unread: usize,
    hidden_text: usize,
    externals: usize,
}

#[test]
fn every_document_opens() {
    let Some(files) = documents() else { return };
    let (mut counts, mut lines) = (Counts::default(), Vec::new());
    for file in &files {
        let tree = tree(file);
        for artifact in tree.iter() {
            assert!(
                artifact.unread.iter().all(|unread| unread.reason != "reader-fault"),
                "{}",
                file.display()
            );
            count(artifact, &mut counts);
            lines.extend(line(file, artifact));
        }
        counts.files += 1;
    }
    eprintln!("{counts:?}");
    if let Some(path) = std::env::var_os("TENPU_MODULES") {
        std::fs::write(path, lines.join("\n")).unwrap();
    }
    assert!(counts.compounds > 0 && counts.modules > 0);
}

#[test]
fn what_the_cfb_crate_reads_is_read() {
    let Some(files) = documents() else { return };
    let (mut same, mut more, mut refused) = (0, 0, 0);
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        if !is_compound(&bytes) {
            continue;
        }
        let mut budget = Budget::new(&Limits::default());
        let ours = Compound::read(&bytes, &budget);
        let Ok(mut theirs) = cfb::CompoundFile::open(Cursor::new(bytes.as_slice())) else {
            refused += 1;
            more += usize::from(ours.is_some_and(|ours| ours.streams().count() > 0));
            continue;
        };
        let ours = ours.unwrap();
        let paths: Vec<PathBuf> =
            theirs.walk().filter(|e| e.is_stream()).map(|e| e.path().to_path_buf()).collect();
        for path in paths {
            let mut want = Vec::new();
            let whole =
                theirs.open_stream(&path).and_then(|mut stream| stream.read_to_end(&mut want)).is_ok();
            let entry = ours.find(path.to_str().unwrap().trim_start_matches('/')).unwrap();
            let got = ours.stream(entry, &mut budget);
            assert!(!whole || got.bytes == want, "{} in {}", path.display(), file.display());
            same += 1;
        }
    }
    eprintln!("{same} streams the same; cfb refused {refused} files, {more} of them gave streams");
}

/// Passwords of the encrypted documents, as the tests of their projects name them; some open with what Office has
/// built in.
const PASSWORDS: &[&str] = &[
    "password",
    "pass",
    "foobaa",
    "123",
    "encrypted",
    "Password1234_",
    "abc",
    "tika",
    "solrcell",
    "freedom",
    "123456789012345",
    "pwd123",
    "oletools",
    "this is a test",
];

#[test]
fn encrypted_documents_open_with_their_passwords() {
    let Some(files) = documents() else { return };
    let mut shut = Vec::new();
    let mut opened = 0;
    for file in files.iter().filter(|file| file.iter().any(|folder| folder == "benign-encrypted")) {
        let name = file.file_name().unwrap().to_string_lossy();
        let tree = tree_with(file, PASSWORDS);
        let locked =
            tree.iter().any(|artifact| artifact.unread.iter().any(|part| part.reason == "encrypted"));
        let children: Vec<&Artifact> = tree.iter().filter(|artifact| artifact.via == "decrypted").collect();
        if children.is_empty() || locked {
            shut.push(name.into_owned());
        } else {
            opened += 1;
            assert!(tree.get(0).unwrap().damage.is_empty(), "{name}: {:?}", tree.get(0).unwrap().damage);
        }
    }
    eprintln!("{opened} encrypted documents opened, {} stay shut", shut.len());
    // Nobody tells the password of this one.
    assert_eq!(shut, ["863d2216a6f5bb4c.doc"]);
}

fn documents() -> Option<Vec<PathBuf>> {
    let Some(corpus) = std::env::var_os("TENPU_CORPUS") else {
        eprintln!("skipped: TENPU_CORPUS is not set");
        return None;
    };
    let walk = walkdir::WalkDir::new(Path::new(&corpus).join("documents")).sort_by_file_name();
    let files: Vec<PathBuf> = walk
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| e.file_type().is_file())
        .map(|e| e.into_path())
        .collect();
    assert!(!files.is_empty(), "no documents in the corpus");
    Some(files)
}

fn tree(file: &Path) -> Tree {
    tree_with(file, &[])
}

fn tree_with(file: &Path, passwords: &[&str]) -> Tree {
    let bytes = std::fs::read(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let input = Input { path: name.clone(), name, size: bytes.len() as u64, bytes, ..Input::default() };
    let mut keys = Keyring::new();
    for text in passwords {
        let origin = Origin { source: Source::Given, place: String::new() };
        keys.add(Candidate { text: (*text).to_string(), rank: 10, origin });
    }
    open(
        input,
        keys,
        &tenpu::message::neighbours::Neighbours::default(),
        &mut Budget::new(&Limits::default()),
    )
}

fn count(artifact: &Artifact, counts: &mut Counts) {
    counts.compounds += usize::from(is_compound(&artifact.bytes));
    counts.modules += usize::from(artifact.via == "vba-module");
    counts.damaged += usize::from(!artifact.damage.is_empty());
    counts.unread += usize::from(!artifact.unread.is_empty());
    for fact in &artifact.facts {
        counts.projects += usize::from(matches!(fact, Fact::VbaProject { .. }));
        counts.hidden_text += usize::from(matches!(fact, Fact::HiddenText { .. }));
        counts.externals += usize::from(matches!(fact, Fact::External { .. }));
    }
}

/// File, module and digest of a macro source; facts, damage and what is unread of any artifact.
fn line(file: &Path, artifact: &Artifact) -> Vec<String> {
    let file = file.file_name().unwrap().to_string_lossy();
    let mut lines = Vec::new();
    if artifact.via == "vba-module" {
        let digest: String = artifact.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push(format!("module\t{file}\t{}\t{digest}", artifact.name));
    }
    lines.extend(artifact.facts.iter().map(|fact| format!("fact\t{file}\t{:?}\t{fact:?}", artifact.name)));
    lines.extend(
        artifact.damage.iter().map(|damage| format!("damage\t{file}\t{:?}\t{damage:?}", artifact.name)),
    );
    lines.extend(
        artifact.unread.iter().map(|unread| format!("unread\t{file}\t{:?}\t{unread:?}", artifact.name)),
    );
    lines
}
