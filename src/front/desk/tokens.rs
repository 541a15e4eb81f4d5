//! Tokens of programs, made, listed and taken back in the terminal.

use super::role;
use super::time::{now, utc};
use crate::store::{Role, Store, Token};
use crate::text::is_deceptive;
use anyhow::{Context, ensure};
use std::io::{self, Write};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Makes a token and prints it, once.
    Add {
        /// What it is for.
        name: String,
        /// What the program may do.
        #[arg(long, value_parser = role, default_value = "viewer")]
        role: Role,
        /// Whether it may only read, whatever its role.
        #[arg(long)]
        read_only: bool,
        /// The account it belongs to; it may no more than that account [default: the one administrator].
        #[arg(long)]
        account: Option<String>,
        /// The days after which it ends.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
    },
    /// Lists all tokens.
    List,
    /// Takes a token back.
    Revoke {
        /// Its number in the list.
        number: i64,
    },
}

/// Does what is asked in the terminal.
///
/// # Errors
/// The account is not there, or the store failed.
pub(super) async fn run(store: &Store, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add { name, role, read_only, account, days } => {
            add(store, name.trim(), (role, read_only), account, days).await
        }
        Command::List => list(store).await,
        Command::Revoke { number } => {
            store.revoke_token(number).await?;
            store.audit("terminal", "revoke-token", &number.to_string(), "").await?;
            writeln!(io::stdout(), "Token {number} no longer holds.")?;
            Ok(())
        }
    }
}

async fn add(
    store: &Store,
    name: &str,
    (role, is_reading): (Role, bool),
    account: Option<String>,
    days: u16,
) -> anyhow::Result<()> {
    let is_seen = (1..=64).contains(&name.chars().count()) && !name.chars().any(is_deceptive);
    ensure!(is_seen, "the name must have 1 to 64 characters that can be seen");
    let account = match account {
        Some(account) => {
            store.user(&account).await?.with_context(|| format!("there is no account {account}"))?
        }
        None => administrator(store).await?,
    };
    ensure!(!account.is_disabled, "the account {} is disabled", account.name);
    ensure!(role <= account.role, "the account {} may less than that", account.name);
    let expires = now() + i64::from(days) * 86_400;
    let (number, token) = store.add_token(name, &account.name, (role, is_reading), expires).await?;
    let detail = format!("{name}, {}, {}{}", account.name, role.id(), reading(is_reading));
    store.audit("terminal", "add-token", &number.to_string(), &detail).await?;
    let mut out = io::stdout().lock();
    writeln!(out, "{token}")?;
    writeln!(io::stderr(), "Token {number} holds until {}. It is not shown again.", utc(expires))?;
    Ok(())
}

/// What is said of a token that may only read.
fn reading(is_reading: bool) -> &'static str {
    if is_reading { ", read only" } else { "" }
}

/// The administrator, if there is one alone.
async fn administrator(store: &Store) -> anyhow::Result<crate::store::User> {
    let all = store.users().await?;
    let may = |user: &crate::store::User| user.role == Role::Administrator && !user.is_disabled;
    let mut administrators = all.into_iter().filter(may);
    let first = administrators.next().context("there is no administrator yet")?;
    ensure!(
        administrators.next().is_none(),
        "there are several administrators: say whose it is with --account"
    );
    Ok(first)
}

async fn list(store: &Store) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for token in store.tokens().await? {
        let Token { number, label, name, role, created, expires, is_revoked, is_reading } = token;
        let state = match () {
            () if is_revoked => "revoked",
            () if expires <= now() => "ended",
            () => "holds",
        };
        let (created, expires) = (utc(created), utc(expires));
        let role = format!("{}{}", role.id(), reading(is_reading));
        writeln!(out, "{number}\t{state}\t{role}\t{name}\t{created}\t{expires}\t{label}")?;
    }
    Ok(())
}
