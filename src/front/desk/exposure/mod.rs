//! After an infection: whom a mailbox exchanged mails with, as a list to warn and a draft of the notice.
//!
//! One list is made at a time, on threads that do not hold up the pages; how much is read and for how long is bounded, and
//! the list says so where it was cut. Lists are kept in memory for an hour, for who asked.

mod lists;
mod places;

pub(super) use lists::Lists;

use super::Desk;
use super::engine::Share;
use super::fail::Fail;
use super::page::Page;
use super::upload::{file, line, refused};
use super::visit::Visit;
use super::words::{fill, say};
use crate::front::day::Day;
use crate::front::exposure::tally::{Period, Person};
use crate::front::exposure::{notice, table};
use crate::report::Lang;
use crate::store::Role;
use crate::text::printable;
use askama::Template;
use axum::extract::multipart::Multipart;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use lists::{List, Mailbox};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows of a page.
const ROWS: usize = 100;

/// Fields of the form, and addresses of an owner.
const FIELDS: usize = 20;
const OWNERS: usize = 50;

#[derive(Template)]
#[template(path = "exposure.html")]
struct Form {
    page: Page,
    problem: &'static str,
    mailboxes: Vec<String>,
    asked: Asked,
}

/// What was asked for, as it was typed.
#[derive(Clone, Debug, Default)]
struct Asked {
    mailbox: String,
    since: String,
    until: String,
    owner: String,
    file: Vec<u8>,
}

#[derive(Template)]
#[template(path = "exposure-list.html")]
struct Shown {
    page: Page,
    heading: String,
    counted: String,
    bulk: String,
    unread: String,
    is_cut: bool,
    rows: Vec<Row>,
    place: String,
    previous: Option<usize>,
    next: Option<usize>,
    token: String,
    notice: String,
}

struct Row {
    address: String,
    name: String,
    sent: usize,
    received: usize,
    together: usize,
    first: String,
    last: String,
    is_bulk: bool,
}

/// Which part of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    page: String,
}

/// Asks for mailbox and period.
pub(super) async fn ask(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Fail> {
    visit.user(Role::Operator)?;
    form(&desk, &visit, Asked::default(), "").await
}

async fn form(desk: &Desk, visit: &Visit, asked: Asked, problem: &str) -> Result<Response, Fail> {
    let mailboxes = places::all(desk.settings.mailboxes.clone()).await;
    let mailboxes = mailboxes.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let page = Page::new(visit, "exposure", "exposure.title");
    let problem = if problem.is_empty() { "" } else { say(visit.lang, problem) };
    let mut response = page.show(&Form { page: page.clone(), problem, mailboxes, asked })?;
    if !problem.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Makes the list and leads to it.
pub(super) async fn count(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    mut sent: Multipart,
) -> Result<Response, Fail> {
    let user = visit.user(Role::Operator)?.clone();
    let (mut asked, share) = receive(&desk, &visit, &mut sent).await?;
    let Some(period) = period(&asked) else { return form(&desk, &visit, asked, "exposure.bad-day").await };
    let Some(mailbox) = mailbox(&desk, &mut asked).await else {
        return form(&desk, &visit, asked, "exposure.bad-mailbox").await;
    };
    let owners = owners(&asked.owner);
    let detail = format!("{} … {}", asked.since, asked.until);
    let Some(making) = desk.lists.make(mailbox, period, owners, &user.name) else {
        return form(&desk, &visit, asked, "exposure.running").await;
    };
    let token = making.await?;
    drop(share);
    let object = if asked.mailbox.is_empty() { "mbox" } else { &asked.mailbox };
    desk.store.audit(&user.name, "exposure", object, &detail).await?;
    Ok(Redirect::to(&format!("/exposure/{token}")).into_response())
}

/// Reads the form. Its token comes first.
async fn receive(desk: &Desk, visit: &Visit, form: &mut Multipart) -> Result<(Asked, Share), Fail> {
    let token = form.next_field().await.map_err(refused)?.filter(|field| field.name() == Some("csrf"));
    visit.check(&line(token.ok_or(Fail::Form)?).await?)?;
    let (mut asked, mut share) = (Asked::default(), Share::default());
    for _ in 0..FIELDS {
        let Some(field) = form.next_field().await.map_err(refused)? else { break };
        let name = field.name().unwrap_or_default().to_string();
        let place = match name.as_str() {
            "mailbox" => &mut asked.mailbox,
            "since" => &mut asked.since,
            "until" => &mut asked.until,
            "owner" => &mut asked.owner,
            "file" if asked.file.is_empty() => {
                asked.file = file(desk, field, &mut share).await?;
                continue;
            }
            _ => return Err(Fail::Wrong),
        };
        *place = line(field).await?.trim().to_string();
    }
    Ok((asked, share))
}

/// The period; none if a day is none, or the last comes before the first.
fn period(asked: &Asked) -> Option<Period> {
    let day = |text: &str| -> Option<Option<Day>> {
        if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
    };
    let (since, until) = (day(&asked.since)?, day(&asked.until)?);
    let is_backwards = since.zip(until).is_some_and(|(since, until)| since > until);
    (!is_backwards).then_some(Period { since, until })
}

/// The mailbox: one of those that the configuration names, else the file that was sent.
async fn mailbox(desk: &Desk, asked: &mut Asked) -> Option<Mailbox> {
    if asked.mailbox.is_empty() {
        let bytes = std::mem::take(&mut asked.file);
        return (!bytes.is_empty()).then_some(Mailbox::Bytes(bytes));
    }
    let known = places::all(desk.settings.mailboxes.clone()).await;
    known.into_iter().find(|path: &PathBuf| path.to_string_lossy() == asked.mailbox).map(Mailbox::Folder)
}

fn owners(text: &str) -> Vec<String> {
    let words = text.split([',', ';', ' ', '、', '\u{3000}']).map(str::trim).filter(|word| !word.is_empty());
    words.take(OWNERS).map(str::to_string).collect()
}

/// Shows a part of a list.
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(token): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, Fail> {
    let user = visit.user(Role::Operator)?;
    let list = desk.lists.get(&token, &user.name).ok_or(Fail::Missing)?;
    let page = Page::new(&visit, "exposure", "exposure.title");
    page.show(&Shown::of(&list, part.page.parse().unwrap_or(1), page.clone()))
}

/// The whole list as a file.
pub(super) async fn csv(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<Response, Fail> {
    let user = visit.user(Role::Operator)?;
    let list = desk.lists.get(&token, &user.name).ok_or(Fail::Missing)?;
    let mut text = Vec::new();
    table::csv(&mut text, &list.people, visit.lang).map_err(|_| Fail::Fault)?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"correspondents.csv\""),
    ];
    Ok((headers, text).into_response())
}

impl Shown {
    fn of(list: &List, wanted: usize, page: Page) -> Self {
        let lang = page.lang;
        let people = &list.people;
        let bulk = people.people.iter().filter(|person| person.is_bulk).count();
        let pages = people.people.len().div_ceil(ROWS).max(1);
        let at = wanted.clamp(1, pages);
        let rows = people.people.iter().skip((at - 1) * ROWS).take(ROWS).map(Row::of).collect();
        let number = |number: usize| number.to_string();
        let owners: Vec<String> = people.owners.iter().map(|owner| printable(owner)).collect();
        let owners = owners.join(if lang == Lang::Ja { "、" } else { ", " });
        let counts = [owners, number(people.messages), number(list.read), number(list.undated)];
        Self {
            heading: match people.people.len() - bulk {
                1 => say(lang, "exposure.list-one").to_string(),
                count => fill(lang, "exposure.list", &[&number(count)]),
            },
            counted: fill(lang, "exposure.counted", &counts.each_ref().map(String::as_str)),
            bulk: if bulk == 0 { String::new() } else { fill(lang, "exposure.bulk", &[&number(bulk)]) },
            unread: match list.unread {
                0 => String::new(),
                unread => fill(lang, "exposure.unread", &[&number(unread)]),
            },
            is_cut: list.is_cut,
            rows,
            place: fill(lang, "exposure.page", &[&number(at), &number(pages)]),
            previous: (at > 1).then_some(at - 1),
            next: (at < pages).then_some(at + 1),
            token: list.token.clone(),
            notice: notice::draft(people, list.period, lang),
            page,
        }
    }
}

impl Row {
    fn of(person: &Person) -> Self {
        let day = |time: Option<i64>| time.map(|time| Day::of(time).to_string()).unwrap_or_default();
        let shown = |text: &str| printable(text).chars().take(200).collect();
        Self {
            address: shown(&person.address),
            name: shown(&person.name),
            sent: person.sent,
            received: person.received,
            together: person.together,
            first: day(person.first),
            last: day(person.last),
            is_bulk: person.is_bulk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_or_refused() {
        let asked =
            |since: &str, until: &str| Asked { since: since.into(), until: until.into(), ..Asked::default() };
        assert!(period(&asked("", "")).is_some() && period(&asked("2022-03-01", "2022-03-01")).is_some());
        for (since, until) in [("2022-03-02", "2022-03-01"), ("yesterday", ""), ("", "2022-02-30")] {
            assert!(period(&asked(since, until)).is_none(), "{since} {until}");
        }
    }

    #[test]
    fn owners_stand_apart() {
        assert_eq!(
            owners(" a@b.example,c@d.example、 e@f.example;"),
            ["a@b.example", "c@d.example", "e@f.example"]
        );
        assert!(owners(" , ").is_empty());
    }
}
