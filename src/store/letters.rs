//! Passwords that come in a later mail: what recent mails tell, and which mails still wait for a password.
//!
//! Every mail of the flow that tells something that may be a password is remembered for [`HOURS`], whether or not the
//! mail itself is stored; the note is encrypted like a mail. A locked mail is remembered by what it says of itself, so
//! that the mail with its password is known to belong to it without opening every locked mail again.

use super::connect::sql;
use super::message::HEAD;
use super::summary::column;
use super::{Error, Result, Store, Summary};
use crate::message::neighbours::Note;
use sqlx::AnyConnection;
use sqlx::Row;

/// Hours for which a mail is remembered.
pub const HOURS: i64 = 72;

/// Locked mails of one answer.
const MOST: i64 = 1_000;

/// A mail that waits for its password.
#[derive(Clone, Debug)]
pub struct Locked {
    /// What lists show of it.
    pub summary: Summary,
    /// What it says of itself; none if it is no message.
    pub note: Option<Note>,
}

/// What a mail told.
#[derive(Clone, Debug)]
pub struct Told {
    /// The number of the note: the later it was written, the greater.
    pub number: i64,
    /// The id of the mail.
    pub id: String,
    /// What it says of itself; it may tell no password.
    pub note: Note,
}

impl Store {
    /// Remembers what a mail tells. `id` is the one under which it was logged or stored.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remember_password_mail(&self, id: &str, received: i64, note: &Note) -> Result<()> {
        let id = &column(id);
        let sealed = self.sealed_note(id, note)?;
        insert(&mut *self.pool.acquire().await?, received, id, &sealed).await
    }

    /// What the mails since a time said, of notes after a number; the oldest first.
    ///
    /// # Errors
    /// The database fails, or a note does not open.
    pub async fn notes_since(&self, since: i64, after: i64) -> Result<Vec<Told>> {
        let query = "SELECT number, message, sealed FROM letters WHERE received >= $1 AND number > $2 \
                     ORDER BY number";
        let rows = sqlx::query(query).bind(since).bind(after).fetch_all(&self.pool).await?;
        let told = rows.iter().map(|row| {
            let id: String = row.try_get("message")?;
            let note = self.note(&id, &row.try_get::<Vec<u8>, _>("sealed")?)?;
            Ok(Told { number: row.try_get("number")?, id, note })
        });
        told.collect()
    }

    /// The mails since a time in which something is locked and that are kept, the newest first.
    ///
    /// # Errors
    /// The database fails, or a note does not open.
    pub async fn locked(&self, since: i64) -> Result<Vec<Locked>> {
        let text = format!(
            "SELECT {HEAD}, COALESCE((SELECT l.number FROM letters l WHERE l.message = m.id \
             ORDER BY l.number DESC LIMIT 1), 0) AS letter \
             FROM messages m WHERE m.locked = 1 AND m.kept > 0 AND m.received >= $1 \
             ORDER BY m.received DESC LIMIT $2"
        );
        let rows = sqlx::query(sql(text)).bind(since).bind(MOST).fetch_all(&self.pool).await?;
        let mut locked = Vec::new();
        for row in &rows {
            let summary = Summary::read(row)?;
            let letter = sqlx::query_scalar("SELECT sealed FROM letters WHERE number = $1");
            let letter = letter.bind(row.try_get::<i64, _>("letter")?);
            let sealed: Option<Vec<u8>> = letter.fetch_optional(&self.pool).await?;
            let note = sealed.map(|sealed| self.note(&summary.id, &sealed)).transpose()?;
            locked.push(Locked { summary, note });
        }
        Ok(locked)
    }

    /// A note, encrypted.
    pub(super) fn sealed_note(&self, id: &str, note: &Note) -> Result<Vec<u8>> {
        let text = serde_json::to_vec(note).map_err(|error| Error::Invalid(error.to_string()))?;
        self.seal.seal(&owner(id), &text)
    }

    fn note(&self, id: &str, sealed: &[u8]) -> Result<Note> {
        let text = self.seal.open(&owner(id), sealed)?;
        serde_json::from_slice(&text).map_err(|_| Error::Damaged(owner(id)))
    }
}

fn owner(id: &str) -> String {
    format!("note {id}")
}

/// Writes a note.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    received: i64,
    id: &str,
    sealed: &[u8],
) -> Result<()> {
    let insert = sqlx::query("INSERT INTO letters (received, message, sealed) VALUES ($1, $2, $3)");
    insert.bind(received).bind(id).bind(sealed).execute(connection).await?;
    Ok(())
}
