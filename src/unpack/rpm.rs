//! RPM packages (Linux Standard Base, "Package File Format"): the payload, packed as it is, and the scripts that an
//! installation runs. Signatures are passed over.

use crate::artifact::{Artifact, Child, Format, Opened};
use crate::bytes::Reader;
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};

/// The format.
pub(super) struct Rpm;

impl Format for Rpm {
    fn id(&self) -> &'static str {
        "rpm"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "rpm"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut reader = Reader::new(&artifact.bytes);
        let Some(header) = headers(&mut reader) else {
            out.missed("damaged", "its headers are broken");
            return Ok(());
        };
        for (tag, name) in SCRIPTS {
            if let Some(mut text) = header.text(*tag) {
                give(name, &mut text, out, budget)?;
            }
        }
        let name = artifact.name.strip_suffix(".rpm").unwrap_or(&artifact.name);
        give(&format!("{name}.cpio"), &mut reader.rest(), out, budget)
    }
}

fn give(name: &str, data: &mut &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let decoded = budget.read(data);
    let stop = decoded.stop;
    out.push(Child::decoded(name, "rpm", decoded), budget)?;
    stop.map_or(Ok(()), Err)
}

/// Tags of the scripts, and what they are called here.
const SCRIPTS: &[(u32, &str)] = &[
    (1023, "before-installation.sh"),
    (1024, "after-installation.sh"),
    (1025, "before-removal.sh"),
    (1026, "after-removal.sh"),
    (1151, "before-transaction.sh"),
    (1152, "after-transaction.sh"),
];

/// Bytes of the lead, which newer software does not look at.
const LEAD: usize = 96;

/// Steps over lead and signature, which is filled up to groups of eight, and answers the header.
fn headers<'a>(reader: &mut Reader<'a>) -> Option<Header<'a>> {
    reader.skip(LEAD)?;
    Header::read(reader)?;
    reader.skip(reader.position().next_multiple_of(8) - reader.position())?;
    Header::read(reader)
}

/// A header structure: an index of tags, and what they stand for.
struct Header<'a> {
    index: &'a [u8],
    store: &'a [u8],
}

impl<'a> Header<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        (reader.array()? == *b"\x8e\xad\xe8\x01").then_some(())?;
        reader.skip(4)?;
        let [count, size] = [word(reader)?, word(reader)?];
        let index = reader.take(usize::try_from(count).ok()?.checked_mul(16)?)?;
        Some(Self { index, store: reader.take(usize::try_from(size).ok()?)? })
    }

    /// The first text of a tag (types 6, 8 and 9: one text, several, translated ones).
    fn text(&self, tag: u32) -> Option<&'a [u8]> {
        let mut entries = self
            .index
            .chunks_exact(16)
            .map(Reader::new)
            .filter_map(|mut entry| Some((word(&mut entry)?, word(&mut entry)?, word(&mut entry)?)));
        let (_, _, at) = entries.find(|(found, kind, _)| *found == tag && matches!(kind, 6 | 8 | 9))?;
        let text = self.store.get(usize::try_from(at).ok()?..)?;
        text.split(|byte| *byte == 0).next().filter(|text| !text.is_empty())
    }
}

fn word(reader: &mut Reader<'_>) -> Option<u32> {
    reader.array().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    fn header(entries: &[(u32, &str)]) -> Vec<u8> {
        let (mut index, mut store) = (Vec::new(), Vec::new());
        for (tag, text) in entries {
            let at = u32::try_from(store.len()).unwrap();
            index.extend([*tag, 6, at, 1].iter().flat_map(|word| word.to_be_bytes()));
            store.extend(text.bytes().chain([0]));
        }
        let sizes = [entries.len(), store.len()].map(|size| u32::try_from(size).unwrap().to_be_bytes());
        [b"\x8e\xad\xe8\x01\0\0\0\0", &sizes.concat()[..], &index, &store].concat()
    }

    fn package() -> Vec<u8> {
        let mut file = [&b"\xed\xab\xee\xdb"[..], &[0; 92], &header(&[(269, "abcdef")])].concat();
        file.extend(std::iter::repeat_n(0, file.len().next_multiple_of(8) - file.len()));
        let scripts = header(&[(1000, "name"), (1024, "echo installed"), (1023, "")]);
        [&file[..], &scripts, b"\x1f\x8b\x08 payload"].concat()
    }

    fn open(bytes: Vec<u8>) -> Opened {
        let tree = Tree::new(Child::new("a-1.rpm", "file", bytes).of_kind("rpm"));
        let mut out = Opened::default();
        let mut budget = Budget::new(&Limits::default());
        Rpm.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut budget).unwrap();
        out
    }

    #[test]
    fn scripts_and_payload_come_out() {
        let out = open(package());
        let listed: Vec<_> =
            out.children.iter().map(|child| (child.name.as_str(), child.bytes.as_slice())).collect();
        assert_eq!(
            listed,
            [("after-installation.sh", &b"echo installed"[..]), ("a-1.cpio", b"\x1f\x8b\x08 payload")]
        );
        assert!(out.unread.is_empty());
    }

    #[test]
    fn cuts_and_flipped_bits_end() {
        let file = package();
        for cut in 0..file.len() {
            let out = open(file[..cut].to_vec());
            assert!(!out.unread.is_empty() || !out.children.is_empty(), "{cut}");
        }
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 1 << (at % 8);
            let _any = open(bad);
        }
    }
}
