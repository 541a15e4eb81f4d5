//! People: accounts, decisions, the audit log, the key.

use super::messages::{TIME, mail, report};
use super::place::Database;
use tenpu::report::Lang;
use tenpu::store::{
    Decision, Envelope, Error, NewException, NewMessage, Page, Retention, Role, Ruling, State, Store, User,
    UserChange, hash_password, is_password,
};
use tenpu::verdict::Verdict;

const FUTURE: i64 = 4_000_000_000;

fn user(name: &str, role: Role) -> User {
    User { name: name.into(), hash: "h".into(), role, lang: Lang::Ja, is_disabled: false, created: TIME }
}

pub(crate) async fn decisions(database: Database) {
    let store = database.open().await;
    let id = store.put(&mail(b"x", &report("件名", Verdict::Suspicious, 50), TIME)).await.unwrap();
    let decision = |act: &str| Decision {
        message: id.clone(),
        made: TIME + 1,
        name: "山田".into(),
        act: act.into(),
        comment: "取引先に電話で確認した".into(),
    };
    store.decide(&decision("keep")).await.unwrap();
    store.decide(&decision("release")).await.unwrap();
    assert_eq!(store.decisions(&id).await.unwrap(), [decision("keep"), decision("release")]);
    assert!(store.decide(&Decision { message: "nobody".into(), ..decision("keep") }).await.is_err());
    let new = NewException {
        kind: "sender".into(),
        value: " Sato@City.example".into(),
        server: "192.0.2.7".into(),
        reason: "毎月の報告".into(),
        asked_by: "山田".into(),
        expires: FUTURE,
    };
    let number = store.add_exception(&new, "").await.unwrap();
    assert_eq!(store.excepted("sender", "sato@city.example").await.unwrap(), None);
    assert!(store.approve_exception(number, "山田").await.is_err(), "not by whoever asked for it");
    store.approve_exception(number, "鈴木").await.unwrap();
    let exception = store.excepted("sender", "SATO@city.example").await.unwrap().unwrap();
    assert_eq!((exception.number, exception.approved_by.as_str()), (number, "鈴木"));
    assert_eq!(store.excepted("macro-hash", "sato@city.example").await.unwrap(), None);
    assert_eq!(store.exceptions(false).await.unwrap().len(), 1);
    store.revoke_exception(number).await.unwrap();
    assert_eq!(store.excepted("sender", "sato@city.example").await.unwrap(), None);
    assert_eq!(
        (store.exceptions(false).await.unwrap().len(), store.exceptions(true).await.unwrap().len()),
        (0, 1)
    );
    assert!(store.revoke_exception(number).await.is_err());
    assert!(store.add_exception(&NewException { expires: TIME, ..new.clone() }, "x").await.is_err());
    assert!(store.add_exception(&NewException { value: " ".into(), ..new }, "x").await.is_err());
    store.close().await;
}

pub(crate) async fn rulings(database: Database) {
    let store = database.open().await;
    let report = report("見積書", Verdict::Suspicious, 50);
    let recipients = ["<A@city.example>".to_string(), "b@city.example".to_string()];
    let mut ids = Vec::new();
    for n in 0..3 {
        let raw = format!("mail {n}");
        let envelope = NewMessage {
            sender: "s@x.example",
            recipients: &recipients,
            ..mail(raw.as_bytes(), &report, TIME)
        };
        ids.push(store.put(&envelope).await.unwrap());
    }
    let plain = store.put(&mail(b"none", &report, TIME)).await.unwrap();
    let envelope = store.envelope(&ids[0]).await.unwrap();
    assert_eq!(
        (envelope.sender.as_str(), envelope.recipients),
        ("s@x.example", vec!["A@city.example".into(), "b@city.example".into()])
    );
    assert_eq!(store.envelope(&plain).await.unwrap(), Envelope::default());
    let ask = Ruling { name: "山田", act: "ask-release", comment: "市民から", ..Ruling::default() };
    store.rule(&ids[..2], &ask).await.unwrap();
    assert_eq!(store.summary(&ids[0]).await.unwrap().state, State::Waiting);
    let asked: Vec<String> =
        store.asked_releases(9).await.unwrap().into_iter().map(|one| one.message).collect();
    assert_eq!(asked, ids[..2]);
    let release = Ruling {
        name: "鈴木",
        act: "release",
        state: Some(State::Decided),
        action: "release",
        detail: "to a",
        ..ask
    };
    store.rule(&ids[..1], &release).await.unwrap();
    let done = store.summary(&ids[0]).await.unwrap();
    assert_eq!((done.state, done.action.as_str()), (State::Decided, "release"));
    assert_eq!(store.asked_releases(9).await.unwrap().len(), 1);
    let log = store.audit_of(&ids[0]).await.unwrap();
    assert_eq!((log[1].act.as_str(), log[1].detail.as_str()), ("release", "to a; 市民から"));
    // All or none.
    let wrong = [ids[2].clone(), "nobody".to_string()];
    assert!(matches!(store.rule(&wrong, &release).await, Err(Error::Unknown(_))));
    assert!(store.decisions(&ids[2]).await.unwrap().is_empty());
    assert_eq!(store.verify_audit().await.unwrap().sound, 3);
    // What was decided to be kept outlives the days, the rest does not.
    let keep = Ruling { act: "keep", action: "keep", ..release };
    store.rule(&ids[1..2], &keep).await.unwrap();
    store.prune(Retention { days: Some(1), bytes: None }).await.unwrap();
    let mut kept = Vec::new();
    for id in &ids {
        kept.push(store.summary(id).await.unwrap().is_kept);
    }
    assert_eq!(kept, [false, true, true]);
    store.close().await;
}

/// Who began to change something before does not open a closed account again, nor gives it back its role.
pub(crate) async fn changes(database: Database) {
    let store = database.open().await;
    let before = user("山田", Role::Operator);
    store.add_user(&before).await.unwrap();
    let nothing = UserChange::default();
    for change in [
        UserChange { is_disabled: Some(true), ..nothing.clone() },
        UserChange { role: Some(Role::Viewer), ..nothing.clone() },
        UserChange { hash: Some("new".into()), ..nothing.clone() },
        UserChange { lang: Some(Lang::En), ..nothing.clone() },
        nothing,
    ] {
        store.change_user("山田", &change).await.unwrap();
    }
    let after = User { hash: "new".into(), role: Role::Viewer, lang: Lang::En, is_disabled: true, ..before };
    assert_eq!(store.user("山田").await.unwrap(), Some(after));
    store.close().await;
}

pub(crate) async fn accounts(database: Database) {
    let hash = hash_password("正しい馬").unwrap();
    assert!(hash.starts_with("$argon2id$") && is_password("正しい馬", &hash));
    assert!(!is_password("正しい鹿", &hash) && !is_password("", "not a hash"));
    let store = database.open().await;
    let yamada = User { hash, ..user("山田", Role::Operator) };
    store.add_user(&yamada).await.unwrap();
    assert!(matches!(store.add_user(&yamada).await, Err(Error::Exists(_))));
    assert!(store.add_user(&user(" ", Role::Viewer)).await.is_err());
    assert!(store.add_user(&user("a\u{202e}", Role::Viewer)).await.is_err());
    assert_eq!(store.user("山田").await.unwrap(), Some(yamada.clone()));
    let cookie = store.begin_session("山田", FUTURE).await.unwrap();
    let old = store.begin_session("山田", TIME).await.unwrap();
    assert_eq!(cookie.len(), 64);
    let session = store.session(&cookie).await.unwrap().unwrap();
    assert_eq!((session.user, session.expires), (yamada.clone(), FUTURE));
    assert_eq!((store.session(&old).await.unwrap(), store.session("x").await.unwrap()), (None, None));
    store.extend_session(&cookie, FUTURE + 1).await.unwrap();
    assert_eq!(store.session(&cookie).await.unwrap().unwrap().expires, FUTURE + 1);
    let (number, token) =
        store.add_token("script", "山田", (Role::Administrator, true), FUTURE).await.unwrap();
    let found = store.token(&token).await.unwrap().unwrap();
    assert_eq!((found.number, found.role), (number, Role::Operator), "no more than the account");
    let pool = database.pool().await;
    let hashes: Vec<String> = sqlx::query_scalar("SELECT hash FROM sessions UNION SELECT hash FROM tokens")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert!(hashes.len() == 3 && !hashes.contains(&cookie) && !hashes.contains(&token));
    pool.close().await;
    store.end_session(&cookie).await.unwrap();
    assert_eq!(store.session(&cookie).await.unwrap(), None);
    let cookie = store.begin_session("山田", FUTURE).await.unwrap();
    let nothing = UserChange::default();
    store.change_user("山田", &UserChange { lang: Some(Lang::En), ..nothing.clone() }).await.unwrap();
    assert!(store.session(&cookie).await.unwrap().is_some());
    let closed = UserChange { is_disabled: Some(true), ..nothing.clone() };
    store.change_user("山田", &closed).await.unwrap();
    assert_eq!((store.session(&cookie).await.unwrap(), store.token(&token).await.unwrap()), (None, None));
    store.change_user("山田", &UserChange { is_disabled: Some(false), ..nothing.clone() }).await.unwrap();
    assert_eq!(store.session(&cookie).await.unwrap(), None, "a session that was ended stays so");
    store.revoke_token(number).await.unwrap();
    assert_eq!((store.token(&token).await.unwrap(), store.tokens().await.unwrap().len()), (None, 1));
    assert!(store.change_user("nobody", &nothing).await.is_err());
    for _ in 0..3 {
        store.note_attempt("山田").await.unwrap();
    }
    assert_eq!(
        (store.attempts("山田", 0).await.unwrap(), store.attempts("山田", FUTURE).await.unwrap()),
        (3, 0)
    );
    store.forget_attempts("山田").await.unwrap();
    assert_eq!(store.attempts("山田", 0).await.unwrap(), 0);
    store.close().await;
}

pub(crate) async fn audit(database: Database) {
    let store = database.open().await;
    for n in 0..5 {
        store.audit("山田", "release", &format!("m{}", n % 2), "{\"to\":\"a@x.example\"}").await.unwrap();
    }
    let audited = store.verify_audit().await.unwrap();
    assert_eq!((audited.sound, audited.broken, audited.last.len()), (5, None, 64));
    assert_eq!(
        store.audit_of("m1").await.unwrap().iter().map(|entry| entry.number).collect::<Vec<_>>(),
        [2, 4]
    );
    let page = store.audit_log(&Page::first(2)).await.unwrap();
    assert_eq!((page.rows[0].number, page.rows[1].number, page.next.as_deref()), (5, 4, Some("4")));
    let pool = database.pool().await;
    for text in [
        "UPDATE audit SET name = 'x' WHERE number = 2",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE number = 5",
    ] {
        let refused = sqlx::query(text).execute(&pool).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    // Whoever owns the database can take the triggers away; the chain tells.
    let disable: &[&str] = if database.is_postgres {
        &["ALTER TABLE audit DISABLE TRIGGER USER"]
    } else {
        &["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
    };
    for text in disable {
        sqlx::query(*text).execute(&pool).await.unwrap();
    }
    sqlx::query("UPDATE audit SET name = '鈴木' WHERE number = 3").execute(&pool).await.unwrap();
    let audited = store.verify_audit().await.unwrap();
    assert_eq!((audited.sound, audited.broken), (2, Some(3)));
    sqlx::query("UPDATE audit SET name = '山田' WHERE number = 3").execute(&pool).await.unwrap();
    assert_eq!(store.verify_audit().await.unwrap().sound, 5);
    sqlx::query("DELETE FROM audit WHERE number = 2").execute(&pool).await.unwrap();
    assert_eq!(store.verify_audit().await.unwrap().broken, Some(2));
    pool.close().await;
    store.close().await;
}

pub(crate) async fn keys(database: Database) {
    let store = database.open().await;
    let id = store.put(&mail(b"secret", &report("x", Verdict::Suspicious, 50), TIME)).await.unwrap();
    store.close().await;
    let key = std::fs::read(&database.key).unwrap();
    let open = || Store::open(&database.url, Some(&database.key));
    let mut other = key.clone();
    other[0] ^= 1;
    std::fs::write(&database.key, &other).unwrap();
    assert!(matches!(open().await, Err(Error::WrongKey(_))));
    std::fs::write(&database.key, &key[..31]).unwrap();
    assert!(matches!(open().await, Err(Error::NoKey(_))));
    std::fs::remove_file(&database.key).unwrap();
    let missing = open().await.unwrap_err();
    assert!(matches!(missing, Error::KeyMissing(_)), "{missing}");
    assert!(!database.key.exists(), "no new key is made for a store that has one");
    std::fs::write(&database.key, &key).unwrap();
    let store = open().await.unwrap();
    assert_eq!(store.raw(&id).await.unwrap().unwrap(), b"secret");
    // A row in the place of another does not open.
    let other = store.put(&mail(b"other", &report("y", Verdict::Suspicious, 50), TIME)).await.unwrap();
    let pool = database.pool().await;
    sqlx::query("UPDATE raws SET sealed = (SELECT sealed FROM raws WHERE message = 1) WHERE message = 2")
        .execute(&pool)
        .await
        .unwrap();
    assert!(matches!(store.raw(&other).await, Err(Error::Damaged(_))));
    pool.close().await;
    store.close().await;
}
