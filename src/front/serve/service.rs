//! What all connections share: rules and configuration in force, the workers, and whether the service stops.

use super::log;
use super::pool::counters::Counters;
use super::pool::{Answer, Beat, Failure, Pool, lock};
use super::room::Room;
use super::settings::Settings;
use crate::detect::{self, yara};
use crate::front::config::{self, Options, Passwords};
use crate::keyring::Keyring;
use crate::scan::{Input, Scanner};
use anyhow::bail;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

/// Rules and configuration that belong together; a message keeps those it began with.
#[derive(Debug, Default)]
pub(super) struct Engine {
    /// The scanner with its limits and rules.
    pub(super) scanner: Scanner,
    /// Passwords to try.
    pub(super) keys: Keyring,
    /// The service's own settings.
    pub(super) settings: Settings,
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct Service {
    path: PathBuf,
    engine: RwLock<Arc<Engine>>,
    pool: Pool,
    /// How many workers there are.
    pub(super) jobs: usize,
    /// Memory for messages.
    pub(super) room: Room,
    stopping: AtomicBool,
    reloading: Mutex<()>,
    /// A reload waits for the one that runs; it stands for all that are asked for meanwhile.
    reload_waits: AtomicBool,
    ids: AtomicU32,
    scanned: AtomicU64,
}

impl Service {
    /// Reads rules and configuration and starts the workers.
    ///
    /// # Errors
    /// Something is wrong with the file or with a rule.
    pub(super) fn new(path: PathBuf) -> anyhow::Result<Self> {
        let (engine, jobs) = read(&path)?;
        let engine = Arc::new(engine);
        let pool = Pool::new(jobs, &engine)?;
        Ok(Self {
            path,
            engine: RwLock::new(engine),
            pool,
            jobs,
            room: Room::default(),
            stopping: AtomicBool::new(false),
            reloading: Mutex::new(()),
            reload_waits: AtomicBool::new(false),
            ids: AtomicU32::new(0),
            scanned: AtomicU64::new(0),
        })
    }

    /// Rules and configuration in force.
    pub(super) fn engine(&self) -> Arc<Engine> {
        self.engine.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads rules and configuration anew; keeps the old ones where the new are broken. Addresses and the number of
    /// workers stay as they are.
    pub(super) fn reload(&self) {
        if self.reload_waits.swap(true, Ordering::SeqCst) {
            return;
        }
        let _one_at_a_time = lock(&self.reloading);
        self.reload_waits.store(false, Ordering::SeqCst);
        let new = read(&self.path).and_then(|(engine, jobs)| {
            let engine = Arc::new(engine);
            self.pool.renew(&engine)?;
            Ok((engine, jobs))
        });
        match new {
            Ok((engine, jobs)) => {
                let mut current = self.engine.write().unwrap_or_else(PoisonError::into_inner);
                let restart = jobs != self.jobs
                    || engine.settings.listens != current.settings.listens
                    || engine.settings.workers.isolation != current.settings.workers.isolation;
                *current = engine;
                drop(current);
                log::event("info", "reloaded", &json!({ "tenpu": { "restart_needed": restart } }));
            }
            Err(error) => {
                let reason = crate::text::printable(&format!("{error:#}"));
                log::event("error", "reload-failed", &json!({ "error": { "message": reason } }));
            }
        }
    }

    /// Scans one input.
    pub(super) fn scan(
        &self,
        engine: &Arc<Engine>,
        input: Input,
        beat: &mut Beat,
    ) -> Result<Answer, Failure> {
        self.scanned.fetch_add(1, Ordering::Relaxed);
        self.pool.scan(engine, input, beat)
    }

    /// What was counted of scans and workers.
    #[allow(dead_code, reason = "read by the page of metrics")]
    pub(super) fn counters(&self) -> &Counters {
        self.pool.counters()
    }

    /// How many workers have nothing to do.
    pub(super) fn idle(&self) -> usize {
        self.pool.free()
    }

    /// Tells all connections to end when what they have under way is done.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether the service stops.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// An id that no other message gets, short enough to be read out on the telephone.
    pub(super) fn id(&self) -> String {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let count = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{seconds:x}-{:x}-{count:x}", std::process::id())
    }
}

/// Rules and configuration of a file, and the number of workers.
fn read(path: &Path) -> anyhow::Result<(Engine, usize)> {
    let scan = config::Settings::new(Options::of_file(path), &Passwords::default(), None)?;
    let settings = Settings::read(path)?;
    let cache = yara::cache_folder();
    let (yara, problems) = yara::Rules::load(scan.builtin, &scan.rules, cache.as_deref());
    if let Some(first) = problems.first() {
        bail!("rules: {}:{}: {} ({} problems in all)", first.file, first.line, first.reason, problems.len());
    }
    let rules = detect::Rules { yara, builtin: scan.builtin };
    Ok((Engine { scanner: Scanner::new(scan.limits, rules), keys: scan.keys, settings }, scan.jobs))
}
