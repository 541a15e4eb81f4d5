//! How much is in the store, for who runs it.

use super::connect::Dialect;
use super::message::Source;
use super::{Result, Store, now};
use sqlx::Row;

/// How much is in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Messages.
    pub messages: i64,
    /// Those that wait for a decision.
    pub waiting: i64,
    /// Those in which something is locked.
    pub locked: i64,
    /// Mails that are kept.
    pub kept: i64,
    /// Their bytes, as packed.
    pub kept_bytes: i64,
    /// Bytes of the whole database.
    pub database_bytes: i64,
    /// Each way in which messages came: how many, and when the newest did.
    pub sources: Vec<(Source, i64, i64)>,
    /// Answers that wait for the mail server, and since when the oldest does.
    pub unsent: (i64, i64),
    /// Answers that were given up in the last thirty days, and when the last was.
    pub given_up: (i64, i64),
}

/// Days for which it is told that an answer was given up.
const SHOWN: i64 = 30;

impl Store {
    /// How much is in it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn status(&self) -> Result<Status> {
        let query = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN state = 1 THEN 1 ELSE 0 END), 0) AS BIGINT), \
                     CAST(COALESCE(SUM(locked), 0) AS BIGINT), \
                     CAST(COALESCE(SUM(CASE WHEN kept > 0 THEN 1 ELSE 0 END), 0) AS BIGINT), \
                     CAST(COALESCE(SUM(kept), 0) AS BIGINT) FROM messages";
        let row = sqlx::query(query).fetch_one(&self.pool).await?;
        let size = match self.dialect {
            Dialect::Sqlite => {
                "SELECT c.page_count * s.page_size FROM pragma_page_count() c, pragma_page_size() s"
            }
            Dialect::Postgres => "SELECT pg_database_size(current_database())",
        };
        let database_bytes = sqlx::query_scalar(size).fetch_one(&self.pool).await?;
        let query = "SELECT source, COUNT(*), MAX(received) FROM messages GROUP BY source ORDER BY source";
        let rows = sqlx::query(query).fetch_all(&self.pool).await?;
        let mut sources = Vec::new();
        for row in &rows {
            if let Some(source) = Source::of(&row.try_get::<String, _>(0)?) {
                sources.push((source, row.try_get(1)?, row.try_get(2)?));
            }
        }
        let query = "SELECT COUNT(*), COALESCE(MIN(made), 0) FROM outbox";
        let unsent = sqlx::query(query).fetch_one(&self.pool).await?;
        let query =
            "SELECT COUNT(*), COALESCE(MAX(made), 0) FROM audit WHERE act = 'answer-failed' AND made >= $1";
        let given_up = sqlx::query(query).bind(now() - SHOWN * 86_400).fetch_one(&self.pool).await?;
        Ok(Status {
            messages: row.try_get(0)?,
            waiting: row.try_get(1)?,
            locked: row.try_get(2)?,
            kept: row.try_get(3)?,
            kept_bytes: row.try_get(4)?,
            database_bytes,
            sources,
            unsent: (unsent.try_get(0)?, unsent.try_get(1)?),
            given_up: (given_up.try_get(0)?, given_up.try_get(1)?),
        })
    }
}
