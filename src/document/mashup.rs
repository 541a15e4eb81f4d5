//! Queries of Power Query in workbooks ([MS-QDEFF]): the `DataMashup` part holds, in base64, a package with the text of
//! the queries.
//!
//! ```text
//! version u32, length u32, package (a ZIP with Formulas/Section1.m), permissions, metadata, bindings
//! ```
//!
//! Given out is the text. Of calls that read from elsewhere, the address is a fact where it is written out. Left out:
//! permissions, metadata, addresses that a query puts together.

use super::base64;
use super::xml::{self, Node};
use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::bytes::Reader;
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::zip::Archive;

/// The part of a workbook that holds its queries.
pub struct Mashup;

impl Format for Mashup {
    fn id(&self) -> &'static str {
        "mashup"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let head = artifact.bytes.get(..HEAD).unwrap_or(&artifact.bytes);
        let is_named = ELEMENTS.iter().any(|name| {
            let wide: Vec<u8> = name.iter().flat_map(|byte| [*byte, 0]).collect();
            [name, wide.as_slice()].into_iter().any(|name| memchr::memmem::find(head, name).is_some())
        });
        artifact.via == "part" && matches!(artifact.kind.id, "xml" | "text") && is_named
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let decoded = base64::decode(&letters(&artifact.bytes), budget);
        decoded.stop.map_or(Ok(()), Err)?;
        let Some(package) = package(&decoded.bytes) else {
            out.missed("damaged", "queries without a package");
            return Ok(());
        };
        let Some(archive) = Archive::read(package, budget) else {
            out.missed("damaged", "the package of the queries is no ZIP");
            return Ok(());
        };
        for entry in archive.entries.iter().filter(|entry| entry.name.to_lowercase().ends_with(".m")) {
            let decoded = entry.decode(budget);
            let stop = decoded.stop;
            note(&String::from_utf8_lossy(&decoded.bytes), out);
            out.push(Child::decoded(entry.name.as_str(), "mashup", decoded).of_kind("text"), budget)?;
            stop.map_or(Ok(()), Err)?;
        }
        Ok(())
    }
}

/// The element, with or without a prefix. The part beside it names its schema, which ends in the same word.
const ELEMENTS: &[&[u8]] = &[b"<DataMashup", b":DataMashup"];
/// Bytes in which the part names itself.
const HEAD: usize = 1024;

/// The text of the element.
fn letters(part: &[u8]) -> String {
    let (mut text, mut is_inside) = (String::new(), false);
    xml::walk(part, &mut |node| match node {
        Node::Open { name, .. } => is_inside = name == "DataMashup",
        Node::Text(run) if is_inside => text.push_str(run),
        Node::Text(_) => {}
        Node::Close => is_inside = false,
    });
    text
}

/// The package within, cut where the file is.
fn package(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    reader.skip(4)?;
    let length = usize::try_from(reader.u32()?).ok()?;
    Some(reader.take_up_to(length)).filter(|package| !package.is_empty())
}

/// Functions of the language M that read from an address.
const READING: &[&str] = &[
    "Web.Contents",
    "Web.BrowserContents",
    "Web.Page",
    "File.Contents",
    "Folder.Files",
    "Folder.Contents",
    "OData.Feed",
];
/// Addresses that are told of one text.
const MOST: usize = 200;

/// Notes the addresses that queries read from.
fn note(text: &str, out: &mut Opened) {
    let calls = READING.iter().flat_map(|name| text.match_indices(name).map(|(at, name)| at + name.len()));
    for behind in calls.take(MOST) {
        let rest = text.get(behind..).unwrap_or_default();
        let argument =
            rest.trim_start().strip_prefix('(').and_then(|rest| rest.trim_start().strip_prefix('"'));
        let Some(target) = argument.and_then(|rest| rest.split('"').next()) else { continue };
        let fact = Fact::External { relation: "query-source".into(), target: target.into() };
        if !out.facts.contains(&fact) {
            out.facts.push(fact);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    /// A stored entry and its directory.
    fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
        let word = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
        let (crc, size) = (crc32fast::hash(bytes).to_le_bytes(), word(bytes.len()));
        let length = [u8::try_from(name.len()).unwrap(), 0];
        let common =
            [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x58], &crc[..], &size, &size, &length, &[0, 0]].concat();
        let mut out = [b"PK\x03\x04", common.as_slice(), name.as_bytes(), bytes].concat();
        let at = word(out.len());
        let entry = [b"PK\x01\x02\x14\0", common.as_slice(), &[0; 14], name.as_bytes()].concat();
        out.extend(&entry);
        out.extend([b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &word(entry.len())[..], &at, &[0, 0]].concat());
        out
    }

    fn encoded(bytes: &[u8]) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for three in bytes.chunks(3) {
            let bits = (0..3).fold(0u32, |bits, n| bits << 8 | u32::from(*three.get(n).unwrap_or(&0)));
            for n in 0..=three.len() {
                text.push(char::from(LETTERS[usize::try_from(bits >> (18 - 6 * n) & 63).unwrap()]));
            }
        }
        text
    }

    fn part(query: &str) -> Vec<u8> {
        let package = zip("Formulas/Section1.m", query.as_bytes());
        let length = u32::try_from(package.len()).unwrap().to_le_bytes();
        let whole = [&[0; 4], &length[..], &package, &[0; 12]].concat();
        let text = format!("<?xml version=\"1.0\"?><DataMashup xmlns=\"x\">{}</DataMashup>", encoded(&whole));
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    }

    fn open(bytes: Vec<u8>) -> Opened {
        let mut tree = Tree::new(Child::new("a.xlsx", "file", Vec::new()));
        tree.add(Some(0), Child::new("customXml/item1.xml", "part", bytes).of_kind("xml"));
        let mut out = Opened::default();
        assert!(Mashup.matches(tree.get(1).unwrap()));
        let budget = &mut Budget::new(&Limits::default());
        Mashup.open(tree.get(1).unwrap(), &Keyring::new(), &mut out, budget).unwrap();
        out
    }

    #[test]
    fn the_text_of_queries_and_their_sources_are_given() {
        let out = open(part(
            "shared q = Web.Page(Web.Contents( \"http://a.example/x\", [])), b = File.Contents(p)",
        ));
        assert_eq!((out.children.len(), out.children[0].name.as_str()), (1, "Formulas/Section1.m"));
        let want = Fact::External { relation: "query-source".into(), target: "http://a.example/x".into() };
        assert_eq!(out.facts, [want]);
        assert!(out.unread.is_empty());
    }

    #[test]
    fn the_name_of_the_schema_is_not_the_element() {
        let schema = br#"<ds:schemaRef ds:uri="http://schemas.microsoft.com/DataMashup"/>"#;
        let matches = |bytes: &[u8]| {
            let child = Child::new("a.xml", "part", bytes.to_vec()).of_kind("xml");
            Mashup.matches(Tree::new(child).get(0).unwrap())
        };
        assert!(!matches(schema) && matches(b"<q:DataMashup/>") && matches(&part("")));
    }

    #[test]
    fn damage_is_told_and_borne() {
        let whole = part("shared q = 1");
        for length in 80..whole.len() {
            open(whole[..length].to_vec());
        }
        for at in 80..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            open(bytes);
        }
        let empty = b"<DataMashup>AAAA</DataMashup>".to_vec();
        assert_eq!(open(empty).unread[0].reason, "damaged");
    }
}
