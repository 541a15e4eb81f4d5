//! What all connections share: rules and configuration in force, the workers, and whether the service stops.

use super::log;
use super::pool::{Answer, Beat, Failure, Pool, lock};
use super::room::Room;
use super::settings::Settings;
use crate::detect::{self, heuristics, yara};
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
        Ok(Self {
            path,
            engine: RwLock::new(Arc::new(engine)),
            pool: Pool::new(jobs)?,
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
        match read(&self.path) {
            Ok((engine, jobs)) => {
                let mut current = self.engine.write().unwrap_or_else(PoisonError::into_inner);
                let restart = jobs != self.jobs || engine.settings.listens != current.settings.listens;
                *current = Arc::new(engine);
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
    tell_unknown(&settings, &yara);
    let rules = detect::Rules { yara, builtin: scan.builtin };
    Ok((Engine { scanner: Scanner::new(scan.limits, rules), keys: scan.keys, settings }, scan.jobs))
}

/// An exception that disregards a rule which is not there does nothing; mostly its name is a slip.
fn tell_unknown(settings: &Settings, yara: &yara::Rules) {
    let listed = yara.list();
    let is_known = |id: &str| {
        let is_ours = heuristics::HEURISTICS.iter().any(|rule| rule.id == id);
        is_ours || id == yara::INCOMPLETE || listed.iter().any(|rule| rule.id == id)
    };
    for exception in &settings.book.exceptions {
        for rule in exception.rules().iter().filter(|rule| !is_known(rule)) {
            let name = [exception.name()];
            let more = json!({ "tenpu": { "exceptions": name }, "rule": { "id": [rule] } });
            log::event("warning", "exception-of-unknown-rule", &more);
        }
    }
}
