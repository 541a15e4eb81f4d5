//! The protocol of olefy, by which rspamd asks oletools for macros: one request a connection, ended by the client's
//! half of it; one reply, as `olevba --json` writes it.
//!
//! rspamd awaits more only behind a read of exactly 8,192 bytes, so the reply goes out in one piece and is shorter. It
//! heeds only the first code that says how olevba ended, and forgets macros beside one; and behind `error` it remembers
//! the file as clean, whatever comes of asking again. So a code stands only where nothing worse is told, and a failure is a code.

pub mod request;

use super::clamd::wire::Streamed;
use super::connection::Connection;
use super::log::Mail;
use super::service::{Engine, Service};
use crate::exception::Excepted;
use crate::front::pool::macros::Macros;
use crate::front::pool::{Answer, Failure};
use crate::report::{Report, Word};
use crate::scan::Input;
use crate::verdict::Verdict;
use request::{Request, split};
use serde_json::{Value, json};
use std::io::{self, BufRead};
use std::sync::Arc;

/// The longest reply.
const LONGEST: usize = 8000;

/// Answers one connection.
pub(super) fn serve(connection: &mut Connection, service: &Arc<Service>) -> io::Result<()> {
    connection.begin(true);
    if connection.fill_buf()?.is_empty() {
        return Ok(());
    }
    connection.busy();
    let engine = service.engine();
    let request = read(connection, service, &engine)?;
    let reply = match split(&request.bytes) {
        Request::Ping => return connection.send(b"PONG"),
        _ if request.dropped => failed("Scanner is busy"),
        Request::Malformed => error("Protocol error"),
        Request::File { bytes: b"", .. } => error("File too small"),
        Request::File { id, bytes } => {
            let size = request.size.saturating_sub((request.bytes.len() - bytes.len()) as u64);
            let input = Input { path: "olefy".into(), bytes: bytes.to_vec(), size, ..Input::default() };
            scan(connection, service, &engine, input, &String::from_utf8_lossy(id))
        }
    };
    connection.send(format!("{reply}\t\n\n\t").as_bytes())?;
    connection.end();
    Ok(())
}

/// Reads until the client has said all. `PING` is answered at once: who asks so may wait with its half open.
fn read(connection: &mut Connection, service: &Service, engine: &Engine) -> io::Result<Streamed> {
    let share = service.room.share(engine.settings.bounds.memory);
    let mut request = Streamed { bytes: Vec::new(), size: 0, dropped: false, share };
    // The head of the request is no part of the file.
    let limit = engine.base.scanner.limits().input_bytes.saturating_add(request::HEAD);
    loop {
        let got = connection.fill_buf()?;
        let length = got.len();
        request.push(got, limit);
        connection.consume(length);
        if length == 0 || matches!(split(&request.bytes), Request::Ping) {
            return Ok(request);
        }
    }
}

fn scan(connection: &Connection, service: &Service, engine: &Arc<Engine>, input: Input, task: &str) -> Value {
    let id = service.id();
    let answer = service.scan(engine, &id, &Arc::new(input), &mut || Ok(()));
    let answer = answer.and_then(|answer: Answer| match answer.report.error {
        Some(_) => Err(Failure::Fault),
        None => Ok(answer),
    });
    let excepted = answer.as_ref().ok().and_then(|answer| service.excepted(&answer.report));
    let exceptions: Vec<String> = excepted.iter().flat_map(Excepted::names).collect();
    let exceptions = &exceptions;
    let peer = connection.peer();
    let mail = Mail { front: "olefy", id: &id, local_id: task, client: &peer, exceptions, ..Mail::default() };
    let done = if answer.is_ok() { "answered" } else { "error" };
    service.told(engine, &mail, answer.as_ref().map_err(|failure| *failure), done);
    match &answer {
        Ok(answer) => {
            let verdict = excepted.map_or(answer.report.verdict, |excepted| excepted.verdict);
            reply(&left(&answer.macros, verdict), unread(&answer.report, verdict))
        }
        Err(_) => failed("The file could not be scanned"),
    }
}

/// What olefy says without olevba; rspamd counts a file that is too small as clean.
fn error(why: &str) -> Value {
    json!([{ "error": why }])
}

/// olevba ended without an answer.
fn failed(why: &str) -> Value {
    json!([speaker(), { "type": "msg", "level": "ERROR", "message": why }, ended(UNEXPECTED)])
}

/// The macros, with what they do only where that counts: none of it does if exceptions took every reason away.
fn left(macros: &Macros, verdict: Verdict) -> Macros {
    let mut left = macros.clone();
    if verdict < Verdict::Suspicious && !macros.suspicious.is_empty() {
        (left.automatic, left.suspicious) = (Vec::new(), Vec::new());
    }
    left
}

/// Why something was not read, where nothing worse is known: locked, if anything was.
fn unread(report: &Report, verdict: Verdict) -> Option<Word> {
    let mut reasons = report.unread.iter().map(|unread| unread.reason);
    let first = reasons.clone().next().unwrap_or("unread");
    (verdict == Verdict::Unverified).then(|| reasons.find(|why| *why == "encrypted").unwrap_or(first))
}

/// The reply, without the last keywords where it would be too long.
fn reply(macros: &Macros, unread: Option<Word>) -> Value {
    let mut shown = macros.clone();
    loop {
        let reply = shape(&shown, unread);
        if reply.to_string().len() <= LONGEST || !shown.shorten() {
            return reply;
        }
    }
}

/// As olevba has it: who speaks, the file, and how it ended. A file without macros has the analysis `null`, because
/// rspamd takes two empty lists for a fault; one with macros always has a list.
fn shape(macros: &Macros, unread: Option<Word>) -> Value {
    let keyword = |kind: &str, keyword: &String, description: &str| json!({ "type": kind, "keyword": keyword, "description": description });
    let auto = macros.automatic.iter().map(|word| keyword("AutoExec", word, "Runs by itself"));
    let suspicious = macros.suspicious.iter().map(|word| keyword("Suspicious", word, "Rule of tenpu"));
    let analysis: Vec<Value> = auto.chain(suspicious).collect();
    let modules: Vec<Value> = macros
        .modules
        .iter()
        .map(|module| {
            let (name, place) = (&module.name, &module.place);
            json!({ "vba_filename": name, "subfilename": place, "ole_stream": name, "code": null })
        })
        .collect();
    let analysis = if modules.is_empty() { Value::Null } else { analysis.into() };
    let file = json!({
        "container": null,
        "file": macros.name,
        "json_conversion_successful": true,
        "analysis": analysis,
        "code_deobfuscated": null,
        "do_deobfuscate": false,
        "show_pcode": false,
        "type": macros.kind,
        "macros": modules,
        // What rspamd writes to its log beside a code.
        "message": unread,
    });
    let code = unread.map_or(OK, |why| if why == "encrypted" { ENCRYPTED } else { UNREADABLE });
    json!([speaker(), file, ended(code)])
}

fn speaker() -> Value {
    json!({
        "script_name": "olevba",
        "version": "0.60.2",
        "python_version": [3, 11, 7],
        "url": "http://decalage.info/python/oletools",
        "type": "MetaInformation",
    })
}

fn ended(code: u8) -> Value {
    json!({ "type": "MetaInformation", "return_code": code })
}

/// How olevba ends: well, with a file that it cannot open, with a fault, with a document that stayed locked.
const OK: u8 = 0;
const UNREADABLE: u8 = 5;
const UNEXPECTED: u8 = 8;
const ENCRYPTED: u8 = 9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree, Unread};
    use crate::detect::Strength;
    use crate::front::pool::macros::Module;
    use crate::report::tests::finding;

    #[test]
    fn replies_are_shaped_as_rspamd_reads_them() {
        let clean = reply(&Macros { kind: "OLE", ..Macros::default() }, None);
        assert!(clean[1]["analysis"].is_null() && clean[1]["macros"] == json!([]));
        assert_eq!(
            (clean[0]["version"].as_str(), clean[2]["return_code"].as_u64()),
            (Some("0.60.2"), Some(0))
        );
        let module = Module { name: "ThisDocument".into(), place: "word/vbaProject.bin".into() };
        let quiet = reply(&Macros { modules: vec![module.clone()], ..Macros::default() }, None);
        assert_eq!(quiet[1]["analysis"], json!([]));
        let loud = Macros {
            modules: vec![module],
            automatic: vec!["AutoOpen".into()],
            suspicious: vec!["vba-autoexec-runs-command".into()],
            ..Macros::default()
        };
        let loud = reply(&loud, None);
        let kinds: Vec<_> =
            loud[1]["analysis"].as_array().unwrap().iter().map(|entry| entry["type"].clone()).collect();
        assert_eq!(kinds, ["AutoExec", "Suspicious"]);
        assert_eq!(loud[1]["macros"][0]["ole_stream"], "ThisDocument");
    }

    #[test]
    fn excepted_macros_are_there_and_do_nothing() {
        let macros = Macros {
            modules: vec![Module { name: "ThisDocument".into(), place: "a.doc".into() }],
            automatic: vec!["AutoOpen".into()],
            suspicious: vec!["vba-autoexec-runs-command".into()],
            ..Macros::default()
        };
        assert_eq!(reply(&left(&macros, Verdict::Clean), None)[1]["analysis"], json!([]));
        assert_eq!(left(&macros, Verdict::Suspicious).automatic, macros.automatic);
    }

    #[test]
    fn what_was_not_read_is_told_where_nothing_worse_is() {
        let report = |reasons: &[&'static str], strength: Option<Strength>| {
            let mut root = Child::new("a.zip", "file", b"\0".to_vec()).of_kind("zip");
            root.unread = reasons.iter().map(|reason| Unread { reason, detail: String::new() }).collect();
            let findings: Vec<_> =
                strength.map(|strength| finding("vba-runs", strength, 0)).into_iter().collect();
            Report::new("-", 0, &Tree::new(root), &findings)
        };
        let code = |report: &Report| {
            reply(&Macros::default(), unread(report, report.verdict))[2]["return_code"].clone()
        };
        assert_eq!(code(&report(&[], None)), OK);
        assert_eq!(code(&report(&["limit-depth"], Some(Strength::Weak))), UNREADABLE);
        assert_eq!(code(&report(&["damaged", "encrypted"], None)), ENCRYPTED);
        for strength in [Strength::Medium, Strength::Strong] {
            assert_eq!(code(&report(&["encrypted"], Some(strength))), OK);
        }
        let failed = failed("Scanner is busy");
        assert_eq!(
            (&failed[1]["message"], &failed[2]["return_code"]),
            (&json!("Scanner is busy"), &json!(8))
        );
        assert!(failed.as_array().unwrap().iter().all(|entry| entry.get("error").is_none()));
    }

    #[test]
    fn a_reply_is_never_longer_than_one_read() {
        let module = |n| Module { name: format!("\"\\{n}").repeat(9), place: "\u{1}".repeat(60) };
        let long = Macros {
            modules: (0..500).map(module).collect(),
            automatic: (0..90).map(|_| "AutoOpen".repeat(20)).collect(),
            suspicious: (0..90).map(|_| "x\"".repeat(50)).collect(),
            ..Macros::default()
        };
        let reply = reply(&long, None);
        assert!(reply.to_string().len() <= LONGEST);
        assert_eq!(reply[1]["analysis"][0]["type"], "AutoExec");
        assert!(!reply[1]["macros"].as_array().unwrap().is_empty());
    }
}
