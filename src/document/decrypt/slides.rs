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
use std::collections::BTreeMap;

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
    let objects = Objects::read(&decoded.bytes, edit.unwrap_or(u32::MAX), budget)?;
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
    /// What the UserEditAtom at a place names (MS-PPT 2.3.3). An encrypted presentation has no other (2.3.7).
    fn read(stream: &[u8], edit: u32, budget: &Budget) -> Result<Self, Stop> {
        let mut objects = Self::default();
        if let Some((directory, session)) = edit_at(stream, edit) {
            objects.session = Some(session);
            objects.read_directory(Reader::new(directory), budget)?;
        }
        Ok(objects)
    }

    /// MS-PPT 2.3.4, 2.3.5: runs of places, each behind the number of its first object.
    fn read_directory(&mut self, mut entries: Reader, budget: &Budget) -> Result<(), Stop> {
        while let Some(run) = entries.u32() {
            budget.tick()?;
            let count = usize::try_from(run >> 20).unwrap_or_default();
            for number in (run & 0xf_ffff..).take(count) {
                let Some(place) = entries.u32().and_then(|place| usize::try_from(place).ok()) else { break };
                self.places.entry(number).or_insert(place);
            }
        }
        Ok(())
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

/// The persist directory of an edit, and the number of the object that holds the encryption header.
fn edit_at(stream: &[u8], at: u32) -> Option<(&[u8], u32)> {
    let mut edit = Reader::new(record(stream, usize::try_from(at).ok()?, USER_EDIT)?);
    edit.skip(12)?;
    let directory = usize::try_from(edit.u32()?).ok()?;
    edit.skip(12)?;
    Some((record(stream, directory, PERSIST_DIRECTORY)?, edit.u32()?))
}

/// The data of the record of that type at a place.
fn record(stream: &[u8], at: usize, kind: u16) -> Option<&[u8]> {
    let mut reader = Reader::at(stream, at)?;
    reader.skip(2)?;
    let found = reader.u16()?;
    let length = usize::try_from(reader.u32()?).ok()?;
    (found == kind).then(|| reader.take_up_to(length))
}
