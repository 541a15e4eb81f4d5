//! Requests of the clamd protocol (`clamd(8)`), and what is answered to them.

use super::super::room::Share;
use std::io::{self, BufRead, ErrorKind};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The byte that ends requests and replies.
    pub end: u8,
    /// Whether `n` or `z` stood before the command; some commands want that.
    pub prefixed: bool,
    /// The command with its argument.
    pub line: Vec<u8>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Whether somebody is there.
    Ping,
    /// The version.
    Version,
    /// The version and all commands.
    VersionCommands,
    /// How busy it is.
    Stats,
    /// To read the rules anew.
    Reload,
    /// To scan a file or a folder.
    Scan {
        /// Whether it goes on behind the first hit.
        all: bool,
        /// Where.
        path: Vec<u8>,
    },
    /// To scan what follows.
    Stream,
    /// To scan an open file.
    Descriptor,
    /// To take several requests over this connection.
    Session,
    /// The end of that.
    End,
    /// What must not be done from here.
    Forbidden,
    /// Anything else.
    Unknown,
}

/// All commands, as `VERSIONCOMMANDS` names them.
pub const COMMANDS: &str = "SCAN QUIT RELOAD PING CONTSCAN VERSIONCOMMANDS VERSION END MULTISCAN FILDES STATS \
                            IDSESSION INSTREAM ALLMATCHSCAN";

/// The longest request: a path.
const LONGEST: usize = 16 << 10;

/// Reads one request; none where the client has gone.
///
/// # Errors
/// Those of the connection, or a request longer than any path.
pub fn read(input: &mut impl BufRead) -> io::Result<Option<Request>> {
    let Some(first) = input.fill_buf()?.first().copied() else { return Ok(None) };
    let prefixed = matches!(first, b'n' | b'z');
    if prefixed {
        input.consume(1);
    }
    let end = if first == b'z' { 0 } else { b'\n' };
    let mut line = Vec::new();
    loop {
        let got = input.fill_buf()?;
        if got.is_empty() {
            break;
        }
        let at = memchr::memchr(end, got);
        line.extend(got.get(..at.unwrap_or(got.len())).unwrap_or_default());
        let used = at.map_or(got.len(), |at| at + 1);
        input.consume(used);
        if line.len() > LONGEST {
            return Err(io::Error::new(ErrorKind::InvalidData, "a request longer than any path"));
        }
        if at.is_some() {
            break;
        }
    }
    if end == b'\n' && line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(Request { end, prefixed, line }))
}

impl Request {
    /// What is asked.
    pub fn command(&self) -> Command {
        match (self.line.as_slice(), self.prefixed) {
            (b"PING", _) => return Command::Ping,
            (b"VERSION", _) => return Command::Version,
            (b"RELOAD", _) => return Command::Reload,
            (b"FILDES", _) => return Command::Descriptor,
            (b"SHUTDOWN", _) => return Command::Forbidden,
            (b"QUIT", _) | (b"END", true) => return Command::End,
            (b"VERSIONCOMMANDS", true) => return Command::VersionCommands,
            (b"STATS", true) => return Command::Stats,
            (b"INSTREAM", true) => return Command::Stream,
            (b"IDSESSION", true) => return Command::Session,
            _ => {}
        }
        let Some(space) = memchr::memchr(b' ', &self.line) else { return Command::Unknown };
        let (word, path) = self.line.split_at_checked(space).unwrap_or_default();
        let path = path.get(1..).unwrap_or_default().to_vec();
        match word {
            b"SCAN" => Command::Scan { all: false, path },
            b"CONTSCAN" | b"MULTISCAN" => Command::Scan { all: true, path },
            b"ALLMATCHSCAN" if self.prefixed => Command::Scan { all: true, path },
            _ => Command::Unknown,
        }
    }
}

/// What came over a stream.
#[derive(Debug)]
pub struct Streamed {
    /// Its bytes, as far as the limit.
    pub bytes: Vec<u8>,
    /// How many there were.
    pub size: u64,
    /// There was no memory for it.
    pub dropped: bool,
    /// The memory it takes.
    pub share: Share,
}

/// Reads the chunks of a stream to their end, keeps at most `limit` bytes and measures the rest.
///
/// # Errors
/// Those of the connection.
pub fn stream(input: &mut impl BufRead, limit: u64, share: Share) -> io::Result<Streamed> {
    let mut streamed = Streamed { bytes: Vec::new(), size: 0, dropped: false, share };
    loop {
        let mut length = [0; 4];
        input.read_exact(&mut length)?;
        let mut left = u64::from(u32::from_be_bytes(length));
        if left == 0 {
            return Ok(streamed);
        }
        while left > 0 {
            let got = input.fill_buf()?;
            if got.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let piece = got.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(got);
            streamed.push(piece, limit);
            let used = piece.len();
            left -= used as u64;
            input.consume(used);
        }
    }
}

impl Streamed {
    /// Takes bytes in as far as the limit, and measures them all.
    pub fn push(&mut self, piece: &[u8], limit: u64) {
        self.size += piece.len() as u64;
        let room = usize::try_from(limit.saturating_sub(self.bytes.len() as u64)).unwrap_or(usize::MAX);
        let kept = piece.get(..room).unwrap_or(piece);
        if self.dropped || kept.is_empty() {
            return;
        }
        if self.share.grow(kept.len() as u64) {
            self.bytes.extend_from_slice(kept);
        } else {
            self.dropped = true;
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::room::Room;
    use super::*;

    fn request(bytes: &[u8]) -> Request {
        read(&mut &bytes[..]).unwrap().unwrap()
    }

    #[test]
    fn requests_end_as_they_began() {
        let rows: &[(&[u8], u8, bool, &[u8])] = &[
            (b"PING\nrest", b'\n', false, b"PING"),
            (b"PING\r\n", b'\n', false, b"PING"),
            (b"nPING\n", b'\n', true, b"PING"),
            (b"zPING\0x", 0, true, b"PING"),
            (b"zSCAN /a\nb\0", 0, true, b"SCAN /a\nb"),
            (b"PING", b'\n', false, b"PING"),
        ];
        for (bytes, end, prefixed, line) in rows {
            let want = Request { end: *end, prefixed: *prefixed, line: line.to_vec() };
            assert_eq!(request(bytes), want);
        }
        assert!(read(&mut &b""[..]).unwrap().is_none());
        assert!(read(&mut &b"x".repeat(40_000)[..]).is_err());
    }

    #[test]
    fn commands_and_their_prefixes() {
        let scan = |all, path: &str| Command::Scan { all, path: path.into() };
        let rows: &[(&str, Command)] = &[
            ("PING\n", Command::Ping),
            ("ping\n", Command::Unknown),
            ("nVERSION\n", Command::Version),
            ("VERSIONCOMMANDS\n", Command::Unknown),
            ("nVERSIONCOMMANDS\n", Command::VersionCommands),
            ("STATS\n", Command::Unknown),
            ("nSTATS\n", Command::Stats),
            ("INSTREAM\n", Command::Unknown),
            ("zINSTREAM\0", Command::Stream),
            ("IDSESSION\n", Command::Unknown),
            ("nIDSESSION\n", Command::Session),
            ("END\n", Command::Unknown),
            ("nEND\n", Command::End),
            ("SHUTDOWN\n", Command::Forbidden),
            ("FILDES\n", Command::Descriptor),
            ("RELOAD\n", Command::Reload),
            ("SCAN /a b: c\n", scan(false, "/a b: c")),
            ("zCONTSCAN /請求 書\0", scan(true, "/請求 書")),
            ("MULTISCAN /a\n", scan(true, "/a")),
            ("ALLMATCHSCAN /a\n", Command::Unknown),
            ("nALLMATCHSCAN /a\n", scan(true, "/a")),
            ("SCAN\n", Command::Unknown),
            ("\n", Command::Unknown),
        ];
        for (text, want) in rows {
            assert_eq!(request(text.as_bytes()).command(), *want, "{text:?}");
        }
    }

    #[test]
    fn chunks_are_joined_cut_and_measured() {
        let chunks = b"\0\0\0\x02ab\0\0\0\x03cde\0\0\0\0behind";
        let streamed = stream(&mut &chunks[..], 4, Room::default().share(99)).unwrap();
        assert_eq!((streamed.bytes.as_slice(), streamed.size, streamed.dropped), (&b"abcd"[..], 5, false));
        let dropped = stream(&mut &chunks[..], 9, Room::default().share(3)).unwrap();
        assert_eq!((dropped.bytes.as_slice(), dropped.size, dropped.dropped), (&b""[..], 5, true));
        for cut in 0..17 {
            assert!(stream(&mut &chunks[..cut], 9, Room::default().share(99)).is_err(), "{cut}");
        }
    }
}
