//! The sections of the configuration file that are the service's. A key or section that it does not know is an
//! error: a policy with a typing slip in its name would silently not hold.

use super::address::Address;
use super::log::{self, Level};
use super::milter::decide::Book;
use super::milter::policy::{Policy, Quarantine, Rows};
use super::milter::{exception, subject};
use crate::front::config;
use crate::front::pool::options::{Isolation, Lockdown, Options};
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// What the service does.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// Fronts and where they listen.
    pub(super) listens: Vec<Listen>,
    /// What becomes of a message of which no more than its verdict is known.
    pub(super) policy: Policy,
    /// What becomes of a message whose envelope is known.
    pub(super) book: Book,
    milters: Vec<(Vec<Address>, Milter)>,
    /// What clients of the clamd protocol are told.
    pub(super) clamd: Clamd,
    /// Bounds of the service.
    pub(super) bounds: Bounds,
    /// How much the log tells.
    pub(super) level: Level,
    /// Where and how scans happen.
    pub(super) workers: Options,
    /// Whether there is a store.
    pub(super) has_store: bool,
}

/// What single milter sections say.
#[derive(Clone, Debug)]
pub(super) struct Milter {
    /// What stands before the subject of a tagged message; `{verdict}` is filled in.
    pub(super) subject: String,
    /// What differs from the policy for all.
    pub(super) rows: Rows,
}

impl Default for Milter {
    fn default() -> Self {
        Self { subject: "[tenpu: {verdict}] ".into(), rows: Rows::default() }
    }
}

/// One address of one front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listen {
    /// Who answers there.
    pub(super) front: Front,
    /// Where.
    pub(super) address: Address,
    /// The permissions of a socket file.
    pub(super) mode: u32,
}

/// The fronts of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// Milter, for mail servers.
    Milter,
    /// The protocol of clamd.
    Clamd,
    /// The protocol of olefy.
    Olefy,
    /// Health and metrics over HTTP.
    Http,
}

impl Front {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Milter, Self::Clamd, Self::Olefy, Self::Http];

    /// Its section's name.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Milter => "milter",
            Self::Clamd => "clamd",
            Self::Olefy => "olefy",
            Self::Http => "http",
        }
    }
}

/// How verdicts are told to clients of the clamd protocol; what is not set follows the policy.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Clamd {
    /// Of suspicious messages.
    pub(super) suspicious: Option<Told>,
    /// Of messages not all of which could be read.
    pub(super) unverified: Option<Told>,
    /// Of what could not be scanned.
    pub(super) failure: Option<Told>,
}

/// A word of the clamd protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Told {
    /// `OK`.
    Ok,
    /// `NAME FOUND`.
    Found,
    /// `… ERROR`.
    Error,
}

/// Bounds of the service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Connections at one time, of each address.
    pub(super) connections: usize,
    /// Bytes of all messages together that wait in memory.
    pub(super) memory: u64,
    /// How long a message waits for a free place to be scanned.
    pub(super) wait: Duration,
    /// How long a client may take for one packet or request, or be silent.
    pub(super) timeout: Duration,
    /// How long messages under way may take when the service is told to stop.
    pub(super) grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 256,
            memory: 1 << 30,
            wait: Duration::from_secs(20),
            timeout: Duration::from_secs(300),
            grace: Duration::from_secs(30),
        }
    }
}

/// `listen` of a front: one address or several.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
    #[default]
    None,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MilterSection {
    listen: OneOrMore,
    mode: Option<String>,
    subject: Option<String>,
    policy: Rows,
}

/// Several sections of the same name, or one.
fn tables(value: toml::Value) -> Vec<toml::Value> {
    match value {
        toml::Value::Array(tables) => tables,
        table => vec![table],
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ClamdSection {
    listen: OneOrMore,
    mode: Option<String>,
    suspicious: Option<Told>,
    unverified: Option<Told>,
    failure: Option<Told>,
}

/// A front that has nothing more to set: olefy, HTTP.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PlainSection {
    listen: OneOrMore,
    mode: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServeSection {
    connections: Option<u16>,
    memory: Option<u64>,
    wait: Option<u16>,
    timeout: Option<u16>,
    grace: Option<u16>,
    isolation: Option<Isolation>,
    lockdown: Option<Lockdown>,
    cache: Option<u32>,
    worker_memory: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogSection {
    level: Level,
}

impl Settings {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or holds what it must not.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut settings = Self::default();
        for (name, value) in config::sections(path)? {
            settings.section(&name, value).with_context(|| format!("{shown}: [{name}]"))?;
        }
        ensure!(!settings.listens.is_empty(), "{shown}: no section says where to listen");
        settings.is_consistent().with_context(|| shown.to_string())?;
        Ok(settings)
    }

    /// Takes over one section.
    ///
    /// # Errors
    /// It holds what it must not, or there is none of that name.
    pub(super) fn section(&mut self, name: &str, value: toml::Value) -> anyhow::Result<()> {
        match name {
            "milter" => {
                for table in tables(value) {
                    self.milter_section(table.try_into()?)?;
                }
            }
            "clamd" => {
                let section: ClamdSection = value.try_into()?;
                self.listen(Front::Clamd, section.listen, section.mode)?;
                let ClamdSection { suspicious, unverified, failure, .. } = section;
                let is_error = |told: Option<Told>| told == Some(Told::Error);
                ensure!(
                    !is_error(suspicious) && !is_error(unverified),
                    "a verdict is told as `ok` or `found`"
                );
                self.clamd = Clamd { suspicious, unverified, failure };
            }
            "olefy" => {
                let section: PlainSection = value.try_into()?;
                self.listen(Front::Olefy, section.listen, section.mode)?;
            }
            "http" => {
                let section: PlainSection = value.try_into()?;
                self.listen(Front::Http, section.listen, section.mode)?;
            }
            "policy" => {
                self.book.take_over(value)?;
                self.book.rows.general(&mut self.policy);
            }
            "exception" => {
                let all = exception::read(value)?;
                let (over, rest) = all.into_iter().partition(|exception| exception.is_over(log::today()));
                self.book.exceptions = rest;
                tell_over(over);
            }
            "log" => {
                let section: LogSection = value.try_into()?;
                self.level = section.level;
            }
            "serve" => {
                let section = value.try_into()?;
                self.bounds.apply(&section)?;
                let ServeSection { isolation, lockdown, cache, worker_memory, .. } = section;
                self.workers.set(isolation, lockdown, worker_memory)?;
                set(&mut self.workers.cache, cache.map(|count| usize::try_from(count).unwrap_or(usize::MAX)));
            }
            // Read with those of the command line.
            "store" => self.has_store = cfg!(feature = "desk"),
            "scan" | "limits" | "desk" => {}
            _ => bail!("there is no such section"),
        }
        Ok(())
    }

    /// Whether the sections fit together.
    ///
    /// # Errors
    /// They do not.
    pub(super) fn is_consistent(&self) -> anyhow::Result<()> {
        let is_homeless = self.book.quarantine == Quarantine::Store && !self.has_store;
        ensure!(
            !is_homeless,
            "[policy]: `quarantine` = \"store\" needs a section [store], and a tenpu with the desk"
        );
        Ok(())
    }

    fn milter_section(&mut self, section: MilterSection) -> anyhow::Result<()> {
        let before = self.listens.len();
        self.listen(Front::Milter, section.listen, section.mode)?;
        let mut milter = Milter { rows: section.policy, ..Milter::default() };
        if let Some(subject) = section.subject {
            subject::check(&subject)?;
            milter.subject = subject;
        }
        let addresses: Vec<_> =
            self.listens.iter().skip(before).map(|listen| listen.address.clone()).collect();
        let is_twice = self.milters.iter().any(|(known, _)| known.iter().any(|at| addresses.contains(at)));
        ensure!(!is_twice, "two sections listen at one address");
        self.milters.push((addresses, milter));
        Ok(())
    }

    /// What the section says in which this address stands. One that stands nowhere any more, because the file was
    /// read anew, has nothing of its own.
    pub(super) fn milter(&self, at: &Address) -> Milter {
        let mut found = self.milters.iter().filter(|(addresses, _)| addresses.contains(at));
        found.next().map(|(_, milter)| milter.clone()).unwrap_or_default()
    }

    fn listen(&mut self, front: Front, listen: OneOrMore, mode: Option<String>) -> anyhow::Result<()> {
        let addresses = match listen {
            OneOrMore::One(address) => vec![address],
            OneOrMore::More(addresses) => addresses,
            OneOrMore::None => Vec::new(),
        };
        ensure!(!addresses.is_empty(), "`listen` is missing");
        let mode = match mode {
            None => 0o660,
            Some(mode) => u32::from_str_radix(&mode, 8)
                .ok()
                .filter(|mode| *mode <= 0o777)
                .with_context(|| format!("`mode` must be octal, such as \"0660\", and is \"{mode}\""))?,
        };
        for address in addresses {
            let address = Address::of_front(front, &address).context("`listen`")?;
            self.listens.push(Listen { front, address, mode });
        }
        Ok(())
    }
}

impl Bounds {
    fn apply(&mut self, section: &ServeSection) -> anyhow::Result<()> {
        let ServeSection { connections, memory, wait, timeout, grace, .. } = section;
        ensure!(*connections != Some(0), "`connections` must be at least 1");
        ensure!(*timeout != Some(0), "`timeout` must be at least 1");
        let seconds = |seconds: u16| Duration::from_secs(seconds.into());
        set(&mut self.connections, connections.map(usize::from));
        set(&mut self.memory, *memory);
        set(&mut self.wait, wait.map(seconds));
        set(&mut self.timeout, timeout.map(seconds));
        set(&mut self.grace, grace.map(seconds));
        Ok(())
    }
}

/// Exceptions whose last day is over are ignored, and that is told.
fn tell_over(over: Vec<exception::Exception>) {
    for exception in over {
        log::event("warning", "exception-expired", &json!({ "tenpu": { "exceptions": [exception.name()] } }));
    }
}

fn set<T>(value: &mut T, wanted: Option<T>) {
    if let Some(wanted) = wanted {
        *value = wanted;
    }
}

#[cfg(test)]
mod tests;
