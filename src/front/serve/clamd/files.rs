//! Files that a client of the clamd protocol names or hands over.

use super::names::Outcome;
use super::wire::Request;
use super::{Client, part};
use crate::front::input::{self, Head};
use crate::front::serve::room::Share;
use crate::front::serve::service::{Engine, Service};
use crate::scan::Input;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow::{Break, Continue};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walkdir::WalkDir;

const MISSING: &str = "File path check failure: No such file or directory.";
const DENIED: &str = "Access denied.";

/// Scans a file, or every file of a folder; one record for each that is not clean, or one that all are.
pub(super) fn scan(client: &mut Client, request: &Request, all: bool, path: &[u8]) -> io::Result<()> {
    let named = Path::new(OsStr::from_bytes(path));
    let record = |path: &Path, outcome: &Outcome| {
        [path.as_os_str().as_bytes(), b": ", outcome.words().as_bytes()].concat()
    };
    if !named.is_absolute() || !named.exists() {
        return client.reply(request, &record(named, &Outcome::Error(MISSING)));
    }
    if !named.is_dir() {
        let outcome = scan_file(client, named);
        return client.reply(request, &record(named, &outcome));
    }
    let mut is_clean = true;
    for entry in WalkDir::new(named).sort_by_file_name() {
        let (path, outcome) = match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let outcome = scan_file(client, entry.path());
                (entry.into_path(), outcome)
            }
            Ok(_) => continue,
            Err(error) => (error.path().map(PathBuf::from).unwrap_or_default(), Outcome::Error(DENIED)),
        };
        if outcome != Outcome::Clean {
            is_clean = false;
            client.reply(request, &record(&path, &outcome))?;
        }
        if matches!(outcome, Outcome::Found(_)) && !all {
            break;
        }
    }
    if is_clean { client.reply(request, &record(named, &Outcome::Clean)) } else { Ok(()) }
}

/// Scans a file; of a mailbox, every message, and the worst is told.
fn scan_file(client: &mut Client, path: &Path) -> Outcome {
    let size = match std::fs::metadata(path) {
        Ok(file) if file.is_file() => file.len(),
        // A pipe or a device might never end.
        Ok(_) => return Outcome::Error("Not supported file type."),
        Err(_) => return Outcome::Error(DENIED),
    };
    let engine = client.service.engine();
    let limit = engine.base.scanner.limits().input_bytes;
    let mut share = client.service.room.share(engine.settings.bounds.memory);
    if !share.grow(size.min(limit)) {
        return client.scan(&engine, None, &path.to_string_lossy(), false);
    }
    let shown = path.to_string_lossy().into_owned();
    let mut worst = Outcome::Clean;
    let _ended = input::each(&[path.to_path_buf()], limit, &mut |input| {
        let outcome = match input {
            Ok(input) => scan_input(client, &engine, input, &shown),
            Err(_) => Outcome::Error(DENIED),
        };
        worst = std::mem::replace(&mut worst, Outcome::Clean).max(outcome);
        if matches!(worst, Outcome::Found(_)) { Break(()) } else { Continue(()) }
    });
    worst
}

fn scan_input(client: &mut Client, engine: &Arc<Engine>, input: Input, shown: &str) -> Outcome {
    let is_message = input.is_message;
    let mut input = part(shown, &input.name, input.bytes, input.size);
    input.is_message |= is_message;
    client.scan(engine, Some(input), shown, false)
}

/// The head of an open file, from its beginning, wherever its owner stands in it; none if there is no memory.
///
/// # Errors
/// It is no regular file, or those of the file system.
pub(super) fn read_open(
    service: &Service,
    engine: &Engine,
    file: &File,
) -> io::Result<Option<(Head, Share)>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let limit = engine.base.scanner.limits().input_bytes;
    let mut share = service.room.share(engine.settings.bounds.memory);
    if !share.grow(metadata.len().min(limit)) {
        return Ok(None);
    }
    let head = input::read(FromStart { file, at: 0 }, Some(metadata.len()), limit)?;
    Ok(Some((head, share)))
}

/// Reads a file without moving the place that its owner shares with us.
struct FromStart<'a> {
    file: &'a File,
    at: u64,
}

impl Read for FromStart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.file.read_at(buffer, self.at)?;
        self.at += got as u64;
        Ok(got)
    }
}
