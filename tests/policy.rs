//! What becomes of messages, as mail servers and administrators see it: policies, exceptions, the self-test.

#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, starts the program, and reads what it wrote"
)]

mod build;
mod service;

use rustix::process::Signal;
use serde_json::{Value, json};
use service::{Milter, Server};
use std::process::Command;

/// The message of a case.
fn case(name: &str) -> Vec<u8> {
    build::cases::recipe(&build::cases::place(&format!("tests/cases/{name}/build.toml"))).message.bytes()
}

#[test]
fn listeners_directions_and_exceptions_have_their_own_actions() {
    let server = Server::new("");
    server.configure(
        "[policy]\nmalicious = \"reject\"\nown_networks = [\"192.0.2.0/24\"]\n[policy.outgoing]\n\
         malicious = \"defer\"\n[milter.policy]\nunverified = \"quarantine\"\n\
         [[exception]]\nname = \"desk\"\nreason = \"r\"\nrecipient = \"reader@example.test\"\n\
         authenticated = true\naction = \"accept\"\nmalicious = true\n\
         [[exception]]\nname = \"slip\"\nreason = \"r\"\nclient = \"::/0\"\nrule = [\"vba-autoexec\", \"vba-autoexce\"]\n\
         [[exception]]\nname = \"past\"\nreason = \"r\"\nclient = \"::/0\"\naction = \"accept\"\n\
         until = 2001-01-01",
    );
    server.signal(Signal::HUP);
    server.events_once("reloaded", 1);
    assert_eq!(server.events("exception-expired")[0]["tenpu"]["exceptions"], json!(["past"]));
    let unknown = server.events("exception-of-unknown-rule");
    assert_eq!((unknown.len(), &unknown[0]["rule"]["id"]), (1, &json!(["vba-autoexce"])));
    let mut milter = Milter::new(&server);
    assert!(milter.message("Q1", &case("emotet-autoopen-continued-doc")).end.starts_with("y451 "));
    assert!(milter.message("Q2", &case("locked-zip-password-elsewhere")).changes[0].starts_with('q'));
    let answer = milter.message_of_user("Q3", &case("emotet-autoopen-continued-doc"));
    assert_eq!((answer.end.as_str(), answer.header("X-Tenpu-Exception")), ("c", Some("desk")));
    assert_eq!(answer.header("X-Tenpu-Verdict"), Some("malicious"));
    let events = server.events_once("message", 3);
    let told = |n: usize| (&events[n]["network"]["direction"], &events[n]["tenpu"]["exceptions"]);
    assert_eq!(told(0), (&json!("outgoing"), &Value::Null));
    assert_eq!(told(2), (&json!("outgoing"), &json!(["desk"])));
}

#[test]
fn the_self_test_tells_what_came_back() {
    let mut server = Server::new("");
    let config = server.folder.join("tenpu.toml");
    let selftest = |lang: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenpu"));
        let output = command.args(["selftest", "--lang", lang, "--config"]).arg(&config).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, text) = selftest("en");
    assert_eq!(status, Some(0), "{text}");
    assert!(
        text.contains("quarantine (malicious)") && text.contains("Heuristics.Encrypted.Zip FOUND"),
        "{text}"
    );
    let messages = if cfg!(feature = "yara") { 21 } else { 18 };
    assert_eq!(server.events_once("message", messages).len(), messages);

    // What the file says and what the service does are two things until it is reloaded.
    server.configure("[policy]\nmalicious = \"reject\"");
    let (status, text) = selftest("ja");
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("期待した応答：reject (malicious)　実際の応答：quarantine (malicious)"), "{text}");

    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0));
    assert_eq!(selftest("en").0, Some(2));
}
