//! Documents of programs that are older than compound files: Word for DOS, Write, Word for Windows 1 and 2 and for old
//! Macintoshes, PowerPoint 2 and 3, WordPerfect, Word Pro, Ami Pro, Hangul 3.
//!
//! They are known by their first bytes and not read, and that is told: some of them hold macros. Presentations of
//! PowerPoint 95 lie in compound files and are told by `ppt`.

use crate::artifact::{Artifact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::old_document;
use crate::limits::{Budget, Stop};

/// Documents of old programs.
pub struct OldDocument;

impl Format for OldDocument {
    fn id(&self) -> &'static str {
        "old-document"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "old-document"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        budget.tick()?;
        out.missed("unsupported-format", old_document(&artifact.bytes).unwrap_or_default());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::limits::Limits;

    /// What is told of a file of that name.
    fn told(name: &str, bytes: &[u8]) -> Option<String> {
        let tree = Tree::new(Child::new(name, "attachment", bytes.to_vec()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        if !OldDocument.matches(artifact) {
            return None;
        }
        OldDocument.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        assert_eq!((out.unread[0].reason, out.damage.len()), ("unsupported-format", 0));
        Some(out.unread.remove(0).detail)
    }

    #[test]
    fn old_documents_are_unread_and_named() {
        let rows: &[(&[u8], Option<&str>)] = &[
            (b"\x9b\xa5\x21\0\0\0\x09\x04", Some("Word for Windows 1")),
            (b"\xdb\xa5\x2d\0\0\0\x09\x04", Some("Word for Windows 2")),
            (b"\x31\xbe\0\0\0\xab\0\0", Some("Word for DOS or Write")),
            (b"\x32\xbe\0\0\0\xab\0\0", Some("Write with objects")),
            (b"\xffWPC\x10\0\0\0", Some("WordPerfect")),
            (b"\xed\xde\xad\x0b\x03\0\0\0", Some("PowerPoint 2 or 3")),
            // A later Word's stream, a text and too few bytes are none.
            (b"\xdc\xa5\x65\0\0\0\x09\x04", None),
            (b"\xdb\xa5\x65\0\0\0\x09\x04", None),
            (b"\xdb\xa5\0\0", None),
            (b"[ver] 1.0", None),
            (b"\x31\xbe", None),
        ];
        for (bytes, want) in rows {
            for name in ["a.doc", "a.wri", ""] {
                assert_eq!(told(name, bytes).as_deref(), *want, "{bytes:x?}");
            }
        }
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        for start in [&b"\xdb\xa5\x2d\0\0\0\x09\x04"[..], b"\x31\xbe\0\0\0\xab\0\0"] {
            for at in 0..start.len() {
                told("a.doc", start.get(..at).unwrap());
                for bit in 0..8 {
                    let mut bytes = start.to_vec();
                    bytes[at] ^= 1 << bit;
                    told("a.doc", &bytes);
                }
            }
        }
    }
}
