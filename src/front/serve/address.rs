//! Where a front listens, in the words of Postfix (`inet:host:port`) and of Sendmail (`inet:port@host`).

use super::activation::Handed;
use super::settings::{Front, Listen};
use anyhow::{Context, bail, ensure};
use std::fmt;
use std::net::{TcpListener, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// An address to listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// Host and port.
    Inet(String, u16),
    /// A socket file.
    Unix(PathBuf),
    /// Wherever the service manager has opened a socket of the front's name.
    Handed,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Inet(host, port) if host.contains(':') => write!(f, "inet:[{host}]:{port}"),
            Self::Inet(host, port) => write!(f, "inet:{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Handed => f.write_str("systemd"),
        }
    }
}

impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let Some((kind, place)) = text.split_once(':') else {
            bail!("`{text}` begins with no `inet:` or `unix:`")
        };
        match kind {
            "inet" | "inet6" => inet(place).with_context(|| format!("`{text}`")),
            "unix" | "local" if place.starts_with('/') => Ok(Self::Unix(place.into())),
            "unix" | "local" => bail!("`{text}`: the path of a socket must be absolute"),
            _ => bail!("`{text}` begins with no `inet:` or `unix:`"),
        }
    }
}

impl Address {
    /// The address in the configuration of a front. Whoever writes addresses for HTTP writes no `inet:`.
    pub(super) fn of_front(front: Front, text: &str) -> anyhow::Result<Self> {
        let has_kind = ["inet:", "inet6:", "unix:", "local:"].iter().any(|kind| text.starts_with(kind));
        match front {
            _ if text == "systemd" => Ok(Self::Handed),
            Front::Http if !has_kind => inet(text).with_context(|| format!("`{text}`")),
            _ => text.parse(),
        }
    }
}

fn inet(place: &str) -> anyhow::Result<Address> {
    let (host, port) = match place.split_once('@') {
        Some((port, host)) => (host, port),
        None => place.rsplit_once(':').context("names no host: inet:HOST:PORT or inet:PORT@HOST")?,
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    ensure!(!host.is_empty(), "names no host: inet:HOST:PORT or inet:PORT@HOST");
    let port = port.parse().with_context(|| format!("`{port}` is no port"))?;
    Ok(Address::Inet(host.to_string(), port))
}

/// A socket that takes connections. The file of a Unix socket that is ours goes away with it.
#[derive(Debug)]
pub(super) enum Socket {
    /// Over IP.
    Inet(TcpListener),
    /// Over a file; its path if it is ours.
    Unix(UnixListener, Option<PathBuf>),
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Self::Unix(_, Some(path)) = self {
            let _gone = std::fs::remove_file(path);
        }
    }
}

/// Opens the socket, or takes over those that were handed to its front. It does not block: whoever takes connections from it waits with `poll`.
///
/// # Errors
/// The address is taken or not allowed.
pub(super) fn open(listen: &Listen, handed: &mut Handed) -> anyhow::Result<Vec<Socket>> {
    let socket = match &listen.address {
        Address::Handed => return handed.take(listen.front),
        Address::Inet(host, port) => {
            let places: Vec<_> = (host.as_str(), *port).to_socket_addrs()?.collect();
            let listener = TcpListener::bind(&*places)?;
            listener.set_nonblocking(true)?;
            Socket::Inet(listener)
        }
        Address::Unix(path) => {
            clear(path)?;
            let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
            let bound = UnixListener::bind(path);
            rustix::process::umask(before);
            let socket = Socket::Unix(bound?, Some(path.clone()));
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(listen.mode))?;
            if let Socket::Unix(listener, _) = &socket {
                listener.set_nonblocking(true)?;
            }
            socket
        }
    };
    Ok(vec![socket])
}

/// Removes the socket file that a killed service left behind; never one that still answers, and nothing else.
fn clear(path: &Path) -> anyhow::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(_) => Ok(()),
        Ok(file) if !file.file_type().is_socket() => bail!("is there already and is no socket"),
        Ok(_) if UnixStream::connect(path).is_ok() => bail!("another service listens there"),
        Ok(_) => Ok(std::fs::remove_file(path)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_and_both_kinds() {
        let rows = [
            ("inet:127.0.0.1:8891", Address::Inet("127.0.0.1".into(), 8891)),
            ("inet:8891@127.0.0.1", Address::Inet("127.0.0.1".into(), 8891)),
            ("inet:[::1]:8891", Address::Inet("::1".into(), 8891)),
            ("inet6:8891@[::1]", Address::Inet("::1".into(), 8891)),
            ("inet:localhost:1", Address::Inet("localhost".into(), 1)),
            ("unix:/run/tenpu/milter.sock", Address::Unix("/run/tenpu/milter.sock".into())),
            ("local:/run/x", Address::Unix("/run/x".into())),
        ];
        for (text, want) in rows {
            assert_eq!(text.parse::<Address>().unwrap(), want, "{text}");
            assert_eq!(want.to_string().parse::<Address>().unwrap(), want);
        }
        for text in
            ["", "8891", "inet:8891", "inet::8891", "inet:a:99999", "inet:x@y", "unix:run/x", "tcp:a:1"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_for_http_needs_no_kind() {
        let want = Address::Inet("127.0.0.1".into(), 8892);
        for text in ["127.0.0.1:8892", "inet:127.0.0.1:8892", "inet:8892@127.0.0.1"] {
            assert_eq!(Address::of_front(Front::Http, text).unwrap(), want);
        }
        let socket = Address::of_front(Front::Http, "unix:/run/http").unwrap();
        assert_eq!(socket, Address::Unix("/run/http".into()));
        assert_eq!(Address::of_front(Front::Http, "[::1]:1").unwrap(), Address::Inet("::1".into(), 1));
        assert_eq!(Address::of_front(Front::Milter, "systemd").unwrap(), Address::Handed);
        assert!(Address::of_front(Front::Http, "8892").is_err());
        assert!(Address::of_front(Front::Clamd, "127.0.0.1:8892").is_err());
    }
}
