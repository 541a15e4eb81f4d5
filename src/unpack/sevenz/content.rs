//! Takes the files out of the folders of an archive, and finds the password of those that are locked.

use super::coder::Meter;
use super::folder::{File, Folder, Packs};
use super::lock::Key;
use super::record::START;
use super::shelf::Shelf;
use crate::artifact::{Child, Damage, Fact, Unread};
use crate::limits::{Budget, Stop};
use std::io::{self, Read};

impl Shelf<'_, '_> {
    /// Puts the files of a folder among the children.
    pub(super) fn take(
        &mut self,
        folder: &Folder,
        packs: &Packs,
        keys: &[Key],
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if folder.is_hidden {
            self.trick("7z-hidden-data", "the data of a folder are in no file");
        }
        let area = self.bytes.get(START..).unwrap_or_default();
        let meter = Meter::new(budget);
        let mut reader = match folder.open(area, packs, keys, &meter) {
            Ok(reader) => reader,
            Err(fault) => {
                let (reason, detail) = fault.told();
                return self.take_none(&folder.files, &Unread { reason, detail }, budget);
            }
        };
        let mut made = 0u64;
        for (place, file) in folder.files.iter().enumerate() {
            let mut part = Part { reader: &mut reader, left: file.size, crc: crc32fast::Hasher::new() };
            let mut decoded = budget.read(&mut part);
            let (stop, is_over) = (decoded.stop, decoded.broken.is_some());
            if !is_over && stop.is_none() && file.crc.is_some_and(|crc| crc != part.crc.finalize()) {
                decoded.broken = Some("the CRC-32 is wrong".to_string());
            }
            made = made.saturating_add(decoded.size);
            self.put(file, Child::decoded(file.name.as_str(), "7z", decoded), budget)?;
            stop.map_or(Ok(()), Err)?;
            if is_over {
                let unread = Unread { reason: "damaged", detail: "it lies behind damaged data".to_string() };
                self.take_none(folder.files.get(place + 1..).unwrap_or_default(), &unread, budget)?;
                break;
            }
        }
        budget.pay(meter.excess(made))
    }

    fn put(&mut self, file: &File, child: Child, budget: &Budget) -> Result<(), Stop> {
        self.note_attributes(&file.name, file.attributes);
        self.out.push(child, budget)
    }

    /// Puts files of which nothing can be read among the children.
    fn take_none(&mut self, files: &[File], unread: &Unread, budget: &Budget) -> Result<(), Stop> {
        for file in files {
            let mut child = Child::new(file.name.as_str(), "7z", Vec::new());
            if unread.reason == "damaged" {
                child.damage.push(Damage { what: "decoder", detail: unread.detail.clone() });
            }
            child.unread.push(unread.clone());
            self.put(file, child, budget)?;
        }
        Ok(())
    }

    /// Tries the passwords on the folders, first where one is soonest proved; what stays shut is named.
    pub(super) fn take_locked(
        &mut self,
        mut folders: Vec<&Folder>,
        packs: &Packs,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        folders
            .sort_by_key(|folder| (!is_provable(folder), proof(folder).map(|file| file.size).sum::<u64>()));
        let area = self.bytes.get(START..).unwrap_or_default();
        let mut shut = 0usize;
        for folder in folders {
            let opened = if is_provable(folder) {
                self.find(&folder.locks(), budget, |keys, budget| {
                    let is_right = proves(folder, area, packs, keys, budget)?;
                    Ok(is_right.then(|| keys.to_vec()))
                })?
            } else {
                None
            };
            if let Some(keys) = opened {
                self.take(folder, packs, &keys, budget)?;
                continue;
            }
            shut += folder.files.len();
            self.out.facts.extend(folder.files.iter().map(|file| Fact::LockedName(file.name.clone())));
        }
        if shut > 0 {
            self.out.missed("encrypted", format!("locked entries: {shut}"));
        }
        Ok(())
    }
}

/// Content of so many bytes with the right CRC-32 proves a password.
const PROOF: u64 = 8;

/// The first files of a folder, as many as it takes to prove a password.
fn proof(folder: &Folder) -> impl Iterator<Item = &File> {
    let mut proved = 0u64;
    folder.files.iter().take_while(move |file| {
        let is_needed = proved < PROOF;
        proved = proved.saturating_add(if file.crc.is_some() { file.size } else { 0 });
        is_needed
    })
}

fn is_provable(folder: &Folder) -> bool {
    proof(folder).any(|file| file.crc.is_some() && file.size > 0)
}

/// Whether the files come out with the right CRC-32. Nothing is kept. A wrong password mostly breaks the packed
/// data within their first bytes.
fn proves(folder: &Folder, area: &[u8], packs: &Packs, keys: &[Key], budget: &Budget) -> Result<bool, Stop> {
    let meter = Meter::new(budget);
    let Ok(mut reader) = folder.open(area, packs, keys, &meter) else { return Ok(false) };
    let mut chunk = [0; 16 << 10];
    for file in proof(folder) {
        let mut part = Part { reader: &mut reader, left: file.size, crc: crc32fast::Hasher::new() };
        loop {
            budget.tick()?;
            match part.read(&mut chunk) {
                Ok(0) => break,
                Ok(_) => {}
                Err(_) => return Ok(false),
            }
        }
        if file.crc.is_some_and(|crc| crc != part.crc.finalize()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One file in what a folder makes.
struct Part<'r, 'a> {
    reader: &'r mut Box<dyn Read + 'a>,
    left: u64,
    crc: crc32fast::Hasher,
}

impl Read for Part<'_, '_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(output.len());
        if most == 0 {
            return Ok(0);
        }
        let output = output.get_mut(..most).unwrap_or_default();
        let length = self.reader.read(output)?;
        if length == 0 {
            return Err(io::Error::other("the packed data ends too early"));
        }
        self.left -= length as u64;
        self.crc.update(output.get(..length).unwrap_or_default());
        Ok(length)
    }
}
