//! The provider as the configuration names it, what it says of itself (OpenID Connect Discovery 1.0), and the exchange of a
//! code for an ID token (OpenID Connect Core 1.0 section 3.1.3).

use super::client::{ask, is_fit, is_plain};
use super::sign_ins::SignIns;
use super::token::{self, Person, Wanted};
use crate::front::desk::base64;
use crate::front::desk::page::percent;
use crate::front::desk::time::now;
use crate::front::desk::tls::{self, Trust};
use crate::front::input::read_file;
use crate::store::Role;
use anyhow::{Context, ensure};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request, Uri};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `[desk.oidc]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::front::desk) struct Keys {
    issuer: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    /// The address of the desk, as browsers write it.
    url: String,
    /// What the button calls the provider.
    label: Option<String>,
    scope: Option<String>,
    name_claim: Option<String>,
    role_claim: Option<String>,
    ca: Option<PathBuf>,
    /// For each role, the members of the claim that give it.
    roles: BTreeMap<String, Vec<String>>,
}

/// The provider.
#[derive(Clone, Debug)]
pub(in crate::front::desk) struct Provider {
    /// Its name, which is an address.
    pub(super) issuer: String,
    /// Our name there.
    pub(super) client: String,
    /// Where it sends browsers back to.
    pub(super) back: String,
    /// What it is asked for.
    pub(super) scope: String,
    /// What the button calls it.
    pub(in crate::front::desk) label: String,
    secret: Option<PathBuf>,
    authorities: Option<PathBuf>,
    name_claim: String,
    role_claim: String,
    /// The greater roles first.
    roles: Vec<(Role, Vec<String>)>,
}

/// What it says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// What a code stands for.
#[derive(Debug)]
struct Tokens {
    id: String,
    access: Option<String>,
}

/// The longest file with a secret.
const SECRET: u64 = 4096;

impl Provider {
    /// What the keys say.
    ///
    /// # Errors
    /// They make no sense.
    pub(in crate::front::desk) fn of(keys: Keys, folder: &Path) -> anyhow::Result<Self> {
        let issuer = keys.issuer.trim_end_matches('/');
        ensure!(is_fit(issuer), "`issuer` must begin with https://, and is \"{}\"", keys.issuer);
        let url = keys.url.trim_end_matches('/');
        let address = url.parse::<Uri>().ok().filter(|url| url.scheme().is_some());
        let is_whole = address.and_then(|url| url.into_parts().authority).is_some_and(|host| is_plain(&host));
        ensure!(is_whole, "`url` must be such as \"https://desk.example\", and is \"{}\"", keys.url);
        ensure!(!keys.client_id.is_empty(), "`client_id` is empty");
        let mut roles = Vec::new();
        for (word, members) in keys.roles {
            let role = Role::of(&word).with_context(|| format!("`roles`: there is no role \"{word}\""))?;
            roles.push((role, members));
        }
        ensure!(roles.iter().any(|(_, members)| !members.is_empty()), "`roles` lets nobody in");
        roles.sort_by_key(|(role, _)| std::cmp::Reverse(*role));
        let host = issuer.split('/').nth(2).unwrap_or_default().to_string();
        Ok(Self {
            back: format!("{url}/login/oidc/back"),
            client: keys.client_id,
            scope: keys.scope.unwrap_or_else(|| "openid profile email".into()),
            label: keys.label.unwrap_or(host),
            secret: keys.client_secret_file.map(|path| folder.join(path)),
            authorities: keys.ca.map(|path| folder.join(path)),
            name_claim: keys.name_claim.unwrap_or_else(|| "preferred_username".into()),
            role_claim: keys.role_claim.unwrap_or_else(|| "groups".into()),
            // As it writes itself, which may be with a stroke at the end.
            issuer: keys.issuer,
            roles,
        })
    }

    /// Whether the files that it names can be read.
    ///
    /// # Errors
    /// One cannot.
    pub(in crate::front::desk) fn check(&self) -> anyhow::Result<()> {
        if self.issuer.starts_with("https:") {
            tls::connector(&self.trust())?;
        }
        self.secret().map(drop)
    }

    /// The role that somebody has: the greatest of those that the claim gives.
    pub(super) fn role(&self, person: &Person) -> Option<Role> {
        let gives = |members: &[String]| members.iter().any(|member| person.roles.contains(member));
        self.roles.iter().find(|(_, members)| gives(members)).map(|(role, _)| *role)
    }

    /// Where browsers are sent.
    ///
    /// # Errors
    /// It does not say so.
    pub(super) async fn authorization(&self, known: &SignIns) -> anyhow::Result<String> {
        Ok(self.metadata(known).await?.authorization_endpoint.clone())
    }

    /// Whom it sent back with a code.
    ///
    /// # Errors
    /// It takes no such code, or what it says is not for us, or not for this sign-in.
    pub(super) async fn person(
        &self,
        known: &SignIns,
        (code, verifier, nonce): (&str, &str, &str),
    ) -> anyhow::Result<Person> {
        let metadata = self.metadata(known).await?;
        let tokens = self.tokens(&metadata, code, verifier).await?;
        let wanted = Wanted { issuer: &self.issuer, client: &self.client, nonce, now: now() };
        let mut claims = token::claims(&tokens.id, &wanted)?;
        let is_whole =
            [&self.name_claim, &self.role_claim].iter().all(|path| token::at(&claims, path).is_some());
        if let (false, Some(address), Some(access)) = (is_whole, &metadata.userinfo_endpoint, &tokens.access)
        {
            let more = self.more(address, access).await?;
            ensure!(more.get("sub") == claims.get("sub"), "it tells of somebody else");
            for (name, claim) in more {
                claims.entry(name).or_insert(claim);
            }
        }
        Ok(Person::of(&claims, &self.name_claim, &self.role_claim))
    }

    /// What it tells beside the ID token (section 5.3): many providers put no more than the subject there.
    async fn more(&self, address: &str, access: &str) -> anyhow::Result<Map<String, Value>> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {access}"))?;
        bearer.set_sensitive(true);
        let request = Request::get(address).header(AUTHORIZATION, bearer).body(String::new())?;
        Ok(serde_json::from_value(ask(&self.trust(), request).await?)?)
    }

    async fn tokens(&self, metadata: &Metadata, code: &str, verifier: &str) -> anyhow::Result<Tokens> {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.back),
            ("code_verifier", verifier),
        ];
        let secret = self.secret()?;
        let mut request = Request::builder().method(Method::POST).uri(&metadata.token_endpoint);
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match &secret {
            // Its secret stands in the head unless only the body is taken (RFC 6749 section 2.3.1).
            Some(secret) if metadata.takes("client_secret_basic") => {
                let login = base64::encode(format!("{}:{}", coded(&self.client), coded(secret)).as_bytes());
                let mut value = HeaderValue::from_str(&format!("Basic {login}"))?;
                value.set_sensitive(true);
                request = request.header(AUTHORIZATION, value);
            }
            Some(secret) => fields.extend([("client_id", self.client.as_str()), ("client_secret", secret)]),
            None => fields.push(("client_id", &self.client)),
        }
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", coded(value))).collect();
        let answer = ask(&self.trust(), request.body(pairs.join("&"))?).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_string);
        Ok(Tokens { id: text("id_token").context("no ID token came")?, access: text("access_token") })
    }

    async fn metadata(&self, known: &SignIns) -> anyhow::Result<Arc<Metadata>> {
        if let Some(metadata) = known.metadata() {
            return Ok(metadata);
        }
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let answer = ask(&self.trust(), Request::get(&address).body(String::new())?).await?;
        let metadata: Metadata = serde_json::from_value(answer).context(address)?;
        ensure!(metadata.issuer == self.issuer, "it calls itself \"{}\"", metadata.issuer);
        let addresses = [&metadata.authorization_endpoint, &metadata.token_endpoint];
        for address in addresses.into_iter().chain(&metadata.userinfo_endpoint) {
            ensure!(is_fit(address), "it names an address without TLS: {address}");
        }
        let metadata = Arc::new(metadata);
        known.keep(&metadata);
        Ok(metadata)
    }

    fn trust(&self) -> Trust {
        self.authorities.clone().map_or(Trust::System, Trust::File)
    }

    fn secret(&self) -> anyhow::Result<Option<String>> {
        let Some(path) = &self.secret else { return Ok(None) };
        let shown = || format!("`client_secret_file`: {}", path.display());
        let head = read_file(path, SECRET).with_context(shown)?;
        let text = String::from_utf8(head.bytes).ok().context("no UTF-8 text").with_context(shown)?;
        let secret = text.trim_end_matches(['\r', '\n']);
        let is_one = !secret.is_empty() && !secret.contains(char::is_control) && head.size <= SECRET;
        ensure!(is_one, "{}: one line is wanted", shown());
        Ok(Some(secret.to_string()))
    }
}

impl Metadata {
    /// Whether it takes a way of proving who asks; the one in the head is what all take that say nothing.
    fn takes(&self, method: &str) -> bool {
        self.token_endpoint_auth_methods_supported
            .as_ref()
            .is_none_or(|methods| methods.iter().any(|known| known == method))
    }
}

/// A value as forms write it.
fn coded(value: &str) -> String {
    value.bytes().map(percent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = "issuer = \"https://id.test/realms/city/\"\nclient_id = \"tenpu\"\nurl = \"https://desk.test/\"\n\
                        [roles]\nviewer = [\"all\"]\nadministrator = [\"admins\"]\noperator = [\"desk\"]\n";

    fn of(text: &str) -> anyhow::Result<Provider> {
        Provider::of(toml::from_str(text)?, Path::new("/etc/tenpu"))
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let provider = of(KEYS).unwrap();
        assert_eq!(provider.issuer, "https://id.test/realms/city/");
        assert_eq!(provider.back, "https://desk.test/login/oidc/back");
        assert_eq!((provider.label.as_str(), provider.role_claim.as_str()), ("id.test", "groups"));
    }

    #[test]
    fn the_greatest_role_counts() {
        let provider = of(KEYS).unwrap();
        let role = |roles: &[&str]| {
            let roles = roles.iter().map(ToString::to_string).collect();
            provider.role(&Person { subject: "1".into(), name: "a".into(), roles })
        };
        assert_eq!(role(&["all", "desk"]), Some(Role::Operator));
        assert_eq!(role(&["admins", "all"]), Some(Role::Administrator));
        assert_eq!((role(&["all"]), role(&["others"]), role(&[])), (Some(Role::Viewer), None, None));
    }

    #[test]
    fn slips_are_named() {
        let rows = [
            ("https://id.test/realms/city/", "http://id.test", "issuer"),
            ("https://desk.test/", "desk.test", "url"),
            ("https://desk.test/", "https://a@desk.test", "url"),
            ("\"tenpu\"", "\"\"", "client_id"),
            ("viewer", "reader", "reader"),
            ("client_id", "client", "client"),
        ];
        for (old, new, word) in rows {
            let error = format!("{:#}", of(&KEYS.replace(old, new)).unwrap_err());
            assert!(error.contains(word), "{error}");
        }
        let nobody =
            KEYS.replace("[\"all\"]", "[]").replace("[\"admins\"]", "[]").replace("[\"desk\"]", "[]");
        assert!(of(&nobody).unwrap_err().to_string().contains("nobody"));
    }
}
