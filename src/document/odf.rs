//! OpenDocument packages: their text, and whether parts of them are encrypted. What is inside is given out as the
//! ZIP it is.
//!
//! Encryption is no matter of the ZIP: the manifest names the parts whose bytes are encrypted (OpenDocument 1.3
//! part 2, 3.4.1), and without it they would look like any other data.

use super::prose::tell;
use super::xml::{self, Node};
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
        let contents = archive.entries.iter().filter(|entry| entry.name.eq_ignore_ascii_case(CONTENT));
        let mut text = String::new();
        for content in contents.take(MOST_MANIFESTS) {
            let decoded = content.decode(budget);
            decoded.stop.map_or(Ok(()), Err)?;
            read(&decoded.bytes, &mut text);
        }
        tell(&artifact.name, text, out, budget)
    }
}

const CONTENT: &str = "content.xml";
/// Bytes of text that are kept of one document.
const MOST_TEXT: usize = 1 << 20;

/// The text of a document (OpenDocument 1.3 part 3, 5.1 and 6.1): paragraphs and headings as lines, cells apart by
/// tabs. What styles hide counts as seen.
fn read(content: &[u8], text: &mut String) {
    let mut open: Vec<bool> = Vec::new();
    xml::walk(content, &mut |node| match node {
        Node::Open { name, .. } => {
            let within = open.last().copied().unwrap_or(false);
            match name {
                "tab" if within => text.push('\t'),
                "s" if within => text.push(' '),
                "line-break" if within => text.push('\n'),
                _ => {}
            }
            if open.len() < DEEPEST {
                open.push(within || matches!(name, "p" | "h"));
            }
        }
        Node::Text(letters) => {
            if text.len() < MOST_TEXT && open.last() == Some(&true) {
                text.push_str(letters);
            }
        }
        Node::Close => {
            let ended = open.pop() == Some(true) && open.last() != Some(&true);
            if ended && !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
        }
    });
}

/// Elements within elements that are told apart.
const DEEPEST: usize = 10_000;

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
        open_with(manifest, b"<office:document-content/>")
    }

    fn open_with(manifest: &[u8], content: &[u8]) -> Opened {
        let items = [
            stored("mimetype", b"application/vnd.oasis.opendocument.text"),
            deflated("META-INF/manifest.xml", manifest),
            deflated("content.xml", content),
        ];
        let tree = Tree::new(Child::new("a.odt", "file", archive(&items)));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        assert!(Odf.matches(artifact));
        Odf.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out
    }

    #[test]
    fn the_text_is_told() {
        let content = "<o><text:h>Title</text:h><text:p>one<text:tab/>t<text:span>w</text:span>o<text:line-break/>&amp;\
            <text:s/>表</text:p><script>no</script></o>";
        let out = open_with(b"<m/>", content.as_bytes());
        assert_eq!(out.children[0].bytes, "Title\none\ttwo\n& 表\n".as_bytes());
        assert_eq!(out.letters.len(), 1);
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
