//! The page of one message: the answer, what to do, why, what was inside, what can be read of it, where it came from.

mod headers;
mod inside;
mod preview;
mod programs;

pub(super) use headers::mailbox;

use super::Desk;
use super::decide;
use super::export::Exports;
use super::fail::Fail;
use super::others::Others;
use super::page::Page;
use super::time;
use super::visit::Visit;
use super::words::{fill, say};
use crate::front::excerpt::Excerpt;
use crate::message;
use crate::report::gist::{self, Gist, quote, verdict_id};
use crate::report::{Lang, Report, words};
use crate::scan::Input;
use crate::store::{Message as Stored, Role};
use crate::verdict::Verdict;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    page: Page,
    verdict: &'static str,
    is_clean: bool,
    gist: Gist,
    checked: String,
    situations: Vec<Situation>,
    contacts: Vec<String>,
    passwords: Vec<Password>,
    inside: Vec<inside::Row>,
    inside_more: usize,
    programs: Vec<programs::Program>,
    indicators: Vec<Value>,
    /// Why it is not opened; empty where it is.
    unopened: &'static str,
    previews: Vec<preview::Preview>,
    headers: Vec<headers::Row>,
    hops: Vec<headers::Hop>,
    numbers: Vec<Value>,
    decide: decide::Section,
    id: String,
    others: Option<Others>,
    exports: Exports,
}

/// What somebody has done so far, and what to do then.
struct Situation {
    id: &'static str,
    label: &'static str,
    steps: Vec<&'static str>,
    is_first: bool,
}

/// A password that opened something.
struct Password {
    what: String,
    text: String,
    place: String,
}

/// Something to copy.
struct Value {
    label: &'static str,
    text: String,
    place: String,
}

/// Indicators and hashes that are listed.
const VALUES: usize = 200;

/// Recipients of the campaign that are listed.
const OTHERS: u32 = 10;

/// Shows one message.
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Fail> {
    let user = visit.user(Role::Viewer)?;
    let stored = desk.store.get(&id).await?;
    let excerpt = opened(&desk, &stored).await?;
    let mut page = Page::new(&visit, "message", "message.about");
    let decide = decide::section(&desk, user, visit.lang, (&stored.summary, &stored.report)).await?;
    let mut message = Message::of(&stored, excerpt.as_deref().map_err(|why| *why), &desk, decide, &mut page);
    message.others = Some(Others::of(&desk, stored.summary.campaign, "", OTHERS, visit.lang).await?);
    page.show(&message)
}

/// What was inside a message: kept from the last look, or opened again from the stored mail.
/// Without it there is the word that says why, and the rest of the page.
async fn opened(desk: &Desk, stored: &Stored) -> Result<Result<Arc<Excerpt>, &'static str>, Fail> {
    let id = &stored.summary.id;
    if let Some(excerpt) = desk.engine.remembered(id) {
        return Ok(Ok(excerpt));
    }
    let (raw, _share) = match desk.raw(&stored.summary).await {
        Ok(Some(raw)) => raw,
        Ok(None) => return Ok(Err("message.preview-gone")),
        Err(Fail::Busy | Fail::Large) => return Ok(Err("message.preview-busy")),
        Err(fail) => return Err(fail),
    };
    let passwords: Vec<String> = stored.report.passwords.iter().map(|entry| entry.password.clone()).collect();
    let path = stored.report.path.clone();
    let input = Input { name: path.clone(), path, size: raw.len() as u64, bytes: raw, ..Input::default() };
    let excerpt = match desk.engine.scan(id, input, &passwords, |_| Vec::new()).await {
        Ok(scanned) => scanned.excerpt.ok_or("message.preview-failed"),
        Err(Fail::Busy) => Err("message.preview-busy"),
        Err(fail) => return Err(fail),
    };
    Ok(excerpt.map(|excerpt| desk.engine.remember(id, excerpt)))
}

impl Message {
    fn of(
        stored: &Stored,
        opened: Result<&Excerpt, &'static str>,
        desk: &Desk,
        decide: decide::Section,
        page: &mut Page,
    ) -> Self {
        let (report, lang) = (&stored.report, page.lang);
        let mut gist = Gist::of(report, lang);
        tell_date(&mut gist, report, desk.settings.zone, lang);
        let subject = report.subject.as_deref().map(|subject| quote(subject, 60)).unwrap_or_default();
        let name = if subject.is_empty() { gist::source(report, lang) } else { subject };
        page.title = format!("{} {} – {name}", gist.sign, gist.verdict);
        let when = time::told(stored.summary.received, desk.settings.zone, lang);
        let checked = match stored.summary.reporter.as_str() {
            "" => fill(lang, "message.checked", &[&when]),
            who => fill(lang, "message.checked-by", &[&when, who]),
        };
        let (inside, inside_more) = inside::rows(report, lang);
        let unopened = opened.err().map_or("", |why| say(lang, why));
        let excerpt = opened.ok();
        Self {
            verdict: verdict_id(report.verdict),
            is_clean: report.verdict == Verdict::Clean,
            checked,
            situations: situations(report, &gist, lang),
            contacts: desk.settings.contacts.clone(),
            passwords: passwords(report, lang),
            inside,
            inside_more,
            programs: excerpt.map(|excerpt| programs::of(excerpt, report, lang)).unwrap_or_default(),
            indicators: indicators(report, lang),
            unopened,
            previews: excerpt.map(|excerpt| preview::of(excerpt, report, lang)).unwrap_or_default(),
            headers: excerpt.map(|excerpt| headers::rows(excerpt, lang)).unwrap_or_default(),
            hops: excerpt.map(|excerpt| headers::hops(excerpt, lang)).unwrap_or_default(),
            numbers: numbers(report, lang),
            decide,
            id: stored.summary.id.clone(),
            others: None,
            exports: Exports::of_message(&stored.summary, lang),
            page: page.clone(),
            gist,
        }
    }
}

/// Puts the date as a reader here says it; what its header holds stands below, where the mail came from.
fn tell_date(gist: &mut Gist, report: &Report, zone: i32, lang: Lang) {
    let Some(sent) = report.date.as_deref().and_then(message::date) else { return };
    let label = words::say(lang, "label.date");
    if let Some((_, value)) = gist.about.iter_mut().find(|(known, _)| *known == label) {
        *value = time::told(sent, zone, lang);
    }
}

/// A step in the words of this page: a report may name an option of the command line, which nobody has here.
fn here(step: &'static str, lang: Lang) -> &'static str {
    if step == words::say(lang, "step.encrypted") { say(lang, "do.encrypted") } else { step }
}

/// What to do, by what has happened. A mail without anything suspicious needs no first aid.
fn situations(report: &Report, gist: &Gist, lang: Lang) -> Vec<Situation> {
    let of = |family: &str, count: usize| -> Vec<&'static str> {
        (1..=count).map(|n| say(lang, &format!("do.{family}.{n}"))).collect()
    };
    let after = ["step.opened", "step.enabled", "step.typed"].map(|key| words::say(lang, key));
    let first = match report.verdict {
        Verdict::Clean => of("clean", 3),
        _ => gist.steps.iter().map(|step| here(step, lang)).filter(|step| !after.contains(step)).collect(),
    };
    let mut situations = vec![("unopened", say(lang, "situation.unopened"), first)];
    if report.verdict != Verdict::Clean {
        situations.push(("opened", say(lang, "situation.opened"), of("opened", 4)));
        situations.push(("enabled", say(lang, "situation.enabled"), of("enabled", 5)));
        situations.push(("typed", say(lang, "situation.typed"), of("typed", 4)));
    }
    let whole = situations.into_iter().enumerate();
    whole.map(|(n, (id, label, steps))| Situation { id, label, steps, is_first: n == 0 }).collect()
}

fn passwords(report: &Report, lang: Lang) -> Vec<Password> {
    let whole = report.passwords.iter().map(|entry| Password {
        what: fill(lang, "message.password-opened", &[&gist::place(report, entry.artifact, lang)]),
        text: quote(&entry.password, 200),
        place: gist::password_source(entry, lang),
    });
    whole.collect()
}

fn indicators(report: &Report, lang: Lang) -> Vec<Value> {
    let whole = report.indicators.iter().take(VALUES).map(|indicator| Value {
        label: match say(lang, &format!("indicator.{}", indicator.kind)) {
            "" => indicator.kind,
            label => label,
        },
        text: quote(&indicator.value, 2048),
        place: gist::place(report, indicator.artifact, lang),
    });
    whole.collect()
}

/// Hashes, ids and the score, for those who look closer.
fn numbers(report: &Report, lang: Lang) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    let score = format!("{} / 100", report.score);
    values.push(Value { label: words::say(lang, "label.score"), text: score, place: String::new() });
    if let Some(id) = &report.message_id {
        values.push(Value { label: "Message-ID", text: quote(id, 400), place: String::new() });
    }
    values.extend(report.artifacts.iter().take(VALUES).map(|artifact| Value {
        label: "SHA-256",
        text: artifact.sha256.clone(),
        place: gist::place(report, artifact.id, lang),
    }));
    values
}
