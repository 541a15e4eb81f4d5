//! What an `OpenDocument` file says and does not show: its properties (part 3, 4.3), text that a style hides, and
//! hidden text fields (part 3, 7.7.5, 7.7.6). White letters count in texts alone, and only without a colour behind them.

use super::DEEPEST;
use crate::artifact::Opened;
use crate::document::art;
use crate::document::listing::Listing;
use crate::document::properties;
use crate::document::xml::{self, Attributes, Node};
use crate::limits::{Budget, Stop};
use std::collections::HashMap;

/// What the parts of a document do not show.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    properties: Listing,
    hidden: Listing,
    /// What a style of that name does to hide text.
    styles: HashMap<String, &'static str>,
    /// The style being read.
    style: String,
    /// The names of the open elements that matter, and what hides the text in them.
    open: Vec<(Place, Option<&'static str>)>,
    /// The name of the property being read, and its text.
    property: String,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Meta,
    Property,
    Line,
    Other,
}

/// Styles of one document.
const MOST_STYLES: usize = 20_000;
/// Bytes of one line or property.
const LONGEST: usize = 1 << 20;
/// The largest letters that count as tiny, in points.
const TINY: f32 = 2.0;

/// Elements of the properties, and what programs call them.
const PROPERTIES: &[(&str, &str)] = &[
    ("title", "Title"),
    ("subject", "Subject"),
    ("description", "Comments"),
    ("keyword", "Keywords"),
    ("creator", "Last Author"),
    ("initial-creator", "Author"),
    ("generator", "Application Name"),
];

impl Unseen {
    /// Reads a part.
    pub(super) fn read(&mut self, part: &[u8]) {
        self.open.clear();
        xml::walk(part, &mut |node| match node {
            Node::Open { name, attributes } => {
                let place = self.element(name, attributes);
                if self.open.len() < DEEPEST {
                    self.open.push(place);
                }
            }
            Node::Text(text) => self.letters(text),
            Node::Close => self.close(),
        });
    }

    /// Gives the properties and the hidden text.
    pub(super) fn give(self, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        self.properties.give(properties::ID, properties::ID, properties::ID, out, budget)?;
        self.hidden.give(art::ID, art::ID, art::ID, out, budget)
    }

    fn element(&mut self, name: &str, attributes: &Attributes) -> (Place, Option<&'static str>) {
        let (above, hidden) = self.open.last().copied().unwrap_or((Place::Other, None));
        let value = |key| attributes.value(key).unwrap_or_default();
        let in_meta = matches!(above, Place::Meta | Place::Property);
        match name {
            "meta" => return (Place::Meta, None),
            "user-defined" if in_meta => {
                self.property = format!("CustomDocumentProperties(\"{}\")", value("name"));
                return (Place::Property, None);
            }
            _ if in_meta => {
                let known = PROPERTIES.iter().find(|(element, _)| *element == name);
                self.property = known.map_or_else(String::new, |(_, called)| {
                    format!("BuiltInDocumentProperties(\"{called}\")")
                });
                return (Place::Property, None);
            }
            "style" => self.style = value("name").to_string(),
            "text-properties" => self.styled(attributes),
            "hidden-text" => self.hidden.put("hidden text", value("string-value")),
            "hidden-paragraph" => return (Place::Other, Some("hidden text")),
            "section" if value("display") == "none" => return (Place::Other, Some("hidden text")),
            _ => {}
        }
        let of_style = self.styles.get(value("style-name")).copied();
        let place = if matches!(name, "p" | "h") { Place::Line } else { Place::Other };
        (place, of_style.or(hidden))
    }

    /// What a style does to hide text.
    fn styled(&mut self, attributes: &Attributes) {
        let value = |key| attributes.value(key).unwrap_or_default();
        let size = value("font-size").strip_suffix("pt").and_then(|size| size.parse::<f32>().ok());
        let is_bare = matches!(value("background-color"), "" | "transparent");
        let hides = if value("display") == "none" {
            "hidden text"
        } else if size.is_some_and(|size| size <= TINY) {
            "tiny text"
        } else if value("color").eq_ignore_ascii_case("#ffffff") && is_bare {
            "white text"
        } else {
            return;
        };
        if self.styles.len() < MOST_STYLES && !self.style.is_empty() {
            self.styles.insert(self.style.clone(), hides);
        }
    }

    fn letters(&mut self, text: &str) {
        let Some((place, hidden)) = self.open.last() else { return };
        if (*place == Place::Property || hidden.is_some()) && self.text.len() < LONGEST {
            self.text.push_str(text);
        }
    }

    /// Ends a property, or the hidden letters of an element.
    fn close(&mut self) {
        match self.open.pop() {
            Some((Place::Property, _)) => {
                let text = std::mem::take(&mut self.text);
                if !self.property.is_empty() && !text.trim().is_empty() {
                    self.properties.put(&self.property, text.trim());
                }
            }
            Some((_, Some(hides))) if !self.text.trim().is_empty() => {
                let text = std::mem::take(&mut self.text);
                self.hidden.put(hides, text.trim());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn told(parts: &[&str]) -> Vec<String> {
        let (mut unseen, mut out) = (Unseen::default(), Opened::default());
        for part in parts {
            unseen.read(part.as_bytes());
        }
        unseen.give(&mut out, &mut Budget::new(&Limits::default())).unwrap();
        let text = |child: &crate::artifact::Child| String::from_utf8_lossy(&child.bytes).into_owned();
        out.children.iter().map(text).collect()
    }

    const META: &str = "<office:meta><dc:title>A title</dc:title><meta:user-defined meta:name=\"key\">value</meta:user-defined>\
        <meta:creation-date>2020</meta:creation-date></office:meta>";
    const CONTENT: &str = "<office:automatic-styles><style:style style:name=\"T1\"><style:text-properties text:display=\"none\"/>\
        </style:style><style:style style:name=\"T2\"><style:text-properties fo:color=\"#FFFFFF\"/></style:style>\
        <style:style style:name=\"T3\"><style:text-properties fo:color=\"#ffffff\" fo:background-color=\"#000000\"/></style:style>\
        <style:style style:name=\"P4\"><style:text-properties fo:font-size=\"1pt\"/></style:style></office:automatic-styles>\
        <office:text><text:p>seen <text:span text:style-name=\"T1\">one</text:span><text:span text:style-name=\"T2\">two</text:span>\
        <text:span text:style-name=\"T3\">on black</text:span></text:p><text:p text:style-name=\"P4\">thr<text:span>ee</text:span></text:p>\
        <text:hidden-text text:string-value=\"four\"/><svg:title>no property</svg:title></office:text>";

    #[test]
    fn properties_and_hidden_text_are_listed() {
        let properties =
            "BuiltInDocumentProperties(\"Title\") = A title\nCustomDocumentProperties(\"key\") = value\n";
        let hidden = "hidden text = one\nwhite text = two\ntiny text = three\nhidden text = four\n";
        assert_eq!(told(&[META, CONTENT]), [properties, hidden]);
    }

    #[test]
    fn no_cut_panics_and_depth_is_borne() {
        let whole = [META, CONTENT].concat();
        for cut in (0..whole.len()).filter_map(|at| whole.get(..at)) {
            told(&[cut]);
        }
        told(&[&"<text:p>".repeat(50_000)]);
    }
}
