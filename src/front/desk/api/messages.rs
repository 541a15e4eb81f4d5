//! What programs may ask: lists, reports, exports; and that a file is checked.

use super::super::export::{self, Form};
use super::super::search::armed;
use super::super::time::{now, utc};
use super::super::{Desk, engine::Share, fail::Fail, upload};
use crate::report::gist::verdict_id;
use crate::store::{self, Filter, Order, Page, State as Waiting, Summary, Token};
use crate::verdict::Verdict;
use axum::Extension;
use axum::Json;
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Multipart, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::pin::Pin;
use std::sync::Arc;

/// What every list takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Listed {
    q: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

/// What the queue takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Queued {
    verdict: Option<Verdict>,
    state: Option<Chosen>,
    order: Option<Ordered>,
    domain: Option<String>,
    campaign: Option<i64>,
    after: Option<String>,
    limit: Option<u32>,
}

/// Whether what was decided is listed too.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Chosen {
    Waiting,
    All,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ordered {
    Newest,
    Score,
}

/// What an upload is called.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Named {
    name: Option<String>,
}

type Answer = Result<Json<Value>, Fail>;

/// Rows of a page if nothing else is asked for, and the most.
const ROWS: u32 = 50;
const MOST: u32 = 500;

/// Characters of a text that is asked for.
const LONGEST: usize = 500;

/// How many wait, and which version answers.
pub(super) async fn status(State(desk): State<Arc<Desk>>) -> Answer {
    let counts = desk.store.counts(now() - 86_400).await?;
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"), "waiting": counts.waiting, "waiting_messages": counts.waiting_messages,
        "last_day": counts.since,
    })))
}

/// The messages, or those in which a query stands, the last stored first.
pub(super) async fn list(State(desk): State<Arc<Desk>>, Query(asked): Query<Listed>) -> Answer {
    let page = page(asked.after, asked.limit)?;
    let query = bounded(asked.q)?;
    let found = match query.trim() {
        "" => desk.store.latest(&page).await?,
        query => desk.store.search(&armed(query), &page).await?,
    };
    let rows: Vec<Value> = found.rows.iter().map(summary).collect();
    Ok(Json(json!({ "messages": rows, "next": found.next })))
}

/// A page of the queue: campaigns, or the messages of one.
pub(super) async fn queue(State(desk): State<Arc<Desk>>, Query(asked): Query<Queued>) -> Answer {
    let filter = Filter {
        verdicts: asked.verdict.into_iter().collect(),
        only_open: asked.state.unwrap_or(Chosen::Waiting) == Chosen::Waiting,
        recipient_domain: bounded(asked.domain)?,
        campaign: asked.campaign,
        ..Filter::default()
    };
    let order = match asked.order {
        Some(Ordered::Score) => Order::Score,
        _ => Order::Newest,
    };
    let found = desk.store.queue(&filter, order, &page(asked.after, asked.limit)?).await?;
    let rows: Vec<Value> = found.rows.iter().map(row).collect();
    Ok(Json(json!({ "rows": rows, "next": found.next })))
}

/// A message with its report.
pub(super) async fn one(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Answer {
    let stored = desk.store.get(&id).await?;
    let to = desk.store.recipients(&id).await?;
    let whole = with(summary(&stored.summary), json!({ "to": to, "report": stored.report }));
    Ok(Json(whole))
}

/// What was decided on a message.
pub(super) async fn decisions(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Answer {
    desk.store.summary(&id).await?;
    Ok(Json(json!({ "decisions": decisions_of(&desk, &id).await? })))
}

/// What was decided on a message that is there.
pub(super) async fn decisions_of(desk: &Desk, id: &str) -> Result<Vec<Value>, Fail> {
    let made = desk.store.decisions(id).await?;
    let made = made.iter().map(
        |one| json!({ "made": utc(one.made), "account": one.name, "act": one.act, "comment": one.comment }),
    );
    Ok(made.collect())
}

/// A campaign, and who got its mails.
pub(super) async fn campaign(
    State(desk): State<Arc<Desk>>,
    Path(number): Path<i64>,
    Query(asked): Query<Listed>,
) -> Answer {
    if asked.q.is_some() {
        return Err(Fail::Wrong);
    }
    let filter = Filter { campaign: Some(number), ..Filter::default() };
    let lead = desk.store.queue(&filter, Order::Score, &Page::first(1)).await?.rows;
    let lead = lead.first().ok_or(Fail::Missing)?;
    let page = page(asked.after, asked.limit)?;
    let got = desk.store.who_got(number, &page.after, page.size + 1).await?;
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let next = got.get(size.saturating_sub(1)).filter(|_| got.len() > size).map(|last| &last.address);
    let recipients = got.iter().take(size).map(|one| {
        json!({
            "address": one.address, "messages": one.messages, "newest": one.id, "received": utc(one.received),
        })
    });
    let recipients: Vec<Value> = recipients.collect();
    let whole = with(row(lead), json!({ "next": next, "recipients": recipients }));
    Ok(Json(whole))
}

/// A message in a form to hand on.
pub(super) async fn export(
    State(desk): State<Arc<Desk>>,
    Extension(token): Extension<Token>,
    Path((id, form)): Path<(String, String)>,
) -> Result<Response, Fail> {
    let form = Form::of(&form)?;
    allowed(&token, form)?;
    export::of_message(&desk, &who(&token), &id, form).await
}

/// A campaign in such a form.
pub(super) async fn export_campaign(
    State(desk): State<Arc<Desk>>,
    Extension(token): Extension<Token>,
    Path((number, form)): Path<(i64, String)>,
) -> Result<Response, Fail> {
    let form = Form::of(&form)?;
    allowed(&token, form)?;
    export::of_campaign(&desk, &who(&token), number, form).await
}

/// Checks the file that is the body of the request, or that of a form which brings passwords too.
pub(super) async fn check(
    State(desk): State<Arc<Desk>>,
    Extension(token): Extension<Token>,
    Query(asked): Query<Named>,
    request: Request,
) -> Result<Response, Fail> {
    let mut share = Share::default();
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = media_type.is_some_and(|media_type| media_type.starts_with("multipart/form-data"));
    let mut sent = Sent::default();
    if is_form {
        let form = Multipart::from_request(request, &()).await.map_err(|_| Fail::Wrong)?;
        sent = fields(&desk, form, &mut share).await?;
    } else {
        sent.bytes = whole(&desk, request.into_body(), &mut share).await?;
    }
    if sent.bytes.is_empty() {
        return Err(Fail::Empty);
    }
    let name = asked.name.map_or(sent.name, |name| upload::name(&name));
    let name = if name.is_empty() { "message.eml" } else { &name };
    let id = upload::keep(&desk, &who(&token), name, sent.bytes, &sent.passwords).await?;
    let Json(stored) = one(State(desk), Path(id.clone())).await?;
    let place = format!("{}/messages/{id}", super::BASE);
    Ok((StatusCode::CREATED, [(LOCATION, place)], Json(stored)).into_response())
}

/// A file with what was sent beside it.
#[derive(Default)]
struct Sent {
    name: String,
    bytes: Vec<u8>,
    passwords: Vec<String>,
}

/// The fields of a form.
async fn fields(desk: &Desk, mut form: Multipart, share: &mut Share) -> Result<Sent, Fail> {
    let mut sent = Sent::default();
    for _ in 0..upload::FIELDS {
        let Some(field) = form.next_field().await.map_err(upload::refused)? else { return Ok(sent) };
        match field.name() {
            Some("password") => sent.passwords.push(upload::line(field).await?),
            Some("file") if sent.bytes.is_empty() => {
                sent.name = upload::name(field.file_name().unwrap_or_default());
                sent.bytes = upload::file(desk, field, share).await?;
            }
            _ => return Err(Fail::Wrong),
        }
    }
    Err(Fail::Wrong)
}

/// The bytes of a body, as they come; room is taken before they are kept.
async fn whole(desk: &Desk, mut body: Body, share: &mut Share) -> Result<Vec<u8>, Fail> {
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(chunk) = frame.map_err(|_| Fail::Wrong)?.into_data() else { continue };
        upload::make_room(desk, share, bytes.len(), chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn allowed(token: &Token, form: Form) -> Result<(), Fail> {
    if token.role >= form.role() { Ok(()) } else { Err(Fail::Role) }
}

/// Who the audit log names.
pub(super) fn who(token: &Token) -> String {
    format!("{} (token {})", token.name, token.number)
}

/// A text that is asked for, if it is not too long.
fn bounded(text: Option<String>) -> Result<String, Fail> {
    let text = text.unwrap_or_default();
    if text.chars().count() > LONGEST { Err(Fail::Wrong) } else { Ok(text) }
}

/// The page that is asked for.
fn page(after: Option<String>, limit: Option<u32>) -> Result<Page, Fail> {
    let size = limit.unwrap_or(ROWS);
    if size == 0 || size > MOST {
        return Err(Fail::Wrong);
    }
    Ok(Page { size, after: bounded(after)? })
}

/// The members of two objects.
fn with(mut whole: Value, more: Value) -> Value {
    if let (Some(whole), Value::Object(more)) = (whole.as_object_mut(), more) {
        whole.extend(more);
    }
    whole
}

fn row(row: &store::Row) -> Value {
    json!({
        "campaign": row.lead.campaign, "messages": row.messages, "waiting": row.waiting, "people": row.people,
        "first": utc(row.first), "last": utc(row.last), "lead": summary(&row.lead),
    })
}

pub(super) fn summary(summary: &Summary) -> Value {
    let state = match summary.state {
        Waiting::Filed => "filed",
        Waiting::Waiting => "waiting",
        Waiting::Decided => "decided",
    };
    json!({
        "id": summary.id, "received": utc(summary.received), "source": summary.source.id(),
        "verdict": verdict_id(summary.verdict), "score": summary.score, "complete": summary.complete, "state": state,
        "subject": summary.subject, "from": summary.shown_from, "address": summary.address,
        "message_id": summary.message_id, "rule": summary.rule, "title": summary.title, "title_ja": summary.title_ja,
        "trail": summary.trail, "sha256": summary.sha256, "size": summary.size, "is_kept": summary.is_kept,
        "recipients": summary.recipients, "campaign": summary.campaign, "reporter": summary.reporter,
        "action": summary.action,
    })
}
