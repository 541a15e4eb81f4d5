//! A real Postfix before the service: nothing lost, nothing twice, each message with its headers, also when workers or
//! the service are killed in between and when clients hang on to it. Runs where Postfix is installed and may be
//! started; elsewhere it says so. `TENPU_MAILS` says how many mails go by.

#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, starts programs, and reads what they wrote"
)]

mod build;
mod service;

use rustix::process::{Pid, Signal, kill_process};
use service::postfix::{Postfix, values};
use service::{Milter, Server, wait_until};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

fn case(name: &str) -> Vec<u8> {
    build::cases::recipe(&build::cases::place(&format!("tests/cases/{name}/build.toml"))).message.bytes()
}

/// A message with its number, and a header that is not its sender's to set.
fn numbered(n: usize, message: &[u8]) -> Vec<u8> {
    [format!("X-Number: {n}\r\nX-Tenpu-Verdict: clean\r\n").as_bytes(), message].concat()
}

fn milter(server: &Server) -> String {
    format!("unix:{}", server.folder.join("milter").display())
}

/// How many mails a trial is of.
fn count(default: usize) -> usize {
    let asked = std::env::var("TENPU_MAILS").ok().and_then(|count| count.parse().ok());
    asked.unwrap_or(default)
}

/// Sends mails by twenty clients at a time, while something else is done again and again, until all came out.
fn send_all(
    (to, out): (&Postfix, &Postfix),
    count: usize,
    message: &[u8],
    mut meanwhile: impl FnMut(usize) + Send,
) {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let is_over = &is_over;
        let other = scope.spawn(move || {
            (0..).take_while(|_| !is_over.load(Ordering::Relaxed)).for_each(&mut meanwhile);
        });
        let senders: Vec<_> = (0..20)
            .map(|thread| {
                scope.spawn(move || {
                    for n in (thread..count).step_by(20) {
                        let reply = to.send(&numbered(n, message));
                        assert!(reply.starts_with("250 "), "{reply}");
                    }
                })
            })
            .collect();
        let sent: Vec<_> = senders.into_iter().map(|sender| sender.join()).collect();
        out.delivered(count);
        is_over.store(true, Ordering::Relaxed);
        sent.into_iter().for_each(Result::unwrap);
        other.join().unwrap();
    });
}

/// That each mail came out once, with the header of this verdict and no other.
fn assert_whole(out: &Postfix, count: usize, verdict: &str) {
    let mails = out.delivered(count);
    let numbers = mails.iter().map(|mail| values(mail, "X-Number")[0].parse().unwrap());
    let mut numbers: Vec<usize> = numbers.collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..count).collect::<Vec<_>>());
    assert!(mails.iter().all(|mail| values(mail, "X-Tenpu-Verdict") == [verdict]));
}

/// What comes until the other side closes.
fn rest(mut stream: impl Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// The worker processes of a service.
fn workers(server: &Server) -> Vec<Pid> {
    let parent = format!("\nPPid:\t{}\n", server.pid());
    let is_ours = |pid: &i32| {
        fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| status.contains(&parent))
    };
    let names = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name());
    let pids = names.filter_map(|name| name.to_str()?.parse().ok()).filter(is_ours);
    pids.filter_map(Pid::from_raw).collect()
}

#[test]
fn nothing_is_lost_or_doubled_while_workers_are_killed_and_rules_read_anew() {
    if !Postfix::is_possible() {
        return;
    }
    let store = if cfg!(feature = "desk") {
        "[store]\nurl = \"sqlite:FOLDER/desk.db\"\nkeep = \"all\"\n"
    } else {
        ""
    };
    let server = Server::new(&format!("[scan]\njobs = 2\n[serve]\ncache = 0\n{store}"));
    let postfix = Postfix::new(&milter(&server));
    let count = count(300);
    send_all((&postfix, &postfix), count, &case("harmless-ppap-aes"), |round| {
        for pid in workers(&server).into_iter().take(1) {
            let _ended = kill_process(pid, Signal::KILL);
        }
        if round % 2 == 0 {
            server.signal(Signal::HUP);
        }
        sleep(Duration::from_millis(500));
    });
    assert_whole(&postfix, count, "clean");
    assert!(!server.events_once("worker-lost", 1).is_empty());
    assert!(!server.events_once("reloaded", 1).is_empty());
}

#[test]
fn clients_that_send_a_byte_a_second_hold_up_nobody() {
    if !Postfix::is_possible() {
        return;
    }
    // Whoever held the one worker would hold up all. The time one may take is longer than the trial.
    let server = Server::new("[scan]\njobs = 1\n[serve]\ncache = 0\ntimeout = 3600\n");
    let postfix = Postfix::new(&milter(&server));
    let mut to_postfix = TcpStream::connect(("127.0.0.1", postfix.port)).unwrap();
    to_postfix.write_all(b"HELO c.test\r\nMAIL FROM:<s@x.test>\r\nRCPT TO:<r@y.test>\r\nDATA\r\n").unwrap();
    to_postfix.write_all(b"Subject: slow\r\nX-Number: 0\r\n\r\n").unwrap();
    let mut to_milter = Milter::new(&server);
    to_milter.begin("SLOW", &case("macro-doc-in-plain-zip"));
    let (mut to_clamd, mut to_olefy) = (server.connect("clamd"), server.connect("olefy"));
    to_clamd.write_all(b"zINSTREAM\0").unwrap();
    to_olefy.write_all(b"OLEFY/1.0\nMethod: oletools\nRspamd-ID: slow\n\n").unwrap();

    let count = count(300);
    send_all((&postfix, &postfix), count, &case("harmless-ppap-aes"), |_| {
        to_postfix.write_all(b"x").unwrap();
        to_milter.send(b"Bx");
        to_clamd.write_all(b"\0\0\0\x01x").unwrap();
        to_olefy.write_all(b"x").unwrap();
        sleep(Duration::from_secs(1));
    });
    assert_whole(&postfix, count, "clean");

    // They are still there, and get their answers once they come to an end.
    to_postfix.write_all(b"\r\n.\r\nQUIT\r\n").unwrap();
    let replies = rest(to_postfix);
    assert!(replies.contains("\r\n250 2.0.0 Ok: queued"), "{replies}");
    assert_eq!(to_milter.end().header("X-Tenpu-Verdict"), Some("malicious"));
    to_clamd.write_all(&[0; 4]).unwrap();
    assert_eq!(rest(to_clamd), "stream: OK\0");
    to_olefy.shutdown(std::net::Shutdown::Write).unwrap();
    let reply = rest(to_olefy);
    assert!(reply.contains("\"return_code\":0"), "{reply}");
    assert_eq!(postfix.delivered(count + 1).len(), count + 1);
}

#[test]
fn what_is_put_off_while_the_service_is_killed_comes_later_and_once() {
    if !Postfix::is_possible() {
        return;
    }
    let mut server = Server::new("[scan]\njobs = 2\n[serve]\ncache = 0\n");
    let postfix = Postfix::new(&milter(&server));
    // The mail server of whoever sends, with a queue of its own.
    let sender = Postfix::before(&postfix);
    let (message, count) = (case("fetches-file-on-open-xls"), count(300));
    send_all((&sender, &postfix), count, &message, |round| {
        server.kill();
        if round == 0 {
            wait_until("nothing is put off", || sender.log().contains("status=deferred"));
        }
        sleep(Duration::from_millis(100));
        server.start_again();
        // However slow the machine is, something comes through before it is killed again.
        postfix.wait_for_more(count);
        sleep(Duration::from_millis(300));
    });
    assert_whole(&postfix, count, "suspicious");
    let log = sender.log();
    assert!(log.contains("status=deferred") && !log.contains("status=bounced"), "{log}");
    println!("{} times put off", log.matches("status=deferred").count());
}

#[test]
fn postfix_delivers_everything_once_and_marked() {
    if !Postfix::is_possible() {
        return;
    }
    let mut server = Server::new("[policy]\nmalicious = \"reject\"\n[scan]\njobs = 2");
    let postfix = Postfix::new(&milter(&server));
    let reply = postfix.send(&case("macro-doc-in-plain-zip"));
    assert!(reply.starts_with("550 5.7.1 Message refused: malicious content (id "), "{reply}");

    let kinds = [
        (case("harmless-ppap-aes"), "clean"),
        (case("locked-zip-password-elsewhere"), "unverified"),
        (case("fetches-file-on-open-xls"), "suspicious"),
    ];
    let count = 90;
    std::thread::scope(|scope| {
        for thread in 0..10 {
            let (postfix, kinds) = (&postfix, &kinds);
            scope.spawn(move || {
                for n in (thread..count).step_by(10) {
                    let reply = postfix.send(&numbered(n, &kinds[n % 3].0));
                    assert!(reply.starts_with("250 "), "{reply}");
                }
            });
        }
        for _ in 0..2 {
            sleep(Duration::from_millis(300));
            server.kill_and_start();
        }
    });
    let mails = postfix.delivered(count);
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    for mail in &mails {
        let n: usize = values(mail, "X-Number")[0].parse().unwrap();
        *seen.entry(n).or_default() += 1;
        let verdict = kinds[n % 3].1;
        assert_eq!(values(mail, "X-Tenpu-Verdict"), [verdict], "{mail}");
        let is_tagged = values(mail, "Subject")[0].starts_with(&format!("[tenpu: {verdict}] "));
        assert_eq!(is_tagged, verdict != "clean", "{mail}");
    }
    assert_eq!(seen.len(), count);
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
}
