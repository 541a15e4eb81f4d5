//! A running `tenpu serve` in a folder of its own, and a client of each protocol.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may panic, starts programs, and reads what they wrote"
)]

pub mod postfix;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// How long something that must come is waited for: far longer than it takes, for machines that have much else to do.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something is so; a test whose outcome hung on how long that takes would be none.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        sleep(Duration::from_millis(20));
    }
}

/// Reads one byte, or none where the other end has closed. A signal to a process that waits with a time limit
/// interrupts the wait; that tells nothing of the service.
pub fn byte(stream: &mut impl Read) -> io::Result<usize> {
    loop {
        match stream.read(&mut [0]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A port on which nobody listens yet. No outgoing connection gets it before somebody does, for it lies below those that
/// a system chooses from (32768 and more on Linux, RFC 6335 section 6), and no other call is answered with it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = || std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
    let ports = std::iter::repeat_with(|| u16::try_from(10_000 + number() % 20_000).unwrap());
    ports.take(20_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// Whether files can be given to a user: as root, where there is such a user, and the sandbox lets us.
pub fn can_give_to(user: &str) -> bool {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let file = std::env::temp_dir().join(format!("tenpu-given-{}-{number}", std::process::id()));
    fs::write(&file, "").unwrap();
    let given = Command::new("chown").arg(user).arg(&file).stderr(Stdio::null()).status();
    fs::remove_file(&file).unwrap();
    given.is_ok_and(|status| status.success())
}

/// Sends a message to a mail server, and answers its last reply.
pub fn smtp(port: u16, message: &[u8]) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut input = BufReader::new(stream.try_clone()?);
    let mut reply = String::new();
    input.read_line(&mut reply)?;
    let data = [message, b"\r\n.\r\n"].concat();
    for command in [
        &b"HELO client.test\r\n"[..],
        b"MAIL FROM:<s@x.test>\r\n",
        b"RCPT TO:<r@y.test>\r\n",
        b"DATA\r\n",
        &data,
    ] {
        stream.write_all(command)?;
        reply.clear();
        input.read_line(&mut reply)?;
        if !reply.starts_with(['2', '3']) {
            break;
        }
    }
    Ok(reply)
}

pub struct Server {
    pub folder: PathBuf,
    child: Child,
}

impl Server {
    /// Starts it with a milter, a clamd and an olefy socket; `more` is the rest of the configuration.
    pub fn new(more: &str) -> Self {
        let name = format!("tenpu-serve-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        let mut server = Self { child: idle(), folder };
        server.configure(more);
        server.start();
        server.wait_for("started");
        server
    }

    fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        self.child = Command::new(env!("CARGO_BIN_EXE_tenpu"))
            .args(["serve", "--config"])
            .arg(self.folder.join("tenpu.toml"))
            .env_clear()
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
    }

    /// Starts a service with this configuration alone, by a shell command behind which the program and its arguments
    /// are put.
    pub fn by(shell: &str, config: &str, variables: &[(&str, &str)]) -> Self {
        let name = format!("tenpu-manager-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("tenpu.toml"), config).unwrap();
        let log = File::create(folder.join("log")).unwrap();
        let child = Command::new("sh")
            .arg("-c")
            .arg(format!("{shell} \"$@\""))
            .args(["sh", env!("CARGO_BIN_EXE_tenpu"), "serve", "--config"])
            .arg(folder.join("tenpu.toml"))
            .current_dir(&folder)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    /// What a crash and a service manager do.
    pub fn kill_and_start(&mut self) {
        self.kill();
        self.start_again();
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        let before = self.events("started").len();
        self.start();
        assert!(self.events_once("started", before + 1).len() > before);
    }

    pub fn configure(&self, more: &str) {
        let at = self.folder.display();
        let config = format!(
            "[milter]\nlisten = \"unix:{at}/milter\"\nmode = \"0666\"\n[clamd]\nlisten = \"unix:{at}/clamd\"\n\
             mode = \"0600\"\n[olefy]\nlisten = \"local:{at}/olefy\"\n[http]\nlisten = \"unix:{at}/http\"\n{more}\n"
        );
        let config = config.replace("FOLDER", at.to_string().as_str());
        fs::write(self.folder.join("tenpu.toml"), config).unwrap();
    }

    pub fn connect(&self, front: &str) -> UnixStream {
        let stream = UnixStream::connect(self.folder.join(front)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Every line of the log is an object.
    pub fn log(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.join("log")).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }

    pub fn events(&self, action: &str) -> Vec<Value> {
        self.log().into_iter().filter(|event| event["event"]["action"] == action).collect()
    }

    /// The same, once there are so many of them: an answer goes out before its line is written.
    pub fn events_once(&self, action: &str, count: usize) -> Vec<Value> {
        let until = Instant::now() + PATIENCE;
        while self.events(action).len() < count && Instant::now() < until {
            sleep(Duration::from_millis(10));
        }
        self.events(action)
    }

    pub fn wait_for(&mut self, action: &str) {
        let until = Instant::now() + PATIENCE;
        while self.events(action).is_empty() {
            assert!(Instant::now() < until, "no {action} among {:?}", self.log());
            assert!(self.child.try_wait().unwrap().is_none(), "the service ended: {:?}", self.log());
            sleep(Duration::from_millis(20));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The exit status, once it has ended.
    pub fn ended(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            sleep(Duration::from_millis(20));
        }
        panic!("the service does not end");
    }

    /// What a socket answers to some bytes, until it closes the connection.
    pub fn ask(&self, front: &str, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect(front);
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    /// The status and the body of a page.
    pub fn page(&self, path: &str) -> (u16, String) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = String::from_utf8(self.ask("http", request.as_bytes())).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_string())
    }

    pub fn clamd(&self, bytes: &[u8]) -> String {
        String::from_utf8(self.ask("clamd", bytes)).unwrap()
    }

    /// What olefy says of a file.
    pub fn olefy(&self, file: &[u8]) -> Value {
        let mut stream = self.connect("olefy");
        stream.write_all(b"OLEFY/1.0\nMethod: oletools\nRspamd-ID: abc\n\n").unwrap();
        stream.write_all(file).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.len() < 8192);
        serde_json::from_str(reply.strip_suffix("\t\n\n\t").unwrap()).unwrap()
    }
}

/// Stands in until the service is started.
fn idle() -> Child {
    Command::new("true").spawn().unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

/// A mail server's side of the milter protocol.
pub struct Milter(pub UnixStream);

/// The answer to a message: its changes, and what becomes of it.
#[derive(Debug)]
pub struct Answer {
    pub changes: Vec<String>,
    pub end: String,
}

impl Milter {
    /// Connects and offers what Postfix offers.
    pub fn new(server: &Server) -> Self {
        let mut milter = Self(server.connect("milter"));
        milter.send(b"O\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff");
        let answer = milter.receive();
        assert_eq!((answer[0], answer[4]), (b'O', 6));
        milter.send(b"Cclient.test\x004\0\x19192.0.2.7\0");
        milter
    }

    pub fn send(&mut self, packet: &[u8]) {
        let length = u32::try_from(packet.len()).unwrap();
        self.0.write_all(&[&length.to_be_bytes()[..], packet].concat()).unwrap();
    }

    pub fn receive(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).unwrap();
        let mut packet = Vec::new();
        (&mut self.0).take(u32::from_be_bytes(length).into()).read_to_end(&mut packet).unwrap();
        packet
    }

    /// Sends envelope and message, all but its end.
    pub fn begin(&mut self, queue_id: &str, message: &[u8]) {
        self.send(format!("DMi\0{queue_id}\0").as_bytes());
        self.rest(message);
    }

    /// The same without macros of its own, which may have been sent before.
    fn rest(&mut self, message: &[u8]) {
        self.send(b"M<sender@example.test>\0");
        self.send(b"R<reader@example.test>\0");
        let (headers, body) = parts(message);
        for (name, value) in headers {
            self.send(format!("L{name}\0{value}\0").as_bytes());
        }
        self.send(b"N");
        for piece in body.chunks(65_535) {
            self.send(&[b"B", piece].concat());
        }
    }

    pub fn end(&mut self) -> Answer {
        self.send(b"E");
        let mut changes = Vec::new();
        loop {
            let packet = self.receive();
            let text = String::from_utf8_lossy(&packet).replace('\0', "|");
            match packet[0] {
                b'h' | b'm' | b'q' => changes.push(text),
                b'p' => {}
                _ => return Answer { changes, end: text },
            }
        }
    }

    /// The message of a client that logged in.
    pub fn message_of_user(&mut self, queue_id: &str, message: &[u8]) -> Answer {
        self.send(format!("DMi\0{queue_id}\0{{auth_authen}}\0someone\0").as_bytes());
        self.rest(message);
        self.end()
    }

    pub fn message(&mut self, queue_id: &str, message: &[u8]) -> Answer {
        self.begin(queue_id, message);
        self.end()
    }
}

impl Answer {
    /// The value of a header that was added.
    pub fn header(&self, name: &str) -> Option<&str> {
        let start = format!("h{name}| ");
        self.changes.iter().find_map(|change| change.strip_prefix(&start)?.strip_suffix('|'))
    }
}

/// Headers as Postfix hands them on, and the body.
fn parts(message: &[u8]) -> (Vec<(String, String)>, Vec<u8>) {
    let text = String::from_utf8_lossy(message);
    let at = text.find("\r\n\r\n").unwrap();
    let unfolded = text[..at].replace("\r\n ", "\n ").replace("\r\n\t", "\n\t");
    let headers = unfolded.split("\r\n").map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_string(), value.to_string())
    });
    (headers.collect(), message[at + 4..].to_vec())
}
