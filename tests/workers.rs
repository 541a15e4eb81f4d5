//! Workers as real processes: what they cannot do, and that nothing is lost when they die, hang, swell or are renewed.

#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may panic, starts the program, and reads what it wrote"
)]

mod build;
mod service;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use service::{Milter, Server, wait_until};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

fn case(name: &str) -> Vec<u8> {
    build::cases::recipe(&build::cases::place(&format!("tests/cases/{name}/build.toml"))).message.bytes()
}

fn malicious() -> Vec<u8> {
    case("emotet-autoopen-continued-doc")
}

const CLEAN: &[u8] = b"From: a@example.test\r\nSubject: Hello\r\n\r\nGood morning.\r\n";
const FOUND: &str = "stream: Tenpu.VbaAutoexecRunsCommand FOUND\0";
const OK: &str = "stream: OK\0";
const FAILED: &str = "stream: Heuristics.Limits.Exceeded.ScanFailed FOUND\0";

fn stream(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&b"zINSTREAM\0"[..], &length.to_be_bytes(), bytes, &[0; 4]].concat()
}

/// A field of `/proc/PID/status`.
fn status(pid: i32, field: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(line.trim().to_string())
}

/// The processes that a service has started.
fn workers(server: &Server) -> Vec<i32> {
    let parent = server.pid().to_string();
    let is_ours = |pid: &i32| status(*pid, "PPid").as_ref() == Some(&parent);
    let names = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name());
    let mut pids: Vec<i32> = names.filter_map(|name| name.to_str()?.parse().ok()).filter(is_ours).collect();
    pids.sort_unstable();
    pids
}

/// The same, once there are so many that are locked in.
fn workers_once(server: &Server, count: usize) -> Vec<i32> {
    let mut pids = Vec::new();
    wait_until("so many workers are ready", || {
        pids = workers(server);
        pids.len() == count && pids.iter().all(|pid| is_locked_in(*pid, server))
    });
    pids
}

/// The tests may run under a filter themselves; a worker that is ready has one more than the service.
fn is_locked_in(pid: i32, server: &Server) -> bool {
    let filters = |pid: i32| status(pid, "Seccomp_filters").and_then(|count| count.parse::<u32>().ok());
    let service = i32::try_from(server.pid()).unwrap();
    status(pid, "Seccomp").as_deref() == Some("2")
        && filters(service).zip(filters(pid)).is_none_or(|(service, worker)| worker > service)
}

fn send(pid: i32, signal: Signal) {
    // It may have ended by itself.
    let _sent = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

/// Stops a process, and waits until not one of its threads runs: the signal reaches them one after the other.
fn stop(pid: i32) {
    send(pid, Signal::STOP);
    wait_until("a worker stands", || {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
        let mut states = threads.map(|entry| status(entry.file_name().to_str()?.parse().ok()?, "State"));
        states.all(|state| state.is_some_and(|state| state.starts_with('T')))
    });
}

#[test]
fn what_a_worker_must_not_do_it_cannot() {
    let mut probe = Command::new(env!("CARGO_BIN_EXE_tenpu"));
    let output = probe.args(["worker", "--probe"]).stdin(Stdio::null()).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let denied = |word: &Value| {
        word.as_str().unwrap().contains("denied") || word.as_str().unwrap().contains("not permitted")
    };
    let forbidden = told["forbidden"].as_object().unwrap();
    assert!(forbidden.len() > 20 && forbidden.values().all(denied), "{told}");
    assert!(told["needed"].as_object().unwrap().values().all(|word| word == "possible"), "{told}");
    if told["lacks"].as_array().unwrap().is_empty() {
        assert!(told["landlock"].as_object().unwrap().values().all(denied), "{told}");
        assert_eq!(output.status.code(), Some(0));
    } else {
        println!("this machine lacks {}", told["lacks"]);
    }
    assert!(!fs::exists("/tmp/tenpu-probe").unwrap());
}

#[test]
fn every_thread_of_every_worker_is_locked_in() {
    let server = Server::new("[scan]\njobs = 2");
    let told = &server.events_once("workers", 1)[0]["tenpu"];
    println!("{told}");
    assert_eq!(server.clamd(&stream(&malicious())), FOUND);
    let pids = workers_once(&server, 2);
    assert_eq!(pids.len(), 2);
    for pid in pids {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
        for thread in threads.map(|entry| entry.file_name().to_str().unwrap().parse().unwrap()) {
            assert_eq!(status(thread, "Seccomp").unwrap(), "2");
            assert_eq!(status(thread, "NoNewPrivs").unwrap(), "1");
        }
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let is_none = |name: &str| {
            let mut lines = limits.lines().filter_map(|line| line.strip_prefix(name));
            lines.any(|rest| rest.trim_start().starts_with("0 "))
        };
        assert!(is_none("Max core file size") && is_none("Max file size"), "{limits}");
    }
}

/// Lets the clients come to an end, also where something fails beside them.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Does something again and again while clients ask, until it was done so often; answers whether all went well.
fn meanwhile(times: usize, mut what: impl FnMut(usize) + Send, clients: &[&(dyn Fn(usize) + Sync)]) -> bool {
    let done = AtomicBool::new(false);
    scope(|scope| {
        let asked = |client: &(dyn Fn(usize) + Sync)| {
            (0..).take_while(|_| !done.load(Ordering::SeqCst)).for_each(client)
        };
        let clients: Vec<_> = clients.iter().map(|client| scope.spawn(move || asked(*client))).collect();
        let over = Over(&done);
        for n in 0..times {
            what(n);
        }
        drop(over);
        clients.into_iter().all(|client| client.join().is_ok())
    })
}

#[test]
fn no_message_is_lost_when_workers_are_killed() {
    let server = Server::new("[scan]\njobs = 2\n[serve]\ncache = 0");
    let bad = malicious();
    let rounds = [const { AtomicUsize::new(0) }; 3];
    let begun = || rounds.each_ref().map(|round| round.load(Ordering::SeqCst));
    let kill = |n: usize| {
        // No message loses two workers: each client has begun two rounds since the one before.
        let before = begun();
        wait_until("every client gets on", || {
            begun().iter().zip(before).all(|(now, before)| *now >= before + 2)
        });
        workers(&server).get(n % 2).into_iter().for_each(|pid| send(*pid, Signal::KILL));
    };
    let by_clamd = |round: &AtomicUsize| {
        round.fetch_add(1, Ordering::SeqCst);
        assert_eq!(server.clamd(&stream(&bad)), FOUND);
        assert_eq!(server.clamd(&stream(CLEAN)), OK);
    };
    let by_milter = |round: &AtomicUsize| {
        round.fetch_add(1, Ordering::SeqCst);
        let mut milter = Milter::new(&server);
        for (message, verdict) in [(&bad[..], "malicious"), (CLEAN, "clean"), (&bad, "malicious")] {
            let answer = milter.message("Q", message);
            assert_eq!((answer.end.as_str(), answer.header("X-Tenpu-Verdict")), ("c", Some(verdict)));
        }
    };
    let clients: [&(dyn Fn(usize) + Sync); 3] =
        [&|_| by_clamd(&rounds[0]), &|_| by_milter(&rounds[1]), &|_| by_clamd(&rounds[2])];
    assert!(meanwhile(8, kill, &clients), "{:?}", server.events("worker-lost"));
    assert!(server.events_once("worker-lost", 4).len() >= 4);
    assert!(server.events("message").iter().all(|event| event["event"]["outcome"] == "success"));
    assert_eq!(workers_once(&server, 2).len(), 2);
}

#[test]
fn a_worker_that_hangs_is_replaced() {
    let server = Server::new("[scan]\njobs = 1\n[limits]\ntime = 3\n[serve]\ncache = 0");
    let stopped = workers_once(&server, 1);
    stop(stopped[0]);
    assert_eq!(server.clamd(&stream(&malicious())), FOUND);
    let lost = server.events_once("worker-lost", 1);
    assert_eq!(lost[0]["error"]["message"], "it did not answer in time");
    assert_ne!(workers_once(&server, 1), stopped);
}

#[test]
fn a_message_that_takes_all_memory_costs_itself() {
    let server = Server::new("[scan]\njobs = 1\n[serve]\nworker_memory = 60000000");
    let mut zeros = GzEncoder::new(Vec::new(), Compression::best());
    zeros.write_all(&vec![0; 50 << 20]).unwrap();
    let bomb = zeros.finish().unwrap();
    assert_eq!(server.clamd(&stream(&bomb)), FAILED);
    let lost = server.events_once("worker-lost", 2);
    let told: Vec<_> = lost.iter().map(|event| event["error"]["message"].as_str().unwrap()).collect();
    assert_eq!(told, ["it ended by signal 6"; 2]);
    assert!(!server.events("worker-said").is_empty());
    assert_eq!(server.clamd(&stream(&malicious())), FOUND);
    let roomy = Server::new("[scan]\njobs = 1");
    assert_eq!(roomy.clamd(&stream(&bomb)), OK);
    assert!(roomy.events("worker-lost").is_empty());
}

#[test]
fn no_message_is_lost_when_rules_change_all_the_time() {
    let server = Server::new("[scan]\njobs = 2\n[serve]\ncache = 0");
    let before = workers_once(&server, 2);
    let bad = malicious();
    let reload = |_| {
        server.signal(Signal::HUP);
        sleep(Duration::from_millis(100));
    };
    let ask = |_| {
        assert_eq!(server.clamd(&stream(&bad)), FOUND);
        assert_eq!(server.clamd(&stream(CLEAN)), OK);
    };
    assert!(meanwhile(30, reload, &[&ask, &ask, &ask]), "{:?}", server.log());
    assert!(server.events("reloaded").len() > 2);
    wait_until("the old workers are gone", || !workers(&server).iter().any(|pid| before.contains(pid)));
    let after = workers_once(&server, 2);
    assert!(after.len() == 2 && !after.iter().any(|pid| before.contains(pid)), "{before:?} {after:?}");
    assert!(server.events("worker-lost").is_empty());
}

#[test]
fn a_service_that_can_start_no_worker_does_not_start() {
    let folder = std::env::temp_dir().join(format!("tenpu-workers-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    let config = folder.join("tenpu.toml");
    fs::write(&config, "[clamd]\nlisten = \"inet:127.0.0.1:1\"\n[serve]\nworker_memory = 100000\n").unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_tenpu"));
    let output = serve.args(["serve", "--config"]).arg(&config).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && told.contains("no worker process could be started"), "{told}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn workers_end_with_the_service_and_not_before() {
    let mut server = Server::new("[scan]\njobs = 2\n[serve]\ncache = 0");
    let pids = workers_once(&server, 2);
    // What a service manager sends to all processes of a service.
    for pid in &pids {
        send(*pid, Signal::TERM);
        send(*pid, Signal::INT);
    }
    sleep(Duration::from_millis(100));
    assert_eq!(server.clamd(&stream(&malicious())), FOUND);
    assert_eq!(workers(&server), pids);
    server.signal(Signal::KILL);
    server.ended();
    let alive = |pid: &i32| status(*pid, "State").is_some_and(|state| !state.starts_with('Z'));
    wait_until("no worker outlives the service", || !pids.iter().any(alive));
}

#[test]
fn threads_do_where_processes_are_not_wanted() {
    let server = Server::new("[serve]\nisolation = \"thread\"");
    assert_eq!(server.clamd(&stream(&malicious())), FOUND);
    assert_eq!(server.clamd(&stream(CLEAN)), OK);
    assert!(workers(&server).is_empty());
}

#[test]
fn every_report_comes_back_from_a_worker_as_it_went() {
    let scanner = build::cases::scanner(tenpu::limits::Limits::default());
    let cases = build::cases::all();
    build::cases::spread(&cases, |case| {
        let (mut report, _) = build::cases::scan(&scanner, "message.eml", case.bytes.clone());
        report.elapsed_ms = 0.0;
        let line = serde_json::to_string(&report).unwrap();
        let back: tenpu::Report = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), line, "{}", case.name);
    });
}
