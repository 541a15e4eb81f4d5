//! What both families of RAR have in common: members, and what the walk over the headers found.

use super::lock::Lock;
use crate::artifact::Damage;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};

/// A file, link, folder or stream of an archive.
#[derive(Clone, Debug)]
pub(super) struct Member<'a> {
    /// Its name, that of a stream behind the name of its file.
    pub(super) name: String,
    /// What is it.
    pub(super) role: Role,
    /// Its packed bytes, as many as there are.
    pub(super) data: &'a [u8],
    /// What it unpacks to.
    pub(super) size: u64,
    /// CRC-32 of that.
    pub(super) crc: Option<u32>,
    /// How it is packed.
    pub(super) packing: Packing,
    /// How it is locked.
    pub(super) lock: Lock,
    /// Whether it needs what was unpacked before it.
    pub(super) is_solid: bool,
    /// Whether it began in the part before this one, or goes on in the next.
    pub(super) split: Split,
}

/// What a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    File,
    Folder,
    /// An NTFS stream of the file before it.
    Stream,
    /// A link or a copy; where it leads, and whether its content is that of another member.
    Link {
        target: Option<String>,
        is_copy: bool,
    },
}

/// Which other parts hold the rest of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) before: bool,
    pub(super) after: bool,
}

/// How a member is packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Stored,
    /// RAR 1.5 to 4: version of the method, the method, the flags of the window.
    Old {
        version: u8,
        method: u8,
        window: u16,
    },
    /// RAR 5 and 7: the compression information as it stands, and a BLAKE2sp hash.
    New {
        information: u64,
        hash: Option<[u8; 32]>,
    },
    /// Something no reader of ours knows.
    Unknown(String),
}

/// What the walk over the headers found.
#[derive(Debug, Default)]
pub(super) struct Walk<'a> {
    pub(super) members: Vec<Member<'a>>,
    pub(super) damage: Vec<Damage>,
    /// Whether headers may be missing from it.
    pub(super) is_incomplete: bool,
    /// Whether there are more members than a message may have.
    pub(super) is_cut: bool,
    /// Whether the names are locked and stayed so.
    pub(super) is_shut: bool,
    /// Whether it is one part of several.
    pub(super) is_part: bool,
    /// Where the archive ends, if it says so.
    pub(super) end: Option<usize>,
}

/// The data behind a header, as far as they are there.
pub(super) fn data(bytes: &[u8], at: usize, length: u64) -> &[u8] {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    Reader::at(bytes, at).map_or(&[], |mut reader| reader.take_up_to(length))
}

/// How many damages of one archive are noted.
const MOST_DAMAGE: usize = 20;

impl Walk<'_> {
    /// Notes something broken; after so many, the rest tells nothing new.
    pub(super) fn broke(&mut self, what: &'static str, detail: impl Into<String>) {
        if self.damage.len() < MOST_DAMAGE {
            self.damage.push(Damage { what, detail: detail.into() });
        }
    }

    /// Whether one more member would be too many.
    pub(super) fn is_full(&mut self, budget: &Budget) -> bool {
        self.is_cut = budget.has_room(self.members.len() as u64 + 1, 0) == Err(Stop::Artifacts);
        self.is_cut
    }

    /// The name of the file that a stream belongs to.
    pub(super) fn last_file(&self) -> &str {
        let file = self.members.iter().rev().find(|member| member.role != Role::Stream);
        file.map_or("", |member| member.name.as_str())
    }
}
