//! A Postfix of its own in a folder of its own, and the server it delivers to.

use super::{PATIENCE, can_give_to, free_port, wait_until};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

static NEXT: AtomicUsize = AtomicUsize::new(0);

pub struct Postfix {
    pub folder: PathBuf,
    pub port: u16,
    /// The server it delivers to, where that is no other Postfix.
    sink: Option<Child>,
}

const MAIN: &str = "compatibility_level=3.6
queue_directory=FOLDER/spool
data_directory=FOLDER/data
maillog_file=FOLDER/maillog
maillog_file_prefixes=FOLDER
command_directory=/usr/sbin
daemon_directory=/usr/lib/postfix/sbin
meta_directory=/etc/postfix
myhostname=mx.test
mydestination=
mynetworks=127.0.0.0/8
inet_interfaces=loopback-only
inet_protocols=ipv4
relayhost=[127.0.0.1]:NEXT
smtp_dns_support_level=disabled
smtpd_peername_lookup=no
smtpd_error_sleep_time=0
smtpd_milters=MILTERS
milter_default_action=tempfail
minimal_backoff_time=1s
maximal_backoff_time=1s
queue_run_delay=1s
default_destination_concurrency_negative_feedback=0
smtp_connection_cache_on_demand=no
alias_maps=
";

/// Service, type, whether it is private, wakeup, most processes, program; none is chrooted. The queue manager looks every
/// five seconds for what it passed over while it was busy; without that a mail may wait for minutes.
const MASTER: &str = "127.0.0.1:PORT inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 5 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
";

impl Postfix {
    /// Whether Postfix can be tried here; else it says so.
    pub fn is_possible() -> bool {
        let is_there = |program: &str| Path::new("/usr/sbin").join(program).exists();
        let is_possible = is_there("postfix")
            && is_there("smtp-sink")
            && rustix::process::geteuid().is_root()
            && can_give_to("postfix");
        if !is_possible {
            println!("postfix is not installed, or may not be started");
        }
        is_possible
    }

    /// One with these milters, as `smtpd_milters` names them, before a server that writes down what it gets.
    pub fn new(milters: &str) -> Self {
        Self::with_sink(milters, &["-D", "all"])
    }

    /// The same, with other options of the server.
    pub fn with_sink(milters: &str, options: &[&str]) -> Self {
        let (folder, next) = (folder(), free_port());
        let sink = Command::new("smtp-sink")
            .args(["-u", "postfix"])
            .args(options)
            .args([&format!("127.0.0.1:{next}"), "100"])
            .current_dir(folder.join("sink"))
            .spawn()
            .unwrap();
        Self::start(folder, milters, next, Some(sink))
    }

    /// One without milters, that hands on to another.
    pub fn before(next: &Self) -> Self {
        Self::start(folder(), "", next.port, None)
    }

    fn start(folder: PathBuf, milters: &str, next: u16, sink: Option<Child>) -> Self {
        let port = free_port();
        let fill = |text: &str| {
            let text = text.replace("FOLDER", folder.to_str().unwrap()).replace("PORT", &port.to_string());
            text.replace("NEXT", &next.to_string()).replace("MILTERS", milters)
        };
        fs::write(folder.join("etc/main.cf"), fill(MAIN)).unwrap();
        fs::write(folder.join("etc/master.cf"), fill(MASTER)).unwrap();
        let postfix = Self { folder, port, sink };
        assert!(postfix.command("start"), "postfix does not start");
        postfix
    }

    fn command(&self, command: &str) -> bool {
        let mut postfix = Command::new("postfix");
        postfix.arg("-c").arg(self.folder.join("etc")).arg(command);
        postfix.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// Sends a message, again and again while it is put off; answers the last reply.
    pub fn send(&self, message: &[u8]) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.try_send(message) {
                Ok(reply) if !reply.starts_with('4') => return reply,
                other if Instant::now() > until => panic!("{other:?}"),
                _ => sleep(Duration::from_millis(50)),
            }
        }
    }

    pub fn try_send(&self, message: &[u8]) -> std::io::Result<String> {
        super::smtp(self.port, message)
    }

    /// The messages that were delivered, once there are so many of them.
    pub fn delivered(&self, count: usize) -> Vec<String> {
        let mut until = Instant::now() + PATIENCE;
        let mut before = 0;
        loop {
            let mails = self.mails();
            if mails.len() > before {
                before = mails.len();
                until = Instant::now() + PATIENCE;
            }
            if mails.len() >= count || Instant::now() > until {
                return mails;
            }
            sleep(Duration::from_millis(100));
        }
    }

    /// The messages that were delivered so far.
    fn mails(&self) -> Vec<String> {
        let text = fs::read(self.folder.join("sink/all")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.split("X-Helo-Args:").skip(1).map(str::to_string).collect()
    }

    /// Waits until one more mail is delivered, or all of them are.
    pub fn wait_for_more(&self, all: usize) {
        let before = self.mails().len();
        wait_until("no mail is delivered", || (all.min(before + 1)..).contains(&self.mails().len()));
    }

    /// How many mails are in its queues, but for those on hold.
    pub fn waiting(&self) -> usize {
        let count = |queue: &str| files(&self.folder.join("spool").join(queue));
        ["incoming", "active", "deferred"].map(count).iter().sum()
    }

    /// What a milter put into the hold queue.
    pub fn held(&self) -> usize {
        fs::read_dir(self.folder.join("spool/hold")).map_or(0, |entries| entries.count())
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.join("maillog")).unwrap_or_default()).into_owned()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _stopped = self.command("stop");
        if let Some(sink) = &mut self.sink {
            let _ended = sink.kill();
            let _reaped = sink.wait();
        }
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

/// Where one lives; what Postfix writes itself is its own.
fn folder() -> PathBuf {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("tenpu-postfix-{}-{number}", std::process::id()));
    for name in ["etc", "spool", "data", "sink"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    let mut chown = Command::new("chown");
    chown.arg("postfix").args(["data", "sink"].map(|name| folder.join(name)));
    assert!(chown.status().unwrap().success());
    folder
}

/// The files below a folder.
fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

/// The values of a header, in order.
pub fn values<'m>(mail: &'m str, name: &str) -> Vec<&'m str> {
    let head = mail.split("\r\n\r\n").next().unwrap_or_default();
    let head = head.split("\n\n").next().unwrap_or_default();
    head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim_end).collect()
}
