//! What the service tells the manager that started it (`sd_notify(3)`): that it is ready, reads its rules anew, stops,
//! and that its workers answer. Where nobody wants to know, nothing is told.

use super::log;
use super::service::Service;
use serde_json::json;
use std::env;
use std::ffi::OsStr;
use std::io;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::thread::{Builder, sleep};
use std::time::Duration;

/// The service takes messages.
pub(super) fn ready(status: &str) {
    tell(&format!("READY=1\nSTATUS={}", one_line(status)));
}

/// Rules and configuration are being read; [`ready`] must follow.
pub(super) fn reloading() {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000;
    tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}\nSTATUS=reading rules and configuration"));
}

/// Messages under way are brought to their end.
pub(super) fn stopping() {
    tell("STOPPING=1\nSTATUS=answering the messages under way");
}

/// Begins to tell that the workers answer, as often as the manager wants it, and only if they do.
///
/// # Errors
/// No thread could be started.
pub(super) fn watch(service: &Arc<Service>) -> io::Result<()> {
    let variable = |name| env::var(name).ok();
    let Some(every) = interval(variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"), std::process::id())
    else {
        return Ok(());
    };
    let service = service.clone();
    Builder::new().name("watchdog".into()).spawn(move || {
        let mut answered = true;
        loop {
            let before = std::mem::replace(&mut answered, service.answers());
            if answered {
                tell("WATCHDOG=1");
            } else if before {
                log::event("error", "workers-silent", &json!({}));
            }
            sleep(every);
        }
    })?;
    Ok(())
}

/// Half of what the manager waits for.
fn interval(micros: Option<String>, pid: Option<String>, own: u32) -> Option<Duration> {
    let is_meant = pid.is_none_or(|pid| pid.parse() == Ok(own));
    let micros: u64 = micros?.parse().ok()?;
    (is_meant && micros > 1).then(|| Duration::from_micros(micros / 2))
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

fn tell(state: &str) {
    if let Some(place) = env::var_os("NOTIFY_SOCKET").filter(|place| !place.is_empty())
        && let Err(error) = send(&place, state)
    {
        let more = json!({ "error": { "message": error.to_string() } });
        log::event("warning", "notify-failed", &more);
    }
}

fn send(place: &OsStr, state: &str) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(Duration::from_secs(5)))?;
    socket.send_to_addr(state.as_bytes(), &address(place)?)?;
    Ok(())
}

/// A socket file, or a name without a file, which begins with `@`.
fn address(place: &OsStr) -> io::Result<SocketAddr> {
    match place.as_bytes().strip_prefix(b"@") {
        #[cfg(target_os = "linux")]
        Some(name) => SocketAddr::from_abstract_name(name),
        #[cfg(not(target_os = "linux"))]
        Some(_) => Err(io::ErrorKind::Unsupported.into()),
        None => SocketAddr::from_pathname(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manager_says_how_often_and_whom_it_means() {
        let interval =
            |micros: &str, pid: Option<&str>| interval(Some(micros.into()), pid.map(Into::into), 7);
        assert_eq!(interval("30000000", None), Some(Duration::from_secs(15)));
        assert_eq!(interval("30000000", Some("7")), Some(Duration::from_secs(15)));
        assert_eq!(interval("30000000", Some("8")), None);
        assert_eq!(interval("30000000", Some("x")), None);
        assert_eq!((interval("0", None), interval("x", None)), (None, None));
    }

    #[test]
    fn both_kinds_of_addresses_are_reached() {
        let name = format!("tenpu-notify-{}", std::process::id());
        let path = env::temp_dir().join(&name);
        let mut rows = vec![(std::ffi::OsString::from(&path), SocketAddr::from_pathname(&path).unwrap())];
        #[cfg(target_os = "linux")]
        {
            let address = SocketAddr::from_abstract_name(&name).unwrap();
            rows.push((format!("@{name}").into(), address));
        }
        for (place, address) in rows {
            let socket = UnixDatagram::bind_addr(&address).unwrap();
            send(&place, "READY=1").unwrap();
            let mut got = [0; 16];
            let length = socket.recv(&mut got).unwrap();
            assert_eq!(&got[..length], b"READY=1");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(send(OsStr::new("/no/such/socket"), "READY=1").is_err());
    }
}
