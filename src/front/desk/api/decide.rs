//! Decisions of programs: the acts of the pages, for the account of the token. Nothing is done until it is confirmed.

use super::super::Desk;
use super::super::decide::{self, Act, Form};
use super::super::exceptions;
use super::super::fail::Fail;
use super::super::time::utc;
use super::messages::{decisions_of, summary, who};
use super::problem;
use crate::report::Lang;
use crate::store::{Exception, Token, User};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::sync::Arc;

/// What shall be decided.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    act: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    scope: Scope,
    /// What is excepted.
    #[serde(default, deserialize_with = "given")]
    what: Option<String>,
    /// For how long.
    #[serde(default, deserialize_with = "given")]
    days: Option<u16>,
    /// Without it the answer only tells what would happen.
    #[serde(default)]
    confirm: bool,
}

/// Something that is there; `null` is nothing.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Option<T>, D::Error> {
    T::deserialize(input).map(Some)
}

/// For which mails.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Scope {
    #[default]
    Message,
    Campaign,
}

/// Tells what an act would do, and does it if it is confirmed.
pub(super) async fn make(
    State(desk): State<Arc<Desk>>,
    Extension(token): Extension<Token>,
    Path(id): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<Response, Fail> {
    let act = Act::of(&asked.act).ok_or(Fail::Wrong)?;
    let form = form(act, &asked).ok_or(Fail::Wrong)?;
    let user = account(&desk, &token).await?;
    if !asked.confirm {
        let plan = decide::plan(&desk, &user, Lang::En, act, &id).await?;
        let told = json!({
            "done": false, "possible": plan.hindrance.is_empty(), "hindrance": plan.hindrance,
            "effects": plan.effects, "recipients": plan.recipients, "choices": plan.choices,
            "campaign": plan.campaign,
        });
        return Ok(Json(told).into_response());
    }
    // The record names the account, which is what the rule of two persons is about; this names the token.
    desk.store.summary(&id).await?;
    desk.store.audit(&who(&token), "decide", &id, act.id()).await?;
    if let Some(hindrance) = decide::apply(&desk, &user, Lang::En, act, &id, &form).await? {
        return Ok(problem::conflict(&hindrance));
    }
    let message = summary(&desk.store.summary(&id).await?);
    let told = json!({ "done": true, "message": message, "decisions": decisions_of(&desk, &id).await? });
    Ok(Json(told).into_response())
}

/// The form of the page; none where it makes no sense.
fn form(act: Act, asked: &Asked) -> Option<Form> {
    let Asked { comment, what, days, scope, confirm, .. } = asked;
    let is_whole = what.is_some() && days.is_some() && !comment.trim().is_empty();
    let is_sound = match act {
        Act::Exception => {
            let is_known = decide::is_choice(what.as_deref(), *days);
            is_known && (is_whole || !confirm) && *scope == Scope::Message
        }
        _ => what.is_none() && days.is_none(),
    };
    let is_short = comment.chars().count() <= decide::COMMENT;
    let form = || Form {
        comment: comment.clone(),
        scope: if *scope == Scope::Campaign { "campaign".into() } else { String::new() },
        what: what.clone().unwrap_or_default(),
        days: days.map(|days| days.to_string()).unwrap_or_default(),
    };
    (is_sound && is_short).then(form)
}

/// The account of a token, with no more than the token may.
async fn account(desk: &Desk, token: &Token) -> Result<User, Fail> {
    let user = desk.store.user(&token.name).await?.ok_or(Fail::SignIn)?;
    Ok(User { role: user.role.min(token.role), ..user })
}

/// All exceptions, those that ended too.
pub(super) async fn exceptions(State(desk): State<Arc<Desk>>) -> Result<Json<Value>, Fail> {
    let all = desk.store.exceptions(true).await?;
    Ok(Json(json!({ "exceptions": all.iter().map(exception).collect::<Vec<_>>() })))
}

/// Approves an exception or takes it back.
pub(super) async fn except(
    State(desk): State<Arc<Desk>>,
    Extension(token): Extension<Token>,
    Path((number, act)): Path<(i64, String)>,
) -> Result<Response, Fail> {
    let find = async || {
        let all = desk.store.exceptions(true).await?;
        all.into_iter().find(|exception| exception.number == number).ok_or(Fail::Missing)
    };
    find().await?;
    if !exceptions::apply(&desk, (&token.name, &who(&token)), number, &act).await? {
        return Ok(problem::conflict("It is one's own, or somebody has answered it already."));
    }
    Ok(Json(exception(&find().await?)).into_response())
}

fn exception(exception: &Exception) -> Value {
    let what = &exception.what;
    json!({
        "number": exception.number, "kind": what.kind, "value": what.value, "reason": what.reason,
        "asked_by": what.asked_by, "created": utc(exception.created), "expires": utc(what.expires),
        "approved_by": exception.approved_by, "is_revoked": exception.is_revoked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<Form> {
        let asked: Asked = serde_json::from_str(text).ok()?;
        form(Act::of(&asked.act)?, &asked)
    }

    #[test]
    fn only_what_makes_sense_is_decided() {
        let right = [
            r#"{"act": "keep"}"#,
            r#"{"act": "release", "comment": "理由", "scope": "campaign", "confirm": true}"#,
            r#"{"act": "exception"}"#,
            r#"{"act": "exception", "comment": "a", "what": "sender", "days": 30, "confirm": true}"#,
        ];
        let wrong = [
            r#"{"act": "burn"}"#,
            r#"{"act": "keep", "sudo": true}"#,
            r#"{"act": "keep", "scope": "all"}"#,
            r#"{"act": "keep", "days": 30}"#,
            r#"{"act": "exception", "days": null}"#,
            r#"{"act": "exception", "comment": "a", "what": "sender", "days": 31, "confirm": true}"#,
            r#"{"act": "exception", "comment": "a", "what": "everything", "days": 30, "confirm": true}"#,
            r#"{"act": "exception", "comment": " ", "what": "sender", "days": 30, "confirm": true}"#,
            r#"{"act": "exception", "scope": "campaign"}"#,
            r#"{"act": "exception", "what": "everything"}"#,
            r#"{"act": "exception", "what": ""}"#,
        ];
        assert!(right.iter().all(|text| asked(text).is_some()));
        assert!(wrong.iter().all(|text| asked(text).is_none()));
        assert!(asked(&format!(r#"{{"act": "keep", "comment": "{}"}}"#, "x".repeat(501))).is_none());
    }
}
