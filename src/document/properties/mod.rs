//! Document properties and variables: what a document says of itself, as a listing of the lines a macro would read
//! them by: `BuiltInDocumentProperties("Author") = …`.
//!
//! In compound files they are property sets (MS-OLEPS), in packages the parts `docProps/*.xml`, `w:docVar` of the
//! settings, tags of slides and the property bags of controls. Left out: dates, thumbnails, and numbers but for those
//! of custom properties.

mod package;
mod set;

use super::hidden_text;
use super::listing::Listing;
use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::compound::{Compound, is_compound};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
pub(super) use package::Parts;

/// Property sets of compound files.
pub struct Properties;

/// How properties are reached, and what they are.
pub(super) const ID: &str = "properties";
/// Bytes of one stream that are read.
const LONGEST: u64 = 4 << 20;
/// Streams that are read; a document has two.
const MOST: usize = 32;

impl Format for Properties {
    fn id(&self) -> &'static str {
        ID
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        is_compound(&artifact.bytes)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(compound) = Compound::read(&artifact.bytes, budget) else { return Ok(()) };
        let mut listing = Listing::default();
        for stream in compound.streams().filter(|stream| stream.name.starts_with('\u{5}')).take(MOST) {
            let decoded = compound.head(stream, LONGEST, budget);
            decoded.stop.map_or(Ok(()), Err)?;
            let fits = set::read(&decoded.bytes, &mut |name, value| {
                listing.put(name, value);
                out.facts.extend(customization(name, value));
            });
            if !fits {
                out.facts.extend(hidden_text::facts(&stream.path, &decoded.bytes));
            }
        }
        listing.give(ID, ID, ID, out, budget)
    }
}

/// Where Office loads the customization of a document from, a program of .NET: the property that says so, whose value
/// is the address of its manifest, and behind bars what identifies it (Visual Studio Tools for Office).
fn customization(name: &str, value: &str) -> Option<Fact> {
    let target = value.split('|').next().unwrap_or_default().trim_matches(['\0', ' ', '*']);
    let is_one = name.to_ascii_lowercase().starts_with("customdocumentproperties(\"_assemblylocation");
    (is_one && !target.is_empty()).then(|| Fact::External { relation: "vsto".into(), target: target.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::limits::Limits;
    use std::io::{Cursor, Write};

    fn open(streams: &[(&str, &[u8])]) -> Opened {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (path, bytes) in streams {
            file.create_stream(format!("/{path}")).unwrap().write_all(bytes).unwrap();
        }
        let tree = Tree::new(Child::new("a.doc", "file", file.into_inner().into_inner()));
        let mut out = Opened::default();
        let artifact = tree.get(0).unwrap();
        assert!(Properties.matches(artifact));
        Properties.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out
    }

    #[test]
    fn both_streams_make_one_listing() {
        let (summary, document) = (set::tests::summary(), set::tests::document());
        let out =
            open(&[("\u{5}SummaryInformation", &summary), ("\u{5}DocumentSummaryInformation", &document)]);
        let mut lines: Vec<_> = str::from_utf8(&out.children[0].bytes).unwrap().lines().collect();
        lines.sort_unstable();
        let want = [
            "BuiltInDocumentProperties(\"Author\") = 山田",
            "BuiltInDocumentProperties(\"Company\") = A company",
            "BuiltInDocumentProperties(\"Title\") = A title",
            "CustomDocumentProperties(\"a name\") = a value",
            "CustomDocumentProperties(\"count\") = 7",
        ];
        assert_eq!(lines, want);
        assert_eq!((out.children[0].via, out.facts.len()), ("properties", 0));
    }

    #[test]
    fn what_is_no_property_set_is_searched_for_encoded_text() {
        let payload = "JABzAD0AJwBoAGUAbABsAG8AJwA7AFcAcgBpAHQAZQAtAEgAbwBzAHQAIAAkAHMA".repeat(3);
        let out = open(&[("\u{5}SummaryInformation", &[b"\x01\x02", payload.as_bytes()].concat())]);
        assert!(matches!(&out.facts[..], [Fact::HiddenText { length, .. }] if *length == payload.len()));
        assert!(out.children.is_empty());
    }
}
