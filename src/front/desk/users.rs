//! The accounts, for administrators: adding, roles, closing, new passwords; the tokens of programs.

use super::Desk;
use super::account::{account_name, hashed, unfit};
use super::fail::Fail;
use super::page::Page;
use super::setup::{account, is_name};
use super::time::{now, told};
use super::visit::{Checked, Visit};
use super::words::{fill, member, say};
use crate::report::Lang;
use crate::store::{Error, Role, User, UserChange};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "users.html")]
struct Users {
    page: Page,
    problem: &'static str,
    rows: Vec<Row>,
    roles: Vec<(&'static str, &'static str)>,
    tokens: Vec<Token>,
}

struct Row {
    name: String,
    role: &'static str,
    role_word: &'static str,
    is_disabled: bool,
    /// Whether somebody else says who signs in, and with which role.
    is_external: bool,
    /// Whether it is the reader's own, which neither is closed nor loses its role here.
    is_own: bool,
    created: String,
}

struct Token {
    number: i64,
    label: String,
    name: String,
    role: String,
    ends: String,
    is_over: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    name: String,
    role: String,
    password: String,
    again: String,
    number: String,
}

const ROLES: [Role; 3] = [Role::Viewer, Role::Operator, Role::Administrator];

/// Shows them all.
pub(super) async fn list(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Fail> {
    visit.user(Role::Administrator)?;
    shown(&desk, &visit, "").await
}

/// Changes one.
pub(super) async fn change(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(act): Path<String>,
    Checked(form): Checked<Form>,
) -> Result<Response, Fail> {
    let by = visit.user(Role::Administrator)?;
    let problem = match act.as_str() {
        "add" => add(&desk, by, form, visit.lang).await?,
        "role" | "disable" | "enable" | "password" => alter(&desk, by, &act, form).await?,
        "revoke-token" => revoke(&desk, by, &form).await?,
        _ => return Err(Fail::Missing),
    };
    match problem {
        None => Ok(Redirect::to("/users").into_response()),
        Some(problem) => {
            let mut response = shown(&desk, &visit, say(visit.lang, problem)).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
    }
}

/// Adds an account; the key of what is wrong, if something is.
async fn add(desk: &Desk, by: &User, form: Form, lang: Lang) -> Result<Option<&'static str>, Fail> {
    let name = account_name(&form.name);
    let role = Role::of(&form.role).ok_or(Fail::Wrong)?;
    if !is_name(&name) {
        return Ok(Some("name.wrong"));
    }
    if let Some(problem) = unfit(&form.password, &form.again) {
        return Ok(Some(problem));
    }
    match desk.store.add_user(&account(&name, hashed(form.password).await?, role, lang)).await {
        Ok(()) => {}
        Err(Error::Exists(_)) => return Ok(Some("users.exists")),
        Err(Error::Invalid(_)) => return Ok(Some("name.wrong")),
        Err(error) => return Err(error.into()),
    }
    desk.store.audit(&by.name, "add-account", &name, role.id()).await?;
    Ok(None)
}

/// Changes an account. Nobody closes or demotes the own one, so that an administrator always is left.
async fn alter(desk: &Desk, by: &User, act: &str, form: Form) -> Result<Option<&'static str>, Fail> {
    let user = desk.store.user(&form.name).await?.ok_or(Fail::Missing)?;
    let (is_own, is_external) = (user.name == by.name, user.is_external());
    let name = user.name;
    if is_own && act != "password" {
        return Ok(Some("users.own"));
    }
    if is_external && matches!(act, "role" | "password") {
        return Ok(Some("users.external"));
    }
    let nothing = UserChange::default();
    let (change, act, detail) = match act {
        "role" => {
            let role = Role::of(&form.role).ok_or(Fail::Wrong)?;
            (UserChange { role: Some(role), ..nothing }, "change-role", role.id())
        }
        "disable" => (UserChange { is_disabled: Some(true), ..nothing }, "close-account", ""),
        "enable" => (UserChange { is_disabled: Some(false), ..nothing }, "reopen-account", ""),
        _ => {
            if let Some(problem) = unfit(&form.password, &form.again) {
                return Ok(Some(problem));
            }
            let hash = Some(hashed(form.password).await?);
            (UserChange { hash, ..nothing }, "reset-password", "")
        }
    };
    desk.store.change_user(&name, &change).await?;
    desk.store.audit(&by.name, act, &name, detail).await?;
    Ok(None)
}

async fn revoke(desk: &Desk, by: &User, form: &Form) -> Result<Option<&'static str>, Fail> {
    let number = form.number.parse().map_err(|_| Fail::Wrong)?;
    desk.store.revoke_token(number).await?;
    desk.store.audit(&by.name, "revoke-token", &format!("token {number}"), "").await?;
    Ok(None)
}

async fn shown(desk: &Desk, visit: &Visit, problem: &'static str) -> Result<Response, Fail> {
    let (lang, zone) = (visit.lang, desk.settings.zone);
    let own = visit.user(Role::Administrator)?;
    let rows = desk.store.users().await?.into_iter().map(|user| Row {
        role: user.role.id(),
        role_word: member(lang, "role", user.role.id()),
        is_disabled: user.is_disabled,
        is_external: user.is_external(),
        is_own: user.name == own.name,
        created: told(user.created, zone, lang),
        name: user.name,
    });
    let tokens = desk.store.tokens().await?.into_iter().map(|token| Token {
        number: token.number,
        role: match (member(lang, "role", token.role.id()), token.is_reading) {
            (role, true) => fill(lang, "users.token-reading", &[role]),
            (role, false) => role.to_string(),
        },
        ends: told(token.expires, zone, lang),
        is_over: token.is_revoked || token.expires <= now(),
        label: token.label,
        name: token.name,
    });
    let page = Page::new(visit, "users", "users.title");
    page.show(&Users {
        problem,
        rows: rows.collect(),
        roles: ROLES.iter().map(|role| (role.id(), member(lang, "role", role.id()))).collect(),
        tokens: tokens.collect(),
        page: page.clone(),
    })
}
