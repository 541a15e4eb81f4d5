//! Exceptions: what they let pass when nobody was answered, what whoever answered says of them, and how often.

use super::messages::{TIME, dangerous, mail};
use super::place::Database;
use tenpu::exception::{Excepted, Way};
use tenpu::report::Report;
use tenpu::store::{Answered, Filter, NewException, NewMessage, Order, Page, Source, State, Store};
use tenpu::verdict::Verdict;

const FUTURE: i64 = 4_000_000_000;

/// Stores what was scanned, and nobody answered.
async fn scanned(store: &Store, report: &Report) -> String {
    let mail = NewMessage { source: Source::Scan, action: "", ..mail(b"raw", report, TIME) };
    store.put(&mail).await.unwrap()
}

async fn state(store: &Store, id: &str) -> State {
    store.summary(id).await.unwrap().state
}

async fn waiting(store: &Store) -> i64 {
    let filter = Filter { only_open: true, ..Filter::default() };
    let rows = store.queue(&filter, Order::Newest, &Page::default()).await.unwrap().rows;
    rows.iter().map(|row| row.waiting).sum()
}

/// The same macro in another file of another mail, which `scan --store` finds at another path.
fn other(path: &str, code: &str) -> Report {
    let mut report = dangerous("別の件名です", "55", code);
    report.path = path.into();
    report
}

pub(crate) async fn exceptions(database: Database) {
    let store = database.open().await;
    let first = dangerous("請求書", "11", "33");
    let id = scanned(&store, &first).await;
    let new = NewException {
        kind: "macro-hash".into(),
        value: first.artifacts[3].sha256.to_uppercase(),
        reason: "第3課の様式".into(),
        asked_by: "山田".into(),
        expires: FUTURE,
        ..NewException::default()
    };
    let number = store.add_exception(&new, "").await.unwrap();
    let before = scanned(&store, &other("2.eml", "33")).await;
    assert_eq!(state(&store, &before).await, State::Waiting, "nobody approved it");
    store.approve_exception(number, "鈴木").await.unwrap();
    assert_eq!(store.in_force().await.unwrap().len(), 1);

    let passed = scanned(&store, &other("3.eml", "33")).await;
    let message = store.get(&passed).await.unwrap();
    assert_eq!((message.summary.state, message.summary.verdict), (State::Filed, Verdict::Malicious));
    assert_eq!(message.report.verdict, Verdict::Malicious, "the report says what it said");
    let by = store.let_pass_by(&passed).await.unwrap();
    assert!(by.len() == 1 && by[0].0 > TIME && by[0].1.what.reason == "第3課の様式");
    assert_eq!(store.let_pass_by(&id).await.unwrap(), []);
    let another = scanned(&store, &other("4.eml", "44")).await;
    assert_eq!((state(&store, &another).await, waiting(&store).await), (State::Waiting, 3));

    // What the service answered holds, whatever the store thinks of it.
    let report = other("milter", "33");
    let answered = |answered| NewMessage { answered, action: "accept", ..mail(b"raw", &report, TIME) };
    let held = store.put(&answered(Answered::With(None))).await.unwrap();
    assert_eq!(state(&store, &held).await, State::Waiting);
    let partly = Excepted { verdict: Verdict::Unverified, numbers: vec![number] };
    let partly = store.put(&answered(Answered::With(Some(&partly)))).await.unwrap();
    assert_eq!(state(&store, &partly).await, State::Waiting, "the rest was not read");
    let excepted = store.in_force().await.unwrap().of(&report, |_| true, &Way::default(), TIME).unwrap();
    let let_pass = store.put(&answered(Answered::With(Some(&excepted)))).await.unwrap();
    assert_eq!(state(&store, &let_pass).await, State::Filed);
    let uses = store.exception_uses().await.unwrap();
    assert!(uses.len() == 1 && uses[&number].0 == 3 && uses[&number].1 > TIME);

    // A new report is looked at anew, unless the mail is held back.
    assert_eq!(scanned(&store, &other("2.eml", "33")).await, before, "the file is known");
    assert_eq!(state(&store, &before).await, State::Filed);
    let held = store.put(&mail(b"raw", &other("milter", "44"), TIME)).await.unwrap();
    store.update_report(&held, &other("milter", "33")).await.unwrap();
    assert_eq!(state(&store, &held).await, State::Waiting);
    let pool = database.pool().await;
    sqlx::query("UPDATE exceptions SET expires = 1").execute(&pool).await.unwrap();
    assert!(store.in_force().await.unwrap().is_empty());
    store.update_report(&passed, &other("3.eml", "33")).await.unwrap();
    assert_eq!(state(&store, &passed).await, State::Waiting, "it has ended");
    sqlx::query("UPDATE exceptions SET expires = 4000000000").execute(&pool).await.unwrap();
    pool.close().await;
    assert_eq!(store.in_force().await.unwrap().len(), 1);
    store.revoke_exception(number).await.unwrap();
    assert!(store.in_force().await.unwrap().is_empty());
    assert_eq!(store.let_pass_by(&passed).await.unwrap().len(), 1, "that it once passed stays known");
    store.close().await;
}
