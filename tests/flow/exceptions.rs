//! Exceptions of the desk in the mail flow.

use super::service::{Answer, Milter, Server};
use super::{STORE, case, connections, kill_and_start, malicious, metric_once, stored, wait, with_store};
use std::thread::sleep;
use std::time::Duration;
use tenpu::exception::programs;
use tenpu::store::{NewException, State};

/// Adds exceptions as the desk does; their numbers.
fn except(server: &Server, kind: &str, values: &[&str], from: &str, days: i64) -> Vec<i64> {
    let expires = tenpu::store::now() + days * 86_400;
    with_store(server, async |store| {
        let mut numbers = Vec::new();
        for value in values {
            let new = NewException {
                kind: kind.into(),
                value: value.to_string(),
                server: from.into(),
                reason: "様式".into(),
                asked_by: "yamada".into(),
                expires,
            };
            numbers.push(store.add_exception(&new, "suzuki").await.unwrap());
        }
        numbers
    })
}

/// Has the service look for what changed, and waits until it knows so many exceptions.
fn known_once(server: &Server, wanted: u64) {
    server.signal(rustix::process::Signal::HUP);
    metric_once(server, "tenpu_store_exceptions", wanted);
}

/// The other protocols let the same macros pass.
fn told_by_clamd_and_olefy(server: &Server, mail: &[u8], names: &[String]) {
    let stream = [&b"zINSTREAM\0"[..], &u32::try_from(mail.len()).unwrap().to_be_bytes(), mail, &[0; 4]];
    assert_eq!(server.clamd(&stream.concat()), "stream: OK\0");
    let event = server.events_once("message", 4).pop().unwrap();
    let told = (&event["tenpu"]["exceptions"], &event["tenpu"]["action"]);
    assert_eq!(told, (&serde_json::json!(names), &"ok".into()));
    let reply = server.olefy(mail);
    assert!(reply[1]["macros"][0].is_object() && reply[1]["analysis"] == serde_json::json!([]), "{reply}");
}

#[test]
fn an_exception_of_the_desk_lets_its_macros_pass_until_it_ends() {
    let mut server = Server::new(STORE);
    let mut milter = Milter::new(&server);
    let answer = milter.message("Q1", &malicious());
    assert!(answer.changes[0].starts_with("qtenpu: malicious"), "{answer:?}");
    let first = stored(&server, answer.header("X-Tenpu-Id").unwrap());
    let numbers =
        except(&server, "macro-hash", &programs(&first.report).into_iter().collect::<Vec<_>>(), "", 30);
    known_once(&server, 2);

    // The same macros in another mail pass; the headers still tell what they are.
    let text = String::from_utf8(malicious()).unwrap();
    let other = text.replacen("Subject: Re: Invoice", "Subject: Our form", 1).into_bytes();
    assert_ne!(other, malicious());
    let answer = milter.message("Q2", &other);
    assert_eq!((answer.end.as_str(), answer.header("X-Tenpu-Verdict")), ("c", Some("malicious")));
    assert!(!answer.changes.iter().any(|change| change.starts_with('q')), "{answer:?}");
    assert_eq!(answer.header("X-Tenpu-Exception"), Some(format!("desk/{}", numbers[0]).as_str()));
    let names: Vec<String> = numbers.iter().map(|number| format!("desk/{number}")).collect();
    let event = server.events_once("message", 2).pop().unwrap();
    assert_eq!(event["tenpu"]["exceptions"], serde_json::json!(names));
    assert_eq!(
        (&event["tenpu"]["action"], &event["tenpu"]["verdict"]),
        (&"accept".into(), &"malicious".into())
    );
    let id = answer.header("X-Tenpu-Id").unwrap().to_string();
    let message = stored(&server, &id);
    assert_eq!((message.summary.state, message.summary.action.as_str()), (State::Filed, "accept"));
    let by = with_store(&server, async |store| store.let_pass_by(&id).await.unwrap());
    assert_eq!(by.iter().map(|(_, exception)| exception.number).collect::<Vec<_>>(), numbers);

    // Other macros do not.
    let held = |answer: &Answer| answer.changes.iter().any(|change| change.starts_with('q'));
    assert!(held(&milter.message("Q3", &case("mshta-caret-split-doc"))));
    told_by_clamd_and_olefy(&server, &other, &names);

    // They are known again after a restart; and one that was taken back lets nothing pass.
    drop(milter);
    kill_and_start(&mut server);
    let mut milter = Milter::new(&server);
    assert!(!held(&milter.message("Q4", &other)));
    with_store(&server, async |store| store.revoke_exception(numbers[1]).await.unwrap());
    known_once(&server, 1);
    assert!(held(&milter.message("Q5", &other)));

    // An exception ends at its second, whatever the service has read. Where the machine was too slow to use it before,
    // there is more time.
    for seconds in [4, 20, 60] {
        let expires = tenpu::store::now() + seconds;
        wait(async {
            let pool = connections(&server).await;
            let update = "UPDATE exceptions SET revoked = 0, expires = $1";
            sqlx::query(update).bind(expires).execute(&pool).await.unwrap();
            pool.close().await;
        });
        server.signal(rustix::process::Signal::HUP);
        let mut passed = false;
        while !passed && tenpu::store::now() < expires {
            passed = !held(&milter.message("Q6", &other));
        }
        while tenpu::store::now() < expires {
            sleep(Duration::from_millis(100));
        }
        assert!(held(&milter.message("Q7", &other)));
        if passed {
            return;
        }
    }
    panic!("it lets nothing pass before its end");
}

#[test]
fn an_excepted_sender_must_be_brought_by_his_server() {
    let server = Server::new(&format!("[policy]\nsuspicious = \"quarantine\"\n{STORE}"));
    let mut milter = Milter::new(&server);
    let forged = String::from_utf8(case("program-attached")).unwrap();
    let mail = forged.replacen("office@sender.example", "sender@example.test", 1);
    assert_ne!(forged, mail);
    let held = |answer: &Answer| answer.changes.iter().any(|change| change.starts_with('q'));
    assert!(held(&milter.message("Q1", mail.as_bytes())));
    // Anybody can write this sender: what counts is that his mails come from another server.
    let elsewhere = except(&server, "sender", &["sender@example.test"], "192.0.2.99", 30);
    except(&server, "sender", &["office@sender.example"], "192.0.2.7", 30);
    known_once(&server, 2);
    assert!(held(&milter.message("Q2", mail.as_bytes())));
    assert!(held(&milter.message("Q3", forged.as_bytes())), "the envelope names somebody else");
    let answer = milter.message_of_user("Q4", mail.as_bytes());
    assert_eq!(answer.header("X-Tenpu-Exception"), Some(format!("desk/{}", elsewhere[0]).as_str()));

    let here = except(&server, "sender", &["Sender@Example.test"], "192.0.2.7", 30);
    known_once(&server, 3);
    let answer = milter.message("Q5", mail.as_bytes());
    assert_eq!(answer.header("X-Tenpu-Exception"), Some(format!("desk/{}", here[0]).as_str()));
    assert!(!held(&answer) && answer.header("X-Tenpu-Verdict") == Some("suspicious"), "{answer:?}");
    let malicious = String::from_utf8(malicious()).unwrap();
    let malicious = malicious.replacen("accounts@mori-trading.example", "sender@example.test", 1);
    assert!(held(&milter.message("Q6", malicious.as_bytes())), "the mails of real colleagues bring attacks");
}
