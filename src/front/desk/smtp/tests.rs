//! Servers that answer well, badly, and not at all.

use super::*;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

fn envelope(sender: &str, recipients: &[&str]) -> Envelope {
    Envelope { sender: sender.into(), recipients: recipients.iter().map(ToString::to_string).collect() }
}

/// Gives these answers, one for each line that comes before the mail; what came. The first waits for no line.
fn talk(mut stream: impl Read + Write, answers: &[&str], is_greeted: bool) -> String {
    let mut got = String::new();
    for (n, answer) in answers.iter().enumerate() {
        // A command for each answer but the greeting; behind DATA the mail up to its end.
        let in_mail = n > 0 && answers[n - 1].starts_with("354");
        let is_asked = n > 0 || is_greeted;
        let mut line = Vec::new();
        while is_asked && line != b".\r\n" {
            line.clear();
            let mut byte = [0];
            while !line.ends_with(b"\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
                line.push(byte[0]);
            }
            got.push_str(&String::from_utf8_lossy(&line));
            if line.is_empty() || !in_mail {
                break;
            }
        }
        if stream.write_all(answer.as_bytes()).and_then(|()| stream.flush()).is_err() {
            break;
        }
    }
    got
}

/// Delivers to a server that is made by `serve`; what became of it, and what the server got.
fn delivered_to<F>(keys: Keys, mail: &str, serve: F) -> (Result<(), Refused>, String)
where
    F: FnOnce(TcpStream) -> String + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || serve(listener.accept().unwrap().0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let to = envelope("s@foreign.example", &["a@city.example", "b@city.example"]);
    let keys = Keys { address: Some(address), ..keys };
    let sender = Server::of(keys, Path::new("")).unwrap().unwrap();
    let result = runtime.block_on(deliver(&sender, &to, mail.as_bytes()));
    (result, server.join().unwrap())
}

/// Delivers to a server without TLS that gives these answers.
fn delivered(answers: &'static [&'static str], mail: &str) -> (Result<(), Refused>, String) {
    delivered_to(Keys::default(), mail, |stream| talk(stream, answers, false))
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

/// A certificate for a name, in a file, and a server's half of it.
struct Certificate {
    file: PathBuf,
    config: Arc<ServerConfig>,
}

impl Certificate {
    fn of(name: &str) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_string()]).unwrap();
        let file = std::env::temp_dir().join(format!("tenpu-smtp-{}-{name}.pem", std::process::id()));
        std::fs::write(&file, cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        Self { file, config: Arc::new(config) }
    }

    /// TLS on a connection; talks over it.
    fn talk(config: Arc<ServerConfig>, stream: TcpStream, answers: &[&str], is_greeted: bool) -> String {
        talk(StreamOwned::new(ServerConnection::new(config).unwrap(), stream), answers, is_greeted)
    }

    /// Delivers to a server that offers STARTTLS with these words, and gives these answers behind it.
    fn delivered(
        &self,
        keys: Keys,
        before: &'static [&'static str],
        answers: &'static [&'static str],
    ) -> (Result<(), Refused>, String) {
        let config = self.config.clone();
        delivered_to(keys, "Subject: x\r\n\r\n", move |stream| {
            let open = talk(&stream, before, false);
            open + "|" + &Self::talk(config, stream, answers, true)
        })
    }

    fn keys(&self, security: Security, name: &str) -> Keys {
        let (security, name) = (Some(security), Some(name.to_string()));
        Keys { security, name, authorities: Some(self.file.clone()), ..Keys::default() }
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.file);
    }
}

const BEFORE: &[&str] = &["220 mx\r\n", "250-mx\r\n250-AUTH PLAIN\r\n250 starttls\r\n", "220 go on\r\n"];
const BEHIND: &[&str] = &[
    "250 mx\r\n",
    "250 Ok\r\n",
    "250 Ok\r\n",
    "250 Ok\r\n",
    "354 go on\r\n",
    "250 queued\r\n",
    "221 bye\r\n",
];

#[test]
fn a_mail_goes_over_tls_to_a_server_that_proves_its_name() {
    let certificate = Certificate::of("good.city.example");
    let keys = certificate.keys(Security::Required, "good.city.example");
    let (result, got) = certificate.delivered(keys, BEFORE, BEHIND);
    assert!(result.is_ok(), "{result:?}");
    let (open, closed) = got.split_once('|').unwrap();
    assert_eq!(open, "EHLO [127.0.0.1]\r\nSTARTTLS\r\n");
    assert!(closed.starts_with("EHLO [127.0.0.1]\r\nMAIL FROM:<s@foreign.example>\r\n"), "{closed}");
    assert!(closed.ends_with(".\r\nQUIT\r\n"));

    let config = certificate.config.clone();
    let keys = certificate.keys(Security::Implicit, "good.city.example");
    let (result, got) = delivered_to(keys, "Subject: x\r\n\r\n", move |stream| {
        Certificate::talk(config, stream, GOOD, false)
    });
    assert!(result.is_ok() && got.ends_with("QUIT\r\n"), "{result:?}");
}

#[test]
fn nothing_is_sent_to_a_server_that_proves_nothing() {
    let (certificate, other) = (Certificate::of("one.city.example"), Certificate::of("other.city.example"));
    let wrong_name = certificate.keys(Security::Required, "two.city.example");
    let wrong_authority = other.keys(Security::Required, "one.city.example");
    for keys in [wrong_name, wrong_authority] {
        let (result, got) = certificate.delivered(keys, BEFORE, BEHIND);
        assert!(result.unwrap_err().to_string().starts_with("TLS: "));
        assert_eq!(got, "EHLO [127.0.0.1]\r\nSTARTTLS\r\n|");
    }
    let keys = certificate.keys(Security::Required, "one.city.example");
    let (result, got) = delivered_to(keys, "", |stream| talk(stream, GOOD, false));
    assert!(matches!(result, Err(Refused::Lacks(_))) && got == "EHLO [127.0.0.1]\r\n", "{result:?} {got}");
    let keys = certificate.keys(Security::Implicit, "one.city.example");
    let (result, _) = delivered_to(keys, "", |stream| talk(stream, GOOD, false));
    assert!(result.unwrap_err().to_string().starts_with("TLS: "), "it speaks no TLS");
}

#[test]
fn what_was_said_before_tls_does_not_count_behind_it() {
    let certificate = Certificate::of("early.city.example");
    let keys = certificate.keys(Security::Required, "early.city.example");
    let early = &["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go on\r\n250 AUTH PLAIN\r\n"];
    let (result, _) = certificate.delivered(keys, early, BEHIND);
    assert!(result.unwrap_err().to_string().contains("before TLS"));
}

#[test]
fn on_this_machine_tls_is_taken_where_it_is_offered() {
    let certificate = Certificate::of("stranger.example");
    let (result, got) = certificate.delivered(Keys::default(), BEFORE, BEHIND);
    assert!(result.is_ok() && got.contains("|EHLO"), "{result:?} {got}");
    let none = Keys { security: Some(Security::None), ..Keys::default() };
    let answers: &[&str] = &[BEFORE[0], BEFORE[1]];
    let answers: &'static [&'static str] = Box::leak([answers, &BEHIND[1..]].concat().into_boxed_slice());
    let (result, got) = delivered_to(none, "Subject: x\r\n\r\n", |stream| talk(stream, answers, false));
    assert!(result.is_ok() && !got.contains("STARTTLS"), "{result:?} {got}");
}

#[test]
fn a_password_is_told_by_either_way_and_never_shown() {
    let certificate = Certificate::of("auth.city.example");
    let file = std::env::temp_dir().join(format!("tenpu-smtp-auth-{}", std::process::id()));
    std::fs::write(&file, "秘密\n").unwrap();
    let keys = || Keys {
        user: Some("desk".into()),
        file: Some(file.clone()),
        ..certificate.keys(Security::Required, "auth.city.example")
    };
    let behind = |head: &[&'static str]| -> &'static [&'static str] {
        Box::leak([head, &BEHIND[1..]].concat().into_boxed_slice())
    };
    let ehlo = "250-mx\r\n250 AUTH LOGIN PLAIN\r\n";
    let refusal: &[&str] = &["250-mx\r\n250 AUTH LOGIN PLAIN\r\n", "535 no, desk:秘密\r\n", "221 bye\r\n"];
    let (result, got) = certificate.delivered(keys(), BEFORE, behind(&[ehlo, "235 welcome\r\n"]));
    let want = format!("\r\nAUTH PLAIN {}\r\nMAIL", plain("desk", "秘密"));
    assert!(result.is_ok() && got.contains(&want), "{result:?} {got}");
    let login = ["250 AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", "235 welcome\r\n"];
    let (result, got) = certificate.delivered(keys(), BEFORE, behind(&login));
    let want = format!("AUTH LOGIN\r\nZGVzaw==\r\n{}\r\nMAIL", base64::encode("秘密".as_bytes()));
    assert!(result.is_ok() && got.contains(&want), "{result:?} {got}");
    let (result, got) = certificate.delivered(keys(), BEFORE, refusal);
    assert_eq!(result.unwrap_err().to_string(), "AUTH: 535");
    assert!(!got.contains("MAIL"));
    let (result, _) = certificate.delivered(keys(), BEFORE, &["250 mx\r\n", "221 bye\r\n"]);
    assert!(matches!(result, Err(Refused::Lacks(_))), "what was offered before TLS does not count");
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_server_that_breaks_off_anywhere_ends_it() {
    for (n, answer) in GOOD.iter().enumerate().take(GOOD.len() - 1) {
        for cut in 0..answer.len() {
            let part: &'static str = Box::leak(answer.get(..cut).unwrap().to_string().into_boxed_str());
            let answers: &'static [&'static str] =
                Box::leak([&GOOD[..n], &[part]].concat().into_boxed_slice());
            let (result, _) = delivered(answers, "Subject: x\r\n\r\n");
            assert!(result.is_err(), "{answers:?}");
        }
    }
    let certificate = Certificate::of("cut.city.example");
    for n in 0..BEHIND.len() - 1 {
        let keys = certificate.keys(Security::Required, "cut.city.example");
        assert!(certificate.delivered(keys, BEFORE, &BEHIND[..n]).0.is_err(), "{n}");
    }
}
