//! What people allow until its end, and which messages that let pass.

use super::connect::sql;
use super::put::many;
use super::summary::column;
use super::{Error, Result, Store, now};
use crate::exception::{self, Excepted, Exceptions, Way, What};
use crate::report::Report;
use crate::text::printable;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// Something that is allowed until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its number.
    pub number: i64,
    /// What it allows.
    pub what: NewException,
    /// When it was asked for.
    pub created: i64,
    /// Who approved it; empty as long as nobody did.
    pub approved_by: String,
    /// Whether it was taken back.
    pub is_revoked: bool,
}

/// An exception to add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewException {
    /// `macro-hash`, `sender`. Others allow nothing.
    pub kind: String,
    /// The hash, the address …
    pub value: String,
    /// Of a sender: the server that the mails come from; without it only those of clients that logged in are meant.
    pub server: String,
    /// Why.
    pub reason: String,
    /// The account that asks for it.
    pub asked_by: String,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

/// Whether exceptions were looked for when a message was answered.
#[derive(Clone, Copy, Debug, Default)]
pub enum Answered<'a> {
    /// Nobody waited for an answer: the store looks for them itself. It does not know who brought the message.
    #[default]
    No,
    /// They were, and this is what they made of it.
    With(Option<&'a Excepted>),
}

impl Store {
    /// Adds an exception; answers its number. With an empty `approved_by` it allows nothing until it is approved.
    ///
    /// # Errors
    /// It has no value or no end.
    pub async fn add_exception(&self, new: &NewException, approved_by: &str) -> Result<i64> {
        if new.kind.is_empty() || new.value.trim().is_empty() || new.expires <= now() {
            return Err(Error::Invalid("an exception has a kind, a value, and an end in the future".into()));
        }
        let insert = "INSERT INTO exceptions (kind, value, reason, asked_by, approved_by, created, expires, server, revoked) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) RETURNING number";
        let insert = sqlx::query_scalar(insert).bind(column(&new.kind)).bind(value(&new.value));
        let insert =
            insert.bind(printable(&new.reason)).bind(column(&new.asked_by)).bind(column(approved_by));
        let insert = insert.bind(now()).bind(new.expires).bind(column(&new.server));
        Ok(insert.fetch_one(&self.pool).await?)
    }

    /// Approves an exception. Whoever asked for it cannot.
    ///
    /// # Errors
    /// There is none that waits for approval by somebody else.
    pub async fn approve_exception(&self, number: i64, approved_by: &str) -> Result<()> {
        let update = "UPDATE exceptions SET approved_by = $1 WHERE number = $2 AND approved_by = '' \
                      AND asked_by <> $1 AND revoked = 0";
        let update = sqlx::query(update).bind(column(approved_by)).bind(number);
        changed(update.execute(&self.pool).await?.rows_affected(), number)
    }

    /// Takes an exception back.
    ///
    /// # Errors
    /// There is none of that number, or it was taken back before.
    pub async fn revoke_exception(&self, number: i64) -> Result<()> {
        let update = sqlx::query("UPDATE exceptions SET revoked = $1 WHERE number = $2 AND revoked = 0");
        changed(update.bind(now()).bind(number).execute(&self.pool).await?.rows_affected(), number)
    }

    /// All exceptions, the newest first; those that ended or were taken back only if `all`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn exceptions(&self, all: bool) -> Result<Vec<Exception>> {
        let text = format!(
            "SELECT {EXCEPTION} FROM exceptions e WHERE $1 = 1 OR (revoked = 0 AND expires > $2) ORDER BY number DESC"
        );
        let query = sqlx::query(sql(text)).bind(i64::from(all)).bind(now());
        query.fetch_all(&self.pool).await?.iter().map(Exception::read).collect()
    }

    /// The exception that allows something now, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn excepted(&self, kind: &str, what: &str) -> Result<Option<Exception>> {
        let text = format!(
            "SELECT {EXCEPTION} FROM exceptions e WHERE kind = $1 AND value = $2 AND revoked = 0 AND expires > $3 \
             AND approved_by <> '' ORDER BY expires DESC LIMIT 1"
        );
        let query = sqlx::query(sql(text)).bind(column(kind)).bind(value(what)).bind(now());
        query.fetch_optional(&self.pool).await?.as_ref().map(Exception::read).transpose()
    }

    /// All exceptions that hold now, to be applied.
    ///
    /// # Errors
    /// The database fails.
    pub async fn in_force(&self) -> Result<Exceptions> {
        let query = "SELECT number, kind, value, server, expires FROM exceptions \
                     WHERE revoked = 0 AND expires > $1 AND approved_by <> ''";
        let rows = sqlx::query(query).bind(now()).fetch_all(&self.pool).await?;
        let all = rows.iter().map(allowed).collect::<Result<Vec<_>>>()?;
        Ok(all.into_iter().flatten().collect())
    }

    /// How many messages each exception let pass, and when the last, by their numbers.
    ///
    /// # Errors
    /// The database fails.
    pub async fn exception_uses(&self) -> Result<BTreeMap<i64, (i64, i64)>> {
        let query = "SELECT exception, COUNT(*), MAX(made) FROM excepted GROUP BY exception";
        let rows = sqlx::query(query).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)))).collect()
    }

    /// The exceptions that let a message pass, and when, the first first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn let_pass_by(&self, id: &str) -> Result<Vec<(i64, Exception)>> {
        let text = format!(
            "SELECT u.made, {EXCEPTION} FROM excepted u JOIN exceptions e ON e.number = u.exception \
             WHERE u.message = (SELECT number FROM messages WHERE id = $1) ORDER BY u.made, e.number"
        );
        let rows = sqlx::query(sql(text)).bind(column(id)).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("made")?, Exception::read(row)?))).collect()
    }
}

/// What exceptions make of a message of which it is not known who brought it.
pub(super) fn of(allowed: &Exceptions, report: &Report) -> Option<Excepted> {
    allowed.of(report, |_| true, &Way::default(), now())
}

/// Notes that exceptions let a message pass.
pub(super) async fn insert(change: &mut AnyConnection, message: i64, excepted: &Excepted) -> Result<()> {
    for some in excepted.numbers.chunks(50) {
        let text = many("excepted (message, exception, made)", 3, some.len());
        let text = sql(format!("{text} ON CONFLICT (message, exception) DO NOTHING"));
        let insert = some
            .iter()
            .fold(sqlx::query(text), |insert, number| insert.bind(message).bind(*number).bind(now()));
        insert.execute(&mut *change).await?;
    }
    Ok(())
}

/// A row as it is applied; none of a kind that is not.
fn allowed(row: &AnyRow) -> Result<Option<exception::Exception>> {
    let value: String = row.try_get("value")?;
    let what = match row.try_get::<String, _>("kind")?.as_str() {
        "macro-hash" => What::Program(value),
        "sender" => {
            let server = exception::server(&row.try_get::<String, _>("server")?);
            What::Sender { address: value, server }
        }
        _ => return Ok(None),
    };
    Ok(Some(exception::Exception { number: row.try_get("number")?, what, expires: row.try_get("expires")? }))
}

/// A value as it is compared: hashes and addresses are the same in capitals.
fn value(text: &str) -> String {
    column(&text.trim().to_lowercase())
}

fn changed(rows: u64, number: i64) -> Result<()> {
    if rows == 0 { Err(Error::Unknown(format!("exception {number}"))) } else { Ok(()) }
}

/// The columns of an exception.
const EXCEPTION: &str = "e.number, e.kind, e.value, e.server, e.reason, e.asked_by, e.approved_by, e.created, \
     e.expires, e.revoked";

impl Exception {
    fn read(row: &AnyRow) -> Result<Self> {
        let what = NewException {
            kind: row.try_get("kind")?,
            value: row.try_get("value")?,
            server: row.try_get("server")?,
            reason: row.try_get("reason")?,
            asked_by: row.try_get("asked_by")?,
            expires: row.try_get("expires")?,
        };
        Ok(Self {
            number: row.try_get("number")?,
            what,
            created: row.try_get("created")?,
            approved_by: row.try_get("approved_by")?,
            is_revoked: row.try_get::<i64, _>("revoked")? != 0,
        })
    }
}
