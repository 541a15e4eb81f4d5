//! swaks sends through Postfix and our milter, and makes the mails itself.

use super::attachment;
use super::process::{folder, program};
use super::service::Server;
use super::service::postfix::{Postfix, values};
use std::fs;
use std::process::Command;

#[test]
fn mails_of_swaks_are_marked_and_refused() {
    let Some(swaks) = program("swaks").filter(|_| Postfix::is_possible()) else { return };
    let server = Server::new("[policy]\nmalicious = \"reject\"\n");
    let postfix = Postfix::new(&format!("unix:{}", server.folder.join("milter").display()));
    let files = folder("swaks");
    fs::write(files.join("invoice.doc"), attachment("emotet-autoopen-continued-doc")).unwrap();
    fs::write(files.join("invoice.zip"), attachment("zipcrypto-password-in-japanese-text")).unwrap();
    let send = |subject: &str, body: &str, file: Option<&str>| {
        let mut command = Command::new(&swaks);
        command.args(["--server", "127.0.0.1", "--port", &postfix.port.to_string(), "--helo", "client.test"]);
        command.args(["--from", "s@x.test", "--to", "r@y.test", "--suppress-data"]);
        command.args(["--header", &format!("Subject: {subject}"), "--body", body]);
        command.args(["--add-header", "X-Tenpu-Verdict: clean"]);
        if let Some(file) = file {
            let at = files.join(file).display().to_string();
            command.args(["--attach-type", "application/octet-stream", "--attach-name", file]);
            command.args(["--attach", &format!("@{at}")]);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };

    let (status, told) = send("Hello", "Good morning.", None);
    assert!(status == Some(0) && told.contains("<-  250 2.0.0 Ok: queued"), "{told}");
    let refused = "<** 550 5.7.1 Message refused: malicious content (id ";
    let (status, told) = send("Invoice", "See the attachment.", Some("invoice.doc"));
    assert!(status != Some(0) && told.contains(refused), "{told}");
    let id = told.split("(id ").nth(1).unwrap().split(')').next().unwrap();
    let events = server.events_once("message", 2);
    assert!(events.iter().any(|event| event["tenpu"]["id"] == id), "{id}: {events:?}");
    let (status, told) = send("Locked", "The password comes later.", Some("invoice.zip"));
    assert!(status == Some(0), "{told}");
    let (status, told) = send("Opened", "Password: 945763161", Some("invoice.zip"));
    assert!(status != Some(0) && told.contains(refused), "{told}");

    let mails = postfix.delivered(2);
    let mut marks: Vec<_> =
        mails.iter().map(|mail| (values(mail, "Subject")[0], values(mail, "X-Tenpu-Verdict"))).collect();
    marks.sort_unstable();
    assert_eq!(marks, [("Hello", vec!["clean"]), ("[tenpu: unverified] Locked", vec!["unverified"])]);
    fs::remove_dir_all(&files).unwrap();
}
