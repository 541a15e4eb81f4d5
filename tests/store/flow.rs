//! Password mails in the flow.

use super::messages::{TIME, dangerous, mail, report};
use super::place::Database;
use tenpu::message::neighbours::Note;
use tenpu::report::UnreadEntry;
use tenpu::store::{NewMessage, Source};
use tenpu::verdict::Verdict;

fn letter(subject: &str, date: &str, body: &str) -> Vec<u8> {
    format!(
        "From: tanaka@kaisha.example\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

pub(crate) async fn letters(database: Database) {
    let store = database.open().await;
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let mut locked = report("見積書の送付", Verdict::Unverified, 20);
    locked.unread.push(UnreadEntry { artifact: 0, reason: "encrypted", detail: String::new() });
    let raw = letter("見積書の送付", "Wed, 02 Mar 2022 10:00:00 +0900", "添付の件");
    let id = store.put(&mail(&raw, &locked, now - 3600)).await.unwrap();
    store.put(&mail(&raw, &locked, now - 100 * 3600)).await.unwrap();
    store.put(&mail(&raw, &dangerous("x", "11", "33"), now)).await.unwrap();
    let password = letter("パスワード", "Wed, 02 Mar 2022 10:01:00 +0900", "パスワード：k7Rm2x");
    let note = Note::read(&password, "8-9").unwrap();
    store.remember_password_mail("8-9", now, &note).await.unwrap();
    store.close().await;
    let store = database.open().await;
    let locked = store.locked(now - 72 * 3600).await.unwrap();
    assert_eq!(locked.iter().map(|one| one.summary.id.as_str()).collect::<Vec<_>>(), [&id]);
    let its_note = locked[0].note.as_ref().unwrap();
    assert!(its_note.is_kin(&note));
    let stranger = letter("x", "Wed, 02 Mar 2022 10:01:00 +0900", "パスワード：k7Rm2x");
    let stranger = String::from_utf8(stranger).unwrap().replace("kaisha", "elsewhere");
    let stranger = Note::read(stranger.as_bytes(), "9").unwrap();
    assert!(!its_note.is_kin(&stranger));
    let told = store.notes_since(now - 60, 0).await.unwrap();
    assert!(told.len() == 1 && told[0].id == "8-9" && told[0].note.tells() && told[0].note.is_kin(&note));
    assert_eq!(store.notes_since(now + 1, 0).await.unwrap().len(), 0);
    assert_eq!(store.notes_since(0, told[0].number).await.unwrap().len(), 0);
    let pool = database.pool().await;
    let sealed: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT sealed FROM letters").fetch_all(&pool).await.unwrap();
    assert_eq!(sealed.len(), 3);
    assert!(!sealed.iter().any(|sealed| sealed.windows(6).any(|window| window == b"k7Rm2x")));
    pool.close().await;
    store.prune(tenpu::store::Retention::default()).await.unwrap();
    let told = store.notes_since(0, 0).await.unwrap();
    assert_eq!(told.iter().filter(|told| told.note.tells()).count(), 1);
    // With the password the mail is read, and waits no longer.
    store.update_report(&id, &dangerous("見積書の送付", "11", "33")).await.unwrap();
    assert!(store.locked(0).await.unwrap().iter().all(|one| one.summary.id != id));
    let clean = report("x", Verdict::Clean, 0);
    let id = store.put(&NewMessage { id: "8-9", ..mail(b"x", &clean, TIME) }).await.unwrap();
    assert_eq!(id, "8-9");
    store.close().await;
}

pub(crate) async fn status(database: Database) {
    let store = database.open().await;
    let empty = store.status().await.unwrap();
    assert_eq!((empty.messages, empty.kept_bytes, empty.sources.len()), (0, 0, 0));
    let mut locked = report("見積書の送付", Verdict::Unverified, 20);
    locked.unread.push(UnreadEntry { artifact: 0, reason: "encrypted", detail: String::new() });
    store.put(&mail(b"a", &locked, TIME)).await.unwrap();
    let clean = report("x", Verdict::Clean, 0);
    store.put(&NewMessage { source: Source::Mailbox, ..mail(b"b", &clean, TIME + 5) }).await.unwrap();
    let status = store.status().await.unwrap();
    assert_eq!((status.messages, status.waiting, status.locked, status.kept), (2, 1, 1, 2));
    assert!(status.kept_bytes > 0 && status.database_bytes > status.kept_bytes);
    assert!(status.sources.contains(&(Source::Mailbox, 1, TIME + 5)) && status.sources.len() == 2);
    store.close().await;
}
