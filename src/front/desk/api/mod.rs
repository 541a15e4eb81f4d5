//! The same acts for programs: JSON under `/api/v1`, with a token of the store in `Authorization: Bearer`.
//!
//! One table, [`ROUTES`], says which addresses there are and who may use them; the router is made of it, and the
//! description in `openapi.json` is held against it. Whatever fails is answered by a problem (RFC 9457).

mod decide;
mod messages;
mod problem;
mod rate;

pub(super) use problem::explain;
pub(super) use rate::Rates;

use super::Desk;
use super::fail::Fail;
use super::site::FORM;
use crate::store::Role;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

/// Where all addresses begin.
pub(super) const BASE: &str = "/api/v1";

/// The description of all that follows.
const DESCRIPTION: &str = include_str!("openapi.json");

/// An address, what may be done there, and who may.
struct Route {
    /// The method, as the description names it.
    method: &'static str,
    path: &'static str,
    /// None where no token is needed.
    role: Option<Role>,
    handler: fn() -> MethodRouter<Arc<Desk>>,
}

const ROUTES: &[Route] = &[
    route("get", "/openapi.json", None, || get(description)),
    route("get", "/status", Some(Role::Viewer), || get(messages::status)),
    route("get", "/queue", Some(Role::Viewer), || get(messages::queue)),
    route("get", "/messages", Some(Role::Viewer), || get(messages::list)),
    route("post", "/messages", Some(Role::Operator), || post(messages::check)),
    route("get", "/messages/{id}", Some(Role::Viewer), || get(messages::one)),
    route("get", "/messages/{id}/decisions", Some(Role::Viewer), || get(messages::decisions)),
    route("post", "/messages/{id}/decisions", Some(Role::Operator), || post(decide::make)),
    route("get", "/exceptions", Some(Role::Viewer), || get(decide::exceptions)),
    route("post", "/exceptions/{number}/{act}", Some(Role::Operator), || post(decide::except)),
    route("get", "/messages/{id}/export/{form}", Some(Role::Viewer), || get(messages::export)),
    route("get", "/campaigns/{campaign}", Some(Role::Viewer), || get(messages::campaign)),
    route("get", "/campaigns/{campaign}/export/{form}", Some(Role::Viewer), || {
        get(messages::export_campaign)
    }),
];

const fn route(
    method: &'static str,
    path: &'static str,
    role: Option<Role>,
    handler: fn() -> MethodRouter<Arc<Desk>>,
) -> Route {
    Route { method, path, role, handler }
}

/// The addresses of the table.
pub(super) fn router(desk: &Arc<Desk>) -> Router<Arc<Desk>> {
    let largest = usize::try_from(desk.engine.largest()).unwrap_or(usize::MAX).saturating_add(FORM);
    ROUTES.iter().fold(Router::new(), |router, route| {
        let handler = (route.handler)();
        let is_upload = route.path == "/messages" && route.method == "post";
        let handler = if is_upload { handler.layer(DefaultBodyLimit::max(largest)) } else { handler };
        let handler = match route.role {
            Some(role) => handler.route_layer(from_fn_with_state((desk.clone(), role), authorize)),
            None => handler,
        };
        router.route(&format!("{BASE}{}", route.path), handler)
    })
}

/// Lets through who has a token that may do it, and not too often.
async fn authorize(
    State((desk, role)): State<(Arc<Desk>, Role)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Fail> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(bearer).ok_or(Fail::SignIn)?;
    let token = desk.store.token(token).await?.ok_or(Fail::SignIn)?;
    if let Err(seconds) = desk.rates.take(token.number) {
        return Ok(problem::too_many(seconds));
    }
    if token.role < role || token.is_reading && !request.method().is_safe() {
        return Err(Fail::Role);
    }
    request.extensions_mut().insert(token);
    Ok(next.run(request).await)
}

/// The token of a header (RFC 6750 2.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    let is_token = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    (scheme.eq_ignore_ascii_case("bearer") && is_token).then_some(token)
}

async fn description() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_names_every_route_and_who_may_use_it() {
        let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
        let mut described = BTreeSet::new();
        for (path, methods) in description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let role = operation["security"][0]["token"][0].as_str().map(str::to_string);
                described.insert((method.clone(), path.clone(), role));
                let names = operation["parameters"].as_array().cloned().unwrap_or_default();
                let in_path: Vec<String> = names
                    .iter()
                    .filter(|one| one["in"] == "path")
                    .map(|one| format!("{{{}}}", one["name"].as_str().unwrap()))
                    .collect();
                assert!(in_path.iter().all(|name| path.contains(name.as_str())), "{path}: {in_path:?}");
                assert_eq!(path.matches('{').count(), in_path.len(), "{path}");
            }
        }
        let routes = ROUTES.iter().map(|route| {
            let role = route.role.map(|role| role.id().to_string());
            (route.method.to_string(), format!("{BASE}{}", route.path), role)
        });
        assert_eq!(described, routes.collect());
        assert_eq!(description["openapi"], "3.1.0");
    }

    #[test]
    fn every_reference_of_the_description_leads_somewhere() {
        let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
        let mut found = 0;
        for (at, _) in DESCRIPTION.match_indices("\"$ref\": \"#") {
            let pointer = DESCRIPTION.get(at + 10..).unwrap().split('"').next().unwrap();
            assert!(description.pointer(pointer).is_some(), "{pointer}");
            found += 1;
        }
        assert!(found > 10, "{found}");
    }

    #[test]
    fn tokens_stand_behind_their_scheme() {
        let token = "0123456789abcdef".repeat(4);
        assert_eq!(bearer(&format!("bearer {token}")), Some(token.as_str()));
        for wrong in
            ["", "Bearer", "Bearer x", &token, &format!("Basic {token}"), &format!("Bearer {token}0")]
        {
            assert_eq!(bearer(wrong), None, "{wrong}");
        }
    }
}
