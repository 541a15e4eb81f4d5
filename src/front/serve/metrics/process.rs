//! What every program tells Prometheus of itself, from `/proc`. Where there is none, only the start is known.

use super::text::Page;
use crate::front::input;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The most bytes of one file of `/proc` that are read.
const FILE: u64 = 64 << 10;

/// Writes the families.
pub(super) fn write(page: &mut Page, started: SystemTime) {
    let start = started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    page.single("process_start_time_seconds", "gauge", "When the service started, in Unix time.", start);
    let status = text("/proc/self/status");
    let sizes = [
        ("process_resident_memory_bytes", "VmRSS:", "Memory that is resident."),
        ("process_virtual_memory_bytes", "VmSize:", "Address space in use."),
    ];
    for (name, key, help) in sizes {
        if let Some(kilobytes) = number(&status, key) {
            page.single(name, "gauge", help, kilobytes.saturating_mul(1024));
        }
    }
    if let Some(threads) = number(&status, "Threads:") {
        page.single("process_threads", "gauge", "Threads.", threads);
    }
    if let Some(seconds) = cpu_seconds(&text("/proc/self/stat")) {
        page.single("process_cpu_seconds_total", "counter", "Processor time spent.", seconds);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // The folder itself is open while it is read.
        let open = open.count().saturating_sub(1);
        page.single("process_open_fds", "gauge", "Open file descriptors.", open);
    }
    if let Some(most) = number(&text("/proc/self/limits"), "Max open files") {
        page.single("process_max_fds", "gauge", "The most file descriptors that may be open.", most);
    }
}

fn text(path: &str) -> String {
    let file = input::read_file(Path::new(path), FILE);
    file.map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).unwrap_or_default()
}

/// The first number of the line that begins so.
fn number(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

/// Of `proc_pid_stat(5)`: `utime` and `stime`, fields 14 and 15. The name of the program, field 2, may hold anything and
/// ends with the last bracket.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let ticks = u32::try_from(rustix::param::clock_ticks_per_second()).ok().filter(|ticks| *ticks > 0)?;
    Some((user + system) / f64::from(ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_proc_are_read() {
        let status = "Name:\tx\nVmSize:\t  200 kB\nVmRSS:\t 100 kB\n";
        assert_eq!((number(status, "VmRSS:"), number(status, "VmX:")), (Some(100), None));
        assert_eq!(number("Max open files            1024     4096 files", "Max open files"), Some(1024));
        assert_eq!(number("Max open files            unlimited", "Max open files"), None);
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0";
        let ticks = f64::from(u32::try_from(rustix::param::clock_ticks_per_second()).unwrap());
        assert_eq!(cpu_seconds(stat), Some(200.0 / ticks));
        assert_eq!(cpu_seconds("7 (a"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_described() {
        let mut page = Page::default();
        write(&mut page, SystemTime::now());
        let text = page.finish();
        for name in ["resident_memory_bytes", "cpu_seconds_total", "open_fds"] {
            assert!(text.contains(&format!("\nprocess_{name} ")), "{text}");
        }
    }
}
