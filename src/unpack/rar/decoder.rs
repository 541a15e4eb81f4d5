//! Unpacks members with the crate `rars`, on a thread of its own, so that a clock can stop it: RAR 3 has a virtual
//! machine in it, and a program for that may run for hours and write nothing.

use super::rebuilt::{Ready, archive};
use crate::codec::DICTIONARY;
use crate::limits::Budget;
use rars::{ArchiveReadOptions, ArchiveReader, ReadCancellation};
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Members being unpacked one after the other. As a reader it ends where the member does; [`Decoder::begin`] goes on
/// to the next.
pub(super) struct Decoder {
    events: Option<Receiver<Event>>,
    cancel: ReadCancellation,
    thread: Option<JoinHandle<()>>,
    deadline: Instant,
    chunk: Vec<u8>,
    at: usize,
    /// Whether the next member began.
    has_begun: bool,
    /// Why there is no more.
    failed: Option<String>,
}

/// What the thread tells.
enum Event {
    Member,
    Bytes(Vec<u8>),
    Failed(String),
    Done,
}

/// How much is handed over at once.
const CHUNK: usize = 64 << 10;

/// Members up to this size of a solid archive are unpacked in one step: otherwise the crate copies its whole window
/// for each, which is what takes the time where there are thousands.
const ONE_STEP: u64 = 64 << 10;

impl Decoder {
    /// Begins to unpack; the clock is that of the budget.
    pub(super) fn start(members: &[Ready], budget: &Budget) -> Self {
        let (sender, events) = sync_channel(2);
        let cancel = ReadCancellation::new();
        let left = budget.limits().time.saturating_sub(budget.elapsed());
        let deadline = Instant::now() + left.min(Duration::from_secs(86_400));
        let bytes = archive(members);
        let is_solid = members.len() > 1;
        let token = cancel.clone();
        let thread = std::thread::Builder::new().spawn(move || unpack(bytes, is_solid, &token, &sender)).ok();
        let failed = thread.is_none().then(|| "no thread to unpack on".to_string());
        let (events, chunk) = (Some(events), Vec::new());
        Self { events, cancel, thread, deadline, chunk, at: 0, has_begun: false, failed }
    }

    /// Goes on to the next member. Where there is none the reader fails.
    pub(super) fn begin(&mut self) {
        while !self.has_begun && self.failed.is_none() {
            match self.receive() {
                Event::Failed(why) => self.failed = Some(why),
                Event::Done => self.failed = Some("it does not come up".to_string()),
                _ => {}
            }
        }
        self.has_begun = false;
    }

    fn receive(&mut self) -> Event {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let event = self.events.as_ref().map(|events| events.recv_timeout(left));
        match event {
            Some(Ok(Event::Member)) => {
                self.has_begun = true;
                Event::Member
            }
            Some(Ok(event)) => event,
            Some(Err(RecvTimeoutError::Timeout)) => {
                self.cancel.cancel();
                Event::Failed("the time is over".to_string())
            }
            _ => Event::Failed("the decoder gave up".to_string()),
        }
    }
}

impl Read for Decoder {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.chunk.get(self.at..).unwrap_or_default();
            if !rest.is_empty() {
                let length = { rest }.read(output)?;
                self.at += length;
                return Ok(length);
            }
            if let Some(why) = &self.failed {
                return Err(io::Error::other(why.clone()));
            }
            if self.has_begun {
                return Ok(0);
            }
            match self.receive() {
                Event::Bytes(bytes) => (self.chunk, self.at) = (bytes, 0),
                Event::Member => return Ok(0),
                Event::Failed(why) => self.failed = Some(why),
                Event::Done => {
                    // The end of the last member; whoever begins another one is told so.
                    self.has_begun = true;
                    self.events = None;
                }
            }
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.events = None;
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// The work of the thread.
fn unpack(bytes: Vec<u8>, is_solid: bool, cancel: &ReadCancellation, events: &SyncSender<Event>) {
    // The window, its copy while it grows, and all that is packed, which the crate holds twice.
    let room = 3 * u64::from(DICTIONARY) + 2 * bytes.len() as u64;
    let one_step = if is_solid { ONE_STEP } else { 0 };
    let options = ArchiveReadOptions::new()
        .with_cancellation(cancel)
        .with_max_reader_workspace_bytes(room)
        .with_rar50_buffered_decode_limit(one_step);
    let result = ArchiveReader::read_owned_with_options(bytes, options).and_then(|archive| {
        archive.extract_to_with_options(options, |_| {
            let sent = events.send(Event::Member);
            sent.map_err(|_| rars::Error::Cancelled)?;
            Ok(Box::new(Sink(events.clone())))
        })
    });
    let last = match result {
        Ok(()) => Event::Done,
        Err(error) => Event::Failed(error.to_string()),
    };
    // Nobody may be listening any more.
    let _unheard = events.send(last);
}

/// Sends what is written.
struct Sink(SyncSender<Event>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let part = bytes.get(..CHUNK).unwrap_or(bytes);
        let sent = self.0.send(Event::Bytes(part.to_vec()));
        sent.map_err(|_| io::Error::other("nobody listens"))?;
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
