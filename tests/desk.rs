//! The help desk's pages as a browser meets them: a real `tenpu desk` on an empty machine, asked over HTTP.

#![cfg(feature = "desk")]
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may panic, starts the program, and reads what it answers"
)]

mod build;
#[path = "desk/answers.rs"]
mod answers;
#[path = "desk/api.rs"]
mod api;
#[path = "desk/client.rs"]
mod client;
#[path = "desk/decide.rs"]
mod decide;
#[path = "desk/oidc.rs"]
mod oidc;
#[path = "desk/pages.rs"]
mod pages;
#[path = "desk/release.rs"]
mod release;
#[path = "desk/ways.rs"]
mod ways;
#[cfg(target_os = "linux")]
#[path = "desk/workers.rs"]
mod workers;

use build::cases;
use client::{Browser, Desk};

const PASSWORD: &str = "four words in a row";

/// A desk with an administrator who is signed in.
fn opened(lang: &'static str) -> (Desk, Browser) {
    set_up(Desk::new(), lang)
}

/// The same on a desk that was started.
fn set_up(desk: Desk, lang: &'static str) -> (Desk, Browser) {
    let mut browser = Browser::new(&desk, lang);
    let link = desk.setup.clone().unwrap();
    let token = link.split('=').nth(1).unwrap().to_string();
    let fields = [("token", token.as_str()), ("name", "山田"), ("password", PASSWORD), ("again", PASSWORD)];
    let made = browser.submit(&link, "/setup", &fields);
    assert_eq!((made.status, made.header("location")), (303, "/upload"), "{}", made.text());
    (desk, browser)
}

fn sign_in(desk: &Desk, name: &str, password: &str) -> (Browser, u16) {
    let mut browser = Browser::new(desk, "en");
    let answer = browser.submit("/login", "/login", &[("name", name), ("password", password)]);
    (browser, answer.status)
}

fn case(name: &str) -> Vec<u8> {
    cases::recipe(&cases::place("tests/cases").join(name).join("build.toml")).message.bytes()
}

/// Uploads a file; answers the path of its page.
fn checked(browser: &mut Browser, name: &str, file: &[u8]) -> String {
    let answer = browser.upload(name, file, None);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").to_string()
}

#[test]
fn from_an_empty_machine_to_the_first_answer() {
    let (desk, mut browser) = opened("ja");
    let page = checked(&mut browser, "a.eml", &case("emotet-autoopen-continued-doc"));
    let japanese = browser.get(&page);
    let text = japanese.text();
    assert!(text.contains("<html lang=\"ja\">") && text.contains("危険：ウイルスメールの可能性が高いです"));
    assert!(text.contains("「コンテンツの有効化」を押した") && text.contains("安全な表示"));
    assert!(text.contains("Please find attached the invoice"), "the text of the mail can be read");
    assert!(text.contains("cmd /c"), "what the macro does is told");

    browser.get("/language/en?back=%2F");
    let english = browser.get(&page);
    assert!(english.text().contains("Dangerous: very likely a virus mail. Do not open the attachment."));
    let queue = browser.get("/");
    assert!(queue.text().contains("Re: Invoice 20181114") && queue.text().contains("1 waiting, 1 today"));

    // After a restart the session holds, and the page is made from what is stored.
    let desk = desk.restarted();
    assert!(desk.setup.is_none(), "there is an account");
    let mut again = Browser::new(&desk, "en");
    again.cookies = browser.cookies;
    let restored = again.get(&page);
    assert_eq!(restored.status, 200);
    assert!(restored.text().contains("Please find attached the invoice"));
}

#[test]
fn a_harmless_mail_is_not_called_safe() {
    let (_desk, mut browser) = opened("en");
    let mail = std::fs::read(cases::place("samples-benign/en/invoice-pdf.eml")).unwrap();
    let page = checked(&mut browser, "invoice.eml", &mail);
    let answer = browser.get(&page);
    assert!(answer.text().contains("Nothing suspicious was found (this is no guarantee)."));
    let queue = browser.get("/");
    assert!(queue.text().contains("0 waiting, 1 today"), "what is clean waits for nobody");
    assert!(browser.get("/?state=all").text().contains(&page));
}

#[test]
fn the_set_up_link_works_once() {
    let (desk, _) = opened("en");
    let link = desk.setup.clone().unwrap();
    let token = link.split('=').nth(1).unwrap();
    let mut second = Browser::new(&desk, "en");
    let fields = [("token", token), ("name", "evil"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(second.get(&link).status, 403);
    let answer = second.submit("/login", "/setup", &fields);
    assert_eq!((answer.status, second.cookies.contains_key("tenpu_session")), (403, false));
}

#[test]
fn the_set_up_link_asks_for_its_token_and_a_good_password() {
    let desk = Desk::new();
    let link = desk.setup.clone().unwrap();
    let token = link.split('=').nth(1).unwrap();
    let mut browser = Browser::new(&desk, "en");
    let rows = [
        ("x".repeat(64), "a", PASSWORD, PASSWORD, 403),
        (token.to_string(), "a", "short", "short", 422),
        (token.to_string(), "a", PASSWORD, "another long one", 422),
        (token.to_string(), "\u{202e}a", PASSWORD, PASSWORD, 422),
    ];
    for (token, name, password, again, want) in rows {
        let fields = [("token", token.as_str()), ("name", name), ("password", password), ("again", again)];
        assert_eq!(browser.submit(&link, "/setup", &fields).status, want, "{name} {password}");
    }
    assert!(!browser.cookies.contains_key("tenpu_session"));
}

#[test]
fn signing_in_and_out() {
    let (desk, _) = opened("en");
    assert_eq!(sign_in(&desk, "山田", "wrong password").1, 401);
    assert_eq!(sign_in(&desk, "nobody", PASSWORD).1, 401);
    let (mut browser, status) = sign_in(&desk, " 山田 ", PASSWORD);
    assert_eq!(status, 303);
    assert_eq!(browser.get("/").status, 200);
    let before = browser.cookies.clone();
    assert_eq!(browser.submit("/", "/logout", &[]).status, 303);
    browser.cookies = before;
    let answer = browser.get("/messages/1?x=%3C");
    assert_eq!((answer.status, answer.header("location")), (303, "/login?to=/messages/1%3Fx%3D%253C"));
}

#[test]
fn guessing_is_stopped() {
    let (desk, _) = opened("en");
    let statuses: Vec<u16> =
        (0..12).map(|n| sign_in(&desk, &format!("user{n}"), "some password").1).collect();
    assert_eq!(statuses[..10], [401; 10]);
    assert_eq!(statuses[10..], [429, 429]);
    assert_eq!(sign_in(&desk, "山田", PASSWORD).1, 429, "from that address nobody may try");
}

#[test]
fn a_new_password_ends_every_session() {
    let (desk, mut browser) = opened("en");
    let (mut other, _) = sign_in(&desk, "山田", PASSWORD);
    let new = "five words in a row";
    let change = |browser: &mut Browser, old: &str| {
        browser.submit("/password", "/password", &[("old", old), ("new", new), ("again", new)]).status
    };
    assert_eq!(change(&mut browser, "not the old one"), 422);
    assert_eq!(other.get("/").status, 200);
    assert_eq!(change(&mut browser, PASSWORD), 303);
    assert_eq!((other.get("/").status, browser.get("/").status), (303, 303));
    assert_eq!(sign_in(&desk, "山田", PASSWORD).1, 401);
    assert_eq!(sign_in(&desk, "山田", new).1, 303);
}

#[test]
fn forms_of_others_are_refused() {
    let (desk, mut browser) = opened("en");
    let csrf = browser.get("/upload").csrf();
    let without = browser.post("/logout", &[], &[]);
    assert_eq!(without.status, 403);
    assert!(without.text().contains("too old or was not made by this page"));
    assert_eq!(browser.post("/logout", &[("csrf", &"0".repeat(64))], &[]).status, 403);
    for header in [("Origin", "http://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")] {
        assert_eq!(browser.post("/logout", &[("csrf", &csrf)], &[header]).status, 403, "{header:?}");
    }
    assert_eq!(browser.upload("a.eml", b"Subject: x\r\n\r\nx", Some("")).status, 403);
    assert_eq!(browser.get("/").status, 200, "still signed in");
    let mut stranger = Browser::new(&desk, "en");
    assert_eq!(
        stranger.post("/login", &[("csrf", &csrf), ("name", "山田"), ("password", PASSWORD)], &[]).status,
        403
    );
    assert_eq!(stranger.upload("a.eml", b"Subject: x\r\n\r\nx", Some(&csrf)).status, 401);
    let origin = format!("http://{}", desk.address);
    assert_eq!(browser.post("/logout", &[("csrf", &csrf)], &[("Origin", &origin)]).status, 303);
}

#[test]
fn a_viewer_reads_and_uploads_nothing() {
    let (desk, mut browser) = opened("en");
    let page = checked(&mut browser, "a.eml", b"Subject: notes\r\nFrom: a@b.example\r\n\r\nhello\r\n");
    assert!(desk.add_user("見る人", "viewer", PASSWORD));
    assert!(!desk.add_user("見る人", "administrator", PASSWORD), "the name is taken");
    assert!(!desk.add_user("x", "viewer", "short") && !desk.add_user("y", "king", PASSWORD));
    let (mut viewer, status) = sign_in(&desk, "見る人", PASSWORD);
    assert_eq!(status, 303);
    let queue = viewer.get("/?state=all");
    assert!(queue.status == 200 && !queue.text().contains("href=\"/upload\""));
    assert_eq!(viewer.get(&page).status, 200);
    assert_eq!(viewer.get("/upload").status, 403);
    let csrf = queue.csrf();
    let refused = viewer.upload("a.eml", b"Subject: x\r\n\r\nx", Some(&csrf));
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("Your role does not allow this"));
}

#[test]
fn nobody_reads_without_signing_in() {
    let (desk, mut browser) = opened("en");
    let page = checked(&mut browser, "a.eml", b"Subject: notes\r\n\r\nhello\r\n");
    let mut stranger = Browser::new(&desk, "ja");
    for path in ["/", "/upload", &page, "/password"] {
        let answer = stranger.get(path);
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").starts_with("/login?to="), "{path}");
    }
    stranger.cookies.insert("tenpu_session".into(), "0".repeat(64));
    assert_eq!(stranger.get(&page).status, 303);
    assert_eq!(browser.get("/messages/none").status, 404);
    assert_eq!(browser.get("/nothing-here").status, 404);
}

/// Whether every address of the description but those that say so refuses who has no token.
fn asks_for_a_token(program: &mut Browser) {
    let open = program.get("/api/v1/openapi.json");
    let described: serde_json::Value = serde_json::from_slice(&open.body).unwrap();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let path = path.replace("{id}", "x").replace("{campaign}", "1").replace("{form}", "stix.json");
            let path = path.replace("{number}", "1").replace("{act}", "revoke");
            let answer = program.send(&method.to_uppercase(), &path, &[], b"x");
            let want = if operation["security"] == serde_json::json!([]) { 200 } else { 401 };
            assert_eq!(answer.status, want, "{method} {path}");
            if want == 401 {
                assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
                assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
            }
        }
    }
}

#[test]
fn programs_need_a_token_and_the_role_of_it() {
    let (desk, mut browser) = opened("en");
    let mut program = Browser::new(&desk, "en");
    asks_for_a_token(&mut program);
    let uploads = ("POST", "/api/v1/messages");
    // The session of a browser is no token.
    assert_eq!(browser.get("/api/v1/status").status, 401);

    let viewer = desk.token(&["add", "dashboard", "--role", "viewer"]).unwrap();
    let operator = desk.token(&["add", "gateway", "--role", "operator", "--account", "山田"]).unwrap();
    let mail = case("emotet-autoopen-continued-doc");
    let mut ask = |token: &str, method: &str, path: &str, body: &[u8]| {
        let token = format!("Bearer {}", token.trim());
        let answer = program.send(method, path, &[("Authorization", &token)], body);
        let json = serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default();
        (answer.status, json)
    };
    let (status, problem) = ask(&viewer, uploads.0, uploads.1, &mail);
    assert_eq!((status, problem["status"].as_i64()), (403, Some(403)), "{problem}");
    let (status, made) = ask(&operator, uploads.0, "/api/v1/messages?name=a.eml", &mail);
    assert_eq!((status, made["verdict"].as_str()), (201, Some("malicious")), "{made}");
    let id = made["id"].as_str().unwrap();
    let (status, stored) = ask(&viewer, "GET", &format!("/api/v1/messages/{id}"), b"");
    assert_eq!((status, &stored["report"]["path"]), (200, &serde_json::json!("a.eml")));
    assert_eq!(ask(&viewer, "GET", "/api/v1/messages?q=Invoice", b"").1["messages"][0]["id"], id);
    assert_eq!(ask(&viewer, "GET", "/api/v1/queue", b"").1["rows"][0]["lead"]["id"], id);
    assert_eq!(ask(&viewer, "GET", "/api/v1/status", b"").1["waiting"], 1);
    let decided = ask(&viewer, "GET", &format!("/api/v1/messages/{id}/decisions"), b"");
    assert_eq!(decided, (200, serde_json::json!({ "decisions": [] })));
    let campaign = format!("/api/v1/campaigns/{}", made["campaign"]);
    assert_eq!(ask(&viewer, "GET", &campaign, b"").1["messages"], 1);
    assert_eq!(ask(&viewer, "GET", &format!("{campaign}/export/stix.json"), b"").1["type"], "bundle");
    let sample = format!("/api/v1/messages/{id}/export/sample.zip");
    assert_eq!((ask(&viewer, "GET", &sample, b"").0, ask(&operator, "GET", &sample, b"").0), (403, 200));
    let long = format!("messages?q={}", "x".repeat(501));
    let wrong = ["messages?limit=0", "messages?limit=x", "queue?verdict=bad", "campaigns/x", "messages?x=1"];
    for path in wrong.into_iter().chain([long.as_str()]) {
        assert_eq!(ask(&viewer, "GET", &format!("/api/v1/{path}"), b"").0, 400, "{path}");
    }
    for path in ["messages/none", "messages/none/decisions", "campaigns/99", "nothing"] {
        assert_eq!(ask(&viewer, "GET", &format!("/api/v1/{path}"), b"").0, 404, "{path}");
    }
    assert_eq!(ask(&viewer, "DELETE", "/api/v1/messages", b"").0, 405);
    assert_eq!(ask(&operator, "POST", "/api/v1/messages", b"").0, 400);

    let listed = desk.token(&["list"]).unwrap();
    assert!(listed.contains("dashboard") && !listed.contains(viewer.trim()), "{listed}");
    let line = listed.lines().find(|line| line.ends_with("dashboard")).unwrap();
    assert!(desk.token(&["revoke", line.split('\t').next().unwrap()]).is_some());
    assert_eq!(ask(&viewer, "GET", "/api/v1/status", b"").0, 401);
    assert!(desk.token(&["add", "x", "--account", "nobody"]).is_none());
}
