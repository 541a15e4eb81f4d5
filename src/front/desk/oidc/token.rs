//! The ID token: who was signed in, and for whom (OpenID Connect Core 1.0 sections 2 and 3.1.3.7).

use super::super::base64;
use anyhow::{Context, ensure};
use serde_json::{Map, Value};

/// Whom a token names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// Who that is, for ever, among those of one issuer.
    pub(super) subject: String,
    /// The name that an account gets.
    pub(super) name: String,
    /// The members of the claim that gives the role.
    pub(super) roles: Vec<String>,
}

/// What a token must say.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// Who issued it.
    pub(super) issuer: &'a str,
    /// For whom.
    pub(super) client: &'a str,
    /// What was asked with.
    pub(super) nonce: &'a str,
    /// The time, in seconds since 1970.
    pub(super) now: i64,
}

/// How far clocks may differ, in seconds.
const SKEW: i64 = 60;

/// The most bytes of a subject, which OpenID Connect bounds, and members of the claim that gives the role.
const SUBJECT: usize = 255;
const ROLES: usize = 10_000;

/// The claims of a token that came straight from its issuer; its signature is not looked at.
///
/// # Errors
/// It is none, or not for us, or too old.
pub(super) fn claims(token: &str, wanted: &Wanted) -> anyhow::Result<Map<String, Value>> {
    let mut parts = token.split('.');
    let payload = parts.nth(1).filter(|_| parts.count() == 1).context("the ID token is no signed one")?;
    let payload = base64::decode_url(payload).context("the ID token is no Base64")?;
    let claims: Map<_, _> = serde_json::from_slice(&payload).context("the ID token holds no JSON")?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    ensure!(text("iss") == Some(wanted.issuer), "the ID token has another issuer");
    ensure!(is_for(&claims, wanted.client), "the ID token is for somebody else");
    ensure!(text("nonce") == Some(wanted.nonce), "the ID token belongs to another sign-in");
    let ends = claims.get("exp").and_then(Value::as_i64).context("the ID token has no end")?;
    ensure!(ends.saturating_add(SKEW) > wanted.now, "the ID token has ended; do the clocks differ?");
    let is_named = text("sub").is_some_and(|subject| (1..=SUBJECT).contains(&subject.len()));
    ensure!(is_named, "the ID token names nobody");
    Ok(claims)
}

impl Person {
    /// Whom claims name: the claim of the name, which the address and the subject stand in for, and that of the roles,
    /// where dots lead into objects.
    pub(super) fn of(claims: &Map<String, Value>, name: &str, roles: &str) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        Self {
            subject: text("sub").unwrap_or_default().to_string(),
            name: [name, "email", "sub"].into_iter().find_map(text).unwrap_or_default().to_string(),
            roles: members(at(claims, roles)),
        }
    }
}

/// The claim at a path.
pub(super) fn at<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = claims.get(names.next()?)?;
    names.try_fold(first, |claim, name| claim.get(name))
}

/// Whether it is meant for a client, and was asked for by it.
fn is_for(claims: &Map<String, Value>, client: &str) -> bool {
    let party = claims.get("azp").and_then(Value::as_str);
    match claims.get("aud") {
        Some(Value::String(audience)) => audience == client && party.is_none_or(|party| party == client),
        Some(Value::Array(all)) => {
            let is_among = all.iter().any(|audience| audience == client);
            is_among
                && if all.len() == 1 {
                    party.is_none_or(|party| party == client)
                } else {
                    party == Some(client)
                }
        }
        _ => false,
    }
}

/// A claim of one text or of several.
fn members(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => {
            all.iter().take(ROLES).filter_map(|one| one.as_str().map(str::to_string)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const WANTED: Wanted = Wanted { issuer: "https://id.test", client: "tenpu", nonce: "n", now: 1_000 };

    fn read(token: &str) -> anyhow::Result<Person> {
        Ok(Person::of(&claims(token, &WANTED)?, "preferred_username", "realm_access.roles"))
    }

    fn said() -> Value {
        json!({
            "iss": "https://id.test", "aud": "tenpu", "nonce": "n", "exp": 1_001, "sub": "7",
            "preferred_username": "yamada", "realm_access": { "roles": ["a", 1, "b"] },
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = said();
        claims[name] = value;
        claims
    }

    fn token(claims: &Value) -> String {
        let coded = |text: &str| base64::encode_url(text.as_bytes());
        format!("{}.{}.c2ln", coded("{\"alg\":\"RS256\"}"), coded(&claims.to_string()))
    }

    #[test]
    fn a_token_names_whom_it_is_about() {
        let person = read(&token(&said())).unwrap();
        assert_eq!((person.subject.as_str(), person.name.as_str()), ("7", "yamada"));
        assert_eq!(person.roles, ["a", "b"]);
        let one = read(&token(&with("realm_access", json!({ "roles": "c" })))).unwrap();
        assert_eq!(one.roles, ["c"]);
        let none = read(&token(&with("preferred_username", Value::Null))).unwrap();
        assert_eq!(none.name, "7");
        assert!(read(&token(&with("aud", json!(["tenpu"])))).is_ok());
    }

    #[test]
    fn tokens_for_others_are_refused() {
        let rows = [
            ("iss", json!("https://evil.test")),
            ("aud", json!("other")),
            ("aud", json!(["tenpu", "other"])),
            ("aud", Value::Null),
            ("azp", json!("other")),
            ("nonce", json!("m")),
            ("nonce", Value::Null),
            ("exp", json!(940)),
            ("exp", json!("1001")),
            ("sub", json!("")),
            ("sub", json!("x".repeat(256))),
        ];
        for (name, value) in rows {
            assert!(read(&token(&with(name, value.clone()))).is_err(), "{name}: {value}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let good = token(&said());
        for bad in ["", "a", "a.b", "a.b.c.d", "..", "a.!.c", &good.replace('.', ""), &format!("{good}.x")] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for cut in 0..good.rfind('.').unwrap() {
            assert!(read(good.get(..cut).unwrap()).is_err(), "{cut}");
        }
    }
}
