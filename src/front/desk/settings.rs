//! `[desk]` of the configuration file. Without a file everything has a default that needs nothing.

use super::oidc::{self, Provider};
use super::smtp::{self, Security, Server};
use crate::front::config;
use crate::front::pool::options::{Isolation, Lockdown, Options};
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
    /// The mail server that takes released mails: host and port.
    pub(super) smtp: Option<Server>,
    /// Whether a release and an exception need a second account.
    pub(super) two_person: bool,
    /// Mailboxes of which the page for a list of correspondents may read; `*` stands for any name.
    pub(super) mailboxes: Vec<PathBuf>,
    /// The Maildir to which staff forward suspicious mails.
    pub(super) reports: Option<PathBuf>,
    /// Where such mails come in over LMTP.
    pub(super) lmtp: Option<Lmtp>,
    /// From whom answers to reporters come; without it there are none.
    pub(super) answer_from: Option<String>,
    /// The domains whose people get answers.
    pub(super) answer_domains: Vec<String>,
    /// Maildirs in which mails of a campaign are looked for; `*` stands for any name.
    pub(super) maildirs: Vec<PathBuf>,
    /// How scans are kept apart from the desk.
    pub(super) workers: Options,
    /// Who else says who signs in.
    pub(super) provider: Option<Provider>,
}

/// Where LMTP listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lmtp {
    /// A socket of the file system.
    Unix(PathBuf),
    /// An address of the machine.
    Inet(SocketAddr),
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
            smtp: None,
            two_person: false,
            mailboxes: Vec::new(),
            reports: None,
            lmtp: None,
            answer_from: None,
            answer_domains: Vec::new(),
            maildirs: Vec::new(),
            workers: Options { cache: 0, ..Options::default() },
            provider: None,
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
    smtp: Option<String>,
    smtp_tls: Option<Security>,
    smtp_name: Option<String>,
    smtp_ca: Option<PathBuf>,
    smtp_user: Option<String>,
    smtp_password_file: Option<PathBuf>,
    two_person: bool,
    mailboxes: Vec<PathBuf>,
    reports: Option<PathBuf>,
    lmtp: Option<String>,
    answer_from: Option<String>,
    answer_domains: Option<Vec<String>>,
    maildirs: Vec<PathBuf>,
    isolation: Option<Isolation>,
    lockdown: Option<Lockdown>,
    worker_memory: Option<u64>,
    oidc: Option<oidc::Keys>,
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

    /// Whether the files that it names can be read.
    ///
    /// # Errors
    /// One cannot.
    pub(super) fn check_files(&self) -> anyhow::Result<()> {
        self.smtp.as_ref().map_or(Ok(()), |server| server.check().context("[desk]"))?;
        self.provider.as_ref().map_or(Ok(()), |provider| provider.check().context("[desk.oidc]"))
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
        self.maildirs = section.maildirs.iter().map(|path| folder.join(path)).collect();
        self.workers.set(section.isolation, section.lockdown, section.worker_memory)?;
        if let Some(hours) = section.session_hours {
            ensure!(hours > 0, "`session_hours` must be at least 1");
            self.session = Duration::from_secs(u64::from(hours) * 3600);
        }
        let smtp = smtp::Keys {
            address: section.smtp,
            security: section.smtp_tls,
            name: section.smtp_name,
            authorities: section.smtp_ca,
            user: section.smtp_user,
            file: section.smtp_password_file,
        };
        self.smtp = Server::of(smtp, folder)?;
        let provider = section.oidc.map(|keys| Provider::of(keys, folder));
        self.provider = provider.transpose().context("`oidc`")?;
        self.two_person = section.two_person;
        if let Some(zone) = section.zone {
            self.zone = super::time::zone(&zone)
                .with_context(|| format!("`zone` must be such as \"+09:00\", and is \"{zone}\""))?;
        }
        self.mailboxes = section.mailboxes.iter().map(|path| folder.join(path)).collect();
        self.reports = section.reports.map(|path| folder.join(path));
        self.lmtp = section.lmtp.map(|text| lmtp(&text, folder)).transpose()?;
        self.answer(section.answer_from, section.answer_domains)
    }

    /// Who answers reporters, and whom. Strangers get no answer unless their domain is named: anybody can write any sender.
    fn answer(&mut self, from: Option<String>, domains: Option<Vec<String>>) -> anyhow::Result<()> {
        let Some(from) = from else {
            ensure!(domains.is_none(), "`answer_domains` needs `answer_from`");
            return Ok(());
        };
        let from = from.trim().to_lowercase();
        let is_plain = from.is_ascii() && !from.contains(|c: char| c.is_whitespace() || c.is_control());
        let domain = from.rsplit_once('@').filter(|(user, domain)| !user.is_empty() && !domain.is_empty());
        let domain = domain.filter(|_| is_plain && !from.contains(['<', '>']));
        let (_, domain) = domain.with_context(|| format!("`answer_from` is no address: \"{from}\""))?;
        ensure!(self.smtp.is_some(), "`answer_from` needs `smtp`");
        let domains = domains.unwrap_or_else(|| vec![domain.to_string()]);
        self.answer_domains =
            domains.iter().map(|domain| domain.trim_start_matches('@').to_lowercase()).collect();
        self.answer_from = Some(from);
        Ok(())
    }
}

/// `unix:/run/tenpu/lmtp.sock`, `inet:127.0.0.1:24` or the address alone.
fn lmtp(text: &str, folder: &Path) -> anyhow::Result<Lmtp> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Ok(Lmtp::Unix(folder.join(path)));
    }
    let address = text.strip_prefix("inet:").unwrap_or(text).parse();
    let address =
        address.with_context(|| format!("`lmtp` must be unix:/path or an address, and is \"{text}\""))?;
    Ok(Lmtp::Inet(address))
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
    fn ways_in_and_answers() {
        let text = "[desk]\nmailboxes = [\"/var/vmail/*/Maildir\", \"m\"]\nreports = \"r\"\nlmtp = \"unix:/run/l\"\n\
                    smtp = \"mx:25\"\nanswer_from = \"Help@City.example\"\n";
        let (settings, folder) = (read("ways", text).unwrap(), std::env::temp_dir());
        assert_eq!(settings.mailboxes, [PathBuf::from("/var/vmail/*/Maildir"), folder.join("m")]);
        assert_eq!(
            (settings.reports, settings.lmtp),
            (Some(folder.join("r")), Some(Lmtp::Unix("/run/l".into())))
        );
        assert_eq!(settings.answer_from.as_deref(), Some("help@city.example"));
        assert_eq!(settings.answer_domains, ["city.example"]);
        let inet = read("inet", "[desk]\nlmtp = \"inet:127.0.0.1:24\"\n").unwrap().lmtp;
        assert_eq!(inet, Some(Lmtp::Inet("127.0.0.1:24".parse().unwrap())));
    }

    #[test]
    fn slips_are_named() {
        let rows = [
            ("[desk]\nlisten = \"here\"\n", "listen"),
            ("[desk]\ncert = \"a\"\n", "belong together"),
            ("[desk]\nsession_hours = 0\n", "session_hours"),
            ("[desk]\nzone = \"JST\"\n", "JST"),
            ("[desk]\nisolation = \"no\"\n", "isolation"),
            ("[desk]\nsmtp = \"127.0.0.1\"\n", "10025"),
            ("[desk]\nsmtp = \":25\"\n", "10025"),
            ("[desk]\nsmtp_user = \"a\"\n", "needs `smtp`"),
            ("[desk]\nsmtp = \"127.0.0.1:25\"\nsmtp_tls = \"yes\"\n", "smtp_tls"),
            ("[desk]\ncontacts = \"a\"\n", "contacts"),
            ("[desk]\nlmtp = \"here\"\n", "here"),
            ("[desk]\nanswer_from = \"a@b.example\"\n", "smtp"),
            ("[desk]\nsmtp = \"a:25\"\nanswer_from = \"a\"\n", "no address"),
            ("[desk]\nsmtp = \"a:25\"\nanswer_from = \"a@b>\\r\\nX: y\"\n", "no address"),
            ("[desk]\nanswer_domains = []\n", "answer_from"),
        ];
        for (n, (text, word)) in rows.iter().enumerate() {
            let error = format!("{:#}", read(&format!("bad{n}"), text).unwrap_err());
            assert!(error.contains(word), "{error}");
        }
    }
}
