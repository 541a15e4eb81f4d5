//! What the verdicts mean, how a mail is handed in whole, which keys there are.

use super::fail::Fail;
use super::page::Page;
use super::visit::Visit;
use super::words::member;
use crate::report::gist::verdict_id;
use crate::report::words;
use crate::store::Role;
use crate::verdict::Verdict;
use askama::Template;
use axum::response::Response;

#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    page: Page,
    verdicts: Vec<Row>,
}

/// A verdict and what it means.
struct Row {
    id: &'static str,
    sign: &'static str,
    word: &'static str,
    meaning: &'static str,
}

/// Shows it.
pub(super) async fn show(visit: Visit) -> Result<Response, Fail> {
    visit.user(Role::Viewer)?;
    let order = [Verdict::Malicious, Verdict::Suspicious, Verdict::Unverified, Verdict::Clean];
    let verdicts = order.into_iter().map(verdict_id).map(|id| Row {
        id,
        sign: words::word(visit.lang, "sign", id),
        word: words::word(visit.lang, "verdict", id),
        meaning: member(visit.lang, "help", id),
    });
    let page = Page::new(&visit, "help", "help.title");
    page.show(&Help { page: page.clone(), verdicts: verdicts.collect() })
}
