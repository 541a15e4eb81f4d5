//! A message as a mail server hands it on, put together again as it was: headers, an empty line, the body.

use super::super::room::Share;
use super::session::text;
use std::collections::BTreeMap;

/// A message as it comes in.
#[derive(Debug)]
pub struct Message {
    /// Its bytes, as far as the limit.
    raw: Vec<u8>,
    size: u64,
    limit: u64,
    share: Share,
    /// There was no memory for it.
    dropped: bool,
    in_body: bool,
    /// The sender of the envelope.
    pub sender: String,
    /// The recipients of the envelope.
    pub recipients: Vec<String>,
    /// There were more than are kept.
    pub more_recipients: bool,
    /// Names of headers that only tenpu may write, and how often each stands there.
    pub(super) forged: BTreeMap<String, u32>,
    /// The values of its subjects, as the server gave them.
    pub(super) subjects: Vec<Vec<u8>>,
}

/// Headers that only tenpu writes begin with this.
const OURS: &[u8] = b"x-tenpu-";

/// About what a name takes in memory besides its letters.
const NAME: u64 = 64;

impl Message {
    /// One of which nothing came yet.
    pub(super) fn new(share: Share, limit: u64) -> Self {
        Self {
            raw: Vec::new(),
            size: 0,
            limit,
            share,
            dropped: false,
            in_body: false,
            sender: String::new(),
            recipients: Vec::new(),
            more_recipients: false,
            forged: BTreeMap::new(),
            subjects: Vec::new(),
        }
    }

    /// The bytes that were kept, and how many there were.
    pub fn take(&mut self) -> (Vec<u8>, u64) {
        self.begin_body();
        (std::mem::take(&mut self.raw), self.size)
    }

    /// Whether nothing more of it is kept.
    pub(super) fn is_full(&self) -> bool {
        self.size > self.limit || self.dropped
    }

    /// Whether there was no memory for it.
    pub fn is_dropped(&self) -> bool {
        self.dropped
    }

    /// Takes a header. `spaced` says that its value begins with the space that stands after the colon.
    pub(super) fn header(&mut self, name: &[u8], value: &[u8], spaced: bool) {
        let lower = name.to_ascii_lowercase();
        if lower.starts_with(OURS) {
            self.forged(text(&lower));
        }
        if lower == b"subject" && self.share.grow(value.len() as u64) {
            self.subjects.push(value.to_vec());
        }
        self.push(name);
        self.push(if spaced { b":" } else { b": " });
        let mut lines = value.split(|byte| *byte == b'\n');
        self.push(lines.next().unwrap_or_default());
        for line in lines {
            if self.raw.last() != Some(&b'\r') {
                self.push(b"\r");
            }
            self.push(b"\n");
            self.push(line);
        }
        self.push(b"\r\n");
    }

    /// Notes a header that only tenpu may write. Names take memory beside the message, and more of it.
    fn forged(&mut self, name: String) {
        if let Some(count) = self.forged.get_mut(&name) {
            *count = count.saturating_add(1);
        } else if self.share.grow(NAME + name.len() as u64) {
            self.forged.insert(name, 1);
        } else {
            self.dropped = true;
            self.raw = Vec::new();
        }
    }

    /// The headers are over.
    pub(super) fn begin_body(&mut self) {
        if !std::mem::replace(&mut self.in_body, true) {
            self.push(b"\r\n");
        }
    }

    /// Takes a piece of the body.
    pub(super) fn body(&mut self, bytes: &[u8]) {
        self.begin_body();
        self.push(bytes);
    }

    /// Keeps the bytes as far as the limit and measures the rest.
    fn push(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        let left = usize::try_from(self.limit.saturating_sub(self.raw.len() as u64)).unwrap_or(usize::MAX);
        let kept = bytes.get(..left).unwrap_or(bytes);
        if self.dropped || kept.is_empty() {
            return;
        }
        if self.share.grow(kept.len() as u64) {
            self.raw.extend_from_slice(kept);
        } else {
            self.dropped = true;
            self.raw = Vec::new();
        }
    }
}
