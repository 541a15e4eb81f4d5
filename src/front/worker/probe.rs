//! `tenpu worker --probe`: locks itself in as a worker does, tries what a worker must not be able to do, and says
//! how that went.

use super::lockdown;
use crate::front::Status;
use serde_json::{Map, Value};
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

type Attempt = (&'static str, fn() -> io::Result<()>);

/// What must fail.
#[rustfmt::skip]
const FORBIDDEN: &[Attempt] = &[
    ("read-file", || File::open("/etc/passwd").map(drop)),
    ("read-proc", || File::open("/proc/self/maps").map(drop)),
    ("read-device", || File::open("/dev/zero").map(drop)),
    ("list-folder", || fs::read_dir("/").map(drop)),
    ("see-file", || fs::metadata("/etc/passwd").map(drop)),
    ("write-file", || File::create("/tmp/tenpu-probe").map(drop)),
    ("append-null", || File::options().append(true).open("/dev/null").map(drop)),
    ("make-folder", || fs::create_dir("/tmp/tenpu-probe")),
    ("remove-file", || fs::remove_file("/tmp/tenpu-probe")),
    ("rename-file", || fs::rename("/tmp/tenpu-probe", "/tmp/tenpu-probe-2")),
    ("link-file", || fs::hard_link("/etc/passwd", "/tmp/tenpu-probe")),
    ("connect-tcp", || TcpStream::connect("127.0.0.1:9").map(drop)),
    ("listen-tcp", || TcpListener::bind("127.0.0.1:0").map(drop)),
    ("socket-udp", || UdpSocket::bind("127.0.0.1:0").map(drop)),
    ("connect-unix", || UnixStream::connect("/run/tenpu-probe").map(drop)),
    ("listen-unix", || UnixListener::bind("/tmp/tenpu-probe").map(drop)),
    ("socket-unix", || UnixDatagram::unbound().map(drop)),
    ("pair-unix", || UnixStream::pair().map(drop)),
    ("start-program", || program().status().map(drop)),
    ("become-program", || Err(program().exec())),
    ("send-signal", || Ok(rustix::process::test_kill_current_process_group()?)),
    ("raise-limit", || {
        let most = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
        Ok(rustix::process::setrlimit(rustix::process::Resource::Core, most)?)
    }),
    ("change-folder", || std::env::set_current_dir("/")),
];

/// What Landlock alone must refuse, before the filter hides whether it does.
const LANDLOCK: &[Attempt] = &[
    ("read-file", || File::open("/etc/passwd").map(drop)),
    ("list-folder", || fs::read_dir("/").map(drop)),
    ("write-file", || File::create("/tmp/tenpu-probe").map(drop)),
    ("start-program", || program().status().map(drop)),
];

/// What must work all the same.
const NEEDED: &[Attempt] = &[
    ("thread", || spawn(|| ()).join().map_err(|_| io::Error::other("panicked"))),
    ("clock", || {
        let started = Instant::now();
        sleep(Duration::from_millis(1));
        if started.elapsed() > Duration::ZERO { Ok(()) } else { Err(io::Error::other("stands still")) }
    }),
    ("memory", || {
        let bytes = b"tenpu".repeat(1 << 20);
        if bytes.ends_with(b"u") { Ok(()) } else { Err(io::Error::other("lost")) }
    }),
];

#[expect(clippy::disallowed_methods, reason = "the probe tries what the lock-down forbids")]
fn program() -> Command {
    let mut program = Command::new("/proc/self/exe");
    program.arg("--version").env_clear();
    program
}

/// Tries it all. `Failed` if anything was possible that must not be, or the other way round.
pub(super) fn run() -> anyhow::Result<Status> {
    let mut lacks = lockdown::enter(512 << 20);
    let (landlock, shut) = attempts(LANDLOCK, is_denied);
    lacks.extend(lockdown::seal().err().map(|why| format!("seccomp: {why}")));
    let (forbidden, held) = attempts(FORBIDDEN, is_denied);
    let (needed, works) = attempts(NEEDED, Result::is_ok);
    let told = serde_json::json!({
        "lacks": lacks, "landlock": landlock, "forbidden": forbidden, "needed": needed
    });
    writeln!(io::stdout(), "{told:#}")?;
    Ok(if shut && held && works && lacks.is_empty() { Status::Quiet } else { Status::Failed })
}

/// Whether it was refused as such. A missing file or a closed port would be no proof.
fn is_denied(outcome: &io::Result<()>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

fn attempts(list: &[Attempt], wanted: fn(&io::Result<()>) -> bool) -> (Value, bool) {
    let mut told = Map::new();
    let mut all = true;
    for (name, attempt) in list {
        let outcome = attempt();
        all &= wanted(&outcome);
        told.insert(
            (*name).into(),
            outcome.map_or_else(|error| error.to_string(), |()| "possible".into()).into(),
        );
    }
    (told.into(), all)
}
