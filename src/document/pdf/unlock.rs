//! Finds the encryption dictionary and opens it: without a password first, for that is how print-restricted files
//! are read every day, then with those of the keyring.

use super::crypt::{Crypt, Handler};
use super::file::File;
use super::object::{Dict, Object};
use super::outline;
use crate::artifact::{Fact, Opened};
use crate::keyring::{Keyring, Trials};
use crate::limits::{Budget, Stop};

/// What the password of a file means for reading it.
pub(super) enum Lock {
    /// It is not encrypted, or was opened.
    Open,
    /// It stays shut.
    Shut,
}

/// Opens the file as far as a password does.
pub(super) fn unlock(
    file: &mut File,
    keys: &Keyring,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Lock, Stop> {
    let Some((dict, id)) = encryption(file) else { return Ok(Lock::Open) };
    let Some(handler) = Handler::read(&dict, &id) else {
        out.missed("encrypted", "streams and strings");
        return Ok(Lock::Shut);
    };
    let opened = match open(&handler, keys, out, budget) {
        // The rest of the message needs no key derivation: it is read on.
        Err(Stop::KeyDerivation) => {
            out.unread.push(Stop::KeyDerivation.into());
            None
        }
        other => other?,
    };
    if let Some(crypt) = opened {
        file.crypt = Some(crypt);
        return Ok(Lock::Open);
    }
    if handler.shuts_files_only() {
        out.missed("encrypted", "embedded files");
        file.has_shut_files = true;
        return Ok(Lock::Open);
    }
    out.missed("encrypted", "streams and strings");
    Ok(Lock::Shut)
}

fn open(
    handler: &Handler,
    keys: &Keyring,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Option<Crypt>, Stop> {
    if let Some(key) = handler.verifier.key(b"", budget)? {
        return Ok(Some(handler.clone().unlocked(key)));
    }
    let mut trials = Trials::new(keys, budget);
    let found = trials.find(|password| handler.verifier.key(password, budget))?;
    Ok(found.map(|(key, candidate)| {
        out.facts.push(Fact::OpenedWith {
            scheme: handler.scheme(),
            password: candidate.text.clone(),
            origin: candidate.origin.clone(),
        });
        handler.clone().unlocked(key)
    }))
}

/// The encryption dictionary with the first half of the file's identifier: from the last trailer or cross-reference
/// stream that names one. Notes which object it is, for that one is in the clear.
fn encryption(file: &mut File) -> Option<(Dict, Vec<u8>)> {
    let mut trailers = outline::trailers(file.bytes);
    for at in 0..file.entries.len() {
        let Some(entry) = file.entries.get(at).filter(|entry| entry.data.is_some()) else { continue };
        let start = entry.start;
        if let Object::Dict(dict) = file.object(at)
            && dict.is("Type", "XRef")
        {
            trailers.push((start, dict));
        }
    }
    trailers.sort_by_key(|(start, _)| *start);
    let named = trailers.iter().rev().find_map(|(_, trailer)| {
        let value = trailer.get("Encrypt")?;
        let dict = file.resolve(value).dict()?.clone();
        dict.get("Filter").is_some().then_some((value, dict))
    });
    let (value, dict) = named?;
    let ids = trailers.iter().rev().map(|(_, trailer)| file.value(trailer, "ID"));
    let id = ids.into_iter().find_map(|ids| file.resolve(ids.array().first()?).text().map(<[u8]>::to_vec));
    let clear = if let Object::Reference(number) = value { file.find(*number) } else { None };
    let dict = resolved(file, dict, 3);
    file.clear = clear;
    Some((dict, id.unwrap_or_default()))
}

/// A dictionary with its values resolved, and those of the dictionaries in it.
fn resolved(file: &File, dict: Dict, depth: usize) -> Dict {
    let value = |object: Object| match file.resolve(&object) {
        Object::Dict(inner) if depth > 0 => Object::Dict(resolved(file, inner, depth - 1)),
        other => other,
    };
    Dict(dict.0.into_iter().map(|(key, object)| (key, value(object))).collect())
}
