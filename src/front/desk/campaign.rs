//! The page of one campaign: who got its mails, and each of them.

use super::Desk;
use super::export::Exports;
use super::fail::Fail;
use super::others::Others;
use super::page::{Page, percent};
use super::queue::Row;
use super::time::told;
use super::visit::Visit;
use super::words::fill;
use crate::report::words;
use crate::store::{self, Filter, Order, Role};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// Mails and recipients of a page.
const ROWS: u32 = 50;
const PEOPLE: u32 = 200;

/// Where the lists begin.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    after: String,
    people: String,
}

#[derive(Template)]
#[template(path = "campaign.html")]
struct Campaign {
    page: Page,
    subject: String,
    verdict: &'static str,
    sign: &'static str,
    word: &'static str,
    counts: String,
    others: Others,
    more_people: Option<String>,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
    exports: Exports,
}

/// Shows a campaign.
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(number): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    visit.user(Role::Viewer)?;
    let (lang, zone) = (visit.lang, desk.settings.zone);
    let filter = Filter { campaign: Some(number), ..Filter::default() };
    let worst = desk.store.queue(&filter, Order::Score, &store::Page::first(1)).await?.rows;
    let lead = worst.into_iter().next().ok_or(Fail::Missing)?;
    let part = store::Page { size: ROWS, after: wanted.after.chars().take(100).collect() };
    let mails = desk.store.queue(&filter, Order::Newest, &part).await?;
    let others = Others::of(&desk, number, &wanted.people, PEOPLE, lang).await?;
    let numbers = [
        lead.messages.to_string(),
        lead.people.to_string(),
        told(lead.first, zone, lang),
        told(lead.last, zone, lang),
    ];
    let row = Row::of(&lead, true, zone, lang);
    let id = row.verdict;
    let last = others.people.last().filter(|_| others.people.len() >= PEOPLE as usize);
    let page = Page::new(&visit, "campaign", "campaign.title");
    page.show(&Campaign {
        subject: row.subject,
        verdict: id,
        sign: words::word(lang, "sign", id),
        word: words::word(lang, "verdict", id),
        counts: fill(lang, "campaign.counts", &numbers.each_ref().map(String::as_str)),
        more_people: last.map(|last| link(number, "people", &last.address)),
        others,
        rows: mails.rows.iter().map(|row| Row::of(row, true, zone, lang)).collect(),
        next: mails.next.map(|after| link(number, "after", &after)),
        is_first: wanted.after.is_empty() && wanted.people.is_empty(),
        exports: Exports::of_campaign(number),
        page: page.clone(),
    })
}

fn link(number: i64, field: &str, after: &str) -> String {
    format!("/campaigns/{number}?{field}={}", after.bytes().map(percent).collect::<String>())
}
