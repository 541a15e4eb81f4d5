//! The audit log: who did what, when. The database refuses to change or delete a row, and each row bears the hash of
//! the one before it, so that a change made around the database shows.

use super::queue::{Listing, Page};
use super::summary::column;
use super::{Error, Result, Store, hex, now};
use crate::text::printable;
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; they have no gaps.
    pub number: i64,
    /// When, in seconds since 1970.
    pub made: i64,
    /// Who: an account, or the service itself.
    pub name: String,
    /// What: `login`, `release` …
    pub act: String,
    /// On what: the id of a message, the name of an account.
    pub object: String,
    /// The rest, in words or JSON.
    pub detail: String,
    /// The hash of the entry before; empty for the first.
    pub previous: String,
    /// The hash over `previous` and the other fields.
    pub hash: String,
}

/// What a check of the log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Entries that are as they were written, from the first on.
    pub sound: i64,
    /// The first that is not, or the number that is missing.
    pub broken: Option<i64>,
    /// The hash of the last sound entry. Note it elsewhere, and a cut at the end shows too.
    pub last: String,
}

/// Entries read at once.
const BATCH: i64 = 1_000;

impl Store {
    /// Adds an entry; answers its number.
    ///
    /// # Errors
    /// The database fails.
    pub async fn audit(&self, name: &str, act: &str, object: &str, detail: &str) -> Result<i64> {
        let mut change = self.begin().await?;
        let number = append(&mut change, name, act, object, detail).await?;
        change.commit().await?;
        Ok(number)
    }

    /// The entries, the newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn audit_log(&self, page: &Page) -> Result<Listing<Entry>> {
        let query = "SELECT number, made, name, act, object, detail, previous, hash FROM audit \
                     WHERE number < $1 ORDER BY number DESC LIMIT $2";
        let query = sqlx::query(query).bind(page.before()).bind(page.limit() + 1);
        let rows = query.fetch_all(&self.pool).await?.iter().map(Entry::read).collect::<Result<Vec<_>>>()?;
        Ok(Listing::cut(rows, page, |last| last.number.to_string()))
    }

    /// The entries about one thing, the oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn audit_of(&self, object: &str) -> Result<Vec<Entry>> {
        let query = "SELECT number, made, name, act, object, detail, previous, hash FROM audit \
                     WHERE object = $1 ORDER BY number LIMIT 1000";
        sqlx::query(query).bind(column(object)).fetch_all(&self.pool).await?.iter().map(Entry::read).collect()
    }

    /// Reads the whole log and checks its chain.
    ///
    /// # Errors
    /// The database fails.
    pub async fn verify_audit(&self) -> Result<Audited> {
        let mut audited = Audited { sound: 0, broken: None, last: String::new() };
        loop {
            let query = "SELECT number, made, name, act, object, detail, previous, hash FROM audit \
                         WHERE number > $1 ORDER BY number LIMIT $2";
            let rows = sqlx::query(query).bind(audited.sound).bind(BATCH).fetch_all(&self.pool).await?;
            if rows.is_empty() {
                return Ok(audited);
            }
            for row in &rows {
                let entry = Entry::read(row)?;
                let is_next = entry.number == audited.sound + 1 && entry.previous == audited.last;
                if !is_next || entry.hash != entry.expected() {
                    audited.broken = Some(audited.sound + 1);
                    return Ok(audited);
                }
                audited.sound = entry.number;
                audited.last = entry.hash;
            }
        }
    }
}

/// Adds an entry within a change; answers its number.
pub(super) async fn append(
    change: &mut AnyConnection,
    name: &str,
    act: &str,
    object: &str,
    detail: &str,
) -> Result<i64> {
    let query = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    let (number, previous) = match sqlx::query(query).fetch_optional(&mut *change).await? {
        Some(row) => (row.try_get::<i64, _>(0)? + 1, row.try_get(1)?),
        None => (1, String::new()),
    };
    let mut entry = Entry {
        number,
        made: now(),
        name: column(name),
        act: column(act),
        object: column(object),
        detail: printable(detail),
        previous,
        hash: String::new(),
    };
    entry.hash = entry.expected();
    let insert = "INSERT INTO audit (number, made, name, act, object, detail, previous, hash) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let insert = sqlx::query(insert).bind(entry.number).bind(entry.made).bind(&entry.name);
    let insert = insert.bind(&entry.act).bind(&entry.object).bind(&entry.detail);
    insert.bind(&entry.previous).bind(&entry.hash).execute(&mut *change).await?;
    Ok(number)
}

impl Entry {
    /// SHA-256 over the hash before and every field, each with its length before it.
    fn expected(&self) -> String {
        let numbers = [self.number.to_string(), self.made.to_string()];
        let texts =
            [&self.previous, &numbers[0], &numbers[1], &self.name, &self.act, &self.object, &self.detail];
        let mut hash = Sha256::new();
        for text in texts {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hex(&hash.finalize())
    }

    fn read(row: &AnyRow) -> Result<Self> {
        let text = |name: &str| row.try_get::<String, _>(name).map_err(Error::from);
        Ok(Self {
            number: row.try_get("number")?,
            made: row.try_get("made")?,
            name: text("name")?,
            act: text("act")?,
            object: text("object")?,
            detail: text("detail")?,
            previous: text("previous")?,
            hash: text("hash")?,
        })
    }
}
