//! Signing in through the identity provider of one's own organisation: OpenID Connect Core 1.0, the authorization code
//! flow (section 3.1), with PKCE (RFC 7636). Whoever the provider names gets an account of its own here, with the role
//! that a claim gives; the provider keeps the password and whatever else it asks for.
//!
//! The ID token comes straight from the provider over proven TLS, which stands for its signature (section 3.1.3.7, number
//! 6). An account is known by who issued it and by its subject, so that nobody takes over another one by a name, be it
//! one with a password or one of the same provider.

mod client;
mod provider;
mod sign_ins;
mod token;

pub(super) use provider::{Keys, Provider};
pub(super) use sign_ins::SignIns;

use super::account::{self, account_name, login_page, set, start};
use super::fail::Fail;
use super::page::percent;
use super::secret::{self, derived};
use super::setup::{account as new_account, is_name};
use super::visit::{FORM, Visit};
use super::{Desk, base64};
use crate::front::complain;
use crate::store::{Error, Role, User, UserChange};
use crate::text::printable;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sign_ins::SignIn;
use std::sync::Arc;
use token::Person;

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    to: String,
}

/// What the provider sends the browser back with (sections 3.1.2.5 and 3.1.2.6, RFC 9207).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Back {
    state: String,
    code: String,
    error: String,
    iss: Option<String>,
}

/// Why somebody is not signed in: the key of the sentence, and the status of the answer.
type Refusal = (&'static str, StatusCode);

/// Leads to the provider.
pub(super) async fn begin(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let provider = desk.settings.provider.as_ref().ok_or(Fail::Missing)?;
    let token = || secret::token().map_err(|_| Fail::Fault);
    let sign_in = SignIn {
        browser: derived("oidc", &visit.token),
        nonce: token()?,
        verifier: token()?,
        to: account::local(&wanted.to),
    };
    let state = token()?;
    let challenge = base64::encode_url(&Sha256::digest(&sign_in.verifier));
    let parameters = [
        ("response_type", "code"),
        ("client_id", &provider.client),
        ("redirect_uri", &provider.back),
        ("scope", &provider.scope),
        ("state", &state),
        ("nonce", &sign_in.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let address = match provider.authorization(&desk.sign_ins).await {
        Ok(address) => with(&address, &parameters),
        Err(error) => {
            complain(&format!("[desk.oidc] {error:#}"));
            return refused(&desk, &visit, AWAY);
        }
    };
    desk.sign_ins.add(state, sign_in);
    let mut response = Redirect::to(&address).into_response();
    if visit.is_fresh {
        // Who comes back is known by it.
        set(&mut response, &visit.cookie(FORM, &visit.token, None));
    }
    Ok(response)
}

/// Takes whom the provider sends back.
pub(super) async fn back(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Query(back): Query<Back>,
) -> Result<Response, Fail> {
    let provider = desk.settings.provider.as_ref().ok_or(Fail::Missing)?;
    let known = desk.sign_ins.take(&back.state, &derived("oidc", &visit.token));
    let Some(sign_in) = known else { return refused(&desk, &visit, LATE) };
    let address = visit.address.to_string();
    let place = format!("oidc {address}");
    if !desk.attempts.may(&place, visit.address) {
        return refused(&desk, &visit, WAIT);
    }
    let person = match whom(&desk, provider, &back, &sign_in).await {
        Ok(person) => person,
        Err((error, refusal)) => {
            complain(&format!("[desk.oidc] {error:#}"));
            desk.store.audit("-", "sign-in-failed", "oidc", &address).await?;
            return refused(&desk, &visit, refusal);
        }
    };
    match admit(&desk, &visit, provider, &person).await? {
        Ok(name) => {
            desk.attempts.succeeded(&place, visit.address);
            start(&desk, &visit, &name, &sign_in.to).await
        }
        Err(refusal) => {
            desk.store.audit(&printable(&person.name), "sign-in-failed", "oidc", &address).await?;
            refused(&desk, &visit, refusal)
        }
    }
}

const AWAY: Refusal = ("oidc.away", StatusCode::BAD_GATEWAY);
const LATE: Refusal = ("oidc.late", StatusCode::FORBIDDEN);
const WAIT: Refusal = ("sign-in.wait", StatusCode::TOO_MANY_REQUESTS);
const REFUSED: Refusal = ("oidc.refused", StatusCode::FORBIDDEN);
const NO_ROLE: Refusal = ("oidc.no-role", StatusCode::FORBIDDEN);
const TAKEN: Refusal = ("oidc.taken", StatusCode::FORBIDDEN);
const CLOSED: Refusal = ("oidc.closed", StatusCode::FORBIDDEN);

/// Asks the provider whom it sent.
async fn whom(
    desk: &Desk,
    provider: &Provider,
    back: &Back,
    sign_in: &SignIn,
) -> Result<Person, (anyhow::Error, Refusal)> {
    let is_its = back.iss.as_ref().is_none_or(|issuer| *issuer == provider.issuer);
    if back.code.is_empty() || !is_its {
        let why: String = printable(&back.error).chars().take(100).collect();
        return Err((anyhow::anyhow!("no code came back: {why}"), REFUSED));
    }
    let sent = (back.code.as_str(), sign_in.verifier.as_str(), sign_in.nonce.as_str());
    provider.person(&desk.sign_ins, sent).await.map_err(|error| (error, AWAY))
}

/// The name of the account that somebody gets, which is made or changed for it.
async fn admit(
    desk: &Desk,
    visit: &Visit,
    provider: &Provider,
    person: &Person,
) -> Result<Result<String, Refusal>, Fail> {
    let Some(role) = provider.role(person) else { return Ok(Err(NO_ROLE)) };
    let name = account_name(&person.name);
    let hash = User::external(&derived("subject", &format!("{}\0{}", provider.issuer, person.subject)));
    match desk.store.user(&name).await? {
        Some(user) if user.hash != hash => Ok(Err(TAKEN)),
        Some(user) if user.is_disabled => Ok(Err(CLOSED)),
        Some(user) => {
            if user.role != role {
                let change = UserChange { role: Some(role), ..UserChange::default() };
                desk.store.change_user(&name, &change).await?;
                desk.store.audit(&name, "change-role", &name, role.id()).await?;
            }
            Ok(Ok(name))
        }
        None if !is_name(&name) => Ok(Err(NO_ROLE)),
        None => add(desk, visit, &name, hash, role).await,
    }
}

async fn add(
    desk: &Desk,
    visit: &Visit,
    name: &str,
    hash: String,
    role: Role,
) -> Result<Result<String, Refusal>, Fail> {
    match desk.store.add_user(&new_account(name, hash, role, visit.lang)).await {
        Ok(()) => {}
        Err(Error::Exists(_)) => return Ok(Err(TAKEN)),
        Err(Error::Invalid(_)) => return Ok(Err(NO_ROLE)),
        Err(error) => return Err(error.into()),
    }
    desk.store.audit(name, "add-account", name, role.id()).await?;
    Ok(Ok(name.to_string()))
}

/// The page on which one signs in, with what went wrong.
fn refused(desk: &Desk, visit: &Visit, (problem, status): Refusal) -> Result<Response, Fail> {
    let mut response = login_page(desk, visit, "/", "", problem, "")?;
    *response.status_mut() = status;
    Ok(response)
}

/// An address with these parameters behind those that it has.
fn with(address: &str, parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", value.bytes().map(percent).collect::<String>()))
        .collect();
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_added_to_those_that_are_there() {
        assert_eq!(with("https://a/b", &[("x", "1 &")]), "https://a/b?x=1%20%26");
        assert_eq!(with("https://a/b?c=d", &[("x", "1"), ("y", "/")]), "https://a/b?c=d&x=1&y=/");
    }
}
