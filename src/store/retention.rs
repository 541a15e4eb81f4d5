//! What is forgotten, and when. Mails and reports go; the row of a message, its decisions and the audit log stay.

use super::connect::Dialect;
use super::letters::HOURS;
use super::state::State;
use super::{Result, Store, now, outbox};
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::Transaction;
use sqlx::any::Any;

/// How long and how much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Days for which a mail is kept; one that waits for a decision is kept until it has one, and one that was
    /// decided to be kept until it is decided otherwise.
    pub days: Option<u32>,
    /// Bytes of kept mails, as packed; above that the oldest go, those that wait last.
    pub bytes: Option<u64>,
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Mails.
    pub mails: u64,
    /// Their bytes, as packed.
    pub bytes: u64,
}

/// Mails of one change, so that the service is not held up.
const BATCH: i64 = 200;

/// Days after which a mark of a campaign that nobody saw again is forgotten.
const MARKS: i64 = 60;

impl Store {
    /// Forgets what is older or more than what is kept, and what ended: sessions, failed logins, remembered mails,
    /// answers that nobody sent.
    ///
    /// # Errors
    /// The database fails.
    pub async fn prune(&self, retention: Retention) -> Result<Pruned> {
        let mut pruned = Pruned::default();
        if let Some(days) = retention.days {
            let before = now() - i64::from(days) * 86_400;
            while self.forget_some(Oldest::Before(before), &mut pruned).await? {}
        }
        if let Some(bytes) = retention.bytes {
            let most = i64::try_from(bytes).unwrap_or(i64::MAX);
            while self.forget_some(Oldest::Above(most), &mut pruned).await? {}
        }
        self.forget_ended().await?;
        if self.dialect == Dialect::Sqlite {
            sqlx::raw_sql("PRAGMA incremental_vacuum; PRAGMA optimize;").execute(&self.pool).await?;
        }
        Ok(pruned)
    }

    /// Forgets a batch of mails; whether there may be more.
    async fn forget_some(&self, which: Oldest, pruned: &mut Pruned) -> Result<bool> {
        let mut change = self.begin().await?;
        let mails = which.find(&mut change).await?;
        for (number, bytes) in &mails {
            forget(&mut change, *number).await?;
            pruned.mails += 1;
            pruned.bytes += u64::try_from(*bytes).unwrap_or(0);
        }
        change.commit().await?;
        Ok(!mails.is_empty())
    }

    async fn forget_ended(&self) -> Result<()> {
        let mut change = self.begin().await?;
        for (delete, before) in [
            ("DELETE FROM letters WHERE received < $1", now() - HOURS * 3600),
            ("DELETE FROM sessions WHERE expires < $1", now()),
            ("DELETE FROM attempts WHERE made < $1", now() - 86_400),
            ("DELETE FROM campaign_keys WHERE seen < $1", now() - MARKS * 86_400),
        ] {
            sqlx::query(delete).bind(before).execute(&mut *change).await?;
        }
        outbox::forget(&mut change).await?;
        change.commit().await?;
        Ok(())
    }
}

/// Which mails go.
#[derive(Clone, Copy)]
enum Oldest {
    /// Received before a time, and nobody has to decide on them.
    Before(i64),
    /// The oldest, as long as all together are more than so many bytes.
    Above(i64),
}

impl Oldest {
    /// Some of them: number and bytes.
    async fn find(self, change: &mut Transaction<'static, Any>) -> Result<Vec<(i64, i64)>> {
        let rows = match self {
            Self::Before(time) => {
                let query = "SELECT number, kept FROM messages WHERE kept > 0 AND state <> $1 AND received < $2 \
                             AND action NOT IN ('keep', 'keep-copy') ORDER BY received LIMIT $3";
                let query = sqlx::query(query).bind(State::Waiting.code()).bind(time).bind(BATCH);
                query.fetch_all(&mut **change).await?
            }
            Self::Above(_) => {
                let query = "SELECT number, kept FROM messages WHERE kept > 0 \
                             ORDER BY CASE WHEN state = $1 OR action IN ('keep', 'keep-copy') THEN 1 ELSE 0 END, received, number LIMIT $2";
                sqlx::query(query).bind(State::Waiting.code()).bind(BATCH).fetch_all(&mut **change).await?
            }
        };
        let mails = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let mut mails = mails.collect::<Result<Vec<(i64, i64)>>>()?;
        if let Self::Above(most) = self {
            let mut kept = kept(change).await?;
            mails.retain(|(_, bytes)| {
                let is_above = kept > most;
                kept -= bytes;
                is_above
            });
        }
        Ok(mails)
    }
}

/// Bytes of all kept mails.
async fn kept(connection: &mut AnyConnection) -> Result<i64> {
    let query = "SELECT CAST(COALESCE(SUM(kept), 0) AS BIGINT) FROM messages WHERE kept > 0";
    Ok(sqlx::query_scalar(query).fetch_one(connection).await?)
}

/// Forgets one mail. Its newest report stays: what was found is what the row is kept for.
async fn forget(change: &mut AnyConnection, number: i64) -> Result<()> {
    for text in ["DELETE FROM raws WHERE message = $1", "UPDATE messages SET kept = 0 WHERE number = $1"] {
        sqlx::query(text).bind(number).execute(&mut *change).await?;
    }
    Ok(())
}
