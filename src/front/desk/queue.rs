//! The queue.

use super::Desk;
use super::fail::Fail;
use super::ledger::Role;
use super::visit::Visit;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

pub(super) async fn list(State(_desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Fail> {
    visit.user(Role::Viewer)?;
    Ok(Redirect::to("/upload").into_response())
}
