//! The sections of the configuration file that are the service's. A key or section that it does not know is an
//! error: a policy with a typing slip in its name would silently not hold.

use super::address::Address;
use super::milter::policy::{Action, Policy};
use super::milter::subject;
use super::pool::options::{Isolation, Lockdown, Options};
use crate::front::config;
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

/// What the service does.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// Fronts and where they listen.
    pub(super) listens: Vec<Listen>,
    /// What becomes of a message.
    pub(super) policy: Policy,
    /// What stands before the subject of a tagged message; `{verdict}` is filled in.
    pub(super) subject: String,
    /// What clients of the clamd protocol are told.
    pub(super) clamd: Clamd,
    /// Bounds of the service.
    pub(super) bounds: Bounds,
    /// Where and how scans happen.
    pub(super) workers: Options,
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
}

impl Front {
    /// Its section's name.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Milter => "milter",
            Self::Clamd => "clamd",
            Self::Olefy => "olefy",
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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OlefySection {
    listen: OneOrMore,
    mode: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PolicySection {
    malicious: Option<Action>,
    suspicious: Option<Action>,
    unverified: Option<Action>,
    failure: Option<Action>,
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

impl Settings {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or holds what it must not.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut settings = Self { subject: "[tenpu: {verdict}] ".into(), ..Self::default() };
        for (name, value) in config::sections(path)? {
            settings.section(&name, value).with_context(|| format!("{shown}: [{name}]"))?;
        }
        ensure!(!settings.listens.is_empty(), "{shown}: no section says where to listen");
        Ok(settings)
    }

    /// Takes over one section.
    fn section(&mut self, name: &str, value: toml::Value) -> anyhow::Result<()> {
        match name {
            "milter" => {
                let section: MilterSection = value.try_into()?;
                self.listen(Front::Milter, section.listen, section.mode)?;
                if let Some(subject) = section.subject {
                    subject::check(&subject)?;
                    self.subject = subject;
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
                let section: OlefySection = value.try_into()?;
                self.listen(Front::Olefy, section.listen, section.mode)?;
            }
            "policy" => {
                let section: PolicySection = value.try_into()?;
                let Policy { malicious, suspicious, unverified, failure } = &mut self.policy;
                set(malicious, section.malicious);
                set(suspicious, section.suspicious);
                set(unverified, section.unverified);
                set(failure, section.failure);
            }
            "serve" => {
                let section = value.try_into()?;
                self.bounds.apply(&section)?;
                self.workers.apply(&section)?;
            }
            // Of the command line, which reads them itself, and of other programs.
            "scan" | "limits" | "desk" | "store" => {}
            _ => bail!("there is no such section"),
        }
        Ok(())
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
            let address = address.parse().context("`listen`")?;
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

impl Options {
    fn apply(&mut self, section: &ServeSection) -> anyhow::Result<()> {
        let ServeSection { isolation, lockdown, cache, worker_memory, .. } = section;
        let is_possible = cfg!(target_os = "linux") || *isolation != Some(Isolation::Process);
        ensure!(is_possible, "`isolation`: worker processes need Linux");
        set(&mut self.isolation, *isolation);
        set(&mut self.lockdown, *lockdown);
        set(&mut self.cache, cache.map(|count| usize::try_from(count).unwrap_or(usize::MAX)));
        self.memory = worker_memory.or(self.memory);
        Ok(())
    }
}

fn set<T>(value: &mut T, wanted: Option<T>) {
    if let Some(wanted) = wanted {
        *value = wanted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> anyhow::Result<Settings> {
        let path = std::env::temp_dir().join(format!("tenpu-serve-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let settings = Settings::read(&path);
        std::fs::remove_file(&path).unwrap();
        settings
    }

    #[test]
    fn every_section_is_read() {
        let text = "[milter]\nlisten = [\"inet:127.0.0.1:1\", \"unix:/run/m\"]\nmode = \"0666\"\n\
            subject = \"[要注意] \"\n[clamd]\nlisten = \"inet:2@localhost\"\nunverified = \"ok\"\n\
            [olefy]\nlisten = \"inet:localhost:3\"\n[policy]\nmalicious = \"reject\"\nfailure = \"accept\"\n\
            [serve]\nconnections = 3\nwait = 4\nisolation = \"thread\"\nlockdown = \"require\"\n\
            cache = 0\nworker_memory = 5\n[scan]\njobs = 2\n[limits]\ntime = 3\n";
        let settings = read("good", text).unwrap();
        assert_eq!(settings.listens.len(), 4);
        assert_eq!(settings.listens[1].mode, 0o666);
        assert_eq!((settings.policy.malicious, settings.policy.failure), (Action::Reject, Action::Accept));
        assert_eq!(settings.policy.suspicious, Action::Tag);
        assert_eq!((settings.subject.as_str(), settings.clamd.unverified), ("[要注意] ", Some(Told::Ok)));
        assert_eq!((settings.bounds.connections, settings.bounds.wait), (3, Duration::from_secs(4)));
        assert_eq!(settings.bounds.grace, Bounds::default().grace);
        let workers =
            Options { isolation: Isolation::Thread, lockdown: Lockdown::Require, cache: 0, memory: Some(5) };
        assert_eq!(settings.workers, workers);
    }

    #[test]
    fn slips_are_named() {
        let rows = [
            ("", "no section says where"),
            ("[miltre]\nlisten = \"inet:a:1\"\n", "miltre"),
            ("[milter]\nlisten = \"inet:a\"\n", "inet:a"),
            ("[milter]\nmode = \"0660\"\n", "listen"),
            ("[milter]\nlisten = []\n", "listen"),
            ("[milter]\nlisten = \"unix:/x\"\nmode = \"rw\"\n", "octal"),
            ("[milter]\nlisten = \"unix:/x\"\nsubject = \"a\\nb\"\n", "subject"),
            ("[policy]\nmalicious = \"delete\"\n", "delete"),
            ("[policy]\nmalicous = \"reject\"\n", "malicous"),
            ("[clamd]\nlisten = \"unix:/x\"\nunverified = \"error\"\n", "found"),
            ("[serve]\nconnections = 0\n", "connections"),
            ("[serve]\nisolation = \"chroot\"\n", "chroot"),
            ("[serve]\nlockdown = \"maybe\"\n", "maybe"),
        ];
        for (n, (text, word)) in rows.iter().enumerate() {
            let error = format!("{:#}", read(&format!("bad{n}"), text).unwrap_err());
            assert!(error.contains(word), "{error}");
        }
    }
}
