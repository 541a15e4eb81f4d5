//! How a message gets a new report.

use super::connect::Dialect;
use super::message::{Source, heavy, unknown};
use super::put::{insert_report, insert_rows, said};
use super::state::State;
use super::summary::{Rows, column};
use super::{Result, Store, campaign, exceptions, search};
use crate::exception::Exceptions;
use crate::report::Report;
use sqlx::any::{Any, AnyRow};
use sqlx::{AnyConnection, Row, Transaction};

impl Store {
    /// Puts a new report in the place of the last one, which stays in the history. A decision that was made stays.
    ///
    /// # Errors
    /// There is no message of that id, or the database fails.
    pub async fn update_report(&self, id: &str, report: &Report) -> Result<()> {
        let allowed = self.in_force().await?;
        let mut change = self.begin().await?;
        self.renew(&mut change, id, report, &allowed).await?;
        change.commit().await?;
        Ok(())
    }

    /// The same within a change, among the exceptions that hold now.
    pub(super) async fn renew(
        &self,
        change: &mut Transaction<'static, Any>,
        id: &str,
        report: &Report,
        allowed: &Exceptions,
    ) -> Result<()> {
        let query = "SELECT m.number, m.campaign, m.state, m.sender, m.queue_id, m.reporter, m.message_id, m.source, m.action, \
                     (SELECT COALESCE(MAX(version), 0) FROM reports WHERE message = m.number) AS version \
                     FROM messages m WHERE m.id = $1";
        let row = sqlx::query(query).bind(column(id)).fetch_optional(&mut **change).await?;
        let row = row.ok_or_else(|| unknown(id))?;
        let (number, campaign, state): (i64, i64, i64) =
            (row.try_get("number")?, row.try_get("campaign")?, row.try_get("state")?);
        let version: i64 = row.try_get::<i64, _>("version")? + 1;
        let known = sqlx::query_scalar("SELECT address FROM recipients WHERE message = $1");
        let people = known.bind(number).fetch_all(&mut **change).await?.into_iter().collect();
        let mut names = vec![id.to_string(), column(&report.without_passwords(&report.path))];
        for name in ["sender", "queue_id", "reporter", "message_id"] {
            names.push(report.without_passwords(&row.try_get::<String, _>(name)?));
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows = Rows::of(report, &people, &names);
        let sealed = heavy(|| self.sealed_report(id, version, report))?;
        insert_report(change, number, version, report, &sealed).await?;
        let excepted = if may_pass(&row)? { exceptions::of(allowed, report) } else { None };
        let state = match &excepted {
            _ if state == State::Decided.code() => State::Decided,
            // Its recipients do not have it, however harmless it is now that its password came.
            _ if state == State::Waiting.code() && is_held(&row)? => State::Waiting,
            Some(excepted) => {
                exceptions::insert(change, number, excepted).await?;
                State::of(excepted.verdict)
            }
            None => State::of(report.verdict),
        };
        update_message(change, number, report, &rows, state.code()).await?;
        delete_rows(change, self.dialect, number).await?;
        insert_rows(change, self.dialect, number, &rows).await?;
        campaign::refresh(change, campaign).await
    }
}

/// Whether exceptions may still let it pass. What is held back waits for somebody who says what becomes of it, and who
/// asked by the clamd protocol was answered without exceptions.
fn may_pass(row: &AnyRow) -> Result<bool> {
    let (source, action): (String, String) = (row.try_get("source")?, row.try_get("action")?);
    Ok(source != Source::Clamd.id() && matches!(action.as_str(), "" | "accept" | "tag"))
}

/// Whether the mail flow held it back.
fn is_held(row: &AnyRow) -> Result<bool> {
    let action: String = row.try_get("action")?;
    Ok(matches!(action.as_str(), "quarantine" | "reject" | "discard"))
}

async fn update_message(
    change: &mut AnyConnection,
    number: i64,
    report: &Report,
    rows: &Rows,
    state: i64,
) -> Result<()> {
    let update = "UPDATE messages SET locked = $2, state = $3, shown_from = $4, address = $5, subject = $6, \
                  verdict = $7, score = $8, complete = $9, rule = $10, title = $11, title_ja = $12, evidence = $13, \
                  trail = $14, unread = $15 WHERE number = $1";
    let update = sqlx::query(update).bind(number).bind(i64::from(rows.locked)).bind(state);
    said(update, report, rows).execute(change).await?;
    Ok(())
}

async fn delete_rows(change: &mut AnyConnection, dialect: Dialect, number: i64) -> Result<()> {
    for delete in [
        "DELETE FROM recipients WHERE message = $1",
        "DELETE FROM artifacts WHERE message = $1",
        "DELETE FROM indicators WHERE message = $1",
        "DELETE FROM rules WHERE message = $1",
    ] {
        sqlx::query(delete).bind(number).execute(&mut *change).await?;
    }
    search::delete(change, dialect, number).await
}
