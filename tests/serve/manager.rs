//! The service manager: what it is told, and sockets that it opens.

use super::service::{PATIENCE, Server, wait_until};
use super::{is_installed, malicious, stream};
use rustix::process::Signal;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::Instant;

#[test]
fn the_service_manager_is_told() {
    let folder = std::env::temp_dir().join(format!("tenpu-notify-socket-{}", std::process::id()));
    let manager = UnixDatagram::bind(&folder).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let told = || {
        let mut bytes = [0; 1000];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    let variables = [("NOTIFY_SOCKET", folder.to_str().unwrap()), ("WATCHDOG_USEC", "400000")];
    let mut server = Server::by("exec", "[clamd]\nlisten = \"inet:127.0.0.1:0\"\n", &variables);
    assert!(told().starts_with("READY=1\nSTATUS=clamd with "));
    assert_eq!((told(), told()), ("WATCHDOG=1".into(), "WATCHDOG=1".into()));
    server.signal(Signal::HUP);
    let next = |start: &str| {
        let until = Instant::now() + PATIENCE;
        loop {
            let state = told();
            if state.starts_with(start) {
                return state;
            }
            assert!(state == "WATCHDOG=1" && Instant::now() < until, "{state}");
        }
    };
    let clock = next("RELOADING=1\nMONOTONIC_USEC=");
    let micros = clock.lines().nth(1).unwrap().strip_prefix("MONOTONIC_USEC=").unwrap();
    assert!(micros.parse::<u64>().unwrap() > 0);
    next("READY=1\n");
    server.signal(Signal::TERM);
    next("STOPPING=1\n");
    assert_eq!(server.ended(), Some(0));
    fs::remove_file(&folder).unwrap();
}

#[test]
fn sockets_that_are_handed_over_are_served() {
    if !is_installed("systemd-socket-activate") {
        return;
    }
    let config = "[clamd]\nlisten = \"systemd\"\n[http]\nlisten = \"systemd\"\n";
    let shell = "exec systemd-socket-activate -l $PWD/clamd -l $PWD/http -l $PWD/odd --fdname=clamd:http:odd";
    let mut server = Server::by(shell, config, &[("SYSTEMD_LOG_LEVEL", "crit")]);
    wait_until("no sockets", || server.folder.join("odd").exists());
    assert_eq!(server.page("/readyz"), (200, "ok\n".into()));
    assert_eq!(server.clamd(b"PING\n"), "PONG\n");
    assert_eq!(server.clamd(&stream(&malicious())), "stream: Tenpu.VbaAutoexecRunsCommand FOUND\0");
    assert_eq!(server.events("socket-unused")[0]["tenpu"]["socket"], "odd");
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0));
    assert!(server.folder.join("clamd").exists(), "the file belongs to who opened it");
}

#[test]
fn a_socket_that_is_not_handed_over_is_missed() {
    // Meant for another process.
    let variables = [("LISTEN_FDS", "1"), ("LISTEN_PID", "1"), ("LISTEN_FDNAMES", "clamd")];
    let mut server = Server::by("exec", "[clamd]\nlisten = \"systemd\"\n", &variables);
    assert_eq!(server.ended(), Some(2));
    // What is no socket is not taken for one.
    let shell = "exec 3</dev/null; LISTEN_PID=$$; export LISTEN_PID; exec";
    let mut server = Server::by(shell, "[clamd]\nlisten = \"systemd\"\n", &[("LISTEN_FDS", "1")]);
    assert_eq!(server.ended(), Some(2));
    let told = fs::read_to_string(server.folder.join("log")).unwrap();
    assert!(told.contains("is not a socket"), "{told}");
}
