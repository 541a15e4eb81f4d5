//! A real Postfix before the service: nothing lost, nothing twice, each message with its headers, also when the
//! service is killed in between. Runs where Postfix is installed and may be started; elsewhere it says so.

#![cfg(unix)]
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
use service::Server;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// An instance of its own, and the server it delivers to.
struct Postfix {
    folder: PathBuf,
    port: u16,
    sink: Child,
}

const MAIN: &str = "compatibility_level=3.6
queue_directory=FOLDER/spool
data_directory=FOLDER/data
maillog_file=FOLDER/maillog
maillog_file_prefixes=FOLDER
command_directory=/usr/sbin
daemon_directory=/usr/lib/postfix/sbin
meta_directory=/etc/postfix
myhostname=mx.test
mydestination=
mynetworks=127.0.0.0/8
inet_interfaces=loopback-only
inet_protocols=ipv4
relayhost=[127.0.0.1]:SINK
smtp_dns_support_level=disabled
smtpd_peername_lookup=no
smtpd_milters=unix:MILTER
milter_default_action=tempfail
alias_maps=
";

/// Service, type, whether it is private, most processes, program; none is chrooted.
const MASTER: &str = "127.0.0.1:PORT inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
";

impl Postfix {
    fn new(milter: &Path) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("tenpu-postfix-{}-{number}", std::process::id()));
        for name in ["etc", "spool", "data", "sink"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let mut chown = Command::new("chown");
        chown.arg("postfix").args(["data", "sink"].map(|name| folder.join(name)));
        assert!(chown.status().unwrap().success());
        let (port, sink_port) = (free_port(), free_port());
        let sink = Command::new("smtp-sink")
            .args(["-u", "postfix", "-D", "all", &format!("127.0.0.1:{sink_port}"), "100"])
            .current_dir(folder.join("sink"))
            .spawn()
            .unwrap();
        let fill = |text: &str| {
            let text = text.replace("FOLDER", folder.to_str().unwrap()).replace("PORT", &port.to_string());
            text.replace("SINK", &sink_port.to_string()).replace("MILTER", milter.to_str().unwrap())
        };
        fs::write(folder.join("etc/main.cf"), fill(MAIN)).unwrap();
        fs::write(folder.join("etc/master.cf"), fill(MASTER)).unwrap();
        let postfix = Self { folder, port, sink };
        assert!(postfix.command("start"), "postfix does not start");
        postfix
    }

    fn command(&self, command: &str) -> bool {
        let mut postfix = Command::new("postfix");
        postfix.arg("-c").arg(self.folder.join("etc")).arg(command);
        postfix.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// Sends a message, again and again while it is put off; answers the last reply.
    fn send(&self, message: &[u8]) -> String {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            match self.try_send(message) {
                Ok(reply) if !reply.starts_with('4') => return reply,
                other if Instant::now() > until => panic!("{other:?}"),
                _ => sleep(Duration::from_millis(50)),
            }
        }
    }

    fn try_send(&self, message: &[u8]) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let mut input = BufReader::new(stream.try_clone()?);
        let mut reply = String::new();
        input.read_line(&mut reply)?;
        let data = [message, b"\r\n.\r\n"].concat();
        for command in [
            &b"HELO client.test\r\n"[..],
            b"MAIL FROM:<s@x.test>\r\n",
            b"RCPT TO:<r@y.test>\r\n",
            b"DATA\r\n",
            &data,
        ] {
            stream.write_all(command)?;
            reply.clear();
            input.read_line(&mut reply)?;
            if !reply.starts_with(['2', '3']) {
                break;
            }
        }
        Ok(reply)
    }

    /// The messages that were delivered, once there are so many of them.
    fn delivered(&self, count: usize) -> Vec<String> {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let text = fs::read(self.folder.join("sink/all")).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            let mails: Vec<String> = text.split("X-Helo-Args:").skip(1).map(str::to_string).collect();
            if mails.len() >= count || Instant::now() > until {
                return mails;
            }
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _stopped = self.command("stop");
        let _ended = self.sink.kill();
        let _reaped = self.sink.wait();
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn case(name: &str) -> Vec<u8> {
    build::cases::recipe(&build::cases::place(&format!("tests/cases/{name}/build.toml"))).message.bytes()
}

fn numbered(n: usize, message: &[u8]) -> Vec<u8> {
    [format!("X-Number: {n}\r\nX-Tenpu-Verdict: clean\r\n").as_bytes(), message].concat()
}

/// The values of a header, in order.
fn values<'m>(mail: &'m str, name: &str) -> Vec<&'m str> {
    let head = mail.split("\r\n\r\n").next().unwrap_or_default();
    let head = head.split("\n\n").next().unwrap_or_default();
    head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim_end).collect()
}

/// Whether Postfix can be tried here; else it says so.
fn is_possible() -> bool {
    let is_there = |program: &str| Path::new("/usr/sbin").join(program).exists();
    let is_possible = is_there("postfix") && is_there("smtp-sink") && rustix::process::geteuid().is_root();
    if !is_possible {
        println!("postfix is not installed, or may not be started");
    }
    is_possible
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

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_lost_or_doubled_while_workers_are_killed_and_rules_read_anew() {
    if !is_possible() {
        return;
    }
    let store = if cfg!(feature = "desk") {
        "[store]\nurl = \"sqlite:FOLDER/desk.db\"\nkeep = \"all\"\n"
    } else {
        ""
    };
    let server = Server::new(&format!("[scan]\njobs = 2\n[serve]\ncache = 0\n{store}"));
    let postfix = Postfix::new(&server.folder.join("milter"));
    let message = case("harmless-ppap-aes");
    let asked = std::env::var("TENPU_MAILS").ok().and_then(|count| count.parse().ok());
    let (count, is_over) = (asked.unwrap_or(300), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0u32.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                for pid in workers(&server).into_iter().take(1) {
                    let _ended = kill_process(pid, Signal::KILL);
                }
                if round % 2 == 0 {
                    server.signal(Signal::HUP);
                }
                sleep(Duration::from_millis(500));
            }
        });
        let senders: Vec<_> = (0..20)
            .map(|thread| {
                let (postfix, message) = (&postfix, &message);
                scope.spawn(move || {
                    for n in (thread..count).step_by(20) {
                        let reply = postfix.send(&numbered(n, message));
                        assert!(reply.starts_with("250 "), "{reply}");
                    }
                })
            })
            .collect();
        let sent: Vec<_> = senders.into_iter().map(|sender| sender.join()).collect();
        is_over.store(true, Ordering::Relaxed);
        sent.into_iter().for_each(Result::unwrap);
    });
    let mails = postfix.delivered(count);
    let mut numbers: Vec<usize> =
        mails.iter().map(|mail| values(mail, "X-Number")[0].parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..count).collect::<Vec<_>>());
    assert!(mails.iter().all(|mail| values(mail, "X-Tenpu-Verdict") == ["clean"]));
    assert!(!server.events("worker-lost").is_empty() && !server.events("reloaded").is_empty());
}

#[test]
fn postfix_delivers_everything_once_and_marked() {
    if !is_possible() {
        return;
    }
    let mut server = Server::new("[policy]\nmalicious = \"reject\"\n[scan]\njobs = 2");
    let postfix = Postfix::new(&server.folder.join("milter"));
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
