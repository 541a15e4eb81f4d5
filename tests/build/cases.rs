//! Recipes on disk: reading them, building them, scanning what was built.

use super::mime::Message;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use tenpu::Scanner;
use tenpu::artifact::Tree;
use tenpu::detect::Rules;
use tenpu::keyring::Keyring;
use tenpu::limits::Limits;
use tenpu::report::Report;
use tenpu::scan::Input;

/// A recipe: the message, and what the one who wrote it means it to show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    #[serde(default)]
    pub expect: Expect,
    pub message: Message,
}

/// The intent, checked beside the golden report.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The exact verdict …
    pub verdict: Option<String>,
    /// … or the lowest acceptable one, where the strength of a rule may be tuned.
    pub at_least: Option<String>,
    /// Rules that must be among the findings, and rules that must not.
    pub finds: Vec<String>,
    pub spares: Vec<String>,
    /// Passwords that must have opened something.
    pub opens: Vec<String>,
    /// Reasons that must be among `unread`.
    pub unread: Vec<String>,
}

/// A folder of `tests/cases`, built.
pub struct Case {
    pub name: String,
    pub folder: PathBuf,
    pub expect: Expect,
    pub bytes: Vec<u8>,
}

/// A path of the repository.
pub fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every case, by name.
pub fn all() -> Vec<Case> {
    let folders = sorted(&place("tests/cases"));
    let cases = folders.into_iter().filter(|folder| folder.is_dir()).map(|folder| {
        let recipe = recipe(&folder.join("build.toml"));
        let name = folder.file_name().unwrap().to_str().unwrap().to_string();
        Case { name, folder, expect: recipe.expect, bytes: recipe.message.bytes() }
    });
    cases.collect()
}

/// One recipe, read.
pub fn recipe(path: &Path) -> Recipe {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The entries of a folder, by name.
pub fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A scanner with the rules every user has; without the feature `yara` the heuristics alone. What a test shows must not
/// hang on how much else the machine does, so that the clock is a slow one.
pub fn scanner(mut limits: Limits) -> Scanner {
    limits.time *= 20;
    let (yara, problems) = tenpu::detect::yara::Rules::load(cfg!(feature = "yara"), &[], None);
    assert!(problems.is_empty(), "{problems:?}");
    Scanner::new(limits, Rules { yara, builtin: true })
}

/// Scans bytes as a file of that name.
pub fn scan(scanner: &Scanner, name: &str, bytes: Vec<u8>) -> (Report, Tree) {
    let size = bytes.len() as u64;
    let input = Input { path: name.into(), name: name.into(), bytes, size, ..Input::default() };
    scanner.session().scan(input, &Keyring::new())
}

/// Runs `work` on every item, on as many threads as there are cores; the answers keep the order of the items.
pub fn spread<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let run = || {
            let mut mine = Vec::new();
            loop {
                let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(item) = items.get(at) else { return mine };
                mine.push((at, work(item)));
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}
