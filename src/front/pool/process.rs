//! One worker process as the service sees it: started, asked, watched, and killed when it must be. What it says is
//! not trusted: it has read hostile bytes.

use super::base::Tell;
use super::options::Lockdown;
use super::queue::{Generation, Orders};
use super::{Answer, Ask, Base, Reply};
use crate::front::input;
use crate::front::worker::wire::{self, ANSWER, Job, Ready, Setup};
use crate::message::neighbours::Note;
use crate::report::Report;
use crate::scan::Input;
use crate::text::printable;
use serde_json::json;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// A running worker.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    stream: UnixStream,
    /// The rules it has.
    pub(super) generation: u64,
    /// What of the lock-down it could not have.
    pub(super) lacks: Vec<String>,
    /// How long it may take for one job.
    patience: Duration,
    /// How much memory it may still hold between jobs.
    resident: u64,
    /// How many bytes of parts it may hand over: it cannot hold more.
    most: u64,
    jobs: u32,
    is_spent: bool,
}

/// The worker is of no more use, and its job is not done.
#[derive(Debug)]
pub(super) struct Lost(pub(super) String);

/// What a worker says to a job.
pub(super) enum Said {
    /// This is the answer.
    Reply(Reply),
    /// The scan failed, and would again.
    Failed,
}

/// How long a worker may take to get ready: large sets of rules are loaded meanwhile.
const START: Duration = Duration::from_secs(60);

/// Jobs of one worker's life, so that nothing a mail leaves behind stays for long.
const JOBS: u32 = 1000;

impl Worker {
    /// Starts a worker and waits until it has locked itself in.
    ///
    /// # Errors
    /// Why it could not be started, in words.
    pub(super) fn start(generation: &Generation) -> Result<Self, String> {
        let base = &generation.base;
        let (ours, theirs) = UnixStream::pair().map_err(said)?;
        let theirs = OwnedFd::from(theirs);
        let mut child = program()
            .stdin(theirs.try_clone().map_err(said)?)
            .stdout(theirs)
            .spawn()
            .map_err(|error| format!("/proc/self/exe: {error}"))?;
        listen(&mut child, base.tell);
        let mut worker = Self {
            child,
            stream: ours,
            generation: generation.number,
            lacks: Vec::new(),
            patience: base.patience(),
            resident: base.memory() / 4,
            most: base.memory(),
            jobs: 0,
            is_spent: false,
        };
        worker.greet(generation).map_err(|error| worker.why(&error))?;
        if !worker.lacks.is_empty() && base.options.lockdown == Lockdown::Require {
            return Err(format!("lockdown: {}", worker.lacks.join(", ")));
        }
        Ok(worker)
    }

    fn greet(&mut self, generation: &Generation) -> io::Result<()> {
        let mut line = Line { stream: &self.stream, until: Instant::now() + START };
        wire::write(&mut line, &generation.orders.setup)?;
        wire::write(&mut line, &generation.orders.rules)?;
        let ready: Ready = serde_json::from_slice(&wire::read(&mut line, 64 << 10)?)?;
        self.lacks = ready.lacks.iter().map(|what| printable(what)).collect();
        Ok(())
    }

    /// Has one input scanned or taken apart.
    ///
    /// # Errors
    /// The worker died, hung or talked nonsense.
    pub(super) fn ask(&mut self, input: &Input, what: &Ask) -> Result<Said, Lost> {
        self.jobs += 1;
        let mut line = Line { stream: &self.stream, until: Instant::now() + self.patience };
        let said = ask(&mut line, input, what, self.most);
        self.is_spent = !matches!(said, Ok(Said::Reply(_))) || self.jobs >= JOBS || self.is_swollen();
        said.map_err(|error| Lost(self.why(&error)))
    }

    /// Whether it died while it had nothing to do.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether another should take its place.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// Whether more stays in memory than is worth keeping.
    fn is_swollen(&self) -> bool {
        let path = format!("/proc/{}/statm", self.child.id());
        let Ok(head) = input::read_file(Path::new(&path), 200) else { return false };
        let text = String::from_utf8_lossy(&head.bytes);
        let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
        let page = rustix::param::page_size() as u64;
        pages.is_some_and(|pages| pages.saturating_mul(page) > self.resident)
    }

    /// What happened to it, in words.
    fn why(&mut self, error: &io::Error) -> String {
        if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            return "it did not answer in time".into();
        }
        // The end of the connection comes a moment before that of the process.
        let until = Instant::now() + Duration::from_millis(200);
        let status = loop {
            match self.child.try_wait() {
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
                other => break other.ok().flatten(),
            }
        };
        match status {
            Some(status) => match (status.signal(), status.code()) {
                (Some(signal), _) => format!("it ended by signal {signal}"),
                (_, code) => format!("it ended with status {}", code.unwrap_or_default()),
            },
            None => format!("it talked nonsense: {error}"),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _closed = self.stream.shutdown(Shutdown::Both);
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Hands over a job and takes the answer.
fn ask(line: &mut Line, input: &Input, what: &Ask, most: u64) -> io::Result<Said> {
    wire::tell(line, &Job::of(input, what))?;
    wire::write(line, &input.bytes)?;
    let said = wire::read(line, ANSWER)?;
    if said.is_empty() {
        return Ok(Said::Failed);
    }
    let mut reply: Reply = serde_json::from_slice(&said)?;
    let is_sound = match &reply {
        Reply::Answer(answer) => matches!(what, Ask::Scan(_)) && is_sound(answer),
        Reply::Forwarded(forwarded) => matches!(what, Ask::TakeApart) && forwarded.is_sound(),
    };
    if !is_sound {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "nothing that was asked answers that"));
    }
    match &mut reply {
        Reply::Answer(answer) => {
            // Only we know them.
            answer.report.path.clone_from(&input.path);
            answer.report.index = input.index;
            answer.report.links.clone_from(&answer.links);
        }
        Reply::Forwarded(forwarded) => {
            let mut left = most;
            for part in &mut forwarded.parts {
                part.bytes = wire::read(line, left)?;
                left = left.saturating_sub(part.bytes.len() as u64);
            }
        }
    }
    Ok(Said::Reply(reply))
}

/// Whether what goes into headers and replies is as a scan makes it.
fn is_sound(answer: &Answer) -> bool {
    let is_plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    let is_sound = Report::are_links(&answer.links)
        && answer.macros.is_sound()
        && answer.note.as_ref().is_none_or(Note::is_sound);
    is_sound && answer.report.findings.iter().all(|finding| is_plain(&finding.id))
}

/// What workers are told of rules and configuration.
///
/// # Errors
/// The rules cannot be packed.
pub(super) fn orders(base: &Base) -> anyhow::Result<Orders> {
    let rules = base.scanner.rules();
    let setup = Setup {
        limits: base.scanner.limits().clone(),
        builtin: rules.builtin,
        keys: base.keys.candidates().into_iter().cloned().collect(),
        memory: base.memory(),
    };
    Ok(Orders { setup: serde_json::to_vec(&setup)?, rules: rules.yara.pack().map_err(anyhow::Error::msg)? })
}

/// The program that runs now, also where the file has been replaced or removed meanwhile.
#[expect(clippy::disallowed_methods, reason = "the service starts itself, never what came in a mail")]
fn program() -> Command {
    let mut program = Command::new("/proc/self/exe");
    // A group of its own, so that what a terminal sends to the service does not reach it.
    program.arg0("tenpu").arg("worker").env_clear().current_dir("/").process_group(0).stderr(Stdio::piped());
    program
}

fn said(error: io::Error) -> String {
    error.to_string()
}

/// A connection on which every wait ends at the same time.
struct Line<'a> {
    stream: &'a UnixStream,
    until: Instant,
}

impl Line<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Line<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(bytes)
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines of one worker's life that are logged, and bytes of each.
const LINES: usize = 20;
const LINE: u64 = 1000;

/// Logs what a worker writes to standard error, and lets the rest of it go by.
fn listen(child: &mut Child, heard: Tell) {
    let pid = child.id();
    let Some(errors) = child.stderr.take() else { return };
    let tell = move |errors: ChildStderr| {
        let mut errors = BufReader::new(errors);
        for n in 0.. {
            let mut line = Vec::new();
            match errors.by_ref().take(LINE).read_until(b'\n', &mut line) {
                Ok(1..) if n < LINES => {
                    let text = printable(String::from_utf8_lossy(&line).trim_end());
                    let event = json!({ "process": { "pid": pid }, "error": { "message": text } });
                    heard("error", "worker-said", &event);
                }
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
        }
    };
    // Without a thread the pipe is closed, and the worker's words are lost.
    let _unheard = Builder::new().name("errors".into()).spawn(move || tell(errors));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::pool::Wish;
    use crate::message::forwarded::{Forwarded, Part};

    #[test]
    fn nobody_is_waited_for_for_ever() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut line = Line { stream: &ours, until: Instant::now() + Duration::from_millis(30) };
        let error = wire::read(&mut line, 10).unwrap_err();
        assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error:?}");
        let mut line = Line { stream: &ours, until: Instant::now() + Duration::from_millis(30) };
        let error = wire::write(&mut line, &b"x".repeat(64 << 20)).unwrap_err();
        assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error:?}");
        drop(theirs);
    }

    /// What is made of some bytes of a worker.
    fn said(bytes: &[u8], what: &Ask) -> io::Result<Said> {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(bytes).unwrap();
        theirs.shutdown(Shutdown::Write).unwrap();
        let input = Input { path: "here".into(), index: 7, ..Input::default() };
        ask(&mut Line { stream: &ours, until: Instant::now() + Duration::from_secs(60) }, &input, what, 8)
    }

    fn frame(reply: &Reply) -> Vec<u8> {
        let mut bytes = Vec::new();
        wire::tell(&mut bytes, reply).unwrap();
        bytes
    }

    #[test]
    fn answers_are_taken_and_nonsense_is_not() {
        let scan = Ask::Scan(Wish::default());
        let mut answer = Answer {
            report: crate::report::tests::malicious(),
            macros: Default::default(),
            is_mail: true,
            note: None,
            links: vec!["http://a.example/".into()],
            excerpt: None,
        };
        let honest = frame(&Reply::Answer(Box::new(answer.clone())));
        let Ok(Said::Reply(Reply::Answer(taken))) = said(&honest, &scan) else { panic!("refused") };
        assert_eq!((taken.report.path.as_str(), taken.report.index), ("here", 7));
        assert_eq!(taken.report.findings.len(), answer.report.findings.len());
        assert_eq!(taken.report.links, answer.links);
        assert!(matches!(said(&[0; 8], &scan), Ok(Said::Failed)));
        answer.report.findings[0].id = "a\r\nX-Header: b".into();
        let mut wrong = honest.clone();
        wrong[8] = b'!';
        let lies = frame(&Reply::Answer(Box::new(answer)));
        for bytes in [&b""[..], &[0xff; 16], &honest[..honest.len() - 1], &wrong, &lies] {
            assert!(said(bytes, &scan).is_err(), "{bytes:?}");
        }
        assert!(said(&honest, &Ask::TakeApart).is_err(), "that was not asked");
    }

    #[test]
    fn parts_come_behind_and_are_bounded() {
        let part = |bytes: &[u8]| Part { bytes: bytes.to_vec(), ..Part::default() };
        let forwarded = Forwarded { parts: vec![part(b"abcd"), part(b"efgh")], ..Forwarded::default() };
        let mut sent = frame(&Reply::Forwarded(Box::new(forwarded)));
        let head = sent.len();
        for bytes in [b"abcd", b"efgh"] {
            wire::write(&mut sent, bytes).unwrap();
        }
        let Ok(Said::Reply(Reply::Forwarded(taken))) = said(&sent, &Ask::TakeApart) else { panic!() };
        assert_eq!(taken.parts.iter().map(|part| &part.bytes[..]).collect::<Vec<_>>(), [b"abcd", b"efgh"]);
        assert!(said(&sent, &Ask::Scan(Wish::default())).is_err());
        for cut in [head, head + 8, head + 12, sent.len() - 1] {
            assert!(said(&sent[..cut], &Ask::TakeApart).is_err());
        }
        let mut long = sent[..head].to_vec();
        wire::write(&mut long, b"abcd").unwrap();
        wire::write(&mut long, b"efghi").unwrap();
        assert!(said(&long, &Ask::TakeApart).is_err(), "more than it may hold");
        let evil = Forwarded { return_path: Some("a@b\r\nDATA".into()), ..Forwarded::default() };
        assert!(said(&frame(&Reply::Forwarded(Box::new(evil))), &Ask::TakeApart).is_err());
    }
}
