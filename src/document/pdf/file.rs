//! The objects of a file, found without its cross-reference table: broken writers and attackers get the table wrong,
//! and readers then look for the objects as this does (ISO 32000-1 7.5).
//!
//! Every object of every revision is kept; of those with one number the last is the one that counts. Nothing is held
//! parsed: an object is read again when it is asked for, which is paid from an allowance that grows with the file.

use super::crypt::Crypt;
use super::filter;
use super::object::{Dict, Object};
use super::outline;
use super::parser::{Item, Parser, is_space};
use crate::limits::{Budget, Decoded};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

/// A file: where its objects are.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) entries: Vec<Entry>,
    /// The entry that counts for each number.
    latest: HashMap<u32, usize>,
    /// Decoded object streams.
    packed: Vec<Vec<u8>>,
    pub(super) crypt: Option<Crypt>,
    /// Objects that stay in the clear: the encryption dictionary.
    pub(super) clear: Option<usize>,
    /// Whether embedded files alone are encrypted, and stay so.
    pub(super) has_shut_files: bool,
    /// Bytes that may still be parsed, and bytes of streams that may still be read for nothing.
    work: Cell<u64>,
    input: Cell<u64>,
}

/// One definition of an object.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) number: u32,
    pub(super) generation: u16,
    /// The object stream it lies in; none for the file itself.
    pub(super) stream: Option<usize>,
    /// Where it begins, and where the next one does.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where the data of its stream lie.
    pub(super) data: Option<(usize, usize)>,
    /// Whether it lies inside the data of a stream.
    pub(super) is_inside: bool,
}

/// How many references in a row are followed.
const HOPS: usize = 16;

/// How far beyond the beginning of the next object an object that was cut there is read on.
const BEYOND: usize = 1 << 20;

impl<'a> File<'a> {
    /// The objects that stand in the file itself.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let length = bytes.len() as u64;
        let mut file = Self {
            bytes,
            entries: Vec::new(),
            latest: HashMap::new(),
            packed: Vec::new(),
            crypt: None,
            clear: None,
            has_shut_files: false,
            work: Cell::new(64 * length + (16 << 20)),
            input: Cell::new(8 * length + (1 << 20)),
        };
        file.entries = outline::entries(bytes);
        file.index();
        file
    }

    #[cfg(test)]
    pub(super) fn empty() -> File<'static> {
        File::read(b"")
    }

    /// Takes in the objects of an object stream, which count from the place of that stream on.
    pub(super) fn add_packed(
        &mut self,
        data: Vec<u8>,
        objects: Vec<(u32, usize, usize)>,
        out: &mut Vec<Entry>,
    ) {
        let stream = Some(self.packed.len());
        self.packed.push(data);
        out.extend(objects.into_iter().map(|(number, start, end)| Entry {
            number,
            generation: 0,
            stream,
            start,
            end,
            data: None,
            is_inside: false,
        }));
    }

    /// Notes which definition of each number counts. What lies inside the data of a stream counts only where nothing
    /// else does.
    pub(super) fn index(&mut self) {
        self.latest.clear();
        for inside in [true, false] {
            for (at, entry) in self.entries.iter().enumerate().filter(|(_, entry)| entry.is_inside == inside)
            {
                self.latest.insert(entry.number, at);
            }
        }
    }

    /// Whether the allowance for parsing is spent.
    pub(super) fn is_spent(&self) -> bool {
        self.work.get() == 0
    }

    /// The entry that counts for a number.
    pub(super) fn find(&self, number: u32) -> Option<usize> {
        self.latest.get(&number).copied()
    }

    /// The object of an entry, its strings decrypted.
    pub(super) fn object(&self, at: usize) -> Object {
        let Some(entry) = self.entries.get(at) else { return Object::Null };
        let bytes = match entry.stream {
            Some(stream) => self.packed.get(stream).map(Vec::as_slice).unwrap_or_default(),
            None => self.bytes,
        };
        let (mut object, used) = read_object(bytes, entry.start, entry.end, self.work.get());
        self.work.set(self.work.get().saturating_sub(used));
        if let Some(crypt) = &self.crypt
            && entry.stream.is_none()
            && self.clear != Some(at)
        {
            crypt.strings(&mut object, (entry.number, entry.generation));
        }
        object
    }

    /// The object that a reference leads to, or the object itself.
    pub(super) fn resolve(&self, object: &Object) -> Object {
        let mut object = Cow::Borrowed(object);
        for _ in 0..HOPS {
            let Object::Reference(number) = *object else { return object.into_owned() };
            let Some(at) = self.find(number) else { return Object::Null };
            object = Cow::Owned(self.object(at));
        }
        Object::Null
    }

    /// The value of a key, resolved.
    pub(super) fn value(&self, dict: &Dict, key: &str) -> Object {
        dict.get(key).map(|value| self.resolve(value)).unwrap_or_default()
    }

    /// The entry of the stream that a reference leads to.
    pub(super) fn stream_of(&self, object: &Object) -> Option<usize> {
        let mut number = if let Object::Reference(number) = object { *number } else { return None };
        for _ in 0..HOPS {
            let at = self.find(number)?;
            if self.entries.get(at)?.data.is_some() {
                return Some(at);
            }
            let Object::Reference(next) = self.object(at) else { return None };
            number = next;
        }
        None
    }

    /// The data of a stream as they stand in the file.
    pub(super) fn raw(&self, at: usize) -> &'a [u8] {
        let data = self.entries.get(at).and_then(|entry| entry.data);
        data.and_then(|(start, end)| self.bytes.get(start..end)).unwrap_or_default()
    }

    /// The data of a stream, decrypted and decoded, at most `most` bytes of them.
    pub(super) fn data(&self, at: usize, most: u64, budget: &mut Budget) -> Decoded {
        let object = self.object(at);
        let empty = Dict::default();
        let dict = object.dict().unwrap_or(&empty);
        let raw = self.raw(at);
        // Honest streams share no bytes; what is read again and again costs time all the same.
        let length = raw.len() as u64;
        let paid = match self.input.get().checked_sub(length) {
            Some(left) => {
                self.input.set(left);
                Ok(())
            }
            None => budget.pay(length),
        };
        if let Err(stop) = paid {
            return Decoded { stop: Some(stop), ..Decoded::default() };
        }
        let Some((crypt, entry)) = self.crypt.as_ref().zip(self.entries.get(at)) else {
            return filter::decode(self, dict, raw, most, budget);
        };
        if filter::names_identity(self, dict) {
            return filter::decode(self, dict, raw, most, budget);
        }
        let clear = crypt.stream(dict, (entry.number, entry.generation), raw);
        if let Err(stop) = budget.pay(clear.len() as u64) {
            return Decoded { stop: Some(stop), ..Decoded::default() };
        }
        let made = filter::decode(self, dict, &clear, most, budget);
        if made.bytes.is_empty() && made.stop.is_none() && made.broken.is_some() {
            // Some writers leave single streams in the clear.
            let plain = filter::decode(self, dict, raw, most, budget);
            if !plain.bytes.is_empty() {
                return plain;
            }
        }
        made
    }
}

/// The object at `start`. The next one begins at `end`; where the object goes on beyond that, so does the reading.
/// Answers also how many bytes were gone through.
pub(super) fn read_object(bytes: &[u8], start: usize, end: usize, allowance: u64) -> (Object, u64) {
    let allowance = usize::try_from(allowance).unwrap_or(usize::MAX);
    let end = end.min(start.saturating_add(allowance));
    let mut parser = Parser::new(bytes.get(..end).unwrap_or(bytes), start);
    let object = parser.object();
    let used = parser.at.saturating_sub(start) + 1;
    if !parser.is_cut || end >= bytes.len() {
        return (object, used as u64);
    }
    let longer = end.saturating_add(BEYOND.min(allowance.saturating_sub(used)));
    let mut parser = Parser::new(bytes.get(..longer).unwrap_or(bytes), start);
    let object = parser.object();
    (object, (used + parser.at.saturating_sub(start)) as u64)
}

/// The objects of an object stream (7.5.7): pairs of number and place, then the objects.
pub(super) fn packed_objects(data: &[u8], first: usize) -> Vec<(u32, usize, usize)> {
    let mut parser = Parser::new(data.get(..first).unwrap_or(data), 0);
    let mut number = || match parser.item() {
        Some(Item::Object(Object::Int(number))) => usize::try_from(number).ok(),
        _ => None,
    };
    let mut found = Vec::new();
    while let Some((number, place)) = number().zip(number()) {
        let start = first.saturating_add(place);
        if let Ok(number) = u32::try_from(number)
            && start < data.len()
        {
            found.push((start, number));
        }
    }
    found.sort_unstable();
    found.dedup_by_key(|(start, _)| *start);
    let ends: Vec<usize> = found.iter().skip(1).map(|(start, _)| *start).chain([data.len()]).collect();
    found.into_iter().zip(ends).map(|((start, number), end)| (number, start, end)).collect()
}

/// Steps over the end of the line behind `stream` (7.3.8.1).
pub(super) fn data_start(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..at + 2).or(bytes.get(at..)).unwrap_or_default() {
        [b'\r', b'\n'] => at + 2,
        [b'\r' | b'\n', ..] => at + 1,
        [b' ', ..] => {
            let rest = bytes.get(at..).unwrap_or_default();
            let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
            if rest.get(spaces).is_some_and(|byte| is_space(*byte)) {
                data_start(bytes, at + spaces)
            } else {
                at
            }
        }
        _ => at,
    }
}
