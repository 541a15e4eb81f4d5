//! Signing in and out, the password, the language.

use super::Desk;
use super::fail::Fail;
use super::page::{Page, percent};
use super::secret;
use super::time::now;
use super::visit::{Checked, FORM, LANGUAGE, SESSION, Visit};
use super::words::say;
use crate::report::Lang;
use crate::store::{self, Role, User, UserChange};
use crate::text::printable;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

/// The page on which one signs in.
#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    page: Page,
    to: String,
    name: String,
    problem: &'static str,
    notice: &'static str,
    /// The button that leads to the provider of identities, and its address.
    provider: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "password.html")]
struct Change {
    page: Page,
    problem: &'static str,
}

#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    to: String,
    #[serde(default)]
    changed: String,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    name: String,
    password: String,
    #[serde(default)]
    to: String,
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    old: String,
    new: String,
    again: String,
}

/// Asks for name and password.
pub(super) async fn ask(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let lang = visit.lang;
    let notice = match (desk.has_users().await?, wanted.changed.is_empty()) {
        (false, _) => say(lang, "sign-in.first"),
        (true, false) => say(lang, "password.changed"),
        (true, true) => "",
    };
    login_page(&desk, &visit, &local(&wanted.to), "", "", notice)
}

/// The page on which one signs in. `problem` is the key of what went wrong, if something did.
pub(super) fn login_page(
    desk: &Desk,
    visit: &Visit,
    to: &str,
    name: &str,
    problem: &str,
    notice: &'static str,
) -> Result<Response, Fail> {
    let page = Page::new(visit, "login", "sign-in.title");
    let problem = if problem.is_empty() { "" } else { say(visit.lang, problem) };
    let provider = desk.settings.provider.as_ref().map(|provider| {
        let to: String = to.bytes().map(percent).collect();
        (page.fill("oidc.button", &[&printable(&provider.label)]), format!("/login/oidc?to={to}"))
    });
    let (to, name) = (to.to_string(), name.to_string());
    page.show(&Login { page: page.clone(), to, name, problem, notice, provider })
}

/// Signs somebody in.
pub(super) async fn sign_in(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Checked(form): Checked<SignIn>,
) -> Result<Response, Fail> {
    let name = account_name(&form.name);
    let address = visit.address.to_string();
    let to = local(&form.to);
    let problem = if !desk.attempts.may(&name, visit.address) {
        (StatusCode::TOO_MANY_REQUESTS, "sign-in.wait")
    } else if desk.verify(&name, form.password).await? {
        desk.attempts.succeeded(&name, visit.address);
        return start(&desk, &visit, &name, &to).await;
    } else {
        desk.store.audit(&name, "sign-in-failed", "", &address).await?;
        (StatusCode::UNAUTHORIZED, "sign-in.wrong")
    };
    let mut response = login_page(&desk, &visit, &to, &name, problem.1, "")?;
    *response.status_mut() = problem.0;
    Ok(response)
}

/// Starts a session and leads to where somebody wanted to go.
pub(super) async fn start(desk: &Desk, visit: &Visit, name: &str, to: &str) -> Result<Response, Fail> {
    let seconds = desk.settings.session.as_secs();
    let expires = now().saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
    let token = desk.store.begin_session(name, expires).await?;
    desk.store.audit(name, "sign-in", "", &visit.address.to_string()).await?;
    let mut response = Redirect::to(to).into_response();
    set(&mut response, &visit.cookie(SESSION, &token, Some(seconds)));
    set(&mut response, &visit.cookie(FORM, "", Some(0)));
    Ok(response)
}

/// Ends the session.
pub(super) async fn sign_out(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    _: Checked<serde_json::Value>,
) -> Result<Response, Fail> {
    desk.store.end_session(&visit.token).await?;
    if let Some(user) = &visit.user {
        desk.store.audit(&user.name, "sign-out", "", "").await?;
    }
    let mut response = Redirect::to("/login").into_response();
    set(&mut response, &visit.cookie(SESSION, "", Some(0)));
    Ok(response)
}

/// Asks for a new password.
pub(super) async fn ask_password(visit: Visit) -> Result<Response, Fail> {
    if visit.user(Role::Viewer)?.is_external() {
        return Err(Fail::Missing);
    }
    let page = Page::new(&visit, "password", "password.title");
    page.show(&Change { page: page.clone(), problem: "" })
}

/// Changes the password and ends every session of the account.
pub(super) async fn change_password(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Checked(form): Checked<NewPassword>,
) -> Result<Response, Fail> {
    let user = visit.user(Role::Viewer)?;
    match change(&desk, &visit, user, form).await? {
        None => {
            let mut response = Redirect::to("/login?changed=1").into_response();
            set(&mut response, &visit.cookie(SESSION, "", Some(0)));
            Ok(response)
        }
        Some(problem) => {
            let page = Page::new(&visit, "password", "password.title");
            let mut response =
                page.show(&Change { page: page.clone(), problem: say(visit.lang, problem) })?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
    }
}

/// The key of what is wrong, if something is.
async fn change(
    desk: &Desk,
    visit: &Visit,
    user: &User,
    form: NewPassword,
) -> Result<Option<&'static str>, Fail> {
    if let Some(problem) = unfit(&form.new, &form.again) {
        return Ok(Some(problem));
    }
    let address = visit.address.to_string();
    if !desk.attempts.may(&user.name, visit.address) {
        return Ok(Some("sign-in.wait"));
    }
    if !desk.verify(&user.name, form.old).await? {
        return Ok(Some("password.wrong"));
    }
    desk.attempts.succeeded(&user.name, visit.address);
    let change = UserChange { hash: Some(hashed(form.new).await?), ..UserChange::default() };
    desk.store.change_user(&user.name, &change).await?;
    desk.store.audit(&user.name, "change-password", &user.name, &address).await?;
    Ok(None)
}

/// What is wrong with a password that somebody chose.
pub(super) fn unfit(password: &str, again: &str) -> Option<&'static str> {
    if !secret::is_password(password) {
        return Some("password.short");
    }
    (password != again).then_some("password.differs")
}

/// The hash of a password, worked out where it holds up nobody.
pub(super) async fn hashed(password: String) -> Result<String, Fail> {
    let hash = tokio::task::spawn_blocking(move || store::hash_password(&password)).await;
    hash.ok().and_then(Result::ok).ok_or(Fail::Fault)
}

/// A name as accounts are known by: widths folded, without white space around it.
pub(super) fn account_name(name: &str) -> String {
    crate::text::nfkc(name).trim().to_string()
}

/// Chooses the language and comes back.
pub(super) async fn switch(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(lang): Path<String>,
    Query(back): Query<Vec<(String, String)>>,
) -> Result<Response, Fail> {
    let lang = ["en", "ja"].into_iter().find(|known| *known == lang).ok_or(Fail::Missing)?;
    if let Some(user) = &visit.user {
        let change = UserChange { lang: Some(Lang::of_locale(lang)), ..UserChange::default() };
        desk.store.change_user(&user.name, &change).await?;
    }
    let back = back.iter().find(|(name, _)| name == "back").map(|(_, path)| local(path));
    let mut response = Redirect::to(back.as_deref().unwrap_or("/")).into_response();
    set(&mut response, &visit.cookie(LANGUAGE, lang, Some(365 * 86_400)));
    Ok(response)
}

/// A path of this site; the start page for anything that could lead elsewhere.
pub(super) fn local(path: &str) -> String {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_path = path.starts_with('/') && !path.starts_with("//");
    if plain && is_path { path.to_string() } else { "/".to_string() }
}

pub(super) fn set(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

impl Desk {
    /// Whether somebody can sign in at all.
    pub(super) async fn has_users(&self) -> Result<bool, Fail> {
        Ok(!self.store.users().await?.is_empty())
    }

    /// Whether the password is that of the account. Some at a time, for each takes much memory.
    async fn verify(&self, name: &str, password: String) -> Result<bool, Fail> {
        static PLACES: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);
        let user = self.store.user(name).await?.filter(|user| !user.is_disabled && !user.is_external());
        let hash = user.map(|user| user.hash);
        let _place = PLACES.acquire().await.map_err(|_| Fail::Fault)?;
        let work = move || secret::verify(&password, hash.as_deref());
        tokio::task::spawn_blocking(work).await.map_err(|_| Fail::Fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        for path in ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/あ"]
        {
            assert_eq!(local(path), "/", "{path}");
        }
        assert_eq!(local("/messages/1?a=b"), "/messages/1?a=b");
    }

    #[test]
    fn names_are_folded() {
        assert_eq!(account_name(" ＹＡＭＡＤＡ　"), "YAMADA");
    }
}
