//! tar archives: POSIX ustar and PAX (POSIX.1-2001 pax), the V7 form before them, the names, numbers and sparse files
//! of GNU tar, all mixed as they come.
//!
//! Unpackers stop at the first block of zeros or at a broken header; here reading goes on, because what stands behind
//! is in the file all the same. Links, devices and FIFOs are told and never followed. Left out: owners, times, access
//! lists, the other volumes of a split archive.

mod header;
mod pax;
mod sparse;

use super::tricks::{Tricks, leads_outside};
use crate::artifact::{Artifact, Child, Fact, Format, Opened, Unread};
use crate::keyring::Keyring;
use crate::kind::{Class, extension};
use crate::limits::{Budget, Stop};
use crate::zip::decode_name;
use header::{BLOCK, Header};
use pax::Pax;
use sparse::{Filled, Piece};

/// The format.
pub(super) struct Tar;

impl Format for Tar {
    fn id(&self) -> &'static str {
        "tar"
    }

    /// A tar with a broken beginning is known by its name alone.
    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "tar"
            || (artifact.kind.class == Class::Data && extension(&artifact.name) == "tar")
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut walk = Walk::new(&artifact.bytes, out);
        let walked = walk.members(budget);
        if artifact.kind.id == "tar" || walk.headers > 0 {
            walk.close(walked.is_ok());
        }
        walked
    }
}

/// An archive being read.
struct Walk<'a, 'o> {
    bytes: &'a [u8],
    at: usize,
    out: &'o mut Opened,
    /// What headers said of the member that follows them.
    next: Next,
    /// Headers read.
    headers: u64,
    /// Whether a block of zeros ended the archive; headers found behind it.
    has_ended: bool,
    behind_end: u64,
    /// Bytes that belong to no member, before and behind the end.
    lost: u64,
    after: u64,
    /// Whether a header was read in spite of its checksum.
    has_wrong_sum: bool,
    tricks: Tricks,
}

/// What GNU and PAX headers say of the member behind them.
#[derive(Default)]
struct Next {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    pax: Pax,
}

/// A member as its headers together tell it.
struct Member<'a> {
    header: Header<'a>,
    name: String,
    link: String,
    size: u64,
    pax: Pax,
}

/// Bytes of a name that are kept. No file system takes longer ones.
const LONGEST_NAME: usize = 16 << 10;

impl<'a, 'o> Walk<'a, 'o> {
    fn new(bytes: &'a [u8], out: &'o mut Opened) -> Self {
        Self {
            bytes,
            at: 0,
            out,
            next: Next::default(),
            headers: 0,
            has_ended: false,
            behind_end: 0,
            lost: 0,
            after: 0,
            has_wrong_sum: false,
            tricks: Tricks::default(),
        }
    }

    /// Reads block after block.
    fn members(&mut self, budget: &mut Budget) -> Result<(), Stop> {
        while let Some(block) = self.block(self.at) {
            budget.tick()?;
            self.at += BLOCK;
            if block.iter().all(|byte| *byte == 0) {
                self.has_ended |= self.headers > 0;
                continue;
            }
            match Header::read(block) {
                Some(header) => {
                    self.headers += 1;
                    self.behind_end += u64::from(self.has_ended);
                    self.header(header, budget)?;
                }
                None => self.lose(BLOCK as u64),
            }
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.iter().any(|byte| *byte != 0) {
            self.lose(rest.len() as u64);
        }
        Ok(())
    }

    fn block(&self, at: usize) -> Option<&'a [u8]> {
        self.bytes.get(at..at.checked_add(BLOCK)?)
    }

    fn lose(&mut self, length: u64) {
        if self.has_ended { self.after += length } else { self.lost += length }
    }

    /// Reads what stands behind a header.
    fn header(&mut self, header: Header<'a>, budget: &mut Budget) -> Result<(), Stop> {
        if !header.is_right && !std::mem::replace(&mut self.has_wrong_sum, true) {
            self.out.broke("tar-checksum", decode_name(&header.name));
        }
        let size = header.size.unwrap_or_else(|| {
            self.out.broke("tar-size", decode_name(&header.name));
            0
        });
        match header.kind {
            b'L' => self.next.name = Some(zero_ended(self.body(&header, size))),
            b'K' => self.next.link = Some(zero_ended(self.body(&header, size))),
            b'x' | b'X' => {
                let records = self.body(&header, size);
                self.next.pax.read(records);
                if std::mem::take(&mut self.next.pax.is_broken) {
                    self.out.broke("tar-pax", "an extended header holds no records");
                }
            }
            b'g' => self.global(&header, size),
            b'V' => {}
            _ => {
                let member = self.named(header, size);
                return self.member(member, budget);
            }
        }
        Ok(())
    }

    /// Steps over the data of a header and answers them, as far as they are there. A header with a wrong checksum has
    /// no say over the next good one.
    fn body(&mut self, header: &Header<'_>, size: u64) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
        let body = rest.get(..length).unwrap_or_default();
        let good = || body.chunks(BLOCK).position(header::has_right_sum).map(|blocks| blocks * BLOCK);
        let length = if header.is_right { length } else { good().unwrap_or(length) };
        self.at = self.at.saturating_add(length.next_multiple_of(BLOCK)).min(self.bytes.len());
        body.get(..length).unwrap_or_default()
    }

    /// Records for all members that follow. Names and sizes have no place there and programs disagree about them.
    fn global(&mut self, header: &Header<'_>, size: u64) {
        let mut pax = Pax::default();
        pax.read(self.body(header, size));
        if pax.path.is_some() || pax.size.is_some() || pax.link.is_some() {
            let name = pax.path.or(pax.link).unwrap_or_default();
            self.trick("tar-global-name", decode_name(&name));
        }
    }

    /// The member that the present header and those before it tell of.
    fn named(&mut self, header: Header<'a>, size: u64) -> Member<'a> {
        let Next { name, link, mut pax } = std::mem::take(&mut self.next);
        let name = pax.path.take().or(name).unwrap_or_else(|| header.name.clone());
        let link = pax.link.take().or(link).unwrap_or_else(|| header.link.to_vec());
        // Some writers give a sparse file its size with the holes there; the header then has what is stored.
        let left = self.bytes.len().saturating_sub(self.at) as u64;
        let size = pax.size.filter(|told| *told <= left || size == 0 || size > left).unwrap_or(size);
        Member { name: self.text(&name), link: self.text(&link), header, size, pax }
    }

    fn text(&mut self, name: &[u8]) -> String {
        let kept = name.get(..LONGEST_NAME).unwrap_or(name);
        if kept.len() < name.len() {
            self.out.broke("tar-long-name", format!("a name of {} bytes", name.len()));
        }
        decode_name(kept)
    }

    fn member(&mut self, member: Member<'a>, budget: &mut Budget) -> Result<(), Stop> {
        if leads_outside(&member.name) {
            self.trick("tar-path-traversal", member.name.clone());
        }
        match member.header.kind {
            b'1' | b'2' => self.trick("tar-link", format!("{} -> {}", member.name, member.link)),
            b'3' | b'4' | b'6' => self.trick("tar-device", member.name.clone()),
            b'5' => {}
            b'S' => return self.old_sparse(member, budget),
            _ if member.size > 0 || !member.name.ends_with('/') => return self.file(member, budget),
            _ => {}
        }
        self.dataless(member, budget)
    }

    /// A member that is no file and yet may have data. Old writers give a link the size of the file it leads to and
    /// store nothing, so a good header has the last word.
    fn dataless(&mut self, member: Member<'a>, budget: &mut Budget) -> Result<(), Stop> {
        let next = self.block(self.at).unwrap_or_default();
        if member.size == 0 || next.iter().all(|byte| *byte == 0) || header::has_right_sum(next) {
            return Ok(());
        }
        self.trick("tar-data-without-file", member.name.clone());
        self.file(member, budget)
    }

    fn file(&mut self, member: Member<'a>, budget: &mut Budget) -> Result<(), Stop> {
        let data = self.body(&member.header, member.size);
        let is_whole = data.len() as u64 == member.size;
        let pax = &member.pax;
        let sparse = match pax.has_map_inside {
            true => sparse::inner_map(data),
            false if pax.pieces.is_empty() => None,
            false => Some((pax.pieces.clone(), data)),
        };
        match sparse {
            Some((pieces, data)) => {
                let real_size = pax.real_size.unwrap_or_default();
                self.sparse(&member.name, data, pieces, real_size, budget)
            }
            None => self.put(member, data, is_whole, budget),
        }
    }

    fn put(
        &mut self,
        member: Member<'a>,
        mut data: &[u8],
        is_whole: bool,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let length = data.len();
        let mut decoded = budget.read(&mut data);
        if !is_whole {
            decoded.broken = Some(format!("only {length} of {} bytes are there", member.size));
        }
        let stop = decoded.stop;
        let mut child = Child::decoded(member.name, "tar", decoded);
        if member.header.kind == b'M' {
            let detail = "a file begun in another volume".to_string();
            child.unread.push(Unread { reason: "damaged", detail });
        }
        self.out.push(child, budget)?;
        stop.map_or(Ok(()), Err)
    }

    fn old_sparse(&mut self, member: Member<'a>, budget: &mut Budget) -> Result<(), Stop> {
        let behind = self.bytes.get(self.at..).unwrap_or_default();
        let (pieces, used) = sparse::old_map(member.header.block, behind);
        self.at += used;
        let real_size = sparse::old_real_size(member.header.block).unwrap_or_default();
        let data = self.body(&member.header, member.size);
        self.sparse(&member.name, data, pieces, real_size, budget)
    }

    /// Gives a file with its holes, or without them where they are larger than any artifact.
    fn sparse(
        &mut self,
        name: &str,
        mut data: &[u8],
        pieces: Vec<Piece>,
        real_size: u64,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let most = budget.limits().artifact_bytes;
        let decoded = if let Some(mut filled) = Filled::new(data, pieces, real_size, most) {
            budget.read(&mut filled)
        } else {
            self.out.broke("tar-holes", format!("{name}: its holes are left out"));
            budget.read(&mut data)
        };
        let stop = decoded.stop;
        self.out.push(Child::decoded(name, "tar", decoded), budget)?;
        stop.map_or(Ok(()), Err)
    }

    fn trick(&mut self, what: &'static str, detail: String) {
        self.tricks.note(what, detail, self.out);
    }

    /// Notes what only the whole tells; of an archive that a limit cut short no more than what was seen.
    fn close(&mut self, is_whole: bool) {
        std::mem::take(&mut self.tricks).close(self.out);
        if self.behind_end > 0 {
            let detail = format!("{} headers behind the end of the archive", self.behind_end);
            self.out.facts.push(Fact::Trick { what: "tar-members-after", detail });
        }
        if self.after > 0 {
            let detail = format!("{} bytes", self.after);
            self.out.facts.push(Fact::Trick { what: "tar-data-after", detail });
        }
        if self.lost > 0 {
            let detail = format!("{} bytes belong to no member", self.lost);
            self.out.broke("tar-bad-header", detail.clone());
            self.out.missed("damaged", detail);
        }
        if is_whole && self.headers == 0 && self.lost == 0 {
            self.out.missed("damaged", "no member was found");
        }
    }
}

/// The name in the data of a GNU long name.
fn zero_ended(data: &[u8]) -> Vec<u8> {
    data.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests;
