//! Scans for pages: on threads of their own, as many at one time as there are jobs; a fault costs the file it happened
//! on. Files that wait are bounded in bytes, all together.

use super::fail::Fail;
use crate::artifact::Tree;
use crate::detect::Rules;
use crate::keyring::{Candidate, Keyring, Origin, Source};
use crate::limits::Limits;
use crate::message::neighbours::Neighbours;
use crate::report::Report;
use crate::scan::{Input, Scanner};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Mebibytes of all files that are being received or wait to be scanned.
const ROOM: usize = 1024;

/// How long a file waits for a place before the page says that too much is going on.
const WAIT: Duration = Duration::from_secs(60);

/// Trees that are kept for the next look at a message, and the most bytes of one.
const KEPT: usize = 8;
const KEPT_BYTES: usize = 32 << 20;

/// What scans for the pages.
#[derive(Debug)]
pub(super) struct Engine {
    scanner: Arc<Scanner>,
    keys: Keyring,
    places: Arc<Semaphore>,
    room: Arc<Semaphore>,
    kept: Mutex<VecDeque<(String, Arc<Tree>)>>,
}

/// Room for a file, given back when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Share(Option<OwnedSemaphorePermit>, u64);

impl Engine {
    /// An engine of so many places.
    pub(super) fn new(scanner: Scanner, keys: Keyring, jobs: usize) -> Self {
        Self {
            scanner: Arc::new(scanner),
            keys,
            places: Arc::new(Semaphore::new(jobs)),
            room: Arc::new(Semaphore::new(ROOM)),
            kept: Mutex::default(),
        }
    }

    /// The most bytes of one file.
    pub(super) fn largest(&self) -> u64 {
        self.scanner.limits().input_bytes
    }

    /// What holds for one file.
    pub(super) fn limits(&self) -> &Limits {
        self.scanner.limits()
    }

    /// Its rules.
    pub(super) fn rules(&self) -> &Rules {
        self.scanner.rules()
    }

    /// Makes a share larger, so that it holds that many bytes.
    ///
    /// # Errors
    /// There is no room.
    pub(super) fn grow(&self, share: &mut Share, bytes: u64) -> Result<(), Fail> {
        let wanted = bytes.div_ceil(1 << 20);
        if wanted > share.1 {
            let more = u32::try_from(wanted - share.1).map_err(|_| Fail::Large)?;
            let more = self.room.clone().try_acquire_many_owned(more).map_err(|_| Fail::Busy)?;
            match &mut share.0 {
                Some(permit) => permit.merge(more),
                none => *none = Some(more),
            }
            share.1 = wanted;
        }
        Ok(())
    }

    /// Scans a file, with further passwords that were given by hand.
    ///
    /// # Errors
    /// No place got free in time, or the scanner failed.
    pub(super) async fn scan(
        &self,
        name: &str,
        bytes: Vec<u8>,
        passwords: &[String],
    ) -> Result<(Report, Tree), Fail> {
        let size = bytes.len() as u64;
        let input = Input { path: name.into(), name: name.into(), bytes, size, ..Input::default() };
        self.scan_among(input, passwords, Arc::default()).await
    }

    /// The same among mails that may tell its passwords.
    ///
    /// # Errors
    /// No place got free in time, or the scanner failed.
    pub(super) async fn scan_among(
        &self,
        input: Input,
        passwords: &[String],
        neighbours: Arc<Neighbours>,
    ) -> Result<(Report, Tree), Fail> {
        let place = timeout(WAIT, self.places.clone().acquire_owned()).await;
        let place = place.map_err(|_| Fail::Busy)?.map_err(|_| Fail::Fault)?;
        let mut keys = self.keys.clone();
        for password in passwords {
            let origin = Origin { source: Source::Given, place: String::new() };
            keys.add(Candidate { text: password.clone(), rank: 0, origin });
        }
        let scanner = self.scanner.clone();
        let path = input.path.clone();
        let work = move || {
            let _place = place;
            catch_unwind(AssertUnwindSafe(|| scanner.session().scan_among(input, &keys, &neighbours)))
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(answer)) => Ok(answer),
            _ => Ok((Report::fault(&path, 0, "the scanner failed"), Tree::default())),
        }
    }

    /// The tree of a message, if it was opened lately.
    pub(super) fn remembered(&self, id: &str) -> Option<Arc<Tree>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == id).map(|(_, tree)| tree.clone())
    }

    /// Drops a tree, for its message is read otherwise now.
    pub(super) fn forget(&self, id: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| known != id);
    }

    /// Keeps a tree for the next look, if it is small.
    pub(super) fn remember(&self, id: &str, tree: Tree) -> Arc<Tree> {
        let size: usize = tree.iter().map(|artifact| artifact.bytes.len()).sum();
        let tree = Arc::new(tree);
        if size <= KEPT_BYTES {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|(known, _)| known != id);
            kept.push_back((id.to_string(), tree.clone()));
            if kept.len() > KEPT {
                kept.pop_front();
            }
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine() -> Engine {
        Engine::new(Scanner::default(), Keyring::new(), 1)
    }

    #[test]
    fn room_is_bounded_and_given_back() {
        let (engine, mut one, mut other) = (engine(), Share::default(), Share::default());
        engine.grow(&mut one, 1).unwrap();
        engine.grow(&mut one, 1000 << 20).unwrap();
        assert_eq!(engine.grow(&mut other, 25 << 20), Err(Fail::Busy));
        drop(one);
        engine.grow(&mut other, 25 << 20).unwrap();
    }

    #[test]
    fn a_scan_answers_and_trees_are_kept_for_a_while() {
        let engine = engine();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (report, tree) = runtime.block_on(engine.scan("a.txt", b"hello".to_vec(), &[])).unwrap();
        assert_eq!(report.path, "a.txt");
        engine.remember("0", tree.clone());
        assert!(engine.remembered("0").is_some() && engine.remembered("1").is_none());
        for n in 1..=KEPT {
            engine.remember(&n.to_string(), tree.clone());
        }
        assert!(engine.remembered("0").is_none());
    }
}
