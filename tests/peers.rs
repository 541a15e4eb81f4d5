//! The programs of others around the service, as Debian packages them: swaks, clamav-milter, rspamd and Exim, each with
//! a configuration of its own on the loopback interface. Where one is not installed, its tests say so.

#![cfg(target_os = "linux")]
#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, starts programs, and reads what they wrote"
)]

mod build;
#[path = "peers/clamav_milter.rs"]
mod clamav_milter;
#[path = "peers/exim.rs"]
mod exim;
#[path = "peers/process.rs"]
mod process;
#[path = "peers/rspamd.rs"]
mod rspamd;
mod service;
#[path = "peers/swaks.rs"]
mod swaks;

/// The message of a case.
fn case(name: &str) -> Vec<u8> {
    build::cases::recipe(&build::cases::place(&format!("tests/cases/{name}/build.toml"))).message.bytes()
}

/// The content of the last part of a case, which is its attachment.
fn attachment(name: &str) -> Vec<u8> {
    let recipe = build::cases::recipe(&build::cases::place(&format!("tests/cases/{name}/build.toml")));
    recipe.message.parts.last().unwrap().content.bytes()
}

const CLEAN: &[u8] = b"From: a@example.test\r\nSubject: Hello\r\n\r\nGood morning.\r\n";

/// The mails that must be stopped: a macro, and where there is an engine for its rule, the EICAR test file.
fn infected() -> Vec<Vec<u8>> {
    let names = ["emotet-autoopen-continued-doc", "macro-doc-in-plain-zip", "eicar-attached"];
    names.iter().take(if cfg!(feature = "yara") { 3 } else { 2 }).map(|name| case(name)).collect()
}

/// A mail whose archive nothing opens.
fn locked() -> Vec<u8> {
    case("locked-zip-password-elsewhere")
}

/// A harmless mail that is larger than what [`LIMITED`] reads.
fn large() -> Vec<u8> {
    [CLEAN, &b"A line of text.\r\n".repeat(20_000)].concat()
}

const LIMITED: &str = "[limits]\ninput_bytes = 100000\n";
