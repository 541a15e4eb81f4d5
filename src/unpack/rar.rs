//! RAR archives of the versions 1.5 to 4 (the RAR 3.93 technical note) and 5 to 7 (the RAR 5.0 technical note), also
//! behind a program or anything else, with the passwords of the message tried on what is encrypted.
//!
//! The headers are walked here, damaged ones too; what is packed is unpacked by the crate `rars`, which is handed the
//! members as clean archives. Links are noted and not followed.
//!
//! Left out: RAR before 1.5; the ciphers of RAR 1.5 and 2; the other parts of split archives; recovery records;
//! comments; BLAKE2sp hashes of what is stored or encrypted.

mod decoder;
mod lock;
mod locksmith;
mod member;
mod name;
mod rar4;
mod rar5;
mod rebuilt;
mod shelf;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod writer;

use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use locksmith::Locksmith;
use member::{Member, Role, Walk};
use shelf::Shelf;

/// The format.
pub(super) struct Rar;

impl Format for Rar {
    fn id(&self) -> &'static str {
        "rar"
    }

    fn asks_passwords(&self) -> bool {
        true
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        match artifact.kind.id {
            "rar" => true,
            "exe" | "data" => start(&artifact.bytes).is_some(),
            _ => false,
        }
    }

    fn open(
        &self,
        artifact: &Artifact,
        keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let bytes = start(&artifact.bytes).and_then(|at| artifact.bytes.get(at..));
        let bytes = bytes.unwrap_or(&artifact.bytes);
        let mut smith = Locksmith::new(keys, budget);
        let walk = if bytes.starts_with(rar5::SIGNATURE) {
            rar5::walk(bytes, &mut smith, budget)?
        } else if bytes.starts_with(rar4::SIGNATURE) {
            rar4::walk(bytes, &mut smith, budget)?
        } else {
            out.missed("unsupported-format", "an unknown version of RAR");
            return Ok(());
        };
        note(&walk, bytes.get(walk.end.unwrap_or(bytes.len())..).unwrap_or_default(), artifact, out);
        let result = Shelf::new(out).take(&walk.members, &mut smith, budget);
        note_links(&walk.members, out);
        smith.tell(out);
        result
    }
}

/// How far a self-extractor may reach before its archive: what RAR itself looks through.
const STUB: usize = 4 << 20;

/// Where the archive begins: at the first mark that a header stands behind.
fn start(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..STUB).unwrap_or(bytes);
    memchr::memmem::find_iter(head, b"Rar!\x1a\x07").find(|at| {
        let archive = bytes.get(*at..).unwrap_or_default();
        rar5::begins(archive) || rar4::begins(archive)
    })
}

/// Notes what is strange and broken about the archive as a whole.
fn note(walk: &Walk<'_>, behind: &[u8], artifact: &Artifact, out: &mut Opened) {
    out.damage.extend(walk.damage.iter().cloned());
    if walk.is_cut {
        out.missed("limit-artifacts", format!("only {} entries are looked at", walk.members.len()));
    }
    if walk.is_shut {
        out.missed("encrypted", "the names are locked");
    }
    if walk.is_incomplete {
        out.missed("damaged", "headers are broken: entries may be missing");
    }
    let is_split = |member: &Member<'_>| member.split.before || member.split.after;
    if walk.is_part || walk.members.iter().any(is_split) {
        out.broke("rar-split", "the archive is split over several files");
        out.missed("unsupported-format", "a part of a split archive");
    }
    if artifact.kind.id == "rar" && behind.iter().any(|byte| *byte != 0) {
        out.facts.push(Fact::Trick { what: "rar-data-after", detail: format!("{} bytes", behind.len()) });
    }
    for member in &walk.members {
        let what = match member.role {
            Role::Stream if leads_out_of_stream(&member.name) => "rar-stream-path",
            _ if leads_out(&member.name) => "rar-path-traversal",
            _ => continue,
        };
        out.facts.push(Fact::Trick { what, detail: member.name.clone() });
    }
}

/// Whether a name leads out of the folder that is unpacked to.
fn leads_out(name: &str) -> bool {
    let mut parts = name.split(['/', '\\']);
    let first = parts.clone().next().unwrap_or_default();
    parts.any(|part| part == "..") || first.is_empty() || first.ends_with(':')
}

/// Whether the name of a stream is a path: a stream has none (CVE-2025-8088).
fn leads_out_of_stream(name: &str) -> bool {
    name.rsplit_once(':').is_some_and(|(_, stream)| stream.contains(['/', '\\'])) || leads_out(name)
}

/// Notes links; a copy is another name of what it is a copy of.
fn note_links(members: &[Member<'_>], out: &mut Opened) {
    for member in members {
        let Role::Link { target, is_copy } = &member.role else { continue };
        let target = target.clone().unwrap_or_else(|| String::from_utf8_lossy(member.data).into_owned());
        let original = out.children.iter_mut().find(|child| *is_copy && child.name == target);
        if let Some(child) = original.filter(|child| child.facts.len() < OTHER_NAMES) {
            child.facts.push(Fact::OtherName(member.name.clone()));
        }
        let detail = format!("{} → {}", member.name, target.chars().take(300).collect::<String>());
        out.facts.push(Fact::Trick { what: "rar-link", detail });
    }
}

/// How many facts a child may have for another name to be added.
const OTHER_NAMES: usize = 16;
