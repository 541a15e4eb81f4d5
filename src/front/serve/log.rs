//! What the service tells: one JSON object a line on standard error, in the field names of the Elastic Common
//! Schema where it has them. Passwords are never among it.

use super::milter::policy::Action;
use super::pool::Answer;
use crate::report::Report;
use crate::text::{is_deceptive, printable};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

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
}

/// Writes one event. `more` is an object.
pub(super) fn event(level: &str, action: &str, more: &Value) {
    let mut line = json!({
        "@timestamp": timestamp(SystemTime::now()),
        "log": { "level": level },
        "event": { "action": action, "module": "tenpu" },
    });
    merge(&mut line, more);
    write(&line);
}

/// Writes what became of one message.
pub(super) fn message(mail: &Mail, answer: Result<&Answer, &str>, done: &str) {
    let outcome = if answer.is_ok() { "success" } else { "failure" };
    let mut line = json!({
        "event": { "outcome": outcome, "provider": mail.front },
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
        merge(&mut line, &json!({ "source": { "address": printable(mail.client) } }));
    }
    if !mail.user.is_empty() {
        merge(&mut line, &json!({ "user": { "name": printable(mail.user) } }));
    }
    line
}

/// What a report gives to a log: names and numbers, no evidence.
fn scanned(report: &Report) -> Value {
    let hide = |text: &str| report.without_passwords(text);
    let attachments: Vec<Value> = report
        .artifacts
        .iter()
        .filter(|artifact| artifact.via == "attachment")
        .take(ATTACHMENTS)
        .map(|artifact| {
            let name = hide(&artifact.name);
            let hash = json!({ "sha256": artifact.sha256 });
            json!({ "file": { "name": name, "size": artifact.size, "type": artifact.format, "hash": hash } })
        })
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
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

/// Year, month and day of a number of days since 1970, counted in years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era_day = days % 146_097;
    let era_year = (era_day - era_day / 1460 + era_day / 36_524 - era_day / 146_096) / 365;
    let year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
    let shifted = (5 * year_day + 2) / 153;
    let day = year_day - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era_year + days / 146_097 * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

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
