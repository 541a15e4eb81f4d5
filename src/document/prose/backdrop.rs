//! What stands behind the letters of a slide (ECMA-376 Part 1, 19.3.1.1, 19.3.1.6): its size, the colour of its
//! background, and whether anything may lie between the two.
//!
//! Masters, layouts and themes are taken together; where two of them differ nothing is concluded. The same goes for
//! backgrounds that are no plain colour.

use super::Place;
use crate::document::xml::{self, Attributes, Node};
use std::collections::BTreeMap;

/// What all slides of a presentation have behind them.
#[derive(Debug, Default)]
pub(in crate::document) struct Backdrop {
    /// Width and height of a slide.
    pub(super) size: Option<(i64, i64)>,
    ground: Ground,
    /// Colours by their names in the theme, and names in the theme by those on slides; none where two differ.
    colors: BTreeMap<String, Option<String>>,
    names: BTreeMap<String, Option<String>>,
}

/// The background of a part.
#[derive(Clone, Debug, Default)]
pub(super) struct Ground {
    /// Its colour, if it is one; none inside where it cannot be told.
    color: Option<Option<String>>,
    /// Whether pictures or filled shapes may lie on it.
    pub(super) is_covered: bool,
}

/// The background by its reference in the theme that is the plain colour (20.1.4.1.7).
const PLAIN: &str = "1001";

/// Whether an element refers to that.
pub(super) fn is_plain(attributes: &Attributes) -> bool {
    attributes.value("idx") == Some(PLAIN)
}

/// What makes another colour of one (20.1.2.3).
const CHANGES: &[&str] =
    &["lumMod", "lumOff", "tint", "shade", "satMod", "hueMod", "alpha", "inv", "comp", "gray"];

/// Whether an element makes another colour of the one it stands in.
pub(super) fn changes_color(name: &str) -> bool {
    CHANGES.contains(&name)
}

/// The colour that an element names.
pub(super) fn color(name: &str, attributes: &Attributes) -> Option<String> {
    let value = match name {
        "srgbClr" | "schemeClr" => attributes.value("val"),
        "sysClr" => attributes.value("lastClr"),
        _ => None,
    };
    value.map(str::to_lowercase)
}

impl Backdrop {
    /// Takes in a part that says something about all slides.
    pub(in crate::document) fn add(&mut self, media_type: &str, part: &[u8]) {
        if media_type.ends_with(".theme+xml") {
            self.theme(part);
        } else if [".slidemaster+xml", ".slidelayout+xml"].iter().any(|end| media_type.ends_with(end)) {
            self.master(part);
        } else if media_type.ends_with(".main+xml") {
            xml::walk(part, &mut |node| {
                if let Node::Open { name: "sldSz", attributes } = node {
                    let number = |key| attributes.value(key).and_then(|value| value.parse::<i64>().ok());
                    self.size = number("cx").zip(number("cy"));
                }
            });
        }
    }

    /// Whether [`Self::add`] takes a part of that type.
    pub(in crate::document) fn wants(media_type: &str) -> bool {
        let is_slides = ["presentationml", "ms-powerpoint"].iter().any(|word| media_type.contains(word));
        let ends = [".theme+xml", ".slidemaster+xml", ".slidelayout+xml"];
        ends.iter().any(|end| media_type.ends_with(end)) || is_slides && media_type.ends_with(".main+xml")
    }

    /// What a slide has behind it before it says so itself.
    pub(super) fn ground(&self) -> Ground {
        self.ground.clone()
    }

    /// The value of a colour; none where it cannot be told.
    pub(super) fn value(&self, color: &str) -> Option<String> {
        if color.len() == 6 && color.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(color.to_string());
        }
        let name = self.names.get(color).cloned().unwrap_or(Some(color.to_string()))?;
        self.colors.get(&name).cloned().flatten()
    }

    fn theme(&mut self, part: &[u8]) {
        let mut open: Vec<String> = Vec::new();
        xml::walk(part, &mut |node| match node {
            Node::Open { name, attributes } => {
                if let (Some([.., scheme, place]), Some(color)) = (open.get(..), color(name, attributes))
                    && scheme == "clrScheme"
                {
                    put(&mut self.colors, place, color);
                }
                if open.len() < DEEPEST {
                    open.push(name.to_string());
                }
            }
            Node::Close => drop(open.pop()),
            Node::Text(_) => {}
        });
    }

    fn master(&mut self, part: &[u8]) {
        let (mut ground, mut open) = (Ground::default(), Vec::new());
        xml::walk(part, &mut |node| match node {
            Node::Open { name, attributes } => {
                if name == "clrMap" {
                    for key in ["bg1", "tx1", "bg2", "tx2"] {
                        if let Some(value) = attributes.value(key) {
                            put(&mut self.names, key, value.to_lowercase());
                        }
                    }
                }
                ground.take(name, attributes, &open);
                if open.len() < DEEPEST {
                    open.push(Place::of(name, attributes));
                }
            }
            Node::Close => drop(open.pop()),
            Node::Text(_) => {}
        });
        self.ground.is_covered |= ground.is_covered;
        if let Some(color) = ground.color {
            let is_other = self.ground.color.as_ref().is_some_and(|known| *known != color);
            self.ground.color = Some(color.filter(|_| !is_other));
        }
    }
}

/// Elements within elements of a master that are told apart.
const DEEPEST: usize = 200;

/// Notes a value, or that there are two.
fn put(map: &mut BTreeMap<String, Option<String>>, key: &str, value: String) {
    let known = map.entry(key.to_string()).or_insert_with(|| Some(value.clone()));
    if known.as_ref() != Some(&value) {
        *known = None;
    }
}

impl Ground {
    /// The colour of the background where nothing lies on it.
    pub(super) fn bare(&self) -> Option<&str> {
        self.color.as_ref()?.as_deref().filter(|_| !self.is_covered)
    }

    /// Takes an element of a slide, a layout or a master, in what is open around it.
    pub(super) fn take(&mut self, name: &str, attributes: &Attributes, open: &[Place]) {
        let is_filled = matches!(name, "solidFill" | "gradFill" | "blipFill" | "pattFill");
        match (name, open) {
            ("bg", _) => self.color = Some(None),
            (_, [.., Place::Ground, Place::Plain] | [.., Place::Ground, Place::Other, Place::Fill]) => {
                self.color = Some(color(name, attributes));
            }
            // A colour that is changed is another one.
            (_, [.., Place::Ground, Place::Plain, _] | [.., Place::Ground, Place::Other, Place::Fill, _])
                if changes_color(name) =>
            {
                self.color = Some(None);
            }
            ("pic" | "graphicFrame", _) => self.is_covered = true,
            (_, [.., Place::Look]) if is_filled => self.is_covered = true,
            ("fillRef", _) if attributes.value("idx") != Some("0") => self.is_covered = true,
            _ => {}
        }
    }
}
