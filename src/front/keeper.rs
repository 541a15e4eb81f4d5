//! `--store`: what was scanned goes into the store, many messages in one change.

use super::config::StoreSection;
use super::scan::Scanned;
use crate::message;
use crate::store::{Answered, NewMessage, Retention, Source, Store, now};
use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

/// Hands messages to a store from a thread that knows nothing of tasks.
pub(super) struct Keeper {
    runtime: Runtime,
    store: Store,
    retention: Retention,
    batch: Vec<Scanned>,
    bytes: usize,
}

/// Messages and bytes of one change.
const MESSAGES: usize = 200;
const BYTES: usize = 32 << 20;

impl Keeper {
    /// Opens a store. The configuration says where its key is, and how much is kept.
    ///
    /// # Errors
    /// The store does not open.
    pub(super) fn open(url: &str, section: &StoreSection) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let store = runtime.block_on(Store::open(url, section.key.as_deref())).context("--store")?;
        let retention = Retention { days: section.days, bytes: section.bytes };
        Ok(Self { runtime, store, retention, batch: Vec::new(), bytes: 0 })
    }

    /// Adds a message.
    ///
    /// # Errors
    /// The store fails.
    pub(super) fn add(&mut self, scanned: Scanned) -> anyhow::Result<()> {
        self.bytes += scanned.raw.len();
        self.batch.push(scanned);
        if self.batch.len() >= MESSAGES || self.bytes >= BYTES { self.write() } else { Ok(()) }
    }

    /// Writes what is left, and forgets what is no longer kept.
    ///
    /// # Errors
    /// The store fails.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.write()?;
        self.runtime.block_on(self.store.prune(self.retention)).context("--store")?;
        self.runtime.block_on(self.store.close());
        Ok(())
    }

    fn write(&mut self) -> anyhow::Result<()> {
        let now = now();
        let mails: Vec<NewMessage> = self.batch.iter().map(|scanned| mail(scanned, now)).collect();
        self.runtime.block_on(self.store.put_all(&mails)).context("--store")?;
        drop(mails);
        self.batch.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// A message as the store takes it. It came when it says, for an archive is scanned long after; but never later than now.
fn mail(scanned: &Scanned, now: i64) -> NewMessage<'_> {
    let date = scanned.report.date.as_deref().and_then(message::date);
    NewMessage {
        id: "",
        raw: &scanned.raw,
        report: &scanned.report,
        source: Source::Scan,
        reporter: "",
        sender: "",
        recipients: &[],
        client: "",
        queue_id: "",
        action: "",
        answered: Answered::No,
        received: date.filter(|date| (0..=now).contains(date)).unwrap_or(now),
    }
}
