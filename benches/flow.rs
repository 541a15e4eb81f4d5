//! How many mails a second go through Postfix, without tenpu and with it as milter: from `smtp-source` over Postfix to
//! `smtp-sink`, the whole program. Needs Postfix and root; run with `cargo bench --bench flow`. `TENPU_MAILS` says how
//! many mails each row is of.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench may panic, starts programs, and prints what it measured"
)]

#[path = "../tests/build/mod.rs"]
mod build;
#[path = "../tests/service/mod.rs"]
mod service;

use build::cases;
use service::Server;
use service::postfix::Postfix;
use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Clients that send at the same time.
const CLIENTS: &str = "20";

/// What is sent: a name, and the case it is.
const MAILS: &[(&str, Option<&str>)] = &[
    ("text of one line", None),
    ("office mail, AES ZIP with its password", Some("harmless-ppap-aes")),
    ("macro document", Some("emotet-autoopen-continued-doc")),
    ("macro document in a ZIP", Some("macro-doc-in-plain-zip")),
];

fn main() {
    if !Postfix::is_possible() {
        return;
    }
    let asked = std::env::var("TENPU_MAILS").ok().and_then(|count| count.parse().ok());
    let count: u32 = asked.unwrap_or(2000);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{count} mails a row, {CLIENTS} clients, {cores} processors; mails a second: taken, delivered");
    println!("{:<42} {:>22} {:>22}", "", "Postfix alone", "with tenpu");
    for (name, case) in MAILS {
        let mail = message(*case);
        let alone = measure("", &mail, count);
        // What was answered once is not asked of the cache; nothing is held back.
        let server = Server::new("[serve]\ncache = 0\n[policy]\nmalicious = \"tag\"\n");
        let milter = format!("unix:{}", server.folder.join("milter").display());
        let with = measure(&milter, &mail, count);
        println!("{name:<42} {:>10.0}, {:>10.0} {:>10.0}, {:>10.0}", alone.0, alone.1, with.0, with.1);
    }
}

/// With the line ends that `smtp-source` reads.
fn message(case: Option<&str>) -> Vec<u8> {
    let Some(case) = case else {
        return b"From: a@example.test\nTo: b@example.test\nSubject: Hello\n\nGood morning.\n".to_vec();
    };
    let mail = cases::recipe(&cases::place(&format!("tests/cases/{case}/build.toml"))).message.bytes();
    String::from_utf8_lossy(&mail).replace("\r\n", "\n").into_bytes()
}

/// Mails a second until Postfix had taken all, and until all were delivered.
fn measure(milters: &str, mail: &[u8], count: u32) -> (f64, f64) {
    let postfix = Postfix::with_sink(milters, &[]);
    let file = postfix.folder.join("mail");
    fs::write(&file, mail).unwrap();
    let start = Instant::now();
    let mut source = Command::new("smtp-source");
    source.args(["-s", CLIENTS, "-m", &count.to_string(), "-f", "s@x.test", "-t", "r@y.test", "-F"]);
    let sent = source.arg(&file).arg(format!("127.0.0.1:{}", postfix.port)).status().unwrap();
    assert!(sent.success(), "smtp-source: {sent}: {}", postfix.log());
    let taken = start.elapsed();
    while postfix.waiting() > 0 {
        sleep(Duration::from_millis(10));
    }
    let delivered = start.elapsed();
    (f64::from(count) / taken.as_secs_f64(), f64::from(count) / delivered.as_secs_f64())
}
