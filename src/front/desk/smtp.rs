//! Hands one mail to a mail server (RFC 5321), so that a release is a delivery.
//!
//! One connection for one mail: greeting, EHLO, MAIL, a RCPT for each recipient, DATA, QUIT. All recipients get it or
//! none: one that is refused ends the delivery before anything of the mail was sent. The server is one of one's own, on
//! the same machine or in the same network; there is no TLS and no authentication. A mail of 8-bit text goes only to a
//! server that takes it (RFC 6152), an address beyond ASCII only to one that knows those (RFC 6531).

use crate::store::Envelope;
use std::net::SocketAddr;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long one answer may take, the one to the mail itself, which the server first writes to its disk, and the last.
const ANSWER: Duration = Duration::from_secs(30);
const LAST_ANSWER: Duration = Duration::from_secs(120);
const FAREWELL: Duration = Duration::from_secs(2);

/// The most bytes of one line of an answer, and the most lines.
const LINE: u64 = 2048;
const LINES: usize = 100;

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
pub(super) async fn deliver(server: &str, envelope: &Envelope, mail: &[u8]) -> Result<(), Refused> {
    let connected = timeout(ANSWER, TcpStream::connect(server)).await;
    let stream = connected.map_err(|_| gone("no answer in time"))?.map_err(gone)?;
    let local = stream.local_addr().map_err(gone)?;
    let mut dialogue = Dialogue { stream: BufReader::new(stream) };
    let result = hand_over(&mut dialogue, local, envelope, mail).await;
    if !matches!(result, Err(Refused::Connection(_) | Refused::Unclear)) {
        // What is done is done, whatever the server says to the farewell.
        let _farewell = timeout(FAREWELL, dialogue.expect("QUIT", "QUIT\r\n", 221)).await;
    }
    result
}

async fn hand_over(
    dialogue: &mut Dialogue,
    local: SocketAddr,
    envelope: &Envelope,
    mail: &[u8],
) -> Result<(), Refused> {
    dialogue.expect("greeting", "", 220).await?;
    let extensions = dialogue.expect("EHLO", &format!("EHLO {}\r\n", literal(local)), 250).await?;
    let mail_from = mail_command(envelope, mail, &extensions)?;
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

/// The command that begins a mail.
fn mail_command(envelope: &Envelope, mail: &[u8], extensions: &[String]) -> Result<String, Refused> {
    let knows = |wanted: &str| {
        let words = extensions.iter().filter_map(|line| line.split_whitespace().next());
        words.into_iter().any(|word| word.eq_ignore_ascii_case(wanted))
    };
    let Envelope { sender, recipients } = envelope;
    let mut parameters = String::new();
    if let Some(wrong) = recipients.iter().find(|address| !is_address(address)) {
        return Err(Refused::Address(wrong.clone()));
    }
    if !sender.is_empty() && !is_address(sender) {
        return Err(Refused::Address(sender.clone()));
    }
    if !mail.is_ascii() {
        knows("8BITMIME").then_some(()).ok_or(Refused::Lacks("8BITMIME"))?;
        parameters.push_str(" BODY=8BITMIME");
    }
    if !sender.is_ascii() || recipients.iter().any(|address| !address.is_ascii()) {
        knows("SMTPUTF8").then_some(()).ok_or(Refused::Lacks("SMTPUTF8"))?;
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

struct Dialogue {
    stream: BufReader<TcpStream>,
}

impl Dialogue {
    /// Says something and reads the answer, which must be of that number; its lines without the number.
    async fn expect(&mut self, step: &str, command: &str, wanted: u16) -> Result<Vec<String>, Refused> {
        self.send(command.as_bytes()).await?;
        let answer = timeout(ANSWER, self.answer()).await.map_err(|_| gone("no answer in time"))?;
        let (number, lines) = answer?;
        // 251 takes a recipient too, and forwards.
        if number == wanted || (wanted == 250 && number == 251) {
            return Ok(lines);
        }
        Err(Refused::Answer { step: step.to_string(), answer: format!("{number} {}", lines.join(" ")) })
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let stream = self.stream.get_mut();
        let sent = timeout(LAST_ANSWER, async {
            stream.write_all(bytes).await?;
            stream.flush().await
        });
        sent.await.map_err(|_| gone("the mail server takes nothing"))?.map_err(gone)
    }

    /// One answer of one or several lines.
    async fn answer(&mut self) -> Result<(u16, Vec<String>), Refused> {
        let mut lines = Vec::new();
        for _ in 0..LINES {
            let mut line = Vec::new();
            let read = (&mut self.stream).take(LINE).read_until(b'\n', &mut line).await.map_err(gone)?;
            if read == 0 || line.last() != Some(&b'\n') {
                return Err(gone("the mail server closed the connection or answered without end"));
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\r', '\n']);
            let number = text.get(..3).and_then(|number| number.parse::<u16>().ok());
            let number = number.ok_or_else(|| gone("what answers is no mail server"))?;
            lines.push(text.get(4..).unwrap_or_default().to_string());
            if text.as_bytes().get(3) != Some(&b'-') {
                return Ok((number, lines));
            }
        }
        Err(gone("the mail server answered without end"))
    }
}

fn gone(why: impl ToString) -> Refused {
    Refused::Connection(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, Write};

    fn envelope(sender: &str, recipients: &[&str]) -> Envelope {
        Envelope { sender: sender.into(), recipients: recipients.iter().map(ToString::to_string).collect() }
    }

    /// Delivers to a server that gives these answers, one for each line that comes before the mail.
    fn delivered(answers: &'static [&'static str], mail: &str) -> (Result<(), Refused>, String) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut lines = std::io::BufReader::new(stream.try_clone().unwrap());
            let mut got = String::new();
            for (n, answer) in answers.iter().enumerate() {
                // A command for each answer but the greeting; behind DATA the mail up to its end.
                let in_mail = n > 0 && answers[n - 1].starts_with("354");
                let mut line = String::new();
                while n > 0 && line != ".\r\n" {
                    line.clear();
                    let read = lines.read_line(&mut line).unwrap_or(0);
                    got.push_str(&line);
                    if read == 0 || !in_mail {
                        break;
                    }
                }
                if (&stream).write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
            got
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let to = envelope("s@foreign.example", &["a@city.example", "b@city.example"]);
        let result = runtime.block_on(deliver(&address, &to, mail.as_bytes()));
        (result, server.join().unwrap())
    }

    const GOOD: &[&str] = &[
        "220-hello\r\n220 mx.city.example\r\n",
        "250-mx\r\n250-8bitmime\r\n250 SIZE 1000\r\n",
        "250 2.1.0 Ok\r\n",
        "250 2.1.5 Ok\r\n",
        "251 forwards\r\n",
        "354 go on\r\n",
        "250 2.0.0 queued\r\n",
        "221 bye\r\n",
    ];

    #[test]
    fn a_mail_goes_to_everybody_of_its_envelope() {
        let (result, got) = delivered(GOOD, "Subject: 件名\r\n\r\n.\r\nline\n..two\rthree");
        assert!(result.is_ok(), "{result:?}");
        let want = "EHLO [127.0.0.1]\r\nMAIL FROM:<s@foreign.example> BODY=8BITMIME\r\nRCPT TO:<a@city.example>\r\n\
                    RCPT TO:<b@city.example>\r\nDATA\r\nSubject: 件名\r\n\r\n..\r\nline\r\n...two\r\nthree\r\n.\r\nQUIT\r\n";
        assert_eq!(got, want);
    }

    #[test]
    fn one_refused_recipient_is_a_refusal_of_all() {
        let answers = &["220 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "550 5.1.1 nobody\r\n"];
        let (result, got) = delivered(answers, "Subject: x\r\n\r\n");
        let error = result.unwrap_err().to_string();
        assert_eq!(error, "RCPT b@city.example: 550 5.1.1 nobody");
        assert!(!got.contains("DATA"));
    }

    #[test]
    fn answers_that_make_no_sense_end_it() {
        let long: &'static str = Box::leak(format!("220 {}\r\n", "x".repeat(5000)).into_boxed_str());
        let many: &'static str = Box::leak("220-x\r\n".repeat(500).into_boxed_str());
        let rows: [&'static [&'static str]; 6] = [
            &["SSH-2.0-x\r\n"],
            Box::leak(Box::new([long])),
            Box::leak(Box::new([many])),
            &["554 no\r\n"],
            &["220 x"],
            &[],
        ];
        for answers in rows {
            assert!(delivered(answers, "Subject: x\r\n\r\n").0.is_err(), "{answers:?}");
        }
        let (unclear, _) = delivered(&GOOD[..6], "Subject: x\r\n\r\n");
        assert!(matches!(unclear, Err(Refused::Unclear)), "{unclear:?}");
    }

    #[test]
    fn what_the_server_does_not_know_is_not_sent() {
        let plain = ["SIZE 1".to_string()];
        let to = envelope("", &["a@city.example"]);
        assert_eq!(mail_command(&to, b"x", &plain).unwrap(), "MAIL FROM:<>\r\n");
        assert!(matches!(mail_command(&to, "あ".as_bytes(), &plain), Err(Refused::Lacks("8BITMIME"))));
        let beyond = envelope("", &["あ@city.example"]);
        assert!(matches!(mail_command(&beyond, b"x", &plain), Err(Refused::Lacks("SMTPUTF8"))));
        for wrong in ["", "a b@x", "a@x>\r\nRCPT TO:<b@x", "a\u{7f}@x", "a⟨U+0000⟩@x"] {
            let to = envelope("", &[wrong]);
            assert!(matches!(mail_command(&to, b"x", &plain), Err(Refused::Address(_))), "{wrong}");
        }
    }

    #[test]
    fn no_end_hides_in_the_mail() {
        for inner in ["\n.\n", "\r.\r", "\r\n.\r\n", "\n.\r\n", "\r\n.\n", "\n.\r"] {
            let out = stuffed(format!("a{inner}b").as_bytes());
            assert_eq!(out, b"a\r\n..\r\nb\r\n.\r\n", "{inner:?}");
        }
        assert_eq!(stuffed(b""), b".\r\n");
        assert_eq!(stuffed(b".\r\n\r\n"), b"..\r\n\r\n.\r\n");
    }
}
