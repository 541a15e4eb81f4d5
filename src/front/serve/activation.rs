//! Sockets that a service manager has opened and hands over (`sd_listen_fds(3)`), each under the name of the front that
//! shall answer there.

use super::address::Socket;
use super::settings::Front;
use anyhow::{Context, bail};
use listenfd::ListenFd;
use std::env;

/// The sockets that were handed over and are not taken yet.
#[derive(Debug, Default)]
pub(super) struct Handed {
    sockets: Vec<(String, Socket)>,
}

impl Handed {
    /// Takes them over.
    ///
    /// # Errors
    /// One is no listening socket over TCP or a socket file.
    pub(super) fn new() -> anyhow::Result<Self> {
        let pid = env::var("LISTEN_PID").unwrap_or_default();
        if pid.parse() != Ok(std::process::id()) {
            return Ok(Self::default());
        }
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut handed = ListenFd::from_env();
        let mut sockets = Vec::new();
        for (place, name) in named(&names, handed.len()).into_iter().enumerate() {
            let socket = take(&mut handed, place)
                .with_context(|| format!("the socket `{name}` that was handed over"))?;
            sockets.push((name, socket));
        }
        Ok(Self { sockets })
    }

    /// Those of a front.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn take(&mut self, front: Front) -> anyhow::Result<Vec<Socket>> {
        let (own, others) =
            std::mem::take(&mut self.sockets).into_iter().partition(|(name, _)| name == front.id());
        self.sockets = others;
        let own: Vec<(String, Socket)> = own;
        if own.is_empty() {
            bail!("no socket of the name `{}` was handed over (FileDescriptorName=)", front.id());
        }
        Ok(own.into_iter().map(|(_, socket)| socket).collect())
    }

    /// The names of those that nobody took.
    pub(super) fn left(&self) -> Vec<&str> {
        self.sockets.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// The name of each of so many sockets.
fn named(names: &str, count: usize) -> Vec<String> {
    let known = names.split(':').map(str::to_string);
    known.chain(std::iter::repeat_with(|| "unknown".to_string())).take(count).collect()
}

fn take(handed: &mut ListenFd, place: usize) -> anyhow::Result<Socket> {
    if let Ok(Some(listener)) = handed.take_tcp_listener(place) {
        listener.set_nonblocking(true)?;
        return Ok(Socket::Inet(listener));
    }
    let listener = handed.take_unix_listener(place)?.context("is gone")?;
    listener.set_nonblocking(true)?;
    // Its file belongs to whoever opened it.
    Ok(Socket::Unix(listener, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_socket_has_a_name() {
        assert_eq!(named("milter:http", 3), ["milter", "http", "unknown"]);
        assert_eq!(named("a:b:c", 1), ["a"]);
        let error = Handed::default().take(Front::Milter).unwrap_err();
        assert!(error.to_string().contains("`milter`"));
    }
}
