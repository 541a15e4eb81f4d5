//! The queue: what waits, one row a campaign, page by page.

use super::connect::sql;
use super::message::{HEAD, Source, Summary, verdict_code};
use super::state::State;
use super::summary::column;
use super::{Result, Store};
use crate::verdict::Verdict;
use sqlx::Row as _;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;

/// What the queue shows; what is left empty does not narrow it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// These verdicts; that of a campaign is the worst of its messages.
    pub verdicts: Vec<Verdict>,
    /// Received at or after this time.
    pub since: Option<i64>,
    /// Received before this time.
    pub until: Option<i64>,
    /// Waiting for a decision.
    pub only_open: bool,
    /// With a recipient in this domain.
    pub recipient_domain: String,
    /// Which way it came.
    pub source: Option<Source>,
    /// The messages of one campaign, each in its own row.
    pub campaign: Option<i64>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The campaign with the newest message first.
    #[default]
    Newest,
    /// The highest score first, of equals the newest.
    Score,
}

/// Which part of a list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Rows of the page; 0 means 50, at most 500.
    pub size: u32,
    /// `next` of the page before; empty for the first.
    pub after: String,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// `after` of the next page, if there is one.
    pub next: Option<String>,
}

/// A row of the queue.
#[derive(Clone, Debug)]
pub struct Row {
    /// The message that stands for all: the one of the highest score, of equals the newest.
    pub lead: Summary,
    /// Messages of the campaign.
    pub messages: i64,
    /// Those of them that wait for a decision.
    pub waiting: i64,
    /// Recipients of the campaign.
    pub people: i64,
    /// When its first message came.
    pub first: i64,
    /// When its last message came.
    pub last: i64,
}

/// Numbers for the head of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Rows of the queue in which something waits.
    pub waiting: i64,
    /// Messages that wait.
    pub waiting_messages: i64,
    /// Messages that came since the time asked for.
    pub since: i64,
}

impl Page {
    /// The first page of so many rows.
    pub fn first(size: u32) -> Self {
        Self { size, after: String::new() }
    }

    pub(super) fn limit(&self) -> i64 {
        if self.size == 0 { 50 } else { i64::from(self.size.min(500)) }
    }

    /// The numbers of the cursor; a broken one begins at the first page.
    fn cursor<const N: usize>(&self) -> [i64; N] {
        let mut numbers = self.after.split(':').map(|part| part.parse().ok());
        let cursor: [Option<i64>; N] = std::array::from_fn(|_| numbers.next().flatten());
        if cursor.iter().all(Option::is_some) { cursor.map(Option::unwrap_or_default) } else { [i64::MAX; N] }
    }

    /// The number before which the page begins.
    pub(super) fn before(&self) -> i64 {
        let [number] = self.cursor();
        number
    }
}

impl<T> Listing<T> {
    /// The page of rows of which one more was asked for.
    pub(super) fn cut(mut rows: Vec<T>, page: &Page, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(cursor);
        Self { rows, next }
    }
}

impl Store {
    /// A page of the queue: campaigns, or the messages of one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn queue(&self, filter: &Filter, order: Order, page: &Page) -> Result<Listing<Row>> {
        let mut conditions = Conditions::default();
        match filter.campaign {
            None => conditions.of_campaigns(filter),
            Some(campaign) => conditions.of_messages_in(campaign, filter),
        }
        let (score, time, number) = match filter.campaign {
            None => ("c.score", "c.last", "c.number"),
            Some(_) => ("m.score", "m.received", "m.number"),
        };
        let keys = match order {
            Order::Newest => {
                let [last, at] = page.cursor();
                conditions.add_cursor(&format!("({time}, {number})"), &[last, at]);
                format!("{time} DESC, {number} DESC")
            }
            Order::Score => {
                let [points, last, at] = page.cursor();
                conditions.add_cursor(&format!("({score}, {time}, {number})"), &[points, last, at]);
                format!("{score} DESC, {time} DESC, {number} DESC")
            }
        };
        let join = if filter.campaign.is_some() { "m.campaign = c.number" } else { "c.lead = m.number" };
        let limit = conditions.value(Value::Number(page.limit() + 1));
        let text = format!(
            "SELECT {HEAD}, c.messages, c.waiting, c.people, c.first, c.last, c.score AS points, c.number AS folder \
             FROM campaigns c JOIN messages m ON {join} {} ORDER BY {keys} LIMIT {limit}",
            conditions.text()
        );
        let rows = conditions.bind(sqlx::query(sql(text))).fetch_all(&self.pool).await?;
        let rows = rows.iter().map(Row::read).collect::<Result<Vec<_>>>()?;
        let is_folded = filter.campaign.is_none();
        Ok(Listing::cut(rows, page, |row| row.cursor(order, is_folded)))
    }

    /// Numbers for the head of the page.
    ///
    /// # Errors
    /// The database fails.
    pub async fn counts(&self, since: i64) -> Result<Counts> {
        let query = "SELECT (SELECT COUNT(*) FROM campaigns WHERE waiting > 0), \
                     (SELECT COUNT(*) FROM messages WHERE state = 1), \
                     (SELECT COUNT(*) FROM messages WHERE received >= $1)";
        let row = sqlx::query(query).bind(since).fetch_one(&self.pool).await?;
        Ok(Counts { waiting: row.try_get(0)?, waiting_messages: row.try_get(1)?, since: row.try_get(2)? })
    }
}

impl Row {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            lead: Summary::read(row)?,
            messages: row.try_get("messages")?,
            waiting: row.try_get("waiting")?,
            people: row.try_get("people")?,
            first: row.try_get("first")?,
            last: row.try_get("last")?,
        })
    }

    fn cursor(&self, order: Order, is_folded: bool) -> String {
        let lead = &self.lead;
        let (time, number) =
            if is_folded { (self.last, lead.campaign) } else { (lead.received, lead.number) };
        match order {
            Order::Newest => format!("{time}:{number}"),
            Order::Score => format!("{}:{time}:{number}", lead.score),
        }
    }
}

/// A value of a condition.
enum Value {
    Number(i64),
    Text(String),
}

/// Conditions put together; values are bound, never written.
#[derive(Default)]
struct Conditions {
    tests: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a value; answers its place in the statement.
    fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn add(&mut self, test: String) {
        self.tests.push(test);
    }

    fn add_number(&mut self, test: &str, number: i64) {
        let place = self.value(Value::Number(number));
        self.add(format!("{test} {place}"));
    }

    fn add_cursor(&mut self, keys: &str, cursor: &[i64]) {
        if cursor.iter().any(|key| *key != i64::MAX) {
            let places: Vec<String> = cursor.iter().map(|key| self.value(Value::Number(*key))).collect();
            self.add(format!("{keys} < ({})", places.join(", ")));
        }
    }

    /// A campaign is shown if its verdict fits and one of its messages fits all the rest. What the row of the
    /// campaign tells is asked of it; only where several things must be true of the same message, messages are.
    fn of_campaigns(&mut self, filter: &Filter) {
        self.add_verdicts("c.verdict", &filter.verdicts);
        if filter.only_open {
            self.add("c.waiting > 0".into());
        }
        if let Some(since) = filter.since {
            self.add_number("c.last >=", since);
        }
        if let Some(until) = filter.until {
            self.add_number("c.first <", until);
        }
        if let Some(source) = filter.source {
            self.add(format!("(c.sources & {}) <> 0", source.bit()));
        }
        let asked =
            [filter.only_open, filter.since.is_some(), filter.until.is_some(), filter.source.is_some()];
        if asked.iter().filter(|is_asked| **is_asked).count() > 1 {
            let mut inner = Self { tests: Vec::new(), values: std::mem::take(&mut self.values) };
            inner.of_messages("", filter);
            self.values = inner.values;
            self.add(format!(
                "c.number IN (SELECT campaign FROM messages WHERE {})",
                inner.tests.join(" AND ")
            ));
        }
        if !filter.recipient_domain.is_empty() {
            let place = self.value(Value::Text(column(&filter.recipient_domain.to_lowercase())));
            self.add(format!("c.number IN (SELECT campaign FROM people WHERE domain = {place})"));
        }
    }

    fn of_messages_in(&mut self, campaign: i64, filter: &Filter) {
        self.add_number("m.campaign =", campaign);
        self.add_verdicts("m.verdict", &filter.verdicts);
        self.of_messages("m.", filter);
        if !filter.recipient_domain.is_empty() {
            let place = self.value(Value::Text(column(&filter.recipient_domain.to_lowercase())));
            let to = format!("SELECT 1 FROM recipients r WHERE r.message = m.number AND r.domain = {place}");
            self.add(format!("EXISTS ({to})"));
        }
    }

    fn of_messages(&mut self, table: &str, filter: &Filter) {
        if let Some(since) = filter.since {
            self.add_number(&format!("{table}received >="), since);
        }
        if let Some(until) = filter.until {
            self.add_number(&format!("{table}received <"), until);
        }
        if let Some(source) = filter.source {
            let place = self.value(Value::Text(source.id().into()));
            self.add(format!("{table}source = {place}"));
        }
        if filter.only_open {
            self.add(format!("{table}state = {}", State::Waiting.code()));
        }
    }

    fn add_verdicts(&mut self, column: &str, verdicts: &[Verdict]) {
        if !verdicts.is_empty() {
            let codes: Vec<String> = verdicts.iter().map(|one| verdict_code(*one).to_string()).collect();
            self.add(format!("{column} IN ({})", codes.join(", ")));
        }
    }

    fn text(&self) -> String {
        if self.tests.is_empty() { String::new() } else { format!("WHERE {}", self.tests.join(" AND ")) }
    }

    fn bind<'q>(&self, query: Query<'q, Any, AnyArguments>) -> Query<'q, Any, AnyArguments> {
        self.values.iter().fold(query, |query, value| match value {
            Value::Number(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_cursors_begin_at_the_first_page() {
        for after in ["", "x", "1", "1:x", "1:'; DROP TABLE messages"] {
            let page = Page { size: 0, after: after.into() };
            assert_eq!(page.cursor::<2>(), [i64::MAX; 2], "{after}");
        }
        assert_eq!(Page { size: 0, after: "5:-7".into() }.cursor(), [5, -7]);
        assert_eq!([0, 9, 9_999].map(|size| Page::first(size).limit()), [50, 9, 500]);
    }
}
