//! LMTP (RFC 2033): another way for reports to come in, straight from the mail server. A mail is taken when it is scanned
//! and stored; until then the mail server keeps it and tries again.
//!
//! The client is a mail server of one's own: there is no TLS and no authentication, and every recipient is taken, because
//! the server was told what to send here.

use super::{Arrived, handle};
use crate::front::desk::engine::Share;
use crate::front::desk::settings::Lmtp;
use crate::front::desk::{Desk, time};
use anyhow::Context;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Connections at one time.
const CONNECTIONS: usize = 16;

/// How long the client may be silent.
const SILENCE: Duration = Duration::from_secs(300);

/// The most bytes of a command, commands of a connection that are no mail, and recipients of a mail.
const COMMAND: usize = 4096;
const IDLE: usize = 1_000;
const RECIPIENTS: usize = 1_000;

/// An open address.
pub(super) enum Listener {
    Inet(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

/// Opens an address. A socket file is for its owner and group.
///
/// # Errors
/// It cannot be used.
pub(super) fn open(listen: &Lmtp) -> anyhow::Result<Listener> {
    match listen {
        Lmtp::Inet(address) => {
            let listener = std::net::TcpListener::bind(address);
            let listener = listener.with_context(|| format!("[desk] `lmtp`: cannot listen on {address}"))?;
            listener.set_nonblocking(true)?;
            Ok(Listener::Inet(TcpListener::from_std(listener)?))
        }
        #[cfg(unix)]
        Lmtp::Unix(path) => {
            use std::os::unix::fs::{FileTypeExt, PermissionsExt};
            let shown = || format!("[desk] `lmtp`: cannot listen on {}", path.display());
            let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
            // A socket that nobody listens on is left from an earlier run.
            if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
                std::fs::remove_file(path).with_context(shown)?;
            }
            let listener = tokio::net::UnixListener::bind(path).with_context(shown)?;
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o660)).with_context(shown)?;
            Ok(Listener::Unix(listener))
        }
        #[cfg(not(unix))]
        Lmtp::Unix(_) => anyhow::bail!("[desk] `lmtp`: there are no such sockets on this system"),
    }
}

impl Listener {
    /// Takes connections, a bounded number.
    pub(super) async fn serve(self, desk: Arc<Desk>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let desk = desk.clone();
            let taken = match &self {
                Self::Inet(listener) => listener.accept().await.map(|(stream, _)| {
                    tokio::spawn(async move {
                        let _ended = talk(&desk, stream).await;
                        drop(place);
                    })
                }),
                #[cfg(unix)]
                Self::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                    tokio::spawn(async move {
                        let _ended = talk(&desk, stream).await;
                        drop(place);
                    })
                }),
            };
            // Out of descriptors: those that are open must end first.
            if taken.is_err() {
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// A mail as it is being handed over.
#[derive(Default)]
struct Envelope {
    sender: Option<String>,
    recipients: usize,
}

/// Talks with a client until it leaves.
async fn talk(desk: &Arc<Desk>, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut envelope = Envelope::default();
    say(&mut stream, "220 tenpu LMTP").await?;
    for _ in 0..IDLE {
        let Some(line) = line(&mut stream).await? else { return Ok(()) };
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let answer = match verb.to_ascii_uppercase().as_str() {
            "LHLO" => {
                envelope = Envelope::default();
                "250-tenpu\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 SMTPUTF8"
            }
            "MAIL" if envelope.sender.is_some() => "503 5.5.1 one mail at a time",
            "MAIL" => match path(rest, "FROM:") {
                Some(sender) => {
                    envelope.sender = Some(sender);
                    "250 2.1.0 ok"
                }
                None => "501 5.5.4 MAIL FROM:<address>",
            },
            "RCPT" if envelope.sender.is_none() => "503 5.5.1 MAIL comes first",
            "RCPT" if envelope.recipients >= RECIPIENTS => "452 4.5.3 too many recipients",
            "RCPT" if path(rest, "TO:").is_none_or(|path| path.is_empty()) => "501 5.5.4 RCPT TO:<address>",
            "RCPT" => {
                envelope.recipients += 1;
                "250 2.1.5 ok"
            }
            "DATA" if envelope.recipients == 0 => "503 5.5.1 no recipients",
            "DATA" => {
                say(&mut stream, "354 end with a dot on a line").await?;
                let Envelope { sender, recipients } = std::mem::take(&mut envelope);
                let answer = take(desk, &mut stream, sender).await?;
                for _ in 0..recipients {
                    say(&mut stream, &answer).await?;
                }
                continue;
            }
            "RSET" => {
                envelope = Envelope::default();
                "250 2.0.0 ok"
            }
            "NOOP" => "250 2.0.0 ok",
            "QUIT" => return say(&mut stream, "221 2.0.0 bye").await,
            "HELO" | "EHLO" => "500 5.5.1 this is LMTP: LHLO",
            _ => "500 5.5.1 not known",
        };
        say(&mut stream, answer).await?;
    }
    say(&mut stream, "421 4.7.0 enough").await
}

/// Takes the mail itself; what to answer for each recipient.
async fn take(
    desk: &Arc<Desk>,
    stream: &mut (impl AsyncBufRead + Unpin),
    sender: Option<String>,
) -> io::Result<String> {
    let (mut raw, mut share) = (Vec::new(), Share::default());
    let (mut is_start, mut refusal) = (true, None);
    while let Some(line) = line(stream).await? {
        if is_start && line == b".\r\n" {
            let Some(refusal) = refusal else { return Ok(store(desk, raw, share, sender).await) };
            return Ok(refusal);
        }
        let stuffed = line.strip_prefix(b".").filter(|_| is_start);
        let bytes = stuffed.unwrap_or(&line);
        is_start = line.ends_with(b"\r\n");
        let size = (raw.len() as u64).saturating_add(bytes.len() as u64);
        if refusal.is_some() {
            continue;
        } else if size > desk.engine.largest() {
            refusal = Some("552 5.3.4 larger than what is scanned".to_string());
        } else if desk.engine.grow(&mut share, size).is_err() {
            refusal = Some("452 4.3.1 too much is going on".to_string());
        } else {
            raw.extend_from_slice(bytes);
            continue;
        }
        raw = Vec::new();
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// Scans and stores it.
async fn store(desk: &Arc<Desk>, raw: Vec<u8>, share: Share, sender: Option<String>) -> String {
    drop(share);
    let size = raw.len() as u64;
    let received = desk.reports.came(&raw, time::now());
    match handle(desk, Arrived { raw, size, received, sender }).await {
        Ok(ids) => format!("250 2.0.0 {}", ids.join(" ")),
        Err(fail) => {
            desk.reports
                .note_problem(&format!("a report over LMTP: {}; the mail server keeps it", fail.id()));
            "451 4.3.0 not now".to_string()
        }
    }
}

/// The address of `FROM:<a@b.example> SIZE=1`.
fn path(text: &str, word: &str) -> Option<String> {
    let (start, rest) = text.split_at_checked(word.len())?;
    let inner = rest.trim_start().strip_prefix('<')?.split_once('>')?.0;
    let is_plain = !inner.chars().any(|c| c.is_control() || c.is_whitespace() || c == '<');
    (start.eq_ignore_ascii_case(word) && is_plain).then(|| inner.to_string())
}

/// A line, or the part of a long one that fits; none when the client left.
async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut bounded = stream.take(COMMAND as u64);
    let read = timeout(SILENCE, bounded.read_until(b'\n', &mut line)).await;
    let read = read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    Ok((read > 0).then_some(line))
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), text: &str) -> io::Result<()> {
    timeout(SILENCE, stream.write_all(format!("{text}\r\n").as_bytes()))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    timeout(SILENCE, stream.flush()).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_commands() {
        let rows = [
            ("FROM:<a@b.example> BODY=8BITMIME", Some("a@b.example")),
            ("from:<>", Some("")),
            ("FROM: <a@b.example>", Some("a@b.example")),
            ("FROM:a@b.example", None),
            ("FROM:<a b>", None),
            ("TO:<a>", None),
            ("", None),
        ];
        for (text, want) in rows {
            assert_eq!(path(text, "FROM:").as_deref(), want, "{text}");
        }
        let whole = "FROM:<あ@b.example> X";
        for end in 0..=whole.len() {
            let cut = String::from_utf8_lossy(&whole.as_bytes()[..end]);
            assert_eq!(path(&cut, "FROM:").is_some(), cut.contains('>'), "{cut}");
        }
        for at in 0..whole.len() {
            let mut flipped = whole.as_bytes().to_vec();
            flipped[at] ^= 0x1e;
            let told = path(&String::from_utf8_lossy(&flipped), "FROM:");
            assert!(told.is_none_or(|address| !address.contains(['<', '>', '\r', '\n', ' '])));
        }
    }
}
