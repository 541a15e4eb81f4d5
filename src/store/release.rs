//! Deliveries of stored mails as the audit log tells of them: one that was begun and whose end is not known shows, and
//! two desks on one store do not deliver the same mail at one time.

use super::summary::column;
use super::{Result, Store, audit, now};
use sqlx::AnyConnection;
use sqlx::Row;

/// What became of the wish to begin a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is begun, and stands in the audit log.
    Now,
    /// Another one was begun at that time, in seconds since 1970, and may still go on.
    Since(i64),
    /// The mail was delivered already.
    Over,
}

/// Seconds after which a delivery that was begun goes on no more: its desk must have been stopped.
const LONGEST: i64 = 30 * 60;

impl Store {
    /// Notes that a mail is about to be delivered, unless somebody else is about to.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin_release(&self, id: &str, name: &str, detail: &str) -> Result<Begun> {
        let mut change = self.begin().await?;
        match last(&mut change, id).await? {
            Some((act, _)) if act == "release" => return Ok(Begun::Over),
            Some((act, made)) if act == "release-begun" && made > now() - LONGEST => {
                return Ok(Begun::Since(made));
            }
            _ => {}
        }
        audit::append(&mut change, name, "release-begun", id, detail).await?;
        change.commit().await?;
        Ok(Begun::Now)
    }

    /// When a delivery was begun of which it is not known how it ended; none if there is none.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_release(&self, id: &str) -> Result<Option<i64>> {
        let last = last(&mut *self.pool.acquire().await?, id).await?;
        Ok(last
            .filter(|(act, _)| matches!(act.as_str(), "release-begun" | "release-unclear"))
            .map(|(_, made)| made))
    }
}

/// The last thing that was done to deliver a mail, and when.
async fn last(connection: &mut AnyConnection, id: &str) -> Result<Option<(String, i64)>> {
    let query = "SELECT act, made FROM audit WHERE object = $1 \
                 AND act IN ('release-begun', 'release-failed', 'release-unclear', 'release') \
                 ORDER BY number DESC LIMIT 1";
    let row = sqlx::query(query).bind(column(id)).fetch_optional(connection).await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}
