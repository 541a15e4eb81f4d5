//! OneNote sections (MS-ONESTORE, MS-ONE): the files and pictures embedded in the pages with their names, and the text.
//!
//! ```text
//! revision store (2.3)   → nodes (file node lists, found by their marks) → properties → names, texts
//!                        → blobs (file data objects, found by their marks)
//! packaged store (2.8)   → package (stream objects of MS-FSSHTTPB)       → properties, blobs
//! ```
//!
//! Nothing is followed from the header: lists, objects and files are looked for by their marks, in all revisions, so
//! that what was deleted or damaged is found too. Left out: layout, ink, what an encrypted section holds.

mod nodes;
mod package;
mod properties;

use super::relations::link;
use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::keyring::{Keyring, Letter};
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Stop};
use properties::Page;

/// OneNote sections and tables of contents.
pub struct OneNote;

/// The file format of a section that was stored page by page in the cloud.
const PACKAGED: &[u8] = b"\x2f\xe9\x8d\x63\xd4\xa6\xc1\x4b\x9a\x36\xb3\xfc\x25\x11\xa5\xb7";

impl Format for OneNote {
    fn id(&self) -> &'static str {
        "onenote"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "onenote"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let bytes = &artifact.bytes;
        let store = if bytes.get(48..64) == Some(PACKAGED) {
            package::read(bytes, out, budget)?
        } else {
            nodes::read(bytes, out, budget)?
        };
        store.give(artifact, out, budget)
    }
}

/// What was found in a section.
#[derive(Debug, Default)]
struct Store<'a> {
    files: Vec<File<'a>>,
    page: Page,
}

/// An embedded file.
#[derive(Debug)]
struct File<'a> {
    /// Its name or, where only that is known, its ending.
    name: String,
    bytes: &'a [u8],
}

impl Store<'_> {
    fn give(mut self, section: &Artifact, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        self.pair();
        let copies = copies(&self.files);
        if copies > 1 {
            let detail = format!("{copies} copies of one embedded file");
            out.facts.push(Fact::Trick { what: "onenote-repeated-file", detail });
        }
        for path in &self.page.sources {
            out.facts.push(Fact::External { relation: "onenote-source".into(), target: path.clone() });
        }
        for name in &self.page.names {
            out.facts.push(Fact::External { relation: "onenote-file".into(), target: name.clone() });
        }
        out.facts.extend(self.page.links.iter().filter_map(|address| link(address, "hyperlink")));
        let text = self.page.text;
        if !text.is_empty() {
            budget.pay(text.len() as u64)?;
            let letter = (section.name.clone(), text.chars().take(LETTER).collect());
            out.letters.push(Letter { attached: vec![letter], ..Letter::default() });
            out.push(Child::new("text", "text", text.into_bytes()).of_kind("text"), budget)?;
        }
        for file in self.files {
            budget.pay(file.bytes.len() as u64)?;
            out.push(file.child(), budget)?;
        }
        Ok(())
    }

    /// Gives names whose file is not known to files without one, in order: pictures have none of their own.
    fn pair(&mut self) {
        for file in self.files.iter_mut().filter(|file| !file.name.contains('.')) {
            let is_media = Kind::of("", file.bytes).class == Class::Media;
            let fits = |name: &String| {
                !is_media || Kind::by_name(name).is_some_and(|kind| kind.class == Class::Media)
            };
            if let Some(at) = self.page.loose.iter().position(fits) {
                file.name = self.page.loose.remove(at);
            }
        }
    }
}

impl File<'_> {
    fn child(self) -> Child {
        let mut child = Child::new(self.name, "onenote-file", self.bytes.to_vec());
        // OneNote opens a file by its name; a name that is lost may have been any.
        if Kind::by_name(&child.name).is_none() && !Kind::of("", self.bytes).runs() {
            child.kind = Kind::of_script(self.bytes);
        }
        child
    }
}

/// Characters of the text that are searched for passwords.
const LETTER: usize = 16 << 10;

/// How often the file that is there most often is there, pictures left out.
fn copies(files: &[File]) -> usize {
    let mut contents: Vec<&[u8]> = files
        .iter()
        .map(|file| file.bytes)
        .filter(|bytes| Kind::of("", bytes).class != Class::Media)
        .collect();
    contents.sort_unstable();
    contents.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
