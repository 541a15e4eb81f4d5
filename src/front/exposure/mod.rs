//! `tenpu exposure`: after a computer ran what it should not have, whom its mailbox corresponded with. That is whom one
//! has to warn, because such programs answer the mails they find.
//!
//! Only heads of messages are read. The list goes to standard output, what was counted and what could not be read to
//! standard error.

pub(super) mod notice;
pub(super) mod table;
pub(super) mod tally;

use super::config::lang_of_environment;
use super::day::Day;
use super::input::{self, Emit};
use super::pipeline::{self, Answer, Outcome};
use super::{Status, complain};
use crate::message::correspondence::Correspondence;
use crate::message::neighbours::HEAD;
use crate::report::Lang;
use crate::scan::Input;
use anyhow::ensure;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tally::{People, Period, Tally};

/// Arguments of `tenpu exposure`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Maildir, mbox, or a folder of messages.
    #[arg(required = true, value_name = "MAILBOX")]
    paths: Vec<PathBuf>,
    /// First day, such as 2022-03-01.
    #[arg(long, value_name = "DATE")]
    since: Option<Day>,
    /// Last day.
    #[arg(long, value_name = "DATE")]
    until: Option<Day>,
    /// An address of the mailbox itself (repeatable) [default: the one that takes part in most messages].
    #[arg(long, value_name = "ADDRESS")]
    owner: Vec<String>,
    /// csv: the list; json: the same; notice: a draft of a notice to those on it.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Language of the words [default: from LC_ALL, LC_MESSAGES or LANG].
    #[arg(long, value_enum, value_name = "LANG")]
    lang: Option<Lang>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Csv,
    Json,
    Notice,
}

/// Reads the mailbox and prints the list.
pub(super) fn run(args: Args) -> anyhow::Result<Status> {
    let period = Period { since: args.since, until: args.until };
    let is_backwards = args.since.zip(args.until).is_some_and(|(since, until)| since > until);
    ensure!(!is_backwards, "--since is later than --until");
    let lang = args.lang.unwrap_or_else(lang_of_environment);
    let (tally, status) = read(args.paths, period)?;
    let (read, undated) = (tally.read, tally.undated);
    let people = tally.finish(&args.owner);
    let mut out = io::stdout().lock();
    match args.format {
        Format::Csv => table::csv(&mut out, &people, lang)?,
        Format::Json => writeln!(out, "{}", table::object(&people))?,
        Format::Notice => write!(out, "{}", notice::draft(&people, period, lang))?,
    }
    out.flush()?;
    tell(&people, read, undated, lang);
    Ok(status)
}

/// Reads the heads of all messages, on all cores.
fn read(paths: Vec<PathBuf>, period: Period) -> anyhow::Result<(Tally, Status)> {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let mut status = Status::Quiet;
    let mut failed = |why: &str| {
        complain(why);
        status = Status::Failed;
    };
    let feed = move |emit: &mut Emit| input::each(&paths, HEAD, emit);
    let tally = count(feed, jobs, period, &mut failed, &mut |_| true)?;
    Ok((tally, status))
}

/// Counts the messages that `feed` hands on, of which the heads are enough. `failed` is told what could not be read;
/// `goes_on` ends the counting early.
///
/// # Errors
/// No thread could be started.
pub(super) fn count(
    feed: impl pipeline::Feed,
    jobs: usize,
    period: Period,
    failed: &mut dyn FnMut(&str),
    goes_on: &mut dyn FnMut(&Tally) -> bool,
) -> io::Result<Tally> {
    let (mut tally, mut is_ended) = (Tally::new(period), false);
    let mut each = |outcome: Outcome<Told>| {
        match outcome {
            Outcome::Answer(told) => match *told {
                Told::Message(message) => tally.add(message),
                Told::Other => {}
                Told::Fault(what) => failed(&what),
            },
            Outcome::Unreadable(problem) => failed(&format!("{}: {}", problem.path, problem.reason)),
        }
        is_ended = !goes_on(&tally);
        if is_ended { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    };
    match pipeline::run(|| one, jobs, feed, &mut each) {
        Err(error) if !is_ended => Err(error),
        _ => Ok(tally),
    }
}

/// What became of one input.
enum Told {
    Message(Correspondence),
    /// It is no message.
    Other,
    Fault(String),
}

impl Answer for Told {
    fn fault(path: &str, _: usize, why: &str) -> Self {
        Self::Fault(format!("{path}: {why}"))
    }
}

/// The most bytes of a message that Outlook saved.
const SAVED: u64 = 256 << 20;

fn one(mut input: Input) -> Told {
    // The head of a message is enough, but a compound file has its directory anywhere.
    if input.bytes.starts_with(b"\xd0\xcf\x11\xe0") && input.size > HEAD {
        match input::read_file(Path::new(&input.path), SAVED) {
            Ok(whole) => input.bytes = whole.bytes,
            Err(error) => return Told::Fault(format!("{}: {error}", input.path)),
        }
    }
    Correspondence::read(&input.bytes, input.is_message).map_or(Told::Other, Told::Message)
}

/// What was counted.
fn tell(people: &People, read: usize, undated: usize, lang: Lang) {
    let owners: Vec<&str> = people.owners.iter().map(String::as_str).collect();
    let bulk = people.people.iter().filter(|person| person.is_bulk).count();
    let (messages, total) = (people.messages, people.people.len());
    let text = match lang {
        Lang::En => format!(
            "mailbox of {}: {messages} of {read} messages lie in the period ({undated} bear no date); {total} addresses, \
             {bulk} of them only of newsletters and lists",
            owners.join(", ")
        ),
        Lang::Ja => format!(
            "{}のメールボックス：{read}通のうち{messages}通が期間内です(うち日付なし{undated}通)。アドレスは{total}件です。\
             そのうち{bulk}件は一斉配信のみです。",
            owners.join("、")
        ),
    };
    complain(&text);
}
