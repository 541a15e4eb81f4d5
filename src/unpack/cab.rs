//! Cabinets ([MS-CAB]), also behind a program (self-extractors): every file by its place, not by its name.
//!
//! Left out: Quantum, for which no free packer exists to hold a reader against; the other cabinets of a set, so files
//! that begin in one of them; times and attributes. What of this is met is told to be unread.

mod folder;
mod header;

use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Decoded, Stop};
use folder::Stream;
use header::{Cabinet, File, Home};
use std::collections::HashMap;
use std::io::Read;

/// The format.
pub(super) struct Cab;

impl Format for Cab {
    fn id(&self) -> &'static str {
        "cab"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "cab" || (may_hold(artifact) && search(&artifact.bytes).is_some())
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if artifact.kind.id == "cab" {
            let Some(cabinet) = header::read(&artifact.bytes) else {
                out.broke("cab-no-header", "the header is cut");
                out.missed("damaged", "the header is cut");
                return Ok(());
            };
            return put_files(&cabinet, out, budget);
        }
        let mut rest = artifact.bytes.as_slice();
        for _ in 0..MOST {
            let Some(bytes) = search(rest).and_then(|at| rest.get(at..)) else { break };
            let Some(cabinet) = header::read(bytes) else { break };
            rest = bytes.get(cabinet.size.max(4)..).unwrap_or_default();
            put_files(&cabinet, out, budget)?;
        }
        Ok(())
    }
}

/// Cabinets looked for in one program. Self-extractors hold one, installers a few.
const MOST: usize = 16;

/// Whether a cabinet may lie in it: programs, and bytes that mean nothing, which unpackers skip.
fn may_hold(artifact: &Artifact) -> bool {
    artifact.kind.id == "exe" || artifact.kind.class == Class::Data
}

/// Where the first cabinet lies whose header fits the bytes behind it.
fn search(bytes: &[u8]) -> Option<usize> {
    let places = memchr::memmem::find_iter(bytes, b"MSCF");
    let mut versioned = places.filter(|at| bytes.get(at + 24..at + 26) == Some(&[3, 1])).take(MOST);
    versioned.find(|at| bytes.get(*at..).and_then(header::read).is_some_and(|found| found.is_likely()))
}

/// Puts all files of a cabinet among the children, folder by folder in the order of their bytes.
fn put_files(cabinet: &Cabinet<'_>, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    out.damage.extend(cabinet.damage.iter().cloned());
    if let Some(damage) = cabinet.damage.first() {
        out.missed("damaged", damage.detail.as_str());
    }
    note_set(cabinet, out);
    let mut files: Vec<&File> = cabinet.files.iter().filter(|file| file.home.place().is_some()).collect();
    files.sort_by_key(|file| (file.home.place(), file.offset, file.size));
    let mut stream: Option<Stream<'_>> = None;
    let mut known: HashMap<(Option<usize>, u64, u64), usize> = HashMap::new();
    for file in files {
        budget.tick()?;
        let place = (file.home.place(), file.offset, file.size);
        let earlier = known.get(&place).and_then(|at| out.children.get_mut(*at));
        if let Some(child) = earlier.filter(|_| file.size > 0) {
            add_name(child, file);
            continue;
        }
        known.insert(place, out.children.len());
        // A file that overlaps the one before needs the folder from its beginning again.
        let is_ahead = |open: &Stream<'_>| open.folder == file.home.place() && open.at <= file.offset;
        let mut from = match stream.take().filter(is_ahead) {
            Some(stream) => stream,
            None => Stream::new(cabinet, file.home.place()),
        };
        let decoded =
            from.skip_to(file.offset, budget)?.map_or_else(|| unpack(&mut from, file, budget), broken);
        let stop = decoded.stop;
        if from.is_unsupported() {
            out.missed("unsupported-method", format!("{}: {}", file.name, from.method()));
        } else {
            out.push(Child::decoded(file.name.as_str(), "cab", decoded), budget)?;
        }
        stream = Some(from);
        stop.map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// Notes that the bytes of a child have another name too.
fn add_name(child: &mut Child, file: &File) {
    let other = Fact::OtherName(file.name.clone());
    if child.name != file.name && child.facts.len() < OTHER_NAMES && !child.facts.contains(&other) {
        child.facts.push(other);
    }
}

/// How many facts a child may have for another name to be added.
const OTHER_NAMES: usize = 16;

/// Unpacks the file that begins where the stream stands.
fn unpack(stream: &mut Stream<'_>, file: &File, budget: &mut Budget) -> Decoded {
    stream.mark();
    let mut decoded = budget.read(&mut stream.take(file.size));
    if decoded.broken.is_none() && decoded.stop.is_none() {
        decoded.broken = match () {
            () if decoded.size < file.size => Some("the folder ends before the file does".to_string()),
            () if stream.is_wrong => Some("the checksum of a block is wrong".to_string()),
            () => None,
        };
    }
    decoded
}

/// A file whose bytes the folder does not come to.
fn broken(why: String) -> Decoded {
    Decoded { broken: Some(why), ..Decoded::default() }
}

/// Notes that the cabinet is one of a set, and what begins elsewhere.
fn note_set(cabinet: &Cabinet<'_>, out: &mut Opened) {
    if let Some(names) = &cabinet.others {
        out.facts.push(Fact::Trick { what: "cab-part-of-set", detail: names.clone() });
    }
    let elsewhere: Vec<&File> = cabinet.files.iter().filter(|file| file.home == Home::Before).collect();
    if let Some(first) = elsewhere.first() {
        let detail = format!("{} files begin in another cabinet: {}", elsewhere.len(), first.name);
        out.missed("unsupported-format", detail);
    }
    let nowhere = cabinet.files.iter().filter(|file| file.home == Home::Nowhere).count();
    if nowhere > 0 {
        out.broke("cab-no-folder", format!("{nowhere} files"));
        out.missed("damaged", format!("{nowhere} files lie in no folder"));
    }
}

#[cfg(test)]
mod tests;
