//! The queue: what waits for a decision, mails of one campaign in one row.

use super::Desk;
use super::decide;
use super::fail::Fail;
use super::message::mailbox;
use super::page::{Page, percent};
use super::time::{now, told};
use super::visit::Visit;
use super::words::{fill, say};
use crate::report::gist::{quote, verdict_id};
use crate::report::{Lang, words};
use crate::store::{self, Filter, Order, Role};
use crate::verdict::Verdict;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// Rows of a page.
const ROWS: u32 = 50;

/// What the reader asks for; an empty field does not narrow.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    verdict: String,
    days: String,
    state: String,
    domain: String,
    order: String,
    campaign: String,
    after: String,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct Queue {
    page: Page,
    counts: String,
    approval: decide::Waiting,
    is_fresh: bool,
    wanted: Wanted,
    verdicts: Vec<Choice>,
    periods: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
    is_narrow: bool,
}

/// An entry of a list to choose from.
struct Choice {
    value: &'static str,
    label: String,
    is_chosen: bool,
}

/// A campaign, or a message of one.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) verdict: &'static str,
    pub(super) sign: &'static str,
    pub(super) word: &'static str,
    pub(super) subject: String,
    /// The campaign, if the row stands for several mails.
    pub(super) campaign: Option<(i64, String)>,
    pub(super) shown: String,
    pub(super) real: String,
    pub(super) people: String,
    pub(super) received: String,
    pub(super) why: String,
    pub(super) trail: String,
}

/// Shows a page of the queue.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    visit.user(Role::Viewer)?;
    let (lang, zone) = (visit.lang, desk.settings.zone);
    let order = if wanted.order == "score" { Order::Score } else { Order::Newest };
    let part = store::Page { size: ROWS, after: wanted.after.chars().take(100).collect() };
    let filter = wanted.filter();
    let listing = desk.store.queue(&filter, order, &part).await?;
    let day = i64::from(zone) * 60;
    let midnight = (now() + day).div_euclid(86_400) * 86_400 - day;
    let counts = desk.store.counts(midnight).await?;
    let is_fresh = listing.rows.is_empty()
        && desk.store.queue(&Filter::default(), order, &store::Page::first(1)).await?.rows.is_empty();
    let is_one = filter.campaign.is_some();
    let rows = listing.rows.iter().map(|row| Row::of(row, is_one, zone, lang)).collect();
    let page = Page::new(&visit, "queue", "queue.title");
    let numbers = [counts.waiting.to_string(), counts.since.to_string()];
    page.show(&Queue {
        counts: fill(lang, "queue.counts", &numbers.each_ref().map(String::as_str)),
        approval: decide::waiting(&desk, lang).await?,
        is_fresh,
        verdicts: wanted.verdicts(lang),
        periods: wanted.periods(lang),
        rows,
        next: listing.next.map(|after| wanted.link(&after)),
        is_first: wanted.after.is_empty(),
        is_narrow: wanted.is_narrow(),
        page: page.clone(),
        wanted,
    })
}

const VERDICTS: [Verdict; 4] = [Verdict::Malicious, Verdict::Suspicious, Verdict::Unverified, Verdict::Clean];

impl Wanted {
    fn filter(&self) -> Filter {
        let days = self.days.parse::<u16>().ok().filter(|days| *days > 0);
        let campaign = self.campaign.parse().ok();
        Filter {
            verdicts: VERDICTS.into_iter().filter(|verdict| verdict_id(*verdict) == self.verdict).collect(),
            since: days.map(|days| now() - i64::from(days) * 86_400),
            only_open: self.state != "all" && campaign.is_none(),
            recipient_domain: self.domain.trim().trim_start_matches('@').to_string(),
            campaign,
            ..Filter::default()
        }
    }

    /// Whether something is left out that a reader would not expect to be.
    fn is_narrow(&self) -> bool {
        [&self.verdict, &self.days, &self.domain, &self.campaign].iter().any(|field| !field.is_empty())
    }

    fn verdicts(&self, lang: Lang) -> Vec<Choice> {
        let all =
            Choice { value: "", label: say(lang, "queue.all").into(), is_chosen: self.verdict.is_empty() };
        let each = VERDICTS.into_iter().map(verdict_id).map(|id| Choice {
            value: id,
            label: format!("{} {}", words::word(lang, "sign", id), words::word(lang, "verdict", id)),
            is_chosen: self.verdict == id,
        });
        std::iter::once(all).chain(each).collect()
    }

    fn periods(&self, lang: Lang) -> Vec<Choice> {
        let label = |days: &str| match days {
            "" => say(lang, "queue.all").to_string(),
            "1" => say(lang, "queue.day").to_string(),
            days => fill(lang, "queue.days", &[days]),
        };
        let each = ["", "1", "7", "30"].into_iter();
        each.map(|value| Choice { value, label: label(value), is_chosen: self.days == value }).collect()
    }

    /// The address of the page that begins behind `after`.
    fn link(&self, after: &str) -> String {
        let fields = [
            ("verdict", self.verdict.as_str()),
            ("days", &self.days),
            ("state", &self.state),
            ("domain", &self.domain),
            ("order", &self.order),
            ("campaign", &self.campaign),
            ("after", after),
        ];
        let set = fields.iter().filter(|(_, value)| !value.is_empty());
        let each =
            set.map(|(name, value)| format!("{name}={}", value.bytes().map(percent).collect::<String>()));
        format!("/?{}", each.collect::<Vec<_>>().join("&"))
    }
}

impl Row {
    /// A message that stands for itself.
    pub(super) fn single(lead: store::Summary, zone: i32, lang: Lang) -> Self {
        let (people, received) = (lead.recipients, lead.received);
        let row = store::Row { lead, messages: 1, waiting: 0, people, first: received, last: received };
        Self::of(&row, true, zone, lang)
    }

    pub(super) fn of(row: &store::Row, is_one: bool, zone: i32, lang: Lang) -> Self {
        let lead = &row.lead;
        let id = verdict_id(lead.verdict);
        let (name, _) = mailbox(&lead.shown_from);
        let address = lead.address.as_str();
        let shown = if name.is_empty() { lead.shown_from.trim() } else { name };
        let subject = if lead.subject.trim().is_empty() { &lead.path } else { &lead.subject };
        let subject = quote(subject, 100);
        let several = (!is_one && row.messages > 1)
            .then(|| (lead.campaign, fill(lang, "queue.times", &[&row.messages.to_string()])));
        let title = if lang == Lang::Ja && !lead.title_ja.is_empty() { &lead.title_ja } else { &lead.title };
        let why = match lead.verdict {
            Verdict::Clean => "",
            _ if !title.is_empty() => title,
            _ => words::word(lang, "unread", &lead.unread),
        };
        let people = if is_one { lead.recipients } else { row.people };
        Self {
            id: lead.id.clone(),
            verdict: id,
            sign: words::word(lang, "sign", id),
            word: words::word(lang, "verdict", id),
            subject: if subject.trim().is_empty() { say(lang, "queue.no-subject").into() } else { subject },
            campaign: several,
            shown: quote(shown, 60),
            real: if address.eq_ignore_ascii_case(shown) { String::new() } else { quote(address, 80) },
            people: match people {
                0 => String::new(),
                1 => say(lang, "queue.person").to_string(),
                people => fill(lang, "queue.people", &[&people.to_string()]),
            },
            received: told(if is_one { lead.received } else { row.last }, zone, lang),
            why: quote(why, 200),
            trail: if lead.verdict == Verdict::Clean { String::new() } else { quote(&lead.trail, 100) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_asked_of_the_store() {
        let wanted = Wanted {
            verdict: "malicious".into(),
            days: "7".into(),
            domain: "@a.example".into(),
            ..Wanted::default()
        };
        let filter = wanted.filter();
        assert_eq!(filter.verdicts, [Verdict::Malicious]);
        assert!(filter.only_open && filter.since.is_some() && wanted.is_narrow());
        assert_eq!(filter.recipient_domain, "a.example");
        let nonsense =
            Wanted { verdict: "x".into(), days: "-1".into(), state: "all".into(), ..Wanted::default() };
        let filter = nonsense.filter();
        assert!(filter.verdicts.is_empty() && !filter.only_open && filter.since.is_none());
    }

    #[test]
    fn the_next_page_keeps_the_filters() {
        let wanted = Wanted { state: "all".into(), domain: "市&.example".into(), ..Wanted::default() };
        assert_eq!(wanted.link("1:2"), "/?state=all&domain=%E5%B8%82%26.example&after=1%3A2");
    }
}
