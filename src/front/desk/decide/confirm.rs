//! The page of one act: what will happen, for which mails, and why. It asks once; its form does it.

use super::super::Desk;
use super::super::fail::Fail;
use super::super::page::Page;
use super::super::time::told;
use super::super::visit::{Checked, Visit};
use super::super::words::{fill, say};
use super::release::{self, Outcome};
use super::{Act, Case, Offered, allow, is_held, label};
use crate::report::Lang;
use crate::report::gist::quote;
use crate::store::{Role, Ruling, State, User};
use askama::Template;
use axum::extract::{Path, State as With};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "decide-confirm.html")]
struct Confirm {
    page: Page,
    id: String,
    act: &'static str,
    label: &'static str,
    subject: String,
    /// What will happen, one sentence each.
    effects: Vec<String>,
    /// To whom a release goes.
    recipients: Vec<String>,
    /// What can be excepted: kind and words.
    choices: Vec<(&'static str, String)>,
    days: Vec<(u16, String)>,
    /// How many mails of the campaign the act can be for; nothing if there is only this one.
    campaign: Option<String>,
    needs_reason: bool,
    is_final: bool,
    comment: String,
    problem: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Form {
    pub(in super::super) comment: String,
    pub(in super::super) scope: String,
    pub(in super::super) what: String,
    pub(in super::super) days: String,
}

/// What an act would do.
pub(in super::super) struct Plan {
    /// Why it is not possible; empty if it is.
    pub(in super::super) hindrance: &'static str,
    /// What will happen, one sentence each.
    pub(in super::super) effects: Vec<String>,
    /// To whom a release goes.
    pub(in super::super) recipients: Vec<String>,
    /// What can be excepted.
    pub(in super::super) choices: Vec<&'static str>,
    /// How many mails of the campaign the act can be for.
    pub(in super::super) campaign: usize,
}

/// The most characters of a reason.
pub(in super::super) const COMMENT: usize = 500;

/// Recipients that are listed.
const RECIPIENTS: usize = 100;

/// Asks.
pub(in super::super) async fn ask(
    With(desk): With<Arc<Desk>>,
    visit: Visit,
    Path((id, act)): Path<(String, String)>,
) -> Result<Response, Fail> {
    let user = visit.user(Role::Operator)?;
    let act = Act::of(&act).ok_or(Fail::Missing)?;
    let case = Case::read(&desk, &id).await?;
    let problem = match case.offered(act, user, &desk) {
        Offered::Yes => "",
        Offered::No => say(visit.lang, "decide.overtaken"),
        Offered::Not(key) => say(visit.lang, key),
    };
    confirm(&desk, &visit, act, &case, String::new(), problem.to_string()).await
}

/// Does it.
pub(in super::super) async fn make(
    With(desk): With<Arc<Desk>>,
    visit: Visit,
    Path((id, act)): Path<(String, String)>,
    Checked(form): Checked<Form>,
) -> Result<Response, Fail> {
    let user = visit.user(Role::Operator)?;
    let act = Act::of(&act).ok_or(Fail::Missing)?;
    let problem = apply(&desk, user, visit.lang, act, &id, &form).await?;
    let case = Case::read(&desk, &id).await?;
    match problem {
        None => Ok(Redirect::to(&format!("/messages/{}#decide", case.summary.id)).into_response()),
        Some(problem) => {
            let comment = form.comment.trim().chars().take(COMMENT).collect();
            let mut response = confirm(&desk, &visit, act, &case, comment, problem).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
    }
}

/// Does it; what went wrong, if something did.
///
/// # Errors
/// There is no such message, or the store failed.
pub(in super::super) async fn apply(
    desk: &Desk,
    user: &User,
    lang: Lang,
    act: Act,
    id: &str,
    form: &Form,
) -> Result<Option<String>, Fail> {
    // One release at a time: two that come at once must not deliver twice.
    let _one = if act == Act::Release { Some(desk.releasing.lock().await) } else { None };
    let case = Case::read(desk, id).await?;
    let comment: String = form.comment.trim().chars().take(COMMENT).collect();
    if case.offered(act, user, desk) != Offered::Yes {
        return Ok(Some(say(lang, "decide.overtaken").to_string()));
    }
    if act == Act::Exception {
        let problem = except(desk, user, &case, form, &comment).await?;
        return Ok(problem.map(|key| say(lang, key).to_string()));
    }
    let is_campaign = form.scope == "campaign";
    let others = if is_campaign { case.others(desk).await?.0 } else { Vec::new() };
    let ids: Vec<String> = others.into_iter().map(|other| other.id).collect();
    if act == Act::Release {
        return release_all(desk, lang, user, &case, &ids, &comment).await;
    }
    rule_all(desk, user, act, &case, &ids, &comment).await?;
    Ok(None)
}

/// What an act would do, for programs.
///
/// # Errors
/// There is no such message, or the store failed.
pub(in super::super) async fn plan(
    desk: &Desk,
    user: &User,
    lang: Lang,
    act: Act,
    id: &str,
) -> Result<Plan, Fail> {
    let case = Case::read(desk, id).await?;
    let hindrance = match case.offered(act, user, desk) {
        Offered::Yes => "",
        Offered::No => say(lang, "decide.overtaken"),
        Offered::Not(key) => say(lang, key),
    };
    let choices = if act == Act::Exception { choices(&case, lang) } else { Vec::new() };
    let others = match act {
        Act::Exception | Act::RefuseRelease => Vec::new(),
        _ => case.others(desk).await?.0,
    };
    let recipients = if act == Act::Release { case.envelope.recipients.clone() } else { Vec::new() };
    Ok(Plan {
        hindrance,
        effects: effects(desk, act, &case, user, lang),
        recipients,
        choices: choices.into_iter().map(|(kind, _)| kind).collect(),
        campaign: others.len() + 1,
    })
}

/// Releases this message and the others; what went wrong, if something did.
async fn release_all(
    desk: &Desk,
    lang: Lang,
    user: &User,
    case: &Case,
    others: &[String],
    comment: &str,
) -> Result<Option<String>, Fail> {
    let mut failed = match release::release(desk, user, case, comment, lang).await? {
        Outcome::Done => Vec::new(),
        Outcome::Failed(why) => return Ok(Some(why)),
        Outcome::Overtaken => return Ok(Some(say(lang, "decide.overtaken").into())),
    };
    let (mut done, approves) = (1, case.is_approval(user, desk));
    for id in others {
        let case = Case::read(desk, id).await?;
        // Who asks for a delivery was told that nothing goes out yet: what somebody else asked for is approved on its page.
        if case.is_approval(user, desk) && !approves {
            continue;
        }
        match release::release(desk, user, &case, comment, lang).await? {
            Outcome::Done => done += 1,
            Outcome::Failed(why) => failed.push(why),
            Outcome::Overtaken => {}
        }
        // A server that refuses several will refuse the rest.
        if failed.len() >= 3 {
            break;
        }
    }
    let Some(why) = failed.first() else { return Ok(None) };
    let counts = [done.to_string(), failed.len().to_string()];
    Ok(Some(fill(lang, "decide.some-failed", &[&counts[0], &counts[1], why])))
}

/// Decides on this message and the others. A mark leaves a mail that is held where it is: somebody has to say what
/// becomes of it.
async fn rule_all(
    desk: &Desk,
    user: &User,
    act: Act,
    case: &Case,
    others: &[String],
    comment: &str,
) -> Result<(), Fail> {
    let (mut held, mut free) = (Vec::new(), Vec::new());
    let ids = std::iter::once(&case.summary.id).chain(others);
    for id in ids {
        let (summary, envelope) = (desk.store.summary(id).await?, desk.store.envelope(id).await?);
        if is_held(&summary, &envelope) { held.push(id.clone()) } else { free.push(id.clone()) }
    }
    let ruling = Ruling { name: &user.name, act: act.id(), comment, ..Ruling::default() };
    let (of_held, of_free) = match act {
        Act::Keep => ((Some(State::Decided), "keep"), (Some(State::Decided), "keep-copy")),
        Act::Delete => ((Some(State::Decided), "delete"), (Some(State::Decided), "delete-copy")),
        Act::RefuseRelease => ((None, ""), (None, "")),
        _ => ((None, ""), (Some(State::Decided), "")),
    };
    for (ids, (state, action)) in [(held, of_held), (free, of_free)] {
        desk.store.rule(&ids, &Ruling { state, action, ..ruling }).await?;
    }
    Ok(())
}

/// Adds exceptions; the key of what is wrong, if something is.
async fn except(
    desk: &Desk,
    user: &User,
    case: &Case,
    form: &Form,
    comment: &str,
) -> Result<Option<&'static str>, Fail> {
    let values = case.allowable.values(&form.what);
    let days = form.days.parse::<u16>().ok().filter(|days| allow::DAYS.contains(days));
    let (false, Some(days)) = (values.is_empty(), days) else { return Ok(Some("decide.choose")) };
    if comment.is_empty() {
        return Ok(Some("decide.reason-missing"));
    }
    allow::add(desk, user, (&form.what, &case.allowable), comment, days).await?;
    let act = if desk.settings.two_person { "ask-exception" } else { "exception" };
    let detail = format!("{} for {days} days", form.what);
    let ruling = Ruling { name: &user.name, act, comment, detail: &detail, ..Ruling::default() };
    desk.store.rule(std::slice::from_ref(&case.summary.id), &ruling).await?;
    Ok(None)
}

async fn confirm(
    desk: &Desk,
    visit: &Visit,
    act: Act,
    case: &Case,
    comment: String,
    problem: String,
) -> Result<Response, Fail> {
    let lang = visit.lang;
    let user = visit.user(Role::Operator)?;
    let mut page = Page::new(visit, "message", "decide.title");
    let label = label(act, case, user, desk, lang);
    let subject =
        quote(if case.summary.subject.is_empty() { &case.summary.path } else { &case.summary.subject }, 100);
    page.title = format!("{label} – {subject}");
    let (others, has_more) = match act {
        Act::Exception | Act::RefuseRelease => (Vec::new(), false),
        _ => case.others(desk).await?,
    };
    let campaign = (!others.is_empty()).then(|| {
        let key = if has_more { "decide.campaign-part" } else { "decide.campaign" };
        fill(lang, key, &[&(others.len() + 1).to_string()])
    });
    let days = allow::DAYS.iter().map(|days| (*days, fill(lang, "decide.days", &[&days.to_string()])));
    let is_exception = act == Act::Exception;
    page.show(&Confirm {
        id: case.summary.id.clone(),
        act: act.id(),
        label,
        subject,
        effects: effects(desk, act, case, user, lang),
        recipients: match act {
            Act::Release => {
                case.envelope.recipients.iter().take(RECIPIENTS).map(|to| quote(to, 320)).collect()
            }
            _ => Vec::new(),
        },
        choices: if is_exception { choices(case, lang) } else { Vec::new() },
        days: if is_exception { days.collect() } else { Vec::new() },
        campaign,
        needs_reason: is_exception,
        is_final: act == Act::Release && (!desk.settings.two_person || case.is_approval(user, desk)),
        comment,
        problem,
        page: page.clone(),
    })
}

/// What will happen.
fn effects(desk: &Desk, act: Act, case: &Case, user: &User, lang: Lang) -> Vec<String> {
    let asks = desk.settings.two_person;
    let mut keys: Vec<&str> = match act {
        Act::Release if asks && !case.is_approval(user, desk) => vec!["effect.ask-release"],
        Act::Release => vec!["effect.release", "effect.release-final"],
        Act::RefuseRelease => vec!["effect.refuse-release"],
        Act::Keep if !case.is_held() => vec!["effect.keep-copy"],
        Act::Keep => vec!["effect.keep"],
        Act::Delete => vec!["effect.delete"],
        Act::FalseAlarm => vec!["effect.false-alarm"],
        Act::Missed => vec!["effect.missed"],
        Act::Exception => vec!["effect.exception", "effect.exception-care"],
    };
    if matches!(act, Act::FalseAlarm | Act::Missed) && case.is_held() {
        keys.push("effect.still-held");
    }
    if act == Act::Exception && !case.allowable.macros.is_empty() && !case.allowable.would_pass {
        keys.push("effect.exception-in-vain");
    }
    if act == Act::Exception && asks {
        keys.push("effect.ask-exception");
    }
    let mut effects: Vec<String> = keys.into_iter().map(|key| say(lang, key).to_string()).collect();
    if let Some(made) = case.begun.filter(|_| act == Act::Release) {
        effects.push(fill(lang, "decide.begun", &[&told(made, desk.settings.zone, lang)]));
    }
    if act == Act::Release && case.summary.action == "quarantine" && !case.summary.queue_id.is_empty() {
        effects.push(fill(lang, "effect.own-queue", &[&quote(&case.summary.queue_id, 60)]));
    }
    effects
}

fn choices(case: &Case, lang: Lang) -> Vec<(&'static str, String)> {
    let mut choices = Vec::new();
    if !case.allowable.macros.is_empty() {
        let count = case.allowable.macros.len().to_string();
        choices.push(("macro-hash", fill(lang, "decide.choose-macros", &[&count])));
    }
    if !case.allowable.sender.is_empty() {
        let sender = quote(&case.allowable.sender, 200);
        choices.push(("sender", fill(lang, "decide.choose-sender", &[&sender, &case.allowable.server])));
    }
    choices
}
