//! PowerPoint 97 to 2003 (MS-PPT): the objects and the VBA project that lie inside the `PowerPoint Document` stream.
//!
//! Records (2.3.1) are walked for external object storages (2.10.34, 2.10.42), whether a directory of persistent
//! objects refers to them or not. The text of the slides is read by `slides`; sounds are left out.

mod actions;

use super::slides;
use crate::artifact::{Artifact, Child, Format, Opened};
use crate::bytes::Reader;
use crate::codec;
use crate::compound::{Compound, is_compound};
use crate::keyring::Keyring;
use crate::limits::{Budget, Decoded, Stop};

/// Binary PowerPoint files.
pub struct Ppt;

const STREAM: &str = "PowerPoint Document";
/// What PowerPoint 95 names its stream.
const OLD_STREAM: &str = "PP40";
/// RT_ExternalOleObjectStg.
const STORAGE: u16 = 0x1011;

impl Format for Ppt {
    fn id(&self) -> &'static str {
        "ppt"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        matches!(artifact.kind.id, "ppt" | "ppt-stream")
            || (is_compound(&artifact.bytes) && artifact.kind.id == "ole")
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if artifact.kind.id == "ppt-stream" {
            open_stream(&artifact.name, &artifact.bytes, out, budget)?;
            return slides::tell_all(&artifact.name, &artifact.bytes, out, budget);
        }
        let Some(compound) = Compound::read(&artifact.bytes, budget) else { return Ok(()) };
        let has = |name: &str| compound.streams().any(|stream| stream.name.eq_ignore_ascii_case(name));
        if has(OLD_STREAM) && !has(STREAM) {
            out.missed("unsupported-format", "PowerPoint 95");
        }
        for stream in compound.streams().filter(|stream| stream.name.eq_ignore_ascii_case(STREAM)) {
            let decoded = compound.stream(stream, budget);
            decoded.stop.map_or(Ok(()), Err)?;
            open_stream(&stream.path, &decoded.bytes, out, budget)?;
            slides::tell_all(&artifact.name, &decoded.bytes, out, budget)?;
        }
        Ok(())
    }
}

/// Takes the storages out of a stream, which may have been decrypted before.
fn open_stream(path: &str, stream: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    out.facts.extend(actions::facts(stream));
    for (at, storage) in storages(stream) {
        let decoded = storage.decode(budget);
        let stop = decoded.stop;
        out.push(Child::decoded(format!("{path}/{at}"), "stream", decoded), budget)?;
        stop.map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// The bytes of an object storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Storage<'a> {
    data: &'a [u8],
    compressed: bool,
}

impl Storage<'_> {
    /// The compound file in it. The size that stands before a compressed one is believed only to tell that all is
    /// there where the stream has no proper end, as some writers leave it.
    fn decode(self, budget: &mut Budget) -> Decoded {
        let mut reader = Reader::new(self.data);
        let Some(size) = reader.u32().filter(|_| self.compressed) else {
            return budget.read(&mut &*self.data);
        };
        let mut decoded = budget.read(&mut codec::zlib(reader.rest()));
        if decoded.size == u64::from(size) {
            decoded.broken = None;
        }
        decoded
    }
}

/// Every object storage with its offset. Containers are stepped into, other records over. Where a record is longer
/// than the stream the walk has lost its way, and the rest is searched for headers of storages.
fn storages(stream: &[u8]) -> Vec<(usize, Storage<'_>)> {
    let mut found = Vec::new();
    let mut reader = Reader::new(stream);
    loop {
        let at = reader.position();
        let Some(record) = Record::read(&mut reader) else { break };
        if record.is_container() {
            continue;
        }
        let data = reader.take_up_to(record.length);
        found.extend(record.storage(data).map(|storage| (at, storage)));
        if data.len() < record.length {
            found.extend(search(stream, at + HEADER));
            break;
        }
    }
    found
}

/// Object storages by the bytes of their headers alone.
fn search(stream: &[u8], from: usize) -> Vec<(usize, Storage<'_>)> {
    let rest = stream.get(from..).unwrap_or_default();
    let kind = STORAGE.to_le_bytes();
    let types = memchr::memmem::find_iter(rest, &kind);
    let mut end = 0;
    let storage = |at: usize| {
        let at = (from + at).checked_sub(2).filter(|at| *at >= end)?;
        let mut reader = Reader::at(stream, at)?;
        let record = Record::read(&mut reader)?;
        let storage = record.storage(reader.take_up_to(record.length))?;
        let is_one =
            if storage.compressed { storage.data.get(4) == Some(&0x78) } else { is_compound(storage.data) };
        if is_one {
            end = reader.position();
        }
        is_one.then_some((at, storage))
    };
    types.filter_map(storage).collect()
}

/// Bytes of a record header.
const HEADER: usize = 8;

/// A record header (MS-PPT 2.3.1).
struct Record {
    version: u16,
    instance: u16,
    kind: u16,
    length: usize,
}

impl Record {
    fn read(reader: &mut Reader) -> Option<Self> {
        let (version, kind, length) = (reader.u16()?, reader.u16()?, reader.u32()?);
        Some(Self {
            version: version & 0xf,
            instance: version >> 4,
            kind,
            length: usize::try_from(length).ok()?,
        })
    }

    fn is_container(&self) -> bool {
        self.version == 0xf
    }

    /// The storage in this record's data, if it is one: instance 1 is compressed behind its size (2.10.36).
    fn storage<'a>(&self, data: &'a [u8]) -> Option<Storage<'a>> {
        let compressed = self.instance == 1 && !is_compound(data);
        (self.kind == STORAGE && !data.is_empty()).then_some(Storage { data, compressed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;
    use std::io::{Cursor, Write};

    const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an object";

    fn record(version: u16, kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap();
        [&version.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
    }

    fn compressed(data: &[u8]) -> Vec<u8> {
        let mut zlib = flate2::write::ZlibEncoder::new(vec![9, 0, 0, 0], flate2::Compression::default());
        zlib.write_all(data).unwrap();
        zlib.finish().unwrap()
    }

    fn open(stream: &[u8]) -> Vec<Vec<u8>> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream("/PowerPoint Document").unwrap().write_all(stream).unwrap();
        let tree = Tree::new(Child::new("a.ppt", "file", file.into_inner().into_inner()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        assert!(Ppt.matches(artifact));
        Ppt.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out.children.into_iter().filter(|child| child.via == "stream").map(|child| child.bytes).collect()
    }

    #[test]
    fn raw_and_compressed_storages_at_any_depth() {
        let inside = [record(0, 0x0fa0, b"text"), record(0x10, STORAGE, &compressed(OLE))].concat();
        let stream = [record(0xf, 0x03e8, &inside), record(0, STORAGE, OLE)].concat();
        assert_eq!(open(&stream), [OLE, OLE]);
    }

    #[test]
    fn presentations_of_powerpoint_95_are_unread() {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream("/PP40").unwrap().write_all(b"x").unwrap();
        let tree = Tree::new(Child::new("a.ppt", "file", file.into_inner().into_inner()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        assert!(Ppt.matches(artifact));
        Ppt.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        assert_eq!(out.unread[0].reason, "unsupported-format");
    }

    #[test]
    fn a_lost_walk_is_searched() {
        let mut stream = record(0, 0x0fa0, b"text");
        stream[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        stream.extend(record(0x10, STORAGE, &compressed(OLE)));
        stream.extend(record(0, STORAGE, OLE));
        assert_eq!(open(&stream), [OLE, OLE]);
    }

    #[test]
    fn no_cut_panics() {
        let stream =
            [record(0xf, 0x03e8, &record(0x10, STORAGE, &compressed(OLE))), record(0, 1, b"x")].concat();
        for length in 0..stream.len() {
            storages(&stream[..length]);
        }
        assert_eq!(open(&stream[..24 + 8]).len(), 1);
    }
}
