//! Short texts that lie in archives: `password.txt` beside a locked file, or in the archive around it. Nothing is
//! taken out of them; they are searched for passwords like a text attached to the mail.

use super::body;
use crate::artifact::{Artifact, Format, Opened};
use crate::keyring::{Keyring, Letter};
use crate::kind::Class;
use crate::limits::{Budget, Stop};
use crate::text;

/// A text or page in an archive.
#[derive(Debug)]
pub(super) struct Note;

/// Bytes of a note. Logs and data in archives are longer, and say no password for a neighbour.
const LONGEST: usize = 16 << 10;

impl Format for Note {
    fn id(&self) -> &'static str {
        "note"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let is_text = artifact.kind.class == Class::Text || artifact.kind.id == "html";
        artifact.is_member() && is_text && artifact.bytes.len() <= LONGEST
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let text = text::decode("", &artifact.bytes);
        let text = if artifact.kind.id == "html" { body::html_text(&text).text } else { text };
        budget.pay(text.len() as u64)?;
        out.letters.push(Letter { attached: vec![(artifact.name.clone(), text)], ..Letter::default() });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::limits::Limits;

    fn letters(name: &str, via: &'static str, bytes: &[u8]) -> Vec<Letter> {
        let tree = Tree::new(Child::new(name, via, bytes.to_vec()));
        let artifact = tree.get(0).unwrap();
        let mut out = Opened::default();
        if Note.matches(artifact) {
            let mut budget = Budget::new(&Limits::default());
            Note.open(artifact, &Keyring::new(), &mut out, &mut budget).unwrap();
        }
        out.letters
    }

    #[test]
    fn short_texts_in_archives_are_letters() {
        let told = letters("readme.txt", "zip", "パスワード：k7Rm2x".as_bytes());
        assert_eq!(told[0].attached, [("readme.txt".to_string(), "パスワード：k7Rm2x".to_string())]);
        let page = letters("a.html", "zip", b"<html><b>Password</b>: <i>k7Rm2x</i><p hidden>x</p></html>");
        assert!(page[0].attached[0].1.contains("k7Rm2x") && !page[0].attached[0].1.contains('<'));
        for (name, via, bytes) in [
            ("a.txt", "attachment", &b"Password: x"[..]),
            ("a.doc", "zip", b"\0\x01\x02"),
            ("a.log", "zip", &[b'x'; LONGEST + 1]),
        ] {
            assert_eq!(letters(name, via, bytes), [], "{name}");
        }
    }
}
