//! Takes connections, a bounded number, and gives each a thread.

use super::activation::Handed;
use super::address::{self, Socket};
use super::connection::{Connection, Stream};
use super::service::Service;
use super::settings::{Front, Listen};
use super::{clamd, http, log, milter, olefy};
use anyhow::Context;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::json;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// The running listeners.
pub(super) struct Listeners {
    threads: Vec<JoinHandle<()>>,
    /// Those that tell how the service does, until its end.
    watched: Vec<JoinHandle<()>>,
    /// Connections over which messages come.
    connections: Vec<Arc<AtomicUsize>>,
}

/// How often it is looked whether the service stops.
const TICK: Duration = Duration::from_millis(200);

/// Opens every address and begins to take connections.
///
/// # Errors
/// An address could not be opened; then none is.
pub(super) fn start(service: &Arc<Service>) -> anyhow::Result<Listeners> {
    let listens = service.engine().settings.listens.clone();
    let mut sockets = Vec::new();
    let mut handed = Handed::new()?;
    for listen in listens {
        let opened = address::open(&listen, &mut handed)
            .with_context(|| format!("[{}]: {}", listen.front.id(), listen.address))?;
        sockets.extend(opened.into_iter().map(|socket| (listen.clone(), socket)));
    }
    for name in handed.left() {
        log::event("warning", "socket-unused", &json!({ "tenpu": { "socket": name } }));
    }
    let mut listeners = Listeners { threads: Vec::new(), watched: Vec::new(), connections: Vec::new() };
    for (listen, socket) in sockets {
        let count = Arc::new(AtomicUsize::new(0));
        service.metrics.watch(listen.front.id(), &count);
        let (service, connections, front) = (service.clone(), count.clone(), listen.front);
        let accept = move || accept_all(&service, &listen, &socket, &count);
        let thread = Builder::new().name("accept".into()).spawn(accept)?;
        if front == Front::Http {
            listeners.watched.push(thread);
        } else {
            listeners.threads.push(thread);
            listeners.connections.push(connections);
        }
    }
    Ok(listeners)
}

/// Takes no more connections and waits for those there are; answers how many did not end in time. HTTP is answered to the
/// end, so that who watches sees a service that stops and not one that is gone.
pub(super) fn stop(service: &Service, listeners: Listeners, grace: Duration) -> usize {
    service.stop();
    for thread in listeners.threads {
        let _ended = thread.join();
    }
    let until = Instant::now() + grace;
    let left = || listeners.connections.iter().map(|count| count.load(Ordering::SeqCst)).sum();
    while left() > 0 && Instant::now() < until {
        sleep(Duration::from_millis(20));
    }
    let left = left();
    service.stopped();
    for thread in listeners.watched {
        let _ended = thread.join();
    }
    left
}

fn accept_all(service: &Arc<Service>, listen: &Listen, socket: &Socket, count: &Arc<AtomicUsize>) {
    let ends = || if listen.front == Front::Http { service.is_stopped() } else { service.is_stopping() };
    while !ends() {
        match accept(socket) {
            Ok(Some(stream)) => take(service, listen, stream, count),
            Ok(None) => {}
            Err(error) => {
                let reason = json!({ "error": { "message": error.to_string() } });
                log::event("error", "accept-failed", &reason);
                // Out of descriptors: those that are open must end first.
                sleep(TICK);
            }
        }
    }
}

/// The next connection, if one comes soon.
fn accept(socket: &Socket) -> io::Result<Option<Stream>> {
    let flags = PollFlags::IN;
    let mut ready = match socket {
        Socket::Inet(listener) => [PollFd::new(listener, flags)],
        Socket::Unix(listener, _) => [PollFd::new(listener, flags)],
    };
    let tick = Timespec { tv_sec: 0, tv_nsec: TICK.subsec_nanos().into() };
    match poll(&mut ready, Some(&tick)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    let accepted = match socket {
        Socket::Inet(listener) => listener.accept().map(|(stream, _)| Stream::Tcp(stream)),
        Socket::Unix(listener, _) => listener.accept().map(|(stream, _)| Stream::Unix(stream)),
    };
    match accepted {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if is_passing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the client was only too fast or too slow.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | ConnectionAborted | ConnectionReset)
}

/// Counts a connection as long as it lives.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Gives a connection its thread; one too many is closed, which its client takes for a failure and tries later.
fn take(service: &Arc<Service>, listen: &Listen, stream: Stream, count: &Arc<AtomicUsize>) {
    let front = listen.front;
    let bounds = service.engine().settings.bounds;
    let counted = Counted(count.clone());
    if count.fetch_add(1, Ordering::SeqCst) >= bounds.connections {
        log::event("warning", "too-many-connections", &json!({ "event": { "provider": front.id() } }));
        return;
    }
    let (service, listen) = (service.clone(), listen.clone());
    let answer = move || {
        let _counted = counted;
        let attempt = AssertUnwindSafe(|| answer(&service, &listen, stream));
        // The hook has told of a fault; the connection ends, and the client's own policy holds.
        let _fault = catch_unwind(attempt);
    };
    if let Err(error) = Builder::new().name(front.id().into()).spawn(answer) {
        log::event("error", "no-thread", &json!({ "error": { "message": error.to_string() } }));
    }
}

fn answer(service: &Arc<Service>, listen: &Listen, stream: Stream) {
    let front = listen.front;
    let Ok(mut connection) = Connection::new(stream, service.clone()) else { return };
    let ended = match front {
        Front::Milter => milter::serve(&mut connection, service, &listen.address),
        Front::Clamd => clamd::serve(&mut connection, service),
        Front::Olefy => olefy::serve(&mut connection, service),
        Front::Http => http::serve(&mut connection, service),
    };
    if let Err(error) = ended
        && !is_usual(&error)
    {
        let more = json!({ "event": { "provider": front.id() }, "error": { "message": error.to_string() } });
        log::event("warning", "connection-failed", &more);
    }
}

/// Ends of connections that are worth no line.
fn is_usual(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}
