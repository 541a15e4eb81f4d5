//! Web archives (MHTML, RFC 2557) under the name of an Office document, with junk before their header: Word looks for
//! the header, mail programs do not.

use crate::artifact::{Artifact, Child, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::{Class, extension};
use crate::limits::{Budget, Stop};

/// Web archives behind junk.
pub(crate) struct WebArchive;

/// Extensions that Office opens by content.
const EXTENSIONS: &[&str] =
    &["doc", "dot", "docm", "docx", "wbk", "rtf", "xls", "xlt", "xml", "ppt", "pps", "mht", "mhtml"];

/// How far the header is looked for, and how far the type of the message stands behind its beginning.
const SEARCHED: usize = 64 << 10;
const HEADER: usize = 4 << 10;

impl Format for WebArchive {
    fn id(&self) -> &'static str {
        "web-archive"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        matches!(artifact.kind.class, Class::Text | Class::Data)
            && EXTENSIONS.contains(&extension(&artifact.name).as_str())
            && beginning(&artifact.bytes).is_some()
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(archive) = beginning(&artifact.bytes) else { return Ok(()) };
        budget.pay(archive.len() as u64)?;
        out.broke(
            "web-archive-junk",
            format!("{} bytes before the header", artifact.bytes.len() - archive.len()),
        );
        out.push(Child::new(artifact.name.as_str(), "part", archive.to_vec()).of_kind("eml"), budget)
    }
}

/// What follows from the first line that begins a header of a message in parts.
fn beginning(bytes: &[u8]) -> Option<&[u8]> {
    let head = bytes.get(..SEARCHED).unwrap_or(bytes).to_ascii_lowercase();
    let at = memchr::memmem::find_iter(&head, b"mime-version").find(|at| {
        let rest = head.get(*at..).unwrap_or_default();
        memchr::memmem::find(rest.get(..HEADER).unwrap_or(rest), b"multipart/").is_some()
    })?;
    bytes.get(at..).filter(|_| at > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    fn open(name: &str, bytes: &[u8]) -> Option<Opened> {
        let tree = Tree::new(Child::new(name, "file", bytes.to_vec()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        WebArchive.matches(artifact).then(|| {
            WebArchive
                .open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
                .unwrap();
            out
        })
    }

    const ARCHIVE: &[u8] = b"some junk\nmore of it Mime-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\n\nx\n--b--\n";

    #[test]
    fn junk_before_the_header_is_stepped_over() {
        let out = open("a.doc", ARCHIVE).unwrap();
        assert!(out.children[0].bytes.starts_with(b"Mime-Version"));
        assert_eq!((out.children[0].kind.unwrap().id, out.damage.len()), ("eml", 1));
        assert!(open("a.txt", ARCHIVE).is_none());
        assert!(open("a.doc", b"a text about mime-version").is_none());
        for length in 0..ARCHIVE.len() {
            open("a.doc", &ARCHIVE[..length]);
        }
    }
}
