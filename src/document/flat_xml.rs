//! Office documents in one XML file: Flat OPC (ECMA-376 with `pkg:package`) and Word 2003 XML (`w:binData`). Both
//! carry what is not XML, macros above all, as base64.
//!
//! Parts that are XML stay in the artifact itself; of them relationships, text and properties are read.

use super::controls::Controls;
use super::links::Links;
use super::ooxml::owner;
use super::prose::Prose;
use super::xml::{self, Attributes, Node};
use super::{base64, properties, relations};
use crate::artifact::{Artifact, Child, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};

/// Flat OPC and Word 2003 XML.
pub struct FlatXml;

/// The namespaces by which both are known, whatever their prefix.
const NAMESPACES: [&str; 2] = [
    "http://schemas.microsoft.com/office/2006/xmlPackage",
    "http://schemas.microsoft.com/office/word/2003/wordml",
];

impl Format for FlatXml {
    fn id(&self) -> &'static str {
        "flat-opc"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let may_be = matches!(artifact.kind.class, Class::Text | Class::Data) || artifact.kind.id == "xml";
        may_be && NAMESPACES.iter().any(|namespace| holds(&artifact.bytes, namespace))
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let (mut parts, mut links) = (Parts::default(), Links::default());
        let whole = xml::walk(&artifact.bytes, &mut |node| {
            parts.take(&node, out);
            links.take(node);
        });
        out.facts.append(&mut links.finish());
        if !whole {
            out.broke("xml-damaged", "read by its tags alone");
        }
        parts.finish();
        for part in std::mem::take(&mut parts.done) {
            let decoded = base64::decode(&part.base64, budget);
            let stop = decoded.stop;
            let mut child = Child::decoded(part.name, "part", decoded);
            child.media_type = part.media_type;
            out.push(child, budget)?;
            stop.map_or(Ok(()), Err)?;
        }
        parts.controls.note(&mut out.children);
        let mut properties = properties::Parts::default();
        for holds in [".settings+xml", ".core-properties+xml"] {
            properties.add(&artifact.name, holds, &artifact.bytes);
        }
        properties.give(&parts.controls, out, budget)?;
        let mut prose = Prose::default();
        prose.page(&artifact.bytes);
        prose.give(&artifact.name, out, budget)
    }
}

/// Whether a namespace stands in the bytes, as ASCII or as UTF-16 of either order.
fn holds(bytes: &[u8], namespace: &str) -> bool {
    let wide: Vec<u8> = namespace.bytes().flat_map(|byte| [byte, 0]).collect();
    let middle = wide.get(1..wide.len() - 1).unwrap_or_default();
    memchr::memmem::find(bytes, namespace.as_bytes()).is_some()
        || memchr::memmem::find(bytes, middle).is_some()
}

/// Binary parts while the document is walked.
#[derive(Debug, Default)]
struct Parts {
    name: String,
    media_type: Option<String>,
    open: Option<Part>,
    done: Vec<Part>,
    controls: Controls,
}

#[derive(Debug)]
struct Part {
    name: String,
    media_type: Option<String>,
    base64: String,
}

impl Parts {
    fn take(&mut self, node: &Node, out: &mut Opened) {
        match node {
            Node::Open { name, attributes } => self.element(name, attributes, out),
            Node::Text(text) => {
                if let Some(part) = &mut self.open {
                    part.base64.push_str(text);
                }
            }
            Node::Close => self.finish(),
        }
    }

    fn element(&mut self, name: &str, attributes: &Attributes, out: &mut Opened) {
        match name {
            "part" => {
                self.name = attributes.value("name").unwrap_or_default().trim_start_matches('/').into();
                self.media_type = attributes.value("contentType").map(str::to_string);
            }
            "binaryData" => {
                self.begin(self.name.clone(), self.media_type.clone());
            }
            "binData" => {
                let name = attributes.value("name").unwrap_or_default();
                self.begin(name.rsplit('/').next().unwrap_or_default().into(), None);
            }
            "Relationship" => {
                out.facts.extend(relations::external(attributes));
                self.controls.relation(&owner(&self.name), attributes);
            }
            "control" => self.controls.control(&self.name, attributes),
            _ => {}
        }
    }

    fn begin(&mut self, name: String, media_type: Option<String>) {
        self.finish();
        self.open = Some(Part { name, media_type, base64: String::new() });
    }

    fn finish(&mut self) {
        self.done.extend(self.open.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Fact, Tree};
    use crate::limits::Limits;

    fn open(bytes: &[u8]) -> Opened {
        let tree = Tree::new(Child::new("a.doc", "file", bytes.to_vec()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        assert!(FlatXml.matches(artifact));
        FlatXml.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out
    }

    const FLAT: &str = r#"<?xml version="1.0"?><?mso-application progid="Word.Document"?>
<p:package xmlns:p="http://schemas.microsoft.com/office/2006/xmlPackage">
<p:part p:name="/word/_rels/settings.xml.rels"><p:xmlData><Relationships><Relationship Id="a" TargetMode="External"
 Type="http://x/attachedTemplate" Target="http://a.example/t"/></Relationships></p:xmlData></p:part>
<p:part p:name="/word/vbaProject.bin" p:contentType="application/vnd.ms-office.vbaProject"><p:binaryData>0M8R
4KGxGuE=</p:binaryData></p:part></p:package>"#;

    #[test]
    fn controls_bear_the_names_of_the_page() {
        let xml = "<?xml version=\"1.0\"?><pkg:package xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">\
            <pkg:part pkg:name=\"/word/_rels/document.xml.rels\"><Relationship Id=\"r1\" Type=\"x/control\" Target=\"activeX/activeX1.xml\"/></pkg:part>\
            <pkg:part pkg:name=\"/word/document.xml\"><w:control r:id=\"r1\" w:name=\"Box\"/></pkg:part>\
            <pkg:part pkg:name=\"/word/activeX/_rels/activeX1.xml.rels\"><Relationship Id=\"r1\" Type=\"x/activeXControlBinary\" Target=\"activeX1.bin\"/></pkg:part>\
            <pkg:part pkg:name=\"/word/activeX/activeX1.bin\"><pkg:binaryData>AAAA</pkg:binaryData></pkg:part></pkg:package>";
        let tree = Tree::new(Child::new("a.xml", "file", xml.as_bytes().to_vec()));
        let mut out = Opened::default();
        FlatXml
            .open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
            .unwrap();
        let part = out.children.iter().find(|child| child.via == "part").unwrap();
        assert_eq!(part.facts, [Fact::Header { name: "control-name", value: "Box".into() }]);
    }

    #[test]
    fn flat_opc_gives_binary_parts_and_relationships() {
        let out = open(FLAT.as_bytes());
        let [child] = &out.children[..] else { panic!("{out:?}") };
        assert_eq!(
            (child.name.as_str(), child.bytes.as_slice()),
            ("word/vbaProject.bin", &b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..])
        );
        assert_eq!(child.media_type.as_deref(), Some("application/vnd.ms-office.vbaProject"));
        let fact =
            Fact::External { relation: "attachedTemplate".into(), target: "http://a.example/t".into() };
        assert_eq!(out.facts, [fact]);
    }

    #[test]
    fn utf16_is_the_same() {
        let wide: Vec<u8> = FLAT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(open(&[b"\xff\xfe", wide.as_slice()].concat()).children.len(), 1);
        assert_eq!(open(&wide).children.len(), 1);
    }

    #[test]
    fn word_2003_gives_its_data_even_when_it_is_cut() {
        let xml = br#"<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"
 w:macrosPresent="yes"><w:docSuppData><w:binData w:name="editdata.mso">QWN0aXZlTWltZQ==</w:binData></w:docSuppData>"#;
        let out = open(xml);
        assert_eq!(
            (out.children[0].name.as_str(), &out.children[0].bytes[..]),
            ("editdata.mso", &b"ActiveMime"[..])
        );
        let cut = memchr::memmem::find(xml, b"WltZQ").unwrap();
        assert_eq!(open(&xml[..cut]).children[0].bytes, b"Active");
    }
}
