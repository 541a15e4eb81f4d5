//! Three pages over HTTP for those who watch the service: `/healthz`, `/readyz` and `/metrics`. One request a
//! connection, read-only; nothing that a message holds is shown.

pub mod request;

use super::connection::Connection;
use super::service::Service;
use request::{Method, Refusal, Request};
use std::io::{self, BufRead, ErrorKind};
use std::time::Duration;

/// How long a client may take for its request, and then to close.
const ASK: Duration = Duration::from_secs(10);
const CLOSE: Duration = Duration::from_secs(1);

/// What a client may send behind its request before the connection is cut.
const REST: usize = 64 << 10;

const TEXT: &str = "text/plain; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is answered.
#[derive(Debug)]
struct Page {
    status: &'static str,
    kind: &'static str,
    body: String,
}

/// Answers one connection.
pub(super) fn serve(connection: &mut Connection, service: &Service) -> io::Result<()> {
    connection.begin_within(ASK);
    let Some(asked) = request::read(connection)? else { return Ok(()) };
    let page = asked.as_ref().map_or_else(|refusal| refused(*refusal), |request| page(request, service));
    let head_only = asked.is_ok_and(|request| request.method == Method::Head);
    connection.send(reply(&page, head_only).as_bytes())?;
    connection.end();
    drain(connection)
}

fn page(request: &Request, service: &Service) -> Page {
    let known = ["/healthz", "/readyz", "/metrics"].contains(&request.path.as_str());
    if known && request.method == Method::Other {
        return Page::text("405 Method Not Allowed", "only GET and HEAD");
    }
    match request.path.as_str() {
        "/healthz" => Page::text("200 OK", "ok"),
        "/readyz" => match service.readiness() {
            Ok(()) => Page::text("200 OK", "ok"),
            Err(why) => Page::text("503 Service Unavailable", why),
        },
        "/metrics" => Page { status: "200 OK", kind: METRICS, body: service.metrics_page() },
        _ => Page::text("404 Not Found", "there are /healthz, /readyz and /metrics"),
    }
}

fn refused(refusal: Refusal) -> Page {
    match refusal {
        Refusal::Malformed => Page::text("400 Bad Request", "no request of HTTP/1"),
        Refusal::TooLong => Page::text("431 Request Header Fields Too Large", "more than 8 KiB"),
    }
}

impl Page {
    fn text(status: &'static str, line: &str) -> Self {
        Self { status, kind: TEXT, body: format!("{line}\n") }
    }
}

fn reply(page: &Page, head_only: bool) -> String {
    let Page { status, kind, body } = page;
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let shown = if head_only { "" } else { body };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{allow}Cache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{shown}",
        body.len()
    )
}

/// Takes what still comes: a connection that is closed over unread bytes is reset, and the reply may be lost.
fn drain(connection: &mut Connection) -> io::Result<()> {
    connection.begin_within(CLOSE);
    let mut left = REST;
    while left > 0 {
        let got = match connection.fill_buf() {
            Ok(got) => got.len().min(left),
            Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(()),
            Err(error) => return Err(error),
        };
        if got == 0 {
            return Ok(());
        }
        connection.consume(got);
        left -= got;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_say_how_long_they_are() {
        let page = Page::text("200 OK", "ok");
        let whole = reply(&page, false);
        assert!(whole.starts_with("HTTP/1.1 200 OK\r\n") && whole.ends_with("\r\n\r\nok\n"), "{whole}");
        assert!(whole.contains("\r\nContent-Length: 3\r\n") && !whole.contains("Allow"));
        assert!(reply(&page, true).ends_with("close\r\n\r\n"));
        let page = Page::text("405 Method Not Allowed", "");
        assert!(reply(&page, false).contains("\r\nAllow: GET, HEAD\r\n"));
    }
}
