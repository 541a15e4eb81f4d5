//! What the service and a worker say to each other: frames, each a length (`u64`, little-endian) and so many bytes.
//!
//! The service begins with a [`Setup`] and the packed rules; the worker answers with [`Ready`] once it has locked
//! itself in. Then a [`Job`] and the bytes of its message are answered by one frame, which is empty where the scan
//! failed; the parts of a message that was taken apart follow, a frame each. Everything but rules, messages and parts
//! is JSON.

use crate::front::pool::Ask;
use crate::keyring::Candidate;
use crate::limits::Limits;
use crate::scan::Input;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// What a worker needs to know before it reads messages.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::front) struct Setup {
    /// The limits of each message.
    pub(in crate::front) limits: Limits,
    /// Whether tenpu's own heuristics are applied.
    pub(in crate::front) builtin: bool,
    /// Passwords to try, best first.
    pub(in crate::front) keys: Vec<Candidate>,
    /// Bytes of memory that a worker may take.
    pub(in crate::front) memory: u64,
}

/// A worker is ready.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::front) struct Ready {
    /// What of the lock-down could not be had on this machine.
    pub(in crate::front) lacks: Vec<String>,
}

/// An [`Input`] without its bytes, and what is asked of it.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::front) struct Job {
    name: String,
    size: u64,
    is_message: bool,
    ask: Ask,
}

/// The longest frame of a worker. JSON may take many times its length in memory.
pub(in crate::front) const ANSWER: u64 = 32 << 20;

/// The longest frame of the service, which the worker trusts.
pub(super) const ORDER: u64 = u64::MAX;

impl Job {
    /// What is to be said of an input.
    pub(in crate::front) fn of(input: &Input, ask: &Ask) -> Self {
        let Input { name, size, is_message, .. } = input;
        Self { name: name.clone(), size: *size, is_message: *is_message, ask: ask.clone() }
    }

    /// The input, without where it came from, and what is asked of it.
    pub(super) fn with(self, bytes: Vec<u8>) -> (Input, Ask) {
        let Self { name, size, is_message, ask } = self;
        (Input { name, bytes, size, is_message, ..Input::default() }, ask)
    }
}

/// Writes one frame.
///
/// # Errors
/// Those of the writer.
pub(in crate::front) fn write(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)?;
    out.flush()
}

/// The same, of something as JSON.
///
/// # Errors
/// Those of the writer.
pub(in crate::front) fn tell(out: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    write(out, &serde_json::to_vec(what)?)
}

/// Reads one frame. Memory grows with what comes, not with what is announced.
///
/// # Errors
/// Those of the reader; the frame is longer than `limit`; it ends too early.
pub(in crate::front) fn read(input: &mut impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let mut left = u64::from_le_bytes(length);
    if left > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame longer than any answer"));
    }
    let mut bytes = Vec::new();
    let mut chunk = [0; 64 << 10];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
        let space = chunk.get_mut(..most).unwrap_or_default();
        let got = match input.read(space) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        bytes.extend_from_slice(space.get(..got).unwrap_or_default());
        left = left.saturating_sub(got as u64);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_and_are_bounded() {
        let mut sent = Vec::new();
        let long = b"ab".repeat(100_000);
        for frame in [&b""[..], b"x", &long] {
            write(&mut sent, frame).unwrap();
        }
        let mut input = &sent[..];
        assert_eq!(read(&mut input, 0).unwrap(), b"");
        assert_eq!(read(&mut input, 1).unwrap(), b"x");
        assert_eq!(read(&mut &input[..], 200_000).unwrap(), long);
        assert_eq!(read(&mut &input[..], 199_999).unwrap_err().kind(), io::ErrorKind::InvalidData);
        for cut in [0, 7, 8, input.len() - 1] {
            assert_eq!(read(&mut &input[..cut], ANSWER).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}
