//! Hands one mail to a mail server (RFC 5321), so that a release is a delivery.
//!
//! One connection for one mail: greeting, EHLO, STARTTLS (RFC 3207) and AUTH (RFC 4954) as the configuration wants it,
//! MAIL, a RCPT for each recipient, DATA, QUIT. All recipients get it or none: one that is refused ends the delivery
//! before anything of the mail was sent. A password goes only to a server that has proved its name. A mail of 8-bit text
//! goes only to a server that takes it (RFC 6152), an address beyond ASCII only to one that knows those (RFC 6531).

mod dialogue;
mod server;

pub(super) use server::{Keys, Security, Server};

use super::base64;
use crate::store::Envelope;
use dialogue::{ANSWER, Dialogue, Wire, gone};
use server::plain;
use std::net::SocketAddr;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the answer to the mail itself may take, which the server first writes to its disk, and the last.
const LAST_ANSWER: Duration = Duration::from_secs(120);
const FAREWELL: Duration = Duration::from_secs(2);

/// Why a mail was not delivered.
#[derive(Debug, Error)]
pub(super) enum Refused {
    /// The server cannot be reached, or went away.
    #[error("{0}")]
    Connection(String),
    /// The server said no.
    #[error("{step}: {answer}")]
    Answer {
        /// To what.
        step: String,
        /// Its words.
        answer: String,
    },
    /// The envelope cannot be said in SMTP.
    #[error("{0}: not an address")]
    Address(String),
    /// The server lacks an extension that this mail needs.
    #[error("the mail server lacks {0}")]
    Lacks(&'static str),
    /// The mail was handed over whole, but no answer came.
    #[error("no answer after the whole mail was sent; it may have been delivered")]
    Unclear,
}

/// Delivers a mail.
///
/// # Errors
/// It was not delivered; only of [`Refused::Unclear`] that is not known.
pub(super) async fn deliver(server: &Server, envelope: &Envelope, mail: &[u8]) -> Result<(), Refused> {
    let connected = timeout(ANSWER, TcpStream::connect(server.to_string())).await;
    let stream = connected.map_err(|_| gone("no answer in time"))?.map_err(gone)?;
    let local = stream.local_addr().map_err(gone)?;
    let (mut dialogue, extensions) = begin(server, local, stream).await?;
    let result = hand_over(&mut dialogue, &extensions, envelope, mail).await;
    if !matches!(result, Err(Refused::Connection(_) | Refused::Unclear)) {
        // What is done is done, whatever the server says to the farewell.
        let _farewell = timeout(FAREWELL, dialogue.expect("QUIT", "QUIT\r\n", 221)).await;
    }
    result
}

/// Greets, makes TLS and signs in, as far as the configuration wants it; then what the server knows.
async fn begin(
    server: &Server,
    local: SocketAddr,
    stream: TcpStream,
) -> Result<(Dialogue, Vec<String>), Refused> {
    let hello = format!("EHLO {}\r\n", literal(local));
    let mut dialogue = match server.security {
        Security::Implicit => Dialogue::new(secured(server, Box::new(stream)).await?),
        _ => Dialogue::new(Box::new(stream)),
    };
    dialogue.expect("greeting", "", 220).await?;
    let mut extensions = dialogue.expect("EHLO", &hello, 250).await?;
    let may_start = matches!(server.security, Security::Opportunistic | Security::Required);
    if may_start && knows(&extensions, "STARTTLS") {
        dialogue.expect("STARTTLS", "STARTTLS\r\n", 220).await?;
        dialogue = Dialogue::new(secured(server, dialogue.end()?).await?);
        // What was offered before may have been written by anybody.
        extensions = dialogue.expect("EHLO", &hello, 250).await?;
    } else if server.security == Security::Required {
        return Err(Refused::Lacks("STARTTLS (`smtp_tls`)"));
    }
    if let Some((user, password)) = server.password().map_err(|error| gone(format!("{error:#}")))? {
        sign_in(&mut dialogue, &extensions, (&user, &password)).await?;
    }
    Ok((dialogue, extensions))
}

/// TLS on a connection.
async fn secured(server: &Server, stream: Box<dyn Wire>) -> Result<Box<dyn Wire>, Refused> {
    let connector = server.connector().map_err(|error| gone(format!("{error:#}")))?;
    let made = timeout(ANSWER, connector.connect(server.name(), stream)).await;
    let stream =
        made.map_err(|_| gone("no answer in time"))?.map_err(|error| gone(format!("TLS: {error}")))?;
    Ok(Box::new(stream))
}

/// AUTH (RFC 4954) by PLAIN or LOGIN. The words of a refusal are left out: they may repeat the password.
async fn sign_in(
    dialogue: &mut Dialogue,
    extensions: &[String],
    (user, password): (&str, &str),
) -> Result<(), Refused> {
    let offered = extensions.iter().filter_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|word| word.eq_ignore_ascii_case("AUTH")).map(|_| words)
    });
    let ways: Vec<String> = offered.flatten().map(str::to_ascii_uppercase).collect();
    let has = |way: &str| ways.iter().any(|offered| offered == way);
    let said = if has("PLAIN") {
        dialogue.expect("AUTH", &format!("AUTH PLAIN {}\r\n", plain(user, password)), 235).await
    } else if has("LOGIN") {
        let in_letters = |text: &str| format!("{}\r\n", base64::encode(text.as_bytes()));
        dialogue.expect("AUTH", "AUTH LOGIN\r\n", 334).await?;
        match dialogue.expect("AUTH", &in_letters(user), 334).await {
            Ok(_) => dialogue.expect("AUTH", &in_letters(password), 235).await,
            refused => refused,
        }
    } else {
        return Err(Refused::Lacks("AUTH PLAIN and AUTH LOGIN"));
    };
    said.map(drop).map_err(|refused| match refused {
        Refused::Answer { step, answer } => {
            Refused::Answer { step, answer: answer.chars().take(3).collect() }
        }
        other => other,
    })
}

async fn hand_over(
    dialogue: &mut Dialogue,
    extensions: &[String],
    envelope: &Envelope,
    mail: &[u8],
) -> Result<(), Refused> {
    let mail_from = mail_command(envelope, mail, extensions)?;
    dialogue.expect("MAIL", &mail_from, 250).await?;
    for recipient in &envelope.recipients {
        dialogue.expect(&format!("RCPT {recipient}"), &format!("RCPT TO:<{recipient}>\r\n"), 250).await?;
    }
    dialogue.expect("DATA", "DATA\r\n", 354).await?;
    dialogue.send(&stuffed(mail)).await?;
    match timeout(LAST_ANSWER, dialogue.answer()).await {
        Ok(Ok((250, _))) => Ok(()),
        Ok(Ok((number, lines))) => {
            Err(Refused::Answer { step: "DATA".into(), answer: format!("{number} {}", lines.join(" ")) })
        }
        Ok(Err(_)) | Err(_) => Err(Refused::Unclear),
    }
}

/// Whether the server said that it knows an extension.
fn knows(extensions: &[String], wanted: &str) -> bool {
    let mut words = extensions.iter().filter_map(|line| line.split_whitespace().next());
    words.any(|word| word.eq_ignore_ascii_case(wanted))
}

/// The command that begins a mail.
fn mail_command(envelope: &Envelope, mail: &[u8], extensions: &[String]) -> Result<String, Refused> {
    let Envelope { sender, recipients } = envelope;
    let mut parameters = String::new();
    if let Some(wrong) = recipients.iter().find(|address| !is_address(address)) {
        return Err(Refused::Address(wrong.clone()));
    }
    if !sender.is_empty() && !is_address(sender) {
        return Err(Refused::Address(sender.clone()));
    }
    if !mail.is_ascii() {
        knows(extensions, "8BITMIME").then_some(()).ok_or(Refused::Lacks("8BITMIME"))?;
        parameters.push_str(" BODY=8BITMIME");
    }
    if !sender.is_ascii() || recipients.iter().any(|address| !address.is_ascii()) {
        knows(extensions, "SMTPUTF8").then_some(()).ok_or(Refused::Lacks("SMTPUTF8"))?;
        parameters.push_str(" SMTPUTF8");
    }
    Ok(format!("MAIL FROM:<{sender}>{parameters}\r\n"))
}

/// Whether an address can stand in a command: nothing in it ends the command or the path. Local names without a
/// domain are addresses too.
fn is_address(address: &str) -> bool {
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>' | '⟨' | '⟩');
    !address.is_empty() && address.len() <= 320 && address.chars().all(is_plain)
}

/// How a client without a name of its own says who it is (RFC 5321 4.1.3).
fn literal(local: SocketAddr) -> String {
    match local {
        SocketAddr::V4(address) => format!("[{}]", address.ip()),
        SocketAddr::V6(address) => format!("[IPv6:{}]", address.ip()),
    }
}

/// A mail as DATA carries it: lines end in CRLF and in nothing else, a dot at the beginning of a line is doubled, and a
/// line of one dot ends it. A lone CR or LF becomes an end of line, so that no server can see an end where another does not.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut is_start = true;
    let mut bytes = mail.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if matches!(byte, b'\r' | b'\n') {
            if byte == b'\r' && bytes.peek() == Some(&b'\n') {
                bytes.next();
            }
            out.extend_from_slice(b"\r\n");
            is_start = true;
            continue;
        }
        if is_start && byte == b'.' {
            out.push(b'.');
        }
        out.push(byte);
        is_start = false;
    }
    if !is_start {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests;
