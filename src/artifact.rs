//! What was found inside a message: [`Artifact`]s in a [`Tree`], each with [`Fact`]s, [`Damage`] and what of it
//! stayed [`Unread`]; and [`Format`], the one shape of everything that opens something.

mod fact;
mod tree;

pub use fact::{Fact, Sign};
pub use tree::Tree;

use crate::keyring::{Keyring, Letter};
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Decoded, Stop};

/// One file format: how to know it, and what it holds.
pub trait Format: Sync {
    /// Kebab-case name; `docs/formats.md` has a section of that name.
    fn id(&self) -> &'static str;

    /// Whether this format wants to open the artifact. Several may: a polyglot is opened as each.
    fn matches(&self, artifact: &Artifact) -> bool;

    /// Whether opening may ask for passwords. Only then are the letters of the message searched for them.
    fn asks_passwords(&self) -> bool {
        false
    }

    /// Puts what the artifact holds into `out`. Never fails on bad input: what was got stays in `out` beside the
    /// damage.
    ///
    /// # Errors
    /// Only a spent limit of the whole message.
    fn open(
        &self,
        artifact: &Artifact,
        keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop>;
}

/// Any run of bytes found inside a message.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Its place in the tree; the root is 0.
    pub id: usize,
    /// The artifact it was found in.
    pub parent: Option<usize>,
    /// How many artifacts stand above it.
    pub depth: u32,
    /// Its name as the sender wrote it, decoded: hostile, printed only through `text::printable`.
    pub name: String,
    /// What it is by content.
    pub kind: &'static Kind,
    /// How it was reached: `file`, `message`, `attachment`, `body`, `zip`, `gzip`, `part`, `stream`, `vba-module` …
    pub via: &'static str,
    /// What the container said it is (a media type), if anything.
    pub media_type: Option<String>,
    /// Its whole size in bytes; `bytes` may hold just the head.
    pub size: u64,
    /// SHA-256 of the whole of it.
    pub sha256: [u8; 32],
    /// Its bytes, or their head.
    pub bytes: Vec<u8>,
    /// What was observed on it.
    pub facts: Vec<Fact>,
    /// What was broken but could be read in part.
    pub damage: Vec<Damage>,
    /// What of it could not be read.
    pub unread: Vec<Unread>,
}

/// Something broken that could be read in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// What, in kebab-case: `base64-junk`, `zip-no-central-directory`, …
    pub what: &'static str,
    /// Details in plain English.
    pub detail: String,
}

/// Something that could not be read, and why. What is unread is never called clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// `encrypted`, `damaged`, `unsupported-format`, `unsupported-method`, `reader-fault`, `rules-incomplete`, `limit-…`
    pub reason: &'static str,
    /// Which entry or method, in plain English; may be empty.
    pub detail: String,
}

/// What a [`Format`] puts its results into.
#[derive(Debug, Default)]
pub struct Opened {
    /// Artifacts found inside.
    pub children: Vec<Child>,
    /// Facts about the artifact itself.
    pub facts: Vec<Fact>,
    /// What was broken in it.
    pub damage: Vec<Damage>,
    /// What of it could not be read.
    pub unread: Vec<Unread>,
    /// Texts in which the sender may have given passwords.
    pub letters: Vec<Letter>,
    /// Bytes of the children taken in by [`Opened::push`].
    held: u64,
}

/// An artifact before it has its place in the tree.
#[derive(Debug)]
pub struct Child {
    /// See [`Artifact::name`].
    pub name: String,
    /// See [`Artifact::via`].
    pub via: &'static str,
    /// What it is, where its maker knows better than its content tells.
    pub kind: Option<&'static Kind>,
    /// See [`Artifact::media_type`].
    pub media_type: Option<String>,
    /// Its bytes, or their head.
    pub bytes: Vec<u8>,
    /// Its whole size.
    pub size: u64,
    /// SHA-256 of the whole where `bytes` is just the head.
    pub sha256: Option<[u8; 32]>,
    /// See [`Artifact::facts`].
    pub facts: Vec<Fact>,
    /// See [`Artifact::damage`].
    pub damage: Vec<Damage>,
    /// See [`Artifact::unread`].
    pub unread: Vec<Unread>,
}

impl Artifact {
    /// Whether `bytes` is just the head of it.
    pub fn is_cut(&self) -> bool {
        self.size > self.bytes.len() as u64
    }

    /// Whether it is a file that a person sees after unpacking. Formats of containers reach their members by the
    /// name of their own kind.
    pub fn is_member(&self) -> bool {
        Kind::named(self.via).is_some_and(|kind| kind.class == Class::Archive)
    }

    /// The first decoded value of a header.
    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Header { name, value } if *name == wanted => Some(value.as_str()),
            _ => None,
        })
    }
}

impl Child {
    /// A child held whole in memory.
    pub fn new(name: impl Into<String>, via: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            via,
            kind: None,
            media_type: None,
            size: bytes.len() as u64,
            bytes,
            sha256: None,
            facts: Vec::new(),
            damage: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// A child as it came from a decoder: cut or broken as it may be. Says so in its damage, its facts and in
    /// what is unread. The decoder's `stop` is left for the caller to return.
    pub fn decoded(name: impl Into<String>, via: &'static str, decoded: Decoded) -> Self {
        let mut child = Self::new(name, via, decoded.bytes);
        child.size = decoded.size;
        child.sha256 = decoded.sha256;
        if decoded.tail.length >= PADDING {
            child.facts.push(Fact::Padding { byte: decoded.tail.byte, length: decoded.tail.length });
        }
        if let Some(detail) = decoded.broken {
            if decoded.stop.is_none() {
                child.unread.push(Unread { reason: "damaged", detail: detail.clone() });
            }
            child.damage.push(Damage { what: "decoder", detail });
        }
        if let Some(stop) = decoded.stop {
            child.unread.push(stop.into());
        } else if decoded.sha256.is_some() && !is_padding(decoded.tail.length, decoded.size) {
            child
                .unread
                .push(Unread { reason: "limit-artifact-bytes", detail: format!("{} bytes", decoded.size) });
        }
        child
    }

    /// The same child with a kind its maker knows.
    #[must_use]
    pub fn of_kind(self, id: &str) -> Self {
        Self { kind: Kind::named(id), ..self }
    }

    /// The same child with one more fact.
    #[must_use]
    pub fn with(mut self, fact: Fact) -> Self {
        self.facts.push(fact);
        self
    }
}

/// The shortest run of one byte at the end of an artifact that is noted as padding. Documents are written in
/// sectors of 512 or 4096 bytes and end in a few of them; a megabyte of nothing has no honest writer.
const PADDING: u64 = 1 << 20;

/// Whether what was cut off is padding only in the main, so that the head says it all.
fn is_padding(tail: u64, size: u64) -> bool {
    tail >= PADDING && tail.saturating_mul(10) >= size.saturating_mul(9)
}

impl Opened {
    /// Takes in a child as long as the message may have one more and keep its bytes.
    ///
    /// # Errors
    /// A spent limit; the child is kept all the same.
    pub fn push(&mut self, child: Child, budget: &Budget) -> Result<(), Stop> {
        self.held = self.held.saturating_add(child.bytes.len() as u64);
        self.children.push(child);
        budget.has_room(self.children.len() as u64, self.held)
    }

    /// Notes something broken.
    pub fn broke(&mut self, what: &'static str, detail: impl Into<String>) {
        self.damage.push(Damage { what, detail: detail.into() });
    }

    /// Notes something that could not be read.
    pub fn missed(&mut self, reason: &'static str, detail: impl Into<String>) {
        self.unread.push(Unread { reason, detail: detail.into() });
    }
}

impl From<Stop> for Unread {
    fn from(stop: Stop) -> Self {
        let reason = match stop {
            Stop::Bytes => "limit-bytes",
            Stop::Artifacts => "limit-artifacts",
            Stop::Depth => "limit-depth",
            Stop::Time => "limit-time",
            Stop::KeyDerivation => "limit-key-derivation",
        };
        Self { reason, detail: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Limits, Tail};

    #[test]
    fn padding_that_was_cut_is_a_fact_and_not_unread() {
        let limits = Limits { artifact_bytes: 1000, ..Limits::default() };
        let padded: Vec<u8> = b"head".iter().copied().chain(std::iter::repeat_n(0, 2 << 20)).collect();
        let child = Child::decoded("a.doc", "zip", Budget::new(&limits).read(&mut padded.as_slice()));
        assert_eq!(child.facts, [Fact::Padding { byte: 0, length: 2 << 20 }]);
        assert_eq!(child.unread, []);
        let noise =
            Decoded { size: 9 << 20, sha256: Some([0; 32]), tail: Tail::default(), ..Decoded::default() };
        assert_eq!(Child::decoded("a.doc", "zip", noise).unread[0].reason, "limit-artifact-bytes");
    }
}
