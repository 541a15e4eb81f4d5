//! How a message gets into the store.

use super::connect::{Dialect, sql};
use super::message::{NewMessage, Source, heavy, raw_owner, report_owner, unknown, verdict_code};
use super::state::State;
use super::summary::{self, Rows, column};
use super::{Answered, Error, Result, Store, campaign, exceptions, random, search};
use crate::exception::{Excepted, Exceptions};
use crate::message::neighbours::Note;
use crate::report::Report;
use sqlx::AnyConnection;
use sqlx::any::{Any, AnyArguments};
use sqlx::query::Query;
use sqlx::{Row, Transaction};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A message made ready to be written, so that the database is not held up by packing and encrypting.
struct Ready<'a> {
    mail: &'a NewMessage<'a>,
    id: String,
    sha256: String,
    rows: Rows,
    marks: Vec<String>,
    raw: Vec<u8>,
    report: Vec<u8>,
    /// What exceptions make of it.
    excepted: Option<Excepted>,
    /// What a locked message says of itself, so that a later mail with its password is known to belong to it.
    note: Option<Vec<u8>>,
}

impl Ready<'_> {
    /// The state it begins with.
    fn state(&self) -> State {
        State::of(self.excepted.as_ref().map_or(self.mail.report.verdict, |excepted| excepted.verdict))
    }
}

impl Store {
    /// Stores a message; answers its id.
    ///
    /// # Errors
    /// There is a message of that id, or the database fails.
    pub async fn put(&self, mail: &NewMessage<'_>) -> Result<String> {
        let ids = self.put_all(std::slice::from_ref(mail)).await?;
        ids.into_iter().next().ok_or_else(|| unknown(mail.id))
    }

    /// Stores several messages in one change: all of them or none. A file that is scanned again gets a new report
    /// instead of a second entry.
    ///
    /// # Errors
    /// There is a message of one of the ids, or the database fails.
    pub async fn put_all(&self, mails: &[NewMessage<'_>]) -> Result<Vec<String>> {
        let allowed = self.allowed(mails.iter()).await?;
        let ready = |mail| self.ready(mail, &allowed, |id| Note::of(mail.raw, id));
        let ready = heavy(|| mails.iter().map(ready).collect::<Result<Vec<_>>>())?;
        self.put_ready(ready, &allowed).await
    }

    /// The same for mails whose notes were read by who scanned them, so that nothing of them is read here.
    ///
    /// # Errors
    /// As above.
    pub async fn put_noted(&self, mails: &[(NewMessage<'_>, Option<&Note>)]) -> Result<Vec<String>> {
        let allowed = self.allowed(mails.iter().map(|(mail, _)| mail)).await?;
        let ready = |(mail, note)| self.ready(mail, &allowed, |_| Option::<&Note>::cloned(note));
        let mails = mails.iter().map(|(mail, note)| (mail, *note));
        let ready = heavy(|| mails.map(ready).collect::<Result<Vec<_>>>())?;
        self.put_ready(ready, &allowed).await
    }

    /// The exceptions that hold now, if one of these mails was not answered with what they make of it.
    async fn allowed<'a>(&self, mut mails: impl Iterator<Item = &'a NewMessage<'a>>) -> Result<Exceptions> {
        let is_open = |mail: &NewMessage| matches!(mail.answered, Answered::No);
        if mails.any(is_open) { self.in_force().await } else { Ok(Exceptions::default()) }
    }

    async fn put_ready(&self, ready: Vec<Ready<'_>>, allowed: &Exceptions) -> Result<Vec<String>> {
        let mut change = self.begin().await?;
        let mut ids = Vec::new();
        for ready in &ready {
            let known = known_file(&mut change, ready).await?;
            ids.push(match known {
                Some(id) => {
                    self.renew(&mut change, &id, ready.mail.report, allowed).await?;
                    id
                }
                None => self.write(&mut change, ready).await?,
            });
        }
        change.commit().await?;
        Ok(ids)
    }

    fn ready<'a>(
        &self,
        mail: &'a NewMessage<'a>,
        allowed: &Exceptions,
        note: impl FnOnce(&str) -> Option<Note>,
    ) -> Result<Ready<'a>> {
        let id = if mail.id.is_empty() { new_id(mail.received)? } else { column(mail.id) };
        let names = [id.as_str(), mail.sender, mail.queue_id, mail.reporter, &mail.report.path];
        let message_id = mail.report.message_id.as_deref().unwrap_or_default();
        let names = [&names[..], &[message_id]].concat();
        let names: Vec<String> =
            names.into_iter().map(|name| column(&mail.report.without_passwords(name))).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows = Rows::of(mail.report, &summary::recipients(mail), &names);
        let note = rows.locked.then(|| note(&id)).flatten();
        Ok(Ready {
            sha256: super::sha256(mail.raw),
            marks: campaign::marks(mail.report),
            raw: self.seal.seal(&raw_owner(&id), mail.raw)?,
            report: self.sealed_report(&id, 1, mail.report)?,
            excepted: match mail.answered {
                Answered::With(excepted) => excepted.cloned(),
                Answered::No => exceptions::of(allowed, mail.report),
            },
            note: note.map(|note| self.sealed_note(&id, &note)).transpose()?,
            mail,
            id,
            rows,
        })
    }

    pub(super) fn sealed_report(&self, id: &str, version: i64, report: &Report) -> Result<Vec<u8>> {
        let text = serde_json::to_vec(report).map_err(|error| Error::Invalid(error.to_string()))?;
        self.seal.seal(&report_owner(id, version), &text)
    }

    async fn write(&self, change: &mut Transaction<'static, Any>, ready: &Ready<'_>) -> Result<String> {
        let (mail, id) = (ready.mail, &ready.id);
        let campaign = campaign::join(change, &ready.marks, mail.received).await?;
        let number = insert_message(change, ready, campaign).await?;
        let insert = sqlx::query("INSERT INTO raws (message, sealed) VALUES ($1, $2)");
        insert.bind(number).bind(&ready.raw).execute(&mut **change).await?;
        insert_report(change, number, 1, mail.report, &ready.report).await?;
        campaign::count(change, campaign, number, (mail, ready.state()), &ready.rows.recipients).await?;
        if let Some(excepted) = &ready.excepted {
            exceptions::insert(change, number, excepted).await?;
        }
        insert_rows(change, self.dialect, number, &ready.rows).await?;
        super::envelope::insert(change, number, mail).await?;
        if let Some(note) = &ready.note {
            super::letters::insert(change, mail.received, id, note).await?;
        }
        Ok(id.clone())
    }
}

/// A file that was scanned before, by its path and content.
async fn known_file(change: &mut AnyConnection, ready: &Ready<'_>) -> Result<Option<String>> {
    if ready.mail.source != Source::Scan || !ready.mail.id.is_empty() {
        return Ok(None);
    }
    let query = "SELECT id FROM messages WHERE sha256 = $1 AND path = $2 AND source = $3 LIMIT 1";
    let query = sqlx::query_scalar(query).bind(&ready.sha256).bind(path(ready.mail.report));
    Ok(query.bind(Source::Scan.id()).fetch_optional(change).await?)
}

/// The file of a message, and its place where the file holds several.
fn path(report: &Report) -> String {
    let path = report.without_passwords(&report.path);
    if report.index == 0 { column(&path) } else { column(&format!("{path}#{}", report.index)) }
}

async fn insert_message(change: &mut AnyConnection, ready: &Ready<'_>, campaign: i64) -> Result<i64> {
    let (mail, rows) = (ready.mail, &ready.rows);
    let hide = |text: &str| column(&mail.report.without_passwords(text));
    let insert = "INSERT INTO messages (id, received, source, path, reporter, client, queue_id, action, sender, \
        message_id, dated, sha256, size, kept, locked, state, recipients, campaign, shown_from, address, subject, \
        verdict, score, complete, rule, title, title_ja, evidence, trail, unread) VALUES \
        ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, \
        $24, $25, $26, $27, $28, $29, $30) RETURNING number";
    let insert = sqlx::query(insert)
        .bind(&ready.id)
        .bind(mail.received)
        .bind(mail.source.id())
        .bind(path(mail.report))
        .bind(hide(mail.reporter))
        .bind(column(mail.client))
        .bind(column(mail.queue_id))
        .bind(column(mail.action))
        .bind(hide(mail.sender))
        .bind(hide(mail.report.message_id.as_deref().unwrap_or_default()))
        .bind(hide(mail.report.date.as_deref().unwrap_or_default()))
        .bind(&ready.sha256)
        .bind(count(mail.raw.len()))
        .bind(count(ready.raw.len()))
        .bind(i64::from(rows.locked))
        .bind(ready.state().code())
        .bind(count(rows.recipients.len()))
        .bind(campaign);
    let inserted = said(insert, mail.report, rows).fetch_one(change).await;
    let row = inserted.map_err(|error| match error.as_database_error() {
        Some(database) if database.is_unique_violation() => Error::Exists(ready.id.clone()),
        _ => error.into(),
    })?;
    Ok(row.try_get(0)?)
}

/// Binds what a report says, in the order of the columns from `shown_from` to `unread`.
pub(super) fn said<'q>(
    query: Query<'q, Any, AnyArguments>,
    report: &Report,
    rows: &'q Rows,
) -> Query<'q, Any, AnyArguments> {
    query
        .bind(&rows.shown_from)
        .bind(&rows.address)
        .bind(&rows.subject)
        .bind(verdict_code(report.verdict))
        .bind(i64::from(report.score))
        .bind(i64::from(report.complete))
        .bind(&rows.rule)
        .bind(&rows.title)
        .bind(&rows.title_ja)
        .bind(&rows.evidence)
        .bind(&rows.trail)
        .bind(&rows.unread)
}

pub(super) async fn insert_report(
    change: &mut AnyConnection,
    number: i64,
    version: i64,
    report: &Report,
    sealed: &[u8],
) -> Result<()> {
    let insert = "INSERT INTO reports (message, version, made, verdict, score, sealed) VALUES ($1, $2, $3, $4, $5, $6)";
    let insert = sqlx::query(insert).bind(number).bind(version).bind(super::now());
    let insert = insert.bind(verdict_code(report.verdict)).bind(i64::from(report.score)).bind(sealed);
    insert.execute(change).await?;
    Ok(())
}

/// What a report has many of, and the text that a search looks through.
pub(super) async fn insert_rows(
    change: &mut AnyConnection,
    dialect: Dialect,
    number: i64,
    rows: &Rows,
) -> Result<()> {
    for some in rows.recipients.chunks(CHUNK) {
        let text = many("recipients (message, address, domain)", 3, some.len());
        let insert = some.iter().fold(sqlx::query(sql(text)), |insert, (address, domain)| {
            insert.bind(number).bind(address).bind(domain)
        });
        insert.execute(&mut *change).await?;
    }
    let mut place = 0..;
    for some in rows.artifacts.chunks(CHUNK) {
        let text = many("artifacts (message, place, name, format, via, size, sha256)", 7, some.len());
        let insert = some.iter().zip(&mut place).fold(sqlx::query(sql(text)), |insert, (one, place)| {
            let insert = insert.bind(number).bind(place).bind(&one.name).bind(one.format);
            insert.bind(one.via).bind(one.size).bind(&one.sha256)
        });
        insert.execute(&mut *change).await?;
    }
    let mut place = 0..;
    let indicators: Vec<_> = rows.indicators.iter().chain(&rows.named).collect();
    for some in indicators.chunks(CHUNK) {
        let text = many("indicators (message, place, kind, value)", 4, some.len());
        let insert =
            some.iter().zip(&mut place).fold(sqlx::query(sql(text)), |insert, ((kind, value), place)| {
                insert.bind(number).bind(place).bind(*kind).bind(value)
            });
        insert.execute(&mut *change).await?;
    }
    for some in rows.rules.chunks(CHUNK) {
        let text = many("rules (message, rule)", 2, some.len());
        let insert = some.iter().fold(sqlx::query(sql(text)), |insert, rule| insert.bind(number).bind(rule));
        insert.execute(&mut *change).await?;
    }
    search::insert(change, dialect, number, &rows.text).await
}

/// Rows of one statement.
const CHUNK: usize = 50;

/// A statement that inserts several rows.
pub(super) fn many(table: &str, columns: usize, rows: usize) -> String {
    let row = |row: usize| {
        let places = (1..=columns).map(|column| format!("${}", row * columns + column));
        format!("({})", places.collect::<Vec<_>>().join(", "))
    };
    let rows = (0..rows).map(row).collect::<Vec<_>>().join(", ");
    format!("INSERT INTO {table} VALUES {rows}")
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An id that no other message gets: when it came, and a number that begins anywhere in each process.
///
/// # Errors
/// The system gives no random numbers.
pub fn new_id(received: i64) -> Result<String> {
    static BASE: OnceLock<u32> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let base = match BASE.get() {
        Some(base) => *base,
        None => {
            let made = u32::from_le_bytes(random()?);
            *BASE.get_or_init(|| made)
        }
    };
    let count = base.wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed));
    Ok(format!("{:x}-{:06x}", received.max(0), count & 0xff_ffff))
}
