//! Sign-ins that were begun and have not come back, and what was read of the provider. All of it is forgotten at a restart.

use super::provider::Metadata;
use crate::front::desk::secret::same;
use crate::front::pool::lock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a browser was sent to the provider with.
#[derive(Debug)]
pub(super) struct SignIn {
    /// Derived from the token of the browser's cookie: only the same browser may come back.
    pub(super) browser: String,
    /// What the ID token must bear.
    pub(super) nonce: String,
    /// The proof that belongs to the challenge (RFC 7636 section 4.1).
    pub(super) verifier: String,
    /// Where somebody wanted to go.
    pub(super) to: String,
}

/// How long somebody may take at the provider, how many may be there at one time, and how long its description holds.
const AGE: Duration = Duration::from_secs(600);
const MOST: usize = 1_000;
const HOLDS: Duration = Duration::from_secs(3600);

/// All of them.
#[derive(Debug, Default)]
pub(in crate::front::desk) struct SignIns {
    begun: Mutex<BTreeMap<String, (Instant, SignIn)>>,
    provider: Mutex<Option<(Instant, Arc<Metadata>)>>,
}

impl SignIns {
    /// Remembers one by its state. Where there are too many, the oldest goes.
    pub(super) fn add(&self, state: String, sign_in: SignIn) {
        let mut begun = lock(&self.begun);
        begun.retain(|_, (since, _)| since.elapsed() < AGE);
        let oldest = begun.iter().min_by_key(|(_, (since, _))| *since).map(|(state, _)| state.clone());
        if let Some(oldest) = oldest.filter(|_| begun.len() >= MOST) {
            begun.remove(&oldest);
        }
        begun.insert(state, (Instant::now(), sign_in));
    }

    /// The one of a state, once, and for the browser that began it.
    pub(super) fn take(&self, state: &str, browser: &str) -> Option<SignIn> {
        let mut begun = lock(&self.begun);
        let (since, _) = begun.get(state).filter(|(_, sign_in)| same(&sign_in.browser, browser))?;
        let is_late = since.elapsed() >= AGE;
        begun.remove(state).filter(|_| !is_late).map(|(_, sign_in)| sign_in)
    }

    /// What was read of the provider not long ago.
    pub(super) fn metadata(&self) -> Option<Arc<Metadata>> {
        let known = lock(&self.provider);
        known.as_ref().filter(|(since, _)| since.elapsed() < HOLDS).map(|(_, metadata)| metadata.clone())
    }

    /// Remembers what was read of it.
    pub(super) fn keep(&self, metadata: &Arc<Metadata>) {
        *lock(&self.provider) = Some((Instant::now(), metadata.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_in(browser: &str) -> SignIn {
        SignIn { browser: browser.into(), nonce: String::new(), verifier: String::new(), to: "/".into() }
    }

    #[test]
    fn each_comes_back_once_and_to_its_browser() {
        let all = SignIns::default();
        all.add("a".into(), sign_in("x"));
        assert!(all.take("a", "y").is_none() && all.take("b", "x").is_none());
        assert!(all.take("a", "x").is_some() && all.take("a", "x").is_none());
    }

    #[test]
    fn the_oldest_go_where_there_are_too_many() {
        let all = SignIns::default();
        for n in 0..=MOST {
            all.add(format!("{n:05}"), sign_in("x"));
        }
        assert!(all.take("00000", "x").is_none() && all.take("00001", "x").is_some());
    }
}
