//! What one message may cost: [`Limits`] says it, [`Budget`] counts it down, [`Stop`] tells that it is spent.
//!
//! `Budget` is the only reader of decoders. A decoder that produces too much is not an error and not skipped: its
//! head is kept and judged, the rest is measured as long as the budget lasts, because a 0.6 MB archive holding a
//! 550 MB zero-padded document is the attack itself.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::time::{Duration, Instant};

/// The limits of one message. Each field says why it exists; [`Limits::default`] holds the defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one input message or file that are read (default 256 MiB). Mail servers stop far below; a bare
    /// padded document handed in as a file may be larger, and then its head is judged.
    pub input_bytes: u64,
    /// Bytes all decoders together may make for one message (default 2 GiB). Stops bombs; leaves room to measure
    /// three documents padded to 550 MB.
    pub made_bytes: u64,
    /// Bytes of one artifact that are kept and looked into (default 64 MiB). Office files beyond it are padding or
    /// media; the head holds the structures.
    pub artifact_bytes: u64,
    /// Bytes of all artifacts together kept in memory (default 512 MiB), so that many workers fit one machine.
    pub kept_bytes: u64,
    /// Artifacts of one message (default 10,000), against archives of a million entries.
    pub artifacts: u32,
    /// Nesting of artifacts (default 24): mail in mail in archive in archive; real mail stays below ten.
    pub depth: u32,
    /// Wall-clock time for one message (default 30 s), the last resort behind every other limit.
    pub time: Duration,
    /// Key-derivation work for one message in hash compressions (default 20 million, some seconds on one core): two
    /// hundred passwords for a document under agile encryption, eighty for a 7z, thousands for a ZIP.
    pub derivation_rounds: u64,
    /// Passwords tried on one archive or document (default 4,000).
    pub passwords: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 256 << 20,
            made_bytes: 2 << 30,
            artifact_bytes: 64 << 20,
            kept_bytes: 512 << 20,
            artifacts: 10_000,
            depth: 24,
            time: Duration::from_secs(30),
            derivation_rounds: 20_000_000,
            passwords: 4_000,
        }
    }
}

/// A spent limit: the walk of this message ends here, and the report says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Stop {
    /// `Limits::made_bytes` or `Limits::kept_bytes` is spent.
    #[error("limit-bytes")]
    Bytes,
    /// `Limits::artifacts` is spent.
    #[error("limit-artifacts")]
    Artifacts,
    /// `Limits::depth` is reached.
    #[error("limit-depth")]
    Depth,
    /// `Limits::time` is over.
    #[error("limit-time")]
    Time,
    /// `Limits::derivation_rounds` is spent.
    #[error("limit-key-derivation")]
    KeyDerivation,
}

/// What is left of the [`Limits`] for one message.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    made: u64,
    kept: u64,
    artifacts: u32,
    rounds: u64,
    started: Instant,
}

/// What came out of a decoder, whatever happened to it.
#[derive(Debug, Default)]
pub struct Decoded {
    /// The bytes, or their head where there were more than an artifact may keep.
    pub bytes: Vec<u8>,
    /// How many bytes the decoder made in all, kept or only measured.
    pub size: u64,
    /// SHA-256 of all of them, present only where `bytes` is just the head.
    pub sha256: Option<[u8; 32]>,
    /// The run of one repeated byte at the very end.
    pub tail: Tail,
    /// Why the decoder gave up, if it did.
    pub broken: Option<String>,
    /// The limit that ended reading, if one did.
    pub stop: Option<Stop>,
}

/// A run of one repeated byte at the end of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The repeated byte.
    pub byte: u8,
    /// How often it stands there.
    pub length: u64,
}

impl Budget {
    /// A full budget; the clock starts now.
    pub fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), made: 0, kept: 0, artifacts: 0, rounds: 0, started: Instant::now() }
    }

    /// The limits this budget counts down from.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Reads a decoder to its end and keeps what it made, up to `artifact_bytes`; the rest is measured only.
    /// Never fails: a fault of the decoder or a spent limit is noted beside the bytes.
    pub fn read(&mut self, decoder: &mut dyn Read) -> Decoded {
        let mut out = Decoded::default();
        let mut hasher: Option<Sha256> = None;
        let mut chunk = [0u8; 32 << 10];
        loop {
            let length = match decoder.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    out.broken = Some(error.to_string());
                    break;
                }
            };
            let got = chunk.get(..length).unwrap_or(&chunk);
            out.tail.extend(got);
            out.size += got.len() as u64;
            self.keep(got, &mut out, &mut hasher);
            out.stop = self.pay(got.len() as u64).err();
            if out.stop.is_some() {
                break;
            }
        }
        out.sha256 = hasher.map(|hasher| hasher.finalize().into());
        out
    }

    /// Pays for `length` bytes made by a decoder of our own, before they are kept.
    pub fn pay(&mut self, length: u64) -> Result<(), Stop> {
        self.made = self.made.saturating_add(length);
        if self.made > self.limits.made_bytes { Err(Stop::Bytes) } else { self.tick() }
    }

    /// Pays for one more artifact that keeps `length` bytes.
    pub fn artifact(&mut self, length: u64) -> Result<(), Stop> {
        self.artifacts = self.artifacts.saturating_add(1);
        self.kept = self.kept.saturating_add(length);
        if self.artifacts > self.limits.artifacts {
            Err(Stop::Artifacts)
        } else if self.kept > self.limits.kept_bytes {
            Err(Stop::Bytes)
        } else {
            self.tick()
        }
    }

    /// Whether that many more artifacts keeping `length` bytes together will be paid for. A format asks while it
    /// opens; the artifacts are paid when they get their place.
    pub fn has_room(&self, artifacts: u64, length: u64) -> Result<(), Stop> {
        if u64::from(self.artifacts).saturating_add(artifacts) > u64::from(self.limits.artifacts) {
            Err(Stop::Artifacts)
        } else if self.kept.saturating_add(length) > self.limits.kept_bytes {
            Err(Stop::Bytes)
        } else {
            self.tick()
        }
    }

    /// Pays for key derivation, in rounds of the underlying hash, before it is done.
    pub fn derive(&mut self, rounds: u64) -> Result<(), Stop> {
        self.rounds = self.rounds.saturating_add(rounds);
        if self.rounds > self.limits.derivation_rounds { Err(Stop::KeyDerivation) } else { self.tick() }
    }

    /// Whether there is time left.
    pub fn tick(&self) -> Result<(), Stop> {
        if self.started.elapsed() > self.limits.time { Err(Stop::Time) } else { Ok(()) }
    }

    /// Time since the budget was opened.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Keeps `got` as far as one artifact may; hashes everything once the artifact is cut.
    fn keep(&self, got: &[u8], out: &mut Decoded, hasher: &mut Option<Sha256>) {
        if let Some(hasher) = hasher {
            hasher.update(got);
            return;
        }
        let room = self.limits.artifact_bytes.saturating_sub(out.bytes.len() as u64);
        let kept = usize::try_from(room).unwrap_or(usize::MAX).min(got.len());
        let (head, rest) = got.split_at_checked(kept).unwrap_or((got, &[]));
        out.bytes.extend_from_slice(head);
        if !rest.is_empty() {
            let mut fresh = Sha256::new();
            fresh.update(&out.bytes);
            fresh.update(rest);
            *hasher = Some(fresh);
        }
    }
}

impl Tail {
    /// The tail of bytes held in memory.
    pub fn of(bytes: &[u8]) -> Self {
        let mut tail = Self::default();
        tail.extend(bytes);
        tail
    }

    fn extend(&mut self, got: &[u8]) {
        let Some(&last) = got.last() else { return };
        let run = run(got, last);
        let whole = run == got.len() && last == self.byte;
        let before = if whole { self.length } else { 0 };
        *self = Self { byte: last, length: before + run as u64 };
    }
}

/// How many of the last bytes are `byte`. Padding comes by the hundred megabytes, so whole blocks are compared first.
fn run(bytes: &[u8], byte: u8) -> usize {
    let block = [byte; 256];
    let blocks = bytes.rchunks_exact(block.len()).take_while(|chunk| **chunk == block).count() * block.len();
    let rest = bytes.get(..bytes.len() - blocks).unwrap_or_default();
    blocks + rest.iter().rev().take_while(|found| **found == byte).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Limits {
        Limits { artifact_bytes: 10, made_bytes: 1000, ..Limits::default() }
    }

    #[test]
    fn the_head_is_kept_and_the_rest_measured() {
        let data = [b"head".to_vec(), [0u8; 96].to_vec()].concat();
        let out = Budget::new(&small()).read(&mut data.as_slice());
        assert_eq!((out.bytes.len(), out.size, out.stop), (10, 100, None));
        assert_eq!(out.tail, Tail { byte: 0, length: 96 });
        assert_eq!(out.sha256, Some(Sha256::digest(&data).into()));
    }

    #[test]
    fn the_tail_is_counted_to_the_byte() {
        for length in [0, 1, 2, 255, 256, 257, 511, 512, 513, 1000] {
            let bytes = b"ab".iter().copied().chain(std::iter::repeat_n(0, length)).collect::<Vec<u8>>();
            let want = if length == 0 {
                Tail { byte: b'b', length: 1 }
            } else {
                Tail { byte: 0, length: length as u64 }
            };
            assert_eq!(Tail::of(&bytes), want);
            assert_eq!(Tail::of(bytes.get(2..).unwrap()).length, length as u64);
        }
        let mut tail = Tail::of(b"a\0\0");
        tail.extend(&[0; 300]);
        assert_eq!(tail, Tail { byte: 0, length: 302 });
    }

    #[test]
    fn a_bomb_stops_and_what_was_made_is_kept() {
        let out = Budget::new(&small()).read(&mut std::io::repeat(7));
        assert_eq!(out.stop, Some(Stop::Bytes));
        assert_eq!(out.bytes, [7; 10]);
    }

    #[test]
    fn a_decoder_that_breaks_keeps_what_it_made() {
        struct Breaks(u8);
        impl Read for Breaks {
            fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
                self.0 += 1;
                if self.0 > 1 {
                    return Err(std::io::Error::other("bad code"));
                }
                out[..2].copy_from_slice(b"ok");
                Ok(2)
            }
        }
        let out = Budget::new(&small()).read(&mut Breaks(0));
        assert_eq!((out.bytes.as_slice(), out.broken.as_deref()), (&b"ok"[..], Some("bad code")));
        assert_eq!(out.sha256, None);
    }

    #[test]
    fn every_counter_ends_in_its_own_stop() {
        let limits = Limits { artifacts: 1, derivation_rounds: 5, kept_bytes: 8, ..Limits::default() };
        let mut budget = Budget::new(&limits);
        assert_eq!(budget.artifact(9), Err(Stop::Bytes));
        assert_eq!(budget.artifact(0), Err(Stop::Artifacts));
        assert_eq!(budget.derive(6), Err(Stop::KeyDerivation));
        let none = Limits { time: Duration::ZERO, ..Limits::default() };
        assert_eq!(Budget::new(&none).pay(1), Err(Stop::Time));
    }
}
