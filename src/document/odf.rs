//! OpenDocument packages: only whether parts of them are encrypted. What is inside is given out as the ZIP it is.
//!
//! Encryption is no matter of the ZIP: the manifest names the parts whose bytes are encrypted (OpenDocument 1.3
//! part 2, 3.4.1), and without it they would look like any other data.

use crate::artifact::{Artifact, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::zip::Archive;

/// OpenDocument files.
pub struct Odf;

impl Format for Odf {
    fn id(&self) -> &'static str {
        "odf"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "odf"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(archive) = Archive::read(&artifact.bytes, budget) else { return Ok(()) };
        let manifests = archive.entries.iter().filter(|entry| entry.name.eq_ignore_ascii_case(MANIFEST));
        for manifest in manifests.take(MOST_MANIFESTS) {
            let decoded = manifest.decode(budget);
            decoded.stop.map_or(Ok(()), Err)?;
            let parts = memchr::memmem::find_iter(&decoded.bytes, b"encryption-data ").count();
            if parts > 0 {
                out.missed("encrypted", format!("encrypted parts: {parts}"));
                return Ok(());
            }
        }
        Ok(())
    }
}

const MANIFEST: &str = "META-INF/manifest.xml";
/// Entries of that name that are read; a package has one.
const MOST_MANIFESTS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::limits::Limits;
    use crate::zip::writer::{archive, deflated, stored};

    fn open(manifest: &[u8]) -> Opened {
        let items = [
            stored("mimetype", b"application/vnd.oasis.opendocument.text"),
            deflated("META-INF/manifest.xml", manifest),
        ];
        let tree = Tree::new(Child::new("a.odt", "file", archive(&items)));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        assert!(Odf.matches(artifact));
        Odf.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out
    }

    #[test]
    fn a_manifest_with_encryption_data_tells_what_is_unread() {
        let manifest =
            b"<m:file-entry m:full-path=\"content.xml\"><m:encryption-data m:checksum=\"x\"/></m:file-entry>";
        let out = open(&manifest.repeat(2));
        assert_eq!(
            (out.unread[0].reason, out.unread[0].detail.as_str()),
            ("encrypted", "encrypted parts: 2")
        );
        assert!(open(b"<m:file-entry m:full-path=\"content.xml\"/>").unread.is_empty());
    }
}
