//! Answers to reporters that wait.

use super::place::Database;
use tenpu::store::{Begun, Error, Retention, Store, now};

const LETTER: &[u8] = b"Subject: x\r\n\r\nthe finished letter";

/// What the audit log says of a message.
async fn told(store: &Store, message: &str) -> Vec<(String, String)> {
    let entries = store.audit_of(message).await.unwrap();
    entries.into_iter().map(|entry| (entry.act, entry.detail)).collect()
}

pub(crate) async fn waits_and_ends_once(database: Database) {
    let store = database.open().await;
    assert!(store.next_answer(60).await.unwrap().is_none());
    assert!(store.queue_answer("m-1", "a@b.test", LETTER).await.unwrap());
    assert!(!store.queue_answer("m-1", "a@b.test", b"another").await.unwrap(), "one for each message");
    let long = format!("{}@b.test", "a".repeat(600));
    for wrong in [long.as_str(), "a\u{202e}@b.test"] {
        assert!(matches!(store.queue_answer("m-2", wrong, LETTER).await, Err(Error::Invalid(_))));
    }
    store.close().await;

    let store = database.open().await;
    let (count, since) = store.status().await.unwrap().unsent;
    assert!(count == 1 && since > now() - 60 && since <= now());
    let first = store.next_answer(60).await.unwrap().unwrap();
    assert_eq!((first.message.as_str(), first.recipient.as_str(), first.attempts), ("m-1", "a@b.test", 1));
    assert_eq!(first.letter, LETTER);
    store.retry_answers().await.unwrap();
    assert!(store.next_answer(60).await.unwrap().is_none(), "it is being sent");
    store.put_off_answer(&first, now() + 600).await.unwrap();
    assert!(store.next_answer(60).await.unwrap().is_none(), "it is not its time");
    store.retry_answers().await.unwrap();
    let second = store.next_answer(0).await.unwrap().unwrap();
    assert_eq!((second.attempts, second.made), (2, first.made));
    let third = store.next_answer(60).await.unwrap().unwrap();
    assert_eq!(third.attempts, 3, "who held it is gone");
    store.answer_sent(&third).await.unwrap();
    assert_eq!(told(&store, "m-1").await, [("answer".to_string(), "a@b.test".to_string())]);
    assert!(!store.queue_answer("m-1", "a@b.test", LETTER).await.unwrap(), "it was sent");

    assert!(store.queue_answer("m-2", "c@b.test", LETTER).await.unwrap());
    let given_up = store.next_answer(60).await.unwrap().unwrap();
    store.give_up_answer(&given_up, "550 no\u{1b}").await.unwrap();
    assert_eq!(
        told(&store, "m-2").await,
        [("answer-failed".to_string(), "c@b.test: 550 no⟨U+001B⟩".to_string())]
    );
    assert!(!store.queue_answer("m-2", "c@b.test", LETTER).await.unwrap(), "it was given up");
    let status = store.status().await.unwrap();
    assert_eq!((status.unsent, status.given_up.0), ((0, 0), 1));
    assert!(status.given_up.1 > now() - 60);
    store.close().await;
}

/// Two desks on one store never send the same answer at one time.
pub(crate) async fn belongs_to_one_desk(database: Database) {
    let (one, other) = (database.open().await, database.open().await);
    for n in 0..20 {
        assert!(one.queue_answer(&format!("m-{n}"), "a@b.test", LETTER).await.unwrap());
    }
    let mut tasks = tokio::task::JoinSet::new();
    for store in [&one, &other] {
        for _ in 0..4 {
            let store = store.clone();
            tasks.spawn(async move {
                let mut taken = Vec::new();
                // One that another was faster with says nothing of the rest.
                for _ in 0..20 {
                    taken.extend(store.next_answer(60).await.unwrap().map(|unsent| unsent.message));
                }
                taken
            });
        }
    }
    let mut taken: Vec<String> = tasks.join_all().await.into_iter().flatten().collect();
    while let Some(unsent) = one.next_answer(60).await.unwrap() {
        taken.push(unsent.message);
    }
    let count = taken.len();
    taken.sort();
    taken.dedup();
    assert_eq!((count, taken.len()), (20, 20), "{taken:?}");
    one.close().await;
    other.close().await;
}

pub(crate) async fn is_sealed_and_forgotten(database: Database) {
    let store = database.open().await;
    for id in ["m-1", "m-2"] {
        assert!(store.queue_answer(id, "a@b.test", LETTER).await.unwrap());
    }
    let pool = database.pool().await;
    let sealed: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT sealed FROM outbox").fetch_all(&pool).await.unwrap();
    assert!(sealed.len() == 2 && !sealed.iter().any(|one| one.windows(8).any(|part| part == b"finished")));

    // Nobody else can be made to get it.
    let change = "UPDATE outbox SET recipient = 'evil@b.test' WHERE message = 'm-1'";
    sqlx::query(change).execute(&pool).await.unwrap();
    assert!(matches!(store.next_answer(60).await, Err(Error::Damaged(_))));
    assert_eq!(store.next_answer(0).await.unwrap().unwrap().message, "m-2", "the others go on");

    let age = sqlx::query("UPDATE outbox SET made = $1, held = 0 WHERE message = $2");
    age.bind(now() - 8 * 86_400).bind("m-1").execute(&pool).await.unwrap();
    let age = sqlx::query("UPDATE outbox SET made = $1, held = 0 WHERE message = $2");
    age.bind(now() - 6 * 86_400).bind("m-2").execute(&pool).await.unwrap();
    store.prune(Retention::default()).await.unwrap();
    let (count, since) = store.status().await.unwrap().unsent;
    assert!(count == 1 && since < now() - 5 * 86_400, "{count} {since}");
    let told = told(&store, "m-1").await;
    assert!(told.len() == 1 && told[0].0 == "answer-failed" && told[0].1.contains("7 days"), "{told:?}");
    assert_eq!(store.verify_audit().await.unwrap().broken, None);
    pool.close().await;
    store.close().await;
}

/// A delivery is begun by one desk, and again only once it is known that it failed or without an answer.
pub(crate) async fn deliveries(database: Database) {
    let (one, other) = (database.open().await, database.open().await);
    let begin = async |store: &Store| store.begin_release("m-1", "山田", "to a@b.test").await.unwrap();
    assert_eq!(one.open_release("m-1").await.unwrap(), None);
    let (first, second) = tokio::join!(begin(&one), begin(&other));
    let begun = [first, second].into_iter().filter(|begun| *begun == Begun::Now).count();
    assert_eq!(begun, 1, "{first:?} {second:?}");
    assert!(one.open_release("m-1").await.unwrap().is_some());
    for (act, is_open, want) in
        [("release-failed", false, true), ("release-unclear", true, true), ("release", false, false)]
    {
        one.audit("山田", act, "m-1", "").await.unwrap();
        assert_eq!(other.open_release("m-1").await.unwrap().is_some(), is_open, "{act}");
        let begun = begin(&other).await;
        assert_eq!(begun, if want { Begun::Now } else { Begun::Over }, "{act}");
    }
    assert_eq!(other.begin_release("m-2", "山田", "").await.unwrap(), Begun::Now, "another mail");
    one.close().await;
    other.close().await;
}
