//! One request to the provider: HTTP/1.1 over TLS whose certificate is proven, or without TLS on this machine. No redirect is
//! followed, and an answer is bounded in length and in time.

use crate::front::desk::tls::{self, Trust};
use anyhow::{Context, ensure};
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::IpAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;

/// How long an answer may take, and the most bytes of one.
const TIME: Duration = Duration::from_secs(10);
const LONGEST: usize = 256 << 10;

/// Whether an address may be talked to: over TLS, or on this machine.
pub(super) fn is_fit(address: &str) -> bool {
    let Ok(address) = address.parse::<Uri>() else { return false };
    let host = address.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_near = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match address.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => is_near,
        _ => false,
    }
}

/// Sends a request, and answers the JSON that comes back.
///
/// # Errors
/// The provider cannot be reached, proves no name, refuses, or talks nonsense.
pub(super) async fn ask(trust: &Trust, request: Request<String>) -> anyhow::Result<Value> {
    let address = request.uri().clone();
    let answer = timeout(TIME, send(trust, request)).await.context("no answer in time");
    answer.and_then(|answer| answer).with_context(|| address.to_string())
}

async fn send(trust: &Trust, request: Request<String>) -> anyhow::Result<Value> {
    ensure!(is_fit(&request.uri().to_string()), "only https, or this machine");
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().cloned().context("no host")?;
    let is_tls = head.uri.scheme_str() == Some("https");
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    head.uri = path;
    head.headers.insert(HOST, HeaderValue::from_str(authority.as_str())?);
    head.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let request = Request::from_parts(head, Body::from(body));
    let host = authority.host().trim_matches(['[', ']']).to_string();
    let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    if !is_tls {
        return exchange(stream, request).await;
    }
    let name = ServerName::try_from(host)?;
    let stream = tls::connector(trust)?.connect(name, stream).await?;
    exchange(stream, request).await
}

async fn exchange<S>(stream: S, request: Request<Body>) -> anyhow::Result<Value>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = to_bytes(Body::new(response.into_body()), LONGEST).await;
    connection.abort();
    ensure!(status == StatusCode::OK, "{status}");
    Ok(serde_json::from_slice(&body?)?)
}

/// The authority of an address, without user and password, which have no place in one.
pub(super) fn is_plain(authority: &Authority) -> bool {
    !authority.as_str().contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_talked_to_over_tls_alone() {
        for fit in ["https://id.test/a", "http://127.0.0.1:8080", "http://[::1]/x", "http://localhost:1/"] {
            assert!(is_fit(fit), "{fit}");
        }
        for unfit in ["http://id.test/", "ftp://127.0.0.1/", "/a", "", "https://", "http://127.0.0.1.test/"] {
            assert!(!is_fit(unfit), "{unfit}");
        }
    }
}
