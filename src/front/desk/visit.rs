//! Who asks, in which language, from where: read once from each request.

use super::Desk;
use super::fail::Fail;
use super::secret::{derived, same};
use crate::report::Lang;
use crate::store::{Role, User};
use axum::Form;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, request::Parts};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// One request, as pages need to know it.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// The language of the answer.
    pub(super) lang: Lang,
    /// Path and query.
    pub(super) path: String,
    /// Where the request came from.
    pub(super) address: IpAddr,
    /// Whether it came over TLS.
    pub(super) is_secure: bool,
    /// Who is signed in.
    pub(super) user: Option<User>,
    /// The token of the session, or that of the forms of somebody who is not signed in.
    pub(super) token: String,
    /// Whether that token was made for this request, and must be set as a cookie to be known again.
    pub(super) is_fresh: bool,
}

/// The cookies.
pub(super) const SESSION: &str = "tenpu_session";
pub(super) const FORM: &str = "tenpu_form";
pub(super) const LANGUAGE: &str = "tenpu_language";

impl Visit {
    /// Reads a request.
    ///
    /// # Errors
    /// The store or the source of random numbers failed.
    pub(super) async fn read(request: &Parts, desk: &Desk) -> Result<Self, Fail> {
        let headers = &request.headers;
        let peer = request.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        let proxied = |name| if desk.settings.trust_proxy { last(headers, name) } else { None };
        let session = cookie(headers, SESSION).filter(|token| is_token(token)).map(str::to_string);
        let user = match &session {
            Some(token) => desk.store.session(token).await?.map(|session| session.user),
            None => None,
        };
        let form = || cookie(headers, FORM).filter(|token| is_token(token)).map(str::to_string);
        let known = session.filter(|_| user.is_some()).or_else(form);
        let is_fresh = known.is_none();
        let token = match known {
            Some(token) => token,
            None => super::secret::token().map_err(|_| Fail::Fault)?,
        };
        Ok(Self {
            lang: language(headers),
            path: request.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            address: proxied("x-forwarded-for").and_then(|address| address.parse().ok()).unwrap_or(peer),
            is_secure: desk.settings.tls.is_some() || proxied("x-forwarded-proto") == Some("https"),
            user,
            token,
            is_fresh,
        })
    }

    /// What forms of this visitor must bring back.
    pub(super) fn csrf(&self) -> String {
        derived("form", &self.token)
    }

    /// Whether a form was made for this visitor.
    ///
    /// # Errors
    /// It was not.
    pub(super) fn check(&self, csrf: &str) -> Result<(), Fail> {
        if !self.is_fresh && same(csrf, &self.csrf()) { Ok(()) } else { Err(Fail::Form) }
    }

    /// Who is signed in and may do what this role may.
    ///
    /// # Errors
    /// Nobody is, or may not.
    pub(super) fn user(&self, role: Role) -> Result<&User, Fail> {
        let user = self.user.as_ref().ok_or(Fail::SignIn)?;
        if user.role >= role { Ok(user) } else { Err(Fail::Role) }
    }

    /// A `Set-Cookie` value. A lifetime of 0 takes it away, none makes it last as long as the browser.
    pub(super) fn cookie(&self, name: &str, value: &str, seconds: Option<u64>) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
    }
}

impl FromRequestParts<Arc<Desk>> for Visit {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Desk>) -> Result<Self, Fail> {
        parts.extensions.get::<Self>().cloned().ok_or(Fail::Fault)
    }
}

/// A form that was made for the visitor who sends it.
pub(super) struct Checked<T>(pub(super) T);

impl<T: for<'de> Deserialize<'de>> FromRequest<Arc<Desk>> for Checked<T> {
    type Rejection = Fail;

    async fn from_request(request: Request, desk: &Arc<Desk>) -> Result<Self, Fail> {
        let visit = request.extensions().get::<Visit>().cloned().ok_or(Fail::Fault)?;
        let form = Form::<Vec<(String, String)>>::from_request(request, desk).await;
        let Form(fields) = form.map_err(|_| Fail::Wrong)?;
        let fields: serde_json::Map<_, _> =
            fields.into_iter().map(|(name, value)| (name, value.into())).collect();
        let token = fields.get("csrf").and_then(serde_json::Value::as_str).unwrap_or_default();
        visit.check(token)?;
        serde_json::from_value(fields.into()).map(Self).map_err(|_| Fail::Wrong)
    }
}

/// Whether a request that changes something comes from a page of ours, as far as the browser tells: browsers send
/// `Sec-Fetch-Site` or `Origin` with every form.
pub(super) fn is_from_here(request: &Parts, trust_proxy: bool) -> bool {
    let headers = &request.headers;
    if matches!(request.method, Method::GET | Method::HEAD) {
        return true;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    let forwarded = if trust_proxy { last(headers, "x-forwarded-host") } else { None };
    // HTTP/2 has the host in the address of the request.
    let authority = request.uri.authority().map(Authority::as_str);
    let host = forwarded.or_else(|| text(HOST.as_str())).or(authority);
    let same_host = |origin: &str| origin.split_once("://").map(|(_, origin)| origin) == host;
    text(ORIGIN.as_str()).is_none_or(same_host)
}

/// The last member of a list header: the one that the proxy next to us wrote.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim)
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(known, value)| (known == name).then_some(value))
}

fn is_token(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The language chosen on the page, else the one of ours that the browser likes best.
fn language(headers: &HeaderMap) -> Lang {
    match cookie(headers, LANGUAGE) {
        Some("ja") => return Lang::Ja,
        Some("en") => return Lang::En,
        _ => {}
    }
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (Lang::En, 0.0);
    for entry in wanted.split(',').take(20) {
        let (tag, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let weight =
            weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(1.0f32);
        let primary = tag.trim().split('-').next().unwrap_or_default();
        let lang = [Lang::En, Lang::Ja].into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.tag()));
        if let Some(lang) = lang
            && weight > best.1
        {
            best = (lang, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
        rows.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn parts(method: Method, uri: &str, rows: &[(&'static str, &str)]) -> Parts {
        let request = axum::http::Request::builder().method(method).uri(uri);
        let mut parts = request.body(()).unwrap().into_parts().0;
        parts.headers = headers(rows);
        parts
    }

    #[test]
    fn the_language_is_chosen_or_liked_best() {
        let rows = [
            ("ja,en-US;q=0.9", Lang::Ja),
            ("en-US,ja;q=0.9", Lang::En),
            ("fr, ja;q=0.2, en;q=0.1", Lang::Ja),
            ("", Lang::En),
            ("*;q=x", Lang::En),
        ];
        for (accept, want) in rows {
            assert_eq!(language(&headers(&[("accept-language", accept)])), want, "{accept}");
        }
        let chosen = headers(&[("accept-language", "ja"), ("cookie", "a=b; tenpu_language=en")]);
        assert_eq!(language(&chosen), Lang::En);
    }

    #[test]
    fn other_sites_send_no_forms() {
        let rows: &[(&[(&'static str, &str)], bool)] = &[
            (&[], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://a:1"), ("host", "a:1")], true),
            (&[("origin", "http://b"), ("host", "a:1")], false),
            (&[("origin", "null"), ("host", "a:1")], false),
            (&[("origin", "http://b"), ("host", "a"), ("x-forwarded-host", "b")], false),
        ];
        for (rows, want) in rows {
            assert_eq!(is_from_here(&parts(Method::POST, "/", rows), false), *want, "{rows:?}");
        }
        let rows = [("origin", "https://b"), ("host", "a"), ("x-forwarded-host", "b")];
        assert!(is_from_here(&parts(Method::POST, "/", &rows), true));
        assert!(is_from_here(&parts(Method::GET, "/", &[("sec-fetch-site", "cross-site")]), false));
    }

    #[test]
    fn the_host_of_a_request_over_http_2_counts() {
        for (origin, want) in [("https://a:1", true), ("https://b", false)] {
            let request = parts(Method::POST, "https://a:1/login", &[("origin", origin)]);
            assert_eq!(is_from_here(&request, false), want, "{origin}");
        }
    }

    #[test]
    fn the_last_proxy_is_believed() {
        let headers = headers(&[("x-forwarded-for", "6.6.6.6, 10.0.0.1")]);
        assert_eq!(last(&headers, "x-forwarded-for"), Some("10.0.0.1"));
    }
}
