//! Whether somebody still has to look at a message, and what was done with it.

use super::message::unknown;
use super::summary::column;
use super::{Result, Store, campaign};
use crate::verdict::Verdict;
use sqlx::Row;

/// Whether somebody still has to look at a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing has to be decided.
    Filed,
    /// It waits for a decision.
    Waiting,
    /// It was decided on.
    Decided,
}

impl Store {
    /// Says whether a message waits for a decision.
    ///
    /// # Errors
    /// There is none of that id.
    pub async fn set_state(&self, id: &str, state: State) -> Result<()> {
        let mut change = self.begin().await?;
        let update = "UPDATE messages SET state = $1 WHERE id = $2 RETURNING campaign";
        let row =
            sqlx::query(update).bind(state.code()).bind(column(id)).fetch_optional(&mut *change).await?;
        let campaign = row.ok_or_else(|| unknown(id))?.try_get(0)?;
        campaign::refresh(&mut change, campaign).await?;
        change.commit().await?;
        Ok(())
    }

    /// The same for all messages of a campaign that wait; the ids of those that did.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_campaign_state(&self, campaign: i64, state: State) -> Result<Vec<String>> {
        let mut change = self.begin().await?;
        let update = "UPDATE messages SET state = $1 WHERE campaign = $2 AND state = 1 RETURNING id";
        let rows = sqlx::query(update).bind(state.code()).bind(campaign).fetch_all(&mut *change).await?;
        campaign::refresh(&mut change, campaign).await?;
        change.commit().await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Notes what was done with a message: `release`, `keep` …
    ///
    /// # Errors
    /// There is none of that id.
    pub async fn set_action(&self, id: &str, action: &str) -> Result<()> {
        let update = sqlx::query("UPDATE messages SET action = $1 WHERE id = $2");
        let done = update.bind(column(action)).bind(column(id)).execute(&self.pool).await?;
        if done.rows_affected() == 0 { Err(unknown(id)) } else { Ok(()) }
    }
}

impl State {
    /// Its number in the database; the partial indexes know that of `Waiting`.
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Filed => 0,
            Self::Waiting => 1,
            Self::Decided => 2,
        }
    }

    /// That of a new message.
    pub(super) fn of(verdict: Verdict) -> Self {
        if verdict == Verdict::Clean { Self::Filed } else { Self::Waiting }
    }

    /// The state of a number.
    pub(super) fn of_code(code: i64) -> Option<Self> {
        [Self::Filed, Self::Waiting, Self::Decided].into_iter().find(|state| state.code() == code)
    }
}
