//! ZIP archives, also behind a program, a picture or anything else, with the passwords of the message tried on
//! what is encrypted. How the file is read stands in [`crate::zip`].
//!
//! Left to the document stage: the ZIP inside Office documents. `OpenDocument`, JAR and MSIX are opened here.

use crate::artifact::{Artifact, Child, Fact, Format, Opened, Unread};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};
use crate::zip::{Archive, Content, Entry, Passwords, State, last_end};
use std::collections::HashMap;

/// The format.
pub(super) struct Zip;

impl Format for Zip {
    fn id(&self) -> &'static str {
        "zip"
    }

    fn asks_passwords(&self) -> bool {
        true
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let kind = artifact.kind.id;
        if OOXML.contains(&kind) {
            return false;
        }
        ARCHIVES.contains(&kind)
            || last_end(&artifact.bytes).is_some_and(|end| {
                // What a compound file or a message holds ends inside it and is given out by its own format.
                !HOLDERS.contains(&kind) || end == artifact.bytes.len()
            })
    }

    fn open(
        &self,
        artifact: &Artifact,
        keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(archive) = Archive::read(&artifact.bytes, budget) else {
            out.broke("zip-no-structure", "it has no entry and no directory");
            out.missed("damaged", "no entry was found");
            return Ok(());
        };
        note(artifact, &archive, out);
        let mut shelf = Shelf { out, places: HashMap::new(), kept: 0, is_guest: is_guest(artifact) };
        let locked = shelf.take_open(&archive.entries, budget)?;
        shelf.take_locked(locked, keys, budget)
    }
}

/// Office documents: the document stage opens them.
const OOXML: &[&str] = &["docx", "xlsx", "pptx", "vsdx", "ooxml"];

/// Kinds that are a ZIP by content.
const ARCHIVES: &[&str] = &["zip", "jar", "msix", "odf"];

/// Kinds in which a whole ZIP may lie as an attachment or embedded file.
const HOLDERS: &[&str] =
    &["eml", "msg", "doc", "xls", "ppt", "vsd", "pub", "msi", "ole", "encrypted-office", "onenote"];

/// Whether the artifact is something else that has a ZIP in or behind it.
fn is_guest(artifact: &Artifact) -> bool {
    !ARCHIVES.contains(&artifact.kind.id)
}

/// Notes what is strange and broken about the archive as a whole.
fn note(artifact: &Artifact, archive: &Archive<'_>, out: &mut Opened) {
    let surrounds = |fact: &Fact| match fact {
        Fact::Trick { what, .. } => ["zip-data-before", "zip-data-after"].contains(what),
        _ => false,
    };
    let known = is_guest(artifact) && artifact.kind.class != Class::Data;
    out.facts.extend(archive.facts.iter().filter(|fact| !(known && surrounds(fact))).cloned());
    out.damage.extend(archive.damage.iter().cloned());
    out.unread.extend(archive.unread.iter().cloned());
    let whole = [Class::Program, Class::Archive, Class::ShutArchive, Class::Data];
    if known
        && !whole.contains(&artifact.kind.class)
        && last_end(&artifact.bytes) == Some(artifact.bytes.len())
    {
        let detail = format!("the file is a ZIP archive too, behind {}", artifact.kind.id);
        out.facts.push(Fact::Trick { what: "zip-behind-other-file", detail });
    }
}

/// What is taken out of an archive.
struct Shelf<'a> {
    out: &'a mut Opened,
    /// The children by the place and length of their packed bytes: what shares its bytes is unpacked once.
    places: HashMap<(usize, usize), usize>,
    /// Bytes of all children so far; they count against the budget only after the format is done.
    kept: u64,
    is_guest: bool,
}

impl Shelf<'_> {
    /// Unpacks what is not encrypted, and answers the rest.
    fn take_open<'e, 'b>(
        &mut self,
        entries: &'e [Entry<'b>],
        budget: &mut Budget,
    ) -> Result<Vec<&'e Entry<'b>>, Stop> {
        let mut locked = Vec::new();
        for entry in entries.iter().filter(|entry| !entry.is_dir) {
            budget.tick()?;
            if self.is_known(entry) {
                continue;
            }
            let content = entry.content(budget);
            match content.state {
                State::Locked => locked.push(entry),
                _ => self.put(entry, content, budget)?,
            }
        }
        Ok(locked)
    }

    /// Tries the passwords, on the smallest entry first; what stays locked is named.
    fn take_locked(
        &mut self,
        mut locked: Vec<&Entry<'_>>,
        keys: &Keyring,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        locked.sort_by_key(|entry| (is_tiny(entry), entry.data.len()));
        let mut passwords = Passwords::new(keys, budget);
        let mut shut = 0usize;
        let mut spent = false;
        for entry in locked {
            let unlocked = if spent { Ok(None) } else { entry.unlock(&mut passwords, budget) };
            let unlocked = match unlocked {
                // The rest of the message needs no key derivation: it is read on.
                Err(Stop::KeyDerivation) => {
                    spent = true;
                    self.out.unread.push(Stop::KeyDerivation.into());
                    None
                }
                other => other?,
            };
            if let Some(unlocked) = unlocked {
                self.note_password(&unlocked);
                self.put(entry, unlocked.content, budget)?;
            } else {
                shut += 1;
                self.out.facts.push(Fact::LockedName(entry.name.clone()));
            }
        }
        if shut > 0 {
            self.out.missed("encrypted", format!("{shut} entries"));
        }
        Ok(())
    }

    fn note_password(&mut self, unlocked: &crate::zip::Unlocked<'_>) {
        let fact = Fact::OpenedWith {
            scheme: unlocked.scheme,
            password: unlocked.candidate.text.clone(),
            origin: unlocked.candidate.origin.clone(),
        };
        if !self.out.facts.contains(&fact) {
            self.out.facts.push(fact);
        }
    }

    /// Whether the bytes of an entry were unpacked for another one already; that one then has two names.
    fn is_known(&mut self, entry: &Entry<'_>) -> bool {
        let place = (entry.offset, entry.data.len());
        let known = self.places.get(&place).and_then(|at| self.out.children.get_mut(*at));
        let Some(child) = known.filter(|_| !entry.data.is_empty()) else { return false };
        let other = Fact::OtherName(entry.name.clone());
        if child.name != entry.name && child.facts.len() < OTHER_NAMES && !child.facts.contains(&other) {
            child.facts.push(other);
        }
        true
    }

    /// Puts the content of an entry among the children.
    fn put(&mut self, entry: &Entry<'_>, content: Content, budget: &Budget) -> Result<(), Stop> {
        let stop = content.decoded.stop;
        let is_damaged = entry.is_lost || (content.state == State::Broken && stop.is_none());
        // A ZIP inside another file may be a piece of it only by chance of its bytes.
        if self.is_guest && is_damaged && content.decoded.size == 0 {
            return Ok(());
        }
        let mut child = Child::decoded(entry.name.as_str(), "zip", content.decoded);
        if let State::Unsupported(method) = content.state {
            child.unread.push(Unread { reason: "unsupported-method", detail: format!("method {method}") });
        } else if is_damaged && !self.is_guest {
            child.unread.push(Unread { reason: "damaged", detail: "the entry breaks off".to_string() });
        }
        if content.is_disguised {
            let detail = entry.name.clone();
            self.out.facts.push(Fact::Trick { what: "zip-disguised-method", detail });
        }
        child.facts.extend(entry.other_name.clone().map(Fact::OtherName));
        self.kept += child.bytes.len() as u64;
        self.places.insert((entry.offset, entry.data.len()), self.out.children.len());
        self.out.children.push(child);
        match stop {
            Some(stop) => Err(stop),
            None if self.kept > budget.limits().kept_bytes => Err(Stop::Bytes),
            None => Ok(()),
        }
    }
}

/// How many facts a child may have for another name to be added.
const OTHER_NAMES: usize = 16;

/// Whether an entry is so small that a wrong password might fit it by chance.
fn is_tiny(entry: &Entry<'_>) -> bool {
    entry.size.is_none_or(|size| size < 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::keyring::{Candidate, Origin, Source};
    use crate::limits::Limits;
    use crate::zip::writer::{Item, archive, deflated, item, stored};

    fn tree(bytes: Vec<u8>) -> Tree {
        Tree::new(Child::new("a.zip", "file", bytes))
    }

    fn matches(bytes: Vec<u8>) -> bool {
        Zip.matches(tree(bytes).get(0).unwrap())
    }

    fn open(bytes: Vec<u8>, texts: &[&str], limits: &Limits) -> (Opened, Result<(), Stop>) {
        let mut keys = Keyring::new();
        for text in texts {
            let origin = Origin { source: Source::Body, place: "line 3".into() };
            keys.add(Candidate { text: (*text).into(), rank: 10, origin });
        }
        let mut out = Opened::default();
        let result = Zip.open(tree(bytes).get(0).unwrap(), &keys, &mut out, &mut Budget::new(limits));
        (out, result)
    }

    fn opened(items: &[Item], texts: &[&str]) -> Opened {
        let (out, result) = open(archive(items), texts, &Limits::default());
        assert_eq!(result, Ok(()));
        out
    }

    fn names(out: &Opened) -> Vec<&str> {
        out.children.iter().map(|child| child.name.as_str()).collect()
    }

    fn tricks(out: &Opened) -> Vec<&str> {
        let what = |fact: &Fact| match fact {
            Fact::Trick { what, .. } => Some(*what),
            _ => None,
        };
        out.facts.iter().filter_map(what).map(|what: &'static str| what).collect()
    }

    #[test]
    fn files_come_out_and_directories_do_not() {
        let out =
            opened(&[stored("d/", b""), deflated("d/a.doc", b"content"), stored("empty.exe", b"")], &[]);
        assert_eq!(names(&out), ["d/a.doc", "empty.exe"]);
        assert_eq!((out.children[0].bytes.as_slice(), out.children[0].via), (&b"content"[..], "zip"));
        assert_eq!((out.facts.len(), out.damage.len(), out.unread.len()), (0, 0, 0));
    }

    #[test]
    fn a_zip_is_known_behind_anything_but_office_documents() {
        let bytes = archive(&[stored("a.js", b"x")]);
        let behind = |head: &[u8]| [head, &bytes].concat();
        for head in
            [&b""[..], b"MZ", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", b"Subject: x\r\nFrom: y\r\n\r\n", b"\0\x01"]
        {
            assert!(matches(behind(head)), "{head:?}");
            assert_eq!(names(&open(behind(head), &[], &Limits::default()).0), ["a.js"]);
        }
        assert!(!matches(archive(&[stored("[Content_Types].xml", b""), stored("word/document.xml", b"")])));
        assert!(matches(archive(&[stored("mimetype", b"application/vnd.oasis.opendocument.text")])));
        assert!(!matches(b"no archive".to_vec()));
        // An attachment inside a message is the message's to give out.
        let message = b"Subject: x\r\nFrom: y\r\n\r\n";
        assert!(!matches([message, bytes.as_slice(), b"\r\n--end--"].concat()));
    }

    #[test]
    fn a_zip_behind_a_picture_is_a_trick_and_a_self_extractor_is_none() {
        let bytes = archive(&[stored("a.js", b"x")]);
        let told = |head: &[u8]| {
            let out = open([head, bytes.as_slice()].concat(), &[], &Limits::default()).0;
            tricks(&out).into_iter().map(str::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told(b"\x89PNG\r\n\x1a\n"), ["zip-behind-other-file"]);
        let mut stub = [0; 0x44];
        stub[..2].copy_from_slice(b"MZ");
        stub[0x3c] = 0x40;
        stub[0x40..].copy_from_slice(b"PE\0\0");
        assert_eq!(told(&stub), [""; 0]);
        assert_eq!(told(b"\0\x01\x02"), ["zip-data-before"]);
    }

    #[test]
    fn a_password_of_the_message_opens_all_it_fits() {
        let items = [
            deflated("longer.doc", &b"content ".repeat(99)).crypto(b"747"),
            stored("plain.txt", b"plain"),
            deflated("aes.doc", b"other content").aes(b"747", 3, 2),
            stored("other.doc", b"locked by another").crypto(b"H17"),
            stored("never.doc", b"locked by nobody knows").crypto(b"unknown"),
        ];
        let out = opened(&items, &["wrong", "H17", "747"]);
        assert_eq!(names(&out), ["plain.txt", "other.doc", "longer.doc", "aes.doc"]);
        let opened_with = |scheme, password: &str| Fact::OpenedWith {
            scheme,
            password: password.into(),
            origin: Origin { source: Source::Body, place: "line 3".into() },
        };
        let want = [
            opened_with("zip-crypto", "H17"),
            opened_with("zip-crypto", "747"),
            Fact::LockedName("never.doc".into()),
            opened_with("winzip-aes", "747"),
        ];
        assert_eq!(out.facts, want);
        assert_eq!(out.unread, [Unread { reason: "encrypted", detail: "1 entries".into() }]);
    }

    #[test]
    fn spent_key_derivation_leaves_the_rest_of_the_message_alone() {
        let items = [stored("a", b"locked").aes(b"x", 3, 2), stored("b", b"locked").aes(b"x", 1, 1)];
        let limits = Limits { derivation_rounds: 500, ..Limits::default() };
        let (out, result) = open(archive(&items), &["wrong"], &limits);
        assert_eq!(result, Ok(()));
        let reasons: Vec<&str> = out.unread.iter().map(|unread| unread.reason).collect();
        assert_eq!((reasons, out.facts.len()), (vec!["limit-key-derivation", "encrypted"], 2));
    }

    #[test]
    fn a_padded_document_is_padding_with_and_without_a_password() {
        let plain: Vec<u8> = b"head".iter().copied().chain(std::iter::repeat_n(0, 4 << 20)).collect();
        let items = [
            deflated("a.doc", &plain),
            deflated("b.doc", &plain).crypto(b"747"),
            deflated("c.doc", &plain).aes(b"747", 3, 2),
        ];
        for item in items {
            let limits = Limits { artifact_bytes: 100 << 10, ..Limits::default() };
            let (out, result) = open(archive(&[item]), &["747"], &limits);
            assert_eq!(
                (result, out.children[0].bytes.len(), out.children[0].size),
                (Ok(()), 100 << 10, 4 + (4 << 20))
            );
            assert_eq!(out.children[0].facts, [Fact::Padding { byte: 0, length: 4 << 20 }]);
            assert_eq!((out.children[0].unread.len(), out.children[0].damage.len()), (0, 0));
        }
    }

    #[test]
    fn a_body_with_many_names_is_unpacked_once() {
        let mut items = vec![stored("a.txt", b"body")];
        for number in 0..100 {
            items.push(Item { offset: Some(0), ..stored(format!("{number}.exe"), b"body") });
        }
        let out = opened(&items, &[]);
        // The headers that no directory points to are found by the walk and have bodies of their own.
        assert_eq!(out.children.len(), 101);
        assert_eq!(out.children[0].facts.len(), OTHER_NAMES);
        assert_eq!(out.children[0].facts[0], Fact::OtherName("0.exe".into()));
        assert!(tricks(&out).contains(&"zip-overlapping-entries"));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let mut cut = deflated("cut.doc", &b"some content".repeat(50));
        cut.body.truncate(9);
        let shrunk = item("old.doc", 1, crate::codec::Codec::Stored, b"x").both(|fields| fields.crc = 1);
        let out = opened(&[cut.both(|fields| fields.packed = 9), shrunk], &[]);
        let reasons: Vec<&str> = out.children.iter().map(|child| child.unread[0].reason).collect();
        assert_eq!(reasons, ["damaged", "unsupported-method"]);
        let (out, result) = open(b"PK\x01\x02 and nothing".to_vec(), &[], &Limits::default());
        assert_eq!((result, out.unread[0].reason), (Ok(()), "damaged"));
    }

    #[test]
    fn limits_end_the_archive_and_what_came_stays() {
        let items: Vec<Item> = (0..9).map(|number| stored(format!("{number}"), &[b'x'; 1000])).collect();
        let bytes = archive(&items);
        let limits = Limits { kept_bytes: 2500, ..Limits::default() };
        let (out, result) = open(bytes.clone(), &[], &limits);
        assert_eq!((out.children.len(), result), (3, Err(Stop::Bytes)));
        let limits = Limits { made_bytes: 1500, ..Limits::default() };
        let (out, result) = open(bytes.clone(), &[], &limits);
        assert_eq!((out.children.len(), result), (2, Err(Stop::Bytes)));
        let limits = Limits { artifacts: 4, ..Limits::default() };
        let (out, result) = open(bytes, &[], &limits);
        assert_eq!((out.children.len(), out.unread[0].reason, result), (4, "limit-artifacts", Ok(())));
    }
}
