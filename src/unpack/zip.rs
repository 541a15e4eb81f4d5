//! ZIP archives, also behind a program, a picture or anything else, with the passwords of the message tried on
//! what is encrypted. How the file is read stands in [`crate::zip`].
//!
//! Left to the document stage: the ZIP inside Office documents. `OpenDocument`, JAR and MSIX are opened here.

mod shelf;

use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};
use crate::zip::{Archive, last_end};
use shelf::Shelf;

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
                !is_holder(artifact) || end == artifact.bytes.len()
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
        let mut shelf = Shelf::new(out, artifact.bytes.len() as u64, is_piece(artifact));
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
    &["eml", "msg", "doc", "xls", "ppt", "vsd", "pub", "mpp", "msi", "ole", "encrypted-office", "onenote"];

/// Whether the artifact may hold a whole ZIP that its own format gives out.
pub(super) fn is_holder(artifact: &Artifact) -> bool {
    artifact.kind.class == Class::Archive || HOLDERS.contains(&artifact.kind.id)
}

/// Whether the artifact is something else that has a ZIP in or behind it.
fn is_guest(artifact: &Artifact) -> bool {
    !ARCHIVES.contains(&artifact.kind.id)
}

/// Whether the archive lies somewhere inside another file instead of closing it.
fn is_piece(artifact: &Artifact) -> bool {
    let closes = || last_end(&artifact.bytes) == Some(artifact.bytes.len());
    is_guest(artifact) && artifact.kind.class != Class::Data && !closes()
}

/// Notes what is strange and broken about the archive as a whole.
fn note(artifact: &Artifact, archive: &Archive<'_>, out: &mut Opened) {
    let surrounds = |fact: &Fact| match fact {
        Fact::Trick { what, .. } => ["zip-data-before", "zip-data-after"].contains(what),
        _ => false,
    };
    let known = is_guest(artifact) && artifact.kind.class != Class::Data;
    out.unread.extend(archive.unread.iter().cloned());
    out.facts.extend(archive.facts.iter().filter(|fact| !(known && surrounds(fact))).cloned());
    out.damage.extend(archive.damage.iter().cloned());
    if !is_guest(artifact) && archive.damage.iter().any(|damage| damage.what == "zip-no-central-directory") {
        out.missed("damaged", "the archive has no directory: entries may be missing");
    }
    let programs = [Class::Program, Class::Archive];
    if known && !programs.contains(&artifact.kind.class) && !is_piece(artifact) {
        let detail = format!("the file is a ZIP archive too, behind {}", artifact.kind.id);
        out.facts.push(Fact::Trick { what: "zip-behind-other-file", detail });
    }
}

#[cfg(test)]
mod tests {
    use super::shelf::OTHER_NAMES;
    use super::*;
    use crate::artifact::{Child, Tree, Unread};
    use crate::keyring::{Candidate, Origin, Source};
    use crate::limits::Limits;
    use crate::zip::writer::{Fields, Item, archive, deflated, item, stored};

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
        assert_eq!(out.unread, [Unread { reason: "encrypted", detail: "locked entries: 1".into() }]);
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
    fn every_header_that_the_crc_proves_is_believed() {
        let program = deflated("a.txt", &b"MZ a program, a program".repeat(9));
        let packed = program.body.clone();
        let crc = crc32fast::hash(&packed);
        let size = u32::try_from(packed.len()).unwrap();
        let plain = |fields: &mut Fields| (fields.method, fields.crc, fields.size) = (0, crc, size);
        let out = opened(&[program.clone().central(plain)], &[]);
        assert_eq!(out.children.len(), 2);
        assert_eq!(out.children[0].bytes, packed);
        assert!(out.children[1].bytes.starts_with(b"MZ a program"));
        // Two entries of a directory may describe the same bytes differently too.
        let same = Item { offset: Some(0), ..program.clone().both(plain) };
        assert!(opened(&[program, same], &[]).children.iter().any(|child| child.bytes == packed));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let mut cut = deflated("cut.doc", &b"some content".repeat(50));
        cut.body.truncate(9);
        let shrunk = item("old.doc", 1, crate::codec::Codec::Stored, b"x").both(|fields| fields.crc = 1);
        let out = opened(&[cut.both(|fields| fields.packed = 9), shrunk], &[]);
        let reasons: Vec<&str> = out.children.iter().map(|child| child.unread[0].reason).collect();
        assert_eq!(reasons, ["damaged", "unsupported-method"]);
        let cut = archive(&[stored("a", b"x"), stored("b", b"y")])[..64].to_vec();
        let (out, _) = open(cut, &[], &Limits::default());
        assert_eq!((out.children.len(), out.unread[0].reason), (2, "damaged"));
        let whole = archive(&[stored("a", b"x")]);
        let directory = memchr::memmem::find(&whole, b"PK\x01\x02").unwrap();
        let mut split = [b"the rest of an entry", &whole[directory..]].concat();
        let disk = split.len() - 18;
        split[disk] = 2;
        let (out, _) = open(split, &[], &Limits::default());
        assert_eq!(
            (names(&out), out.children[0].unread[0].reason, tricks(&out)),
            (vec!["a"], "damaged", vec![])
        );
        assert!(out.damage.iter().any(|damage| damage.what == "zip-split"));
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

    #[test]
    fn the_parts_that_tell_a_zip_are_found_wherever_they_stand() {
        let filler: Vec<_> =
            (0..6000).map(|at| stored(format!("folder/of/long/names/{at:040}"), b"")).collect();
        let among = |parts: &[&str]| {
            let (before, behind) = filler.split_at(3000);
            let parts: Vec<_> = parts.iter().map(|name| stored(name, b"")).collect();
            archive(&[before, &parts, behind].concat())
        };
        for (parts, want) in [
            (&["a/B.class", "META-INF/MANIFEST.MF"][..], "jar"),
            (&["App.exe", "AppxManifest.xml", "[Content_Types].xml"], "msix"),
            (&["AppxMetadata/AppxBundleManifest.xml", "[Content_Types].xml"], "msix"),
            (&["readme"], "zip"),
        ] {
            assert_eq!(crate::kind::Kind::of("a.zip", &among(parts)).id, want);
        }
    }
}
