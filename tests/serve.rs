//! The service as its clients see it: the built program, its sockets, its log.

#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may panic, starts the program, and reads what it wrote"
)]

mod build;
#[path = "serve/clamd.rs"]
mod clamd;
#[path = "serve/http.rs"]
mod http;
#[path = "serve/manager.rs"]
mod manager;
mod service;

use http::series;
use rustix::process::Signal;
use serde_json::{Value, json};
use service::{Milter, Server, byte, wait_until};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

/// The message of a case.
fn case(name: &str) -> Vec<u8> {
    build::cases::recipe(&build::cases::place(&format!("tests/cases/{name}/build.toml"))).message.bytes()
}

fn malicious() -> Vec<u8> {
    case("emotet-autoopen-continued-doc")
}

fn locked() -> Vec<u8> {
    case("locked-zip-password-elsewhere")
}

const CLEAN: &[u8] = b"From: a@example.test\r\nSubject: Hello\r\nX-Tenpu-Verdict: clean\r\n\
    x-tenpu-score: 0\r\nX-TENPU-VERDICT: clean\r\n\r\nGood morning.\r\n";

fn stream(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&b"zINSTREAM\0"[..], &length.to_be_bytes(), bytes, &[0; 4]].concat()
}

#[test]
fn messages_over_one_milter_connection_are_marked_by_verdict() {
    let server = Server::new("");
    let mut milter = Milter::new(&server);
    let answer = milter.message("Q1", CLEAN);
    assert_eq!(answer.end, "c");
    assert_eq!(
        (answer.header("X-Tenpu-Verdict"), answer.header("X-Tenpu-Score")),
        (Some("clean"), Some("0"))
    );
    let gone: Vec<_> = answer.changes.iter().filter(|change| change.starts_with('m')).collect();
    let want = ["m|||\u{1}x-tenpu-score||", "m|||\u{2}x-tenpu-verdict||", "m|||\u{1}x-tenpu-verdict||"];
    assert_eq!(gone, want);

    milter.begin("LOST", &malicious());
    milter.send(b"A");

    let answer = milter.message("Q2", &malicious());
    assert_eq!(answer.end, "c");
    assert_eq!(answer.header("X-Tenpu-Verdict"), Some("malicious"));
    assert!(answer.header("X-Tenpu-Findings").unwrap().contains("vba-autoexec-runs-command"));
    let id = answer.header("X-Tenpu-Id").unwrap();
    assert!(answer.changes.contains(&format!("qtenpu: malicious (id {id})|")), "{answer:?}");

    let answer = milter.message("Q3", &locked());
    assert_eq!((answer.end.as_str(), answer.header("X-Tenpu-Verdict")), ("c", Some("unverified")));
    let tagged = "m|||\u{1}Subject| [tenpu: unverified] ";
    assert!(answer.changes.iter().any(|change| change.starts_with(tagged)), "{answer:?}");

    let events = server.events_once("message", 3);
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            let word = |value: &Value| value.as_str().unwrap().to_string();
            (word(&event["email"]["local_id"]), word(&event["tenpu"]["action"]))
        })
        .collect();
    let want = [("Q1", "accept"), ("Q2", "quarantine"), ("Q3", "tag")];
    assert_eq!(told, want.map(|(id, action)| (id.to_string(), action.to_string())));
    let event = &events[1];
    assert_eq!(event["tenpu"]["id"], id);
    assert_eq!(event["source"]["ip"], "192.0.2.7");
    assert_eq!((&event["event"]["kind"], &event["event"]["outcome"]), (&json!("alert"), &json!("success")));
    assert_eq!(event["event"]["category"], json!(["email", "malware"]));
    assert!(event["event"]["duration"].as_u64().unwrap() > 0);
    assert_eq!(events[0]["event"]["kind"], "event");
    let file = &event["email"]["attachments"][0]["file"];
    assert_eq!((&file["extension"], &file["mime_type"]), (&json!("doc"), &json!("application/msword")));
    assert_eq!(file["hash"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(event["email"]["sender"]["address"], "sender@example.test");
    assert_eq!(event["email"]["to"]["address"], json!(["reader@example.test"]));
}

#[test]
fn no_password_is_told_in_headers_or_log() {
    let server = Server::new("");
    let message = case("password-in-subject");
    let report = tenpu::Scanner::default().scan(&message, &tenpu::keyring::Keyring::new());
    let password = report.passwords[0].password.clone();
    assert!(report.subject.unwrap().contains(&password));
    let answer = Milter::new(&server).message("Q1", &message);
    assert!(!answer.changes.iter().any(|change| change.starts_with('h') && change.contains(&password)));
    assert_eq!(server.events_once("message", 1).len(), 1);
    let log = fs::read_to_string(server.folder.join("log")).unwrap();
    assert!(!log.contains(&password) && log.contains("[password]"), "{log}");
}

#[test]
fn the_policy_is_reloaded_and_a_broken_one_is_not() {
    let mut server = Server::new("[policy]\nmalicious = \"discard\"\nunverified = \"accept\"");
    let mut milter = Milter::new(&server);
    assert_eq!(milter.message("Q1", &malicious()).end, "d");
    let answer = milter.message("Q2", &locked());
    assert!(answer.end == "c" && !answer.changes.iter().any(|change| change.starts_with('m')), "{answer:?}");
    server.configure("[policy]\nmalicious = \"reject\"\nunverified = \"defer\"");
    server.signal(Signal::HUP);
    server.wait_for("reloaded");
    assert!(milter.message("Q3", &malicious()).end.starts_with("y550 5.7.1 "));
    assert!(milter.message("Q4", &locked()).end.starts_with("y451 4.7.1 "));
    for broken in ["[policy]\nmalicious = \"rejct\"", "[scan]\nrules = [\"/nonexistent/x.yar\"]"] {
        server.configure(broken);
        let before = server.events("reload-failed").len();
        server.signal(Signal::HUP);
        assert_eq!(server.events_once("reload-failed", before + 1).len(), before + 1);
        assert!(milter.message("Q5", &malicious()).end.starts_with("y550 5.7.1 "));
    }
}

#[test]
fn messages_under_way_end_when_the_service_stops() {
    let mut server = Server::new("");
    let mut idle = Milter::new(&server);
    let mut busy = Milter::new(&server);
    busy.begin("Q1", &malicious());
    busy.send(b"Bmore\r\n");
    assert_eq!(idle.message("Q2", CLEAN).end, "c");
    server.signal(Signal::TERM);
    server.wait_for("stopping");
    assert_eq!(byte(&mut idle.0).unwrap(), 0, "an idle connection is closed");
    assert_eq!(busy.end().header("X-Tenpu-Verdict"), Some("malicious"));
    assert_eq!(server.ended(), Some(0));
    assert_eq!(server.events("stopped")[0]["tenpu"]["connections_cut"], 0);
    assert!(!server.folder.join("milter").exists());
}

#[test]
fn slow_clients_hold_up_nobody() {
    // The time one may take is longer than the trial.
    let server = Server::new("[scan]\njobs = 1\n[serve]\nconnections = 4\ntimeout = 3600");
    let mut slow: Vec<_> = (0..3).map(|_| Milter::new(&server)).collect();
    for milter in &mut slow {
        milter.begin("SLOW", &malicious());
        milter.0.write_all(b"\0\0").unwrap();
    }
    assert_eq!(Milter::new(&server).message("Q1", CLEAN).end, "c");
    // A packet that does not come ends the connection.
    let server = Server::new("[serve]\ntimeout = 1");
    let mut slow = server.connect("milter");
    slow.write_all(b"\0\0").unwrap();
    assert_eq!(byte(&mut slow).unwrap(), 0);
}

#[test]
fn too_many_connections_are_closed() {
    let server = Server::new("[serve]\nconnections = 2");
    let held = [Milter::new(&server), Milter::new(&server)];
    assert_eq!(byte(&mut server.connect("milter")).unwrap_or(0), 0);
    assert_eq!(server.clamd(b"PING\n"), "PONG\n", "every address has its own bound");
    drop(held);
    let answers = || {
        let mut stream = server.connect("milter");
        let offer = b"\0\0\0\x0dO\0\0\0\x06\0\0\0\x01\0\0\0\0";
        stream.write_all(offer).is_ok() && byte(&mut stream).is_ok_and(|got| got == 1)
    };
    wait_until("places are not given back", answers);
    assert_eq!(server.events_once("too-many-connections", 1)[0]["event"]["provider"], "milter");
}

#[test]
fn what_there_is_no_room_for_is_a_failure() {
    let server = Server::new("[serve]\nmemory = 100");
    let answer = Milter::new(&server).message("Q1", &malicious());
    assert!(answer.end.starts_with("y451 4.7.1 "), "{answer:?}");
    let reply = server.clamd(&stream(&malicious()));
    assert_eq!(reply, "stream: Heuristics.Limits.Exceeded.ScanFailed FOUND\0");
    assert_eq!(server.events_once("message", 1)[0]["error"]["message"], "overloaded");
    let accepting = Server::new("[serve]\nmemory = 100\n[policy]\nfailure = \"accept\"");
    let answer = Milter::new(&accepting).message("Q1", &malicious());
    assert_eq!((answer.end.as_str(), answer.header("X-Tenpu-Verdict")), ("c", Some("unscanned")));
}

#[test]
fn more_than_the_limit_is_unverified() {
    let server = Server::new("[limits]\ninput_bytes = 2000");
    let long = [CLEAN, &b"line of text\r\n".repeat(1000)].concat();
    let answer = Milter::new(&server).message("Q1", &long);
    assert_eq!(answer.header("X-Tenpu-Verdict"), Some("unverified"));
    assert_eq!(server.clamd(&stream(&long)), "stream: Heuristics.Limits.Exceeded.InputBytes FOUND\0");
}

#[test]
fn what_is_no_milter_is_turned_away() {
    let server = Server::new("");
    for bytes in [&b"GET / HTTP/1.0\r\n\r\n"[..], b"\0\0\0\x01M", b"\0\0\0\x05Z1234", b"\0\0\0\0"] {
        assert_eq!(server.ask("milter", bytes), b"", "{bytes:?}");
    }
    assert_eq!(Milter::new(&server).message("Q1", CLEAN).end, "c");
}

#[test]
fn a_quiet_log_leaves_messages_out() {
    let mut server = Server::by("exec", "[log]\nlevel = \"warning\"\n", &[]);
    assert_eq!(server.ended(), Some(2), "a service listens somewhere");
    let server = Server::new("[serve]\nmemory = 2000\n");
    server.configure("[log]\nlevel = \"error\"\n[serve]\nmemory = 2000\n");
    server.signal(Signal::HUP);
    let reloads = || series(&server.page("/metrics").1)["tenpu_reloads_total{result=\"ok\"}"];
    wait_until("nothing is read anew", || reloads() >= 1.0);
    assert_eq!(Milter::new(&server).message("Q1", CLEAN).end, "c");
    assert_eq!(Milter::new(&server).message("Q2", &malicious()).end.get(..5), Some("y451 "));
    let messages = server.events_once("message", 1);
    assert_eq!((messages.len(), &messages[0]["email"]["local_id"]), (1, &json!("Q2")));
    assert!(server.events("reloaded").is_empty());
}

#[test]
fn olefy_is_answered_as_rspamd_reads_it() {
    let server = Server::new("");
    assert_eq!(server.ask("olefy", b"PING\n"), b"PONG");
    let loud = server.olefy(&malicious());
    let kinds: Vec<_> = loud[1]["analysis"].as_array().unwrap().iter().map(|entry| &entry["type"]).collect();
    assert!(kinds.contains(&&json!("AutoExec")) && kinds.contains(&&json!("Suspicious")), "{loud}");
    assert_eq!(loud[1]["macros"][0]["vba_filename"], "Module1.bas");
    let clean = server.olefy(CLEAN);
    assert_eq!((&clean[1]["analysis"], &clean[1]["macros"]), (&Value::Null, &json!([])));
    assert_eq!(server.olefy(&locked())[2], json!({ "type": "MetaInformation", "return_code": 9 }));
    assert_eq!(server.olefy(b""), json!([{ "error": "File too small" }]));
    let failing = Server::new("[serve]\nmemory = 100");
    let failed = failing.olefy(&malicious());
    assert_eq!((&failed[1]["message"], &failed[2]["return_code"]), (&json!("Scanner is busy"), &json!(8)));
}

#[test]
fn a_wrong_configuration_is_told_before_anything_is_served() {
    let folder = std::env::temp_dir().join(format!("tenpu-check-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    let config = folder.join("tenpu.toml");
    let check = |text: &str| -> Output {
        fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenpu"));
        command.args(["serve", "--check", "--config"]).arg(&config).output().unwrap()
    };
    let listen = "[milter]\nlisten = \"inet:127.0.0.1:1\"\n";
    assert_eq!(check(listen).status.code(), Some(0));
    let rows = [("[policy]\nfailur = \"defer\"\n", "failur"), ("[scan]\nrules = [\"no.yar\"]\n", "no.yar")];
    for (text, why) in rows {
        let output = check(&format!("{listen}{text}"));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && told.contains(why), "{told}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_configuration_is_checked_as_a_whole() {
    let folder = std::env::temp_dir().join(format!("tenpu-config-check-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    let config = folder.join("tenpu.toml");
    let check = |text: &str| {
        fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenpu"));
        let output = command.args(["config", "check"]).arg(&config).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let at = folder.display();
    let listen = format!("[clamd]\nlisten = \"unix:{at}/clamd\"\n[http]\nlisten = \"127.0.0.1:8892\"\n");
    let (status, told, complaints) = check(&format!("{listen}[scan]\njobs = 3\n"));
    assert_eq!((status, complaints.as_str()), (Some(0), ""));
    assert!(told.starts_with(&format!("clamd at unix:{at}/clamd; http at inet:127.0.0.1:8892; 3 workers, ")));
    assert_eq!(told.lines().count(), 1);
    assert!(!folder.join("clamd").exists());

    let (status, told, complaints) = check(&format!("{listen}[policy]\nfailure = \"accept\"\n"));
    assert!(status == Some(0) && !told.is_empty(), "{complaints}");
    assert!(complaints.contains("tenpu.toml: warning: [policy] `failure`: "), "{complaints}");

    let (status, told, complaints) =
        check(&format!("{listen}[policy]\nfailur = 1\n[serve]\nwait = -1\n[scan]\npasswords = \"none\"\n"));
    assert_eq!((status, told.as_str()), (Some(2), ""));
    for why in ["tenpu.toml: [policy] `failur`: ", "tenpu.toml: [serve] `wait`: ", "none"] {
        assert!(complaints.contains(why), "{why}: {complaints}");
    }
    let (status, _, complaints) = check(&format!("x = 1\n{listen}"));
    assert!(status == Some(2) && complaints.contains("`x`"), "{complaints}");
    assert_eq!(check("[limits\n").0, Some(2));
    let (status, _, complaints) = check("[scan]\nlang = \"ja\"\n");
    assert!(status == Some(0) && complaints.contains("no section says where to listen"), "{complaints}");
    fs::remove_dir_all(&folder).unwrap();
}

/// Whether a program is there; a test that needs it says so and ends where it is not.
fn is_installed(program: &str) -> bool {
    let is_there = ["/usr/bin", "/usr/sbin"].iter().any(|folder| Path::new(folder).join(program).exists());
    if !is_there {
        println!("{program} is not installed");
    }
    is_there
}
