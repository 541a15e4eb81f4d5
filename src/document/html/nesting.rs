//! Whether the elements of a page close in the order in which they open, and whether a picture is open.

use html5ever::LocalName;
use html5ever::tokenizer::Tag;

/// Elements that are open.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    open: Vec<LocalName>,
    pictures: usize,
    /// Whether an end tag fitted no start tag.
    is_crossed: bool,
}

/// How deep elements may stand in elements; what is deeper is no XML that a browser shows.
const DEEPEST: usize = 10_000;

impl Nesting {
    pub(super) fn open(&mut self, tag: &Tag) {
        if tag.self_closing {
            return;
        }
        self.pictures += usize::from(is_picture(tag));
        if self.open.len() < DEEPEST {
            self.open.push(tag.name.clone());
        } else {
            self.is_crossed = true;
        }
    }

    pub(super) fn close(&mut self, tag: &Tag) {
        self.pictures = self.pictures.saturating_sub(usize::from(is_picture(tag)));
        self.is_crossed |= self.open.pop().as_ref() != Some(&tag.name);
    }

    pub(super) fn is_in_picture(&self) -> bool {
        self.pictures > 0
    }

    /// Whether the elements were those of no well-formed XML.
    pub(super) fn is_torn(&self) -> bool {
        self.is_crossed || !self.open.is_empty()
    }
}

/// Whether it is a picture or a formula, in which scripts are read as those of XML are.
fn is_picture(tag: &Tag) -> bool {
    matches!(&*tag.name, "svg" | "math")
}
