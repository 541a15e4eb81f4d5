//! The first account: by a link that the terminal shows once, or typed in the terminal.

use super::Desk;
use super::account::{account_name, hashed, start, unfit};
use super::fail::Fail;
use super::page::Page;
use super::secret::{self, same};
use super::time::now;
use super::visit::{Checked, Visit};
use super::words::say;
use crate::report::Lang;
use crate::store::{self, Role, Store, User};
use crate::text::is_deceptive;
use anyhow::{Context, bail, ensure};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the link holds.
const HOLDS: Duration = Duration::from_secs(3600);

/// What the link of the terminal must bring.
#[derive(Debug)]
pub(super) struct Setup {
    token: String,
    made: Instant,
    /// Two that use the link at one time must not both make an administrator.
    one_at_a_time: tokio::sync::Mutex<()>,
}

impl Setup {
    /// A link for the next hour.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self { token: secret::token()?, made: Instant::now(), one_at_a_time: Default::default() })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    fn holds(&self, token: &str) -> bool {
        self.made.elapsed() < HOLDS && same(token, &self.token)
    }
}

#[derive(Template)]
#[template(path = "setup.html")]
struct First {
    page: Page,
    token: String,
    name: String,
    holds: bool,
    problem: &'static str,
}

#[derive(Default, Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub(super) struct Account {
    token: String,
    name: String,
    password: String,
    again: String,
}

/// Asks for the first account.
pub(super) async fn ask(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Query(link): Query<Link>,
) -> Result<Response, Fail> {
    let holds = desk.setup.holds(&link.token) && !desk.has_users().await?;
    first(&visit, link.token, String::new(), holds, "")
}

/// Makes the first account and signs it in.
pub(super) async fn make(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Checked(form): Checked<Account>,
) -> Result<Response, Fail> {
    let _one = desk.setup.one_at_a_time.lock().await;
    if !desk.setup.holds(&form.token) || desk.has_users().await? {
        return first(&visit, String::new(), String::new(), false, "");
    }
    let name = account_name(&form.name);
    let problem = if is_name(&name) { unfit(&form.password, &form.again) } else { Some("name.wrong") };
    if let Some(problem) = problem {
        return first(&visit, form.token, name, true, say(visit.lang, problem));
    }
    let user = account(&name, hashed(form.password).await?, Role::Administrator, visit.lang);
    desk.store.add_user(&user).await?;
    desk.store.audit(&name, "add-account", &name, Role::Administrator.id()).await?;
    start(&desk, &visit, &name, "/upload").await
}

fn first(
    visit: &Visit,
    token: String,
    name: String,
    holds: bool,
    problem: &'static str,
) -> Result<Response, Fail> {
    let page = Page::new(visit, "setup", "setup.title");
    let mut response = page.show(&First { page: page.clone(), token, name, holds, problem })?;
    if !holds {
        *response.status_mut() = StatusCode::FORBIDDEN;
    } else if !problem.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Whether an account may bear that name.
pub(super) fn is_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=64).contains(&length) && !name.chars().any(is_deceptive)
}

/// A new account.
pub(super) fn account(name: &str, hash: String, role: Role, lang: Lang) -> User {
    User { name: name.to_string(), hash, role, lang, is_disabled: false, created: now() }
}

/// Adds an account whose password is typed or comes in on standard input.
///
/// # Errors
/// Name or password cannot be used, or the store failed.
pub(super) async fn add_from_terminal(store: &Store, name: &str, role: Role) -> anyhow::Result<()> {
    let name = account_name(name);
    ensure!(is_name(&name), "the name must have 1 to 64 characters that can be seen");
    let password = password_of_terminal()?;
    ensure!(secret::is_password(&password), "the password needs {} characters or more", secret::SHORTEST);
    let user = account(&name, store::hash_password(&password)?, role, Lang::default());
    match store.add_user(&user).await {
        Err(store::Error::Exists(_)) => bail!("there is an account of that name already"),
        added => added?,
    }
    store.audit("terminal", "add-account", &name, role.id()).await?;
    writeln!(io::stdout(), "{name} can sign in now.")?;
    Ok(())
}

/// One line of standard input, without its end.
fn password_of_terminal() -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        write!(io::stderr(), "Password (10 characters or more; it is shown while you type): ")?;
    }
    let mut line = Vec::new();
    io::stdin().lock().take(4096).read_until(b'\n', &mut line)?;
    let line = String::from_utf8(line).ok().context("the password is no UTF-8 text")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_holds_for_an_hour_and_for_its_token() {
        let mut setup = Setup::new().unwrap();
        let token = setup.token().to_string();
        assert!(
            setup.holds(&token)
                && !setup.holds("")
                && !setup.holds(&token.replace(['0', '1', '2', '3'], "4"))
        );
        if let Some(past) = Instant::now().checked_sub(HOLDS) {
            setup.made = past;
            assert!(!setup.holds(&token));
        }
    }

    #[test]
    fn names_are_seen() {
        assert!(is_name("山田 太郎") && !is_name("") && !is_name("a\u{202e}b") && !is_name(&"x".repeat(65)));
    }
}
