//! Mails are read in worker processes; what happens to one costs at most its mail, and the page says so.

use crate::client::{Browser, Desk};
use crate::{case, checked, set_up};
use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Write;
use std::thread::{scope, sleep};
use std::time::Duration;

/// A field of `/proc/PID/status`.
fn status(pid: i32, field: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .map(|word| word.trim().to_string())
}

/// The processes that the desk has started.
fn workers(desk: &Desk) -> Vec<i32> {
    // Not every kernel lists the children of a process.
    let parent = desk.pid().to_string();
    let is_ours = |pid: &i32| status(*pid, "PPid").as_ref() == Some(&parent);
    let names = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.parse().ok()).filter(is_ours).collect()
}

fn send(pid: i32, signal: Signal) {
    // It may have ended by itself.
    let _sent = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

/// Whether a page says in both languages that nobody knows what is in the mail.
fn is_honest(browser: &mut Browser, page: &str) {
    let english = browser.get(page).text().to_string();
    assert!(
        english.contains("tenpu failed on this message") && !english.contains("Nothing suspicious"),
        "{english}"
    );
    assert!(english.contains("Treat it as dangerous"), "{english}");
    browser.get("/language/ja?back=%2F");
    let japanese = browser.get(page).text().to_string();
    assert!(japanese.contains("このメールの検査中にtenpuで不具合が起きました"), "{japanese}");
    assert!(japanese.contains("危険なメールとして扱い"), "{japanese}");
    browser.get("/language/en?back=%2F");
}

#[test]
fn a_worker_that_is_killed_during_an_upload_costs_nothing() {
    let (desk, mut browser) = set_up(Desk::configured(|_| "[scan]\njobs = 1\n".into()), "en");
    let first = workers(&desk);
    assert_eq!(first.len(), 1);
    assert_eq!(status(first[0], "Seccomp").unwrap(), "2", "it is locked in");
    send(first[0], Signal::STOP);
    let page = scope(|scope| {
        let upload = scope.spawn(|| checked(&mut browser, "a.eml", &case("emotet-autoopen-continued-doc")));
        sleep(Duration::from_millis(500));
        send(first[0], Signal::KILL);
        upload.join().unwrap()
    });
    let text = browser.get(&page).text().to_string();
    assert!(text.contains("Dangerous: very likely a virus mail"), "{text}");
    assert!(text.contains("Please find attached the invoice"), "the preview comes from the other worker");
    assert_ne!(workers(&desk), first);
}

#[test]
fn a_file_that_kills_two_workers_is_not_called_harmless_and_the_desk_lives_on() {
    let configured = |_: &std::path::Path| "[scan]\njobs = 1\n[desk]\nworker_memory = 60000000\n".to_string();
    let (_desk, mut browser) = set_up(Desk::configured(configured), "en");
    let mut zeros = GzEncoder::new(Vec::new(), Compression::best());
    zeros.write_all(&vec![0; 50 << 20]).unwrap();
    let page = checked(&mut browser, "bomb.gz", &zeros.finish().unwrap());
    is_honest(&mut browser, &page);
    let other = checked(&mut browser, "a.eml", &case("emotet-autoopen-continued-doc"));
    assert!(browser.get(&other).text().contains("Dangerous: very likely a virus mail"));
}

#[test]
fn threads_do_where_processes_are_not_wanted() {
    let (desk, mut browser) = set_up(Desk::with("isolation = \"thread\""), "en");
    let page = checked(&mut browser, "a.eml", &case("emotet-autoopen-continued-doc"));
    assert!(browser.get(&page).text().contains("Dangerous: very likely a virus mail"));
    assert_eq!(workers(&desk), [0; 0]);
}
