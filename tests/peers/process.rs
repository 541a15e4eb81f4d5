//! A program of others in a folder of its own, until the test ends.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

static NEXT: AtomicUsize = AtomicUsize::new(0);

pub struct Peer {
    pub folder: PathBuf,
    child: Child,
}

/// A folder that nobody has used before.
pub fn folder(name: &str) -> PathBuf {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("tenpu-{name}-{}-{number}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    folder
}

/// Where a program is, among the folders of the system and those of `PATH`; else it is said that it is not there.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        ["/usr/sbin", "/usr/bin"].map(PathBuf::from).into_iter().chain(std::env::split_paths(&path));
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        println!("{name} is not installed");
    }
    found
}

impl Peer {
    /// Starts it, and waits until it listens.
    pub fn start(command: &mut Command, folder: &Path, port: u16) -> Self {
        let log = fs::File::create(folder.join("output")).unwrap();
        let errors = log.try_clone().unwrap();
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().unwrap();
        let mut peer = Self { folder: folder.to_path_buf(), child };
        let until = Instant::now() + Duration::from_secs(120);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = peer.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "{command:?} {ended:?}: {}", peer.told());
            sleep(Duration::from_millis(50));
        }
        peer
    }

    /// What it wrote, and its log.
    pub fn told(&self) -> String {
        let text = |name: &str| fs::read(self.folder.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&["output", "log", "mainlog"].map(text).concat()).into_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Its children end with it only if it is asked.
        let _asked = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let until = Instant::now() + Duration::from_secs(10);
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < until {
            sleep(Duration::from_millis(20));
        }
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
        let _gone = fs::remove_dir_all(&self.folder);
    }
}
