//! Releases: what was held is delivered once, whoever asks, leaves, or is stopped in between.

use super::answers::page_with;
use super::client::{Browser, Desk};
use super::decide::{Server, dangerous, decided, held};
use super::ways::{Manner, mail_server_like, next, no_other};
use super::{PASSWORD, checked, opened, set_up, sign_in};
use std::io::{BufRead, BufReader, Write};
use std::sync::Arc;
use tenpu::store::{Begun, Store};

#[test]
fn an_operator_releases_a_mail_that_was_held() {
    let server = Server::new();
    let (desk, mut browser) = set_up(Desk::with(&format!("smtp = \"{}\"", server.address)), "en");
    let mail = dangerous();
    let page = held(&desk, &mut browser, &mail, "m-1", &["a@city.example", "B@city.example"]);
    let before = browser.get(&page);
    assert!(before.text().contains("/messages/m-1/decide/release") && before.text().contains("quarantined"));
    let ask = browser.get(&format!("{page}/decide/release"));
    assert!(ask.text().contains("a@city.example") && ask.text().contains("This cannot be undone."));
    assert!(ask.text().contains("43F7A98CDBF"), "the copy in the queue of the server is told");
    assert!(server.sessions().is_empty(), "to look delivers nothing");

    *server.refuses.lock().unwrap() = true;
    let refused = browser.submit(
        &format!("{page}/decide/release"),
        &format!("{page}/decide/release"),
        &[("comment", "asked by phone")],
    );
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("RCPT a@city.example: 550 5.7.1 &#60;not&#62; today"));
    assert!(!browser.get(&page).text().contains("<b>delivered</b>"), "nothing is marked");
    *server.refuses.lock().unwrap() = false;

    assert_eq!(decided(&mut browser, &page, "release", &[("comment", "asked by phone")]), 303);
    let said = server.ended(2).pop().unwrap();
    let (envelope, rest) = said.split_once("DATA\r\n").unwrap();
    assert!(envelope.contains("MAIL FROM:<bounce@foreign.example>"));
    assert!(envelope.contains("RCPT TO:<a@city.example>\r\nRCPT TO:<B@city.example>\r\n"));
    let body = rest.split("\r\n.\r\n").next().unwrap();
    let note = "X-Tenpu-Released: m-1 by\r\n =?utf-8?q?=E5=B1=B1=E7=94=B0?=\r\n";
    let sent = body.strip_prefix(note).unwrap().replace("\r\n..", "\r\n.");
    assert_eq!(format!("{sent}\r\n").trim_end(), String::from_utf8(mail).unwrap().trim_end());

    let after = browser.get(&page);
    assert!(
        after.text().contains("<b>delivered</b> <bdi>山田</bdi>") && after.text().contains("asked by phone")
    );
    assert!(!after.text().contains("decide/release"));
    assert_eq!(decided_again(&mut browser, &page), 422);
    assert_eq!(server.ended(2).len(), 2, "it is delivered once");
    let log = browser.get("/audit");
    for act in ["release-begun", "release-failed", "\"release\""] {
        assert!(log.text().contains(act), "{act} in {}", log.text());
    }
}

/// Sends the form of a release once more.
pub(super) fn decided_again(browser: &mut Browser, page: &str) -> u16 {
    let path = format!("{page}/decide/release");
    browser.submit(page, &path, &[]).status
}

#[test]
fn what_was_not_held_cannot_be_released() {
    let server = Server::new();
    let (desk, mut browser) = set_up(Desk::with(&format!("smtp = \"{}\"", server.address)), "en");
    let page = checked(&mut browser, "a.eml", &dangerous());
    assert!(browser.get(&page).text().contains("This mail was not held back here"));
    assert_eq!(decided_again(&mut browser, &page), 422);
    assert!(server.sessions().is_empty());
    assert_eq!(browser.get(&format!("{page}/decide/nonsense")).status, 404);
    let (desk, mut browser) = {
        drop(desk);
        opened("en")
    };
    let page = held(&desk, &mut browser, &dangerous(), "m-1", &["a@city.example"]);
    assert!(browser.get(&page).text().contains("Not configured"));
    assert_eq!(decided_again(&mut browser, &page), 422);
}

#[test]
fn who_asks_for_a_campaign_approves_nothing() {
    let server = Server::new();
    let section = format!("smtp = \"{}\"\ntwo_person = true", server.address);
    let (desk, mut browser) = set_up(Desk::with(&section), "en");
    assert!(desk.add_user("second", "operator", PASSWORD));
    let (mut second, _) = sign_in(&desk, "second", PASSWORD);
    let pages =
        [1, 2].map(|n| held(&desk, &mut browser, &dangerous(), &format!("m-{n}"), &["a@city.example"]));
    assert_eq!(decided(&mut second, &pages[1], "release", &[]), 303);
    let ask = browser.get(&format!("{}/decide/release", pages[0]));
    assert!(!ask.text().contains("This cannot be undone."), "{}", ask.text());
    assert_eq!(decided(&mut browser, &pages[0], "release", &[("scope", "campaign")]), 303);
    assert!(server.sessions().is_empty(), "nothing was said of a delivery");
    assert!(second.get(&pages[1]).text().contains("You asked for it"));
    assert_eq!(decided(&mut browser, &pages[1], "release", &[]), 303);
    assert_eq!(decided(&mut second, &pages[0], "release", &[]), 303);
    server.ended(2);
}

#[test]
fn a_release_goes_on_when_its_page_is_left() {
    let manner = Arc::new(Manner { is_slow: true.into(), ..Manner::default() });
    let (server, mails) = mail_server_like(&manner);
    let (desk, mut browser) = set_up(Desk::with(&format!("smtp = \"{server}\"")), "en");
    let page = held(&desk, &mut browser, &dangerous(), "m-1", &["a@city.example"]);
    let act = format!("{page}/decide/release");
    let body = format!("csrf={}", browser.get(&act).csrf());
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let left = browser.begin("POST", &act, &form, body.as_bytes());
    // The server has the mail and has not said so.
    let (envelope, _) = next(&mails);
    assert_eq!(envelope[2], "RCPT TO:<a@city.example>");
    drop(left);
    page_with(&mut browser, &page, "<b>delivered</b>");
    no_other(&mails);
}

/// As if the desk, or another one on its store, had been stopped while it delivered.
#[test]
fn a_release_that_was_broken_off_is_told_and_not_repeated_at_once() {
    let server = Server::new();
    let (desk, mut browser) = set_up(Desk::with(&format!("smtp = \"{}\"", server.address)), "ja");
    let page = held(&desk, &mut browser, &dangerous(), "m-1", &["a@city.example"]);
    let unknown = "終わったかどうか分かりません";
    assert!(!browser.get(&page).text().contains(unknown));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&format!("sqlite:{}", desk.store().display()), None).await.unwrap();
        assert_eq!(store.begin_release("m-1", "佐藤", "to a@city.example").await.unwrap(), Begun::Now);
        assert!(matches!(store.begin_release("m-1", "佐藤", "").await.unwrap(), Begun::Since(_)));
        store.close().await;
    });
    let act = format!("{page}/decide/release");
    assert!(browser.get(&page).text().contains(unknown) && browser.get(&act).text().contains(unknown));
    let refused = browser.submit(&act, &act, &[]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("まだ終わっていません"), "{}", refused.text());
    assert!(server.sessions().is_empty(), "it is not delivered once more");
}

/// A server that takes the mail and goes away.
#[test]
fn a_release_without_an_answer_may_have_arrived() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
        let say = |text: &[u8]| (&stream).write_all(text).unwrap();
        say(b"220 mx\r\n");
        while let Some(line) = lines.next() {
            let is_data = line == "DATA";
            say(if is_data { b"354 go on\r\n" } else { b"250-mx\r\n250 8BITMIME\r\n" });
            if is_data {
                lines.by_ref().take_while(|line| line != ".").for_each(drop);
                return;
            }
        }
    });
    let (desk, mut browser) = set_up(Desk::with(&format!("smtp = \"{address}\"")), "en");
    let page = held(&desk, &mut browser, &dangerous(), "m-1", &["a@city.example"]);
    let act = format!("{page}/decide/release");
    let told = browser.submit(&act, &act, &[]);
    assert_eq!(told.status, 422);
    assert!(told.text().contains("it may have arrived") && !told.text().contains("It was not delivered"));
    assert!(browser.get(&page).text().contains("how it ended is not known"));
    assert!(browser.get("/audit").text().contains("release-unclear"));
}
