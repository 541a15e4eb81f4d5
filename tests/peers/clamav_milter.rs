//! clamav-milter between Postfix and our clamd socket, which it takes for that of clamd.

use super::process::{Peer, folder, program};
use super::service::postfix::{Postfix, values};
use super::service::{Server, free_port};
use super::{CLEAN, LIMITED, infected, large, locked};
use std::fs;
use std::process::Command;

/// Starts it before a socket of clamd; answers its port too.
fn start(clamd: &str, more: &str) -> Option<(Peer, u16)> {
    let program = program("clamav-milter")?;
    let (folder, port) = (folder("clamav-milter"), free_port());
    let config = folder.join("conf");
    let at = folder.display();
    let text = format!(
        "MilterSocket inet:{port}@127.0.0.1\nClamdSocket {clamd}\nForeground yes\nTemporaryDirectory {at}\n\
         AddHeader Replace\nReportHostname mx.test\nLogFile {at}/log\nLogInfected Full\n{more}\n"
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new(program);
    command.arg("--config-file").arg(&config);
    Some((Peer::start(&mut command, &folder, port), port))
}

#[test]
fn clamav_milter_refuses_what_is_found() {
    if !Postfix::is_possible() {
        return;
    }
    let server = Server::new(LIMITED);
    let unix = format!("unix:{}", server.folder.join("clamd").display());
    let Some((peer, port)) = start(&unix, "OnInfected Reject\nRejectMsg refused: %v") else { return };
    let postfix = Postfix::new(&format!("inet:127.0.0.1:{port}"));
    let reply = postfix.send(CLEAN);
    assert!(reply.starts_with("250 "), "{reply}: {}", peer.told());
    for mail in infected() {
        let reply = postfix.send(&mail);
        assert!(reply.starts_with("550 5.7.1 refused: Tenpu."), "{reply}: {}", peer.told());
    }
    let reply = postfix.send(&locked());
    assert!(reply.contains("refused: Heuristics.Encrypted.Zip"), "{reply}");
    let reply = postfix.send(&large());
    assert!(reply.contains("refused: Heuristics.Limits.Exceeded.InputBytes"), "{reply}");
    let mails = postfix.delivered(1);
    assert_eq!(values(&mails[0], "X-Virus-Status"), ["Clean"], "{mails:?}");
    assert!(peer.told().contains("infected by Tenpu."), "{}", peer.told());
}

#[test]
fn clamav_milter_quarantines_what_is_found() {
    if !Postfix::is_possible() {
        return;
    }
    // Over TCP it sends the mail, over a socket file a descriptor.
    let clamd = free_port();
    let config = format!("[clamd]\nlisten = \"inet:127.0.0.1:{clamd}\"\nunverified = \"ok\"\n");
    let mut server = Server::by("exec", &config, &[]);
    server.wait_for("started");
    let Some((peer, port)) = start(&format!("tcp:127.0.0.1:{clamd}"), "OnInfected Quarantine") else {
        return;
    };
    let postfix = Postfix::new(&format!("inet:127.0.0.1:{port}"));
    let infected = infected();
    for mail in infected.iter().chain([&locked(), &CLEAN.to_vec()]) {
        let reply = postfix.send(mail);
        assert!(reply.starts_with("250 "), "{reply}: {}", peer.told());
    }
    assert_eq!((postfix.delivered(2).len(), postfix.held()), (2, infected.len()), "{}", peer.told());
}

#[test]
fn clamav_milter_puts_mail_off_when_nobody_answers() {
    if !Postfix::is_possible() {
        return;
    }
    let mut server = Server::new("");
    let unix = format!("unix:{}", server.folder.join("clamd").display());
    let Some((peer, port)) = start(&unix, "OnInfected Quarantine") else { return };
    let postfix = Postfix::new(&format!("inet:127.0.0.1:{port}"));
    server.kill();
    let reply = postfix.try_send(CLEAN).unwrap();
    assert!(reply.starts_with('4'), "{reply}: {}", peer.told());
    server.start_again();
    assert!(postfix.send(CLEAN).starts_with("250 "));
    assert_eq!(postfix.delivered(1).len(), 1);
}
