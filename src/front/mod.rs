//! The ways in: the command line, one file a subcommand.
//!
//! Exit status of every subcommand: 0 nothing at or above `suspicious`, 1 something is, 2 an input or a rule could
//! not be read or the call was wrong; 2 goes before 1, because who asks must know that not everything was looked
//! at. A reader that closes the pipe ends the run quietly with 0.

mod cell;
mod config;
mod day;
#[cfg(feature = "desk")]
mod desk;
mod explain;
#[cfg(any(unix, feature = "desk"))]
mod excerpt;
mod exposure;
mod extract;
mod generate;
mod input;
#[cfg(feature = "desk")]
mod keeper;
#[cfg(feature = "desk")]
mod kin;
mod neighbours;
mod pipeline;
#[cfg(any(unix, feature = "desk"))]
mod pool;
mod progress;
mod rules;
mod scan;
#[cfg(feature = "desk")]
mod storage;
#[cfg(unix)]
pub mod serve;
#[cfg(target_os = "linux")]
mod worker;

use crate::text::printable;
use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;

/// Opens every e-mail attachment before a person does, and says whether the mail is dangerous, why, and what to
/// do now.
#[derive(Parser)]
#[command(name = "tenpu", version, about, max_term_width = 100, after_help = STATUS)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const STATUS: &str = "Exit status: 0 nothing suspicious, 1 something is, 2 an input or a rule could not be read \
                      or the call was wrong.";

#[derive(Subcommand)]
enum Command {
    /// Says of each message whether it is dangerous, why, and what to do now.
    Scan(scan::Args),
    /// Shows all of one message: what is inside, macro source, and the page of every rule that matched.
    Explain(explain::Args),
    /// Writes everything inside a message to a folder, under harmless names.
    Extract(extract::Args),
    /// After an incident: whom a mailbox corresponded with, and a draft of a notice to them.
    Exposure(exposure::Args),
    /// Lists, shows and checks rules.
    Rules(rules::Args),
    /// Answers mail servers and filters: milter, clamd protocol, olefy; see docs/operators.md.
    #[cfg(unix)]
    Serve(serve::Args),
    /// Checks a configuration file.
    #[cfg(unix)]
    Config(serve::check::Args),
    /// Sends harmless look-alikes through every address of a running service and says how they came back.
    #[cfg(unix)]
    Selftest(serve::selftest::Args),
    /// Writes manual pages or completions, for packages.
    #[command(hide = true)]
    Generate(generate::Args),
    /// Scans for the service, locked in; the service starts it.
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Worker(worker::Args),
    /// Serves the help desk's pages, on which people ask whether they may open a mail.
    #[cfg(feature = "desk")]
    Desk(desk::Args),
}

/// How a run ended; the greater goes before the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Nothing at or above `suspicious`.
    Quiet = 0,
    /// Something is.
    Alarm = 1,
    /// Something could not be read, or the call was wrong.
    Failed = 2,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _closed = error.print();
            return if error.use_stderr() { Status::Failed.into() } else { ExitCode::SUCCESS };
        }
    };
    report_faults();
    let outcome = match cli.command {
        Command::Scan(args) => scan::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Extract(args) => extract::run(args),
        Command::Exposure(args) => exposure::run(args),
        Command::Rules(args) => rules::run(args),
        #[cfg(unix)]
        Command::Serve(args) => serve::run(args),
        #[cfg(unix)]
        Command::Config(args) => serve::check::run(args),
        Command::Selftest(args) => serve::selftest::run(&args),
        Command::Generate(args) => generate::run(&args),
        #[cfg(target_os = "linux")]
        Command::Worker(args) => worker::run(&args),
        #[cfg(feature = "desk")]
        Command::Desk(args) => desk::run(args),
    };
    match outcome {
        Ok(status) => status.into(),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            Status::Failed.into()
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// One message on standard error. It may quote names that a stranger chose.
fn complain(message: &str) {
    let mut out = io::stderr().lock();
    for (n, line) in message.lines().enumerate() {
        let start = if n == 0 { "tenpu: " } else { "       " };
        let _closed = writeln!(out, "{start}{}", printable(line));
    }
}

/// A fault inside tenpu is told in one line that can be reported, whatever the input wrote into its message.
fn report_faults() {
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
        let reason = fault.payload_as_str().unwrap_or("no reason given").replace('\n', " ");
        let reason: String = reason.chars().take(300).collect();
        complain(&format!("fault{}: {reason}", place.unwrap_or_default()));
    }));
}

/// Whether whoever read our output has gone; that is their right and no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_could_not_be_read_goes_before_an_alarm() {
        assert_eq!(Status::Alarm.max(Status::Failed), Status::Failed);
        assert_eq!(Status::Alarm.max(Status::Quiet), Status::Alarm);
    }
}
