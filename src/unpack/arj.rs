//! ARJ archives (the ARJ technical note), also behind a program, with the passwords of the message tried on what is
//! garbled.
//!
//! ```text
//! 60 EA   size   header: sizes, flags, method, name, comment   CRC-32   [size, extended header, CRC-32]   data
//! ```
//!
//! Left out: the GOST ciphers; the other parts of split archives; chapters, security envelopes, comments.

mod decode;
mod header;
#[cfg(test)]
mod tests;

use crate::artifact::{Artifact, Child, Fact, Format, Opened, Unread};
use crate::keyring::{Keyring, Trials};
use crate::limits::{Budget, Stop};
use header::{Member, kind, start, walk};
use std::io::Read;

/// The format.
pub(super) struct Arj;

impl Format for Arj {
    fn id(&self) -> &'static str {
        "arj"
    }

    fn asks_passwords(&self) -> bool {
        true
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "arj" || (artifact.kind.id == "exe" && start(&artifact.bytes).is_some())
    }

    fn open(
        &self,
        artifact: &Artifact,
        keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let begin = if artifact.kind.id == "exe" { start(&artifact.bytes) } else { Some(0) };
        let bytes = begin.and_then(|at| artifact.bytes.get(at..)).unwrap_or_default();
        let (members, behind) = walk(bytes, out, budget)?;
        if artifact.kind.id == "arj" && behind.iter().any(|byte| *byte != 0) {
            out.facts.push(Fact::Trick { what: "arj-data-after", detail: format!("{} bytes", behind.len()) });
        }
        let (locked, open): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.is_locked());
        for member in open {
            put(member, &[], out, budget)?;
        }
        take_locked(locked, keys, out, budget)
    }
}

/// Puts the content of a member among the children.
fn put(member: &Member<'_>, password: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    match member.kind {
        0 | kind::TEXT => {}
        kind::SPECIAL => {
            out.facts.push(Fact::Trick { what: "arj-link", detail: member.name.clone() });
            return Ok(());
        }
        // Folders, labels and chapters have no content.
        kind::FOLDER.. => return Ok(()),
        _ => {}
    }
    if member.name.split('/').any(|part| part == "..") || member.name.starts_with('/') {
        out.facts.push(Fact::Trick { what: "arj-path-traversal", detail: member.name.clone() });
    }
    let Some(mut content) = member.content(password) else {
        let mut child = Child::new(member.name.as_str(), "arj", Vec::new());
        child.unread =
            vec![Unread { reason: "unsupported-method", detail: format!("method {}", member.method) }];
        return out.push(child, budget);
    };
    let mut crc = crc32fast::Hasher::new();
    let mut decoded = budget.read(&mut Summed { source: &mut *content, crc: &mut crc });
    let stop = decoded.stop;
    if decoded.broken.is_none() && stop.is_none() {
        decoded.broken = match member.is_part() {
            true => Some("a part of a split archive".to_string()),
            false => (crc.finalize() != member.crc).then(|| "the CRC-32 is wrong".to_string()),
        };
    }
    let room = out.push(Child::decoded(member.name.as_str(), "arj", decoded), budget);
    stop.map_or(room, Err)
}

/// The last of the ciphers that combine every byte with a character; those above are GOST.
const STANDARD: u8 = 1;

/// Tries the passwords, on the smallest member first; what stays locked is named.
fn take_locked(
    mut locked: Vec<&Member<'_>>,
    keys: &Keyring,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    locked.sort_by_key(|member| (member.size < 4, member.data.len()));
    let mut trials = Trials::new(keys, budget);
    let (mut shut, mut is_spent) = (0, false);
    for member in locked {
        let found = trials.find(|password| {
            if is_spent || password.is_empty() || member.cipher > STANDARD {
                return Ok(None);
            }
            // To unpack all of it is what a try costs.
            budget.derive(1 + u64::from(member.size) / 16)?;
            Ok(is_password(member, password, budget)?.then(|| password.to_vec()))
        });
        let found = match found {
            // The rest of the message needs no passwords: it is read on.
            Err(Stop::KeyDerivation) => {
                is_spent = true;
                out.unread.push(Stop::KeyDerivation.into());
                None
            }
            other => other?,
        };
        let Some((password, candidate)) = found else {
            shut += 1;
            out.facts.push(Fact::LockedName(member.name.clone()));
            continue;
        };
        let (text, origin) = (candidate.text.clone(), candidate.origin.clone());
        let fact = Fact::OpenedWith { scheme: "arj-garble", password: text, origin };
        if !out.facts.contains(&fact) {
            out.facts.push(fact);
        }
        put(member, &password, out, budget)?;
    }
    if shut > 0 {
        out.missed("encrypted", format!("locked entries: {shut}"));
    }
    Ok(())
}

/// Whether the content has the right CRC-32 under the password.
fn is_password(member: &Member<'_>, password: &[u8], budget: &Budget) -> Result<bool, Stop> {
    let Some(mut content) = member.content(password) else { return Ok(false) };
    let mut crc = crc32fast::Hasher::new();
    let mut chunk = [0; 32 << 10];
    loop {
        budget.tick()?;
        match content.read(&mut chunk) {
            Ok(0) => return Ok(crc.finalize() == member.crc),
            Ok(length) => crc.update(chunk.get(..length).unwrap_or_default()),
            Err(_) => return Ok(false),
        }
    }
}

/// A stream whose CRC-32 is taken on the way.
struct Summed<'a> {
    source: &'a mut dyn Read,
    crc: &'a mut crc32fast::Hasher,
}

impl Read for Summed<'_> {
    fn read(&mut self, output: &mut [u8]) -> std::io::Result<usize> {
        let length = self.source.read(output)?;
        self.crc.update(output.get(..length).unwrap_or_default());
        Ok(length)
    }
}
