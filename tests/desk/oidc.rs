//! Signing in through a provider of identities, which here is a thread that says what a test wants.

use crate::client::{Answer, Browser, Desk};
use crate::{PASSWORD, set_up, sign_in};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A provider: what it has been asked for, and what its next ID token says.
struct Provider {
    address: String,
    claims: Arc<Mutex<Value>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (claims, asked) = (Arc::new(Mutex::new(Value::Null)), Arc::new(Mutex::new(Vec::new())));
        let (issuer, says, hears) = (address.clone(), claims.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                answer(stream, &issuer, &says.lock().unwrap(), &hears);
            }
        });
        Self { address, claims, asked }
    }

    /// A desk that knows it, with an administrator of its own.
    fn desk(&self) -> (Desk, Browser) {
        let configured = |folder: &std::path::Path| {
            std::fs::write(folder.join("secret"), "s&cret\n").unwrap();
            format!(
                "[desk.oidc]\nissuer = \"{}\"\nclient_id = \"tenpu\"\nclient_secret_file = \"secret\"\n\
                 url = \"https://desk.test\"\nlabel = \"City <ID>\"\n\
                 [desk.oidc.roles]\noperator = [\"helpdesk\"]\nadministrator = [\"admins\"]\n",
                self.address
            )
        };
        set_up(Desk::configured(configured), "en")
    }

    /// Leads a browser there and back, as somebody with these claims.
    fn sign_in(&self, browser: &mut Browser, claims: &Value) -> Answer {
        let sent = sent(&browser.get("/login/oidc?to=%2Fsearch"));
        self.says(&sent, claims);
        browser.get(&format!("/login/oidc/back?state={}&code=c0de", sent["state"]))
    }

    fn says(&self, sent: &std::collections::BTreeMap<String, String>, claims: &Value) {
        let mut all =
            json!({ "iss": self.address, "aud": "tenpu", "nonce": sent["nonce"], "exp": 4_000_000_000u32 });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        *self.claims.lock().unwrap() = all;
    }
}

/// Answers one request.
fn answer(mut stream: TcpStream, issuer: &str, claims: &Value, asked: &Mutex<Vec<String>>) {
    let mut input = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") && input.read_line(&mut head).unwrap() > 0 {
        let last = head.lines().next_back().unwrap_or_default().to_lowercase();
        length = last.strip_prefix("content-length: ").map_or(length, |length| length.parse().unwrap());
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).unwrap();
    asked.lock().unwrap().push(format!("{head}{}", String::from_utf8(body).unwrap()));
    let said = if head.starts_with("GET /.well-known/openid-configuration ") {
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize?tenant=1"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/more"),
        })
    } else if head.starts_with("GET /more ") {
        let is_known = head.to_lowercase().contains("authorization: bearer access-1\r\n");
        if is_known { claims["more"].clone() } else { Value::Null }
    } else {
        let coded = |text: &str| base64_url(text.as_bytes());
        json!({ "access_token": "access-1", "id_token": format!("{}.{}.c2ln", coded("{}"), coded(&claims.to_string())) })
    };
    let said = said.to_string();
    let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{said}", said.len());
    stream.write_all(reply.as_bytes()).unwrap();
}

/// The parameters with which a browser is sent to the provider.
fn sent(answer: &Answer) -> std::collections::BTreeMap<String, String> {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let (address, query) = answer.header("location").split_once('?').unwrap();
    assert!(address.ends_with("/authorize"), "{address}");
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(a, b)| (a.into(), b.into())).collect()
}

fn base64_url(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |n| byte >> n & 1)).collect();
    let six = |group: &[u8]| (0..6).fold(0, |sum, n| sum << 1 | group.get(n).copied().unwrap_or(0));
    bits.chunks(6).map(|group| char::from(letters[usize::from(six(group))])).collect()
}

#[test]
fn whom_the_provider_names_gets_an_account_and_its_role() {
    let provider = Provider::new();
    let (desk, mut own) = provider.desk();
    let mut browser = Browser::new(&desk, "en");
    let page = browser.get("/login?to=%2Fsearch");
    assert!(page.text().contains("Sign in with City &#60;ID&#62;"), "{}", page.text());
    assert!(page.text().contains("href=\"/login/oidc?to=/search\""), "{}", page.text());

    let sent = sent(&browser.get("/login/oidc?to=%2Fsearch"));
    let wanted = [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "tenpu"),
        ("redirect_uri", "https%3A//desk.test/login/oidc/back"),
        ("scope", "openid%20profile%20email"),
        ("code_challenge_method", "S256"),
    ];
    assert!(wanted.iter().all(|(name, value)| sent[*name] == *value), "{sent:?}");
    provider.says(&sent, &json!({ "sub": "7", "preferred_username": "佐藤", "groups": ["helpdesk", "x"] }));
    let back = format!("/login/oidc/back?state={}&code=c%20de", sent["state"]);
    assert_eq!(Browser::new(&desk, "en").get(&back).status, 403, "another browser");
    let answer = browser.get(&back);
    assert_eq!((answer.status, answer.header("location")), (303, "/search"), "{}", answer.text());

    // The code was asked for with the proof that belongs to the challenge, and with the secret.
    let asked = provider.asked.lock().unwrap().pop().unwrap();
    let verifier = asked.split("code_verifier=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(base64_url(&Sha256::digest(verifier)), sent["code_challenge"]);
    assert!(asked.starts_with("POST /token ") && asked.contains("code=c%20de"), "{asked}");
    assert!(asked.to_lowercase().contains("authorization: basic dgvuchu6cyuynmnyzxq="), "{asked}");

    assert_eq!((browser.get("/upload").status, browser.get("/users").status), (200, 403));
    assert_eq!(browser.get(&back).status, 403, "a state counts once");
    assert_eq!(browser.get("/password").status, 404);
    assert_eq!(sign_in(&desk, "佐藤", "external:7").1, 401);
    assert!(own.get("/users").text().contains("Signs in with the sign-in service"));
    let changed = own.submit("/users", "/users/role", &[("name", "佐藤"), ("role", "administrator")]);
    assert_eq!(changed.status, 422);

    // Another role at the next time ends the session that had the first.
    let mut again = Browser::new(&desk, "ja");
    let claims = json!({ "sub": "7", "preferred_username": "佐藤", "groups": "admins" });
    assert_eq!(provider.sign_in(&mut again, &claims).status, 303);
    assert_eq!((again.get("/users").status, browser.get("/upload").status), (200, 303));
    let audit = again.get("/audit").text().to_string();
    assert!(audit.contains("佐藤") && audit.contains("ログインに失敗した"), "{audit}");

    own.submit("/users", "/users/disable", &[("name", "佐藤")]);
    let closed = provider.sign_in(&mut again, &claims);
    assert!(closed.status == 403 && closed.text().contains("停止されています"), "{}", closed.text());
}

#[test]
fn nobody_takes_over_another_account() {
    let provider = Provider::new();
    let (desk, _own) = provider.desk();
    let mut browser = Browser::new(&desk, "en");
    let mut answer = |claims: Value| {
        let answer = provider.sign_in(&mut browser, &claims);
        (answer.status, answer.text().to_string())
    };
    let admins = json!(["admins"]);
    // The one with a password, made at the first run.
    let (status, text) = answer(json!({ "sub": "1", "preferred_username": "山田", "groups": admins }));
    assert!(status == 403 && text.contains("Another account has the name"), "{text}");
    assert_eq!(answer(json!({ "sub": "2", "preferred_username": "sato", "groups": admins })).0, 303);
    assert_eq!(answer(json!({ "sub": "3", "preferred_username": "sato", "groups": admins })).0, 403);
    // What stands beside the ID token counts if it is about the same person.
    let more = |subject: &str| json!({ "sub": subject, "preferred_username": "mori", "groups": admins });
    assert_eq!(answer(json!({ "sub": "8", "more": more("9") })).0, 502);
    assert_eq!(answer(json!({ "sub": "8", "more": more("8") })).0, 303);
    let (status, text) = answer(json!({ "sub": "4", "preferred_username": "kato", "groups": ["others"] }));
    assert!(status == 403 && text.contains("You have no role"), "{text}");
    let (status, text) =
        answer(json!({ "sub": "5", "preferred_username": "ito", "groups": admins, "nonce": "x" }));
    assert!(status == 502 && text.contains("did not answer as it should"), "{text}");
    assert_eq!(
        answer(json!({ "sub": "6", "preferred_username": "ito", "groups": admins, "aud": "other" })).0,
        502
    );
    assert_eq!(sign_in(&desk, "山田", PASSWORD).1, 303, "the old way still leads in");

    let mut browser = Browser::new(&desk, "en");
    let sent = sent(&browser.get("/login/oidc"));
    let denied = browser.get(&format!("/login/oidc/back?state={}&error=access_denied", sent["state"]));
    assert!(denied.status == 403 && denied.text().contains("did not let you in"), "{}", denied.text());
}

#[test]
fn without_a_provider_there_is_no_such_page() {
    let (desk, _own) = crate::opened("en");
    let mut browser = Browser::new(&desk, "en");
    assert_eq!((browser.get("/login/oidc").status, browser.get("/login/oidc/back").status), (404, 404));
    assert!(!browser.get("/login").text().contains("/login/oidc"));
}

#[test]
fn a_provider_that_is_away_is_told() {
    let provider = Provider { address: "http://127.0.0.1:9".into(), ..Provider::new() };
    let (desk, _own) = provider.desk();
    let mut browser = Browser::new(&desk, "ja");
    let answer = browser.get("/login/oidc");
    assert!(
        answer.status == 502 && answer.text().contains("正しい応答がありませんでした"),
        "{}",
        answer.text()
    );
}
