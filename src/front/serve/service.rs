//! What all connections share: rules and configuration in force, the workers, and whether the service stops.

use super::ids::Ids;
#[cfg(feature = "desk")]
use super::keeping::{Keeping, Scanned};
use super::log::{self, Mail};
use super::metrics::{Kept, Metrics};
use super::notify;
use super::room::Room;
use super::settings::Settings;
use crate::detect::heuristics::HEURISTICS;
use crate::detect::{self, yara};
use crate::exception::{Excepted, Exceptions, Way};
use crate::front::config::{self, Options, Passwords};
use crate::front::pool::{Answer, Base, Beat, Failure, Pool, Wish, lock};
use crate::report::Report;
use crate::scan::{Input, Scanner};
use anyhow::bail;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Rules and configuration that belong together; a message keeps those it began with.
#[derive(Debug, Default)]
pub(super) struct Engine {
    /// What the workers need of them.
    pub(super) base: Arc<Base>,
    /// The service's own settings.
    pub(super) settings: Settings,
    /// The ids of tenpu's own rules that are in force.
    pub(super) own_rules: BTreeSet<String>,
    /// How many rules are in force.
    pub(super) rules: usize,
    /// `[store]`, if it is there.
    #[cfg(feature = "desk")]
    pub(super) store: Option<config::StoreSection>,
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct Service {
    path: PathBuf,
    engine: RwLock<Arc<Engine>>,
    pool: Pool,
    /// The store, if there is one.
    #[cfg(feature = "desk")]
    pub(super) keeping: Option<Keeping>,
    /// How many workers there are.
    pub(super) jobs: usize,
    /// Memory for messages.
    pub(super) room: Room,
    /// What is counted.
    pub(super) metrics: Metrics,
    stopping: AtomicBool,
    stopped: AtomicBool,
    /// When a place was last seen free or a scan last ended.
    moved: Mutex<Instant>,
    reloading: Mutex<()>,
    /// A reload waits for the one that runs; it stands for all that are asked for meanwhile.
    reload_waits: AtomicBool,
    ids: Ids,
}

impl Service {
    /// Reads rules and configuration and starts the workers.
    ///
    /// # Errors
    /// Something is wrong with the file or with a rule.
    pub(super) fn new(path: PathBuf) -> anyhow::Result<Self> {
        let (engine, jobs) = read(&path)?;
        log::set_level(engine.settings.level);
        let engine = Arc::new(engine);
        let pool = Pool::new(jobs, &engine.base)?;
        #[cfg(feature = "desk")]
        let keeping = engine.store.as_ref().map(Keeping::start).transpose()?;
        Ok(Self {
            path,
            engine: RwLock::new(engine),
            pool,
            #[cfg(feature = "desk")]
            keeping,
            jobs,
            room: Room::default(),
            metrics: Metrics::new(),
            stopping: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            moved: Mutex::new(Instant::now()),
            reloading: Mutex::new(()),
            reload_waits: AtomicBool::new(false),
            ids: Ids::new(),
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
        notify::reloading();
        self.read_anew();
        notify::ready(&self.status());
    }

    fn read_anew(&self) {
        let new = read(&self.path).and_then(|(engine, jobs)| {
            let engine = Arc::new(engine);
            self.pool.renew(&engine.base)?;
            Ok((engine, jobs))
        });
        match new {
            Ok((engine, jobs)) => {
                let mut current = self.engine.write().unwrap_or_else(PoisonError::into_inner);
                let restart = jobs != self.jobs
                    || engine.settings.listens != current.settings.listens
                    || engine.settings.workers.isolation != current.settings.workers.isolation
                    || self.is_moved(&engine, &current);
                log::set_level(engine.settings.level);
                *current = engine;
                drop(current);
                self.metrics.reloaded(true);
                log::event("info", "reloaded", &json!({ "tenpu": { "restart_needed": restart } }));
            }
            Err(error) => {
                self.metrics.reloaded(false);
                let reason = crate::text::printable(&format!("{error:#}"));
                log::event("error", "reload-failed", &json!({ "error": { "message": reason } }));
            }
        }
    }

    /// Whether the store is another one, which needs a restart; what else is said of it holds from now on.
    #[cfg(feature = "desk")]
    fn is_moved(&self, new: &Engine, old: &Engine) -> bool {
        if let (Some(keeping), Some(section)) = (&self.keeping, &new.store) {
            keeping.renew(section);
        }
        let place =
            |engine: &Engine| engine.store.as_ref().map(|store| (store.url.clone(), store.key.clone()));
        place(new) != place(old)
    }

    #[cfg(not(feature = "desk"))]
    fn is_moved(&self, _: &Engine, _: &Engine) -> bool {
        false
    }

    /// Scans one input. Where there is a store, a mail that stays locked is scanned once more with the passwords that
    /// recent mails tell for it; `id` names it to those that come later.
    pub(super) fn scan(
        &self,
        engine: &Arc<Engine>,
        id: &str,
        input: &Arc<Input>,
        beat: &mut Beat,
    ) -> Result<Answer, Failure> {
        #[cfg(feature = "desk")]
        if let Some(keeping) = &self.keeping {
            let wish = Wish { note: Some(id.to_string()), ..Wish::default() };
            let first = self.scan_once(engine, input, wish, beat)?;
            let is_locked = first.report.locked() > 0;
            let keys = first.note.as_ref().filter(|_| is_locked).map(|note| keeping.lent_to(note));
            let Some(keys) = keys.filter(|keys| !keys.is_empty()) else { return Ok(first) };
            let second = self.scan_once(engine, input, Wish { keys, ..Wish::default() }, beat);
            return match second {
                Ok(second) if second.report.error.is_none() => Ok(Answer { note: first.note, ..second }),
                // What was found without them holds.
                _ => Ok(first),
            };
        }
        let _unnamed = id;
        self.scan_once(engine, input, Wish::default(), beat)
    }

    /// Scans a mail of the store again.
    #[cfg(feature = "desk")]
    pub(super) fn scan_kept(&self, input: &Arc<Input>, wish: Wish) -> Result<Answer, Failure> {
        self.scan_once(&self.engine(), input, wish, &mut || Ok(()))
    }

    fn scan_once(
        &self,
        engine: &Arc<Engine>,
        input: &Arc<Input>,
        wish: Wish,
        beat: &mut Beat,
    ) -> Result<Answer, Failure> {
        self.note_if_free();
        let answer =
            self.pool.scan(&engine.base, input, wish, &|time| self.metrics.waits.observe(time), beat);
        if !matches!(answer, Err(Failure::Busy)) {
            *lock(&self.moved) = Instant::now();
        }
        answer
    }

    /// How many mails that tell a password there were so far.
    #[cfg(feature = "desk")]
    pub(super) fn notes(&self) -> u64 {
        self.keeping.as_ref().map_or(0, Keeping::notes)
    }

    /// What the help desk allows.
    pub(super) fn exceptions(&self) -> Arc<Exceptions> {
        #[cfg(feature = "desk")]
        if let Some(keeping) = &self.keeping {
            return keeping.exceptions();
        }
        Arc::default()
    }

    /// What the exceptions of the help desk make of what came without an envelope: those of senders cannot count.
    pub(super) fn excepted(&self, report: &Report) -> Option<Excepted> {
        self.exceptions().of(report, |_| true, &Way::default(), log::now())
    }

    /// Has the store remember what it should of a mail that was answered.
    #[cfg(feature = "desk")]
    pub(super) fn keep(&self, scanned: &Scanned, answer: &Answer, done: &str) {
        self.keeping.iter().for_each(|keeping| keeping.keep(scanned, answer, done));
    }

    /// Logs and counts what became of a message.
    pub(super) fn told(&self, engine: &Engine, mail: &Mail, answer: Result<&Answer, Failure>, done: &str) {
        self.metrics.message(engine, mail.front, answer, done);
        log::message(mail, answer.map_err(Failure::reason), done);
    }

    fn note_if_free(&self) {
        if self.idle() > 0 {
            *lock(&self.moved) = Instant::now();
        }
    }

    /// Whether messages would be scanned now, and else why not. All places may well be taken; what counts is whether a
    /// message would get one before its wait is over.
    pub(super) fn readiness(&self) -> Result<(), &'static str> {
        if self.is_stopping() {
            return Err("stopping");
        }
        self.note_if_free();
        let since = lock(&self.moved).elapsed();
        if since > self.engine().settings.bounds.wait { Err("overloaded") } else { Ok(()) }
    }

    /// Whether the workers answer: one that is free scans a few bytes, or else one of those that are busy has ended a scan
    /// within the time that scans may take.
    pub(super) fn answers(&self) -> bool {
        let engine = self.engine();
        if self.idle() > 0 {
            return self.pool.answers(&engine.base);
        }
        lock(&self.moved).elapsed() < engine.base.scanner.limits().time * 2 + Duration::from_secs(10)
    }

    /// What it does, for people.
    pub(super) fn status(&self) -> String {
        let engine = self.engine();
        let mut fronts: Vec<_> = engine.settings.listens.iter().map(|listen| listen.front.id()).collect();
        fronts.dedup();
        format!("{} with {} workers and {} rules", fronts.join(", "), self.jobs, engine.rules)
    }

    /// The page of `/metrics`.
    pub(super) fn metrics_page(&self) -> String {
        self.metrics.page(&self.engine(), &self.kept())
    }

    /// Numbers that other parts keep for themselves. Whoever keeps one names it here, and it is on the page.
    fn kept(&self) -> Vec<Kept> {
        let told = self.pool.counters();
        let as_number = |places: usize| u64::try_from(places).unwrap_or(u64::MAX);
        #[cfg(feature = "desk")]
        let of_store = self.keeping.as_ref().map(Keeping::numbers).unwrap_or_default();
        #[cfg(not(feature = "desk"))]
        let of_store = Vec::new();
        let own = vec![
            Kept::counter("tenpu_scans_total", "Scans that were asked for.", told.scans.get()),
            Kept::counter("tenpu_cache_hits_total", "Scans answered from memory.", told.cache_hits.get()),
            Kept::counter("tenpu_retries_total", "Scans given to a second worker.", told.retries.get()),
            Kept::counter("tenpu_worker_starts_total", "Workers started.", told.worker_starts.get()),
            Kept::counter(
                "tenpu_worker_start_failures_total",
                "Workers that could not be started.",
                told.worker_start_failures.get(),
            ),
            Kept::counter(
                "tenpu_worker_deaths_total",
                "Workers that died, hung or talked nonsense.",
                told.worker_deaths.get(),
            ),
            Kept::gauge("tenpu_workers", "Workers that scan.", as_number(self.jobs)),
            Kept::gauge("tenpu_workers_idle", "Workers that have nothing to do.", as_number(self.idle())),
            Kept::gauge("tenpu_memory_bytes", "Memory that messages take up now.", self.room.taken()),
        ];
        own.into_iter().chain(of_store).collect()
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

    /// Says that nothing is under way any more.
    pub(super) fn stopped(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Whether the service has stopped.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// An id that no other message gets.
    pub(super) fn id(&self) -> String {
        self.ids.next()
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
    let heuristics = HEURISTICS.iter().filter(|_| scan.builtin).map(|rule| rule.id.to_string());
    let listed = yara.list();
    let own = listed.iter().filter(|rule| rule.builtin).map(|rule| rule.id.clone());
    let own_rules: BTreeSet<String> = heuristics.chain(own).chain([yara::INCOMPLETE.to_string()]).collect();
    let of_others = listed.iter().filter(|rule| !rule.builtin).count();
    let rules = own_rules.len() - 1 + of_others;
    let scanner = Scanner::new(scan.limits, detect::Rules { yara, builtin: scan.builtin });
    #[cfg(feature = "desk")]
    let store = settings.has_store.then_some(scan.store);
    #[cfg(feature = "desk")]
    store.as_ref().map(crate::front::storage::check).transpose()?;
    let base = Base {
        scanner,
        keys: scan.keys,
        options: settings.workers,
        wait: settings.bounds.wait,
        tell: log::event,
    };
    let engine = Engine {
        base: Arc::new(base),
        settings,
        own_rules,
        rules,
        #[cfg(feature = "desk")]
        store,
    };
    Ok((engine, scan.jobs))
}

/// An exception that disregards a rule which is not there does nothing; mostly its name is a slip.
fn tell_unknown(settings: &Settings, yara: &yara::Rules) {
    let listed = yara.list();
    let is_known = |id: &str| {
        let is_ours = HEURISTICS.iter().any(|rule| rule.id == id);
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
