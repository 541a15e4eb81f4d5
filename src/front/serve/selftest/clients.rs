//! A small client of each front.

use super::super::address::Address;
use super::super::milter::wire;
use serde_json::Value;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// A connection of either kind.
enum Stream {
    Inet(TcpStream),
    Unix(UnixStream),
}

/// How long one answer may take, the slowest scan included.
const PATIENCE: Duration = Duration::from_secs(120);

/// The most bytes of an answer.
const ANSWER: u64 = 1 << 20;

impl Stream {
    fn open(address: &Address) -> io::Result<Self> {
        match address {
            Address::Inet(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port))?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(Self::Inet(stream))
            }
            Address::Unix(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(Self::Unix(stream))
            }
            Address::Handed => {
                Err(io::Error::new(io::ErrorKind::Unsupported, "its address is known to systemd alone"))
            }
        }
    }

    /// Says that nothing more comes.
    fn end(&self) -> io::Result<()> {
        match self {
            Self::Inet(stream) => stream.shutdown(Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
    }

    /// All that is answered until the connection ends.
    fn rest(self) -> io::Result<Vec<u8>> {
        let (mut answer, mut piece, mut input) = (Vec::new(), [0; 4096], self.take(ANSWER));
        loop {
            match input.read(&mut piece) {
                Ok(0) => return Ok(answer),
                Ok(got) => answer.extend_from_slice(piece.get(..got).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Inet(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Inet(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a mail server would do with the mail, in the words of the policy, and the verdict where it is told.
pub(super) fn milter(address: &Address, mail: &[u8]) -> io::Result<String> {
    let mut stream = BufReader::new(Stream::open(address)?);
    let mut packets = negotiation();
    packets.extend(envelope());
    let (headers, body) = parts(mail);
    for line in headers.split("\r\n").filter(|line| !line.is_empty()) {
        packets.extend(wire::packet(b'L', format!("{}\0", line.replacen(": ", "\0 ", 1)).as_bytes()));
    }
    packets.extend(wire::packet(b'N', b""));
    packets.extend(body.chunks(65_535).flat_map(|piece| wire::packet(b'B', piece)));
    packets.extend(wire::packet(b'E', b""));
    stream.get_mut().write_all(&packets)?;
    let (mut packet, mut got) = (Vec::new(), Changes::default());
    while wire::read(&mut stream, &mut packet)? {
        let text = String::from_utf8_lossy(&packet).replace('\0', "|");
        match packet.first() {
            Some(b'O' | b'p') => {}
            Some(b'h' | b'm' | b'q') => got.note(&text),
            _ => return Ok(got.end(&text)),
        }
    }
    Err(ErrorKind::UnexpectedEof.into())
}

/// Offers what Postfix offers: all changes, headers with their space, and no replies before the end.
fn negotiation() -> Vec<u8> {
    let offer = [6_u32, 0x1ff, 0x001f_ffff].map(u32::to_be_bytes).concat();
    wire::packet(b'O', &offer)
}

/// A stranger, from nowhere.
fn envelope() -> Vec<u8> {
    let packets: [(u8, &[u8]); 4] = [
        (b'C', b"selftest.tenpu.example\0U"),
        (b'D', b"Mi\0selftest\0"),
        (b'M', b"<selftest@tenpu.example>\0"),
        (b'R', b"<postmaster@tenpu.example>\0"),
    ];
    packets.iter().flat_map(|(code, data)| wire::packet(*code, data)).collect()
}

fn parts(mail: &[u8]) -> (String, &[u8]) {
    let end = memchr::memmem::find(mail, b"\r\n\r\n").unwrap_or(mail.len());
    let headers = mail.get(..end).unwrap_or_default();
    (String::from_utf8_lossy(headers).into_owned(), mail.get(end + 4..).unwrap_or_default())
}

/// What was changed before the end.
#[derive(Default)]
struct Changes {
    verdict: Option<String>,
    is_tagged: bool,
    is_held: bool,
}

impl Changes {
    fn note(&mut self, text: &str) {
        if let Some(value) = text.strip_prefix("hX-Tenpu-Verdict|") {
            self.verdict = Some(value.trim_matches(['|', ' ']).to_string());
        }
        self.is_tagged |= text.starts_with('m') && text.contains("\u{1}Subject|");
        self.is_held |= text.starts_with('q');
    }

    fn end(self, text: &str) -> String {
        let action = match text.get(..2) {
            Some("y5") => {
                let told = text.split_once("refused: ").and_then(|(_, rest)| rest.split_once(' '));
                return format!("reject ({})", told.map_or("?", |(verdict, _)| verdict));
            }
            Some("y4") => return "defer".into(),
            _ if text == "d" => return "discard".into(),
            _ if text != "c" => return text.to_string(),
            _ if self.is_held => "quarantine",
            _ if self.is_tagged => "tag",
            _ => "accept",
        };
        format!("{action} ({})", self.verdict.unwrap_or_else(|| "no header".into()))
    }
}

/// The answer to INSTREAM, without what stands before it.
pub(super) fn clamd(address: &Address, mail: &[u8]) -> io::Result<String> {
    let mut stream = Stream::open(address)?;
    stream.write_all(b"zINSTREAM\0")?;
    for piece in mail.chunks(1 << 20) {
        let length = u32::try_from(piece.len()).unwrap_or_default().to_be_bytes();
        stream.write_all(&[&length, piece].concat())?;
    }
    stream.write_all(&[0; 4])?;
    let answer = String::from_utf8_lossy(&stream.rest()?).into_owned();
    Ok(answer.trim_matches(['\0', '\n']).trim_start_matches("stream: ").to_string())
}

/// Whether rspamd would raise its symbol, and else whether something stayed locked or unread.
pub(super) fn olefy(address: &Address, mail: &[u8]) -> io::Result<String> {
    let mut stream = Stream::open(address)?;
    stream.write_all(b"OLEFY/1.0\nMethod: oletools\nRspamd-ID: selftest\n\n")?;
    stream.write_all(mail)?;
    stream.end()?;
    let answer = stream.rest()?;
    let Ok(answer) = serde_json::from_slice::<Value>(answer.trim_ascii()) else {
        return Ok("no answer of olevba".into());
    };
    let entries = answer.pointer("/1/analysis").and_then(Value::as_array).cloned().unwrap_or_default();
    let has = |kind: &str| entries.iter().any(|entry| entry.get("type").is_some_and(|found| found == kind));
    let code = answer.pointer("/2/return_code").and_then(Value::as_u64);
    Ok(match (answer.pointer("/0/error"), code) {
        (Some(error), _) => error.to_string(),
        (None, Some(0)) if has("AutoExec") && has("Suspicious") => "alarm".into(),
        (None, Some(0)) => "quiet".into(),
        (None, Some(9)) => "locked".into(),
        (None, Some(5)) => "unread".into(),
        (None, _) => "failed".into(),
    })
}

/// The status of `/readyz`.
pub(super) fn http(address: &Address) -> io::Result<String> {
    let mut stream = Stream::open(address)?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let answer = String::from_utf8_lossy(&stream.rest()?).into_owned();
    Ok(answer.split(' ').nth(1).unwrap_or_default().to_string())
}
