//! `OpenDocument` files (OpenDocument 1.3): their text, Basic macros, scripts that events start, what is fetched or
//! started from elsewhere, and whether parts are encrypted. Packages are also given out as the ZIP they are.
//!
//! Encryption is no matter of the ZIP: the manifest names the parts whose bytes are encrypted (part 2, 3.4.1), and
//! without it they would look like any other data. Basic modules (part 3, 14.1; `script:module` of OpenOffice) are given
//! as macros, with the procedures that the events of the document start as their entry points. Left out: scripts in
//! other languages, which are parts of the ZIP; the template a document was made from, which is not fetched.

mod parts;
mod unseen;

use super::prose::tell;
use super::xml::{self, Node};
use crate::artifact::{Artifact, Child, Fact, Format, Opened, Sign};
use crate::keyring::Keyring;
use crate::kind::extension;
use crate::limits::{Budget, Stop};
use crate::zip::Archive;
use parts::Parts;
use std::collections::HashMap;
use unseen::Unseen;

/// `OpenDocument` files.
pub struct Odf;

impl Format for Odf {
    fn id(&self) -> &'static str {
        "odf"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "odf" || is_flat(artifact)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let (mut parts, mut unseen) = (Parts::default(), Unseen::default());
        if is_flat(artifact) {
            parts.read(&artifact.bytes);
            unseen.read(&artifact.bytes);
            unseen.give(out, budget)?;
            return give(parts, out, budget);
        }
        let Some(archive) = Archive::read(&artifact.bytes, budget) else { return Ok(()) };
        let manifests = archive.entries.iter().filter(|entry| entry.name.eq_ignore_ascii_case(MANIFEST));
        for manifest in manifests.take(MOST_MANIFESTS) {
            let decoded = manifest.decode(budget);
            decoded.stop.map_or(Ok(()), Err)?;
            let encrypted = memchr::memmem::find_iter(&decoded.bytes, b"encryption-data ").count();
            if encrypted > 0 {
                out.missed("encrypted", format!("encrypted parts: {encrypted}"));
                return Ok(());
            }
        }
        let is_read = |name: &str| extension(name) == "xml" && !name.eq_ignore_ascii_case(MANIFEST);
        let mut text = String::new();
        let mut read_parts: Vec<_> =
            archive.entries.iter().filter(|entry| is_read(&entry.name)).take(MOST_PARTS).collect();
        // What hides text stands in the styles.
        read_parts.sort_by_key(|entry| !entry.name.eq_ignore_ascii_case(STYLES));
        for entry in read_parts {
            let decoded = entry.decode(budget);
            decoded.stop.map_or(Ok(()), Err)?;
            parts.read(&decoded.bytes);
            if SAYING.iter().any(|name| entry.name.eq_ignore_ascii_case(name)) {
                unseen.read(&decoded.bytes);
            }
            if entry.name.eq_ignore_ascii_case(CONTENT) {
                read(&decoded.bytes, &mut text);
            }
        }
        give(parts, out, budget)?;
        unseen.give(out, budget)?;
        tell(&artifact.name, text, out, budget)
    }
}

const CONTENT: &str = "content.xml";
const STYLES: &str = "styles.xml";
/// Parts that hold text, styles and properties.
const SAYING: &[&str] = &[STYLES, CONTENT, "meta.xml"];
/// Bytes of text that are kept of one document.
const MOST_TEXT: usize = 1 << 20;

/// The text of a document (OpenDocument 1.3 part 3, 5.1 and 6.1): paragraphs and headings as lines, cells apart by
/// tabs. What styles hide counts as seen, and is told once more by `unseen`.
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
/// Parts in XML that are read.
const MOST_PARTS: usize = 1000;

/// Whether it is a whole document in one XML file (part 3, 3.1.2).
fn is_flat(artifact: &Artifact) -> bool {
    let head = artifact.bytes.get(..8 << 10).unwrap_or(&artifact.bytes);
    let holds = |text: &[u8]| memchr::memmem::find(head, text).is_some();
    artifact.kind.id == "xml"
        && holds(b"urn:oasis:names:tc:opendocument:xmlns:office:1.0")
        && holds(b"office:mimetype=")
}

/// Gives the modules, with what events start in them, and the facts.
fn give(parts: Parts, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    out.facts.extend(parts.facts);
    for module in parts.modules {
        budget.pay(module.text.len() as u64)?;
        let started = entry_points(&parts.started, &module.name, &module.text);
        let mut child = Child::new(format!("{}.bas", module.name), "basic-module", module.text.into_bytes())
            .of_kind("vba");
        child.facts.extend(started);
        out.push(child, budget)?;
    }
    Ok(())
}

/// The entry points in a module: what script addresses, `Library.Module.Procedure`, name in it.
fn entry_points(scripts: &[String], module: &str, text: &str) -> Vec<Fact> {
    let own = |script: &&String| script.rsplit('.').nth(1).is_some_and(|of| of.eq_ignore_ascii_case(module));
    let named = |script: &'_ String| script.rsplit('.').next().map(str::to_lowercase);
    let mut wanted: HashMap<String, &String> =
        scripts.iter().filter(own).filter_map(|script| Some((named(script)?, script))).collect();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if wanted.is_empty() {
            break;
        }
        if let Some(script) = procedure(line).and_then(|name| wanted.remove(&name)) {
            found.push(Fact::Sign { sign: Sign::EntryPoint, text: script.clone(), line: index + 1 });
        }
    }
    found
}

/// The name of the procedure that begins on a line, in lower case.
fn procedure(line: &str) -> Option<String> {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let is_keyword = |word: &&str| ["sub", "function"].iter().any(|known| word.eq_ignore_ascii_case(known));
    words.by_ref().take(3).find(is_keyword)?;
    words.next().map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;
    use crate::zip::writer::{archive, deflated, stored};

    fn open_as(name: &str, bytes: &[u8]) -> Opened {
        let tree = Tree::new(Child::new(name, "file", bytes.to_vec()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        if Odf.matches(artifact) {
            Odf.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        }
        out
    }

    fn package(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut items = vec![stored("mimetype", b"application/vnd.oasis.opendocument.text")];
        items.extend(parts.iter().map(|(name, text)| deflated(name, text.as_bytes())));
        archive(&items)
    }

    #[test]
    fn the_text_is_told() {
        let content = "<o><text:h>Title</text:h><text:p>one<text:tab/>t<text:span>w</text:span>o<text:line-break/>&amp;\
            <text:s/>表</text:p><script>no</script></o>";
        let out = open_as("a.odt", &package(&[("content.xml", content)]));
        assert_eq!(out.children[0].bytes, "Title\none\ttwo\n& 表\n".as_bytes());
        assert_eq!(out.letters.len(), 1);
    }

    #[test]
    fn a_manifest_with_encryption_data_tells_what_is_unread() {
        let entry =
            "<m:file-entry m:full-path=\"content.xml\"><m:encryption-data m:checksum=\"x\"/></m:file-entry>";
        let out = open_as("a.odt", &package(&[("META-INF/manifest.xml", &entry.repeat(2))]));
        assert_eq!(
            (out.unread[0].reason, out.unread[0].detail.as_str()),
            ("encrypted", "encrypted parts: 2")
        );
        let plain = package(&[("META-INF/manifest.xml", "<m:file-entry m:full-path=\"content.xml\"/>")]);
        assert!(open_as("a.odt", &plain).unread.is_empty());
    }

    const MODULE: &str = "<?xml version=\"1.0\"?><script:module script:name=\"M\" script:language=\"StarBasic\">REM x\nSub Main\n\
        Shell(&quot;calc&quot;)\nEnd Sub</script:module>";
    const EVENT: &str = "<office:scripts><office:event-listeners><script:event-listener script:event-name=\"dom:load\" \
        xlink:href=\"vnd.sun.star.script:Standard.M.Main?language=Basic&amp;location=document\"/></office:event-listeners></office:scripts>";

    #[test]
    fn basic_modules_are_macros_and_events_their_entry_points() {
        let out = open_as("a.odt", &package(&[("Basic/Standard/M.xml", MODULE), ("content.xml", EVENT)]));
        let [module] = &out.children[..] else { panic!("{out:?}") };
        assert_eq!(
            (module.name.as_str(), module.via, module.kind.unwrap().id),
            ("M.bas", "basic-module", "vba")
        );
        assert_eq!(module.bytes, b"REM x\nSub Main\nShell(\"calc\")\nEnd Sub");
        let entry = Fact::Sign { sign: Sign::EntryPoint, text: "Standard.M.Main".into(), line: 2 };
        assert_eq!(module.facts, [entry]);
        let flat = format!(
            "<?xml version=\"1.0\"?><office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
             office:mimetype=\"application/vnd.oasis.opendocument.text\">{EVENT}{}</office:document>",
            MODULE.trim_start_matches("<?xml version=\"1.0\"?>")
        );
        assert_eq!(open_as("a.fodt", flat.as_bytes()).children[0].facts.len(), 1);
    }

    #[test]
    fn broken_documents_end() {
        let whole = package(&[("Basic/Standard/M.xml", MODULE), ("content.xml", EVENT)]);
        for length in 0..whole.len() {
            open_as("a.odt", &whole[..length]);
        }
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            open_as("a.odt", &bad);
        }
    }
}
