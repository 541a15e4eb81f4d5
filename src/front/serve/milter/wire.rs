//! Packets of the milter protocol: a length of four bytes, a command of one, and its data. The layouts are those of
//! `libmilter` 1.0.1 (`mfdef.h`); no other specification exists.

use std::io::{self, BufRead, ErrorKind};

/// What a mail server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// What it offers.
    Negotiate(Options),
    /// Names and values of its macros, for the command that comes next.
    Macros {
        /// That command.
        of: u8,
        /// Names with their braces, and values.
        pairs: Vec<(&'a [u8], &'a [u8])>,
    },
    /// A client has connected.
    Connect {
        /// Its name.
        host: &'a [u8],
        /// Its address or socket; empty where it is not known.
        address: &'a [u8],
    },
    /// HELO or EHLO.
    Helo,
    /// MAIL: the address, then parameters.
    Mail(Vec<&'a [u8]>),
    /// RCPT: the address, then parameters.
    Rcpt(Vec<&'a [u8]>),
    /// DATA.
    Data,
    /// One header.
    Header {
        /// Its name.
        name: &'a [u8],
        /// Its value; lines are parted by LF.
        value: &'a [u8],
    },
    /// There are no more headers.
    EndOfHeaders,
    /// A piece of the body.
    Body(&'a [u8]),
    /// The end of the message, and perhaps a last piece of it.
    EndOfBody(&'a [u8]),
    /// The message does not come after all.
    Abort,
    /// The connection ends.
    Quit,
    /// The client has gone, another one will come over this connection.
    QuitNew,
    /// An SMTP command that the server does not know.
    Unknown,
}

/// Version and flags of a negotiation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The version of the protocol.
    pub version: u32,
    /// What a milter may do to a message.
    pub actions: u32,
    /// What is left out, and which replies.
    pub protocol: u32,
}

/// May add headers.
pub const MAY_ADD_HEADERS: u32 = 0x01;
/// May change and delete headers.
pub const MAY_CHANGE_HEADERS: u32 = 0x10;
/// May quarantine.
pub const MAY_QUARANTINE: u32 = 0x20;

/// HELO is not sent.
pub const NO_HELO: u32 = 0x02;
/// Unknown commands are not sent.
pub const NO_UNKNOWN: u32 = 0x100;
/// DATA is not sent.
pub const NO_DATA: u32 = 0x200;
/// The rest of a body may be skipped.
pub const SKIP_BODY: u32 = 0x400;
/// Headers get no reply.
pub const QUIET_HEADER: u32 = 0x80;
/// Connections get no reply.
pub const QUIET_CONNECT: u32 = 0x1000;
/// HELO gets no reply.
pub const QUIET_HELO: u32 = 0x2000;
/// MAIL gets no reply.
pub const QUIET_MAIL: u32 = 0x4000;
/// RCPT gets no reply.
pub const QUIET_RCPT: u32 = 0x8000;
/// DATA gets no reply.
pub const QUIET_DATA: u32 = 0x1_0000;
/// Unknown commands get no reply.
pub const QUIET_UNKNOWN: u32 = 0x2_0000;
/// The end of the headers gets no reply.
pub const QUIET_END_OF_HEADERS: u32 = 0x4_0000;
/// Pieces of the body get no reply.
pub const QUIET_BODY: u32 = 0x8_0000;
/// Values of headers begin with the space that stands after the colon.
pub const LEADING_SPACE: u32 = 0x10_0000;

/// Reply: go on.
pub const CONTINUE: u8 = b'c';
/// Reply: the rest of the body is not needed.
pub const SKIP: u8 = b's';
/// Reply: be patient.
pub const PROGRESS: u8 = b'p';
/// Reply: take the message and throw it away.
pub const DISCARD: u8 = b'd';
/// Reply: answer the client with this line.
pub const REPLY_CODE: u8 = b'y';
/// Change: add a header at the end.
pub const ADD_HEADER: u8 = b'h';
/// Change: change a header, or delete it where the new value is empty.
pub const CHANGE_HEADER: u8 = b'm';
/// Change: hold the message.
pub const QUARANTINE: u8 = b'q';
/// Reply to a negotiation.
pub const NEGOTIATE: u8 = b'O';

/// The longest packet that is taken. Pieces of a body have 64 KiB at most; headers come whole.
const LONGEST: usize = 1 << 20;

/// Reads one packet, without its length; answers whether there was one.
///
/// # Errors
/// Those of the connection, or a length that cannot be.
pub fn read(input: &mut impl BufRead, packet: &mut Vec<u8>) -> io::Result<bool> {
    packet.clear();
    if input.fill_buf()?.is_empty() {
        return Ok(false);
    }
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length == 0 || length > LONGEST {
        return Err(io::Error::new(ErrorKind::InvalidData, format!("a packet of {length} bytes")));
    }
    while packet.len() < length {
        let got = input.fill_buf()?;
        if got.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let wanted = got.len().min(length - packet.len());
        packet.extend(got.get(..wanted).unwrap_or_default());
        input.consume(wanted);
    }
    Ok(true)
}

/// A packet to send.
pub fn packet(code: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &[code], data].concat()
}

impl<'a> Command<'a> {
    /// Reads a packet.
    ///
    /// # Errors
    /// What it is that cannot be understood.
    pub fn parse(packet: &'a [u8]) -> Result<Self, &'static str> {
        let Some((code, data)) = packet.split_first() else { return Err("no command") };
        Ok(match code {
            b'O' => Self::Negotiate(options(data).ok_or("negotiation is cut short")?),
            b'D' => {
                let (of, rest) = data.split_first().ok_or("macros of no command")?;
                let words = strings(rest);
                let pairs = words.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)));
                Self::Macros { of: *of, pairs: pairs.collect() }
            }
            b'C' => connect(data),
            b'H' => Self::Helo,
            b'M' => Self::Mail(strings(data)),
            b'R' => Self::Rcpt(strings(data)),
            b'T' => Self::Data,
            b'L' => {
                let (name, rest) = string(data);
                Self::Header { name, value: string(rest).0 }
            }
            b'N' => Self::EndOfHeaders,
            b'B' => Self::Body(data),
            b'E' => Self::EndOfBody(data),
            b'A' => Self::Abort,
            b'Q' => Self::Quit,
            b'K' => Self::QuitNew,
            b'U' => Self::Unknown,
            _ => return Err("unknown command"),
        })
    }
}

fn options(data: &[u8]) -> Option<Options> {
    let (version, rest) = data.split_first_chunk()?;
    let (actions, rest) = rest.split_first_chunk()?;
    let (protocol, _) = rest.split_first_chunk()?;
    let [version, actions, protocol] = [version, actions, protocol].map(|number| u32::from_be_bytes(*number));
    Some(Options { version, actions, protocol })
}

impl Options {
    /// The packet that answers a negotiation.
    pub fn packet(self) -> Vec<u8> {
        let numbers = [self.version, self.actions, self.protocol].map(u32::to_be_bytes);
        packet(NEGOTIATE, numbers.as_flattened())
    }
}

/// The name, the family (`U`, `L`, `4`, `6`), and but for the first a port and an address.
fn connect(data: &[u8]) -> Command<'_> {
    let (host, rest) = string(data);
    let address = rest.get(3..).map_or(&b""[..], |rest| string(rest).0);
    Command::Connect { host, address }
}

/// The text up to a NUL, and what comes after it. A missing NUL ends at the end.
fn string(data: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(0, data).unwrap_or(data.len());
    (data.get(..end).unwrap_or_default(), data.get(end + 1..).unwrap_or_default())
}

fn strings(mut data: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !data.is_empty() {
        let (text, rest) = string(data);
        found.push(text);
        data = rest;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_read() {
        let rows: &[(&[u8], Command)] = &[
            (
                b"O\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff",
                Command::Negotiate(Options { version: 6, actions: 0x1ff, protocol: 0x1f_ffff }),
            ),
            (
                b"DMi\0AB\0{mail_addr}\0a@b\0",
                Command::Macros { of: b'M', pairs: vec![(b"i", b"AB"), (b"{mail_addr}", b"a@b")] },
            ),
            (b"Cmx.test\x004\0\x19192.0.2.1\0", Command::Connect { host: b"mx.test", address: b"192.0.2.1" }),
            (b"Clocalhost\0U", Command::Connect { host: b"localhost", address: b"" }),
            (b"Hmx.test\0", Command::Helo),
            (b"M<a@b>\0SIZE=3\0", Command::Mail(vec![b"<a@b>", b"SIZE=3"])),
            (b"R<c@d>\0", Command::Rcpt(vec![b"<c@d>"])),
            (b"T", Command::Data),
            (b"LSubject\0 a\n b\0", Command::Header { name: b"Subject", value: b" a\n b" }),
            (b"LX\0\0", Command::Header { name: b"X", value: b"" }),
            (b"LX", Command::Header { name: b"X", value: b"" }),
            (b"N", Command::EndOfHeaders),
            (b"Babc\0d", Command::Body(b"abc\0d")),
            (b"E", Command::EndOfBody(b"")),
            (b"A", Command::Abort),
            (b"Q", Command::Quit),
            (b"K", Command::QuitNew),
            (b"UFOO\0", Command::Unknown),
        ];
        for (packet, want) in rows {
            assert_eq!(Command::parse(packet).as_ref(), Ok(want));
            for cut in 0..packet.len() {
                let _answered = Command::parse(&packet[..cut]);
            }
        }
        for bad in [&b""[..], b"Z", b"D", b"O\0\0\0\x06"] {
            assert!(Command::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn packets_are_framed() {
        let stream = [packet(b'T', b""), packet(b'B', b"body")].concat();
        let mut input = &stream[..];
        let mut got = Vec::new();
        assert!(read(&mut input, &mut got).unwrap() && got == b"T");
        assert!(read(&mut input, &mut got).unwrap() && got == b"Bbody");
        assert!(!read(&mut input, &mut got).unwrap());
        for cut in 1..5 {
            assert_eq!(read(&mut &stream[..cut], &mut got).is_ok(), cut == 5, "{cut}");
        }
        for length in [0, 1 << 21, u32::MAX] {
            assert!(read(&mut &length.to_be_bytes()[..], &mut got).is_err());
        }
    }
}
