//! `tenpu scan`: a report of every message.

use super::config::{Options, Passwords, Settings};
#[cfg(feature = "desk")]
use super::keeper::Keeper;
use super::pipeline::{self, Outcome};
use super::progress::Progress;
use super::{Status, complain, input, neighbours, rules};
use crate::report::gist::verdict_id;
use crate::report::html::Page;
use crate::report::words::{fill, say, word};
use crate::report::{Lang, Report, json, text};
use crate::scan::{Input, Scanner};
use crate::verdict::Verdict;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `tenpu scan`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Message, mbox, Maildir, any folder, a bare attachment, or - for standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// text for people, json: one object a line, html: one page.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Worker threads [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Writes every message into a store too: sqlite:/path, a path, or postgres://…; its key file lies beside it
    /// unless the configuration names one.
    #[cfg(feature = "desk")]
    #[arg(long, value_name = "DB")]
    store: Option<String>,
    #[command(flatten)]
    passwords: Passwords,
    #[command(flatten)]
    options: Options,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Html,
}

/// Scans every path and prints the reports in order.
pub(super) fn run(args: Args) -> anyhow::Result<Status> {
    let settings = Settings::new(args.options, &args.passwords, args.jobs)?;
    let (rules, loaded) = rules::load(&settings);
    let scanner = Scanner::new(settings.limits, rules);
    let limit = scanner.limits().input_bytes;
    #[cfg(feature = "desk")]
    let mut keeper = args.store.as_deref().map(|url| Keeper::open(url, &settings.store)).transpose()?;
    #[cfg(feature = "desk")]
    let is_kept = keeper.is_some();
    #[cfg(not(feature = "desk"))]
    let is_kept = false;
    let paths = args.paths;
    let mut printer = Printer::new(args.format, settings.lang);
    let keys = &settings.keys;
    let neighbours = neighbours::index(&paths, settings.jobs)?;
    let session = || {
        let (mut session, neighbours) = (scanner.session(), &neighbours);
        move |input: Input| {
            let raw = if is_kept { input.bytes.clone() } else { Vec::new() };
            Scanned { report: session.scan_among(input, keys, neighbours).0, raw }
        }
    };
    let feed = move |emit: &mut input::Emit| input::each(&paths, limit, emit);
    let mut each = |outcome| {
        printer.print(&outcome)?;
        #[cfg(feature = "desk")]
        if let (Outcome::Answer(scanned), Some(keeper)) = (outcome, &mut keeper) {
            keeper.add(*scanned).map_err(io::Error::other)?;
        }
        Ok(())
    };
    pipeline::run(session, settings.jobs, feed, &mut each)?;
    #[cfg(feature = "desk")]
    keeper.map(Keeper::finish).transpose()?;
    Ok(printer.finish()?.max(loaded))
}

/// A scanned message.
pub(super) struct Scanned {
    pub(super) report: Report,
    /// Its bytes; empty where they are not kept.
    #[cfg_attr(not(feature = "desk"), expect(dead_code, reason = "only a store asks for it"))]
    pub(super) raw: Vec<u8>,
}

impl pipeline::Answer for Scanned {
    fn fault(path: &str, index: usize, why: &str) -> Self {
        Self { report: Report::fault(path, index, why), raw: Vec::new() }
    }
}

/// Prints outcomes as they come, and counts them.
struct Printer {
    lang: Lang,
    format: Format,
    page: Page,
    out: BufWriter<StdoutLock<'static>>,
    to_terminal: bool,
    progress: Progress,
    verdicts: [usize; 4],
    failed: usize,
    status: Status,
    started: Instant,
}

impl Printer {
    fn new(format: Format, lang: Lang) -> Self {
        Self {
            lang,
            format,
            page: Page::new(lang),
            out: BufWriter::new(io::stdout().lock()),
            to_terminal: io::stdout().is_terminal(),
            progress: Progress::new(),
            verdicts: [0; 4],
            failed: 0,
            status: Status::Quiet,
            started: Instant::now(),
        }
    }

    fn print(&mut self, outcome: &Outcome<Scanned>) -> io::Result<()> {
        match outcome {
            Outcome::Answer(scanned) => self.report(&scanned.report),
            Outcome::Unreadable(problem) => {
                self.failed += 1;
                self.status = Status::Failed;
                self.progress.aside(|| complain(&format!("{}: {}", problem.path, problem.reason)));
                Ok(())
            }
        }
    }

    fn report(&mut self, report: &Report) -> io::Result<()> {
        self.count(report);
        match self.format {
            Format::Html => self.page.add(report),
            Format::Json => self.shown(|out| json::write(out, report))?,
            Format::Text => {
                let lang = self.lang;
                self.shown(|out| text::write(out, report, lang))?;
            }
        }
        self.progress.step();
        Ok(())
    }

    fn count(&mut self, report: &Report) {
        if let Some(count) = self.verdicts.get_mut(report.verdict as usize) {
            *count += 1;
        }
        let status = match report.verdict {
            _ if report.error.is_some() => Status::Failed,
            Verdict::Suspicious | Verdict::Malicious => Status::Alarm,
            Verdict::Clean | Verdict::Unverified => Status::Quiet,
        };
        self.status = self.status.max(status);
    }

    /// Writes a piece of output. On a terminal it is seen at once and the progress bar makes room for it.
    fn shown(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let out = &mut self.out;
        if !self.to_terminal {
            return write(out);
        }
        self.progress.aside(|| write(out).and_then(|()| out.flush()))
    }

    fn finish(mut self) -> io::Result<Status> {
        drop(self.progress);
        match self.format {
            Format::Html => self.page.finish(&mut self.out)?,
            Format::Json | Format::Text => {}
        }
        self.out.flush()?;
        if self.format == Format::Text {
            let line = summary(self.lang, self.verdicts, self.failed, self.started.elapsed().as_secs_f64());
            if let Some(line) = line {
                let _closed = writeln!(io::stderr(), "{line}");
            }
        }
        Ok(self.status)
    }
}

/// The line at the end of a run over more than one message; on standard error, for it holds the time.
fn summary(lang: Lang, verdicts: [usize; 4], failed: usize, seconds: f64) -> Option<String> {
    let total: usize = verdicts.iter().sum();
    if total == 0 && failed == 0 {
        return Some(say(lang, "summary.none").to_string());
    }
    let order = [Verdict::Malicious, Verdict::Suspicious, Verdict::Unverified, Verdict::Clean];
    let counts = order.into_iter().filter_map(|verdict| {
        let count = verdicts.get(verdict as usize).filter(|count| **count > 0)?;
        let id = verdict_id(verdict);
        Some(format!("{} {} {count}", word(lang, "sign", id), word(lang, "verdict", id)))
    });
    let counts = counts.collect::<Vec<_>>().join(" · ");
    let rate = f64::from(u32::try_from(total).unwrap_or(u32::MAX)) / seconds.max(0.001);
    let values = [total.to_string(), counts, format!("{seconds:.1}"), format!("{rate:.0}")];
    let mut line = fill(lang, "summary", &values.each_ref().map(String::as_str));
    if failed > 0 {
        line.push_str("; ");
        line.push_str(&fill(lang, "summary.unread", &[&failed.to_string()]));
    }
    (total + failed > 1).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_at_the_end() {
        let line = "4 messages: ■ Dangerous 1 · ○ Nothing found 3 · 2.0 s · 2 messages/s";
        assert_eq!(summary(Lang::En, [3, 0, 0, 1], 0, 2.0).unwrap(), line);
        let line = "メール1通：▲ 要注意 1（0.5秒、毎秒2通）; 読めなかった入力：2件";
        assert_eq!(summary(Lang::Ja, [0, 0, 1, 0], 2, 0.5).unwrap(), line);
        assert_eq!(summary(Lang::En, [1, 0, 0, 0], 0, 1.0), None);
        assert_eq!(summary(Lang::En, [0; 4], 0, 1.0).unwrap(), "There was nothing to scan.");
    }
}
