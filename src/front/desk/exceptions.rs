//! The exceptions: what is allowed, why, who said so, until when.

use super::Desk;
use super::fail::Fail;
use super::page::Page;
use super::time::{now, told};
use super::visit::{Checked, Visit};
use super::words::{fill, member, say};
use crate::report::Lang;
use crate::report::gist::quote;
use crate::store::{Error, Exception, Role, User};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "exceptions.html")]
struct Exceptions {
    page: Page,
    open: Vec<Row>,
    ended: Vec<Row>,
    may_act: bool,
}

struct Row {
    number: i64,
    kind: String,
    value: String,
    /// The server that mails of an excepted sender come from; empty where there is none.
    server: String,
    reason: String,
    asked: String,
    /// Empty as long as nobody approved it.
    approved_by: String,
    ends: String,
    /// How many mails it let pass, and when the last.
    uses: String,
    /// Why it holds no more; empty if it does.
    over: &'static str,
    /// Whether the reader may approve it.
    may_approve: bool,
}

/// Ended ones that are shown.
const ENDED: usize = 200;

/// Shows them all.
pub(super) async fn list(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Fail> {
    let user = visit.user(Role::Viewer)?;
    let all = desk.store.exceptions(true).await?;
    let uses = desk.store.exception_uses().await?;
    let row = |exception: &Exception| {
        let uses = uses.get(&exception.number).copied();
        Row::of(exception, uses, user, desk.settings.zone, visit.lang)
    };
    let rows = all.iter().map(row);
    let (open, mut ended): (Vec<Row>, Vec<Row>) = rows.partition(|row| row.over.is_empty());
    ended.truncate(ENDED);
    let page = Page::new(&visit, "exceptions", "exceptions.title");
    page.show(&Exceptions { open, ended, may_act: user.role >= Role::Operator, page: page.clone() })
}

/// Approves one or takes it back.
pub(super) async fn change(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path((number, act)): Path<(i64, String)>,
    _: Checked<serde_json::Value>,
) -> Result<Response, Fail> {
    let user = visit.user(Role::Operator)?;
    // Where nothing was done, the list says how it stands.
    apply(&desk, (&user.name, &user.name), number, &act).await?;
    Ok(Redirect::to("/exceptions").into_response())
}

/// Approves one or takes it back, for an account and under the name that the audit log shall have; whether it was done.
///
/// # Errors
/// There is no such act, or the store failed.
pub(super) async fn apply(
    desk: &Desk,
    (account, who): (&str, &str),
    number: i64,
    act: &str,
) -> Result<bool, Fail> {
    let (done, act) = match act {
        "approve" => (desk.store.approve_exception(number, account).await, "approve-exception"),
        "revoke" => (desk.store.revoke_exception(number).await, "revoke-exception"),
        _ => return Err(Fail::Missing),
    };
    match done {
        Ok(()) => {
            desk.store.audit(who, act, &format!("exception {number}"), "").await?;
            Ok(true)
        }
        // Somebody else was faster, or it is one's own.
        Err(Error::Unknown(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Row {
    fn of(exception: &Exception, uses: Option<(i64, i64)>, user: &User, zone: i32, lang: Lang) -> Self {
        let what = &exception.what;
        let is_over = what.expires <= now();
        let kind = match member(lang, "kind-of", &what.kind) {
            "" => what.kind.clone(),
            known => known.to_string(),
        };
        Self {
            number: exception.number,
            kind,
            value: quote(&what.value, 500),
            server: quote(&what.server, 100),
            reason: quote(&what.reason, 500),
            asked: format!("{} ({})", what.asked_by, told(exception.created, zone, lang)),
            approved_by: exception.approved_by.clone(),
            ends: told(what.expires, zone, lang),
            uses: match uses {
                None => say(lang, "exceptions.unused").to_string(),
                Some((uses, last)) => {
                    fill(lang, "exceptions.uses", &[&uses.to_string(), &told(last, zone, lang)])
                }
            },
            over: match (exception.is_revoked, is_over) {
                (true, _) => member(lang, "exceptions", "revoked"),
                (false, true) => member(lang, "exceptions", "expired"),
                (false, false) => "",
            },
            may_approve: exception.approved_by.is_empty()
                && what.asked_by != user.name
                && user.role >= Role::Operator,
        }
    }
}
