//! The other ways in and out: mails that staff report, passwords that come in a second mail, whom to warn, status, help.

use super::client::{Browser, Desk, PATIENCE};
use super::{PASSWORD, case, checked, opened, set_up, sign_in};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

/// A mail server that takes everything: the envelope and the text of each mail.
fn mail_server() -> (String, Receiver<(Vec<String>, String)>) {
    mail_server_like(&Arc::default())
}

/// How a mail server behaves.
#[derive(Default)]
pub(super) struct Manner {
    /// It closes every connection at once.
    pub(super) is_away: AtomicBool,
    /// It takes a while to say that it has a mail.
    pub(super) is_slow: AtomicBool,
}

/// The same with a manner.
pub(super) fn mail_server_like(manner: &Arc<Manner>) -> (String, Receiver<(Vec<String>, String)>) {
    let manner = manner.clone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (send, mails) = channel();
    spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if !manner.is_away.load(Ordering::SeqCst) {
                // A desk that is killed says no farewell, and the next one is served all the same.
                let _cut = converse(&stream, &manner, &send);
            }
        }
    });
    (address, mails)
}

fn converse(stream: &TcpStream, manner: &Manner, mails: &Sender<(Vec<String>, String)>) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines().map_while(Result::ok);
    let say = |text: &str| (&*stream).write_all(format!("{text}\r\n").as_bytes());
    say("220 mx.city.example")?;
    let mut envelope = Vec::new();
    while let Some(line) = lines.next() {
        match line.as_str() {
            "DATA" => {
                say("354 go on")?;
                let mail: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                mails.send((envelope.clone(), mail.join("\n"))).unwrap();
                if manner.is_slow.load(Ordering::SeqCst) {
                    sleep(Duration::from_secs(2));
                }
                say("250 queued")?;
            }
            "QUIT" => break,
            _ => {
                envelope.push(line);
                say("250 ok")?;
            }
        }
    }
    Ok(())
}

/// The next mail that a server was given.
pub(super) fn next(mails: &Receiver<(Vec<String>, String)>) -> (Vec<String>, String) {
    mails.recv_timeout(PATIENCE).unwrap()
}

/// That a server that still listens is given none for a while.
pub(super) fn no_other(mails: &Receiver<(Vec<String>, String)>) {
    let other = mails.recv_timeout(Duration::from_secs(2));
    assert_eq!(other, Err(RecvTimeoutError::Timeout), "another answer");
}

/// A desk with a mailbox for reports, and the mails that it sends.
fn reporting() -> (Desk, Browser, Receiver<(Vec<String>, String)>) {
    let (server, mails) = mail_server();
    let (desk, browser) = reporting_to(&server);
    (desk, browser, mails)
}

/// The same with a mail server.
pub(super) fn reporting_to(server: &str) -> (Desk, Browser) {
    let desk = Desk::configured(|folder| {
        for part in ["new", "cur", "tmp"] {
            fs::create_dir_all(folder.join("report").join(part)).unwrap();
        }
        format!(
            "[desk]\nreports = \"report\"\nsmtp = \"{server}\"\nanswer_from = \"helpdesk@city.example\"\n\
             contact = \"内線1234\"\nlmtp = \"unix:lmtp.sock\"\n"
        )
    });
    set_up(desk, "en")
}

pub(super) fn deliver(desk: &Desk, name: &str, mail: &[u8]) {
    fs::write(desk.folder.join("report/tmp").join(name), mail).unwrap();
    let place = |part: &str| desk.folder.join("report").join(part).join(name);
    fs::rename(place("tmp"), place("new")).unwrap();
}

/// Waits until a report was looked at.
pub(super) fn settled(desk: &Desk, name: &str) {
    let place = desk.folder.join("report/cur").join(format!("{name}:2,S"));
    let until = Instant::now() + PATIENCE;
    while !place.exists() {
        assert!(Instant::now() < until, "{name} stays in new");
        sleep(Duration::from_millis(50));
    }
}

/// A mail in which somebody hands on another one.
pub(super) fn report(from: &str, head: &str, text: &str, attached: &[u8]) -> Vec<u8> {
    let mut mail = format!(
        "Return-Path: <{from}>\r\nFrom: <{from}>\r\nTo: report@city.example\r\nSubject: Fwd: invoice\r\n\
         Message-ID: <1@city.example>\r\n{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n\
         --outer\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--outer\r\n\
         Content-Type: message/rfc822\r\n\r\n"
    )
    .into_bytes();
    mail.extend_from_slice(attached);
    mail.extend_from_slice(b"\r\n--outer--\r\n");
    mail
}

/// The text of an answer, out of its base64.
pub(super) fn text_of(mail: &str) -> String {
    let code = mail.split("\n\n").nth(1).unwrap();
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for letter in code.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        (bits, held) = (bits << 6 | u32::from(value), held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 255).unwrap());
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_reported_mail_is_looked_at_and_answered() {
    let (desk, mut browser, mails) = reporting();
    let inner = case("emotet-autoopen-continued-doc");
    deliver(&desk, "1.a", &report("hanako@city.example", "", "開いても大丈夫でしょうか", &inner));
    settled(&desk, "1.a");
    let queue = browser.get("/").text().to_string();
    assert!(queue.contains("Re: Invoice 20181114"), "{queue}");
    let page = queue.split("href=\"/messages/").nth(1).unwrap().split('"').next().unwrap().to_string();
    let message = browser.get(&format!("/messages/{page}"));
    assert!(message.text().contains("by hanako@city.example"), "{}", message.text());
    assert!(!message.text().contains("大丈夫でしょうか"), "the inner mail is what was scanned");

    let (envelope, mail) = next(&mails);
    assert_eq!(envelope[1..], ["MAIL FROM:<>", "RCPT TO:<hanako@city.example>"]);
    assert!(
        mail.contains("Auto-Submitted: auto-replied\n") && mail.contains("In-Reply-To: <1@city.example>\n")
    );
    let text = text_of(&mail);
    assert!(
        text.contains("■ 危険：ウイルスメールの可能性が高いです") && text.contains("今すること"),
        "{text}"
    );
    assert!(text.contains(&page) && text.contains("内線1234"), "{text}");

    // In English; and nothing to programs and strangers, although their mails are looked at.
    let stranger = report("x@foreign.example", "", "look", &inner);
    deliver(&desk, "2.a", &stranger);
    deliver(&desk, "3.a", &report("list@city.example", "Auto-Submitted: auto-generated\r\n", "look", &inner));
    deliver(
        &desk,
        "4.a",
        &report("jiro@city.example", "", "May I open this?", b"Subject: notes\r\n\r\nhello"),
    );
    for name in ["2.a", "3.a", "4.a"] {
        settled(&desk, name);
    }
    let (envelope, mail) = next(&mails);
    assert_eq!(envelope[2], "RCPT TO:<jiro@city.example>");
    assert!(text_of(&mail).contains("Nothing suspicious was found (this is no guarantee)."));
    no_other(&mails);
    assert!(browser.get("/?state=all").text().contains("×3"), "all of them are in the queue");

    let status = browser.get("/status").text().to_string();
    assert!(
        status.contains("4 mails since the start") && status.contains("helpdesk@city.example"),
        "{status}"
    );
}

#[test]
fn what_was_forwarded_inline_is_looked_at_as_it_is() {
    let (desk, mut browser, mails) = reporting();
    let mail = String::from_utf8(case("emotet-autoopen-continued-doc")).unwrap();
    let at = mail.find("From: ").unwrap();
    let end = at + mail[at..].find("\n").unwrap();
    let mail = mail.replace(&mail[at..end], "From: <hanako@city.example>\r");
    deliver(&desk, "1.b", mail.as_bytes());
    settled(&desk, "1.b");
    assert!(browser.get("/").text().contains("Re: Invoice 20181114"));
    let text = text_of(&next(&mails).1);
    assert!(text.contains("■ Dangerous") && text.contains("as an attachment"), "{text}");
}

#[cfg(unix)]
#[test]
fn reports_come_over_lmtp_too() {
    let (desk, mut browser, mails) = reporting();
    let stream = std::os::unix::net::UnixStream::connect(desk.folder.join("lmtp.sock")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    let mut say = |text: &str, want: &str| {
        (&stream).write_all(text.as_bytes()).unwrap();
        let answer = lines.by_ref().find(|line| line.as_bytes().get(3) != Some(&b'-')).unwrap();
        assert!(answer.starts_with(want), "{text}: {answer}");
        answer
    };
    say("", "220");
    say("EHLO mx\r\n", "500");
    say("DATA\r\n", "503");
    say("LHLO mx\r\n", "250");
    say("MAIL FROM:<Hanako@city.example>\r\n", "250");
    say("RCPT TO:<>\r\n", "501");
    say("RCPT TO:<report@city.example>\r\n", "250");
    say("DATA\r\n", "354");
    let mut mail = report("hanako@city.example", "", "look", b"Subject: notes\r\n\r\nhello\r\n..two dots");
    mail.extend_from_slice(b".\r\n");
    let mail = std::str::from_utf8(&mail).unwrap();
    let answer = say(mail, "250");
    // A mail server that did not hear the answer sends it again, a while later.
    sleep(Duration::from_millis(1100));
    for (text, want) in
        [("MAIL FROM:<Hanako@city.example>\r\n", "250"), ("RCPT TO:<report@city.example>\r\n", "250")]
    {
        say(text, want);
    }
    say("DATA\r\n", "354");
    assert_eq!(say(mail, "250"), answer);
    say("QUIT\r\n", "221");
    let id = answer.rsplit(' ').next().unwrap();
    let page = browser.get(&format!("/messages/{id}"));
    assert!(page.text().contains("notes") && page.text().contains(".two dots"), "{}", page.text());
    let (envelope, _) = next(&mails);
    assert_eq!(envelope[2], "RCPT TO:<hanako@city.example>");
    no_other(&mails);
}

/// The mail that tells the password of another case.
const PASSWORD_MAIL: &str = "From: fujii@seto-kaikei.example\r\nTo: nakamura@aoba-seisakusho.example\r\n\
    Subject: =?utf-8?B?44OR44K544Ov44O844OJ44Gu44GK55+l44KJ44Gb?=\r\nDate: Tue, 19 Apr 2022 13:07:00 +0900\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n先ほどの資料のパスワードです。\r\n\r\n\
    パスワード：Tk7#mWq2\r\n";

#[test]
fn a_password_in_another_upload_opens_the_archive() {
    let locked = case("harmless-ppap-second-mail");
    for is_first in [true, false] {
        let (_desk, mut browser) = opened("en");
        if !is_first {
            checked(&mut browser, "password.eml", PASSWORD_MAIL.as_bytes());
        }
        let page = checked(&mut browser, "locked.eml", &locked);
        let before = browser.get(&page).text().to_string();
        assert_eq!(
            before.contains("附属明細書.docx") && before.contains("Nothing suspicious"),
            !is_first,
            "{before}"
        );
        if is_first {
            assert!(browser.get("/").text().contains("1 waiting"));
            checked(&mut browser, "password.eml", PASSWORD_MAIL.as_bytes());
        }
        let after = browser.get(&page).text().to_string();
        assert!(after.contains("附属明細書.docx") && after.contains("Nothing suspicious"), "{after}");
        assert!(browser.get("/").text().contains("0 waiting"));
    }
}

#[test]
fn whom_to_warn() {
    let mail = |from: &str, to: &str, day: u32| {
        format!("From: {from}\nTo: {to}\nDate: {day} Mar 2022 09:00:00 +0900\nSubject: x\n\ntext\n")
    };
    let desk = Desk::configured(|folder| {
        for (n, (user, day)) in [("taro", 1), ("taro", 20), ("jiro", 2)].into_iter().enumerate() {
            let place = folder.join("vmail").join(user).join("Maildir");
            fs::create_dir_all(place.join("new")).unwrap();
            fs::create_dir_all(place.join("cur")).unwrap();
            let other = format!("\"<b>Partner{n}</b>\" <p{n}@partner.example>");
            fs::write(place.join(format!("cur/{n}:2,S")), mail(&other, &format!("{user}@city.example"), day))
                .unwrap();
        }
        "[desk]\nmailboxes = [\"vmail/*/Maildir\"]\n".to_string()
    });
    let (desk, mut browser) = set_up(desk, "en");
    let form = browser.get("/exposure").text().to_string();
    assert_eq!(form.matches("Maildir\"").count(), 2, "{form}");
    let taro = desk.folder.join("vmail/taro/Maildir");
    let taro = taro.to_str().unwrap().as_bytes();
    let made = browser.submit_parts(
        "/exposure",
        &[("mailbox", taro), ("until", b"2022-03-10"), ("owner", b"taro@city.example")],
    );
    assert_eq!(made.status, 303, "{}", made.text());
    let place = made.header("location").to_string();
    let list = browser.get(&place).text().to_string();
    assert!(list.contains("1 person to warn"), "{list}");
    assert!(list.contains("p0@partner.example") && !list.contains("p1@") && !list.contains("<b>"), "{list}");
    assert!(
        list.contains("Please beware of mails sent under our name") && list.contains("taro@city.example")
    );
    let csv = browser.get(&format!("{place}/list.csv"));
    assert!(csv.header("content-disposition").starts_with("attachment"));
    assert!(
        csv.text().contains("p0@partner.example,<b>Partner0</b>,0,1,0,2022-03-01,2022-03-01,"),
        "{}",
        csv.text()
    );

    let mbox: String = (0..150)
        .map(|n| {
            format!(
                "From x Fri Mar  4 09:12:00 2022\n{}\n",
                mail(&format!("q{n}@a.example"), "me@city.example", 3)
            )
        })
        .collect();
    let made = browser.submit_parts("/exposure", &[("mailbox", b""), ("file", mbox.as_bytes())]);
    let place = made.header("location").to_string();
    let (first, second) = (browser.get(&place), browser.get(&format!("{place}?page=2")));
    assert!(first.text().contains("150 people to warn") && first.text().contains("Page 1 of 2"));
    assert_eq!(
        (first.text().matches("@a.example").count(), second.text().matches("@a.example").count()),
        (100, 50)
    );

    // Nothing but what is configured, and nobody else's lists.
    for fields in
        [&[("mailbox", &b"/etc"[..])][..], &[("mailbox", b""), ("since", b"soon")], &[("mailbox", b"")]]
    {
        assert_eq!(browser.submit_parts("/exposure", fields).status, 422, "{fields:?}");
    }
    assert!(desk.add_user("other", "operator", PASSWORD) && desk.add_user("viewer", "viewer", PASSWORD));
    assert_eq!(sign_in(&desk, "other", PASSWORD).0.get(&place).status, 404);
    let (mut viewer, _) = sign_in(&desk, "viewer", PASSWORD);
    assert_eq!(
        (viewer.get("/exposure").status, viewer.get("/status").status, viewer.get("/help").status),
        (403, 403, 200)
    );
}

#[test]
fn status_and_help_in_both_languages() {
    let (_desk, mut browser) = opened("ja");
    checked(&mut browser, "a.eml", &case("emotet-autoopen-continued-doc"));
    let (status, help) = (browser.get("/status").text().to_string(), browser.get("/help").text().to_string());
    assert!(
        status.contains("判断待ち") && status.contains("アップロード") && status.contains("制限なし"),
        "{status}"
    );
    assert!(
        help.contains("Ctrl+Alt+F") && help.contains("■ 危険") && help.contains("添付ファイルとして転送")
    );
    browser.get("/language/en?back=%2F");
    assert!(browser.get("/status").text().contains(env!("CARGO_PKG_VERSION")));
    assert!(browser.get("/help").text().contains("Forward as attachment"));
}
