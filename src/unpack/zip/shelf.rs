//! Takes the entries out of an archive: each body once, first what is open, then what a password opens.

use crate::artifact::{Child, Fact, Opened, Unread};
use crate::keyring::{Keyring, Trials};
use crate::limits::{Budget, Stop};
use crate::zip::{Content, Entry, State, Unlocked};
use std::collections::HashMap;

/// Where packed bytes lie, how many they are, and how they are packed and locked: the same bytes under another
/// method are other content.
type Place = (usize, usize, u16, bool);

fn place(entry: &Entry<'_>) -> Place {
    (entry.offset, entry.data.len(), entry.method, entry.encrypted)
}

/// What is taken out of an archive.
pub(super) struct Shelf<'a> {
    out: &'a mut Opened,
    /// The children by the place of their packed bytes: what shares its bytes is unpacked once.
    places: HashMap<Place, usize>,
    /// Packed bytes that may still be read for nothing.
    input: u64,
    /// Whether the archive lies somewhere inside another file.
    is_piece: bool,
}

impl<'a> Shelf<'a> {
    /// An empty shelf for an archive in a file of `input` bytes.
    pub(super) fn new(out: &'a mut Opened, input: u64, is_piece: bool) -> Self {
        Self { out, places: HashMap::new(), input, is_piece }
    }

    /// Unpacks what is not encrypted, and answers the rest.
    pub(super) fn take_open<'e, 'b>(
        &mut self,
        entries: &'e [Entry<'b>],
        budget: &mut Budget,
    ) -> Result<Vec<&'e Entry<'b>>, Stop> {
        let mut locked = Vec::new();
        for entry in entries.iter().filter(|entry| !entry.is_dir) {
            budget.tick()?;
            if self.is_known(entry) {
                continue;
            }
            self.pay_input(entry, budget)?;
            let content = entry.content(budget);
            match content.state {
                State::Locked => locked.push(entry),
                _ => self.put(entry, content, budget)?,
            }
            for content in entry.other_contents(budget) {
                self.put(entry, content, budget)?;
            }
        }
        Ok(locked)
    }

    /// Honest entries share no bytes and are together smaller than the file. What goes beyond that is paid, because
    /// a decoder that reads much and makes nothing costs time all the same.
    fn pay_input(&mut self, entry: &Entry<'_>, budget: &mut Budget) -> Result<(), Stop> {
        let length = entry.data.len() as u64;
        match self.input.checked_sub(length) {
            Some(left) => self.input = left,
            None => budget.pay(length)?,
        }
        Ok(())
    }

    /// Tries the passwords, on the smallest entry first; what stays locked is named.
    pub(super) fn take_locked(
        &mut self,
        mut locked: Vec<&Entry<'_>>,
        keys: &Keyring,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        locked.sort_by_key(|entry| (is_tiny(entry), entry.data.len()));
        let mut passwords = Trials::new(keys, budget);
        let mut shut = 0usize;
        let mut spent = false;
        for entry in locked {
            let unlocked = if spent { Ok(None) } else { entry.unlock(&mut passwords, budget) };
            let unlocked = match unlocked {
                // The rest of the message needs no key derivation: it is read on.
                Err(Stop::KeyDerivation) => {
                    spent = true;
                    self.out.unread.push(Stop::KeyDerivation.into());
                    None
                }
                other => other?,
            };
            if let Some(unlocked) = unlocked {
                self.note_password(&unlocked);
                self.put(entry, unlocked.content, budget)?;
            } else {
                shut += 1;
                self.out.facts.push(Fact::LockedName(entry.name.clone()));
            }
        }
        if shut > 0 {
            self.out.missed("encrypted", format!("locked entries: {shut}"));
        }
        Ok(())
    }

    fn note_password(&mut self, unlocked: &Unlocked<'_>) {
        let fact = Fact::OpenedWith {
            scheme: unlocked.scheme,
            password: unlocked.candidate.text.clone(),
            origin: unlocked.candidate.origin.clone(),
        };
        if !self.out.facts.contains(&fact) {
            self.out.facts.push(fact);
        }
    }

    /// Whether the bytes of an entry were unpacked for another one already; that one then has two names.
    fn is_known(&mut self, entry: &Entry<'_>) -> bool {
        let known = self.places.get(&place(entry)).and_then(|at| self.out.children.get_mut(*at));
        let Some(child) = known.filter(|_| !entry.data.is_empty()) else { return false };
        let other = Fact::OtherName(entry.name.clone());
        if child.name != entry.name && child.facts.len() < OTHER_NAMES && !child.facts.contains(&other) {
            child.facts.push(other);
        }
        true
    }

    /// Puts the content of an entry among the children.
    fn put(&mut self, entry: &Entry<'_>, content: Content, budget: &Budget) -> Result<(), Stop> {
        let stop = content.decoded.stop;
        // Inside another file, bytes may look like an entry by chance.
        if self.is_piece && content.state == State::Broken && !entry.is_lost && content.decoded.size == 0 {
            return Ok(());
        }
        let mut child = Child::decoded(entry.name.as_str(), "zip", content.decoded);
        if let State::Unsupported(method) = content.state {
            child.unread = vec![Unread { reason: "unsupported-method", detail: format!("method {method}") }];
        } else if self.is_piece && !entry.is_lost {
            child.unread.retain(|unread| unread.reason != "damaged");
        } else if entry.is_lost && child.unread.is_empty() {
            child.unread.push(Unread { reason: "damaged", detail: "its data are nowhere".to_string() });
        }
        if content.is_disguised {
            let detail = entry.name.clone();
            self.out.facts.push(Fact::Trick { what: "zip-disguised-method", detail });
        }
        child.facts.extend(entry.other_name.clone().map(Fact::OtherName));
        self.places.insert(place(entry), self.out.children.len());
        let room = self.out.push(child, budget);
        stop.map_or(room, Err)
    }
}

/// How many facts a child may have for another name to be added.
pub(super) const OTHER_NAMES: usize = 16;

/// Whether an entry is so small that a wrong password might fit it by chance.
fn is_tiny(entry: &Entry<'_>) -> bool {
    entry.size.is_none_or(|size| size < 4)
}
