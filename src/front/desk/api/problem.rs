//! What failed, for programs: RFC 9457.

use super::super::fail::Fail;
use super::super::words;
use crate::report::Lang;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

const MEDIA_TYPE: &str = "application/problem+json";

/// Turns whatever failed into a problem.
pub(in super::super) fn explain(response: Response) -> Response {
    let status = response.status();
    let is_told = response.headers().get(CONTENT_TYPE).is_some_and(|media_type| media_type == MEDIA_TYPE);
    if status.as_u16() < 400 || is_told {
        return response;
    }
    let detail = response.extensions().get::<Fail>().map(|fail| words::member(Lang::En, "fail", fail.id()));
    let mut told = problem(status, detail.unwrap_or_default());
    if let Some(allow) = response.headers().get(ALLOW) {
        told.headers_mut().insert(ALLOW, allow.clone());
    }
    if status == StatusCode::UNAUTHORIZED {
        told.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    told
}

/// There were too many requests.
pub(super) fn too_many(seconds: u64) -> Response {
    let mut told = problem(StatusCode::TOO_MANY_REQUESTS, "This token asks too often.");
    told.headers_mut().insert(RETRY_AFTER, seconds.into());
    told
}

/// It is not possible now, for this reason.
pub(super) fn conflict(why: &str) -> Response {
    problem(StatusCode::CONFLICT, why)
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let detail = if detail.is_empty() { title } else { detail };
    let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    (status, [(CONTENT_TYPE, MEDIA_TYPE)], body.to_string()).into_response()
}
