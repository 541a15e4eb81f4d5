//! What else the store knows of a mail: who else got it, and where a file or an address was seen.

use super::connect::sql;
use super::message::{HEAD, Summary};
use super::queue::{Listing, Page};
use super::summary::column;
use super::{Result, Store};
use sqlx::Row;

/// Somebody who got a mail of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The address, in small letters.
    pub address: String,
    /// How many mails of the campaign went there.
    pub messages: i64,
    /// The id of the last of them.
    pub id: String,
    /// When it came.
    pub received: i64,
}

/// A message in which something was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The message.
    pub summary: Summary,
    /// The name the thing has there; the kind of an indicator.
    pub name: String,
}

impl Store {
    /// Everybody to whom one message went, in the order of addresses.
    ///
    /// # Errors
    /// There is no message of that id.
    pub async fn recipients(&self, id: &str) -> Result<Vec<String>> {
        let number = super::message::number(&mut *self.pool.acquire().await?, id).await?;
        let query = sqlx::query_scalar("SELECT address FROM recipients WHERE message = $1 ORDER BY address");
        Ok(query.bind(number).fetch_all(&self.pool).await?)
    }

    /// Everybody to whom a mail of a campaign went, in the order of addresses, from after `after` on.
    ///
    /// # Errors
    /// The database fails.
    pub async fn who_got(&self, campaign: i64, after: &str, most: u32) -> Result<Vec<Recipient>> {
        let query = "SELECT p.address, \
             (SELECT COUNT(*) FROM recipients r JOIN messages m ON m.number = r.message \
              WHERE r.address = p.address AND m.campaign = p.campaign), \
             (SELECT MAX(m.number) FROM recipients r JOIN messages m ON m.number = r.message \
              WHERE r.address = p.address AND m.campaign = p.campaign) AS newest \
             FROM people p WHERE p.campaign = $1 AND p.address > $2 ORDER BY p.address LIMIT $3";
        let text = format!(
            "SELECT f.*, m.id, m.received FROM ({query}) f (address, messages, newest) JOIN messages m ON m.number = f.newest \
             ORDER BY f.address"
        );
        let text = match self.dialect {
            super::connect::Dialect::Postgres => text,
            super::connect::Dialect::Sqlite => {
                format!(
                    "WITH f (address, messages, newest) AS ({query}) SELECT f.address, f.messages, f.newest, m.id, m.received \
                     FROM f JOIN messages m ON m.number = f.newest ORDER BY f.address"
                )
            }
        };
        let query = sqlx::query(sql(text)).bind(campaign).bind(column(after)).bind(i64::from(most));
        let rows = query.fetch_all(&self.pool).await?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(Recipient {
                address: row.try_get(0)?,
                messages: row.try_get(1)?,
                id: row.try_get(3)?,
                received: row.try_get(4)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// The mails to one address, the last stored first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn mails_to(&self, address: &str, page: &Page) -> Result<Listing<Summary>> {
        let text = format!(
            "SELECT {HEAD} FROM recipients r JOIN messages m ON m.number = r.message \
             WHERE r.address = $1 AND r.message < $2 ORDER BY r.message DESC LIMIT $3"
        );
        let query = sqlx::query(sql(text)).bind(column(&address.to_lowercase())).bind(page.before());
        let rows = query.bind(page.limit() + 1).fetch_all(&self.pool).await?;
        let rows = rows.iter().map(Summary::read).collect::<Result<Vec<_>>>()?;
        Ok(Listing::cut(rows, page, |last| last.number.to_string()))
    }

    /// The mails in which a file was, by its SHA-256, the last stored first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn with_file(&self, sha256: &str, page: &Page) -> Result<Listing<Sighting>> {
        let text = format!(
            "SELECT {HEAD}, MIN(a.name) AS seen FROM artifacts a JOIN messages m ON m.number = a.message \
             WHERE a.sha256 = $1 AND a.message < $2 GROUP BY m.number ORDER BY m.number DESC LIMIT $3"
        );
        self.sightings(text, &column(&sha256.to_lowercase()), page).await
    }

    /// The mails in which an indicator was found: an address, a URL, a command.
    ///
    /// # Errors
    /// The database fails.
    pub async fn with_indicator(&self, value: &str, page: &Page) -> Result<Listing<Sighting>> {
        let text = format!(
            "SELECT {HEAD}, MIN(i.kind) AS seen FROM indicators i JOIN messages m ON m.number = i.message \
             WHERE i.value = $1 AND i.message < $2 GROUP BY m.number ORDER BY m.number DESC LIMIT $3"
        );
        self.sightings(text, &column(value), page).await
    }

    /// The mails in which a rule matched, the last stored first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn with_rule(&self, rule: &str, page: &Page) -> Result<Listing<Sighting>> {
        let text = format!(
            "SELECT {HEAD}, r.rule AS seen FROM rules r JOIN messages m ON m.number = r.message \
             WHERE r.rule = $1 AND r.message < $2 ORDER BY m.number DESC LIMIT $3"
        );
        self.sightings(text, &column(rule), page).await
    }

    async fn sightings(&self, text: String, value: &str, page: &Page) -> Result<Listing<Sighting>> {
        let query = sqlx::query(sql(text)).bind(value).bind(page.before()).bind(page.limit() + 1);
        let rows = query.fetch_all(&self.pool).await?;
        let read = |row| Ok(Sighting { summary: Summary::read(row)?, name: row.try_get("seen")? });
        let rows = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(Listing::cut(rows, page, |last| last.summary.number.to_string()))
    }
}
