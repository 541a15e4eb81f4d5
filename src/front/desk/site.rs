//! The addresses of the pages, and the listening for those who open them.

use super::{
    Desk, account, api, audit, campaign, decide, exceptions, export, exposure, guard, help, message, oidc,
    queue, search, setup, status, texts, upload, users,
};
use anyhow::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of a form that brings no file.
pub(super) const FORM: usize = 64 << 10;

/// How long requests under way may take when the desk is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Every page, behind the guard.
fn pages(desk: Arc<Desk>) -> Router {
    let largest = usize::try_from(desk.engine.largest()).unwrap_or(usize::MAX).saturating_add(FORM);
    let upload = post(upload::check).layer(DefaultBodyLimit::max(largest));
    let count = post(exposure::count).layer(DefaultBodyLimit::max(largest));
    Router::new()
        .route("/", get(queue::list))
        .route("/upload", get(upload::ask).merge(upload))
        .route("/messages/{id}", get(message::show))
        .route("/messages/{id}/decide/{act}", get(decide::ask).post(decide::make))
        .route("/messages/{id}/texts", get(texts::show))
        .route("/exceptions", get(exceptions::list))
        .route("/exceptions/{number}/{act}", post(exceptions::change))
        .route("/audit", get(audit::list))
        .route("/users", get(users::list))
        .route("/users/{act}", post(users::change))
        .route("/exposure", get(exposure::ask).merge(count))
        .route("/exposure/{token}", get(exposure::show))
        .route("/exposure/{token}/list.csv", get(exposure::csv))
        .route("/status", get(status::show))
        .route("/help", get(help::show))
        .route("/messages/{id}/export/{form}", get(export::message))
        .route("/campaigns/{campaign}", get(campaign::show))
        .route("/campaigns/{campaign}/export/{form}", get(export::campaign))
        .route("/search", get(search::show))
        .route("/login", get(account::ask).post(account::sign_in))
        .route("/login/oidc", get(oidc::begin))
        .route("/login/oidc/back", get(oidc::back))
        .route("/logout", post(account::sign_out))
        .route("/password", get(account::ask_password).post(account::change_password))
        .route("/setup", get(setup::ask).post(setup::make))
        .route("/language/{lang}", get(account::switch))
        .route("/assets/desk.css", get(|| asset("text/css", include_str!("assets/desk.css"))))
        .route("/assets/desk.js", get(|| asset("text/javascript", include_str!("assets/desk.js"))))
        .route("/assets/icon.svg", get(|| asset("image/svg+xml", include_str!("assets/icon.svg"))))
        .merge(api::router(&desk))
        .fallback(guard::missing)
        .layer(DefaultBodyLimit::max(FORM))
        .layer(from_fn_with_state(desk.clone(), guard::stand))
        .with_state(desk)
}

async fn asset(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let media_type = format!("{media_type}; charset=utf-8");
    ([(CONTENT_TYPE, media_type.as_str()), (CACHE_CONTROL, "public, max-age=300")], text).into_response()
}

/// Answers until the process is told to stop.
///
/// # Errors
/// The address or the certificate cannot be used.
pub(super) async fn serve(desk: Arc<Desk>) -> anyhow::Result<()> {
    let listen = desk.settings.listen;
    let listener = TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    greet(&desk, address).await?;
    let handle = Handle::new();
    tokio::spawn(stop_on_signal(handle.clone()));
    let service = pages(desk.clone()).into_make_service_with_connect_info::<SocketAddr>();
    match &desk.settings.tls {
        None => axum_server::from_tcp(listener)?.handle(handle).serve(service).await?,
        Some((cert, key)) => {
            let shown = || format!("{} and {}", cert.display(), key.display());
            let config = RustlsConfig::from_pem_file(cert, key).await.with_context(shown)?;
            axum_server::from_tcp_rustls(listener, config)?.handle(handle).serve(service).await?;
        }
    }
    Ok(())
}

/// Says where the pages are, and how the first account is made.
async fn greet(desk: &Desk, address: SocketAddr) -> anyhow::Result<()> {
    let scheme = if desk.settings.tls.is_some() { "https" } else { "http" };
    let base = format!("{scheme}://{address}");
    let has_users = !desk.store.users().await?.is_empty();
    let mut out = io::stdout().lock();
    writeln!(out, "tenpu desk: {base}/")?;
    if !has_users {
        writeln!(out, "There is no account yet. Open this link within an hour to make the first one:")?;
        writeln!(out, "  {base}/setup?token={}", desk.setup.token())?;
    }
    out.flush()?;
    Ok(())
}

async fn stop_on_signal(handle: Handle<SocketAddr>) {
    let interrupted = async { tokio::signal::ctrl_c().await.is_ok() };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminated) = signal(SignalKind::terminate()) else { return };
        tokio::select! { _ = interrupted => {}, _ = terminated.recv() => {} }
    }
    #[cfg(not(unix))]
    interrupted.await;
    handle.graceful_shutdown(Some(GRACE));
}
