//! "May I open this?": a file comes in, the page of its answer goes out.

use super::Desk;
use super::engine::Share;
use super::fail::Fail;
use super::intake::Handed;
use super::page::Page;
use super::time::now;
use super::visit::Visit;
use crate::report::gist::size;
use crate::store::{Role, Source};
use askama::Template;
use axum::extract::State;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// The most bytes of a field that is no file.
const LINE: u64 = 4096;

/// The most fields of the form.
pub(super) const FIELDS: usize = 20;

/// The longest file name, in characters.
const NAME: usize = 255;

#[derive(Template)]
#[template(path = "upload.html")]
struct Upload {
    page: Page,
    largest: String,
}

/// Asks for a file.
pub(super) async fn ask(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Fail> {
    visit.user(Role::Operator)?;
    let page = Page::new(&visit, "upload", "upload.title");
    page.show(&Upload { page: page.clone(), largest: size(desk.engine.largest()) })
}

/// Scans the file and leads to its answer.
pub(super) async fn check(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    mut form: Multipart,
) -> Result<Response, Fail> {
    let user = visit.user(Role::Operator)?;
    let upload = receive(&desk, &visit, &mut form).await?;
    let id = keep(&desk, &user.name, &upload.name, upload.bytes, &upload.passwords).await?;
    drop(upload.share);
    Ok(Redirect::to(&format!("/messages/{id}")).into_response())
}

/// Scans a file and stores it; answers its id.
///
/// # Errors
/// Too much is going on, or the store failed.
pub(super) async fn keep(
    desk: &Desk,
    who: &str,
    name: &str,
    bytes: Vec<u8>,
    passwords: &[String],
) -> Result<String, Fail> {
    let handed = Handed {
        name: name.to_string(),
        size: bytes.len() as u64,
        bytes,
        passwords: passwords.to_vec(),
        source: Source::Upload,
        reporter: who.to_string(),
        received: now(),
        ..Handed::default()
    };
    let id = desk.take_in(handed).await?.id;
    desk.store.audit(who, "upload", &id, name).await?;
    Ok(id)
}

/// What was sent.
#[derive(Default)]
struct Received {
    name: String,
    bytes: Vec<u8>,
    passwords: Vec<String>,
    share: Share,
}

/// Reads the form. Its token comes first; what comes before it is not read.
async fn receive(desk: &Desk, visit: &Visit, form: &mut Multipart) -> Result<Received, Fail> {
    let token = form.next_field().await.map_err(refused)?.filter(|field| field.name() == Some("csrf"));
    visit.check(&line(token.ok_or(Fail::Form)?).await?)?;
    let mut out = Received::default();
    for _ in 0..FIELDS {
        let Some(field) = form.next_field().await.map_err(refused)? else { break };
        match field.name() {
            Some("password") => {
                let password = line(field).await?;
                out.passwords.extend(Some(password).filter(|password| !password.is_empty()));
            }
            Some("file") if out.bytes.is_empty() => {
                out.name = name(field.file_name().unwrap_or_default());
                out.bytes = file(desk, field, &mut out.share).await?;
            }
            _ => return Err(Fail::Wrong),
        }
    }
    if out.bytes.is_empty() { Err(Fail::Empty) } else { Ok(out) }
}

/// The bytes of a file, as they come; room is taken before they are kept. The room is for two copies: one is scanned
/// while the other waits to be stored.
pub(super) async fn file(desk: &Desk, mut field: Field<'_>, share: &mut Share) -> Result<Vec<u8>, Fail> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(refused)? {
        make_room(desk, share, bytes.len(), chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Takes room for more bytes of a file.
///
/// # Errors
/// The file is too large, or there is no room.
pub(super) fn make_room(desk: &Desk, share: &mut Share, known: usize, more: usize) -> Result<(), Fail> {
    let length = (known as u64).saturating_add(more as u64);
    if length > desk.engine.largest() {
        return Err(Fail::Large);
    }
    desk.engine.grow(share, length.saturating_mul(2))
}

/// A short field of text.
pub(super) async fn line(mut field: Field<'_>) -> Result<String, Fail> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(refused)? {
        if (bytes.len() as u64).saturating_add(chunk.len() as u64) > LINE {
            return Err(Fail::Wrong);
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Fail::Wrong)
}

/// The name of a file without folders; some browsers send them.
pub(super) fn name(sent: &str) -> String {
    sent.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(NAME).collect()
}

pub(super) fn refused(error: MultipartError) -> Fail {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Fail::Large } else { Fail::Wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_no_part_of_a_name() {
        assert_eq!(name("C:\\Users\\a\\請求書.zip"), "請求書.zip");
        assert_eq!(name("../../etc/passwd"), "passwd");
        assert_eq!(name(&"x".repeat(999)).len(), NAME);
    }
}
