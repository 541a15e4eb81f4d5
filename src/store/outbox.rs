//! Answers to reporters that wait for the mail server, so that none is lost when the desk is stopped.
//!
//! A row is written before the report counts as handled, and goes together with the entry of the audit log that says what
//! became of it. That entry is also what keeps a report that is handled twice from being answered twice.

use super::summary::column;
use super::{Error, Result, Store, audit, now};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// An answer that waits, and that nobody else sends for the time being.
#[derive(Clone, Debug)]
pub struct Unsent {
    number: i64,
    /// The id of the message that was reported.
    pub message: String,
    /// Who gets it.
    pub recipient: String,
    /// The finished letter.
    pub letter: Vec<u8>,
    /// When it was written, in seconds since 1970.
    pub made: i64,
    /// How often it was tried, this time included.
    pub attempts: i64,
}

/// Days after which an answer that waits is forgotten. A desk that runs gives it up before; this is for stores whose desk
/// is gone.
const DAYS: i64 = 7;

impl Store {
    /// Has an answer wait to be sent; whether it does. There is one for each message: one that waits already, was sent or
    /// was given up is not written again.
    ///
    /// # Errors
    /// The address is not one that a column can hold, or the database fails.
    pub async fn queue_answer(&self, message: &str, recipient: &str, letter: &[u8]) -> Result<bool> {
        let message = column(message);
        if column(recipient) != recipient {
            return Err(Error::Invalid(format!("{}: no address for an answer", column(recipient))));
        }
        let sealed = self.seal.seal(&owner(&message, recipient), letter)?;
        let mut change = self.begin().await?;
        let query = "SELECT COUNT(*) FROM audit WHERE object = $1 AND act IN ('answer', 'answer-failed')";
        let ended: i64 = sqlx::query_scalar(query).bind(&message).fetch_one(&mut *change).await?;
        if ended > 0 {
            return Ok(false);
        }
        let insert = "INSERT INTO outbox (message, recipient, sealed, made, attempts, next_try, held) \
                      VALUES ($1, $2, $3, $4, 0, 0, 0) ON CONFLICT (message) DO NOTHING";
        let insert = sqlx::query(insert).bind(&message).bind(recipient).bind(sealed).bind(now());
        let written = insert.execute(&mut *change).await?.rows_affected();
        change.commit().await?;
        Ok(written > 0)
    }

    /// The answer whose turn it is, the longest due first. For so many seconds no other desk on this store gets it, so
    /// that two of them do not send it at one time.
    ///
    /// # Errors
    /// The database fails, or the letter does not open.
    pub async fn next_answer(&self, seconds: i64) -> Result<Option<Unsent>> {
        let now = now();
        let query = "SELECT number FROM outbox WHERE next_try <= $1 AND held <= $1 \
                     ORDER BY next_try, number LIMIT 1";
        let number: Option<i64> = sqlx::query_scalar(query).bind(now).fetch_optional(&self.pool).await?;
        let Some(number) = number else { return Ok(None) };
        // Whoever was faster has changed what is asked for again here.
        let update = "UPDATE outbox SET held = $3, attempts = attempts + 1 \
                      WHERE number = $1 AND next_try <= $2 AND held <= $2 \
                      RETURNING number, message, recipient, sealed, made, attempts";
        let update = sqlx::query(update).bind(number).bind(now).bind(now.saturating_add(seconds));
        let row = update.fetch_optional(&self.pool).await?;
        row.map(|row| self.unsent(&row)).transpose()
    }

    /// Has every answer that nobody sends just now be due at once: the pauses are those of one run of the desk.
    ///
    /// # Errors
    /// The database fails.
    pub async fn retry_answers(&self) -> Result<()> {
        let update = sqlx::query("UPDATE outbox SET next_try = 0 WHERE held <= $1");
        update.bind(now()).execute(&self.pool).await?;
        Ok(())
    }

    /// Has an answer wait until a time.
    ///
    /// # Errors
    /// The database fails.
    pub async fn put_off_answer(&self, unsent: &Unsent, next_try: i64) -> Result<()> {
        let update = sqlx::query("UPDATE outbox SET next_try = $2, held = 0 WHERE number = $1");
        update.bind(unsent.number).bind(next_try).execute(&self.pool).await?;
        Ok(())
    }

    /// An answer was sent: it waits no longer, and the audit log says so.
    ///
    /// # Errors
    /// The database fails.
    pub async fn answer_sent(&self, unsent: &Unsent) -> Result<()> {
        self.end_answer(unsent, "answer", &unsent.recipient).await
    }

    /// An answer is given up: it waits no longer, and the audit log says why.
    ///
    /// # Errors
    /// The database fails.
    pub async fn give_up_answer(&self, unsent: &Unsent, why: &str) -> Result<()> {
        self.end_answer(unsent, "answer-failed", &column(&format!("{}: {why}", unsent.recipient))).await
    }

    async fn end_answer(&self, unsent: &Unsent, act: &str, detail: &str) -> Result<()> {
        let mut change = self.begin().await?;
        let delete = sqlx::query("DELETE FROM outbox WHERE number = $1");
        delete.bind(unsent.number).execute(&mut *change).await?;
        audit::append(&mut change, "tenpu", act, &unsent.message, detail).await?;
        change.commit().await?;
        Ok(())
    }

    fn unsent(&self, row: &AnyRow) -> Result<Unsent> {
        let (message, recipient): (String, String) = (row.try_get("message")?, row.try_get("recipient")?);
        let sealed: Vec<u8> = row.try_get("sealed")?;
        let letter = self.seal.open(&owner(&message, &recipient), &sealed)?;
        Ok(Unsent {
            number: row.try_get("number")?,
            made: row.try_get("made")?,
            attempts: row.try_get("attempts")?,
            message,
            recipient,
            letter,
        })
    }
}

/// To what a sealed letter belongs: nobody else can be made to get it.
fn owner(message: &str, recipient: &str) -> String {
    format!("answer {message} {recipient}")
}

/// Forgets answers that nobody sent or gave up.
pub(super) async fn forget(change: &mut AnyConnection) -> Result<()> {
    let delete = "DELETE FROM outbox WHERE made < $1 AND held <= $2 RETURNING message, recipient";
    let delete = sqlx::query(delete).bind(now() - DAYS * 86_400).bind(now());
    for row in delete.fetch_all(&mut *change).await? {
        let (message, recipient): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let detail = format!("{recipient}: waited for {DAYS} days");
        audit::append(change, "tenpu", "answer-failed", &message, &detail).await?;
    }
    Ok(())
}
