//! rspamd, whose antivirus module takes us for clamd and whose module for external services takes us for olefy.

use super::process::{Peer, folder, program};
use super::service::{Server, free_port};
use super::{CLEAN, LIMITED, case, infected, large, locked};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

/// No rules and no modules but the two, so that it starts at once. A table of top level domains must be there.
const CONFIG: &str = r#"
options {
  pidfile = "FOLDER/pid"; cache_file = "FOLDER/cache"; dynamic_conf = "FOLDER/dynamic"; history_file = "FOLDER/history";
  control_socket = "FOLDER/control mode=0600"; hs_cache_dir = "FOLDER/"; tempdir = "FOLDER"; rrd = "";
  url_tld = "FOLDER/domains"; filters = ""; allow_raw_input = true; task_timeout = 60s;
  dns { nameserver = ["127.0.0.1"]; }
}
lang_detection { languages = "FOLDER"; }
logging { type = "file"; filename = "FOLDER/log"; level = "info"; }
worker "normal" { bind_socket = "127.0.0.1:PORT"; count = 1; mime = true; }
modules { path = "/usr/share/rspamd/plugins/antivirus.lua"; path = "/usr/share/rspamd/plugins/external_services.lua"; }
antivirus {
  tenpu { type = "clamav"; symbol = "TENPU"; servers = "SOCKETS/clamd"; scan_mime_parts = false; timeout = 50; }
}
external_services {
  oletools { servers = "SOCKETS/olefy"; scan_mime_parts = MIME; extended = EXTENDED; timeout = 50; }
}
"#;

struct Rspamd {
    peer: Peer,
    port: u16,
}

impl Rspamd {
    fn new(server: &Server, scan_mime_parts: bool, extended: bool) -> Option<Self> {
        let program = program("rspamd")?;
        let (folder, port) = (folder("rspamd"), free_port());
        let text = CONFIG.replace("FOLDER", folder.to_str().unwrap()).replace("PORT", &port.to_string());
        let text = text.replace("SOCKETS", server.folder.to_str().unwrap());
        let text =
            text.replace("MIME", &scan_mime_parts.to_string()).replace("EXTENDED", &extended.to_string());
        fs::write(folder.join("conf"), text).unwrap();
        fs::write(folder.join("domains"), "example\ntest\n").unwrap();
        let mut command = Command::new(program);
        command.args(["-f", "-i", "-c"]).arg(folder.join("conf"));
        Some(Self { peer: Peer::start(&mut command, &folder, port), port })
    }

    /// The symbols it gives a mail, each with its options.
    fn symbols(&self, mail: &[u8]) -> Vec<(String, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "POST /checkv2 HTTP/1.1\r\nHost: rspamd\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            mail.len()
        );
        stream.write_all(&[head.as_bytes(), mail].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        let symbols = answer["symbols"].as_object().unwrap().iter();
        let mut symbols: Vec<_> =
            symbols.map(|(name, symbol)| (name.clone(), symbol["options"].to_string())).collect();
        symbols.sort_unstable();
        symbols
    }

    /// The same, without options.
    fn names(&self, mail: &[u8]) -> Vec<String> {
        self.symbols(mail).into_iter().map(|(name, _)| name).collect()
    }
}

/// A mail with the attachments of two.
fn joined(one: &[u8], other: &[u8]) -> Vec<u8> {
    let parts = [one, other]
        .map(|mail| [b"--=join=\r\nContent-Type: message/rfc822\r\n\r\n", mail, b"\r\n"].concat());
    let head = b"From: a@example.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=join=\"\r\n\r\n";
    [&head[..], &parts.concat(), b"--=join=--\r\n"].concat()
}

#[test]
fn rspamd_gives_each_mail_its_symbols() {
    let mut server = Server::new(LIMITED);
    let Some(rspamd) = Rspamd::new(&server, false, false) else { return };
    assert_eq!(rspamd.names(CLEAN), Vec::<String>::new(), "{}", rspamd.peer.told());
    assert_eq!(rspamd.names(&case("harmless-print-macro")), Vec::<String>::new());
    for mail in infected() {
        let symbols = rspamd.symbols(&mail);
        let names: Vec<_> = symbols.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["OLETOOLS", "TENPU"], "{symbols:?}: {}", rspamd.peer.told());
        assert!(symbols[0].1.starts_with("[\"AutoExec + Suspicious ("), "{symbols:?}");
        assert!(symbols[1].1.starts_with("[\"Tenpu."), "{symbols:?}");
    }
    let suspicious = rspamd.names(&case("fetches-file-on-open-xls"));
    assert_eq!(suspicious, ["OLETOOLS", "TENPU_MACRO"]);
    assert_eq!(rspamd.names(&locked()), ["OLETOOLS_ENCRYPTED", "TENPU_ENCRYPTED"]);
    assert_eq!(rspamd.names(&large()), ["OLETOOLS_FAIL", "TENPU_FAIL"]);
    // Beside something locked, what was found is told all the same.
    let both = joined(&locked(), &case("emotet-autoopen-continued-doc"));
    assert_eq!(rspamd.names(&both), ["OLETOOLS", "TENPU"]);

    server.kill();
    assert_eq!(rspamd.names(CLEAN), ["OLETOOLS_FAIL", "TENPU_FAIL"]);
    server.configure("[serve]\nmemory = 100\n");
    server.start_again();
    assert_eq!(rspamd.names(&case("emotet-autoopen-continued-doc")), ["OLETOOLS_FAIL", "TENPU_FAIL"]);
    let log = rspamd.peer.told();
    assert!(!log.contains("lua error") && !log.contains("maybe unhandled"), "{log}");
}

#[test]
fn rspamd_hands_over_single_documents() {
    let server = Server::new("");
    let Some(rspamd) = Rspamd::new(&server, true, true) else { return };
    let macros = rspamd.symbols(&case("emotet-autoopen-continued-doc"));
    assert_eq!(macros[0].0, "OLETOOLS", "{macros:?}: {}", rspamd.peer.told());
    // Its flags: starts by itself, has macros, is suspicious.
    assert!(macros[0].1.contains("\"A----MS-\"") && macros[0].1.contains("\"autoopen\""), "{macros:?}");
    assert_eq!(rspamd.names(CLEAN), Vec::<String>::new());
    // The document alone, not the mail around it.
    let events = server.events_once("message", 2);
    let to = |front: &str| events.iter().find(|event| event["event"]["provider"] == front).unwrap();
    assert!(to("clamd")["email"]["subject"].is_string() && to("olefy")["email"]["subject"].is_null());
}
