//! The clamd protocol, and the client that comes with clamd.

use super::service::Server;
use super::{CLEAN, is_installed, locked, malicious, stream};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use std::fs::{self, File};
use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

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
