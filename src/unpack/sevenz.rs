//! 7z archives (7zFormat.txt and Methods.txt of the LZMA SDK), also behind a program, as self-extractors are made,
//! with the passwords of the message tried on what is encrypted.
//!
//! ```text
//! record (numbers, start header) → header (lists files and folders) → folder (a chain of coders) → coder, lock
//!       → shelf (what is taken out of an archive) → content (its files)
//! ```
//!
//! The header may itself be packed and encrypted, and then no name is known without the password. A file is
//! believed to be whole when its CRC-32 says so.
//!
//! Left out: Brotli, LZ4, LZ5, Lizard and Swap (unread), the other parts of split archives, times, comments.

mod coder;
mod content;
mod files;
mod folder;
mod header;
mod lock;
mod record;
mod shelf;

use super::zip::is_holder;
use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};
use record::{SIGNATURE, START, Start};
use shelf::Shelf;

/// The format.
pub(super) struct SevenZip;

impl Format for SevenZip {
    fn id(&self) -> &'static str {
        "7z"
    }

    fn asks_passwords(&self) -> bool {
        true
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        is_archive(artifact)
            || places(&artifact.bytes).iter().any(|place| {
                // What another container holds ends inside it and is given out by its own format.
                !is_holder(artifact) || place.end == artifact.bytes.len()
            })
    }

    fn open(
        &self,
        artifact: &Artifact,
        keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut places = places(&artifact.bytes);
        if is_archive(artifact) && places.first().is_none_or(|place| place.start > 0) {
            // Its start header is wrong, so only the archive itself can tell where it ends.
            places = vec![Place { start: 0, end: artifact.bytes.len() }];
        }
        note(artifact, &places, out);
        for place in &places {
            let bytes = artifact.bytes.get(place.start..).unwrap_or_default();
            Shelf::new(out, bytes, keys, budget).take_all(budget)?;
        }
        Ok(())
    }
}

/// Whether the artifact begins as an archive.
fn is_archive(artifact: &Artifact) -> bool {
    artifact.kind.id == "7z"
}

/// Where an archive lies in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    start: usize,
    end: usize,
}

/// The most archives looked for in one file, and the most signatures followed.
const ARCHIVES: usize = 16;
const SIGNATURES: usize = 1024;

/// The archives in a file, one behind the other: signatures with a start header whose CRC-32 is right.
fn places(bytes: &[u8]) -> Vec<Place> {
    let mut out: Vec<Place> = Vec::new();
    for start in memchr::memmem::find_iter(bytes, SIGNATURE).take(SIGNATURES) {
        if out.last().is_some_and(|last| start < last.end) {
            continue;
        }
        let head = bytes.get(start..).and_then(Start::read).filter(|head| head.is_right);
        if let Some(length) = head.and_then(|head| head.end()) {
            out.push(Place { start, end: start.saturating_add(length).min(bytes.len()) });
        }
        if out.len() == ARCHIVES {
            break;
        }
    }
    out
}

/// Notes what stands before, between and behind the archives.
fn note(artifact: &Artifact, places: &[Place], out: &mut Opened) {
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return };
    let mut trick = |what, detail| out.facts.push(Fact::Trick { what, detail });
    match artifact.kind.class {
        Class::Program | Class::Archive => {}
        Class::Data | Class::Text if first.start > 0 => {
            trick("7z-data-before", format!("{} bytes", first.start));
        }
        _ if last.end == artifact.bytes.len() => {
            trick(
                "7z-behind-other-file",
                format!("the file is a 7z archive too, behind {}", artifact.kind.id),
            );
        }
        _ => {}
    }
    let rest = artifact.bytes.get(last.end..).unwrap_or_default();
    let is_unwritten = last.end - last.start <= START;
    if is_archive(artifact) && !is_unwritten && rest.iter().any(|byte| *byte != 0) {
        trick("7z-data-after", format!("{} bytes", rest.len()));
    }
    if is_archive(artifact) && places.len() > 1 {
        trick("7z-several-archives", format!("{} archives", places.len()));
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod writer;
