//! The head of an HTTP/1 request (RFC 9112), as far as three read-only pages need it: a method and a path. What
//! could be read in two ways is refused. Bodies, pipelines and kept connections are left out.

use std::io::{self, BufRead};

/// The most bytes of a request line and its header fields.
pub const HEAD: usize = 8 << 10;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub method: Method,
    /// The path, without a query.
    pub path: String,
}

/// The methods that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The page.
    Get,
    /// Its head alone.
    Head,
    /// Anything else.
    Other,
}

/// Why a head was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no HTTP/1 request.
    Malformed,
    /// It is longer than [`HEAD`].
    TooLong,
}

/// Reads one request; none where the client has gone before it began.
///
/// # Errors
/// Those of the connection.
pub fn read(input: &mut impl BufRead) -> io::Result<Option<Result<Request, Refusal>>> {
    let mut head = Vec::new();
    loop {
        let got = input.fill_buf()?;
        if got.is_empty() {
            return Ok((!head.is_empty()).then_some(Err(Refusal::Malformed)));
        }
        let end = memchr::memchr(b'\n', got);
        let used = end.map_or(got.len(), |end| end + 1);
        if head.len() + used > HEAD {
            return Ok(Some(Err(Refusal::TooLong)));
        }
        head.extend(got.get(..used).unwrap_or_default());
        input.consume(used);
        // One empty line before the request is allowed.
        if matches!(head.as_slice(), b"\r\n" | b"\n") {
            head = b"\n".to_vec();
            continue;
        }
        if head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n") {
            return Ok(Some(parse(&head)));
        }
    }
}

/// Takes a head apart.
fn parse(head: &[u8]) -> Result<Request, Refusal> {
    let head = head.strip_prefix(b"\n").unwrap_or(head);
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let (request, newest) = lines.next().and_then(start).ok_or(Refusal::Malformed)?;
    let mut hosts = 0;
    for line in lines.take_while(|line| !line.is_empty()) {
        let name = field(line).ok_or(Refusal::Malformed)?;
        hosts += usize::from(name.eq_ignore_ascii_case(b"host"));
    }
    let is_clear = if newest { hosts == 1 } else { hosts <= 1 };
    if is_clear { Ok(request) } else { Err(Refusal::Malformed) }
}

/// The request line, and whether it is of HTTP/1.1 or a later 1.
fn start(line: &[u8]) -> Option<(Request, bool)> {
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || method.is_empty() || !method.bytes().all(is_token) {
        return None;
    }
    let minor = match version.strip_prefix("HTTP/1.")?.as_bytes() {
        [minor @ b'0'..=b'9'] => *minor,
        _ => return None,
    };
    let method = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        _ => Method::Other,
    };
    let path = target.split('?').next().unwrap_or_default();
    let is_path = path.starts_with('/') || (method == Method::Other && !path.is_empty());
    let is_visible = target.bytes().all(|byte| byte.is_ascii_graphic());
    (is_path && is_visible).then(|| (Request { method, path: path.into() }, minor > b'0'))
}

/// The name of a header field. A folded line has none.
fn field(line: &[u8]) -> Option<&[u8]> {
    let at = memchr::memchr(b':', line)?;
    let (name, value) = line.split_at_checked(at)?;
    let is_text = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
    let is_good = !name.is_empty() && name.iter().copied().all(is_token) && value.iter().all(is_text);
    is_good.then_some(name)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] =
        b"GET /metrics?a=b HTTP/1.1\r\nHost: tenpu.example:8892\r\nUser-Agent: Prometheus/3\r\nAccept: */*\r\n\r\n";

    fn asked(mut bytes: &[u8]) -> Option<Result<Request, Refusal>> {
        read(&mut bytes).unwrap()
    }

    #[test]
    fn requests_are_read() {
        let rows: &[(&[u8], Method, &str)] = &[
            (SAMPLE, Method::Get, "/metrics"),
            (b"GET /healthz HTTP/1.0\r\n\r\n", Method::Get, "/healthz"),
            (b"\r\nHEAD / HTTP/1.1\nhost:\n\n", Method::Head, "/"),
            (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", Method::Other, "*"),
            (b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", Method::Other, "/metrics"),
        ];
        for (bytes, method, path) in rows {
            let want = Request { method: *method, path: (*path).into() };
            assert_eq!(asked(bytes), Some(Ok(want)), "{}", bytes.escape_ascii());
        }
        assert_eq!(asked(b""), None);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let rows: &[&[u8]] = &[
            b"\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.10\r\nHost: a\r\n\r\n",
            b"GET  / HTTP/1.0\r\n\r\n",
            b"GET / HTTP/1.0 \r\n\r\n",
            b"G\x01T / HTTP/1.0\r\n\r\n",
            b"GET http://a/ HTTP/1.0\r\n\r\n",
            b"GET /\x07 HTTP/1.0\r\n\r\n",
            b"GET /\xff HTTP/1.0\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
            b"GET / HTTP/1.0\r\nHost : a\r\n\r\n",
            b"GET / HTTP/1.0\r\nA: b\r\n c\r\n\r\n",
            b"GET / HTTP/1.0\r\nA: b\rc\r\n\r\n",
            b"GET / HTTP/1.0\r\nA\r\n\r\n",
        ];
        for bytes in rows {
            assert_eq!(asked(bytes), Some(Err(Refusal::Malformed)), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_head_has_an_end() {
        let long = |length: usize| {
            let head = b"GET / HTTP/1.0\r\nA: ";
            [&head[..], &b"a".repeat(length - head.len() - 4), b"\r\n\r\n"].concat()
        };
        assert!(matches!(asked(&long(HEAD)), Some(Ok(_))));
        assert_eq!(asked(&long(HEAD + 1)), Some(Err(Refusal::TooLong)));
        assert_eq!(asked(&b"\r\n".repeat(HEAD)), Some(Err(Refusal::Malformed)));
        assert_eq!(asked(&b"a".repeat(HEAD * 2)), Some(Err(Refusal::TooLong)));
    }

    #[test]
    fn cut_and_flipped_requests_are_answered_in_bounds() {
        for length in 1..SAMPLE.len() {
            assert_eq!(asked(&SAMPLE[..length]), Some(Err(Refusal::Malformed)), "{length}");
        }
        let mut read = 0;
        for at in 0..SAMPLE.len() * 8 {
            let mut bytes = SAMPLE.to_vec();
            bytes[at / 8] ^= 1 << (at % 8);
            if let Some(Ok(request)) = asked(&bytes) {
                assert!(request.path.len() < HEAD);
                read += 1;
            }
        }
        assert!((1..SAMPLE.len() * 8).contains(&read));
    }
}
