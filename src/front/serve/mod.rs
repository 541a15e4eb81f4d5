//! `tenpu serve`: the fronts for mail servers and filters, as one service.
//!
//! A thread takes the connections of each address, a thread answers each connection, and a bounded number of
//! workers scans. A place at a worker is taken only when the whole message is there, so that slow clients hold up
//! nobody; where no place gets free in time the failure policy answers, so that no queue grows. SIGTERM and SIGINT
//! let the messages under way end; SIGHUP reads rules and configuration anew and keeps the old ones if the new
//! are broken.

mod activation;
mod address;
pub(super) mod check;
pub mod clamd;
mod connection;
pub mod http;
mod ids;
#[cfg(feature = "desk")]
mod keeping;
mod listener;
mod log;
mod metrics;
pub mod milter;
mod notify;
pub mod olefy;
pub mod room;
pub(super) mod selftest;
mod service;
mod settings;

use super::Status;
use serde_json::json;
use service::Service;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `tenpu serve`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Configuration file; see docs/operators.md.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only checks the file, as `tenpu config check` does.
    #[arg(long)]
    check: bool,
}

/// Serves until it is told to stop.
pub(super) fn run(args: Args) -> anyhow::Result<Status> {
    if args.check {
        return check::file(&args.config, true);
    }
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let service = Arc::new(Service::new(args.config)?);
    log::faults();
    #[cfg(feature = "desk")]
    service.keeping.as_ref().map(|keeping| keeping.rescan(&service)).transpose()?;
    let sockets = listener::start(&service)?;
    let fronts: Vec<_> = service.engine().settings.listens.iter().map(|listen| listen.front.id()).collect();
    log::event("info", "started", &json!({ "tenpu": { "fronts": fronts } }));
    notify::ready(&service.status());
    notify::watch(&service)?;
    for signal in signals.forever() {
        match signal {
            SIGHUP => service.reload(),
            _ => break,
        }
    }
    notify::stopping();
    log::event("info", "stopping", &json!({}));
    let grace = service.engine().settings.bounds.grace;
    let left = listener::stop(&service, sockets, grace);
    #[cfg(feature = "desk")]
    service.keeping.iter().for_each(|keeping| keeping.finish(grace));
    log::event("info", "stopped", &json!({ "tenpu": { "connections_cut": left } }));
    Ok(Status::Quiet)
}
