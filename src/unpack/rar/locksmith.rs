//! Tries the passwords of the message on the locks of one archive, and remembers what opened it.

use super::lock::{Key, Keys, Lock};
use crate::artifact::{Fact, Opened};
use crate::keyring::{Keyring, Trials};
use crate::limits::{Budget, Stop};

/// The passwords to try and the keys they gave.
pub(super) struct Locksmith<'k> {
    trials: Trials<'k>,
    keys: Keys,
    opened: Vec<Fact>,
    /// Whether the work of deriving keys is spent. The rest of the message needs none: it is read on.
    is_spent: bool,
}

impl<'k> Locksmith<'k> {
    pub(super) fn new(keys: &'k Keyring, budget: &Budget) -> Self {
        let trials = Trials::new(keys, budget);
        Self { trials, keys: Keys::default(), opened: Vec::new(), is_spent: false }
    }

    /// What `open` makes of the first password that it takes.
    pub(super) fn find<T>(
        &mut self,
        scheme: &'static str,
        budget: &mut Budget,
        mut open: impl FnMut(&mut Keys, &[u8], &mut Budget) -> Result<Option<T>, Stop>,
    ) -> Result<Option<T>, Stop> {
        if self.is_spent {
            return Ok(None);
        }
        let keys = &mut self.keys;
        match self.trials.find(|password| open(keys, password, budget)) {
            Err(Stop::KeyDerivation) => {
                self.is_spent = true;
                Ok(None)
            }
            Err(stop) => Err(stop),
            Ok(None) => Ok(None),
            Ok(Some((found, candidate))) => {
                let (password, origin) = (candidate.text.clone(), candidate.origin.clone());
                let fact = Fact::OpenedWith { scheme, password, origin };
                if !self.opened.contains(&fact) {
                    self.opened.push(fact);
                }
                Ok(Some(found))
            }
        }
    }

    /// The key that a known password gives.
    pub(super) fn key(
        &mut self,
        lock: &Lock,
        password: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Key>, Stop> {
        match self.keys.derive(lock, password, budget) {
            Err(Stop::KeyDerivation) => {
                self.is_spent = true;
                Ok(None)
            }
            other => other,
        }
    }

    /// Notes what opened the archive, and whether the search was cut short.
    pub(super) fn tell(self, out: &mut Opened) {
        out.facts.extend(self.opened);
        if self.is_spent {
            out.unread.push(Stop::KeyDerivation.into());
        }
    }
}
