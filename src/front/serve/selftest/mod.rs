//! `tenpu selftest`: sends harmless look-alikes through every address of the configuration file, as mail servers and
//! filters would, and says which came back otherwise than the configuration asks for.

mod archive;
mod clients;
mod project;
mod samples;

use super::address::Address;
use super::log::action_id;
use super::milter::policy::{Action, Direction, Policy};
use super::settings::{Listen, Settings, Told};
use crate::front::Status;
use crate::front::config::{self, Options, Passwords};
use crate::report::Lang;
use crate::report::gist::verdict_id;
use crate::report::words::{fill, say};
use crate::text::printable;
use crate::verdict::Verdict;
use anyhow::ensure;
use samples::Sample;
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `tenpu selftest`.
#[derive(clap::Args)]
#[command(after_help = STATUS)]
pub(in crate::front) struct Args {
    /// Configuration file of the service that runs.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Language of the words [default: from the configuration, LC_ALL, LC_MESSAGES or LANG].
    #[arg(long, value_enum, value_name = "LANG")]
    lang: Option<Lang>,
}

const STATUS: &str = "Exit status: 0 everything came back as it must, 1 something did not, 2 an address did not answer \
                      or the call was wrong.";

/// Asks every address, and tells each answer as it comes.
pub(in crate::front) fn run(args: &Args) -> anyhow::Result<Status> {
    let scan = config::Settings::new(Options::of_file(&args.config), &Passwords::default(), None)?;
    ensure!(
        scan.builtin,
        "without tenpu's own rules (`builtin_rules = false`) nothing is there to be tested"
    );
    let lang = args.lang.unwrap_or(scan.lang);
    let settings = Settings::read(&args.config)?;
    let samples = samples::all()?;
    let mut out = io::stdout().lock();
    let (mut status, mut asked, mut wrong) = (Status::Quiet, 0_u32, 0_u32);
    for listen in &settings.listens {
        for row in rows(&settings, listen, &samples) {
            let (word, ended) = row.judged();
            status = status.max(ended);
            asked += 1;
            wrong += u32::from(ended != Status::Quiet);
            let got = printable(&row.got.unwrap_or_else(|error| error.to_string()));
            let place = place(listen);
            writeln!(out, "{word:4}  {place}  {}", say(lang, &format!("selftest.{}", row.sample)))?;
            if ended != Status::Quiet {
                writeln!(out, "      {}", fill(lang, "selftest.expected", &[&row.want, &got]))?;
            } else {
                writeln!(out, "      {got}")?;
            }
        }
    }
    let sum = if wrong == 0 { "selftest.good" } else { "selftest.bad" };
    writeln!(out, "{}", fill(lang, sum, &[&asked.to_string(), &wrong.to_string()]))?;
    Ok(status)
}

/// One answer.
struct Row {
    sample: &'static str,
    want: String,
    got: io::Result<String>,
}

impl Row {
    fn judged(&self) -> (&'static str, Status) {
        match &self.got {
            // clamd's answer ends in the word; before it stands a name.
            Ok(got) if *got == self.want || got.ends_with(&format!(" {}", self.want)) => {
                ("ok", Status::Quiet)
            }
            Ok(_) => ("FAIL", Status::Alarm),
            Err(_) => ("FAIL", Status::Failed),
        }
    }
}

/// What one address answers to everything that it is asked.
fn rows(settings: &Settings, listen: &Listen, samples: &[Sample]) -> Vec<Row> {
    let at = &listen.address;
    let ask = |want: &dyn Fn(Verdict) -> String, ask: fn(&Address, &[u8]) -> io::Result<String>| {
        let row = |sample: &Sample| Row {
            sample: sample.id,
            want: want(sample.verdict),
            got: ask(at, &sample.mail),
        };
        samples.iter().map(row).collect()
    };
    match listen.front.id() {
        "milter" => ask(&|verdict| of_milter(settings, at, verdict), clients::milter),
        "clamd" => ask(&|verdict| of_clamd(settings, verdict).into(), clients::clamd),
        "olefy" => ask(&|verdict| of_olefy(verdict).into(), clients::olefy),
        "http" => vec![Row { sample: "ready", want: "200".into(), got: clients::http(at) }],
        _ => Vec::new(),
    }
}

/// What the policy asks for, for a mail of a stranger.
fn of_milter(settings: &Settings, at: &Address, verdict: Verdict) -> String {
    let here = settings.milter(at);
    let action = settings.book.policy(&here.rows, Direction::Incoming).action(Some(verdict));
    let word = verdict_id(verdict);
    match action {
        Action::Defer | Action::Discard => action_id(action).into(),
        // Without a mark a tagged mail looks like one that is let pass.
        Action::Tag if here.subject.is_empty() => format!("accept ({word})"),
        action => format!("{} ({word})", action_id(action)),
    }
}

fn of_clamd(settings: &Settings, verdict: Verdict) -> &'static str {
    let (clamd, policy): (_, &Policy) = (&settings.clamd, &settings.policy);
    let told = match verdict {
        Verdict::Suspicious => clamd.suspicious,
        Verdict::Unverified => clamd.unverified,
        Verdict::Clean | Verdict::Malicious => None,
    };
    let of_policy = if policy.action(Some(verdict)) == Action::Accept { Told::Ok } else { Told::Found };
    if told.unwrap_or(of_policy) == Told::Ok { "OK" } else { "FOUND" }
}

fn of_olefy(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "quiet",
        Verdict::Unverified => "locked",
        Verdict::Suspicious | Verdict::Malicious => "alarm",
    }
}

/// A front and its address, as the configuration file writes it.
fn place(listen: &Listen) -> String {
    format!("{} {}", listen.front.id(), printable(&listen.address.to_string()))
}
