//! A running `tenpu desk` in a folder of its own, and a browser that is only what these tests need of one.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long something that must come is waited for: far longer than it takes, for machines that have much else to do.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Desk {
    pub folder: PathBuf,
    child: Child,
    pub address: String,
    /// Path and query of the link that makes the first account.
    pub setup: Option<String>,
}

impl Desk {
    /// On an empty machine.
    pub fn new() -> Self {
        Self::configured(|_| String::new())
    }

    /// On a machine with a configuration file, which may name things in the folder.
    pub fn configured(configuration: impl FnOnce(&std::path::Path) -> String) -> Self {
        let folder = empty_folder();
        let text = configuration(&folder);
        fs::write(folder.join("desk.toml"), text).unwrap();
        Self::start(folder)
    }

    /// The same with `[desk]` of a configuration file.
    pub fn with(section: &str) -> Self {
        let folder = empty_folder();
        fs::write(folder.join("desk.toml"), format!("[desk]\n{section}\n")).unwrap();
        Self::start(folder)
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The store of the desk.
    pub fn store(&self) -> PathBuf {
        self.folder.join("tenpu/tenpu.db")
    }

    fn start(folder: PathBuf) -> Self {
        let mut child =
            program(&folder).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let first = lines.next().expect("it says where it listens");
        let address = first.split("http://").nth(1).unwrap().trim_end_matches('/').to_string();
        let mut desk = Self { folder, child, address, setup: None };
        if !desk.has_accounts() {
            let link = lines.find(|line| line.contains("/setup?")).unwrap();
            desk.setup = link.split(&desk.address).nth(1).map(str::to_string);
        }
        desk
    }

    fn has_accounts(&self) -> bool {
        !Browser::new(self, "en").get("/login").text().contains("no account yet")
    }

    /// With the store it had.
    pub fn restarted(self) -> Self {
        self.restarted_after(|| ())
    }

    /// The same; it is asked to stop, and may end what it does.
    #[cfg(unix)]
    pub fn restarted_gently(mut self) -> Self {
        assert!(Command::new("kill").arg(self.pid().to_string()).status().unwrap().success());
        self.child.wait().unwrap();
        Self::start(std::mem::take(&mut self.folder))
    }

    /// The same; something happens while it is stopped.
    pub fn restarted_after(mut self, between: impl FnOnce()) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        between();
        Self::start(std::mem::take(&mut self.folder))
    }

    /// Adds an account from the terminal; whether it worked.
    pub fn add_user(&self, name: &str, role: &str, password: &str) -> bool {
        let mut command = program(&self.folder);
        command.args(["user", "add", name, "--role", role]).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        // One that refuses at once reads nothing.
        let _refused = child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes());
        child.wait().unwrap().success()
    }

    /// `tenpu desk token …`: what it prints, if it worked.
    pub fn token(&self, args: &[&str]) -> Option<String> {
        let output = program(&self.folder).arg("token").args(args).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }
}

fn empty_folder() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("tenpu-desk-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

fn program(folder: &PathBuf) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenpu"));
    command.arg("desk").arg("--config").arg(folder.join("desk.toml"));
    command.env_clear().env("XDG_DATA_HOME", folder).stdin(Stdio::null());
    command
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
        if !self.folder.as_os_str().is_empty() {
            let _gone = fs::remove_dir_all(&self.folder);
        }
    }
}

pub struct Browser {
    address: String,
    lang: &'static str,
    pub cookies: BTreeMap<String, String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Browser {
    pub fn new(desk: &Desk, lang: &'static str) -> Self {
        Self { address: desk.address.clone(), lang, cookies: BTreeMap::new() }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// Sends a form with the token of the page it stands on.
    pub fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.get(page).csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post(action, &all, &[])
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let mut headers = headers.to_vec();
        headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        self.send("POST", path, &headers, body.join("&").as_bytes())
    }

    /// Uploads a file as the page does; `csrf` none takes the token of the page.
    pub fn upload(&mut self, name: &str, file: &[u8], csrf: Option<&str>) -> Answer {
        let csrf = csrf.map_or_else(|| self.get("/upload").csrf(), str::to_string);
        let mut body = Vec::new();
        let mut part = |head: &str, content: &[u8]| {
            body.extend_from_slice(
                format!("--upload-form\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        part("name=\"csrf\"", csrf.as_bytes());
        part(&format!("name=\"file\"; filename=\"{}\"", name.replace('"', "%22")), file);
        part("name=\"password\"", b"");
        body.extend_from_slice(b"--upload-form--\r\n");
        self.send("POST", "/upload", &[("Content-Type", "multipart/form-data; boundary=upload-form")], &body)
    }

    /// Sends a form of fields in the way of one that may bring a file.
    pub fn submit_parts(&mut self, path: &str, fields: &[(&str, &[u8])]) -> Answer {
        let csrf = self.get(path).csrf();
        let mut body = Vec::new();
        for (name, value) in [("csrf", csrf.as_bytes())].iter().chain(fields) {
            let file = if *name == "file" { "; filename=\"f\"" } else { "" };
            body.extend_from_slice(
                format!("--edge-of-it\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                    .as_bytes(),
            );
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--edge-of-it--\r\n");
        self.send("POST", path, &[("Content-Type", "multipart/form-data; boundary=edge-of-it")], &body)
    }

    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.begin(method, path, headers, body);
        let mut bytes = Vec::new();
        let _reset = stream.read_to_end(&mut bytes);
        let answer = Answer::read(&bytes);
        self.keep(&answer);
        answer
    }

    /// Sends a request, and awaits no answer.
    pub fn begin(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept-Language: {}\r\nContent-Length: {}\r\n",
            self.address,
            self.lang,
            body.len()
        );
        if !cookies.is_empty() {
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // A server that refuses early may have closed already.
        let _closed = stream.write_all(body);
        stream
    }

    fn keep(&mut self, answer: &Answer) {
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_string(), value.to_string());
            }
        }
    }
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_string())
        };
        Self { status, headers: lines.map(pair).collect(), body: bytes[end + 4..].to_vec() }
    }

    pub fn header(&self, wanted: &str) -> &str {
        self.headers.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The token of the forms on the page.
    pub fn csrf(&self) -> String {
        let text = self.text();
        let at = text.find("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("no form on {text}"));
        text[at..].split('"').nth(3).unwrap().to_string()
    }
}
