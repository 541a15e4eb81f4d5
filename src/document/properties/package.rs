//! The properties in the parts of a package (ECMA-376 Part 1, 15.2.12; Part 2, 8; MS-OI29500 for controls).

use crate::artifact::{Fact, Opened};
use crate::document::controls::Controls;
use crate::document::listing::Listing;
use crate::document::xml::{self, Attributes, Node};
use crate::limits::{Budget, Stop};

/// The properties of a package, gathered part by part.
#[derive(Debug, Default)]
pub(in crate::document) struct Parts {
    listing: Listing,
    /// Part, property and value of controls, whose names are told last.
    controls: Vec<(String, String, String)>,
    facts: Vec<Fact>,
}

/// What a part holds, by the end of its content type.
const PARTS: &[(&str, Holds)] = &[
    (".core-properties+xml", Holds::BuiltIn),
    (".extended-properties+xml", Holds::BuiltIn),
    (".custom-properties+xml", Holds::Custom),
    (".settings+xml", Holds::Variables),
    (".tags+xml", Holds::Tags),
    (".activex+xml", Holds::Control),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    BuiltIn,
    Custom,
    Variables,
    Tags,
    Control,
}

/// Elements whose name is not what programs call the property.
const NAMES: &[(&str, &str)] = &[
    ("title", "Title"),
    ("subject", "Subject"),
    ("creator", "Author"),
    ("description", "Comments"),
    ("keywords", "Keywords"),
    ("lastModifiedBy", "Last Author"),
    ("category", "Category"),
    ("contentStatus", "Content status"),
    ("contentType", "Content type"),
    ("language", "Language"),
    ("revision", "Revision Number"),
    ("version", "Document version"),
    ("Template", "Template"),
    ("Manager", "Manager"),
    ("Company", "Company"),
    ("HyperlinkBase", "Hyperlink base"),
    ("Application", "Application Name"),
    ("PresentationFormat", "Format"),
];

impl Parts {
    /// Adds what a part says.
    pub(in crate::document) fn add(&mut self, name: &str, media_type: &str, part: &[u8]) {
        let Some((_, holds)) = PARTS.iter().find(|(end, _)| media_type.ends_with(end)) else { return };
        let mut open =
            Open { holds: *holds, elements: Vec::new(), custom: String::new(), text: String::new() };
        xml::walk(part, &mut |node| match &node {
            Node::Open { name: "ocxPr", attributes } if *holds == Holds::Control => {
                let value = |key| attributes.value(key).unwrap_or_default().to_string();
                if self.controls.len() < MOST_CONTROLLED {
                    self.controls.push((name.to_string(), value("name"), value("value")));
                }
            }
            _ => open.take(node, &mut self.listing, &mut self.facts),
        });
    }

    /// Gives what was gathered.
    pub(in crate::document) fn give(
        self,
        controls: &Controls,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        out.facts.extend(self.facts);
        self.listing.give(super::ID, super::ID, super::ID, out, budget)?;
        let (names, mut listing) = (controls.names(), Listing::default());
        for (part, property, value) in self.controls {
            let stem = part.rsplit('/').next().unwrap_or_default();
            let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
            let name = names.get(part.to_lowercase().as_str()).copied().unwrap_or(stem);
            listing.put(&format!("{name}.{property}"), &value);
        }
        listing.give("controls", "form", "form-strings", out, budget)
    }
}

/// A part being read.
struct Open {
    holds: Holds,
    /// The names of the open elements; what is deeper than any property is left out.
    elements: Vec<String>,
    /// The name of the custom property that is open.
    custom: String,
    /// The text of the innermost element so far.
    text: String,
}

/// Properties of controls of one package.
const MOST_CONTROLLED: usize = 4096;
/// Elements within elements that are told apart.
const DEEPEST: usize = 64;

impl Open {
    fn take(&mut self, node: Node, listing: &mut Listing, facts: &mut Vec<Fact>) {
        match node {
            Node::Open { name, attributes } => {
                self.text.clear();
                self.attributes(name, attributes, listing);
                if self.elements.len() < DEEPEST {
                    self.elements.push(name.to_string());
                }
            }
            Node::Text(text) => self.text.push_str(text),
            Node::Close => {
                let text = std::mem::take(&mut self.text);
                self.text(&text, listing, facts);
                self.elements.pop();
            }
        }
    }

    fn attributes(&mut self, element: &str, attributes: &Attributes, listing: &mut Listing) {
        let (name, value) = (attributes.value("name").unwrap_or_default(), |key| attributes.value(key));
        match (self.holds, element) {
            (Holds::Custom, "property") => self.custom = name.to_string(),
            (Holds::Variables, "docVar") => {
                listing
                    .put(&format!("ActiveDocument.Variables(\"{name}\")"), value("val").unwrap_or_default());
            }
            (Holds::Tags, "tag") => {
                listing.put(&format!("Tags(\"{name}\")"), value("val").unwrap_or_default())
            }
            _ => {}
        }
    }

    fn text(&self, text: &str, listing: &mut Listing, facts: &mut Vec<Fact>) {
        let text = text.trim_matches(['\r', '\n']);
        if text.trim().is_empty() {
            return;
        }
        match self.holds {
            Holds::BuiltIn => {
                let open = self.elements.last().map(String::as_str).unwrap_or_default();
                if let Some((_, name)) = NAMES.iter().find(|(element, _)| *element == open) {
                    listing.put(&format!("BuiltInDocumentProperties(\"{name}\")"), text);
                }
            }
            Holds::Custom => {
                let name = format!("CustomDocumentProperties(\"{}\")", self.custom);
                listing.put(&name, text);
                facts.extend(super::customization(&name, text).filter(|fact| !facts.contains(fact)));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn where_a_customization_is_loaded_from_leads_outside() {
        let part = "<p><property name=\"_AssemblyLocation\"><vt:lpwstr>http://a.example/a.vsto|0f|vstolocal</vt:lpwstr>\
            </property><property name=\"_AssemblyName\"><vt:lpwstr>4E3C</vt:lpwstr></property></p>";
        let (mut parts, mut out) = (Parts::default(), Opened::default());
        parts.add("docProps/custom.xml", "x.custom-properties+xml", part.as_bytes());
        parts.give(&Controls::default(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        let target = "http://a.example/a.vsto".to_string();
        assert_eq!(out.facts, [Fact::External { relation: "vsto".into(), target }]);
    }

    #[test]
    fn every_part_is_listed_by_the_names_macros_use() {
        let mut parts = Parts::default();
        let all = [
            (
                "docProps/core.xml",
                "x.core-properties+xml",
                "<p><dc:creator>A &amp; B</dc:creator><dcterms:created>2020</dcterms:created></p>",
            ),
            ("docProps/app.xml", "x.extended-properties+xml", "<p><Company>C</Company><Pages>1</Pages></p>"),
            (
                "docProps/custom.xml",
                "x.custom-properties+xml",
                "<p><property name=\"n\"><vt:lpwstr>v</vt:lpwstr></property></p>",
            ),
            (
                "word/settings.xml",
                "x.settings+xml",
                "<s><w:docVar w:name=\"n\" w:val=\"v\"/><w:zoom w:val=\"1\"/></s>",
            ),
            ("ppt/tags/tag1.xml", "x.tags+xml", "<t><p:tag name=\"N\" val=\"v\"/></t>"),
            (
                "word/activeX/activeX1.xml",
                "x.activex+xml",
                "<o><ax:ocxPr ax:name=\"Caption\" ax:value=\"v\"/></o>",
            ),
            ("word/document.xml", "x.document.main+xml", "<p><dc:creator>no</dc:creator></p>"),
        ];
        for (name, media_type, part) in all {
            parts.add(name, media_type, part.as_bytes());
        }
        let mut out = Opened::default();
        parts.give(&Controls::default(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        let texts: Vec<_> = out.children.iter().map(|child| String::from_utf8_lossy(&child.bytes)).collect();
        let want = "BuiltInDocumentProperties(\"Author\") = A & B\n\
            BuiltInDocumentProperties(\"Company\") = C\n\
            CustomDocumentProperties(\"n\") = v\nActiveDocument.Variables(\"n\") = v\nTags(\"N\") = v\n";
        assert_eq!(texts, [want, "activeX1.Caption = v\n"]);
    }

    #[test]
    fn properties_of_controls_bear_the_names_of_the_page() {
        let (mut parts, mut controls, mut out) = (Parts::default(), Controls::default(), Opened::default());
        let part = b"<o><ax:ocxPr ax:name=\"Caption\" ax:value=\"v\"/></o>";
        parts.add("word/activeX/activeX1.xml", "x.activex+xml", part);
        controls.part("word/document.xml", b"<w:control r:id=\"r1\" w:name=\"Button3\"/>");
        let relation = b"<Relationship Id=\"r1\" Type=\"x/control\" Target=\"activeX/activeX1.xml\"/>";
        xml::walk(relation, &mut |node| {
            if let Node::Open { attributes, .. } = node {
                controls.relation("word/document.xml", attributes);
            }
        });
        parts.give(&controls, &mut out, &mut Budget::new(&Limits::default())).unwrap();
        assert_eq!(out.children[0].bytes, b"Button3.Caption = v\n");
    }
}
