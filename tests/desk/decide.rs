//! Deciding: release, keep, marks, exceptions, the rule of two persons, the texts, and who may what.

use super::client::{Browser, Desk, PATIENCE};
use super::pages::hostile_mail;
use super::release::decided_again;
use super::{PASSWORD, case, checked, opened, set_up, sign_in};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tenpu::store::{Answered, NewMessage, Source, Store};

/// A mail server that takes everything, or refuses every recipient, and keeps what it was told.
pub(super) struct Server {
    pub(super) address: String,
    sessions: Arc<Mutex<Vec<String>>>,
    pub(super) refuses: Arc<Mutex<bool>>,
}

impl Server {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Self { address, sessions: Arc::default(), refuses: Arc::default() };
        let (sessions, refuses) = (server.sessions.clone(), server.refuses.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let said = Self::speak(&stream, *refuses.lock().unwrap());
                sessions.lock().unwrap().push(said);
            }
        });
        server
    }

    /// What was said until the desk went away.
    fn speak(mut stream: &TcpStream, refuses: bool) -> String {
        let mut lines = BufReader::new(stream);
        let mut said = Vec::new();
        let mut is_mail = false;
        let mut is_there = stream.write_all(b"220 mx.city.example ESMTP\r\n").is_ok();
        while is_there {
            let start = said.len();
            if lines.read_until(b'\n', &mut said).unwrap_or(0) == 0 {
                break;
            }
            let line = &said[start..];
            let answer: &[u8] = match line {
                b".\r\n" if is_mail => {
                    is_mail = false;
                    b"250 2.0.0 queued as 1\r\n"
                }
                _ if is_mail => continue,
                line if line.starts_with(b"EHLO") => b"250-mx.city.example\r\n250 8BITMIME\r\n",
                line if line.starts_with(b"RCPT") && refuses => b"550 5.7.1 <not> today\r\n",
                line if line.starts_with(b"DATA") => {
                    is_mail = true;
                    b"354 go on\r\n"
                }
                line if line.starts_with(b"QUIT") => b"221 bye\r\n",
                _ => b"250 ok\r\n",
            };
            is_there = stream.write_all(answer).is_ok();
        }
        String::from_utf8(said).unwrap()
    }

    /// What it was told so far.
    pub(super) fn sessions(&self) -> Vec<String> {
        self.sessions.lock().unwrap().clone()
    }

    /// The same once so many sessions have ended: the desk may answer before the last one is noted.
    pub(super) fn ended(&self, count: usize) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        while self.sessions().len() < count && Instant::now() < until {
            sleep(Duration::from_millis(20));
        }
        let sessions = self.sessions();
        assert_eq!(sessions.len(), count, "{sessions:?}");
        sessions
    }
}

/// Stores a mail as the service does that held it: with its envelope; answers the path of its page.
pub(super) fn held(desk: &Desk, browser: &mut Browser, mail: &[u8], id: &str, recipients: &[&str]) -> String {
    let uploaded = checked(browser, "a.eml", mail);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&format!("sqlite:{}", desk.store().display()), None).await.unwrap();
        let report = store.get(uploaded.rsplit('/').next().unwrap()).await.unwrap().report;
        let recipients: Vec<String> = recipients.iter().map(ToString::to_string).collect();
        let message = NewMessage {
            id,
            raw: mail,
            report: &report,
            source: Source::Milter,
            reporter: "",
            sender: "bounce@foreign.example",
            recipients: &recipients,
            client: "192.0.2.1",
            queue_id: "43F7A98CDBF",
            action: "quarantine",
            answered: Answered::With(None),
            received: tenpu::store::now(),
        };
        store.put(&message).await.unwrap();
        store.close().await;
    });
    format!("/messages/{id}")
}

/// Does an act on its page.
pub(super) fn decided(browser: &mut Browser, page: &str, act: &str, fields: &[(&str, &str)]) -> u16 {
    let path = format!("{page}/decide/{act}");
    browser.submit(&path, &path, fields).status
}

pub(super) fn dangerous() -> Vec<u8> {
    case("emotet-autoopen-continued-doc")
}

#[test]
fn a_viewer_decides_nothing() {
    let (desk, mut browser) = opened("en");
    let page = checked(&mut browser, "a.eml", &dangerous());
    assert!(desk.add_user("viewer", "viewer", PASSWORD));
    let (mut viewer, _) = sign_in(&desk, "viewer", PASSWORD);
    let shown = viewer.get(&page);
    assert!(shown.text().contains("handed in") && !shown.text().contains("/decide/"));
    assert_eq!(viewer.get(&format!("{page}/texts")).status, 200);
    for path in ["keep", "release", "exception", "false-alarm"].map(|act| format!("{page}/decide/{act}")) {
        assert_eq!(viewer.get(&path).status, 403, "{path}");
        assert_eq!(viewer.submit("/", &path, &[("what", "sender"), ("days", "30")]).status, 403, "{path}");
    }
    for path in ["/audit", "/users"] {
        assert_eq!(viewer.get(path).status, 403, "{path}");
    }
    assert_eq!(viewer.submit("/", "/users/add", &[("name", "x"), ("role", "administrator")]).status, 403);
    assert_eq!(viewer.submit("/", "/exceptions/1/approve", &[]).status, 403);
    assert!(!browser.get(&page).text().contains("kept"), "nothing was done");
}

#[test]
fn forms_without_their_token_decide_nothing() {
    let (_desk, mut browser) = opened("en");
    let page = checked(&mut browser, "a.eml", &dangerous());
    let exception = [("what", "sender"), ("days", "30"), ("comment", "x")];
    for (path, fields) in [
        (format!("{page}/decide/keep"), &[][..]),
        (format!("{page}/decide/exception"), &exception[..]),
        ("/users/add".to_string(), &[("name", "x"), ("role", "administrator")][..]),
        ("/exceptions/1/revoke".to_string(), &[][..]),
    ] {
        assert_eq!(browser.post(&path, fields, &[]).status, 403, "{path}");
        let csrf = browser.get("/upload").csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        let cross = browser.post(&path, &all, &[("Origin", "http://evil.example")]);
        assert_eq!(cross.status, 403, "{path}");
    }
    assert!(browser.get("/exceptions").text().contains("Nothing is excepted."));
}

#[test]
fn a_false_alarm_with_an_exception() {
    let (_desk, mut browser) = opened("en");
    let page = checked(&mut browser, "a.eml", &dangerous());
    assert_eq!(decided(&mut browser, &page, "false-alarm", &[("comment", "our <b>own</b> form")]), 303);
    let text = browser.get(&page).text().to_string();
    assert!(text.contains("<b>reported as a false alarm</b>") && text.contains("This mail was decided on."));
    assert!(text.contains("our &#60;b&#62;own") && browser.get("/").text().contains("0 waiting"));

    let path = format!("{page}/decide/exception");
    let ask = browser.get(&path);
    assert!(ask.text().contains("value=\"macro-hash\""));
    assert!(!ask.text().contains("value=\"sender\""), "nothing proves who sent it");
    for (fields, want) in [
        ([("what", "macro-hash"), ("days", "30"), ("comment", "")], 422),
        ([("what", "everything"), ("days", "30"), ("comment", "x")], 422),
        ([("what", "sender"), ("days", "9999"), ("comment", "x")], 422),
        ([("what", "macro-hash"), ("days", "30"), ("comment", "the form of section 3")], 303),
    ] {
        assert_eq!(browser.submit(&path, &path, &fields).status, want, "{fields:?}");
    }
    let list = browser.get("/exceptions");
    assert!(list.text().contains("the form of section 3") && list.text().contains("Program (macro)"));
    assert!(list.text().contains("no mail let pass so far"));
    let again = checked(&mut browser, "b.eml", &dangerous());
    let text = browser.get(&again).text().to_string();
    assert!(text.contains("There is an exception for: Program (macro)"));
    assert!(
        text.contains("Dangerous: very likely a virus mail") && text.contains("Nothing has to be decided.")
    );
    assert_eq!(text.matches("<b>let pass by an exception</b>").count(), 1, "two macros, one line");
    assert!(text.contains("the form of section 3</bdi>"));
    assert!(browser.get("/").text().contains("0 waiting"));
    assert!(browser.get("/?state=all").text().contains(&again));
    assert!(browser.get("/exceptions").text().contains("1 mails let pass"));
    assert!(!ask.text().contains("More than its programs"));
    let hidden = checked(&mut browser, "h.eml", &case("emotet-activex-text-wmi-doc"));
    let ask = browser.get(&format!("{hidden}/decide/exception"));
    assert!(ask.text().contains("More than its programs speaks against this mail"));
    assert_eq!(decided(&mut browser, &hidden, "keep", &[]), 303);
    checked(&mut browser, "c.eml", &case("mshta-caret-split-doc"));
    assert!(browser.get("/").text().contains("1 waiting"), "another macro is not meant");
    let number = list.text().split("/exceptions/").nth(1).unwrap().split('/').next().unwrap().to_string();
    assert_eq!(browser.submit("/exceptions", &format!("/exceptions/{number}/revoke"), &[]).status, 303);
    assert!(browser.get("/exceptions").text().contains("taken back"));
    checked(&mut browser, "d.eml", &dangerous());
    assert!(browser.get("/").text().contains("2 waiting"), "one of its two macros is not meant any more");
}

#[test]
fn an_act_for_a_whole_campaign() {
    let server = Server::new();
    let (desk, mut browser) = set_up(Desk::with(&format!("smtp = \"{}\"", server.address)), "en");
    let first = held(&desk, &mut browser, &dangerous(), "m-1", &["a@city.example"]);
    for n in 2..5 {
        held(&desk, &mut browser, &dangerous(), &format!("m-{n}"), &[&format!("p{n}@city.example")]);
    }
    assert!(
        browser
            .get(&format!("{first}/decide/keep"))
            .text()
            .contains("All mails of the same attack that wait: 8")
    );
    // Marks leave what is held waiting; the four that were handed in are done.
    assert_eq!(decided(&mut browser, &first, "false-alarm", &[("scope", "campaign")]), 303);
    assert!(browser.get("/messages/m-3").text().contains("Somebody has to decide on this mail."));
    assert!(browser.get("/messages/m-3").text().contains("reported as a false alarm"));
    assert_eq!(decided(&mut browser, &first, "release", &[("scope", "campaign")]), 303);
    let said = server.ended(4);
    for to in ["a@", "p2@", "p3@", "p4@"] {
        assert_eq!(said.iter().filter(|one| one.contains(&format!("RCPT TO:<{to}"))).count(), 1, "{to}");
    }
    assert!(browser.get("/").text().contains("0 waiting"));
    assert!(browser.get("/messages/m-4").text().contains("<b>delivered</b>"));
    assert!(browser.get("/audit").text().contains("holds"));
}

#[test]
fn two_persons_release_and_except() {
    let server = Server::new();
    let section = format!("smtp = \"{}\"\ntwo_person = true", server.address);
    let (desk, mut browser) = set_up(Desk::with(&section), "en");
    assert!(desk.add_user("second", "operator", PASSWORD));
    let (mut second, _) = sign_in(&desk, "second", PASSWORD);
    let page = held(&desk, &mut browser, &dangerous(), "m-1", &["a@city.example"]);
    assert_eq!(decided(&mut browser, &page, "release", &[("comment", "from the citizen")]), 303);
    assert!(server.sessions().is_empty(), "one person delivers nothing");
    assert!(browser.get(&page).text().contains("You asked for it"));
    assert_eq!(decided_again(&mut browser, &page), 422);
    let queue = second.get("/");
    assert!(queue.text().contains("Waits for approval") && queue.text().contains("山田 asked for delivery"));

    assert_eq!(decided(&mut second, &page, "refuse-release", &[]), 303);
    assert!(!second.get("/").text().contains("Waits for approval"));
    assert_eq!(decided(&mut second, &page, "release", &[]), 303);
    assert!(server.sessions().is_empty(), "after a refusal the question is a new one");
    assert_eq!(decided(&mut browser, &page, "release", &[]), 303);
    server.ended(1);
    assert!(browser.get("/audit").text().contains("asked for by second"));

    let fields = [("what", "macro-hash"), ("days", "30"), ("comment", "known partner")];
    assert_eq!(decided(&mut browser, &page, "exception", &fields), 303);
    assert!(!browser.get(&page).text().contains("There is an exception"), "it is not approved yet");
    assert!(!browser.get("/exceptions").text().contains("/approve"), "not by whoever asked");
    let number = browser.get("/exceptions").text().split("/exceptions/").nth(1).unwrap().to_string();
    let approve = format!("/exceptions/{}/approve", number.split('/').next().unwrap());
    assert_eq!(browser.submit("/exceptions", &approve, &[]).status, 303);
    assert!(browser.get("/exceptions").text().contains("not approved yet"));
    assert!(second.get("/").text().contains("Exceptions: 2"));
    assert_eq!(second.submit("/exceptions", &approve, &[]).status, 303);
    assert!(browser.get(&page).text().contains("There is an exception for: Program (macro)"));
}

#[test]
fn an_administrator_manages_accounts() {
    let (desk, mut browser) = opened("en");
    let add = |browser: &mut Browser, name: &str, role: &str, password: &str| {
        let fields = [("name", name), ("role", role), ("password", password), ("again", password)];
        browser.submit("/users", "/users/add", &fields).status
    };
    assert_eq!(add(&mut browser, "鈴木", "viewer", PASSWORD), 303);
    assert_eq!(add(&mut browser, "鈴木", "viewer", PASSWORD), 422);
    assert_eq!(add(&mut browser, "x", "viewer", "short"), 422);
    assert_eq!(add(&mut browser, "y", "king", PASSWORD), 400);
    assert_eq!(add(&mut browser, "\u{202e}z", "viewer", PASSWORD), 422);
    let (mut other, status) = sign_in(&desk, "鈴木", PASSWORD);
    assert_eq!((status, other.get("/upload").status), (303, 403));
    let change = |browser: &mut Browser, act: &str, name: &str, fields: &[(&str, &str)]| {
        let all = [&[("name", name)], fields].concat();
        browser.submit("/users", &format!("/users/{act}"), &all).status
    };
    assert_eq!(change(&mut browser, "role", "鈴木", &[("role", "operator")]), 303);
    assert_eq!(other.get("/").status, 303, "another role ends the session");
    let (mut other, _) = sign_in(&desk, "鈴木", PASSWORD);
    assert_eq!((other.get("/upload").status, other.get("/users").status), (200, 403));
    let new = "quite another password";
    let passwords = [("password", new), ("again", new)];
    assert_eq!(change(&mut browser, "password", "鈴木", &passwords), 303);
    assert_eq!((sign_in(&desk, "鈴木", PASSWORD).1, sign_in(&desk, "鈴木", new).1), (401, 303));
    assert_eq!(change(&mut browser, "disable", "鈴木", &[]), 303);
    assert_eq!(sign_in(&desk, "鈴木", new).1, 401);
    assert_eq!(change(&mut browser, "enable", "鈴木", &[]), 303);
    assert_eq!(sign_in(&desk, "鈴木", new).1, 303);
    for act in ["role", "disable"] {
        assert_eq!(change(&mut browser, act, "山田", &[("role", "viewer")]), 422, "not the own account");
    }
    assert_eq!(change(&mut browser, "disable", "nobody", &[]), 404);
    let log = browser.get("/audit");
    for act in ["add-account", "change-role", "reset-password", "close-account", "reopen-account"] {
        assert!(log.text().contains(act), "{act}");
    }
    assert!(log.text().contains("none is missing in between"));
}

#[test]
fn the_texts_are_filled_in_and_dead() {
    for (lang, words) in [
        ("en", ["Thank you for telling us", "Subject: Caution", "Dear ", "1. Reporter", "# sha256"]),
        ("ja", ["知らせていただき", "【注意】", " 様", "1. 報告者", "# sha256"]),
    ] {
        let (_desk, mut browser) = opened(lang);
        let page = checked(&mut browser, "a.eml", &dangerous());
        let text = browser.get(&format!("{page}/texts")).text().to_string();
        for word in words.iter().chain(&["Re: Invoice 20181114"]) {
            assert!(text.contains(word), "{word} in {text}");
        }
        let page = checked(&mut browser, "b.eml", &hostile_mail());
        let text = browser.get(&format!("{page}/texts")).text().to_string();
        for wrong in ["<script>alert", "<img", "</textarea><", "http://", "\u{202e}", "\u{1b}"] {
            assert!(!text.contains(wrong), "{wrong} in {text}");
        }
        for path in ["exception", "keep"].map(|act| format!("{page}/decide/{act}")) {
            let text = browser.get(&path).text().to_string();
            for wrong in ["<script>alert", "<img", "\" onmouseover", "http://", "\u{202e}"] {
                assert!(!text.contains(wrong), "{path}: {wrong} in {text}");
            }
        }
        assert!(text.contains("hxxp://evil[.]example") && text.contains("\nevil.example/b.exe"), "{text}");
        let clean = checked(&mut browser, "c.eml", b"Subject: notes\r\nFrom: a@b.example\r\n\r\nhello\r\n");
        let text = browser.get(&format!("{clean}/texts")).text().to_string();
        assert_eq!(text.matches("<textarea").count(), 1, "nothing to warn of or to block");
    }
}
