//! The mail server as the configuration names it: where it is, whether TLS is wanted, and who signs in there.

use super::super::base64;
use crate::front::desk::tls::{self, Trust};
use crate::front::input::read_file;
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// A mail server.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::front::desk) struct Server {
    /// Host and port.
    address: String,
    /// Whether TLS is wanted.
    pub(super) security: Security,
    /// The name that its certificate must bear.
    name: ServerName<'static>,
    /// Whose certificates are trusted; those of the system if nothing is said.
    authorities: Option<PathBuf>,
    /// Who signs in.
    login: Option<Login>,
}

/// Whether TLS is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::front::desk) enum Security {
    /// Never.
    None,
    /// By STARTTLS if the server offers it, whoever it is: against those who only listen.
    Opportunistic,
    /// By STARTTLS, from a server that proves its name.
    Required,
    /// From the first byte on, from a server that proves its name.
    Implicit,
}

#[derive(Clone, PartialEq, Eq)]
struct Login {
    user: String,
    file: PathBuf,
}

/// The keys of the configuration that begin with `smtp`.
#[derive(Debug, Default)]
pub(in crate::front::desk) struct Keys {
    /// `smtp`.
    pub(in crate::front::desk) address: Option<String>,
    /// `smtp_tls`.
    pub(in crate::front::desk) security: Option<Security>,
    /// `smtp_name`.
    pub(in crate::front::desk) name: Option<String>,
    /// `smtp_ca`.
    pub(in crate::front::desk) authorities: Option<PathBuf>,
    /// `smtp_user`.
    pub(in crate::front::desk) user: Option<String>,
    /// `smtp_password_file`.
    pub(in crate::front::desk) file: Option<PathBuf>,
}

/// The longest password file.
const PASSWORD: u64 = 1024;

impl Server {
    /// What the keys say; nothing if there are none.
    ///
    /// # Errors
    /// They make no sense, or not together.
    pub(in crate::front::desk) fn of(keys: Keys, folder: &Path) -> anyhow::Result<Option<Self>> {
        let Keys { address, security, name, authorities, user, file } = keys;
        let Some(address) = address else {
            let is_alone = security.is_none() && name.is_none() && authorities.is_none();
            ensure!(is_alone && user.is_none() && file.is_none(), "`smtp_…` needs `smtp`");
            return Ok(None);
        };
        let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        let port = port.filter(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
        let (host, _) = port
            .with_context(|| format!("`smtp` must be such as \"127.0.0.1:10025\", and is \"{address}\""))?;
        let host = host.trim_matches(['[', ']']);
        let usual = if is_loopback(host) { Security::Opportunistic } else { Security::Required };
        let security = security.unwrap_or(usual);
        let shown = name.as_deref().unwrap_or(host);
        let parsed = ServerName::try_from(shown.to_string());
        let name = parsed.with_context(|| format!("no certificate can bear the name \"{shown}\""))?;
        let login = match (user, file) {
            (None, None) => None,
            (Some(user), Some(file)) => Some(Login { user, file: folder.join(file) }),
            _ => bail!("`smtp_user` and `smtp_password_file` belong together"),
        };
        let is_sure = matches!(security, Security::Required | Security::Implicit);
        ensure!(
            login.is_none() || is_sure,
            "`smtp_user` needs `smtp_tls` to be \"required\" or \"implicit\": a password goes to no stranger"
        );
        if let Some(login) = &login {
            let is_plain = !login.user.is_empty() && !login.user.contains(char::is_control);
            ensure!(is_plain, "`smtp_user` is no name");
        }
        let authorities = authorities.map(|path| folder.join(path));
        Ok(Some(Self { address, security, name, authorities, login }))
    }

    /// One without more to say, for tests.
    #[cfg(test)]
    pub(in crate::front::desk) fn at(address: &str) -> Self {
        let keys = Keys { address: Some(address.into()), ..Keys::default() };
        Self::of(keys, Path::new("")).unwrap().unwrap()
    }

    /// Whether the files that it names can be read.
    ///
    /// # Errors
    /// One cannot, or holds what it must not.
    pub(in crate::front::desk) fn check(&self) -> anyhow::Result<()> {
        if self.security != Security::None {
            self.connector()?;
        }
        self.password().map(drop)
    }

    /// What makes TLS.
    ///
    /// # Errors
    /// No authority can be read.
    pub(super) fn connector(&self) -> anyhow::Result<TlsConnector> {
        let trust = match (self.security, &self.authorities) {
            (Security::Opportunistic | Security::None, _) => Trust::Anybody,
            (_, Some(path)) => Trust::File(path.clone()),
            (_, None) => Trust::System,
        };
        tls::connector(&trust)
    }

    /// The name that its certificate must bear.
    pub(super) fn name(&self) -> ServerName<'static> {
        self.name.clone()
    }

    /// User and password, if somebody signs in.
    ///
    /// # Errors
    /// The file cannot be read, or holds no password.
    pub(super) fn password(&self) -> anyhow::Result<Option<(String, String)>> {
        let Some(Login { user, file }) = &self.login else { return Ok(None) };
        let shown = || format!("`smtp_password_file`: {}", file.display());
        let head = read_file(file, PASSWORD).with_context(shown)?;
        let text = String::from_utf8(head.bytes).ok().context("no UTF-8 text").with_context(shown)?;
        let password = text.trim_end_matches(['\r', '\n']);
        let is_one = !password.is_empty() && !password.contains(char::is_control);
        ensure!(is_one && head.size <= PASSWORD, "{}: one line is wanted", shown());
        Ok(Some((user.clone(), password.to_string())))
    }
}

/// Host and port.
impl fmt::Display for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.address)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({:?})", self.address, self.security)
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What AUTH PLAIN says (RFC 4616).
pub(super) fn plain(user: &str, password: &str) -> String {
    base64::encode(format!("\0{user}\0{password}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(address: &str) -> Keys {
        Keys { address: Some(address.into()), ..Keys::default() }
    }

    fn error(keys: Keys) -> String {
        Server::of(keys, Path::new("/etc/tenpu")).unwrap_err().to_string()
    }

    #[test]
    fn only_this_machine_is_talked_to_without_proof() {
        let of = |address: &str| Server::of(keys(address), Path::new("")).unwrap().unwrap().security;
        for near in ["127.0.0.1:25", "[::1]:25", "localhost:25", "127.3.0.1:25"] {
            assert_eq!(of(near), Security::Opportunistic, "{near}");
        }
        for far in ["192.0.2.1:25", "mx.city.example:587", "[2001:db8::1]:25"] {
            assert_eq!(of(far), Security::Required, "{far}");
        }
        assert!(Server::of(Keys::default(), Path::new("")).unwrap().is_none());
    }

    #[test]
    fn slips_are_named() {
        assert!(error(Keys { user: Some("a".into()), ..Keys::default() }).contains("needs `smtp`"));
        assert!(error(Keys { user: Some("a".into()), ..keys("mx.example:25") }).contains("belong together"));
        let login = || (Some("a".to_string()), Some(PathBuf::from("p")));
        let (user, file) = login();
        let plain = Keys { security: Some(Security::None), user, file, ..keys("mx.example:25") };
        assert!(error(plain).contains("no stranger"));
        let (user, file) = login();
        assert!(error(Keys { user, file, ..keys("127.0.0.1:25") }).contains("no stranger"));
        assert!(error(Keys { name: Some("a b".into()), ..keys("127.0.0.1:25") }).contains("\"a b\""));
        for wrong in ["127.0.0.1", ":25", "a:0", "a:x"] {
            assert!(error(keys(wrong)).contains("10025"), "{wrong}");
        }
    }

    #[test]
    fn a_password_file_holds_one_line() {
        let path = std::env::temp_dir().join(format!("tenpu-smtp-{}", std::process::id()));
        let (user, file) = (Some("desk".to_string()), Some(path.clone()));
        let server =
            Server::of(Keys { user, file, ..keys("mx.example:465") }, Path::new("")).unwrap().unwrap();
        assert!(server.password().is_err(), "it is not there");
        for (text, want) in
            [("secret\r\n", Some("secret")), ("", None), ("a\nb\n", None), ("秘密\n", Some("秘密"))]
        {
            std::fs::write(&path, text).unwrap();
            let got = server.password().ok().flatten().map(|(_, password)| password);
            assert_eq!(got.as_deref(), want);
        }
        std::fs::write(&path, "x".repeat(2000)).unwrap();
        assert!(server.password().is_err());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(format!("{server:?} {server}"), "mx.example:465 (Required) mx.example:465");
        assert_eq!(plain("a", "b"), "AGEAYg==");
    }
}
