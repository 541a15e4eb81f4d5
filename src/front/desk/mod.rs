//! `tenpu desk`: web pages on which a help desk asks "may I open this?" and gets the answer.
//!
//! The pages are made on the server and work without the one script. Everything that came from a mail went through
//! `text::printable` and is escaped by the templates; nothing of it is ever sent as it came. [`guard`] stands before
//! every page; mails are read in locked-in processes (`front/pool`), as many at one time as there are jobs.

mod account;
mod api;
mod attempts;
mod audit;
mod base64;
mod campaign;
mod decide;
mod engine;
mod exceptions;
mod export;
mod exposure;
mod fail;
mod guard;
mod help;
mod intake;
mod mailboxes;
mod message;
mod oidc;
mod others;
mod page;
mod queue;
mod reports;
mod search;
mod secret;
mod settings;
mod setup;
mod site;
mod smtp;
mod texts;
mod status;
mod time;
mod tls;
mod tokens;
mod upload;
mod users;
mod visit;
mod words;

use super::config::{self, Options, Passwords};
use super::kin::Kin;
use super::pool::Base;
use super::{Status, complain, rules, storage};
use crate::scan::Scanner;
use crate::store::{Retention, Role, Store, Summary};
use anyhow::Context;
use attempts::Attempts;
use engine::{Engine, Share};
use fail::Fail;
use mailboxes::Mailboxes;
use serde_json::Value;
use settings::Settings;
use setup::Setup;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Arguments of `tenpu desk`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Configuration file; see docs/desk.md.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8893].
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Makes accounts from the terminal.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Tokens of programs that use the API.
    Token {
        #[command(subcommand)]
        command: tokens::Command,
    },
}

#[derive(clap::Subcommand)]
enum UserCommand {
    /// Adds an account; the password is asked for, or read from standard input.
    Add {
        /// The name to sign in with.
        name: String,
        /// What the account may do.
        #[arg(long, value_parser = role, default_value = "operator")]
        role: Role,
    },
}

/// What all pages share.
#[derive(Debug)]
struct Desk {
    settings: Settings,
    engine: Engine,
    store: Store,
    attempts: Attempts,
    setup: Setup,
    sign_ins: oidc::SignIns,
    /// Held while a mail is released.
    releasing: tokio::sync::Mutex<()>,
    reports: reports::Watch,
    /// Wakes who sends answers.
    bell: reports::outbox::Bell,
    lists: exposure::Lists,
    retention: Retention,
    rates: api::Rates,
    mailboxes: Mailboxes,
    /// Passwords that come in other mails.
    kin: Kin,
}

impl Desk {
    /// A stored mail, if it is kept, with the room that it takes twice: as it is stored and as it is looked at.
    ///
    /// # Errors
    /// There is no room, or the store failed.
    async fn raw(&self, summary: &Summary) -> Result<Option<(Vec<u8>, Share)>, Fail> {
        let mut share = Share::default();
        let size = if summary.is_kept { u64::try_from(summary.size).unwrap_or(0) } else { 0 };
        self.engine.grow(&mut share, size.saturating_mul(2))?;
        Ok(self.store.raw(&summary.id).await?.map(|raw| (raw, share)))
    }
}

/// How long a file waits for a place before the page says that too much is going on.
const WAIT: Duration = Duration::from_secs(60);

/// Serves until it is told to stop, or does what the subcommand says.
pub(super) fn run(args: Args) -> anyhow::Result<Status> {
    let mut settings = Settings::read(args.config.as_deref())?;
    settings.listen = args.listen.unwrap_or(settings.listen);
    let options = args.config.as_deref().map(Options::of_file).unwrap_or_default();
    let scan = config::Settings::new(options, &Passwords::default(), None)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads could be started")?;
    runtime.block_on(async {
        let store = storage::open(&scan.store).await?;
        match args.command {
            Some(Command::User { command: UserCommand::Add { name, role } }) => {
                setup::add_from_terminal(&store, &name, role).await?;
                Ok(Status::Quiet)
            }
            Some(Command::Token { command }) => {
                tokens::run(&store, command).await?;
                Ok(Status::Quiet)
            }
            None => serve(settings, scan, store).await,
        }
    })
}

/// Whether `[desk]` holds nothing that it must not.
///
/// # Errors
/// It does.
#[cfg(unix)]
pub(super) fn check(section: toml::Value) -> anyhow::Result<()> {
    Settings::check(section)
}

/// Whether the files that `[desk]` names can be read.
///
/// # Errors
/// One cannot.
#[cfg(unix)]
pub(super) fn check_files(path: &std::path::Path) -> anyhow::Result<()> {
    Settings::read(Some(path))?.check_files()
}

/// A role by its word.
fn role(word: &str) -> Result<Role, String> {
    Role::of(word).ok_or_else(|| "viewer, operator or administrator".to_string())
}

async fn serve(settings: Settings, scan: config::Settings, store: Store) -> anyhow::Result<Status> {
    settings.check_files()?;
    let retention = storage::retention(&scan.store)?;
    let (rules, status) = rules::load(&scan);
    let base = Base {
        scanner: Scanner::new(scan.limits, rules),
        keys: scan.keys,
        options: settings.workers,
        wait: WAIT,
        tell,
    };
    let engine = Engine::new(base, scan.jobs)?;
    let desk = Arc::new(Desk {
        mailboxes: Mailboxes::new(settings.maildirs.clone()),
        settings,
        engine,
        store: store.clone(),
        attempts: Attempts::default(),
        setup: Setup::new()?,
        sign_ins: oidc::SignIns::default(),
        rates: api::Rates::default(),
        releasing: Default::default(),
        reports: reports::Watch::default(),
        bell: reports::outbox::Bell::default(),
        lists: exposure::Lists::default(),
        kin: Kin::default(),
        retention,
    });
    let mut watching = reports::start(&desk)?;
    let sender = reports::outbox::Sender::start(&desk);
    let forgetting = tokio::spawn(forget(store.clone(), retention));
    let served = site::serve(desk).await;
    forgetting.abort();
    watching.shutdown().await;
    sender.stop().await;
    store.close().await;
    served?;
    Ok(status)
}

/// What happened to a worker, if it is no good news.
fn tell(level: &str, what: &str, more: &Value) {
    let lacks = more.pointer("/tenpu/lockdown_lacks").and_then(Value::as_array).into_iter().flatten();
    let why = more.pointer("/error/message").into_iter().chain(lacks).filter_map(Value::as_str);
    if level != "info" {
        complain(&format!("{what}: {}", why.collect::<Vec<_>>().join(", ")));
    }
}

/// Forgets every hour what is no longer kept.
async fn forget(store: Store, retention: Retention) {
    loop {
        if let Err(error) = store.prune(retention).await {
            complain(&format!("the store: {error}"));
        }
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}
