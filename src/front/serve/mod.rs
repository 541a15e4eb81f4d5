//! `tenpu serve`: the fronts for mail servers and filters, as one service.
//!
//! A thread takes the connections of each address, a thread answers each connection, and a bounded number of
//! workers scans. A place at a worker is taken only when the whole message is there, so that slow clients hold up
//! nobody; where no place gets free in time the failure policy answers, so that no queue grows. SIGTERM and SIGINT
//! let the messages under way end; SIGHUP reads rules and configuration anew and keeps the old ones if the new
//! are broken.

mod address;
pub mod clamd;
mod connection;
mod listener;
mod log;
pub mod milter;
pub mod olefy;
pub(super) mod pool;
pub mod room;
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
    /// Reads configuration and rules, says what is wrong with them, and ends.
    #[arg(long)]
    check: bool,
}

/// Serves until it is told to stop.
pub(super) fn run(args: Args) -> anyhow::Result<Status> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let service = Arc::new(Service::new(args.config)?);
    if args.check {
        return Ok(Status::Quiet);
    }
    log::faults();
    let sockets = listener::start(&service)?;
    let fronts: Vec<_> = service.engine().settings.listens.iter().map(|listen| listen.front.id()).collect();
    log::event("info", "started", &json!({ "tenpu": { "fronts": fronts } }));
    for signal in signals.forever() {
        match signal {
            SIGHUP => service.reload(),
            _ => break,
        }
    }
    log::event("info", "stopping", &json!({}));
    let grace = service.engine().settings.bounds.grace;
    let left = listener::stop(&service, sockets, grace);
    log::event("info", "stopped", &json!({ "tenpu": { "connections_cut": left } }));
    Ok(Status::Quiet)
}
