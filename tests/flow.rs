//! The store in the mail flow: what the desk finds of mails that went by, the quarantine in the store, and passwords that
//! come in other mails. A real service, its sockets, and a SQLite file.

#![cfg(all(unix, feature = "desk"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, starts the program, and reads what it wrote"
)]

mod build;
#[path = "flow/exceptions.rs"]
mod exceptions;
mod service;

use service::{Milter, PATIENCE, Server};
use std::future::Future;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tenpu::store::{Message, Source, State, Store};
use tenpu::verdict::Verdict;

const STORE: &str = "[store]\nurl = \"sqlite:FOLDER/desk.db\"\n";

const CLEAN: &[u8] = b"From: a@example.test\r\nSubject: Hello\r\n\r\nGood morning.\r\n";

/// The message of a case.
fn case(name: &str) -> Vec<u8> {
    build::cases::recipe(&build::cases::place(&format!("tests/cases/{name}/build.toml"))).message.bytes()
}

fn malicious() -> Vec<u8> {
    case("emotet-autoopen-continued-doc")
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// What the desk sees.
fn with_store<T>(server: &Server, look: impl AsyncFnOnce(&Store) -> T) -> T {
    let url = format!("sqlite:{}/desk.db", server.folder.display());
    wait(async {
        let store = Store::open(&url, None).await.unwrap();
        let seen = look(&store).await;
        store.close().await;
        seen
    })
}

/// A message, once it is there.
fn stored(server: &Server, id: &str) -> Message {
    let until = Instant::now() + PATIENCE;
    loop {
        match with_store(server, async |store| store.get(id).await) {
            Ok(message) => return message,
            Err(error) if Instant::now() > until => panic!("{error}: {:?}", server.log()),
            Err(_) => sleep(Duration::from_millis(50)),
        }
    }
}

fn count(server: &Server) -> i64 {
    with_store(server, async |store| store.counts(0).await.unwrap().since)
}

/// The value of a metric.
fn metric(server: &Server, name: &str) -> u64 {
    let (_, page) = server.page("/metrics");
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {page}")).parse().unwrap()
}

fn metric_once(server: &Server, name: &str, wanted: u64) {
    let until = Instant::now() + PATIENCE;
    while metric(server, name) != wanted {
        assert!(Instant::now() < until, "{name} is {}: {:?}", metric(server, name), server.log());
        sleep(Duration::from_millis(20));
    }
}

/// Has the service die and start; however slow the machine is, it knows again what is in its store.
fn kill_and_start(server: &mut Server) {
    server.kill_and_start();
    metric_once(server, "tenpu_store_up", 1);
}

/// A locked archive with a macro document, whose password stands in no word of the mail.
fn locked() -> Vec<u8> {
    let recipe = r#"
        [message]
        from = "田中 <tanaka@kaisha.example>"
        to = "desk@receiver.example"
        subject = "見積書の送付"
        date = "Wed, 02 Mar 2022 10:00:00 +0900"
        [[message.part]]
        text = "パスワードは別途メールにてお知らせいたします。\n"
        [[message.part]]
        name = "mitsumori.zip"
        [message.part.zip]
        encrypt = "zip-crypto"
        password = "Tk7#mWq2"
        [[message.part.zip.member]]
        name = "mitsumori.doc"
        [message.part.zip.member.doc]
        text = "コンテンツの有効化を押してください"
        [message.part.zip.member.doc.vba.modules]
        ThisDocument = """
Private Sub Document_Open()
    Shell "powershell -w hidden -enc VwByAGkAdABlAC0ASABvAHMAdAAgACcAdABlAG4AcAB1ACAAdABlAHMAdAAnAA==", vbHide
End Sub
"""
    "#;
    toml::from_str::<build::cases::Recipe>(recipe).unwrap().message.bytes()
}

/// The mail with its password.
fn password() -> Vec<u8> {
    "From: tanaka@kaisha.example\r\nTo: desk@receiver.example\r\nSubject: パスワード通知\r\n\
     Date: Wed, 02 Mar 2022 10:02:00 +0900\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
     お世話になっております。\r\n\r\nパスワード：Tk7#mWq2\r\n"
        .into()
}

#[test]
fn what_is_not_clean_is_found_by_the_id_of_its_header() {
    let server = Server::new(STORE);
    let mut milter = Milter::new(&server);
    let answer = milter.message("4F7A98CD", &malicious());
    let id = answer.header("X-Tenpu-Id").unwrap();
    let message = stored(&server, id);
    let summary = &message.summary;
    assert_eq!((summary.source, summary.verdict), (Source::Milter, Verdict::Malicious));
    assert_eq!(
        (
            summary.queue_id.as_str(),
            summary.client.as_str(),
            summary.sender.as_str(),
            summary.action.as_str()
        ),
        ("4F7A98CD", "192.0.2.7", "sender@example.test", "quarantine")
    );
    assert_eq!(summary.state, State::Waiting);
    let raw = with_store(&server, async |store| store.raw(id).await.unwrap().unwrap());
    assert_eq!(raw, malicious());
    let to = with_store(&server, async |store| store.recipients(id).await.unwrap());
    assert!(to.contains(&"reader@example.test".to_string()), "{to:?}");

    assert_eq!(milter.message("Q2", CLEAN).end, "c");
    let stream = [
        &b"zINSTREAM\0"[..],
        &u32::try_from(malicious().len()).unwrap().to_be_bytes(),
        &malicious(),
        &[0; 4],
    ];
    assert!(server.clamd(&stream.concat()).contains("FOUND"));
    metric_once(&server, "tenpu_store_written_total", 1);
    assert_eq!(count(&server), 1);

    server.configure(&format!("{STORE}keep = \"all\"\nclamd = true\n"));
    server.signal(rustix::process::Signal::HUP);
    assert_eq!(server.events_once("reloaded", 1)[0]["tenpu"]["restart_needed"], false);
    let clean = milter.message("Q3", CLEAN);
    assert_eq!(stored(&server, clean.header("X-Tenpu-Id").unwrap()).summary.verdict, Verdict::Clean);
    assert!(server.clamd(&stream.concat()).contains("FOUND"));
    metric_once(&server, "tenpu_store_written_total", 3);
    let of_clamd = server.events("message").last().unwrap()["tenpu"]["id"].as_str().unwrap().to_string();
    assert_eq!(stored(&server, &of_clamd).summary.source, Source::Clamd);
    // A part without its mail is none.
    assert!(server.clamd(b"zINSTREAM\0\0\0\0\x05%PDF-\0\0\0\0").contains("OK"));
    assert_eq!(milter.message("Q4", CLEAN).end, "c");
    metric_once(&server, "tenpu_store_written_total", 4);
    assert_eq!((count(&server), metric(&server, "tenpu_store_dropped_total")), (4, 0));
}

#[test]
fn a_quarantine_in_the_store_is_forgotten_by_the_mail_server_only_when_the_store_has_it() {
    let policy = "[policy]\nquarantine = \"store\"\n[serve]\nwait = 2\n";
    let server = Server::new(&format!("{policy}{STORE}"));
    let mut milter = Milter::new(&server);
    let answer = milter.message("Q1", &malicious());
    assert_eq!((answer.end.as_str(), answer.changes.len()), ("d", 0));
    let event = server.events_once("message", 1).remove(0);
    assert_eq!(event["tenpu"]["action"], "quarantine");
    let id = event["tenpu"]["id"].as_str().unwrap();
    // It was there before the answer was.
    let message = with_store(&server, async |store| store.get(id).await.unwrap());
    assert_eq!(message.summary.action, "quarantine");

    // Somebody holds the store: who waits for it is put off, and nobody else waits.
    let id = wait(async {
        let pool = connections(&server).await;
        let change = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let answer = milter.message("Q2", &malicious());
        assert!(answer.end.starts_with("y451 4.7.1"), "{answer:?}");
        // The store is held until both have their answers.
        let tagged = milter.message("Q3", &locked());
        assert_eq!(tagged.end, "c");
        assert_eq!(metric(&server, "tenpu_store_dropped_total"), 0);
        change.rollback().await.unwrap();
        pool.close().await;
        tagged.header("X-Tenpu-Id").unwrap().to_string()
    });
    assert_eq!(stored(&server, &id).summary.action, "tag");
    assert_eq!(milter.message("Q4", &malicious()).end, "d");
}

/// Connections of our own to the database.
async fn connections(server: &Server) -> sqlx::AnyPool {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite:{}/desk.db", server.folder.display());
    sqlx::any::AnyPoolOptions::new().connect(&url).await.unwrap()
}

#[test]
fn a_store_that_does_not_open_changes_no_answer_but_that_of_its_quarantine() {
    // Where a file lies there can be no folder.
    let config = "[policy]\nsuspicious = \"reject\"\nquarantine = \"store\"\n\
                  [store]\nurl = \"sqlite:FOLDER/log/desk.db\"\n";
    let server = Server::new(config);
    let mut milter = Milter::new(&server);
    assert_eq!(milter.message("Q1", CLEAN).end, "c");
    server.configure(&format!("{config}[serve]\nwait = 1\n"));
    server.signal(rustix::process::Signal::HUP);
    server.events_once("reloaded", 1);
    assert!(milter.message("Q2", &malicious()).end.starts_with("y451"));
    assert_eq!(metric(&server, "tenpu_store_up"), 0);
    assert!(!server.events("store-failed").is_empty());
}

#[test]
fn a_password_that_came_before_opens_what_comes_then() {
    let mut server = Server::new(STORE);
    let mut milter = Milter::new(&server);
    assert_eq!(milter.message("Q1", &locked()).header("X-Tenpu-Verdict"), Some("unverified"));
    metric_once(&server, "tenpu_store_written_total", 1);
    assert_eq!(milter.message("Q2", &password()).end, "c");
    // The one that was kept is scanned again, and so is the same mail when it comes a second time.
    let event = server.events_once("rescanned", 1).remove(0);
    let id = server.events("message")[0]["tenpu"]["id"].as_str().unwrap().to_string();
    assert_eq!((&event["tenpu"]["id"], &event["email"]["local_id"]), (&id.clone().into(), &"Q1".into()));
    assert_eq!(
        (&event["tenpu"]["verdict_before"], &event["event"]["kind"]),
        (&"unverified".into(), &"alert".into())
    );
    let message = stored(&server, &id);
    assert!(message.summary.verdict == Verdict::Malicious && !message.summary.locked);
    assert_eq!(message.versions.len(), 2);
    metric_once(&server, "tenpu_store_rescans_opened_total", 1);
    let answer = milter.message("Q3", &locked());
    assert_eq!(answer.header("X-Tenpu-Verdict"), Some("malicious"), "{answer:?}");
    drop(milter);

    // What was told before a restart is still known.
    metric_once(&server, "tenpu_store_written_total", 2);
    kill_and_start(&mut server);
    let mut milter = Milter::new(&server);
    assert_eq!(milter.message("Q4", &locked()).header("X-Tenpu-Verdict"), Some("malicious"));
    let log = std::fs::read_to_string(server.folder.join("log")).unwrap();
    assert!(!log.contains("Tk7#mWq2"), "{log}");
}

#[test]
fn locked_mails_of_before_a_restart_wait_for_their_password() {
    let mut server = Server::new(STORE);
    assert_eq!(Milter::new(&server).message("Q1", &locked()).header("X-Tenpu-Verdict"), Some("unverified"));
    metric_once(&server, "tenpu_store_written_total", 1);
    kill_and_start(&mut server);
    let mail = String::from_utf8(password()).unwrap();
    let stranger = mail.replace("kaisha", "elsewhere");
    for mail in [&stranger, &mail] {
        let length = u32::try_from(mail.len()).unwrap();
        let stream = [&b"zINSTREAM\0"[..], &length.to_be_bytes(), mail.as_bytes(), &[0; 4]].concat();
        assert!(server.clamd(&stream).contains("OK"));
    }
    assert_eq!(server.events_once("rescanned", 1).len(), 1);
    assert_eq!((metric(&server, "tenpu_store_rescans_total"), count(&server)), (1, 1));
}

#[test]
fn a_mail_is_written_even_if_what_it_tells_cannot_be() {
    let server = Server::new(&format!("{STORE}keep = \"all\"\n"));
    let mut milter = Milter::new(&server);
    assert_eq!(milter.message("Q1", CLEAN).end, "c");
    metric_once(&server, "tenpu_store_written_total", 1);
    wait(async {
        let pool = connections(&server).await;
        sqlx::query("ALTER TABLE letters RENAME TO gone").execute(&pool).await.unwrap();
        pool.close().await;
    });
    assert_eq!(milter.message("Q2", &password()).end, "c");
    metric_once(&server, "tenpu_store_written_total", 2);
    assert_eq!((count(&server), metric(&server, "tenpu_store_dropped_total")), (2, 0));
    assert!(!server.events("store-failed").is_empty());
}

#[test]
fn what_waits_to_be_written_is_written_before_the_service_ends() {
    let mut server = Server::new(STORE);
    let mut milter = Milter::new(&server);
    for n in 0..20 {
        assert_eq!(milter.message(&format!("Q{n}"), &locked()).header("X-Tenpu-Verdict"), Some("unverified"));
    }
    server.signal(rustix::process::Signal::TERM);
    drop(milter);
    assert_eq!((server.ended(), count(&server)), (Some(0), 20));
}
