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
mod service;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::Signal;
use serde_json::{Value, json};
use service::{Milter, PATIENCE, Server, byte, wait_until};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

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
fn clamd_commands_are_answered_to_the_letter() {
    let server = Server::new("");
    let version = format!("ClamAV 1.4.6/tenpu-{}", env!("CARGO_PKG_VERSION"));
    let rows: &[(&str, String)] = &[
        ("PING\n", "PONG\n".into()),
        ("PING\r\n", "PONG\n".into()),
        ("nPING\n", "PONG\n".into()),
        ("zPING\0", "PONG\0".into()),
        ("zVERSION\0", format!("{version}\0")),
        ("INSTREAM\n", "UNKNOWN COMMAND\n".into()),
        ("END\n", "UNKNOWN COMMAND\n".into()),
        ("zNONSENSE\0", "UNKNOWN COMMAND\0".into()),
        ("nSHUTDOWN\n", "COMMAND UNAVAILABLE\n".into()),
        ("zRELOAD\0", "RELOADING\0".into()),
        ("SCAN relative\n", "relative: File path check failure: No such file or directory. ERROR\n".into()),
        ("zINSTREAM\0\0\0\0\0", "stream: OK\0".into()),
        ("nIDSESSION\nnPING\nnVERSION\nnEND\n", format!("1: PONG\n2: {version}\n")),
        ("nIDSESSION\nnRELOAD\n", "1: Command invalid inside IDSESSION. ERROR\n".into()),
    ];
    for (request, want) in rows {
        assert_eq!(server.clamd(request.as_bytes()), *want, "{request:?}");
    }
    assert!(server.clamd(b"nVERSIONCOMMANDS\n").starts_with(&format!("{version}| COMMANDS: SCAN ")));
    assert!(server.clamd(b"zSTATS\0").starts_with("POOLS: 1\n\nSTATE: VALID PRIMARY\nTHREADS: live "));
    let mode = fs::metadata(server.folder.join("clamd")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn clamd_scans_streams_files_and_folders() {
    let server = Server::new("");
    let found = "Tenpu.VbaAutoexecRunsCommand FOUND";
    assert_eq!(server.clamd(&stream(CLEAN)), "stream: OK\0");
    assert_eq!(server.clamd(&stream(&malicious())), format!("stream: {found}\0"));
    let enveloped = [b"From clamav-milter\n", &malicious()[..]].concat();
    assert_eq!(server.clamd(&stream(&enveloped)), format!("stream: {found}\0"));
    assert_eq!(server.clamd(&stream(&locked())), "stream: Heuristics.Encrypted.Zip FOUND\0");
    let two = [b"zIDSESSION\0", &stream(CLEAN)[..], &stream(&malicious()), b"zEND\0"].concat();
    assert_eq!(server.clamd(&two), format!("1: stream: OK\x002: stream: {found}\0"));

    let mails = server.folder.join("請求 書: a");
    fs::create_dir(&mails).unwrap();
    for (name, bytes) in [("1.eml", CLEAN), ("2.eml", &malicious()[..]), ("3.eml", &malicious()), ("4", b"")]
    {
        fs::write(mails.join(name), bytes).unwrap();
    }
    let at = mails.to_str().unwrap();
    let ask = |command: &str, path: &str| server.clamd(format!("z{command} {path}\0").as_bytes());
    assert_eq!(ask("SCAN", &format!("{at}/1.eml")), format!("{at}/1.eml: OK\0"));
    assert_eq!(ask("SCAN", &format!("{at}/4")), format!("{at}/4: OK\0"));
    assert_eq!(ask("SCAN", &format!("{at}/2.eml")), format!("{at}/2.eml: {found}\0"));
    assert_eq!(ask("SCAN", at), format!("{at}/2.eml: {found}\0"));
    for command in ["CONTSCAN", "MULTISCAN", "ALLMATCHSCAN"] {
        assert_eq!(ask(command, at), format!("{at}/2.eml: {found}\0{at}/3.eml: {found}\0"));
    }
    fs::remove_file(mails.join("2.eml")).unwrap();
    fs::remove_file(mails.join("3.eml")).unwrap();
    assert_eq!(ask("CONTSCAN", at), format!("{at}: OK\0"));
}

#[test]
fn clamd_takes_open_files() {
    let server = Server::new("");
    let path = server.folder.join("mail");
    fs::write(&path, malicious()).unwrap();
    let reply = handed(&server, Some(&File::open(&path).unwrap()));
    assert!(
        reply.starts_with("fd[") && reply.ends_with("]: Tenpu.VbaAutoexecRunsCommand FOUND\n"),
        "{reply}"
    );
    assert_eq!(handed(&server, None), "No file descriptor received. ERROR\n");
    assert!(handed(&server, Some(&File::open("/dev/null").unwrap())).ends_with("]: Access denied. ERROR\n"));
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

/// The reply to FILDES with a file, or with none.
fn handed(server: &Server, file: Option<&File>) -> String {
    let mut stream = server.connect("clamd");
    stream.write_all(b"nFILDES\n").unwrap();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let files: Vec<_> = file.iter().map(|file| file.as_fd()).collect();
    if !files.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(&files)));
    }
    sendmsg(&stream, &[IoSlice::new(b"\0")], &mut control, SendFlags::empty()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
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

/// Every line of a page of metrics, held against the text format 0.0.4: a family has one `HELP` and one `TYPE` before its
/// samples, samples of a family stand together, and no series comes twice.
fn series(page: &str) -> BTreeMap<String, f64> {
    assert!(page.ends_with('\n'));
    let (mut all, mut families, mut family, mut kind) = (BTreeMap::new(), BTreeSet::new(), "", "");
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split_once(' ').unwrap().0;
            let of_type = lines.next().unwrap().strip_prefix(&format!("# TYPE {family} ")).unwrap();
            kind = ["counter", "gauge", "histogram"].into_iter().find(|kind| *kind == of_type).unwrap();
            assert!(families.insert(family), "{family} comes twice");
            assert_eq!(kind == "counter", family.ends_with("_total"), "{family}");
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        let bare = name.split('{').next().unwrap();
        let of_family = match kind {
            "histogram" => ["_bucket", "_sum", "_count"].iter().any(|end| bare == format!("{family}{end}")),
            _ => bare == family,
        };
        assert!(of_family, "{line} stands below {family}");
        assert!(bare.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
        if let Some(labels) = name.strip_prefix(bare).filter(|labels| !labels.is_empty()) {
            let labels = labels.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
            for label in labels.split(',') {
                let (label, word) = label.split_once("=\"").unwrap();
                let word = word.strip_suffix('"').unwrap();
                assert!(label.bytes().all(|byte| byte.is_ascii_lowercase()), "{line}");
                assert!(
                    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte)),
                    "{line}"
                );
            }
        }
        assert!(all.insert(name.to_string(), value.parse().unwrap()).is_none(), "{name} comes twice");
    }
    all
}

#[test]
fn what_was_done_is_on_the_page_of_metrics() {
    let server = Server::new("");
    let mut milter = Milter::new(&server);
    let before = series(&server.page("/metrics").1);
    assert_eq!(before["tenpu_reloads_total{result=\"ok\"}"], 0.0);
    assert_eq!(milter.message("Q1", &malicious()).end, "c");
    assert_eq!(milter.message("Q2", &case("password-in-subject")).end, "c");
    assert_eq!(server.clamd(&stream(&locked())), "stream: Heuristics.Encrypted.Zip FOUND\0");
    assert_eq!(server.clamd(&stream(CLEAN)), "stream: OK\0");
    assert_eq!(server.events_once("message", 4).len(), 4);
    server.signal(Signal::HUP);
    assert_eq!(server.events_once("reloaded", 1).len(), 1);
    // What a message takes up is given back after its line is written.
    let taken = || series(&server.page("/metrics").1)["tenpu_memory_bytes"];
    wait_until("memory is not given back", || taken() == 0.0);
    let (status, page) = server.page("/metrics");
    assert_eq!(status, 200);
    let after = series(&page);
    let rows = [
        ("tenpu_build_info{version=\"0.1.0\"}", 1.0),
        ("tenpu_messages_total{front=\"milter\",verdict=\"malicious\"}", 2.0),
        ("tenpu_messages_total{front=\"clamd\",verdict=\"unverified\"}", 1.0),
        ("tenpu_messages_total{front=\"clamd\",verdict=\"clean\"}", 1.0),
        ("tenpu_actions_total{action=\"quarantine\"}", 2.0),
        ("tenpu_actions_total{action=\"found\"}", 1.0),
        ("tenpu_scan_seconds_count", 4.0),
        ("tenpu_scan_seconds_bucket{le=\"+Inf\"}", 4.0),
        ("tenpu_wait_seconds_count", 4.0),
        ("tenpu_scans_total", 4.0),
        ("tenpu_uninspected_total{reason=\"encrypted\"}", 1.0),
        ("tenpu_password_unlocked_total{source=\"subject\"}", 1.0),
        ("tenpu_password_unlocked_total{source=\"body\"}", 0.0),
        ("tenpu_failures_total{reason=\"overloaded\"}", 0.0),
        ("tenpu_findings_total{rule=\"vba-autoexec-runs-command\"}", 2.0),
        ("tenpu_connections{front=\"milter\"}", 1.0),
        ("tenpu_memory_bytes", 0.0),
        ("tenpu_reloads_total{result=\"ok\"}", 1.0),
        ("tenpu_reloads_total{result=\"failed\"}", 0.0),
    ];
    for (name, value) in rows {
        assert_eq!(after.get(name), Some(&value), "{name} in {page}");
    }
    assert!(after["tenpu_rules_loaded"] > 50.0 && after["tenpu_connections{front=\"http\"}"] >= 1.0);
    let read = "tenpu_rules_reload_timestamp_seconds";
    assert!(after[read] > before[read] && before[read] >= before["process_start_time_seconds"]);
    let attached: f64 =
        after.iter().filter(|(name, _)| name.starts_with("tenpu_attachments_total{")).map(|(_, n)| n).sum();
    assert!(attached >= 3.0);
    for (name, value) in &before {
        let grows = name.contains("_total") || name.contains("_bucket") || name.ends_with("_count");
        assert!(!grows || after[name] >= *value, "{name}");
    }
    assert!(!page.contains("example"), "names of a mail are on the page");
}

#[test]
fn what_could_not_be_scanned_is_counted() {
    let server = Server::new("[serve]\nmemory = 100");
    assert_eq!(Milter::new(&server).message("Q1", &malicious()).end.get(..5), Some("y451 "));
    assert_eq!(server.events_once("message", 1).len(), 1);
    let series = series(&server.page("/metrics").1);
    assert_eq!(series["tenpu_messages_total{front=\"milter\",verdict=\"unscanned\"}"], 1.0);
    assert_eq!(series["tenpu_failures_total{reason=\"overloaded\"}"], 1.0);
    assert_eq!(series["tenpu_actions_total{action=\"defer\"}"], 1.0);
}

#[test]
fn a_service_that_stops_is_alive_and_not_ready() {
    let mut server = Server::new("");
    assert_eq!(server.page("/healthz"), (200, "ok\n".into()));
    assert_eq!(server.page("/readyz"), (200, "ok\n".into()));
    let mut busy = Milter::new(&server);
    busy.begin("Q1", CLEAN);
    busy.send(b"Bmore\r\n");
    let taken = || series(&server.page("/metrics").1)["tenpu_memory_bytes"];
    wait_until("the message is not taken up", || taken() > 0.0);
    server.signal(Signal::TERM);
    server.wait_for("stopping");
    assert_eq!(server.page("/readyz"), (503, "stopping\n".into()));
    assert_eq!(server.page("/healthz"), (200, "ok\n".into()));
    assert_eq!(busy.end().end, "c");
    assert_eq!(server.ended(), Some(0));
    assert!(!server.folder.join("http").exists());
}

#[test]
fn http_is_answered_to_the_letter() {
    let server = Server::new("");
    let ask = |bytes: &[u8]| String::from_utf8(server.ask("http", bytes)).unwrap();
    let long = [&b"GET / HTTP/1.0\r\nA: "[..], &b"a".repeat(9000), b"\r\n\r\n"].concat();
    let rows: &[(&[u8], &str)] = &[
        (b"GET /healthz HTTP/1.0\r\n\r\n", "200 OK"),
        (b"GET /healthz?x HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "405 Method Not Allowed"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", "400 Bad Request"),
        (b"\0\0\0\x0dO\0\0\0\x06\0\0\0\x01\0\n\n", "400 Bad Request"),
        (&long, "431 Request Header Fields Too Large"),
    ];
    for (request, status) in rows {
        let answer = ask(request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{answer}");
        assert!(head.ends_with("\r\nConnection: close"), "{answer}");
    }
    let head = ask(b"HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
}

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

/// Whether a program is there; a test that needs it says so and ends where it is not.
fn is_installed(program: &str) -> bool {
    let is_there = ["/usr/bin", "/usr/sbin"].iter().any(|folder| Path::new(folder).join(program).exists());
    if !is_there {
        println!("{program} is not installed");
    }
    is_there
}

#[test]
fn clamdscan_takes_us_for_clamd() {
    if !is_installed("clamdscan") {
        return;
    }
    let server = Server::new("");
    let config = server.folder.join("clamd.conf");
    fs::write(&config, format!("LocalSocket {}/clamd\n", server.folder.display())).unwrap();
    let mails = server.folder.join("mails");
    fs::create_dir(&mails).unwrap();
    for (name, bytes) in [("clean", CLEAN), ("infected", &malicious()[..]), ("locked", &locked())] {
        fs::write(mails.join(name), bytes).unwrap();
    }
    let scan = |how: &[&str], name: &str| {
        let mut command = Command::new("clamdscan");
        command.arg("--config-file").arg(&config).arg("--no-summary").args(how).arg(mails.join(name));
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    for how in [
        &[][..],
        &["--stream"],
        &["--fdpass"],
        &["--multiscan"],
        &["--allmatch"],
        &["--multiscan", "--stream"],
    ] {
        let (status, told) = scan(how, "clean");
        assert!(status == 0 && told.contains("clean: OK"), "{how:?}: {told}");
        let (status, told) = scan(how, "infected");
        assert!(status == 1 && told.contains(": Tenpu.VbaAutoexecRunsCommand FOUND"), "{how:?}: {told}");
        let (status, told) = scan(how, "locked");
        assert!(status == 1 && told.contains(": Heuristics.Encrypted.Zip FOUND"), "{how:?}: {told}");
        let (status, told) = scan(how, "");
        assert!(status == 1 && told.matches(" FOUND").count() == 2, "{how:?}: {told}");
    }
}
