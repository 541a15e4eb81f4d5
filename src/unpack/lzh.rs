//! LZH archives, also behind a program (self-extractors): every member with its name and CRC-16.
//!
//! No standard describes the format; its layout is known from the sources of LHa and from the notes that UNLHA32
//! and its kin share. Where a header is broken or the archive has ended and something follows, the next header
//! whose own checksum is right is searched for.
//!
//! Left out: times and attributes; the methods `-lh2-`, `-lh3-`, `-lhx-`, `-pm1-` and `-pm2-`, which are told to be
//! unread.

mod adaptive;
mod decode;
mod header;

use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};
use header::{Member, crc16_on};
use std::io::{self, Read};

/// The format.
pub(super) struct Lzh;

impl Format for Lzh {
    fn id(&self) -> &'static str {
        "lzh"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "lzh" || (has_stub(artifact) && search(stub(&artifact.bytes)).is_some())
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut rest = artifact.bytes.as_slice();
        let has_stub = has_stub(artifact);
        if has_stub {
            rest = search(stub(rest)).and_then(|at| rest.get(at..)).unwrap_or_default();
        }
        // Inside a program anything may follow.
        let (mut has_members, mut has_ended) = (false, has_stub);
        loop {
            while let Some(member) = header::read(rest) {
                budget.tick()?;
                rest = member.rest;
                has_members = true;
                put(member, out, budget)?;
            }
            has_ended |= has_members && rest.first().is_none_or(|byte| *byte == 0);
            if !has_ended {
                note_broken(rest, out);
            }
            let Some(at) = search(rest) else { return Ok(()) };
            if has_ended {
                let detail = format!("a member begins {at} bytes behind the end");
                out.facts.push(Fact::Trick { what: "lzh-hidden-member", detail });
            }
            rest = rest.get(at..).unwrap_or_default();
        }
    }
}

/// Notes that something stands where a header should. Packers that came from CP/M fill the last block with Control-Z.
fn note_broken(rest: &[u8], out: &mut Opened) {
    if !rest.iter().all(|byte| *byte == 0x1a)
        && !out.damage.iter().any(|known| known.what == "lzh-header-broken")
    {
        out.broke("lzh-header-broken", format!("{} bytes before the end", rest.len()));
        out.missed("damaged", "a header is broken");
    }
}

/// Whether an archive may lie behind something else in it: a program of Windows, or of DOS, whose `.com` files have no
/// mark, or bytes that mean nothing, which unpackers skip.
fn has_stub(artifact: &Artifact) -> bool {
    artifact.kind.id == "exe" || artifact.kind.class == Class::Data || artifact.bytes.starts_with(b"MZ")
}

/// The part of a self-extractor in which its archive begins: their programs are below 100 KiB.
fn stub(bytes: &[u8]) -> &[u8] {
    bytes.get(..1 << 20).unwrap_or(bytes)
}

/// Where the next header with a right checksum or CRC stands. It is one of the next 10,000 places that look like a
/// header, because looking closer costs time.
fn search(bytes: &[u8]) -> Option<usize> {
    let marks = memchr::memchr_iter(b'-', bytes).filter_map(|at| at.checked_sub(2));
    let candidates = marks.filter(|at| bytes.get(*at..).is_some_and(header::is_header));
    candidates
        .take(10_000)
        .find(|at| bytes.get(*at..).and_then(header::read).is_some_and(|member| is_likely(&member)))
}

/// Whether a header found by searching is one: its name is a name.
fn is_likely(member: &Member<'_>) -> bool {
    !member.name.is_empty() && !member.name.contains(|c: char| c < ' ')
}

/// Puts a member among the children; directories are none.
fn put(member: Member<'_>, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    if let Some(target) = member.target {
        let detail = format!("{} -> {target}", member.name);
        out.facts.push(Fact::Trick { what: "lzh-symbolic-link", detail });
        return Ok(());
    }
    if &member.method == b"-lhd-" && member.data.is_empty() {
        return Ok(());
    }
    let method = if &member.method == b"-lhd-" { b"-lh0-" } else { &member.method };
    let Some(reader) = decode::reader(method, member.data, member.size) else {
        out.missed("unsupported-method", format!("{}: {}", member.name, String::from_utf8_lossy(method)));
        return Ok(());
    };
    let mut checked = Checked { reader, crc: 0 };
    let mut decoded = budget.read(&mut checked);
    let stop = decoded.stop;
    if decoded.broken.is_none() && stop.is_none() {
        let is_wrong = member.crc.is_some_and(|crc| crc != checked.crc);
        decoded.broken = match () {
            () if member.is_cut => Some("the file ends before the member does".to_string()),
            () if is_wrong => Some("the CRC-16 is wrong".to_string()),
            () => None,
        };
    }
    let mut child = Child::decoded(member.name, "lzh", decoded);
    child.facts.extend(member.other_name.map(Fact::OtherName));
    let room = out.push(child, budget);
    stop.map_or(room, Err)
}

/// A reader that counts the CRC-16 along.
struct Checked<R> {
    reader: R,
    crc: u16,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(output)?;
        self.crc = crc16_on(self.crc, output.get(..length).unwrap_or_default());
        Ok(length)
    }
}

#[cfg(test)]
mod tests;
