//! Messages: stored, found, folded, forgotten.

use super::place::Database;
use tenpu::artifact::Tree;
use tenpu::detect::Strength;
use tenpu::report::{ArtifactEntry, FindingEntry, Indicator, PasswordEntry, Report, UnreadEntry};
use tenpu::store::{Answered, Filter, NewMessage, Order, Page, Retention, Source, State, Store};
use tenpu::verdict::Verdict;

pub(crate) const DAY: i64 = 86_400;

/// 2022-03-04 09:12 in Japan.
pub(crate) const TIME: i64 = 1_646_352_720;

/// A report that says nothing but its verdict.
pub(crate) fn report(subject: &str, verdict: Verdict, score: u8) -> Report {
    let mut report = Report::new("mail/1.eml", 0, &Tree::default(), &[]);
    report.subject = Some(subject.into());
    report.from = Some("佐藤 太郎 <Sato@city.example>".into());
    report.to = vec!["Tanaka <tanaka@town.example>".into()];
    report.message_id = Some("<1@city.example>".into());
    (report.verdict, report.score, report.complete) = (verdict, score, verdict != Verdict::Unverified);
    report.artifacts.push(artifact(0, None, "", "eml", "file", "aa"));
    report
}

pub(crate) fn artifact(
    id: usize,
    parent: Option<usize>,
    name: &str,
    format: &'static str,
    via: &'static str,
    digit: &str,
) -> ArtifactEntry {
    let sha256 = digit.repeat(64 / digit.len());
    ArtifactEntry { id, parent, name: name.into(), format, size: 500, sha256, via, damage: Vec::new() }
}

/// A dangerous mail: a locked archive whose password was found, with a macro inside.
pub(crate) fn dangerous(subject: &str, file: &str, code: &str) -> Report {
    let mut report = report(subject, Verdict::Malicious, 90);
    report.artifacts.push(artifact(1, Some(0), "請求書_0304.zip", "zip", "attachment", file));
    report.artifacts.push(artifact(2, Some(1), "請求書 0304.xls", "xls", "zip", "22"));
    report.artifacts.push(artifact(3, Some(2), "Module1", "vba", "vba-module", code));
    report.findings.push(FindingEntry {
        id: "vba-autoexec-runs-command".into(),
        strength: Strength::Strong,
        artifact: 3,
        title: "A macro runs a command when the document is opened.".into(),
        title_ja: "開くと命令を実行するマクロ".into(),
        evidence: "Shell \"powershell S3cret!7\"".into(),
        attack: vec!["T1204.002".into()],
    });
    let url = "http://evil.example/a.exe?p=S3cret!7".to_string();
    report.indicators.push(Indicator { kind: "url", value: url, artifact: 3 });
    report.passwords.push(PasswordEntry {
        artifact: 1,
        password: "S3cret!7".into(),
        source: "body",
        place: "line 3".into(),
        scheme: "zip-crypto",
    });
    report
}

pub(crate) fn mail<'a>(raw: &'a [u8], report: &'a Report, received: i64) -> NewMessage<'a> {
    NewMessage {
        id: "",
        raw,
        report,
        source: Source::Milter,
        reporter: "",
        sender: "bounce@foreign.example",
        recipients: &[],
        client: "192.0.2.1",
        queue_id: "4K9xQ1",
        action: "quarantine",
        answered: Answered::No,
        received,
    }
}

async fn found(store: &Store, text: &str) -> Vec<String> {
    let listing = store.search(text, &Page::default()).await.unwrap();
    listing.rows.into_iter().map(|row| row.subject).collect()
}

pub(crate) async fn comes_back(database: Database) {
    let store = database.open().await;
    let report = dangerous("Re: 請求書の件 S3cret!7", "11", "33");
    let raw = b"Subject: x\r\n\r\nhello\0\xff\r\n".repeat(1000);
    let to = ["Suzuki@town.example".to_string(), "tanaka@TOWN.example".to_string()];
    let mail = NewMessage { id: "6221a5d0-1f-2a", recipients: &to, ..mail(&raw, &report, TIME) };
    assert_eq!(store.put(&mail).await.unwrap(), "6221a5d0-1f-2a");
    assert!(store.put(&mail).await.unwrap_err().to_string().contains("already"));
    store.close().await;
    let store = database.open().await;
    assert_eq!(store.raw("6221a5d0-1f-2a").await.unwrap().unwrap(), raw);
    let message = store.get("6221a5d0-1f-2a").await.unwrap();
    let as_value = |report: &Report| serde_json::to_value(report).unwrap();
    assert_eq!(as_value(&message.report), as_value(&report));
    assert_eq!(message.report.passwords[0].password, "S3cret!7");
    let summary = message.summary;
    assert_eq!((summary.verdict, summary.score, summary.state), (Verdict::Malicious, 90, State::Waiting));
    assert_eq!((summary.source, summary.received, summary.size), (Source::Milter, TIME, 23_000));
    assert_eq!(summary.subject, "Re: 請求書の件 [password]");
    assert_eq!(summary.shown_from, "佐藤 太郎 <Sato@city.example>");
    assert_eq!(
        (summary.address.as_str(), summary.sender.as_str()),
        ("sato@city.example", "bounce@foreign.example")
    );
    assert_eq!(
        (summary.rule.as_str(), summary.title_ja.as_str()),
        ("vba-autoexec-runs-command", "開くと命令を実行するマクロ")
    );
    assert_eq!(summary.trail, "請求書_0304.zip › 請求書 0304.xls › Module1");
    assert!(summary.is_kept && !summary.locked && summary.complete);
    assert_eq!(store.recipients(&summary.id).await.unwrap(), ["suzuki@town.example", "tanaka@town.example"]);
    let missing = store.get("nobody").await.unwrap_err();
    assert_eq!(missing.to_string(), "nobody: not in the store");
    assert!(store.raw("nobody").await.is_err());
    let clean = self::report("会議", Verdict::Clean, 0);
    let id = store.put(&self::mail(b"x", &clean, TIME)).await.unwrap();
    assert!(id.len() < 20 && store.summary(&id).await.unwrap().state == State::Filed, "{id}");
    store.set_action(&id, "release").await.unwrap();
    assert_eq!(store.summary(&id).await.unwrap().action, "release");
    store.close().await;
}

pub(crate) async fn is_secret(database: Database) {
    let store = database.open().await;
    let mut report = dangerous("pass S3cret!7", "11", "33");
    report.path = "mail/S3cret!7.eml".into();
    report.artifacts[1].name = "S3cret!7.zip".into();
    let raw = b"Subject: hidden words of a mail\r\n\r\nS3cret!7\r\n";
    let mail = NewMessage { sender: "S3cret!7@x.test", ..mail(raw, &report, TIME) };
    let id = store.put(&mail).await.unwrap();
    store.update_report(&id, &report).await.unwrap();
    assert_eq!(found(&store, "S3cret!7").await, [""; 0]);
    let pool = database.pool().await;
    let text = "SELECT m.id || path || reporter || client || queue_id || action || sender || shown_from || subject || \
                message_id || dated || title || title_ja || evidence || trail || body FROM messages m, texts";
    let columns: Vec<String> = sqlx::query_scalar(text).fetch_all(&pool).await.unwrap();
    assert!(columns[0].contains("[password]"), "{columns:?}");
    let names: Vec<String> =
        sqlx::query_scalar("SELECT name FROM artifacts UNION SELECT value FROM indicators")
            .fetch_all(&pool)
            .await
            .unwrap();
    let marks: Vec<String> =
        sqlx::query_scalar("SELECT mark FROM campaign_keys").fetch_all(&pool).await.unwrap();
    assert!(marks.len() > 3 && !marks.iter().any(|mark| mark.contains("s#cret")), "{marks:?}");
    let sealed: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT sealed FROM raws UNION ALL SELECT sealed FROM reports")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!((names.len(), sealed.len()), (6, 3));
    assert!(!columns.iter().chain(&names).any(|text| text.contains("S3cret")), "{columns:?} {names:?}");
    pool.close().await;
    store.close().await;
    if let Some(path) = database.url.strip_prefix("sqlite:") {
        let bytes = std::fs::read(path).unwrap();
        for word in [&b"S3cret"[..], b"hidden words"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word));
        }
        #[cfg(unix)]
        for path in [std::path::Path::new(path), &database.key] {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", path.display());
        }
    }
}

pub(crate) async fn hostile(database: Database) {
    let store = database.open().await;
    let texts = [
        "'; DROP TABLE messages; --",
        "\" OR 1=1 --",
        "%_%",
        "NEAR(a b) AND \"x* ^y:{z}",
        "$1 ?1 :name @x",
        "\0\u{1b}[31m\u{202e}gpj.exe",
        "<script>alert(1)</script>",
        "\\'; SELECT pg_sleep(9); --",
    ];
    for text in texts {
        let mut report = dangerous(text, "11", "33");
        report.artifacts[1].name = text.into();
        report.from = Some(text.into());
        report.message_id = Some(text.into());
        report.findings[0].id = text.into();
        report.indicators[0].value = text.into();
        let mail = NewMessage {
            sender: text,
            queue_id: text,
            client: text,
            action: text,
            ..mail(b"x", &report, TIME)
        };
        let id = store.put(&mail).await.unwrap();
        assert_eq!(store.get(&id).await.unwrap().report.subject.as_deref(), Some(text));
        assert!(!found(&store, text).await.is_empty(), "{text}");
        for subject in found(&store, text).await {
            assert!(!subject.contains(['\0', '\u{1b}', '\u{202e}']));
        }
        let filter = Filter { recipient_domain: text.into(), ..Filter::default() };
        assert!(
            store
                .queue(&filter, Order::Score, &Page { size: 5, after: text.into() })
                .await
                .unwrap()
                .rows
                .is_empty()
        );
        assert!(store.user(text).await.unwrap().is_none() && store.session(text).await.unwrap().is_none());
        assert!(store.with_file(text, &Page::default()).await.unwrap().rows.is_empty());
        assert_eq!(store.with_indicator(text, &Page::default()).await.unwrap().rows.len(), 1, "{text}");
        store.audit(text, text, text, text).await.unwrap();
    }
    assert_eq!(store.counts(0).await.unwrap().since, 8);
    assert_eq!(store.verify_audit().await.unwrap().sound, 8);
    // What is told apart from `%` and `_` is not a pattern.
    assert_eq!(found(&store, "%_%").await, ["%_%"]);
    store.close().await;
}

pub(crate) async fn searches(database: Database) {
    let store = database.open().await;
    store.put(&mail(b"1", &dangerous("Re: 請求書の件", "11", "33"), TIME)).await.unwrap();
    store.put(&mail(b"2", &report("Meeting Minutes", Verdict::Clean, 0), TIME)).await.unwrap();
    store.put(&mail(b"3", &report("ｶﾀｶﾅ 森 ①", Verdict::Clean, 0), TIME)).await.unwrap();
    let rows: [(&str, &[&str]); 20] = [
        ("請求書", &["Re: 請求書の件"]),
        ("請求", &["Re: 請求書の件"]),
        ("請", &["Re: 請求書の件"]),
        ("求請", &[]),
        ("evil.example/a.exe", &["Re: 請求書の件"]),
        ("vba-autoexec", &["Re: 請求書の件"]),
        ("0304.XLS", &["Re: 請求書の件"]),
        ("minutes MEETING", &["Meeting Minutes"]),
        ("minutes 請求書", &[]),
        ("ng", &["Meeting Minutes"]),
        ("カタカナ", &["ｶﾀｶﾅ 森 ①"]),
        ("森", &["ｶﾀｶﾅ 森 ①"]),
        ("1", &["ｶﾀｶﾅ 森 ①", "Meeting Minutes", "Re: 請求書の件"]),
        ("sato@CITY.example", &["ｶﾀｶﾅ 森 ①", "Meeting Minutes", "Re: 請求書の件"]),
        ("bounce@foreign", &["ｶﾀｶﾅ 森 ①", "Meeting Minutes", "Re: 請求書の件"]),
        ("tanaka@town.example 請求書の件", &["Re: 請求書の件"]),
        ("3333333333333333", &["Re: 請求書の件"]),
        ("zzzzqqqq", &[]),
        ("", &[]),
        ("　 ", &[]),
    ];
    for (query, want) in rows {
        assert_eq!(found(&store, query).await, want, "{query}");
    }
    assert_eq!(found(&store, &"33".repeat(32)).await, ["Re: 請求書の件"]);
    let page = store.search("city.example", &Page::first(2)).await.unwrap();
    assert_eq!(page.rows.len(), 2);
    let page = store.search("city.example", &Page { size: 2, after: page.next.unwrap() }).await.unwrap();
    assert_eq!((page.rows[0].subject.as_str(), page.rows.len(), page.next), ("Re: 請求書の件", 1, None));
    store.close().await;
}

pub(crate) async fn new_report(database: Database) {
    let store = database.open().await;
    let mut locked = report("見積書", Verdict::Unverified, 20);
    locked.unread.push(UnreadEntry { artifact: 0, reason: "encrypted", detail: String::new() });
    let id = store.put(&mail(b"raw", &locked, TIME)).await.unwrap();
    assert!(store.summary(&id).await.unwrap().locked);
    store.update_report(&id, &dangerous("見積書 S3cret!7", "11", "33")).await.unwrap();
    let message = store.get(&id).await.unwrap();
    assert_eq!(message.summary.subject, "見積書 [password]");
    let said: Vec<Verdict> = message.versions.iter().map(|version| version.verdict).collect();
    assert_eq!(said, [Verdict::Unverified, Verdict::Malicious]);
    assert_eq!(message.report.verdict, Verdict::Malicious);
    assert!(!message.summary.locked && message.summary.state == State::Waiting);
    assert_eq!(found(&store, "請求書 0304").await.len(), 1);
    let rows = store.queue(&Filter::default(), Order::Score, &Page::default()).await.unwrap().rows;
    assert_eq!((rows.len(), rows[0].lead.score, rows[0].lead.verdict), (1, 90, Verdict::Malicious));
    // What somebody decided stays decided; what is clean after all waits no longer.
    store.set_state(&id, State::Decided).await.unwrap();
    store.update_report(&id, &locked).await.unwrap();
    assert_eq!(store.summary(&id).await.unwrap().state, State::Decided);
    assert!(store.update_report("nobody", &locked).await.is_err());
    let again = NewMessage { source: Source::Scan, action: "", ..mail(b"raw", &locked, TIME) };
    let first = store.put(&again).await.unwrap();
    assert_eq!(store.put(&again).await.unwrap(), first, "a file that is scanned again is no second message");
    store.update_report(&first, &report("見積書", Verdict::Clean, 0)).await.unwrap();
    assert_eq!(store.summary(&first).await.unwrap().state, State::Filed);
    assert_eq!(store.get(&first).await.unwrap().versions.len(), 3);
    store.close().await;
}

pub(crate) async fn retention(database: Database) {
    let store = database.open().await;
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let mut ids = Vec::new();
    for (n, (verdict, age)) in
        [(Verdict::Clean, 40), (Verdict::Malicious, 30), (Verdict::Malicious, 20), (Verdict::Clean, 5)]
            .iter()
            .enumerate()
    {
        let mut raw = [0u8; 4096];
        raw.iter_mut()
            .enumerate()
            .for_each(|(at, byte)| *byte = u8::try_from((at * at * 31 + at * (n + 7)) % 251).unwrap());
        ids.push(store.put(&mail(&raw, &report("x", *verdict, 0), now - age * DAY)).await.unwrap());
    }
    store.set_state(&ids[2], State::Decided).await.unwrap();
    let kept = async || {
        let mut kept = Vec::new();
        for id in &ids {
            assert_eq!(store.raw(id).await.unwrap().is_some(), store.summary(id).await.unwrap().is_kept);
            kept.push(store.summary(id).await.unwrap().is_kept);
        }
        kept
    };
    assert_eq!(store.prune(Retention::default()).await.unwrap().mails, 0);
    let pruned = store.prune(Retention { days: Some(25), bytes: None }).await.unwrap();
    assert_eq!((pruned.mails, kept().await), (1, vec![false, true, true, true]));
    assert!(pruned.bytes > 0);
    let pruned = store.prune(Retention { days: Some(10), bytes: None }).await.unwrap();
    assert_eq!((pruned.mails, kept().await), (1, vec![false, true, false, true]));
    let pruned = store.prune(Retention { days: None, bytes: Some(1) }).await.unwrap();
    assert_eq!((pruned.mails, kept().await), (2, vec![false; 4]));
    assert_eq!(store.get(&ids[1]).await.unwrap().report.verdict, Verdict::Malicious);
    assert_eq!(store.counts(0).await.unwrap().since, 4);
    store.close().await;
}

pub(crate) async fn together(database: Database) {
    let (one, other) = (database.open().await, database.open().await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..40 {
        let store = if n % 2 == 0 { one.clone() } else { other.clone() };
        tasks.spawn(async move {
            let report = dangerous("請求書の件", "11", "33");
            store.put(&mail(b"raw", &report, TIME + n)).await.unwrap();
            store.audit("system", "put", &n.to_string(), "").await.unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let rows = one.queue(&Filter::default(), Order::Newest, &Page::default()).await.unwrap().rows;
    assert_eq!((rows.len(), rows[0].messages, rows[0].waiting), (1, 40, 40));
    assert_eq!((rows[0].first, rows[0].last), (TIME, TIME + 39));
    let audited = other.verify_audit().await.unwrap();
    assert_eq!((audited.sound, audited.broken), (40, None));
    one.close().await;
    other.close().await;
}

/// A mail whose password comes later may be harmless; if it was held back, somebody still has to release it.
pub(crate) async fn held(database: Database) {
    let store = database.open().await;
    let mut locked = report("見積書の送付", Verdict::Unverified, 20);
    locked.unread.push(UnreadEntry { artifact: 0, reason: "encrypted", detail: String::new() });
    for (n, (action, want)) in (0..).zip([
        ("quarantine", State::Waiting),
        ("reject", State::Waiting),
        ("discard", State::Waiting),
        ("tag", State::Filed),
        ("accept", State::Filed),
        ("", State::Filed),
    ]) {
        let sent = NewMessage { source: Source::Milter, action, ..mail(b"raw", &locked, TIME + n) };
        let id = store.put(&sent).await.unwrap();
        store.update_report(&id, &report("見積書の送付", Verdict::Clean, 0)).await.unwrap();
        let summary = store.summary(&id).await.unwrap();
        assert_eq!((summary.verdict, summary.state), (Verdict::Clean, want), "{action}");
        store.set_state(&id, State::Decided).await.unwrap();
        store.update_report(&id, &report("見積書の送付", Verdict::Clean, 0)).await.unwrap();
        assert_eq!(store.summary(&id).await.unwrap().state, State::Decided, "{action}");
    }
    store.close().await;
}
