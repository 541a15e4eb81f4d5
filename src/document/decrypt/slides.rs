//! Encrypted presentations (MS-PPT 2.3.7): RC4 by the CryptoAPI, each object that the persist directory names under
//! a key of its own.
//!
//! The way there (2.1.2): `Current User` tells the place of a UserEditAtom, this one that of the persist directory
//! and the number of the object that holds the encryption header. Both atoms and that object are not encrypted.

use super::passwords::{POWER_POINT, Passwords};
use super::rc4::{Key, Lock};
use super::{Door, Tried};
use crate::artifact::{Child, Opened};
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use std::collections::{BTreeMap, BTreeSet};

const STREAM: &str = "PowerPoint Document";
const USER_EDIT: u16 = 0x0ff5;
const PERSIST_DIRECTORY: u16 = 0x1772;
const CRYPT_SESSION: u16 = 0x2f14;
/// Bytes of a record header.
const HEADER: usize = 8;

pub(super) fn open(
    door: &Door,
    passwords: &mut Passwords,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Tried, Stop> {
    let Some(stream) = door.sibling(STREAM) else { return Ok(Tried::Shut(None)) };
    let user = door.head(door.stream, budget)?;
    let mut decoded = door.compound.stream(stream, budget);
    decoded.stop.map_or(Ok(()), Err)?;
    let edit = Reader::at(&user, 16).and_then(|mut user| user.u32());
    let objects = edit.map(|edit| Objects::read(&decoded.bytes, edit)).unwrap_or_default();
    let Some(lock) = objects.lock(&decoded.bytes) else {
        out.missed("unsupported-method", format!("{}: the encryption header", stream.path));
        return Ok(Tried::Shut(None));
    };
    let Some(found) = passwords.find(&[POWER_POINT], lock.cost(), budget, |text| lock.open(text))? else {
        return Ok(Tried::Shut(None));
    };
    let key = found.noted(lock.scheme(), out);
    let ended = objects.decrypt(&key, &mut decoded.bytes, budget);
    let child = Child::decoded(&stream.path, "decrypted", decoded).of_kind("ppt-stream");
    let room = out.push(child, budget);
    Ok(Tried::Open(ended.and(room)))
}

/// The objects of a stream.
#[derive(Debug, Default)]
struct Objects {
    /// Places by numbers.
    places: BTreeMap<u32, usize>,
    /// The number of the one that holds the encryption header.
    session: Option<u32>,
}

impl Objects {
    /// Follows the edits from the last one back. What a later edit says of an object holds.
    fn read(stream: &[u8], edit: u32) -> Self {
        let mut objects = Self::default();
        let mut next = Some(edit);
        let mut seen = BTreeSet::new();
        while let Some(at) = next.filter(|at| seen.insert(*at)) {
            next = objects.read_edit(stream, at).filter(|before| *before != 0);
        }
        objects
    }

    /// MS-PPT 2.3.3; answers the place of the edit before it.
    fn read_edit(&mut self, stream: &[u8], at: u32) -> Option<u32> {
        let mut edit = Reader::new(record(stream, usize::try_from(at).ok()?, USER_EDIT)?);
        edit.skip(8)?;
        let (before, directory) = (edit.u32()?, edit.u32()?);
        edit.skip(12)?;
        self.session = self.session.or(edit.u32());
        let entries = record(stream, usize::try_from(directory).ok()?, PERSIST_DIRECTORY)?;
        self.read_directory(Reader::new(entries));
        Some(before)
    }

    /// MS-PPT 2.3.4, 2.3.5: runs of places, each behind the number of its first object.
    fn read_directory(&mut self, mut entries: Reader) -> Option<()> {
        loop {
            let run = entries.u32()?;
            for number in (run & 0xf_ffff..).take(usize::try_from(run >> 20).ok()?) {
                let place = usize::try_from(entries.u32()?).ok()?;
                self.places.entry(number).or_insert(place);
            }
        }
    }

    fn lock(&self, stream: &[u8]) -> Option<Lock> {
        Lock::read(record(stream, *self.places.get(&self.session?)?, CRYPT_SESSION)?)
    }

    /// Decrypts every object up to the next one. The session is made a record without records in it, for it holds
    /// none.
    fn decrypt(&self, key: &Key, stream: &mut [u8], budget: &Budget) -> Result<(), Stop> {
        let by_place: BTreeMap<usize, u32> =
            self.places.iter().rev().map(|(number, at)| (*at, *number)).collect();
        let ends = by_place.keys().copied().skip(1).chain([stream.len()]).collect::<Vec<_>>();
        for ((at, number), end) in by_place.into_iter().zip(ends) {
            budget.tick()?;
            let Some(object) = stream.get_mut(at..end) else { continue };
            if self.session == Some(number) {
                object.iter_mut().take(1).for_each(|byte| *byte &= 0xf0);
                continue;
            }
            let mut cipher = key.cipher(number);
            let Some((header, data)) = object.split_at_mut_checked(HEADER) else { continue };
            cipher.apply(header);
            let length = Reader::at(header, 4).and_then(|mut header| header.u32());
            let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
            let length = length.min(data.len());
            cipher.apply(data.get_mut(..length).unwrap_or_default());
        }
        Ok(())
    }
}

/// The data of the record of that type at a place.
fn record(stream: &[u8], at: usize, kind: u16) -> Option<&[u8]> {
    let mut reader = Reader::at(stream, at)?;
    reader.skip(2)?;
    let found = reader.u16()?;
    let length = usize::try_from(reader.u32()?).ok()?;
    (found == kind).then(|| reader.take_up_to(length))
}
