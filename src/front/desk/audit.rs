//! The audit log, for administrators, and whether its chain holds.

use super::Desk;
use super::fail::Fail;
use super::page::{Page, percent};
use super::time::told;
use super::visit::Visit;
use super::words::{fill, member};
use crate::report::Lang;
use crate::report::gist::quote;
use crate::store::{self, Role};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "audit.html")]
struct Log {
    page: Page,
    /// What the check said; nothing on the pages behind the first.
    checked: Option<Checked>,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
}

struct Checked {
    sentence: String,
    is_broken: bool,
    last: String,
}

struct Row {
    number: i64,
    when: String,
    name: String,
    /// The act as it is written in the log, and in words.
    act: String,
    told: String,
    object: String,
    /// Whether the object is a message that has a page.
    is_message: bool,
    detail: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    after: String,
}

/// Rows of a page.
const ROWS: u32 = 100;

/// Acts whose object is a message.
const OF_MESSAGES: &[&str] = &[
    "upload",
    "keep",
    "release",
    "release-begun",
    "release-failed",
    "release-unclear",
    "ask-release",
    "refuse-release",
    "delete",
    "false-alarm",
    "missed",
    "exception",
    "ask-exception",
    "report-mail",
    "answer",
    "answer-failed",
    "rescan",
    "export",
];

/// Shows a page of the log.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    visit.user(Role::Administrator)?;
    let (lang, zone) = (visit.lang, desk.settings.zone);
    let is_first = wanted.after.is_empty();
    let part = store::Page { size: ROWS, after: wanted.after.chars().take(100).collect() };
    let listing = desk.store.audit_log(&part).await?;
    let checked = if is_first {
        let audited = desk.store.verify_audit().await?;
        let sound = audited.sound.to_string();
        let sentence = match audited.broken {
            None => fill(lang, "audit.sound", &[&sound]),
            Some(broken) => fill(lang, "audit.broken", &[&broken.to_string()]),
        };
        Some(Checked { sentence, is_broken: audited.broken.is_some(), last: audited.last })
    } else {
        None
    };
    let rows = listing.rows.iter().map(|entry| Row {
        number: entry.number,
        when: told(entry.made, zone, lang),
        name: entry.name.clone(),
        act: entry.act.clone(),
        told: told_act(lang, &entry.act),
        is_message: OF_MESSAGES.contains(&entry.act.as_str()) && is_id(&entry.object),
        object: quote(&entry.object, 200),
        detail: quote(&entry.detail, 1000),
    });
    let rows = rows.collect();
    let next = listing.next.map(|after| {
        let after: String = after.bytes().map(percent).collect();
        format!("/audit?after={after}")
    });
    let page = Page::new(&visit, "audit", "audit.title");
    page.show(&Log { checked, rows, next, is_first, page: page.clone() })
}

/// An act in words; one that has none yet as it is written.
fn told_act(lang: Lang, act: &str) -> String {
    let word = member(lang, "did", act);
    if word.is_empty() { act.to_string() } else { word.to_string() }
}

/// Whether an object can stand in a path as it is.
fn is_id(object: &str) -> bool {
    !object.is_empty() && object.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_told_in_both_languages() {
        for act in OF_MESSAGES {
            assert!(
                told_act(Lang::Ja, act) != *act && told_act(Lang::En, act) != told_act(Lang::Ja, act),
                "{act}"
            );
        }
        assert_eq!(told_act(Lang::Ja, "something-new"), "something-new");
    }
}
