//! The protocol of clamd, for the many programs that speak it. Without a mail around it, what is scanned counts as
//! an attachment; a whole mail is known by its content.

mod files;
mod names;
pub mod wire;

use super::connection::Connection;
#[cfg(feature = "desk")]
use super::keeping::Scanned;
use super::log::Mail;
use super::service::{Engine, Service};
use crate::exception::Excepted;
use crate::front::pool::{Answer, Failure};
use crate::report::Report;
use crate::scan::Input;
use names::Outcome;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use wire::{Command, Request};

/// What we say to be: the version of clamd whose protocol this is, and ours.
const VERSION: &str = concat!("ClamAV 1.4.6/tenpu-", env!("CARGO_PKG_VERSION"));

/// Answers one connection: one request, or a session of several.
pub(super) fn serve(connection: &mut Connection, service: &Arc<Service>) -> io::Result<()> {
    let mut client = Client { connection, service, session: None };
    while client.next()? {}
    // A client may still be writing behind a request; what it wrote must not turn the reply into a reset.
    client.connection.end();
    Ok(())
}

/// One client.
struct Client<'a> {
    connection: &'a mut Connection,
    service: &'a Arc<Service>,
    /// The number of the request, in a session.
    session: Option<u64>,
}

impl Client<'_> {
    /// Answers the next request; answers whether another one may come.
    fn next(&mut self) -> io::Result<bool> {
        self.connection.begin(true);
        let request = match wire::read(self.connection) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(false),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                self.connection.send(b"COMMAND READ TIMED OUT\n")?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        self.connection.busy();
        let command = request.command();
        if let Some(number) = &mut self.session {
            *number += 1;
            return self.in_session(&request, command);
        }
        if command == Command::Session {
            self.session = Some(0);
            return Ok(true);
        }
        self.answer(&request, command)?;
        Ok(false)
    }

    /// In a session only what answers in one record is allowed.
    fn in_session(&mut self, request: &Request, command: Command) -> io::Result<bool> {
        let is_file =
            |command: &Command| matches!(command, Command::Scan { .. }) && request.line.starts_with(b"SCAN");
        match command {
            Command::End => Ok(false),
            Command::Ping | Command::Version | Command::VersionCommands | Command::Stats => {
                self.answer(request, command).map(|()| true)
            }
            Command::Stream | Command::Descriptor => self.answer(request, command).map(|()| true),
            command if is_file(&command) => self.answer(request, command).map(|()| true),
            _ => {
                self.reply(request, b"Command invalid inside IDSESSION. ERROR")?;
                Ok(false)
            }
        }
    }

    fn answer(&mut self, request: &Request, command: Command) -> io::Result<()> {
        match command {
            Command::Ping => self.reply(request, b"PONG"),
            Command::Version => self.reply(request, VERSION.as_bytes()),
            Command::VersionCommands => {
                self.reply(request, format!("{VERSION}| COMMANDS: {}", wire::COMMANDS).as_bytes())
            }
            Command::Stats => self.reply(request, stats(self.service).as_bytes()),
            Command::Reload => {
                let service = self.service.clone();
                std::thread::Builder::new().name("reload".into()).spawn(move || service.reload())?;
                self.reply(request, b"RELOADING")
            }
            Command::Scan { all, path } => files::scan(self, request, all, &path),
            Command::Stream => self.stream(request),
            Command::Descriptor => self.descriptor(request),
            Command::Forbidden => self.reply(request, b"COMMAND UNAVAILABLE"),
            Command::End if !request.prefixed => Ok(()),
            Command::End | Command::Session | Command::Unknown => self.reply(request, b"UNKNOWN COMMAND"),
        }
    }

    fn stream(&mut self, request: &Request) -> io::Result<()> {
        let engine = self.service.engine();
        let share = self.service.room.share(engine.settings.bounds.memory);
        let limit = engine.base.scanner.limits().input_bytes;
        let streamed = match wire::stream(self.connection, limit, share) {
            Ok(streamed) => streamed,
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                return self.connection.send(b"COMMAND READ TIMED OUT\n");
            }
            Err(error) => return Err(error),
        };
        let input = (!streamed.dropped).then(|| part("stream", "", streamed.bytes, streamed.size));
        let outcome = self.scan(&engine, input, "", true);
        self.reply(request, format!("stream: {}", outcome.words()).as_bytes())
    }

    /// The descriptor comes with one byte behind the command.
    fn descriptor(&mut self, request: &Request) -> io::Result<()> {
        self.connection.read_exact(&mut [0])?;
        let Some(file) = self.connection.descriptor() else {
            return self.reply(request, b"No file descriptor received. ERROR");
        };
        let engine = self.service.engine();
        let outcome = match files::read_open(self.service, &engine, &file) {
            Ok(Some((head, _share))) => {
                let input = part("fd", "", head.bytes, head.size);
                self.scan(&engine, Some(input), "", false)
            }
            Ok(None) => self.scan(&engine, None, "", false),
            Err(_) => Outcome::Error("Access denied."),
        };
        self.reply(request, format!("fd[{}]: {}", file.as_raw_fd(), outcome.words()).as_bytes())
    }

    /// Scans one input, none standing for one there was no memory for, and says what is told of it.
    fn scan(&mut self, engine: &Arc<Engine>, input: Option<Input>, place: &str, streamed: bool) -> Outcome {
        if input.as_ref().is_some_and(|input| input.size == 0) {
            return Outcome::Clean;
        }
        let (id, input) = (self.service.id(), input.map(Arc::new));
        #[cfg(feature = "desk")]
        let asked = self.service.notes();
        let answer = match &input {
            Some(input) => scan(self.service, engine, &id, input),
            None => Err(Failure::Busy),
        };
        let report = answer.as_ref().map(|answer| &answer.report).map_err(|failure| *failure);
        let excepted = report.ok().and_then(|report| self.service.excepted(report));
        let meant = |report: &Report| excepted.as_ref().map_or(report.verdict, |excepted| excepted.verdict);
        let settings = &engine.settings;
        let judged = report.map(|report| (report, meant(report)));
        let outcome = names::outcome(judged, &settings.clamd, &settings.policy, streamed);
        let peer = self.connection.peer();
        let exceptions: Vec<String> = excepted.iter().flat_map(Excepted::names).collect();
        let exceptions = &exceptions;
        let mail =
            Mail { front: "clamd", id: &id, local_id: place, client: &peer, exceptions, ..Mail::default() };
        self.service.told(engine, &mail, answer.as_ref().map_err(|failure| *failure), outcome.id());
        #[cfg(feature = "desk")]
        if let (Some(input), Ok(answer)) = (&input, &answer) {
            let scanned = Scanned { mail: &mail, input, asked, excepted: excepted.as_ref() };
            self.service.keep(&scanned, answer, outcome.id());
        }
        outcome
    }

    /// Writes one record.
    fn reply(&mut self, request: &Request, words: &[u8]) -> io::Result<()> {
        let number = self.session.map(|number| format!("{number}: ")).unwrap_or_default();
        self.connection.send(&[number.as_bytes(), words, &[request.end]].concat())
    }
}

/// Scans; a client that goes away meanwhile costs no more than the scan.
fn scan(service: &Service, engine: &Arc<Engine>, id: &str, input: &Arc<Input>) -> Result<Answer, Failure> {
    let answer = service.scan(engine, id, input, &mut || Ok(()))?;
    if answer.report.error.is_some() { Err(Failure::Fault) } else { Ok(answer) }
}

/// What is handed over without a mail around it. The envelope line of a mailbox that some clients put before a mail
/// is taken off.
fn part(path: &str, name: &str, bytes: Vec<u8>, size: u64) -> Input {
    let line = bytes.starts_with(b"From ").then(|| memchr::memchr(b'\n', &bytes)).flatten();
    let (bytes, is_message) = match line {
        Some(end) => (bytes.get(end + 1..).unwrap_or_default().to_vec(), true),
        None => (bytes, false),
    };
    let cut = line.map_or(0, |end| end as u64 + 1);
    Input { path: path.into(), name: name.into(), bytes, size: size - cut, is_message, ..Input::default() }
}

/// What clamd tells, as far as it has a meaning here.
fn stats(service: &Service) -> String {
    let (jobs, idle) = (service.jobs, service.idle());
    let live = jobs.saturating_sub(idle);
    format!(
        "POOLS: 1\n\nSTATE: VALID PRIMARY\nTHREADS: live {live}  idle {idle} max {jobs} idle-timeout 30\n\
         QUEUE: 0 items\n\tSTATS 0.000000 \n\n\
         MEMSTATS: heap N/A mmap N/A used N/A free N/A releasable N/A pools 0 pools_used N/A pools_total N/A\nEND"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_line_is_taken_off() {
        let input = part("stream", "", b"From clamav-milter\nSubject: a\n\nb".to_vec(), 40);
        assert_eq!(
            (input.bytes.as_slice(), input.size, input.is_message),
            (&b"Subject: a\n\nb"[..], 21, true)
        );
        let input = part("stream", "", b"From: a\n\nb".to_vec(), 10);
        assert_eq!((input.bytes.len(), input.size, input.is_message), (10, 10, false));
        assert_eq!(part("stream", "", b"From ".to_vec(), 5).bytes, b"From ");
    }
}
