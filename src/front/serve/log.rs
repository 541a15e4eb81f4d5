//! What the service tells: one JSON object a line on standard error, in the field names of the Elastic Common
//! Schema where it has them. Passwords are never among it.

use super::milter::policy::Action;
use crate::front::day::Day;
use crate::front::pool::Answer;
use crate::report::{ArtifactEntry, Report};
use crate::text::{is_deceptive, printable};
use crate::verdict::Verdict;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use toml::value::Date;

/// What is known of a message beside its report.
#[derive(Debug, Default)]
pub(super) struct Mail<'a> {
    /// The front it came by.
    pub(super) front: &'static str,
    /// The id under which the help desk finds it.
    pub(super) id: &'a str,
    /// The queue id of the mail server, or the file.
    pub(super) local_id: &'a str,
    /// The address of the client.
    pub(super) client: &'a str,
    /// The sender of the envelope.
    pub(super) sender: &'a str,
    /// The recipients of the envelope.
    pub(super) recipients: &'a [String],
    /// Who the sender says to be, of those that logged in.
    pub(super) user: &'a str,
    /// The way it goes, where that is known.
    pub(super) direction: &'static str,
    /// Exceptions that were applied.
    pub(super) exceptions: &'a [String],
}

/// How much is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// Everything, messages too.
    #[default]
    Info,
    /// What somebody should look at.
    Warning,
    /// What failed.
    Error,
}

/// The level in force; 0 is [`Level::Info`].
static LEAST: AtomicU8 = AtomicU8::new(0);

/// From now on only events of this level and above are written.
pub(super) fn set_level(level: Level) {
    LEAST.store(level as u8, Ordering::Relaxed);
}

/// The version of the schema whose names are used.
const SCHEMA: &str = "8.17.0";

/// Writes one event. `more` is an object.
pub(super) fn event(level: &str, action: &str, more: &Value) {
    let rank = match level {
        "error" => Level::Error,
        "warning" => Level::Warning,
        _ => Level::Info,
    };
    if (rank as u8) < LEAST.load(Ordering::Relaxed) {
        return;
    }
    let mut line = json!({
        "@timestamp": timestamp(SystemTime::now()),
        "ecs": { "version": SCHEMA },
        "log": { "level": level },
        "event": { "action": action, "kind": "event", "module": "tenpu" },
    });
    merge(&mut line, more);
    write(&line);
}

/// Writes what became of one message.
pub(super) fn message(mail: &Mail, answer: Result<&Answer, &str>, done: &str) {
    let outcome = if answer.is_ok() { "success" } else { "failure" };
    let mut line = json!({
        "event": { "category": ["email"], "type": ["info"], "outcome": outcome, "provider": mail.front },
        "tenpu": { "id": mail.id, "action": done },
    });
    if let Err(why) = answer {
        merge(&mut line, &json!({ "error": { "message": printable(why) } }));
    }
    merge(&mut line, &envelope(mail));
    if let Ok(answer) = answer {
        merge(&mut line, &scanned(&answer.report));
    }
    event(if answer.is_ok() { "info" } else { "error" }, "message", &line);
}

/// Writes that a kept mail was scanned again, because a later mail told its password.
#[cfg(feature = "desk")]
pub(super) fn rescanned(id: &str, local_id: &str, before: Verdict, answer: &Answer) {
    let mut line = json!({
        "event": { "category": ["email"], "type": ["change"], "outcome": "success" },
        "email": { "local_id": printable(local_id) },
        "tenpu": { "id": id, "verdict_before": before },
    });
    merge(&mut line, &scanned(&answer.report));
    event("info", "rescanned", &line);
}

/// How an action is named in the log.
pub(super) fn action_id(action: Action) -> &'static str {
    match action {
        Action::Accept => "accept",
        Action::Tag => "tag",
        Action::Quarantine => "quarantine",
        Action::Reject => "reject",
        Action::Discard => "discard",
        Action::Defer => "defer",
    }
}

/// From now on a fault inside tenpu is an event too.
pub(super) fn faults() {
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map(|place| format!("{}:{}", place.file(), place.line()));
        let reason: String = fault.payload_as_str().unwrap_or("no reason given").chars().take(300).collect();
        let error = json!({ "message": printable(&reason), "stack_trace": place });
        event("error", "fault", &json!({ "error": error }));
    }));
}

fn envelope(mail: &Mail) -> Value {
    let mut email = Map::new();
    if !mail.local_id.is_empty() {
        email.insert("local_id".into(), printable(mail.local_id).into());
    }
    if !mail.sender.is_empty() {
        email.insert("sender".into(), json!({ "address": printable(mail.sender) }));
    }
    if !mail.recipients.is_empty() {
        let recipients: Vec<String> = mail.recipients.iter().map(|address| printable(address)).collect();
        email.insert("to".into(), json!({ "address": recipients }));
    }
    let mut line = json!({ "email": email });
    if !mail.client.is_empty() {
        merge(&mut line, &json!({ "source": source(mail.client) }));
    }
    if !mail.user.is_empty() {
        merge(&mut line, &json!({ "user": { "name": printable(mail.user) } }));
    }
    if !mail.direction.is_empty() {
        merge(&mut line, &json!({ "network": { "direction": mail.direction } }));
    }
    if !mail.exceptions.is_empty() {
        merge(&mut line, &json!({ "tenpu": { "exceptions": mail.exceptions } }));
    }
    line
}

/// Where a client is: `ip` takes nothing but addresses. Sendmail writes those of IPv6 with a word before them.
fn source(client: &str) -> Value {
    let bare = client.strip_prefix("IPv6:").unwrap_or(client);
    match bare.parse::<IpAddr>() {
        Ok(ip) => json!({ "ip": ip.to_canonical() }),
        Err(_) => json!({ "address": printable(client) }),
    }
}

/// What kind of event a verdict makes: an alert where somebody should look, and the reason why.
fn event_of(report: &Report) -> Value {
    let is_alert = report.verdict >= Verdict::Suspicious;
    let nanos = Duration::try_from_secs_f64(report.elapsed_ms / 1000.0).unwrap_or_default().as_nanos();
    json!({
        "kind": if is_alert { "alert" } else { "event" },
        "category": if is_alert { json!(["email", "malware"]) } else { json!(["email"]) },
        "type": ["info"],
        "duration": u64::try_from(nanos).unwrap_or(u64::MAX),
    })
}

/// One attachment. Its extension is that of its name, because that is what a desktop would open it by.
fn attachment(artifact: &ArtifactEntry, name: &str) -> Value {
    let mut file = json!({ "name": name, "size": artifact.size, "hash": { "sha256": artifact.sha256 } });
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    if let Some(extension) = extension.filter(|extension| (1..=16).contains(&extension.len())) {
        merge(&mut file, &json!({ "extension": extension }));
    }
    if let Some(mime) = mime_type(artifact.format) {
        merge(&mut file, &json!({ "mime_type": mime }));
    }
    json!({ "file": file })
}

/// The media type of a kind of file by its content, where a registered or a usual one exists.
fn mime_type(format: &str) -> Option<&'static str> {
    MIME_TYPES.iter().find(|(kind, _)| *kind == format).map(|(_, mime)| *mime)
}

const MIME_TYPES: &[(&str, &str)] = &[
    ("7z", "application/x-7z-compressed"),
    ("bmp", "image/bmp"),
    ("bzip2", "application/x-bzip2"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("exe", "application/vnd.microsoft.portable-executable"),
    ("gif", "image/gif"),
    ("gzip", "application/gzip"),
    ("html", "text/html"),
    ("iso", "application/x-iso9660-image"),
    ("jpeg", "image/jpeg"),
    ("lnk", "application/x-ms-shortcut"),
    ("msg", "application/vnd.ms-outlook"),
    ("onenote", "application/onenote"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rar", "application/vnd.rar"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("text", "text/plain"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xz", "application/x-xz"),
    ("zip", "application/zip"),
];

/// The time, in seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The day, in UTC.
pub(super) fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (year, month, day) = day(since).civil();
    let small = |number: i64| u8::try_from(number).unwrap_or_default();
    Date { year: u16::try_from(year).unwrap_or(u16::MAX), month: small(month), day: small(day) }
}

/// What a report gives to a log: names and numbers, no evidence.
fn scanned(report: &Report) -> Value {
    let hide = |text: &str| report.without_passwords(text);
    let attachments: Vec<Value> = report
        .artifacts
        .iter()
        .filter(|artifact| artifact.via == "attachment")
        .take(ATTACHMENTS)
        .map(|artifact| attachment(artifact, &hide(&artifact.name)))
        .collect();
    let mut rules: Vec<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    rules.dedup();
    let mut techniques: Vec<&str> =
        report.findings.iter().flat_map(|finding| &finding.attack).map(String::as_str).collect();
    techniques.sort_unstable();
    techniques.dedup();
    let mut unread: Vec<&str> = report.unread.iter().map(|unread| unread.reason).collect();
    unread.sort_unstable();
    unread.dedup();
    json!({
        "event": event_of(report),
        "email": {
            "message_id": report.message_id.as_deref().map(hide),
            "from": { "address": report.from.as_deref().map(|from| hide(bare(from))) },
            "subject": report.subject.as_deref().map(hide),
            "attachments": attachments,
        },
        "rule": { "id": rules },
        "threat": { "technique": { "id": techniques } },
        "tenpu": {
            "verdict": report.verdict,
            "score": report.score,
            "unread": unread,
            "elapsed_ms": report.elapsed_ms,
        },
    })
}

/// Attachments of one message that are named in the log.
const ATTACHMENTS: usize = 50;

/// The address of a header, without the name before it.
fn bare(from: &str) -> &str {
    let inner = from.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(from, |(address, _)| address)
}

/// Puts the fields of one object into another, deep.
fn merge(into: &mut Value, from: &Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else { return };
    for (key, value) in from {
        match into.get_mut(key) {
            Some(known) if known.is_object() => merge(known, value),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Writes one line at once, so that those of several threads do not mix. What hides is shown by number.
fn write(line: &Value) {
    let mut text = String::new();
    for c in line.to_string().chars() {
        if is_deceptive(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text.push('\n');
    let _closed = io::stderr().lock().write_all(text.as_bytes());
}

/// RFC 3339, in UTC.
fn timestamp(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{:03}Z", day(since), since.subsec_millis())
}

fn day(since: Duration) -> Day {
    Day::of(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    #[test]
    fn times_are_rfc_3339() {
        let at = |seconds: u64, millis: u64| {
            timestamp(UNIX_EPOCH + Duration::from_millis(seconds * 1000 + millis))
        };
        assert_eq!(at(0, 7), "1970-01-01T00:00:00.007Z");
        assert_eq!(at(951_782_400, 0), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(1_646_356_320, 500), "2022-03-04T01:12:00.500Z");
        assert_eq!(at(4_107_542_399, 0), "2100-02-28T23:59:59.000Z");
    }

    #[test]
    fn only_addresses_are_called_so() {
        assert_eq!(source("192.0.2.7"), json!({ "ip": "192.0.2.7" }));
        assert_eq!(source("IPv6:2001:db8::1"), json!({ "ip": "2001:db8::1" }));
        assert_eq!(source("::ffff:192.0.2.7"), json!({ "ip": "192.0.2.7" }));
        assert_eq!(source("localhost"), json!({ "address": "localhost" }));
    }

    #[test]
    fn media_types_are_of_kinds_that_exist() {
        for (kind, mime) in MIME_TYPES {
            assert!(Kind::named(kind).is_some(), "{kind}");
            assert_eq!(mime.split('/').count(), 2, "{mime}");
        }
        assert_eq!((mime_type("zip"), mime_type("data")), (Some("application/zip"), None));
    }

    #[test]
    fn a_verdict_makes_an_alert() {
        let mut report = Report::fault("x", 0, "nothing");
        report.elapsed_ms = 1.5;
        let event = event_of(&report);
        assert_eq!((&event["kind"], &event["category"]), (&json!("event"), &json!(["email"])));
        assert_eq!(event["duration"], 1_500_000);
        report.verdict = Verdict::Suspicious;
        assert_eq!(event_of(&report)["kind"], "alert");
    }

    #[test]
    fn addresses_are_bare() {
        let rows = [("A <a@b.test>", "a@b.test"), ("a@b.test", "a@b.test"), ("x <", "x <"), ("<x> <y>", "y")];
        for (from, want) in rows {
            assert_eq!(bare(from), want);
        }
    }

    #[test]
    fn objects_are_merged_deep() {
        let mut line = json!({ "a": { "b": 1 }, "c": 2 });
        merge(&mut line, &json!({ "a": { "d": 3 }, "c": 4 }));
        assert_eq!(line, json!({ "a": { "b": 1, "d": 3 }, "c": 4 }));
    }
}
