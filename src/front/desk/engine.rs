//! Scans for the pages: in locked-in processes, as many at one time as there are jobs; a fault, or a process that dies
//! twice, costs the file it happened on. Files that wait are bounded in bytes, all together.

use super::fail::Fail;
use crate::detect::Rules;
use crate::front::excerpt::Excerpt;
use crate::front::pool::{Answer, Base, Failure, Pool, Wish};
use crate::keyring::{Candidate, Origin, Source};
use crate::limits::Limits;
use crate::message::forwarded::Forwarded;
use crate::message::neighbours::Note;
use crate::report::Report;
use crate::scan::Input;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Mebibytes of all files that are being received or wait to be scanned.
const ROOM: usize = 1024;

/// Excerpts that are kept for the next look at a message.
const KEPT: usize = 8;

/// What scans for the pages.
#[derive(Debug)]
pub(super) struct Engine {
    base: Arc<Base>,
    pool: Arc<Pool>,
    places: Arc<Semaphore>,
    room: Arc<Semaphore>,
    kept: Mutex<VecDeque<(String, Arc<Excerpt>)>>,
}

/// What a scan gives.
#[derive(Debug)]
pub(super) struct Scanned {
    /// The report; that of a fault where the scanner failed.
    pub(super) report: Report,
    /// What a page shows of it; none where the scanner failed.
    pub(super) excerpt: Option<Excerpt>,
    /// What it tells of passwords, if it is a mail.
    pub(super) note: Option<Note>,
}

/// Room for a file, given back when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Share(Option<OwnedSemaphorePermit>, u64);

impl Engine {
    /// An engine of so many places.
    ///
    /// # Errors
    /// No worker could be started.
    pub(super) fn new(base: Base, jobs: usize) -> anyhow::Result<Self> {
        let base = Arc::new(base);
        Ok(Self {
            pool: Arc::new(Pool::new(jobs, &base)?),
            base,
            places: Arc::new(Semaphore::new(jobs)),
            room: Arc::new(Semaphore::new(ROOM)),
            kept: Mutex::default(),
        })
    }

    /// The most bytes of one file.
    pub(super) fn largest(&self) -> u64 {
        self.limits().input_bytes
    }

    /// What holds for one file.
    pub(super) fn limits(&self) -> &Limits {
        self.base.scanner.limits()
    }

    /// Its rules.
    pub(super) fn rules(&self) -> &Rules {
        self.base.scanner.rules()
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

    /// Scans a file that is called so, with further passwords that were given by hand; `lent_to` knows those of other mails.
    /// `id` names it to mails that come later.
    ///
    /// # Errors
    /// No place got free in time.
    pub(super) async fn scan(
        &self,
        id: &str,
        input: Input,
        passwords: &[String],
        lent_to: impl Fn(&Note) -> Vec<Candidate>,
    ) -> Result<Scanned, Fail> {
        let input = Arc::new(input);
        let given = passwords.iter().map(|password| {
            let origin = Origin { source: Source::Given, place: String::new() };
            Candidate { text: password.clone(), rank: 0, origin }
        });
        let keys: Vec<Candidate> = given.collect();
        let wish = Wish { note: Some(id.to_string()), keys: keys.clone(), excerpt: true };
        let Some(first) = self.once(input.clone(), wish).await? else {
            let report = Report::fault(&input.path, input.index, "the scanner failed");
            return Ok(Scanned { report, excerpt: None, note: None });
        };
        let note = first.note.as_ref().filter(|_| first.report.locked() > 0);
        let lent = note.map(lent_to).unwrap_or_default();
        let mut best = first;
        if !lent.is_empty() {
            let keys = keys.into_iter().chain(lent).collect();
            let second = self.once(input, Wish { note: None, keys, excerpt: true }).await?;
            if let Some(second) = second.filter(|second| second.report.error.is_none()) {
                best = Answer { note: best.note, ..second };
            }
        }
        Ok(Scanned { report: best.report, excerpt: best.excerpt, note: best.note })
    }

    /// What a mail hands on; none where reading it failed.
    ///
    /// # Errors
    /// No place got free in time.
    pub(super) async fn take_apart(&self, input: Input) -> Result<Option<Forwarded>, Fail> {
        let _place = self.place().await?;
        let (pool, base) = (self.pool.clone(), self.base.clone());
        made(spawn_blocking(move || pool.take_apart(&base, input)).await.unwrap_or(Err(Failure::Fault)))
    }

    /// One scan; none where the scanner failed.
    async fn once(&self, input: Arc<Input>, wish: Wish) -> Result<Option<Answer>, Fail> {
        let _place = self.place().await?;
        let (pool, base) = (self.pool.clone(), self.base.clone());
        let work = move || pool.scan(&base, &input, wish, &|_| (), &mut || Ok(()));
        made(spawn_blocking(work).await.unwrap_or(Err(Failure::Fault)))
    }

    /// A place at a worker; while there is none, no thread waits.
    async fn place(&self) -> Result<OwnedSemaphorePermit, Fail> {
        let place = timeout(self.base.wait, self.places.clone().acquire_owned()).await;
        place.map_err(|_| Fail::Busy)?.map_err(|_| Fail::Fault)
    }

    /// What is shown of a message, if it was opened lately.
    pub(super) fn remembered(&self, id: &str) -> Option<Arc<Excerpt>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == id).map(|(_, excerpt)| excerpt.clone())
    }

    /// Drops it, for its message is read otherwise now.
    pub(super) fn forget(&self, id: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| known != id);
    }

    /// Keeps it for the next look.
    pub(super) fn remember(&self, id: &str, excerpt: Excerpt) -> Arc<Excerpt> {
        let excerpt = Arc::new(excerpt);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| known != id);
        kept.push_back((id.to_string(), excerpt.clone()));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        excerpt
    }
}

/// An answer; none where the scanner failed on this very file.
fn made<T>(answer: Result<T, Failure>) -> Result<Option<T>, Fail> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Failure::Busy) => Err(Fail::Busy),
        Err(Failure::Fault | Failure::Gone) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::pool::options::{Isolation, Options};

    /// In threads: the program of these tests is no worker.
    fn engine() -> Engine {
        let options = Options { isolation: Isolation::Thread, ..Options::default() };
        Engine::new(Base { options, ..Base::default() }, 1).unwrap()
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
    fn a_scan_answers_and_excerpts_are_kept_for_a_while() {
        let engine = engine();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let input = Input { path: "a.txt".into(), bytes: b"hello".to_vec(), size: 5, ..Input::default() };
        let scanned = runtime.block_on(engine.scan("0", input, &[], |_| Vec::new())).unwrap();
        assert_eq!(scanned.report.path, "a.txt");
        let excerpt = scanned.excerpt.unwrap();
        assert_eq!(excerpt.texts[0].text, "hello\n");
        engine.remember("0", excerpt.clone());
        assert!(engine.remembered("0").is_some() && engine.remembered("1").is_none());
        for n in 1..=KEPT {
            engine.remember(&n.to_string(), excerpt.clone());
        }
        assert!(engine.remembered("0").is_none());
    }
}
