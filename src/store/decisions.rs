//! What people decided on mails.

use super::message::unknown;
use super::state::State;
use super::summary::column;
use super::{Result, Store, audit, campaign, now};
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
