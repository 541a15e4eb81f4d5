//! `[desk]` of the configuration file. Without a file everything has a default that needs nothing.

use crate::front::config;
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What holds for the desk.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Where it listens.
    pub(super) listen: SocketAddr,
    /// Certificate chain and key, both PEM; without them it speaks plain HTTP.
    pub(super) tls: Option<(PathBuf, PathBuf)>,
    /// Whether a proxy stands before it, whose word on addresses and TLS is taken.
    pub(super) trust_proxy: bool,
    /// Whom a person calls, one line each.
    pub(super) contacts: Vec<String>,
    /// How long a session lasts that is not ended before.
    pub(super) session: Duration,
    /// Minutes that clocks are ahead of UTC where the readers are.
    pub(super) zone: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, PORT).into(),
            tls: None,
            trust_proxy: false,
            contacts: Vec::new(),
            session: Duration::from_secs(12 * 3600),
            zone: super::time::zone_of_system().unwrap_or(0),
        }
    }
}

/// Where the desk listens if nothing else is said.
const PORT: u16 = 8893;

/// `contact`: one line or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Section {
    listen: Option<SocketAddr>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    trust_proxy: bool,
    contact: Option<OneOrMore>,
    session_hours: Option<u16>,
    zone: Option<String>,
}

impl Settings {
    /// Reads `[desk]` of the file, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or holds what it must not.
    pub(super) fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let mut settings = Self::default();
        let Some(path) = path else { return Ok(settings) };
        let shown = path.display();
        if let Some(section) = config::sections(path)?.remove("desk") {
            let section: Section = section.try_into().with_context(|| format!("{shown}: [desk]"))?;
            let folder = path.parent().unwrap_or(Path::new(""));
            settings.apply(section, folder).with_context(|| format!("{shown}: [desk]"))?;
        }
        Ok(settings)
    }

    /// Whether a section holds nothing that it must not.
    ///
    /// # Errors
    /// It does.
    #[cfg(unix)]
    pub(super) fn check(section: toml::Value) -> anyhow::Result<()> {
        Self::default().apply(section.try_into()?, Path::new(""))
    }

    fn apply(&mut self, section: Section, folder: &Path) -> anyhow::Result<()> {
        self.listen = section.listen.unwrap_or(self.listen);
        self.trust_proxy = section.trust_proxy;
        ensure!(section.cert.is_some() == section.key.is_some(), "`cert` and `key` belong together");
        self.tls = section.cert.zip(section.key).map(|(cert, key)| (folder.join(cert), folder.join(key)));
        self.contacts = match section.contact {
            None => Vec::new(),
            Some(OneOrMore::One(line)) => vec![line],
            Some(OneOrMore::More(lines)) => lines,
        };
        if let Some(hours) = section.session_hours {
            ensure!(hours > 0, "`session_hours` must be at least 1");
            self.session = Duration::from_secs(u64::from(hours) * 3600);
        }
        if let Some(zone) = section.zone {
            self.zone = super::time::zone(&zone)
                .with_context(|| format!("`zone` must be such as \"+09:00\", and is \"{zone}\""))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> anyhow::Result<Settings> {
        let path = std::env::temp_dir().join(format!("tenpu-desk-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let settings = Settings::read(Some(&path));
        std::fs::remove_file(&path).unwrap();
        settings
    }

    #[test]
    fn the_section_is_read_and_the_rest_has_defaults() {
        assert_eq!(Settings::read(None).unwrap().listen.to_string(), "127.0.0.1:8893");
        let text = "[scan]\njobs = 1\n[desk]\nlisten = \"0.0.0.0:1\"\ncontact = [\"a\", \"b\"]\nzone = \"+09:00\"\n\
                    cert = \"c.pem\"\nkey = \"/k.pem\"\n";
        let settings = read("good", text).unwrap();
        assert_eq!((settings.contacts.len(), settings.zone), (2, 540));
        let cert = std::env::temp_dir().join("c.pem");
        assert_eq!(settings.tls, Some((cert, PathBuf::from("/k.pem"))));
    }

    #[test]
    fn slips_are_named() {
        let rows = [
            ("[desk]\nlisten = \"here\"\n", "listen"),
            ("[desk]\ncert = \"a\"\n", "belong together"),
            ("[desk]\nsession_hours = 0\n", "session_hours"),
            ("[desk]\nzone = \"JST\"\n", "JST"),
            ("[desk]\ncontacts = \"a\"\n", "contacts"),
        ];
        for (n, (text, word)) in rows.iter().enumerate() {
            let error = format!("{:#}", read(&format!("bad{n}"), text).unwrap_err());
            assert!(error.contains(word), "{error}");
        }
    }
}
