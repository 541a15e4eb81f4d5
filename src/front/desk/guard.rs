//! What stands before every page: it reads who asks, refuses what other sites send, tells the browser what it may do
//! with the answer, and turns failures into pages.

use super::Desk;
use super::api;
use super::fail::Fail;
use super::page::{Failed, Page, percent};
use super::visit::{Visit, is_from_here};
use super::words;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 8] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: browsers would then send forms with the origin `null`.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Answers one request.
pub(super) async fn stand(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let mut response = if path.starts_with("/assets/") {
        next.run(request).await
    } else if path.starts_with("/api/") {
        api::explain(carry_out(request, next).await)
    } else {
        inner(&desk, request, next).await
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Answers a request for a page.
async fn inner(desk: &Desk, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = match Visit::read(&parts, desk).await {
        Ok(visit) => visit,
        Err(fail) => return fail.into_response(),
    };
    let method = parts.method.clone();
    let response = if is_from_here(&parts, desk.settings.trust_proxy) {
        parts.extensions.insert(visit.clone());
        carry_out(Request::from_parts(parts, body), next).await
    } else {
        Fail::Form.into_response()
    };
    explain(response, &visit, &method)
}

/// Has a request answered. What changes something is brought to its end even if who asked has left: a mail that is being
/// delivered would else go out and never be marked, and an act could be done without its entry in the audit log.
async fn carry_out(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let ended = tokio::spawn(next.run(request)).await;
    ended.unwrap_or_else(|_| Fail::Fault.into_response())
}

/// There is no such page.
pub(super) async fn missing() -> Fail {
    Fail::Missing
}

/// A failure as a page; who is not signed in is led to where one signs in, and back afterwards.
fn explain(response: Response, visit: &Visit, method: &Method) -> Response {
    let Some(fail) = response.extensions().get::<Fail>().copied() else { return response };
    if fail == Fail::SignIn && *method == Method::GET {
        let to: String = visit.path.bytes().map(percent).collect();
        return Redirect::to(&format!("/login?to={to}")).into_response();
    }
    let page = Page::new(visit, "", "fail.title");
    let reason = words::member(visit.lang, "fail", fail.id());
    match page.show(&Failed { page: page.clone(), reason }) {
        Ok(mut shown) => {
            *shown.status_mut() = fail.status();
            shown
        }
        Err(fail) => fail.status().into_response(),
    }
}
