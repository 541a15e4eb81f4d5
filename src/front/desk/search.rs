//! Search: one box for subjects, addresses, names, hashes, web addresses and rules.

use super::Desk;
use super::fail::Fail;
use super::page::{Page, percent};
use super::queue::Row;
use super::visit::Visit;
use crate::store::{self, Role};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// Rows of a page, and the longest query in characters.
const ROWS: u32 = 50;
const LONGEST: usize = 500;

/// What is searched for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    after: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Search {
    page: Page,
    query: String,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
    first: String,
}

/// Shows what was found.
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    visit.user(Role::Viewer)?;
    let query: String = wanted.q.trim().chars().take(LONGEST).collect();
    let part = store::Page { size: ROWS, after: wanted.after.chars().take(100).collect() };
    let found = desk.store.search(&armed(&query), &part).await?;
    let (lang, zone) = (visit.lang, desk.settings.zone);
    let page = Page::new(&visit, "search", "search.title");
    page.show(&Search {
        rows: found.rows.into_iter().map(|summary| Row::single(summary, zone, lang)).collect(),
        next: found.next.map(|after| link(&query, &after)),
        is_first: wanted.after.is_empty(),
        first: link(&query, ""),
        page: page.clone(),
        query,
    })
}

/// A query as it is stored: links that were copied from a page are written dead there.
pub(super) fn armed(query: &str) -> String {
    let query = query.replace("[.]", ".");
    let word = |word: &str| match word.get(..4).filter(|start| start.eq_ignore_ascii_case("hxxp")) {
        Some(_) => format!("http{}", word.get(4..).unwrap_or_default()),
        None => word.to_string(),
    };
    query.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// The address of the page that begins behind `after`.
fn link(query: &str, after: &str) -> String {
    let query: String = query.bytes().map(percent).collect();
    let after: String = after.bytes().map(percent).collect();
    if after.is_empty() { format!("/search?q={query}") } else { format!("/search?q={query}&after={after}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_are_searched_as_they_were() {
        assert_eq!(armed("hxxps://evil[.]example/a  請求書"), "https://evil.example/a 請求書");
        assert_eq!(armed("あhxxp hx"), "あhxxp hx");
    }

    #[test]
    fn pages_keep_the_query() {
        assert_eq!(link("a&b 請", "7"), "/search?q=a%26b%20%E8%AB%8B&after=7");
    }
}
