//! The texts of the rules: tenpu's own, which are part of the program, and the user's files.

use super::{Problem, SIGNATURES};
use crate::limits::{Budget, Limits};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// One file of rules.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Source {
    /// Its name in reports.
    pub file: String,
    /// Its text, not yet known to be UTF-8.
    pub text: Vec<u8>,
    /// Whether it is one of tenpu's own.
    pub builtin: bool,
}

/// tenpu's own signatures.
pub(super) fn builtin() -> Vec<Source> {
    let source = |(file, text): &(&str, &str)| Source {
        file: format!("signatures/{file}"),
        text: text.as_bytes().to_vec(),
        builtin: true,
    };
    SIGNATURES.iter().map(source).collect()
}

/// The user's files, folders searched in order of names.
pub(super) fn user(paths: &[PathBuf], problems: &mut Vec<Problem>) -> Vec<Source> {
    let mut sources = Vec::new();
    for path in paths {
        for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
            match entry {
                Ok(entry) if !is_wanted(&entry) => {}
                Ok(entry) => sources.extend(read(entry.path(), problems)),
                Err(error) => {
                    let file = error.path().unwrap_or(path).display().to_string();
                    problems.push(Problem { file, line: 0, reason: error.to_string() });
                }
            }
        }
    }
    sources
}

/// A file the caller named is taken whatever its name; of a folder only those that look like rules.
fn is_wanted(entry: &DirEntry) -> bool {
    let named_so =
        entry.path().extension().is_some_and(|extension| extension == "yar" || extension == "yara");
    entry.file_type().is_file() && (entry.depth() == 0 || named_so)
}

fn read(path: &Path, problems: &mut Vec<Problem>) -> Option<Source> {
    let file = path.display().to_string();
    let mut problem = |reason: String| {
        problems.push(Problem { file: file.clone(), line: 0, reason });
        None
    };
    let mut opened = match File::open(path) {
        Ok(opened) => opened,
        Err(error) => return problem(error.to_string()),
    };
    let got = Budget::new(&Limits::default()).read(&mut opened);
    match (got.broken, got.size > got.bytes.len() as u64) {
        (Some(reason), _) => problem(reason),
        (None, true) => problem(format!("too large: {} bytes", got.size)),
        (None, false) => Some(Source { file, text: got.bytes, builtin: false }),
    }
}
