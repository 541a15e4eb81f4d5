//! The passwords to try on a document: first those that Office itself tries on every file, then those of the message.

use crate::artifact::{Fact, Opened};
use crate::keyring::{Keyring, Origin, Source, Trials};
use crate::limits::{Budget, Stop};

/// A password that a program tries by itself, so that no person is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct BuiltIn {
    text: &'static str,
    place: &'static str,
}

/// What Excel encrypts with where a workbook shall be protected from changes and not from readers.
pub(super) const EXCEL: BuiltIn = BuiltIn { text: "VelvetSweatshop", place: "built into Excel" };
/// The same of PowerPoint.
pub(super) const POWER_POINT: BuiltIn =
    BuiltIn { text: "/01Hannes Ruescher/01", place: "built into PowerPoint" };

/// What a password opened, and the password.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) key: T,
    text: String,
    origin: Origin,
}

/// The passwords for one file.
pub(super) struct Passwords<'k> {
    trials: Trials<'k>,
}

impl<'k> Passwords<'k> {
    pub(super) fn new(keys: &'k Keyring, budget: &Budget) -> Self {
        Self { trials: Trials::new(keys, budget) }
    }

    /// Tries them in order until `open` gives a key. Each try costs `cost` compressions of a hash.
    pub(super) fn find<T>(
        &mut self,
        built_in: &[BuiltIn],
        cost: u64,
        budget: &mut Budget,
        open: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Found<T>>, Stop> {
        for BuiltIn { text, place } in built_in {
            budget.derive(cost)?;
            if let Some(key) = open(text) {
                let origin = Origin { source: Source::WellKnown, place: (*place).to_string() };
                return Ok(Some(Found { key, text: (*text).to_string(), origin }));
            }
        }
        let found = self.trials.find_text(|text| {
            if built_in.iter().any(|known| known.text == text) {
                return Ok(None);
            }
            budget.derive(cost)?;
            Ok(open(text))
        })?;
        Ok(found.map(|(key, candidate)| Found {
            key,
            text: candidate.text.clone(),
            origin: candidate.origin.clone(),
        }))
    }
}

impl<T> Found<T> {
    /// Notes the password as what opened the file, and answers the key.
    pub(super) fn noted(self, scheme: &'static str, out: &mut Opened) -> T {
        let fact = Fact::OpenedWith { scheme, password: self.text, origin: self.origin };
        if !out.facts.contains(&fact) {
            out.facts.push(fact);
        }
        self.key
    }
}

/// A password as Office hashes it: UTF-16, little-endian.
pub(super) fn wide(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
