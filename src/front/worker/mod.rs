//! `tenpu worker`: a process that scans for the service, and can do nothing else.
//!
//! The service starts it with one socket as standard input and output, and tells it limits, passwords and compiled
//! rules ([`wire`]), so that it reads no file of its own and holds exactly what the service has checked. It locks
//! itself in ([`lockdown`]) before the first byte of a message comes, and ends when its input does. A fault that is
//! caught is answered and ends it too: what a fault left behind judges no further message.

mod lockdown;
mod probe;
pub(super) mod wire;

use super::Status;
use super::pool::{Ask, Reply, reply};
use crate::detect::{self, yara};
use crate::keyring::Keyring;
use crate::limits::Limits;
use crate::scan::{Input, Scanner, Session};
use anyhow::{Context, anyhow};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, StdinLock};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::Builder;
use wire::{Job, ORDER, Ready, Setup};

/// Arguments of `tenpu worker`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Locks itself in, tries what a worker must not be able to do, and says how that went.
    #[arg(long)]
    probe: bool,
}

/// The stack of the thread that scans, as the command line gives it to its own.
const STACK: usize = 8 << 20;

/// Scans until the input ends.
pub(super) fn run(args: &Args) -> anyhow::Result<Status> {
    if args.probe {
        return probe::run();
    }
    // A service manager signals every process of the service; the service itself decides when a worker ends.
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    let mut input = io::stdin().lock();
    let setup: Setup = serde_json::from_slice(&wire::read(&mut input, ORDER)?)?;
    let rules = wire::read(&mut input, ORDER)?;
    drop(input);
    let lacks = lockdown::enter(setup.memory);
    let scan = Builder::new().name("scan".into()).stack_size(STACK);
    let scan = scan.spawn(move || serve(setup, &rules, lacks))?;
    scan.join().map_err(|_| anyhow!("the scanner failed while it was set up"))?
}

/// Sets up the scanner, shuts the door, and answers jobs.
fn serve(setup: Setup, rules: &[u8], mut lacks: Vec<String>) -> anyhow::Result<Status> {
    let yara = yara::Rules::unpack(rules).context("the rules could not be loaded")?;
    let rules = detect::Rules { yara, builtin: setup.builtin };
    let scanner = Scanner::new(setup.limits, rules);
    let mut keys = Keyring::new();
    setup.keys.into_iter().for_each(|key| keys.add(key));
    let limits = scanner.limits();
    let mut session = scanner.session();
    // What is set up by the first scan is set up now.
    session.scan(Input { bytes: b"warm".to_vec(), size: 4, ..Input::default() }, &keys);
    lacks.extend(lockdown::seal().err().map(|why| format!("seccomp: {why}")));
    let (mut input, mut out) = (io::stdin().lock(), io::stdout().lock());
    wire::tell(&mut out, &Ready { lacks })?;
    while let Some(job) = next(&mut input)? {
        match answer(&mut session, job, (&keys, limits)) {
            Some(frames) => frames.iter().try_for_each(|frame| wire::write(&mut out, frame))?,
            None => {
                wire::write(&mut out, b"")?;
                break;
            }
        }
    }
    Ok(Status::Quiet)
}

/// The next job; none once the service has gone.
fn next(input: &mut StdinLock) -> anyhow::Result<Option<(Input, Ask)>> {
    let head = match wire::read(input, ORDER) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        head => head?,
    };
    let job: Job = serde_json::from_slice(&head)?;
    Ok(Some(job.with(wire::read(input, ORDER)?)))
}

/// The answer as frames that are ready to be sent; none where the scan failed.
fn answer(
    session: &mut Session,
    (input, ask): (Input, Ask),
    with: (&Keyring, &Limits),
) -> Option<Vec<Vec<u8>>> {
    let attempt = || {
        let reply = reply(session, input, with, ask);
        let head = serde_json::to_vec(&reply).ok()?;
        let parts = match reply {
            Reply::Answer(_) => Vec::new(),
            Reply::Forwarded(forwarded) => forwarded.parts,
        };
        Some(std::iter::once(head).chain(parts.into_iter().map(|part| part.bytes)).collect())
    };
    catch_unwind(AssertUnwindSafe(attempt)).ok().flatten()
}
