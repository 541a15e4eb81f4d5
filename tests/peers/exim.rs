//! Exim, whose `malware` condition asks our clamd socket. It cannot be installed beside Postfix: `EXIM` may name it.

use super::process::{Peer, folder, program};
use super::service::{Server, can_give_to, free_port, smtp};
use super::{CLEAN, LIMITED, infected, large, locked};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const CONFIG: &str = "spool_directory = FOLDER/spool
log_file_path = FOLDER/%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = PORT
tls_advertise_hosts =
primary_hostname = mx.test
queue_only = true
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
av_scanner = clamd:CLAMD
acl_smtp_rcpt = accept
acl_smtp_data = check
begin acl
check:
  deny malware = \\N^Tenpu\\.\\N
       message = This message was refused: $malware_name
  warn malware = *
       add_header = X-Tenpu-Found: $malware_name
  accept
";

/// Whether it was built with what it needs, and there is the user it runs as.
fn exim() -> Option<PathBuf> {
    let named = std::env::var_os("EXIM").map(PathBuf::from).filter(|path| path.is_file());
    let exim = named.or_else(|| program("exim4"))?;
    let told = Command::new(&exim).arg("-bV").output().unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let can_scan = told.contains("Content_Scanning")
        && rustix::process::geteuid().is_root()
        && can_give_to("Debian-exim");
    if !can_scan {
        println!("exim cannot scan content, or may not be started");
    }
    can_scan.then_some(exim)
}

/// Starts it before a scanner; answers its port too.
fn start(clamd: &str) -> Option<(Peer, u16)> {
    let exim = exim()?;
    let (folder, port) = (folder("exim"), free_port());
    let text = CONFIG.replace("FOLDER", folder.to_str().unwrap()).replace("PORT", &port.to_string());
    fs::write(folder.join("conf"), text.replace("CLAMD", clamd)).unwrap();
    fs::create_dir(folder.join("spool")).unwrap();
    assert!(
        Command::new("chown")
            .arg("Debian-exim")
            .arg(&folder)
            .arg(folder.join("spool"))
            .status()
            .unwrap()
            .success()
    );
    let mut command = Command::new(exim);
    command.arg("-C").arg(folder.join("conf")).args(["-bdf", "-oP"]).arg(folder.join("pid"));
    Some((Peer::start(&mut command, &folder, port), port))
}

/// The heads of the mails that it took.
fn taken(peer: &Peer) -> Vec<String> {
    let files = fs::read_dir(peer.folder.join("spool/input")).map(|entries| entries.flatten().collect());
    let files: Vec<fs::DirEntry> = files.unwrap_or_default();
    let heads = files.iter().map(|file| file.path()).filter(|path| path.to_str().unwrap().ends_with("-H"));
    heads.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()).collect()
}

/// What holds however Exim reaches the scanner.
fn try_all(peer: &Peer, port: u16) {
    let send = |mail: &[u8]| smtp(port, mail).unwrap();
    let reply = send(CLEAN);
    assert!(reply.starts_with("250 OK"), "{reply}: {}", peer.told());
    for mail in infected() {
        let reply = send(&mail);
        assert!(reply.starts_with("550 This message was refused: Tenpu."), "{reply}: {}", peer.told());
    }
    assert!(!taken(peer).concat().contains("X-Tenpu-Found"));
    for (mail, name) in [(locked(), "Encrypted.Zip"), (large(), "Limits.Exceeded.InputBytes")] {
        let reply = send(&mail);
        assert!(reply.starts_with("250 OK"), "{reply}: {}", peer.told());
        assert!(taken(peer).concat().contains(&format!("X-Tenpu-Found: Heuristics.{name}\n")), "{name}");
    }
}

#[test]
fn exim_hands_over_mails_by_tcp() {
    let clamd = free_port();
    let config = format!("{LIMITED}[clamd]\nlisten = \"inet:127.0.0.1:{clamd}\"\nfailure = \"error\"\n");
    let mut server = Server::by("exec", &config, &[]);
    server.wait_for("started");
    let Some((peer, port)) = start(&format!("127.0.0.1 {clamd}")) else { return };
    try_all(&peer, port);
    server.kill();
    let reply = smtp(port, CLEAN).unwrap();
    assert!(reply.starts_with("451 "), "{reply}: {}", peer.told());

    // A service that cannot scan says so, and Exim puts off.
    fs::write(server.folder.join("tenpu.toml"), format!("{config}[serve]\nmemory = 100\n")).unwrap();
    server.start_again();
    let reply = smtp(port, CLEAN).unwrap();
    assert!(reply.starts_with("451 "), "{reply}: {}", peer.told());
    fs::write(server.folder.join("tenpu.toml"), config).unwrap();
    server.kill_and_start();
    assert!(smtp(port, CLEAN).unwrap().starts_with("250 OK"));
}

#[test]
fn exim_hands_over_paths_by_a_socket_file() {
    let server = Server::new(LIMITED);
    let socket = server.folder.join("clamd");
    let Some((peer, port)) = start(socket.to_str().unwrap()) else { return };
    assert!(Command::new("chown").arg("Debian-exim").arg(&socket).status().unwrap().success());
    try_all(&peer, port);
}
