//! One connection: bytes in and out, with a time limit for each request, and descriptors that come with them.

use super::service::Service;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A stream of bytes of either kind.
#[derive(Debug)]
pub(super) enum Stream {
    /// Over IP.
    Tcp(TcpStream),
    /// Over a socket file.
    Unix(UnixStream),
}

/// A connection of a client.
#[derive(Debug)]
pub(super) struct Connection {
    input: BufReader<Source>,
}

/// Reads from the stream, in small waits, so that the time limit and the end of the service are seen.
#[derive(Debug)]
struct Source {
    stream: Stream,
    service: Arc<Service>,
    until: Instant,
    /// Nothing is under way: the service may end here.
    idle: bool,
    descriptors: VecDeque<File>,
}

/// How long one read waits.
const TICK: Duration = Duration::from_millis(200);

/// How long a client may take to receive a reply.
const WRITE: Duration = Duration::from_secs(60);

/// Descriptors that wait at one connection.
const DESCRIPTORS: usize = 16;

impl Connection {
    /// Sets the stream up.
    ///
    /// # Errors
    /// Those of the operating system.
    pub(super) fn new(stream: Stream, service: Arc<Service>) -> io::Result<Self> {
        match &stream {
            Stream::Tcp(stream) => {
                stream.set_nonblocking(false)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(TICK))?;
                stream.set_write_timeout(Some(WRITE))?;
            }
            Stream::Unix(stream) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(TICK))?;
                stream.set_write_timeout(Some(WRITE))?;
            }
        }
        let until = Instant::now() + service.engine().settings.bounds.timeout;
        let source = Source { stream, service, until, idle: true, descriptors: VecDeque::new() };
        Ok(Self { input: BufReader::with_capacity(32 << 10, source) })
    }

    /// A new request begins: it must be there in time. `idle` says that the connection may end before it.
    pub(super) fn begin(&mut self, idle: bool) {
        let source = self.input.get_mut();
        source.until = Instant::now() + source.service.engine().settings.bounds.timeout;
        source.idle = idle;
    }

    /// The same with a time limit of its own, and it goes on where the service ends.
    pub(super) fn begin_within(&mut self, time: Duration) {
        let source = self.input.get_mut();
        source.until = Instant::now() + time;
        source.idle = false;
    }

    /// What was begun is under way from here.
    pub(super) fn busy(&mut self) {
        self.input.get_mut().idle = false;
    }

    /// Writes a reply.
    ///
    /// # Errors
    /// The client does not take it.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.input.get_mut().stream {
            Stream::Tcp(stream) => stream.write_all(bytes),
            Stream::Unix(stream) => stream.write_all(bytes),
        }
    }

    /// Says that nothing more will be written.
    pub(super) fn end(&mut self) {
        let _gone = match &self.input.get_ref().stream {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }

    /// The next descriptor that came with the bytes.
    pub(super) fn descriptor(&mut self) -> Option<File> {
        self.input.get_mut().descriptors.pop_front()
    }

    /// The address of the client, where it has one.
    pub(super) fn peer(&self) -> String {
        match &self.input.get_ref().stream {
            Stream::Tcp(stream) => stream.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default(),
            Stream::Unix(_) => String::new(),
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

impl BufRead for Connection {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.input.consume(amount);
    }
}

impl Source {
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stream = match &mut self.stream {
            Stream::Tcp(stream) => return stream.read(buffer),
            Stream::Unix(stream) => stream,
        };
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let slices = &mut [IoSliceMut::new(buffer)];
        let received = recvmsg(&*stream, slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                // Those that find no place are closed.
                let room = DESCRIPTORS.saturating_sub(self.descriptors.len());
                self.descriptors.extend(descriptors.take(room).map(File::from));
            }
        }
        Ok(received.bytes)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.receive(buffer) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other if Instant::now() < self.until => return other,
                other => drop(other),
            }
            if self.idle && self.service.is_stopping() {
                return Err(ErrorKind::ConnectionAborted.into());
            }
            if Instant::now() >= self.until {
                return Err(ErrorKind::TimedOut.into());
            }
        }
    }
}
