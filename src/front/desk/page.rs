//! What every page has: language, navigation, the token of its forms.

use super::fail::Fail;
use super::visit::{FORM, Visit};
use super::words;
use crate::report::Lang;
use crate::store::{Role, User};
use askama::Template;
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::{Html, IntoResponse, Response};

/// What every page has.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) lang: Lang,
    pub(super) title: String,
    /// The page of the navigation that this is.
    pub(super) current: &'static str,
    pub(super) user: Option<User>,
    pub(super) csrf: String,
    /// Where the switch of languages comes back to.
    path: String,
    /// The cookie that makes the forms of somebody known who is not signed in.
    cookie: Option<String>,
}

impl Page {
    /// A page under a title of the words.
    pub(super) fn new(visit: &Visit, current: &'static str, key: &str) -> Self {
        Self {
            lang: visit.lang,
            title: words::say(visit.lang, key).to_string(),
            current,
            user: visit.user.clone(),
            csrf: visit.csrf(),
            path: visit.path.clone(),
            cookie: visit.is_fresh.then(|| visit.cookie(FORM, &visit.token, None)),
        }
    }

    pub(super) fn say(&self, key: &str) -> &'static str {
        words::say(self.lang, key)
    }

    pub(super) fn fill(&self, key: &str, values: &[&str]) -> String {
        words::fill(self.lang, key, values)
    }

    /// Whether who is signed in may upload and decide.
    pub(super) fn may_act(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.role >= Role::Operator)
    }

    /// Whether who is signed in manages accounts and reads the audit log.
    pub(super) fn may_manage(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.role >= Role::Administrator)
    }

    pub(super) fn role(&self) -> &'static str {
        self.user.as_ref().map(|user| words::member(self.lang, "role", user.role.id())).unwrap_or_default()
    }

    /// The path of the switch to a language.
    pub(super) fn switch(&self, lang: &str) -> String {
        let back: String = self.path.bytes().map(percent).collect();
        format!("/language/{lang}?back={back}")
    }

    /// The page as an answer.
    ///
    /// # Errors
    /// The template failed.
    pub(super) fn show(&self, template: &impl Template) -> Result<Response, Fail> {
        let mut response = Html(template.render()?).into_response();
        if let Some(cookie) = self.cookie.as_ref().and_then(|cookie| HeaderValue::from_str(cookie).ok()) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

/// A byte of a query value.
pub(super) fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// A page that says why another cannot be shown.
#[derive(Template)]
#[template(path = "fail.html")]
pub(super) struct Failed {
    pub(super) page: Page,
    pub(super) reason: &'static str,
}
