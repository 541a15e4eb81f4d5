//! Decisions of programs: the acts of the pages under the same rules, and passwords with an upload.

use super::client::{Browser, Desk};
use super::decide::{Server, dangerous, held};
use super::{PASSWORD, case, set_up};
use serde_json::{Value, json};

/// A program with its token.
struct Program {
    browser: Browser,
    token: String,
}

impl Program {
    fn new(desk: &Desk, args: &[&str]) -> Self {
        let token = desk.token(&[&["add", "program"], args].concat()).unwrap();
        Self { browser: Browser::new(desk, "en"), token: format!("Bearer {}", token.trim()) }
    }

    fn send(&mut self, method: &str, path: &str, media_type: &str, body: &[u8]) -> (u16, Value) {
        let headers = [("Authorization", self.token.as_str()), ("Content-Type", media_type)];
        let answer = self.browser.send(method, &format!("/api/v1{path}"), &headers, body);
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    fn get(&mut self, path: &str) -> Value {
        let (status, told) = self.send("GET", path, "", b"");
        assert_eq!(status, 200, "{path} {told}");
        told
    }

    fn decide(&mut self, id: &str, what: &Value) -> (u16, Value) {
        let body = what.to_string();
        self.send("POST", &format!("/messages/{id}/decisions"), "application/json", body.as_bytes())
    }
}

#[test]
fn a_program_decides_once_it_confirms() {
    let server = Server::new();
    let (desk, mut browser) = set_up(Desk::with(&format!("smtp = \"{}\"", server.address)), "en");
    held(&desk, &mut browser, &dangerous(), "m-1", &["a@city.example"]);
    let mut program = Program::new(&desk, &["--role", "operator", "--account", "山田"]);
    let (status, plan) = program.decide("m-1", &json!({ "act": "release" }));
    assert_eq!((status, &plan["done"], &plan["possible"]), (200, &json!(false), &json!(true)), "{plan}");
    assert_eq!(plan["recipients"], json!(["a@city.example"]));
    assert!(plan["effects"].to_string().contains("cannot be called back"), "{plan}");
    assert_eq!(program.get("/messages/m-1/decisions")["decisions"], json!([]), "to ask decides nothing");

    let release = json!({ "act": "release", "comment": "asked by phone", "confirm": true });
    let (status, done) = program.decide("m-1", &release);
    assert_eq!((status, &done["done"], &done["message"]["action"]), (200, &json!(true), &json!("release")));
    assert_eq!(done["decisions"][0]["account"], "山田");
    assert!(server.ended(1)[0].contains("RCPT TO:<a@city.example>"));
    let (status, problem) = program.decide("m-1", &release);
    assert_eq!((status, problem["status"].as_i64()), (409, Some(409)), "{problem}");
    let log = browser.get("/audit").text().to_string();
    assert!(log.contains("(token 1)") && log.contains("asked by phone"), "{log}");

    let marks = json!({ "act": "false-alarm", "scope": "campaign", "confirm": true });
    assert_eq!(program.decide("m-1", &marks).0, 200);
    for (id, what, want) in [
        ("none", json!({ "act": "keep", "confirm": true }), 404),
        ("m-1", json!({ "act": "burn" }), 400),
        ("m-1", json!({ "act": "keep", "days": 30 }), 400),
        ("m-1", json!({ "act": 1 }), 422),
        ("m-1", json!({ "act": "missed", "confirm": true }), 409),
    ] {
        assert_eq!(program.decide(id, &what).0, want, "{id} {what}");
    }
    let path = "/messages/m-1/decisions";
    assert_eq!(program.send("POST", path, "application/json", b"{").0, 400);
    assert_eq!(program.send("POST", path, "text/plain", b"{}").0, 415);
}

#[test]
fn the_rule_of_two_persons_holds_for_programs() {
    let server = Server::new();
    let section = format!("two_person = true\nsmtp = \"{}\"", server.address);
    let (desk, mut browser) = set_up(Desk::with(&section), "en");
    assert!(desk.add_user("佐藤", "operator", PASSWORD));
    held(&desk, &mut browser, &dangerous(), "m-1", &["a@city.example"]);
    let mut first = Program::new(&desk, &["--role", "operator", "--account", "山田"]);
    let mut again = Program::new(&desk, &["--role", "operator", "--account", "山田"]);
    let mut second = Program::new(&desk, &["--role", "operator", "--account", "佐藤"]);
    let release = json!({ "act": "release", "confirm": true });
    assert_eq!(first.decide("m-1", &release).1["decisions"][0]["act"], "ask-release");
    for same in [&mut first, &mut again] {
        assert_eq!(same.decide("m-1", &release).0, 409, "another token of the account is no second person");
    }
    let except = json!({
        "act": "exception", "what": "macro-hash", "days": 30, "comment": "a partner", "confirm": true
    });
    assert_eq!(first.decide("m-1", &except).0, 200);
    let listed = &first.get("/exceptions")["exceptions"][0];
    assert_eq!((&listed["approved_by"], &listed["asked_by"]), (&json!(""), &json!("山田")), "{listed}");
    let approve = format!("/exceptions/{}/approve", listed["number"]);
    assert_eq!(again.send("POST", &approve, "", b"").0, 409);
    let (status, approved) = second.send("POST", &approve, "", b"");
    assert_eq!((status, &approved["approved_by"]), (200, &json!("佐藤")), "{approved}");
    let revoke = format!("/exceptions/{}/revoke", approved["number"]);
    assert_eq!(first.send("POST", &revoke, "", b"").1["is_revoked"], true);
    assert_eq!(first.send("POST", "/exceptions/99/revoke", "", b"").0, 404);
    assert_eq!(first.send("POST", &format!("/exceptions/{}/burn", approved["number"]), "", b"").0, 404);
    assert!(server.ended(0).is_empty());
    assert_eq!(second.decide("m-1", &release).1["message"]["action"], "release");
    server.ended(1);
}

#[test]
fn a_token_can_be_limited_to_reading() {
    let (desk, mut browser) = set_up(Desk::new(), "en");
    held(&desk, &mut browser, &dangerous(), "m-1", &["a@city.example"]);
    let args = ["--role", "operator", "--account", "山田", "--read-only"];
    let mut reader = Program::new(&desk, &args);
    assert_eq!(reader.get("/messages/m-1")["id"], "m-1");
    assert_eq!(reader.send("GET", "/messages/m-1/export/sample.zip", "", b"").0, 200, "an operator reads it");
    assert_eq!(reader.decide("m-1", &json!({ "act": "keep", "confirm": true })).0, 403);
    assert_eq!(reader.send("POST", "/messages", "message/rfc822", &dangerous()).0, 403);
    assert!(desk.token(&["list"]).unwrap().contains("operator, read only"));
    assert!(browser.get("/users").text().contains("reads only"));
}

#[test]
fn passwords_come_with_an_upload() {
    let (desk, _) = set_up(Desk::new(), "en");
    let mut program = Program::new(&desk, &["--role", "operator", "--account", "山田"]);
    let form = |fields: &[(&str, &[u8])]| {
        let mut body = Vec::new();
        for (head, content) in fields {
            let head = format!("--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            body.extend_from_slice(&[head.as_bytes(), content, b"\r\n"].concat());
        }
        [&body[..], b"--edge--\r\n"].concat()
    };
    let mail = case("locked-zip-names-program");
    let file = ("name=\"file\"; filename=\"locked.eml\"", &mail[..]);
    let right = ("name=\"password\"", &b"not written anywhere here"[..]);
    let mut upload =
        |body: &[u8]| program.send("POST", "/messages", "multipart/form-data; boundary=edge", body);
    let (status, shut) = upload(&form(&[file, ("name=\"password\"", b"wrong")]));
    assert_eq!((status, &shut["report"]["passwords"]), (201, &json!([])), "{shut}");
    let (status, open) = upload(&form(&[right, file]));
    assert_eq!((status, &open["report"]["path"]), (201, &json!("locked.eml")));
    assert_eq!(open["report"]["passwords"][0]["password"], "not written anywhere here", "{open}");
    for wrong in [form(&[right]), form(&[("name=\"x\"", b"y"), file]), b"--edge".to_vec(), Vec::new()] {
        assert_eq!(upload(&wrong).0, 400, "{}", String::from_utf8_lossy(&wrong));
    }
}

#[test]
fn addresses_that_only_stand_in_a_text_are_found_and_not_handed_on() {
    let (desk, mut browser) = set_up(Desk::new(), "en");
    let mut program = Program::new(&desk, &["--role", "operator", "--account", "山田"]);
    let mail = b"From: a@b.example\r\nSubject: Catalogue\r\nContent-Type: text/html\r\n\r\n\
        <p>Our <a href=\"https://spring.shop.example/2022?a=1\">catalogue</a></p>\r\n";
    let (status, made) = program.send("POST", "/messages", "message/rfc822", mail);
    assert_eq!((status, &made["verdict"], &made["report"]["indicators"]), (201, &json!("clean"), &json!([])));
    for query in
        ["spring.shop.example", "https%3A%2F%2Fspring.shop.example%2F2022", "hxxps%3A%2F%2Fspring%5B.%5Dshop"]
    {
        let found = program.get(&format!("/messages?q={query}"));
        assert_eq!(found["messages"].as_array().unwrap().len(), 1, "{query}");
    }
    assert!(browser.get("/search?q=spring.shop.example").text().contains("Catalogue"));
    for form in ["stix.json", "misp.json", "indicators.csv"] {
        let path = format!("/messages/{}/export/{form}", made["id"].as_str().unwrap());
        let answer = browser.get(&path);
        assert!(answer.status == 200 && !answer.text().contains("spring.shop.example"), "{}", answer.text());
    }
}
