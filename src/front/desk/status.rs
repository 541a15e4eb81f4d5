//! How the desk does, for who runs it.

use super::Desk;
use super::fail::Fail;
use super::page::Page;
use super::time::told;
use super::visit::Visit;
use super::words::{fill, member, say};
use crate::detect::heuristics::HEURISTICS;
use crate::report::Lang;
use crate::report::gist::size;
use crate::store::{self, Role};
use crate::text::printable;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "status.html")]
struct Shown {
    page: Page,
    rows: Vec<(&'static str, String)>,
    sources: Vec<(&'static str, i64, String)>,
}

/// Shows it.
pub(super) async fn show(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Fail> {
    visit.user(Role::Operator)?;
    let (lang, zone) = (visit.lang, desk.settings.zone);
    let status = desk.store.status().await?;
    let mut rows = vec![("status.version", env!("CARGO_PKG_VERSION").to_string())];
    rows.extend(stored(&desk, &status, lang));
    let rules = desk.engine.rules();
    let own = if rules.builtin { HEURISTICS.len() } else { 0 };
    let numbers = [own.to_string(), rules.yara.list().len().to_string()];
    rows.push(("status.rules", fill(lang, "status.heuristics", &numbers.each_ref().map(String::as_str))));
    rows.extend(reports(&desk, &status, lang));
    let source = |(source, count, newest): (store::Source, i64, i64)| {
        (member(lang, "source", source.id()), count, told(newest, zone, lang))
    };
    let page = Page::new(&visit, "status", "status.title");
    let rows = rows.into_iter().map(|(key, value)| (say(lang, key), value)).collect();
    let sources = status.sources.into_iter().map(source).collect();
    page.show(&Shown { page: page.clone(), rows, sources })
}

/// What is stored, and for how long.
fn stored(desk: &Desk, status: &store::Status, lang: Lang) -> Vec<(&'static str, String)> {
    let bytes = |bytes: i64| size(u64::try_from(bytes).unwrap_or(0));
    let unlimited = || say(lang, "status.unlimited").to_string();
    let days = desk.retention.days;
    vec![
        ("status.messages", status.messages.to_string()),
        ("status.waiting", status.waiting.to_string()),
        ("status.locked", status.locked.to_string()),
        ("status.kept", format!("{} ({})", status.kept, bytes(status.kept_bytes))),
        ("status.database", bytes(status.database_bytes)),
        (
            "status.days",
            days.map_or_else(unlimited, |days| fill(lang, "status.for-days", &[&days.to_string()])),
        ),
        ("status.bytes", desk.retention.bytes.map_or_else(unlimited, size)),
    ]
}

/// How mails are reported here, and what went wrong.
fn reports(desk: &Desk, status: &store::Status, lang: Lang) -> Vec<(&'static str, String)> {
    let (settings, seen) = (&desk.settings, desk.reports.seen());
    let when = |at: i64| told(at, settings.zone, lang);
    let is_watched = settings.reports.is_some() || settings.lmtp.is_some();
    let mails = match seen.last {
        _ if !is_watched => say(lang, "status.reports-none").to_string(),
        Some(last) => fill(lang, "status.reports-seen", &[&seen.mails.to_string(), &when(last)]),
        None => say(lang, "status.reports-unseen").to_string(),
    };
    let answers = settings.answer_from.clone();
    let answers = answers.unwrap_or_else(|| say(lang, "status.answers-none").to_string());
    let mut rows = vec![("status.reports", mails), ("status.answers", answers)];
    let counted = |word, (count, at): (i64, i64)| fill(lang, word, &[&count.to_string(), &when(at)]);
    rows.push(match status.unsent {
        (0, _) => ("status.unsent", "0".to_string()),
        some => ("status.unsent", counted("status.unsent-since", some)),
    });
    if status.given_up.0 > 0 {
        rows.push(("status.given-up", counted("status.given-up-last", status.given_up)));
    }
    rows.extend(
        seen.problem.map(|(at, what)| ("status.problem", format!("{}: {}", when(at), printable(&what)))),
    );
    rows
}
