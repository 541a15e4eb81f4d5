//! What people decided: on single mails, and what they allow from now on.

use super::connect::sql;
use super::message::unknown;
use super::state::State;
use super::summary::column;
use super::{Error, Result, Store, audit, campaign, now};
use crate::text::printable;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;

/// A decision on a message. Decisions are added, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The id of the message.
    pub message: String,
    /// When, in seconds since 1970.
    pub made: i64,
    /// The account.
    pub name: String,
    /// What: `release`, `keep`, `false-alarm`, `missed` …
    pub act: String,
    /// Why, in words.
    pub comment: String,
}

/// A decision on one or several messages, and what it makes of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ruling<'a> {
    /// The account.
    pub name: &'a str,
    /// What: `release`, `keep` …
    pub act: &'a str,
    /// Why, in words.
    pub comment: &'a str,
    /// The state that the messages have from then on; none leaves it.
    pub state: Option<State>,
    /// What is noted as done with them; empty leaves it.
    pub action: &'a str,
    /// What the audit log says besides the comment.
    pub detail: &'a str,
}

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
    /// `macro-hash`, `file-hash`, `sender`, `sender-domain` …
    pub kind: String,
    /// The hash, the address …
    pub value: String,
    /// Why.
    pub reason: String,
    /// The account that asks for it.
    pub asked_by: String,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

impl Store {
    /// Adds a decision.
    ///
    /// # Errors
    /// There is no such message.
    pub async fn decide(&self, decision: &Decision) -> Result<()> {
        super::message::number(&mut *self.pool.acquire().await?, &decision.message).await?;
        let insert = "INSERT INTO decisions (message, made, name, act, comment) VALUES ($1, $2, $3, $4, $5)";
        let insert = sqlx::query(insert).bind(column(&decision.message)).bind(decision.made);
        let insert = insert.bind(column(&decision.name)).bind(column(&decision.act));
        insert.bind(printable(&decision.comment)).execute(&self.pool).await?;
        Ok(())
    }

    /// Decides on several messages: the decisions, their entries in the audit log and the new states, all or none.
    ///
    /// # Errors
    /// There is no message of one of the ids.
    pub async fn rule(&self, ids: &[String], ruling: &Ruling<'_>) -> Result<()> {
        let mut change = self.begin().await?;
        let mut campaigns = BTreeSet::new();
        for id in ids {
            campaigns.insert(rule_on(&mut change, id, ruling).await?);
        }
        for campaign in campaigns.into_iter().filter(|_| ruling.state.is_some()) {
            campaign::refresh(&mut change, campaign).await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// Requests to release that wait for somebody else's approval, the oldest first; at most so many.
    ///
    /// # Errors
    /// The database fails.
    pub async fn asked_releases(&self, most: u32) -> Result<Vec<Decision>> {
        let query = "SELECT d.message, d.made, d.name, d.act, d.comment FROM decisions d \
                     WHERE d.act = 'ask-release' AND NOT EXISTS (SELECT 1 FROM decisions n \
                     WHERE n.message = d.message AND n.number > d.number \
                     AND n.act IN ('ask-release', 'refuse-release', 'release', 'keep', 'delete')) \
                     ORDER BY d.number LIMIT $1";
        let rows = sqlx::query(query).bind(i64::from(most)).fetch_all(&self.pool).await?;
        rows.iter().map(Decision::read).collect()
    }

    /// The decisions on a message, the oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn decisions(&self, message: &str) -> Result<Vec<Decision>> {
        let query =
            "SELECT message, made, name, act, comment FROM decisions WHERE message = $1 ORDER BY number";
        let rows = sqlx::query(query).bind(column(message)).fetch_all(&self.pool).await?;
        rows.iter().map(Decision::read).collect()
    }

    /// Adds an exception; answers its number. With an empty `approved_by` it allows nothing until it is approved.
    ///
    /// # Errors
    /// It has no value or no end.
    pub async fn add_exception(&self, new: &NewException, approved_by: &str) -> Result<i64> {
        if new.kind.is_empty() || new.value.trim().is_empty() || new.expires <= now() {
            return Err(Error::Invalid("an exception has a kind, a value, and an end in the future".into()));
        }
        let insert = "INSERT INTO exceptions (kind, value, reason, asked_by, approved_by, created, expires, revoked) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, 0) RETURNING number";
        let insert = sqlx::query_scalar(insert).bind(column(&new.kind)).bind(value(&new.value));
        let insert =
            insert.bind(printable(&new.reason)).bind(column(&new.asked_by)).bind(column(approved_by));
        Ok(insert.bind(now()).bind(new.expires).fetch_one(&self.pool).await?)
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
            "SELECT {EXCEPTION} FROM exceptions WHERE $1 = 1 OR (revoked = 0 AND expires > $2) ORDER BY number DESC"
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
            "SELECT {EXCEPTION} FROM exceptions WHERE kind = $1 AND value = $2 AND revoked = 0 AND expires > $3 \
             AND approved_by <> '' ORDER BY expires DESC LIMIT 1"
        );
        let query = sqlx::query(sql(text)).bind(column(kind)).bind(value(what)).bind(now());
        query.fetch_optional(&self.pool).await?.as_ref().map(Exception::read).transpose()
    }
}

/// One decision within a change; the campaign of its message.
async fn rule_on(change: &mut AnyConnection, id: &str, ruling: &Ruling<'_>) -> Result<i64> {
    let update = "UPDATE messages SET state = COALESCE($1, state), \
                  action = CASE WHEN $2 = '' THEN action ELSE $2 END WHERE id = $3 RETURNING campaign";
    let update = sqlx::query_scalar(update).bind(ruling.state.map(State::code));
    let update = update.bind(column(ruling.action)).bind(column(id));
    let campaign = update.fetch_optional(&mut *change).await?.ok_or_else(|| unknown(id))?;
    let insert = "INSERT INTO decisions (message, made, name, act, comment) VALUES ($1, $2, $3, $4, $5)";
    let insert = sqlx::query(insert).bind(column(id)).bind(now()).bind(column(ruling.name));
    let insert = insert.bind(column(ruling.act)).bind(printable(ruling.comment));
    insert.execute(&mut *change).await?;
    let parts = [ruling.detail, ruling.comment].into_iter().filter(|part| !part.is_empty());
    let detail = parts.collect::<Vec<_>>().join("; ");
    audit::append(change, ruling.name, ruling.act, id, &detail).await?;
    Ok(campaign)
}

impl Decision {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            message: row.try_get(0)?,
            made: row.try_get(1)?,
            name: row.try_get(2)?,
            act: row.try_get(3)?,
            comment: row.try_get(4)?,
        })
    }
}

/// A value as it is compared: hashes and addresses are the same in capitals.
fn value(text: &str) -> String {
    column(&text.trim().to_lowercase())
}

fn changed(rows: u64, number: i64) -> Result<()> {
    if rows == 0 { Err(Error::Unknown(format!("exception {number}"))) } else { Ok(()) }
}

/// The columns of an exception.
const EXCEPTION: &str = "number, kind, value, reason, asked_by, approved_by, created, expires, revoked";

impl Exception {
    fn read(row: &AnyRow) -> Result<Self> {
        let what = NewException {
            kind: row.try_get("kind")?,
            value: row.try_get("value")?,
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
