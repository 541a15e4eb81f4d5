//! Answers to reporters outlive the desk, and go out once.

use super::client::{Browser, PATIENCE};
use super::ways::{
    Manner, deliver, mail_server_like, next, no_other, report, reporting_to, settled, text_of,
};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A page once it says something.
pub(super) fn page_with(browser: &mut Browser, path: &str, wanted: &str) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let text = browser.get(path).text().to_string();
        if text.contains(wanted) {
            return text;
        }
        assert!(Instant::now() < until, "{wanted} not in {text}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_answer_outlives_the_desk_and_goes_out_once() {
    let manner = Arc::new(Manner { is_away: true.into(), ..Manner::default() });
    let (server, mails) = mail_server_like(&manner);
    let (desk, mut browser) = reporting_to(&server);
    deliver(&desk, "1.c", &report("hanako@city.example", "", "look", b"Subject: notes\r\n\r\nhello"));
    settled(&desk, "1.c");
    let status = page_with(&mut browser, "/status", "has to wait: ");
    assert!(status.contains("<dd>1; the oldest since "), "{status}");

    let cookies = browser.cookies.clone();
    let desk = desk.restarted_after(|| manner.is_away.store(false, Ordering::SeqCst));
    let mut browser = Browser::new(&desk, "en");
    browser.cookies = cookies;
    let (envelope, mail) = next(&mails);
    assert_eq!(envelope[2], "RCPT TO:<hanako@city.example>");
    assert!(text_of(&mail).contains("Nothing suspicious was found"), "{mail}");
    page_with(&mut browser, "/status", "Answers that wait for the mail server</dt><dd>0</dd>");
    assert_eq!(browser.get("/audit").text().matches("answered a report").count(), 1);

    // As if the desk had been stopped before the mail was moved: it is handled once more, and not answered.
    let place = |name: &str| desk.folder.join("report").join(name);
    fs::rename(place("cur/1.c:2,S"), place("new/1.c")).unwrap();
    settled(&desk, "1.c");
    assert_eq!(browser.get("/audit").text().matches("received a report").count(), 2);
    let cookies = browser.cookies.clone();
    let desk = desk.restarted();
    let mut browser = Browser::new(&desk, "en");
    browser.cookies = cookies;
    no_other(&mails);
    assert_eq!(browser.get("/audit").text().matches("answered a report").count(), 1);
}

/// A desk that is told to stop while the server has a letter, but has not said so, waits for its word.
#[cfg(unix)]
#[test]
fn an_answer_under_way_is_not_sent_again_after_a_restart() {
    let manner = Arc::new(Manner { is_slow: true.into(), ..Manner::default() });
    let (server, mails) = mail_server_like(&manner);
    let (desk, mut browser) = reporting_to(&server);
    deliver(&desk, "1.d", &report("hanako@city.example", "", "look", b"Subject: notes\r\n\r\nhello"));
    next(&mails);
    let cookies = std::mem::take(&mut browser.cookies);
    let desk = desk.restarted_gently();
    let mut browser = Browser::new(&desk, "en");
    browser.cookies = cookies;
    let status = browser.get("/status").text().to_string();
    assert!(status.contains("Answers that wait for the mail server</dt><dd>0</dd>"), "{status}");
    assert_eq!(browser.get("/audit").text().matches("answered a report").count(), 1);
    no_other(&mails);
}
