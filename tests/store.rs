//! The store, the same tests on SQLite and on PostgreSQL.
//!
//! A PostgreSQL of its own runs for the time of the test, on a socket in a temporary folder; where its programs are not
//! installed the test says so and passes over it.
#![cfg(feature = "desk")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic, starts a database, and reads what it wrote"
)]

mod store {
    pub(crate) mod accounts;
    pub(crate) mod exceptions;
    pub(crate) mod flow;
    pub(crate) mod messages;
    pub(crate) mod outbox;
    pub(crate) mod place;
    pub(crate) mod queue;
}

use std::future::Future;
use store::place::{Database, Folder, postgres};

/// Runs the body on a fresh store of each database.
fn on_both<F: Future<Output = ()>>(body: impl Fn(Database) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = Folder::new();
    runtime.block_on(body(Database::sqlite(&folder)));
    if let Some(server) = postgres() {
        runtime.block_on(body(server.database(&folder)));
    }
}

#[test]
fn a_message_comes_back_as_it_was_put() {
    on_both(store::messages::comes_back);
}

#[test]
fn nothing_secret_lies_in_the_database() {
    on_both(store::messages::is_secret);
}

#[test]
fn hostile_text_is_only_text() {
    on_both(store::messages::hostile);
}

#[test]
fn mails_of_one_attack_are_one_row() {
    on_both(store::queue::campaigns);
}

#[test]
fn rulings_are_whole_and_kept() {
    on_both(store::accounts::rulings);
}

#[test]
fn the_queue_is_filtered_and_paged() {
    on_both(store::queue::pages);
}

#[test]
fn searches_find_any_script() {
    on_both(store::messages::searches);
}

#[test]
fn a_new_report_takes_the_place_of_the_old() {
    on_both(store::messages::new_report);
}

#[test]
fn what_is_held_waits_although_it_is_harmless() {
    on_both(store::messages::held);
}

#[test]
fn old_mails_are_forgotten_in_their_order() {
    on_both(store::messages::retention);
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    on_both(store::messages::together);
}

#[test]
fn passwords_of_later_mails_are_remembered() {
    on_both(store::flow::letters);
}

#[test]
fn answers_wait_until_they_are_sent_or_given_up() {
    on_both(store::outbox::waits_and_ends_once);
}

#[test]
fn an_answer_belongs_to_one_desk() {
    on_both(store::outbox::belongs_to_one_desk);
}

#[test]
fn a_delivery_is_begun_by_one_desk() {
    on_both(store::outbox::deliveries);
}

#[test]
fn answers_are_sealed_and_old_ones_forgotten() {
    on_both(store::outbox::is_sealed_and_forgotten);
}

#[test]
fn how_much_is_stored_is_told() {
    on_both(store::flow::status);
}

#[test]
fn decisions_and_exceptions() {
    on_both(store::accounts::decisions);
}

#[test]
fn exceptions_let_pass_what_they_mean() {
    on_both(store::exceptions::exceptions);
}

#[test]
fn what_changes_of_an_account_is_that_alone() {
    on_both(store::accounts::changes);
}

#[test]
fn accounts_sessions_and_tokens() {
    on_both(store::accounts::accounts);
}

#[test]
fn the_audit_log_is_chained_and_only_grows() {
    on_both(store::accounts::audit);
}

#[test]
fn a_key_belongs_to_its_store() {
    on_both(store::accounts::keys);
}

/// `tenpu scan --store` on samples, twice: a file that is scanned again is no second message.
#[test]
fn a_scan_writes_into_the_store() {
    let folder = Folder::new();
    let database = Database::sqlite(&folder);
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples-benign");
    let path = database.url.trim_start_matches("sqlite:").to_string();
    let config = folder.0.join("tenpu.toml");
    std::fs::write(&config, format!("[store]\nkey = {:?}\n", database.key)).unwrap();
    let scan = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tenpu"));
        command
            .arg("scan")
            .args(["--format", "json", "--store", &path, "--config"])
            .arg(&config)
            .arg(&samples);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().count()
    };
    let messages = scan();
    assert!(messages > 20 && scan() == messages);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = database.open().await;
        let counts = store.counts(0).await.unwrap();
        assert_eq!(usize::try_from(counts.since).unwrap(), messages);
        let page = tenpu::store::Page::first(500);
        let found = store.search("samples-benign", &page).await.unwrap().rows;
        assert_eq!(found.len(), messages.min(500));
        for summary in found {
            let message = store.get(&summary.id).await.unwrap();
            assert_eq!(message.versions.len(), 2);
            let file = summary.path.split('#').next().unwrap();
            assert!(std::path::Path::new(file).exists(), "{file}");
            let raw = store.raw(&summary.id).await.unwrap().unwrap();
            assert_eq!(i64::try_from(raw.len()).unwrap(), summary.size);
        }
        store.close().await;
    });
}
