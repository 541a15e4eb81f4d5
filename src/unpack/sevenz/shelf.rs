//! Takes the files out of one archive: first the header, then what is open, then what a password opens.

use super::coder::{Fault, Meter};
use super::folder::{Folder, Packs};
use super::header::{Head, Header, Streams};
use super::lock::{Key, Keys, Lock};
use super::record::{START, Start};
use crate::artifact::{Child, Fact, Opened, Unread};
use crate::keyring::{Candidate, Keyring, Trials};
use crate::limits::{Budget, Decoded, Stop};

/// What is taken out of an archive.
pub(super) struct Shelf<'a, 'k> {
    pub(super) out: &'a mut Opened,
    /// The archive from its signature on, and whatever stands behind it.
    pub(super) bytes: &'a [u8],
    passwords: Trials<'k>,
    keys: Keys,
    /// The most files that are kept.
    limit: usize,
}

/// How often a header may be packed in another one.
const LAYERS: usize = 4;

/// Where a header is looked for if the start header does not lead to it, and how many places are tried.
const TAIL: usize = 1 << 20;
const TRIES: usize = 64;

impl<'a, 'k> Shelf<'a, 'k> {
    /// An empty shelf for the archive at the beginning of `bytes`.
    pub(super) fn new(out: &'a mut Opened, bytes: &'a [u8], keys: &'k Keyring, budget: &Budget) -> Self {
        let limit = usize::try_from(budget.limits().artifacts).unwrap_or(usize::MAX);
        let passwords = Trials::new(keys, budget);
        Self { out, bytes, passwords, keys: Keys::default(), limit }
    }

    /// Takes out everything there is.
    pub(super) fn take_all(&mut self, budget: &mut Budget) -> Result<(), Stop> {
        let Some(header) = self.header(budget)? else { return Ok(()) };
        self.note(&header);
        self.take_empty(&header, budget)?;
        let packs = &header.streams.packs;
        let mut locked = Vec::new();
        for folder in &header.streams.folders {
            budget.tick()?;
            match folder.locks().is_empty() {
                true => self.take(folder, packs, &[], budget)?,
                false => locked.push(folder),
            }
        }
        self.take_locked(locked, packs, budget)
    }

    /// The header, unpacked and unlocked. Where there is none, that is noted.
    fn header(&mut self, budget: &mut Budget) -> Result<Option<Header>, Stop> {
        let Some(start) = Start::read(self.bytes) else {
            self.out.broke("7z-truncated", "it ends within its start header");
            self.out.missed("damaged", "the list of files is missing");
            return Ok(None);
        };
        if !start.is_right {
            self.out.broke("7z-start-header-crc", "the CRC-32 of the start header is wrong");
        }
        let area = self.bytes.get(START..).unwrap_or_default();
        if start.size == 0 && start.is_right && area.is_empty() {
            return Ok(None);
        }
        let is_far = start.end().is_none_or(|end| end > self.bytes.len());
        if is_far && start.is_right {
            self.out.broke("7z-truncated", "it ends before its list of files");
        }
        let told = usize::try_from(start.offset).ok().and_then(|offset| area.get(offset..));
        let told = told.and_then(|rest| rest.get(..usize::try_from(start.size).ok()?)).unwrap_or_default();
        let is_right = crc32fast::hash(told) == start.crc;
        if !told.is_empty() && !is_right {
            self.out.broke("7z-header-crc", "the CRC-32 of the list of files is wrong");
        }
        let head = Head::read(told, self.limit);
        let head = match head {
            Some(head) if is_right || head.is_whole() => Some(head),
            partial => self.searched(area, budget)?.or(partial),
        };
        match head {
            Some(head) => self.unpacked(head, budget),
            None => {
                self.out.missed("damaged", "the list of files is missing");
                Ok(None)
            }
        }
    }

    /// The header where the start header does not lead to one: the last thing in the file that is one.
    fn searched(&self, area: &[u8], budget: &Budget) -> Result<Option<Head>, Stop> {
        let tail = area.get(area.len().saturating_sub(TAIL)..).unwrap_or_default();
        let begins = |bytes: &&[u8]| bytes.starts_with(&[0x17, 6]) || bytes.starts_with(&[1, 4, 6]);
        let ends = memchr::memrchr2_iter(0x17, 1, tail).filter_map(|at| tail.get(at..));
        for bytes in ends.filter(begins).take(TRIES) {
            budget.tick()?;
            if let Some(head) = Head::read(bytes, self.limit).filter(Head::is_whole) {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    /// The header, however often it is packed.
    fn unpacked(&mut self, mut head: Head, budget: &mut Budget) -> Result<Option<Header>, Stop> {
        for _ in 0..LAYERS {
            let streams = match head {
                Head::Plain(header) => return Ok(Some(header)),
                Head::Packed(streams) => streams,
            };
            let Some(bytes) = self.unpack_header(&streams, budget)? else { return Ok(None) };
            match Head::read(&bytes, self.limit) {
                Some(inner) => head = inner,
                None => break,
            }
        }
        self.out.missed("damaged", "the list of files cannot be read");
        Ok(None)
    }

    /// The bytes of a packed header, as far as they come.
    fn unpack_header(&mut self, streams: &Streams, budget: &mut Budget) -> Result<Option<Vec<u8>>, Stop> {
        let area = self.bytes.get(START..).unwrap_or_default();
        let Some(folder) = streams.folders.first() else {
            self.out.missed("damaged", "the list of files is missing");
            return Ok(None);
        };
        let locks = folder.locks();
        let decoded = if locks.is_empty() {
            decode(folder, area, &streams.packs, &[], budget)
        } else {
            let opened = self.find(&locks, budget, |keys, budget| {
                match decode(folder, area, &streams.packs, keys, budget) {
                    Ok(Decoded { stop: Some(stop), .. }) => Err(stop),
                    decoded => Ok(decoded.ok().filter(|decoded| is_header(folder, decoded))),
                }
            })?;
            opened.ok_or(Fault::Locked)
        };
        let decoded = match decoded {
            Ok(decoded) => decoded,
            Err(fault) => {
                let (reason, detail) = fault.told();
                self.out.missed(reason, format!("the list of files: {detail}"));
                return Ok(None);
            }
        };
        decoded.stop.map_or(Ok(()), Err)?;
        if let Some(why) = decoded.broken {
            self.out.broke("7z-header", why);
        } else if folder.crc.is_some_and(|crc| crc != crc32fast::hash(&decoded.bytes)) {
            self.out.broke("7z-header-crc", "the CRC-32 of the list of files is wrong");
        }
        Ok(Some(decoded.bytes))
    }

    /// Tries the passwords until `open` gives something for the keys of one. Where key derivation is spent, the
    /// rest of the message is read on.
    pub(super) fn find<T>(
        &mut self,
        locks: &[Option<Lock>],
        budget: &mut Budget,
        mut open: impl FnMut(&[Key], &mut Budget) -> Result<Option<T>, Stop>,
    ) -> Result<Option<T>, Stop> {
        let Some(locks) = locks.iter().cloned().collect::<Option<Vec<Lock>>>() else { return Ok(None) };
        let keys = &mut self.keys;
        let found = self.passwords.find_text(|text| {
            let keys = keys.of(&locks, text, budget)?;
            open(&keys, budget)
        });
        match found {
            Ok(Some((opened, candidate))) => {
                self.note_password(candidate);
                Ok(Some(opened))
            }
            Err(Stop::KeyDerivation) => {
                let unread = Unread::from(Stop::KeyDerivation);
                if !self.out.unread.contains(&unread) {
                    self.out.unread.push(unread);
                }
                Ok(None)
            }
            other => other.map(|_| None),
        }
    }

    fn note_password(&mut self, candidate: &Candidate) {
        let fact = Fact::OpenedWith {
            scheme: "7z-aes",
            password: candidate.text.clone(),
            origin: candidate.origin.clone(),
        };
        if !self.out.facts.contains(&fact) {
            self.out.facts.push(fact);
        }
    }

    /// Notes what is strange and broken about the list of files.
    fn note(&mut self, header: &Header) {
        if !header.is_whole {
            self.out.broke("7z-header", "the list of files breaks off");
            self.out.missed("damaged", "the list of files breaks off: files may be missing");
        }
        if header.lost > 0 {
            self.out.missed("damaged", format!("entries without data: {}", header.lost));
        }
        if header.has_long_name {
            self.trick("7z-long-name", "a name is longer than any path");
        }
        let kept: usize = header.streams.folders.iter().map(|folder| folder.files.len()).sum();
        if header.streams.count > kept as u64 {
            self.out.missed("limit-artifacts", format!("{} files", header.streams.count));
        }
    }

    pub(super) fn trick(&mut self, what: &'static str, detail: impl Into<String>) {
        let fact = Fact::Trick { what, detail: detail.into() };
        let is_known = |known: &Fact| matches!(known, Fact::Trick { what: known, .. } if *known == what);
        if !self.out.facts.iter().any(is_known) {
            self.out.facts.push(fact);
        }
    }

    /// Puts the empty files among the children.
    fn take_empty(&mut self, header: &Header, budget: &Budget) -> Result<(), Stop> {
        for entry in &header.empty {
            if entry.is_anti {
                self.trick("7z-anti-item", entry.name.clone());
            } else if entry.is_file && entry.attributes & DIRECTORY == 0 {
                self.note_attributes(&entry.name, entry.attributes);
                self.out.push(Child::new(entry.name.as_str(), "7z", Vec::new()), budget)?;
            }
        }
        Ok(())
    }

    /// Notes entries that are no plain files.
    pub(super) fn note_attributes(&mut self, name: &str, attributes: u32) {
        let unix = if attributes & UNIX == 0 { 0 } else { attributes >> 16 & 0o170_000 };
        if attributes & REPARSE_POINT != 0 || unix == 0o120_000 {
            self.trick("7z-link", name);
        } else if ![0, 0o100_000, 0o040_000].contains(&unix) {
            self.trick("7z-device", name);
        }
        if attributes & DIRECTORY != 0 {
            self.trick("7z-directory-with-data", name);
        }
    }
}

/// What the folder of a header makes.
fn decode(
    folder: &Folder,
    area: &[u8],
    packs: &Packs,
    keys: &[Key],
    budget: &mut Budget,
) -> Result<Decoded, Fault> {
    let mut reader = folder.open(area, packs, keys, &Meter::new(budget))?;
    Ok(budget.read(&mut reader))
}

/// Whether a decrypted header proves the password: by its CRC-32, or, without one, by being read to its end.
fn is_header(folder: &Folder, decoded: &Decoded) -> bool {
    let is_proved = || match folder.crc {
        Some(crc) => crc == crc32fast::hash(&decoded.bytes),
        None => matches!(Head::read(&decoded.bytes, 0), Some(Head::Plain(header)) if header.is_whole),
    };
    decoded.broken.is_none() && decoded.size > 0 && is_proved()
}

/// Bits of the attributes of Windows, and the one by which p7zip tells that the upper half is a mode of Unix.
const DIRECTORY: u32 = 0x10;
const REPARSE_POINT: u32 = 0x400;
const UNIX: u32 = 0x8000;
